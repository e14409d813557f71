/// How fast the best level of each side of each book flows off, by trades and by cancels.
///
/// What leaves the touch while its price stands, and the whole of it when the price falls back,
/// has flowed off. Arrivals in the same update hide some, so the rate is rather too low. Seconds
/// watched fade with time; ten seconds of the prior, a share of what is displayed, are added.
package struct OutflowModel: ~Copyable, Sendable {
  private static let priorSeconds = 10.0
  private static let foldNanoseconds: Int64 = 1_000_000_000

  package struct Touch: Sendable, BitwiseCopyable {
    var price: Int64 = 0
    /// Zero: nothing to compare with.
    var quantity: Int64 = 0
    /// Gone since `foldedAt`.
    var pending: Int64 = 0
    var foldedAt: Int64 = 0
    var outflow = 0.0
    var seconds = 0.0
  }

  private var touches: FixedBuffer<Touch>
  private var turnovers: FixedBuffer<Int32>
  private let halfLife: Int64

  package init(listings: Int, halfLifeMilliseconds: Int64 = 120_000) {
    touches = FixedBuffer(repeating: Touch(), count: listings * 2)
    turnovers = FixedBuffer(repeating: Self.bounded(VenuePriors().touchTurnover), count: listings)
    halfLife = Decay.nanoseconds(milliseconds: halfLifeMilliseconds)
  }

  package mutating func configure(_ listing: ListingID, _ priors: VenuePriors) {
    guard listing.index < turnovers.count else { return }
    turnovers[listing.index] = Self.bounded(priors.touchTurnover)
  }

  /// Looks at the best level after an update; a quantity of zero says that there is none to trust.
  package mutating func observe(
    _ listing: ListingID, _ side: Side, price: Price, quantity: Quantity, at now: Timestamp
  ) {
    guard listing.index < turnovers.count else { return }
    Self.observe(
      &touches[Self.place(listing, side)], side, price.mantissa, quantity.mantissa,
      now.nanoseconds, halfLife)
  }

  package func rate(
    _ listing: ListingID, _ side: Side, touchQuantity: Quantity, at now: Timestamp
  ) -> OutflowRate {
    guard listing.index < turnovers.count else { return OutflowRate(perSecond: 0) }
    var touch = touches[Self.place(listing, side)]
    if touch.quantity > 0 { Self.fold(&touch, now.nanoseconds, halfLife) }
    let turnover = Double(turnovers[listing.index]) / Double(Parts.one)
    let prior = turnover * Double(max(touchQuantity.mantissa, 0)) * Self.priorSeconds
    return OutflowRate(
      perSecond: (prior + touch.outflow) / (Self.priorSeconds + touch.seconds))
  }

  private static func observe(
    _ touch: inout Touch, _ side: Side, _ price: Int64, _ quantity: Int64, _ now: Int64,
    _ halfLife: Int64
  ) {
    if touch.quantity <= 0 {
      touch.foldedAt = now
    } else if quantity > 0 {
      touch.pending = adding(touch.pending, gone(from: touch, to: price, quantity, side))
      if now &- touch.foldedAt >= foldNanoseconds { fold(&touch, now, halfLife) }
    } else {
      fold(&touch, now, halfLife)
    }
    touch.price = price
    touch.quantity = max(quantity, 0)
  }

  private static func gone(
    from touch: Touch, to price: Int64, _ quantity: Int64, _ side: Side
  ) -> Int64 {
    if price == touch.price { return max(touch.quantity - quantity, 0) }
    let fellBack = side == .buy ? price < touch.price : price > touch.price
    return fellBack ? touch.quantity : 0
  }

  private static func fold(_ touch: inout Touch, _ now: Int64, _ halfLife: Int64) {
    let left = Decay.factor(from: touch.foldedAt, to: now, halfLife: halfLife)
    // The seconds since then, the early ones faded like what was watched before.
    let watched = Double(halfLife) / 1e9 * 1.4426950408889634 * (1 - left)
    touch.outflow = touch.outflow * left + Double(touch.pending)
    touch.seconds = touch.seconds * left + watched
    touch.pending = 0
    touch.foldedAt = max(touch.foldedAt, now)
  }

  private static func adding(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  private static func bounded(_ turnover: Int) -> Int32 {
    Int32(min(max(turnover, 0), Parts.maximum))
  }

  private static func place(_ listing: ListingID, _ side: Side) -> Int {
    listing.index * 2 + (side == .buy ? 0 : 1)
  }
}

/// How much of the touch flows off in a second.
package struct OutflowRate: Sendable, Hashable, BitwiseCopyable {
  package let perSecond: Double

  package init(perSecond: Double) {
    self.perSecond = perSecond
  }
}
