/// Price improvement: a part of a parent rests for a while, and what is left is taken.
extension RouterCore {
  /// Resting ends so long before a parent's deadline that what is left can still be taken.
  private static var takingReserveMilliseconds: Int64 { 1000 }

  private func restEnd(_ order: ParentOrder) -> Timestamp {
    let passive = Int64(order.order.routing.passiveMilliseconds)
    let end = order.acceptedAt.adding(milliseconds: passive)
    guard order.deadline < .distantFuture else { return end }
    return min(end, order.deadline.adding(milliseconds: -Self.takingReserveMilliseconds))
  }

  /// Splits a parent into what rests and what is taken now, once in a run.
  ///
  /// - Returns: Whether anything rests; if not, all must be taken.
  mutating func rest(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) -> Bool {
    let order = orders.parents[parent]
    let work = Int(order.links.working)
    guard order.order.routing.strategy == .priceImprovement,
      orders.working[work].passivePhase == .ahead, now < restEnd(order)
    else { return false }
    computePlan(parent, now)
    guard plan.planned > .zero else { return false }
    let takeUnit = plan.cost.mantissa / Int128(plan.planned.mantissa)
    let decision = placement(order, takeUnit, now)
    guard decision.restCount > 0 else {
      orders.working[work].passivePhase = .over
      return false
    }
    planTakenNow(decision.takeNow, parent, now)
    orders.working[work].passivePhase = .resting
    orders.working[work].restUntil = restEnd(order)
    emitPlan(parent, now, &outbox)
    emitChildren(parent, now, &outbox)
    for index in 0..<decision.restCount {
      emitRest(parent, decision[index], takeUnit, now, &outbox)
    }
    finishWave(parent, now)
    return true
  }

  private mutating func planTakenNow(
    _ quantity: Quantity, _ parent: Int, _ now: Timestamp
  ) {
    guard quantity > .zero, var request = planRequest(parent, now) else {
      plan = RoutePlan()
      return
    }
    request.quantity = min(quantity, request.quantity)
    _ = runPlanner(request, Int(orders.parents[parent].links.working), now)
  }

  // The decision.

