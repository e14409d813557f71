/// One price at one venue at which a quantity can rest, as Cont and Kukanov see it.
///
/// The outflow of the queue within the horizon is exponential with mean `m`. Behind a queue `Q`,
/// an order of `L` is expected to fill `m * (exp(-Q/m) - exp(-(Q+L)/m))`. A filled unit saves
/// `gain` against one that is taken in the end; a unit that rests costs `risk`, what it becomes
/// worse by waiting, whether it fills or not. So the saving is `gain * fill - risk * L`: concave,
/// with the last unit worth resting at `exp(-(Q+L)/m) = risk / gain`. With one venue that is their
/// closed form.
struct RestingOffer: Sendable, BitwiseCopyable {
  var index = 0
  var price = Price.zero
  var isInside = false
  var gain = 0.0
  var risk = 0.0
  var mean = 0.0
  var queue = 0.0
  var increment: Int64 = 1
  /// Multiples of the increment, as is `maximum`.
  var minimum: Int64 = 0
  var maximum: Int64 = 0
  /// `ln gain`.
  var logarithm = 0.0
  var quantity: Int64 = 0

  /// The quantity whose last unit is worth `exp(level)` when it rests, before rounding.
  func quantity(at level: Double) -> Double {
    let wanted = mean * (logarithm - level) - queue
    return Swift.min(Swift.max(wanted, 0), Double(maximum))
  }

  func expectedFill(of quantity: Int64) -> Double {
    let share = Double(quantity) / mean
    let reached = share < 1e-6 ? share * (1 - share / 2) : 1 - Elementary.exp(-share)
    return Swift.min(mean * Elementary.exp(-queue / mean) * reached, Double(quantity))
  }

  func saving(of quantity: Int64) -> Double {
    guard quantity > 0 else { return 0 }
    return gain * expectedFill(of: quantity) - risk * Double(quantity)
  }

  /// What is saved if it is the only offer.
  var bestSaving: Double {
    let level = risk > 0 ? Elementary.log(risk) : -Double.greatestFiniteMagnitude
    return saving(of: roundedDown(quantity(at: level).whole(in: 0...maximum)))
  }

  func roundedDown(_ amount: Int64) -> Int64 { amount - amount % increment }
}

extension RestingOffer {
  /// The offer to rest at `price`, or `nil` if nothing can be gained or placed there.
  init?(
    _ venue: PassiveVenue, index: Int, price: Price, isInside: Bool, _ request: PassiveRequest
  ) {
    let sign = request.side == .buy ? 1.0 : -1.0
    let take = Double(request.takeUnit)
    let fee = Double(venue.makerFee.partsPerHundredMillion)
    let one = Double(FeeRate.one)
    let rest = Double(price.mantissa) * (one + sign * fee)
    self.index = index
    self.price = price
    self.isInside = isInside
    increment = max(venue.quantityIncrement.mantissa, 1)
    risk = take * Double(max(request.adverseMove.partsPerHundredMillion, 0)) / one
    gain = sign * (take - rest) + risk
    queue = isInside ? 0 : Double(max(venue.touch.quantity.mantissa, 0))
    let seconds = Double(max(request.horizonNanoseconds, 0)) / 1e9
    // Ahead of everybody only trades fill us: half of the outflow, the rest being cancels.
    mean = venue.outflow.perSecond * seconds * (isInside ? 0.5 : 1)
    guard gain > risk, mean > 1e-9, mean < 1e30 else { return nil }
    logarithm = Elementary.log(gain)
    guard takeBounds(venue, request.quantity) else { return nil }
  }

  /// Sets the least and the greatest quantity that the venue takes at this price, if there are any.
  private mutating func takeBounds(_ venue: PassiveVenue, _ wanted: Quantity) -> Bool {
    let most = min(venue.maximumQuantity, wanted).mantissa
    let minimumNotional = max(venue.minimumNotional.mantissa, 0)
    let forNotional = minimumNotional.divided(by: Int128(price.mantissa), roundingUp: true)
    let least = max(forNotional, Int128(venue.minimumQuantity.mantissa), Int128(increment))
    guard least <= Int128(most) else { return false }
    let increments = least.divided(by: Int128(increment), roundingUp: true)
    guard increments * Int128(increment) <= Int128(most) else { return false }
    minimum = Int64(increments) * increment
    maximum = roundedDown(most)
    return true
  }
}
