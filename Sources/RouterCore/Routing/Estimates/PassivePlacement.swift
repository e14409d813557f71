/// Chooses how much rests at which venue and how much is taken at once.
///
/// Cont and Kukanov's split (`routing.md` section 4) under the rule that no more rests than may
/// fill: without over-posting the venues do not insure each other, each one's saving is concave in
/// what rests there, and the best split gives the last unit of every venue the same value. That
/// value is the risk of waiting where the quantity suffices, so that the rest is taken now, and
/// more where it does not. Each venue offers its touch or one tick inside, whichever saves more
/// alone. Quantities are then rounded down to increments; a venue that would get less than its
/// minimum is left out, the smallest first, and the rest split again.
package struct PassivePlacement: Sendable {
  private var request = PassiveRequest(
    side: .buy, quantity: .zero, limitPrice: nil, takeUnit: 0, adverseMove: .zero,
    horizonNanoseconds: 0)
  private var venues = InlineArray<32, PassiveVenue?>(repeating: nil)
  private var offers = InlineArray<32, RestingOffer>(repeating: RestingOffer())
  private var venueCount = 0
  private var offerCount = 0

  package init() {}

  package mutating func begin(_ request: PassiveRequest) {
    self.request = request
    venueCount = 0
    offerCount = 0
  }

  /// Adds a listing; more than `PassiveDecision.capacity` are not looked at.
  package mutating func add(_ venue: PassiveVenue) {
    guard venueCount < PassiveDecision.capacity else { return }
    venues[venueCount] = venue
    venueCount += 1
    guard request.takeUnit > 0, let offer = bestOffer(venue, index: venueCount - 1) else { return }
    offers[offerCount] = offer
    offerCount += 1
  }

  package mutating func decide() -> PassiveDecision {
    split()
    while let victim = victim() {
      remove(victim)
      split()
    }
    if !(0..<offerCount).contains(where: { offers[$0].quantity > 0 }) { placeAlone() }
    return decision()
  }

  // The two prices of a venue.

  private func bestOffer(_ venue: PassiveVenue, index: Int) -> RestingOffer? {
    let atTouch = offer(venue, index, venue.touch.price, isInside: false)
    let inside = Self.inside(venue, request.side).flatMap {
      offer(venue, index, $0, isInside: true)
    }
    guard let atTouch, let inside else { return atTouch ?? inside }
    return inside.bestSaving > atTouch.bestSaving ? inside : atTouch
  }

  private func offer(
    _ venue: PassiveVenue, _ index: Int, _ price: Price, isInside: Bool
  ) -> RestingOffer? {
    guard price > .zero, venue.touch.quantity > .zero else { return nil }
    if let limit = request.limitPrice {
      guard request.side == .buy ? price <= limit : price >= limit else { return nil }
    }
    return RestingOffer(venue, index: index, price: price, isInside: isInside, request)
  }

  /// One tick better than the touch, unless that would meet the other side.
  private static func inside(_ venue: PassiveVenue, _ side: Side) -> Price? {
    guard venue.priceIncrement > .zero, venue.oppositeTouch > .zero else { return nil }
    let tick = side == .buy ? venue.priceIncrement.mantissa : -venue.priceIncrement.mantissa
    let (price, overflow) = venue.touch.price.mantissa.addingReportingOverflow(tick)
    guard !overflow else { return nil }
    let meets =
      side == .buy ? price >= venue.oppositeTouch.mantissa : price <= venue.oppositeTouch.mantissa
    return meets ? nil : Price(mantissa: price)
  }

  // The split.

  private mutating func split() {
    let level = self.level()
    var left = request.quantity.mantissa
    var wanted = 0.0
    for index in 0..<offerCount {
      let amount = offers[index].quantity(at: level)
      wanted += amount
      let whole = offers[index].roundedDown(amount.whole(in: 0...left))
      offers[index].quantity = min(whole, offers[index].maximum)
      left -= offers[index].quantity
    }
    if wanted > Double(request.quantity.mantissa) * (1 - 1e-9) { spread(left) }
  }

  /// Gives what rounding left over to the offers that have room, if none was to be taken now.
  private mutating func spread(_ amount: Int64) {
    var left = amount
    for index in 0..<offerCount where offers[index].quantity > 0 {
      let room = offers[index].maximum - offers[index].quantity
      let more = offers[index].roundedDown(min(left, room))
      offers[index].quantity += more
      left -= more
    }
  }

  /// The logarithm of what the last unit is worth: the risk, or what makes the rests fit.
  private func level() -> Double {
    let quantity = Double(request.quantity.mantissa)
    var lower = Double.greatestFiniteMagnitude
    var upper = -Double.greatestFiniteMagnitude
    for index in 0..<offerCount {
      let offer = offers[index]
      lower = min(lower, offer.logarithm - (offer.queue + Double(offer.maximum)) / offer.mean)
      upper = max(upper, offer.logarithm)
    }
    if offerCount > 0, offers[0].risk > 0 { lower = max(lower, Elementary.log(offers[0].risk)) }
    if total(at: lower) <= quantity { return lower }
    for _ in 0..<100 {
      let middle = lower + (upper - lower) / 2
      if total(at: middle) > quantity { lower = middle } else { upper = middle }
    }
    return upper
  }

  private func total(at level: Double) -> Double {
    var total = 0.0
    for index in 0..<offerCount { total += offers[index].quantity(at: level) }
    return total
  }

  // What a venue does not take.

  /// An offer that must go: one below its minimum, or the least useful of too many.
  private func victim() -> Int? {
    var below: Int?
    var least: Int?
    var count = 0
    for index in 0..<offerCount where offers[index].quantity > 0 {
      count += 1
      let offer = offers[index]
      if offer.quantity < offer.minimum, below.map({ offer.quantity < offers[$0].quantity }) ?? true
      {
        below = index
      }
      if least.map({ value(index) < value($0) }) ?? true { least = index }
    }
    return below ?? (count > max(request.maximumRests, 0) ? least : nil)
  }

  private func value(_ index: Int) -> Double {
    offers[index].saving(of: offers[index].quantity)
  }

  private mutating func remove(_ index: Int) {
    offerCount -= 1
    for later in index..<offerCount { offers[later] = offers[later + 1] }
  }

  /// Where no venue takes its share, one may still be worth its minimum.
  private mutating func placeAlone() {
    var best: RestingOffer?
    for index in 0..<venueCount {
      guard let venue = venues[index], var offer = bestOffer(venue, index: index),
        request.maximumRests > 0
      else { continue }
      offer.quantity = offer.minimum
      if best.map({ offer.saving(of: offer.quantity) > $0.saving(of: $0.quantity) }) ?? true {
        best = offer
      }
    }
    if let best, best.saving(of: best.quantity) > 0 {
      offers[0] = best
      offerCount = 1
    }
  }

  // The answer.

  private func decision() -> PassiveDecision {
    var decision = PassiveDecision()
    let sign = request.side == .buy ? 1.0 : -1.0
    let takeAll = Double(request.takeUnit) * Double(request.quantity.mantissa)
    var saved = 0.0
    decision.takeNow = request.quantity
    for index in 0..<offerCount where offers[index].quantity > 0 {
      saved += value(index)
      decision.takeNow -= Quantity(mantissa: offers[index].quantity)
      decision.append(rest(offers[index], sign))
    }
    decision.takeCost = AllInCost(mantissa: takeAll.wholeCost)
    decision.expectedCost = AllInCost(mantissa: (takeAll - sign * saved).wholeCost)
    return decision
  }

  private func rest(_ offer: RestingOffer, _ sign: Double) -> PassiveRest {
    var rest = PassiveRest()
    guard let venue = venues[offer.index] else { return rest }
    let quantity = Double(offer.quantity)
    rest.listing = venue.listing
    rest.venue = venue.venue
    rest.price = offer.price
    rest.quantity = Quantity(mantissa: offer.quantity)
    rest.isInside = offer.isInside
    rest.queueAhead = offer.isInside ? .zero : venue.touch.quantity
    rest.fillProbability = Parts.parts(offer.expectedFill(of: offer.quantity) / quantity)
    let saved = offer.saving(of: offer.quantity) / quantity
    rest.expectedUnit = (Double(request.takeUnit) - sign * saved).wholeCost
    return rest
  }
}