  private mutating func placement(
    _ order: ParentOrder, _ takeUnit: Int128, _ now: Timestamp
  ) -> PassiveDecision {
    let instrument = order.order.instrument
    estimates.placement.value.begin(
      PassiveRequest(
        side: order.order.side, quantity: order.plannableQuantity,
        limitPrice: risk(for: instrument, at: now).planLimit(order), takeUnit: takeUnit,
        adverseMove: adverseMove(instrument, order.order.side, now),
        horizonNanoseconds: max(restEnd(order).since(now) - 2 * slowestLatency(instrument, now), 0),
        maximumRests: min(childBudget(order), orders.children.free, PassiveDecision.capacity)))
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      if let venue = passiveVenue(id, order, now) { estimates.placement.value.add(venue) }
    }
    return estimates.placement.value.decide()
  }

  private func slowestLatency(_ instrument: InstrumentID, _ now: Timestamp) -> Int64 {
    var slowest: Int64 = 0
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let venue = markets.listing(id)?.venue else { continue }
      slowest = max(slowest, estimates.latencies.oneWay(venue, at: now).medianNanoseconds)
    }
    return min(slowest, 1_000_000_000)
  }

  private func passiveVenue(
    _ id: ListingID, _ order: ParentOrder, _ now: Timestamp
  ) -> PassiveVenue? {
    guard let listing = markets.listing(id), let bid = markets.books[id].bestBid,
      let ask = markets.books[id].bestAsk,
      routingExclusion(listing, at: now) == .none, !isClosing(listing.venue, at: now),
      !isTooSlow(listing.venue, for: order, at: now),
      !isThinnedOut(listing.venue, order, at: now)
    else { return nil }
    let isBuy = order.order.side == .buy
    let touch = isBuy ? bid : ask
    let cap = order.order.routing.maximumChildQuantity
    let affordable = affordableQuantity(listing, ask.price, isBuy)
    return PassiveVenue(
      listing, touch: touch, oppositeTouch: isBuy ? ask.price : bid.price,
      maximumQuantity: cap > .zero ? min(cap, affordable) : affordable,
      outflow: estimates.outflows.rate(
        id, order.order.side, touchQuantity: touch.quantity, at: now))
  }

  /// How much the balance allows to rest at a price no worse than `price`.
  func affordableQuantity(_ listing: Listing, _ price: Price, _ isBuy: Bool) -> Quantity {
    guard let instrument = markets.instrument(listing.instrument)?.instrument else { return .zero }
    let given = isBuy ? instrument.quote : instrument.base
    let available = ledger.account(listing.venue, given).available.mantissa
    guard isBuy else {
      let unit = powerOfTen(Amount.scale - Int(instrument.quantityScale))
      return Quantity(mantissa: Int64(clamping: available / unit))
    }
    let unit = restingHold(price, Quantity(mantissa: 1), listing, instrument)
    guard unit.mantissa > 0 else { return .zero }
    return Quantity(mantissa: Int64(clamping: available / unit.mantissa))
  }

  /// What a venue reserves for a resting buy; the greater fee, as it does not know who will pay.
  func restingHold(
    _ price: Price, _ quantity: Quantity, _ listing: Listing, _ instrument: Instrument
  ) -> Amount {
    let notional = (price * quantity).amount(of: instrument).mantissa
    let holdsFee = markets.venue(listing.venue)?.definition.holdsFee ?? true
    let fee = max(
      listing.takerFee.partsPerHundredMillion, listing.makerFee.partsPerHundredMillion, 0)
    guard holdsFee, listing.feeAsset == .quote else { return Amount(mantissa: notional) }
    let (whole, part) = notional.quotientAndRemainder(dividingBy: Int128(FeeRate.one))
    let rounded = (part * Int128(fee)).divided(by: Int128(FeeRate.one), roundingUp: true)
    return Amount(mantissa: notional + whole * Int128(fee) + rounded)
  }

  // Children that rest.

  private mutating func emitRest(
    _ parent: Int, _ rest: PassiveRest, _ takeUnit: Int128, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    let order = orders.parents[parent]
    guard let listing = markets.listing(rest.listing),
      let instrument = markets.instrument(listing.instrument)?.instrument,
      childBudget(order) > 0, orders.children.free > 0
    else { return }
    var leg = RouteLeg()
    leg.listing = rest.listing
    leg.venue = rest.venue
    leg.quantity = rest.quantity
    leg.limitPrice = rest.price
    leg.hold =
      order.order.side == .buy
      ? restingHold(rest.price, rest.quantity, listing, instrument)
      : rest.quantity.amount(of: instrument)
    guard isAllowed(leg, parent, now), isCovered(leg, order) else { return }
    emit(.restPlanned(restFact(order, rest, takeUnit, now)), &outbox)
    _ = emitChild(parent, leg, .goodTillCancel, .passive, now, &outbox)
  }

  private func restFact(
    _ order: ParentOrder, _ rest: PassiveRest, _ takeUnit: Int128, _ now: Timestamp
  ) -> RestPlanned {
    let isBuy = order.order.side == .buy
    let one = Int128(FeeRate.one)
    let expected = rest.expectedUnit.divided(by: one, roundingUp: isBuy)
    let taken = takeUnit.divided(by: one, roundingUp: isBuy)
    return RestPlanned(
      parent: order.id, wave: order.wave, listing: rest.listing, quantity: rest.quantity,
      price: rest.price, queueAhead: rest.queueAhead,
      fillProbability: UInt16(clamping: rest.fillProbability),
      expectedPrice: Price(mantissa: Int64(clamping: expected)),
      takePrice: Price(mantissa: Int64(clamping: taken)),
      adverseMove: adverseMove(order.order.instrument, order.order.side, now),
      until: restEnd(order), at: now)
  }

  /// Whether a child that was found or acknowledged may go on resting.
  func mayRest(_ child: Int, _ now: Timestamp) -> Bool {
    let order = orders.children[child]
    let parent = orders.parents[Int(order.links.parent)]
    guard order.order.isPostOnly, !order.isCancelPending, !isHalted, parent.status == .working,
      parent.links.working >= 0, let venue = markets.venue(order.order.venue), !venue.isHalted,
      !isClosing(order.order.venue, at: now)
    else { return false }
    // What rests at the client's own limit may outlive a link and a run.
    if order.role == .residual { return now < parent.deadline }
    guard order.id.epoch == epoch, venue.areLinksUp else { return false }
    let working = orders.working[Int(parent.links.working)]
    return working.passivePhase == .resting && now < working.restUntil
  }

  /// Ends the passive phase when its time has come or nothing rests any more.
  mutating func reviewResting(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let work = Int(orders.parents[parent].links.working)
    let isResting = orders.working[work].passivePhase == .resting
    let isAnyOpen = orders.parents[parent].openResting > 0
    if isResting && isAnyOpen && now < orders.working[work].restUntil { return }
    if isResting { orders.working[work].passivePhase = .over }
    if isResting && isAnyOpen { cancelResting(of: parent, now, &outbox) }
  }

  /// Cancels what rests for a parent; each child is asked for once here, then by its own timer.
  mutating func cancelResting(of parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    var next = orders.firstChild(of: parent)
    while let child = next {
      next = orders.nextChild(after: child)
      guard orders.children[child].order.isPostOnly, !orders.children[child].isCancelPending else {
        continue
      }
      cancelChild(child, now, &outbox)
    }
  }

  /// Cancels what rests at a venue that can not be watched any more, or is not to be used.
  ///
  /// What rests at the client's own limit is given some time to be watched again.
  mutating func cancelResting(at venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    let isHalted = markets.venue(venue)?.isHalted ?? true
    var next = orders.firstOpen(at: venue)
    while let child = next {
      next = orders.nextOpen(after: child)
      guard orders.children[child].order.isPostOnly, !orders.children[child].isCancelPending else {
        continue
      }
      if orders.children[child].role == .residual && !isHalted {
        reviewLater(child, now)
        continue
      }
      cancelChild(child, now, &outbox)
    }
  }
}
