// Plans near a relaxed answer.

extension PlanSearch {
  /// Rounds what is taken down to what is allowed, and lets one venue take what falls off; where
  /// its lot does not divide that, another one gives up a few lots of its own.
  mutating func repair(_ offers: inout PlanOffers, _ quantity: Int64) {
    var rest = quantity
    for venue in 0..<offers.count {
      trial[venue] = isViolator(venue) ? largestBelow(&offers, venue) : relaxation.take[venue]
      guard trial[venue] >= relaxation.low[venue] else { return }
      rest &-= trial[venue]
    }
    var isDone = false
    for venue in 0..<offers.count where relaxation.take[venue] > 0 {
      isDone = settle(&offers, rest, at: venue, of: quantity) || isDone
    }
    // Trying pairs costs more than a node: at every node only until a plan is as large.
    if isDone || (quantity == bestQuantity && nodes & (nodes &- 1) != 0) { return }
    for taker in 0..<offers.count where relaxation.take[taker] > 0 {
      // What the taker lacks to a whole lot.
      let coarse = offers.terms[taker].quantityIncrement.mantissa
      let lacking = coarse &- rest % coarse
      for giver in 0..<offers.count where giver != taker && trial[giver] > 0 {
        let lot = offers.terms[giver].quantityIncrement.mantissa
        if lacking % lot == 0 { shift(&offers, lacking, from: giver, to: taker, rest, quantity) }
        var given: Int64 = 0
        for _ in 0..<Self.fewLots {
          given &+= lot
          guard given < trial[giver] else { break }
          if given != lacking { shift(&offers, given, from: giver, to: taker, rest, quantity) }
        }
      }
    }
  }

  /// Considers the plan in which one venue gives up a quantity, and another takes it with `rest`.
  private mutating func shift(
    _ offers: inout PlanOffers, _ given: Int64, from giver: Int, to taker: Int, _ rest: Int64,
    _ quantity: Int64
  ) {
    let before = trial[giver]
    guard given < before, before &- given >= relaxation.low[giver],
      (rest &+ given) % offers.terms[taker].quantityIncrement.mantissa == 0,
      offers.isAllowed(giver, before &- given)
    else { return }
    trial[giver] = before &- given
    _ = settle(&offers, rest &+ given, at: taker, of: quantity)
    trial[giver] = before
  }

  private static let fewLots = 6

  /// Considers the plan in which one venue takes `rest` on top; whether it would.
  private mutating func settle(
    _ offers: inout PlanOffers, _ rest: Int64, at venue: Int, of quantity: Int64
  ) -> Bool {
    guard rest % offers.terms[venue].quantityIncrement.mantissa == 0 else { return false }
    let before = trial[venue]
    guard rest <= relaxation.high[venue] &- before, offers.isAllowed(venue, before &+ rest) else {
      return false
    }
    trial[venue] = before &+ rest
    var objective: Int128 = 0
    var count = 0
    for venue in 0..<offers.count where trial[venue] > 0 {
      objective &+= offers.objective(venue, of: trial[venue]) &+ offers.orderCost(venue)
      count &+= 1
    }
    keepIfBetter(&offers, quantity, objective, count)
    trial[venue] = before
    return true
  }
}
