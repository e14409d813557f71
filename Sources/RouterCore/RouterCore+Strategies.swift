/// What is planned for a parent: its strategy, its sizes and what speaks against a venue.
extension RouterCore {
  /// Plans what is left of a parent into `plan`.
  mutating func computePlan(_ parent: Int, _ now: Timestamp) {
    guard var request = planRequest(parent, now) else {
      plan = RoutePlan()
      return
    }
    let order = orders.parents[parent]
    resetCaps(to: order.order.routing.maximumChildQuantity)
    // No time for a second look.
    if request.nodeBudget == 1 { return planFreely(request, parent, now) }
    switch order.order.routing.strategy {
    case .bestPrice, .priceImprovement: planFreely(request, parent, now)
    case .fewestVenues: planFewest(request, parent, now)
    case .singleVenue:
      request.maximumChildren = min(request.maximumChildren, 1)
      planFreely(request, parent, now)
    case .proRata: planShares(request, parent, now)
    }
    varySizes(request, parent, now)
    if mayOverRoute(order.order) { overRoute(request, parent, now) }
  }

  func planRequest(_ parent: Int, _ now: Timestamp) -> PlanRequest? {
    let order = orders.parents[parent]
    guard let instrument = markets.instrument(order.order.instrument)?.instrument else {
      return nil
    }
    var children = order.order.maximumChildren == 0 ? .max : Int(order.order.maximumChildren)
    children = min(children, childBudget(order), orders.children.free, RoutePlan.maximumLegs)
    if order.order.timeInForce == .fillOrKill && !order.order.allowsSplit {
      children = min(children, 1)
    }
    let participation = Int(order.order.routing.maximumParticipation)
    return PlanRequest(
      instrument: instrument, side: order.order.side, quantity: order.plannableQuantity,
      limitPrice: risk(for: order.order.instrument, at: now).planLimit(order),
      maximumChildren: children, nodeBudget: nodeBudget(order, now),
      objective: objective(of: order, now),
      participation: min(max(participation, 1), PlanRequest.fullParticipation))
  }

  /// A tenth of the time that is left, at a microsecond a node; the root at least.
  private func nodeBudget(_ order: ParentOrder, _ now: Timestamp) -> Int {
    let slack = slackAtVenues(order, at: now) ?? .max
    return Int(min(max(slack / 10_000, 1), Int64(PlanRequest.defaultNodeBudget)))
  }

  private func objective(of order: ParentOrder, _ now: Timestamp) -> PlanObjective {
    guard order.order.routing.usesExpectedCost else { return .cost }
    return .expectedCost(adverseMove: adverseMove(order.order.instrument, order.order.side, now))
  }

  /// Caps every leg; zero is no cap.
  mutating func resetCaps(to quantity: Quantity) {
    let cap = quantity > .zero ? quantity : Quantity(mantissa: .max)
    legCaps.value = InlineArray(repeating: cap)
  }

  // Strategies.

  /// Plans without set-aside venues if the others can fill anything.
  private mutating func planFreely(_ request: PlanRequest, _ parent: Int, _ now: Timestamp) {
    let work = Int(orders.parents[parent].links.working)
    if runPlanner(request, work, now), plan.planned == .zero {
      _ = runPlanner(request, work, now, ignoringSetAside: true)
    }
  }

  /// The fewest venues that can take as much as all of them can.
  private mutating func planFewest(_ request: PlanRequest, _ parent: Int, _ now: Timestamp) {
    planFreely(request, parent, now)
    let open = plan
    var request = request
    for count in 1..<max(open.childCount, 1) {
      request.maximumChildren = count
      planFreely(request, parent, now)
      if plan.planned == open.planned { return }
    }
    plan = open
  }

  /// Each venue's share of what is displayed; what that leaves over is planned without shares next.
  private mutating func planShares(_ request: PlanRequest, _ parent: Int, _ now: Timestamp) {
    let order = orders.parents[parent]
    let work = Int(order.links.working)
    guard !orders.working[work].skipsShares else {
      planFreely(request, parent, now)
      if plan.planned > .zero { orders.working[work].skipsShares = false }
      return
    }
    let caps = legCaps.value
    capToShares(request, parent, now)
    planFreely(request, parent, now)
    guard plan.residual > .zero else { return }
    let mayGoOn =
      order.order.timeInForce == .goodTillCancel || order.order.timeInForce == .goodTillDate
    if mayGoOn && plan.planned > .zero {
      orders.working[work].skipsShares = true
      return
    }
    let shares = plan
    legCaps.value = caps
    planFreely(request, parent, now)
    if plan.planned <= shares.planned { plan = shares }
  }

  private mutating func capToShares(_ request: PlanRequest, _ parent: Int, _ now: Timestamp) {
    var displayed = InlineArray<32, Int128>(repeating: 0)
    var total: Int128 = 0
    var next = markets.firstListing(of: request.instrument.id)
    var count = 0
    while let id = next, count < RoutePlan.maximumLegs {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id) else { continue }
      if routingExclusion(listing, at: now) == .none {
        displayed[count] = displayedQuantity(id, request)
      }
      total += displayed[count]
      count += 1
    }
    guard total > 0 else { return }
    for index in 0..<count {
      capToShare(index, Int128(request.quantity.mantissa) * displayed[index], total, request)
    }
  }

  /// Caps a leg to a quotient, rounded up to its increment.
  private mutating func capToShare(
    _ index: Int, _ dividend: Int128, _ divisor: Int128, _ request: PlanRequest
  ) {
    guard let listing = listing(request.instrument.id, index) else { return }
    let increment = Int128(listing.quantityIncrement.mantissa)
    let share = dividend.divided(by: divisor, roundingUp: true)
    let rounded = share.divided(by: increment, roundingUp: true) * increment
    legCaps.value[index] = min(legCaps.value[index], Quantity(mantissa: Int64(clamping: rounded)))
  }

  /// What a book shows within the limit, as far as the participation allows it.
  private func displayedQuantity(_ id: ListingID, _ request: PlanRequest) -> Int128 {
    let side: Side = request.side == .buy ? .sell : .buy
    var sum: Int128 = 0
    for index in 0..<markets.books[id].count(side) {
      let level = markets.books[id].level(side, index)
      if let limit = request.limitPrice, isBeyond(level.price, limit, request.side) { break }
      sum += Int128(level.quantity.mantissa)
    }
    // Below 2^64 levels of below 2^63, and a participation of at most 10,000.
    return sum * Int128(request.participation) / Int128(PlanRequest.fullParticipation)
  }

  private func isBeyond(_ price: Price, _ limit: Price, _ side: Side) -> Bool {
    side == .buy ? price > limit : price < limit
  }

  /// The listing that is a plan's leg number `index`.
  private func listing(_ instrument: InstrumentID, _ index: Int) -> Listing? {
    var next = markets.firstListing(of: instrument)
    for _ in 0..<index { next = next.flatMap { markets.listing(after: $0) } }
    return next.flatMap { markets.listing($0) }
  }

  // Random sizes.

  /// Plans again with the chosen legs made smaller at random; keeps that if it is good enough.
  private mutating func varySizes(
    _ request: PlanRequest, _ parent: Int, _ now: Timestamp
  ) {
    let order = orders.parents[parent]
    let options = order.order.routing
    guard options.sizeJitter > 0, order.order.timeInForce != .fillOrKill, plan.planned > .zero
    else { return }
    let exact = plan
    let caps = legCaps.value
    var sizes = SizeRandom(parent: order.id, wave: order.wave &+ 1)
    for index in 0..<exact.legCount where exact[index].quantity > .zero {
      legCaps.value[index] = min(
        legCaps.value[index], sizes.reduce(exact[index].quantity, by: options.sizeJitter))
    }
    planFreely(request, parent, now)
    let varied = plan
    if varied.planned != exact.planned {
      // Less for now is fine only where a later wave must take something anyway.
      guard exact.residual > .zero, varied.planned > .zero else {
        plan = exact
        return
      }
      var same = request
      same.quantity = varied.planned
      legCaps.value = caps
      planFreely(same, parent, now)
    } else {
      plan = exact
    }
    let isGood =
      plan.planned == varied.planned
      && isWithin(options.jitterTolerance, varied.objectiveCost, of: plan.bound)
    plan = isGood ? varied : exact
  }

  /// Whether a cost is no further from its bound than hundredths of a basis point.
  private func isWithin(_ tolerance: UInt16, _ cost: AllInCost, of bound: AllInCost) -> Bool {
    let gap = cost.mantissa - bound.mantissa
    let (scaled, overflow) = gap.magnitude.multipliedReportingOverflow(by: 1_000_000)
    let (allowed, isHuge) = bound.mantissa.magnitude
      .multipliedReportingOverflow(by: UInt128(tolerance))
    return !overflow && (isHuge || scaled <= allowed)
  }

  // Over-routing.

  private func mayOverRoute(_ order: NewOrderSingle) -> Bool {
    #if MUTATIONS
      if Mutation.overRoutingConsentIsIgnored.isActive { return order.routing.usesExpectedCost }
    #endif
    return order.routing.overRouting > 0
  }

  /// Plans for as much more as is expected to miss, within what the client has agreed to; keeps
  /// that only if its worst unit costs no more than a missed one would.
  private mutating func overRoute(_ request: PlanRequest, _ parent: Int, _ now: Timestamp) {
    let exact = plan
    let room = orders.parents[parent].exposableQuantity - request.quantity
    let more = min(expectedMiss(), room)
    guard more > .zero, exact.residual == .zero else { return }
    var larger = request
    larger.quantity += more
    planFreely(larger, parent, now)
    if plan.planned <= exact.planned || isWorse(plan.marginalUnit, than: exact.replacementUnit) {
      plan = exact
    }
  }

  /// How much of the plan is expected not to fill, rounded down.
  private func expectedMiss() -> Quantity {
    var parts: Int128 = 0
    for index in 0..<plan.legCount {
      let chance = min(max(plan[index].fillProbability, 0), VenueTerms.certainFill)
      parts += product(plan[index].quantity.mantissa, Int64(VenueTerms.certainFill - chance))
    }
    return Quantity(mantissa: Int64(clamping: parts / Int128(VenueTerms.certainFill)))
  }

  private func isWorse(_ unit: Int128, than other: Int128) -> Bool {
    plan.side == .buy ? unit > other : unit < other
  }

  // The planner.

  /// Plans over the listings of an instrument; whether a venue was set aside.
  mutating func runPlanner(
    _ request: PlanRequest, _ work: Int?, _ now: Timestamp, ignoringSetAside: Bool = false
  ) -> Bool {
    if let work { considerMisses(of: work, request, now) }
    planner.value.begin(request)
    var hasSetAside = false
    var count = 0
    var next = markets.firstListing(of: request.instrument.id)
    while let id = next, count < RoutePlan.maximumLegs {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id) else { continue }
      var terms = terms(listing, request, count, now)
      if terms.exclusion == .none, let work {
        terms.exclusion = exclusion(of: listing, work, now, ignoringSetAside)
        hasSetAside = hasSetAside || terms.exclusion == .setAside
      }
      planner.value.add(terms, book: markets.books[id])
      count += 1
    }
    planner.value.finish(into: &planSlot.value)
    return hasSetAside
  }

  /// Lets set-aside venues in again once every other one that could fill was tried.
  private mutating func considerMisses(of work: Int, _ request: PlanRequest, _ now: Timestamp) {
    guard orders.working[work].hasMisses else { return }
    let parent = orders.parents[Int(orders.working[work].parent)]
    var eligible: UInt32 = 0
    var next = markets.firstListing(of: request.instrument.id)
    while let id = next {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id), isTouchInside(id, parent),
        routingExclusion(listing, at: now) == .none
      else { continue }
      eligible |= WorkingParent.bit(listing.venue)
    }
    orders.working[work].considerMisses(eligible: eligible)
  }

  /// Whether a child of a parent is in doubt at a venue.
  private func hasDoubt(at venue: VenueID, _ parent: Int) -> Bool {
    guard orders.parents[parent].doubtfulTakers > 0 else { return false }
    var next = orders.firstChild(of: parent)
    while let child = next {
      next = orders.nextChild(after: child)
      let order = orders.children[child]
      if order.isDoubtfulTaker && order.order.venue == venue { return true }
    }
    return false
  }

  /// Why a parent's own experience speaks against a venue at the moment, or `.none`.
  private func exclusion(
    of listing: Listing, _ work: Int, _ now: Timestamp, _ ignoringSetAside: Bool
  ) -> Exclusion {
    let venue = listing.venue
    let parent = orders.parents[Int(orders.working[work].parent)]
    if isTooSlow(venue, for: parent, at: now) { return .tooSlow }
    if isThinnedOut(venue, parent, at: now) { return .throttled }
    if hasDoubt(at: venue, Int(orders.working[work].parent)) { return .setAside }
    if isSequentialOnce(parent) && orders.working[work].hasTried(venue) { return .setAside }
    if !ignoringSetAside && orders.working[work].isSetAside(venue, at: now) { return .setAside }
    let receivedAt = markets.books[listing.id].receivedAt
    return orders.working[work].isOutdated(receivedAt, at: venue, now) ? .bookStale : .none
  }

  private mutating func terms(
    _ listing: Listing, _ request: PlanRequest, _ index: Int, _ now: Timestamp
  ) -> VenueTerms {
    let given = request.side == .buy ? request.instrument.quote : request.instrument.base
    let venueHoldsFee = markets.venue(listing.venue)?.definition.holdsFee ?? true
    var terms = VenueTerms(
      listing, holdsFee: listing.feeAsset == .quote && venueHoldsFee,
      available: ledger.account(listing.venue, given).available,
      quoteAgeNanoseconds: age(of: listing.id, at: now),
      exclusion: routingExclusion(listing, at: now))
    terms.maximumQuantity = min(
      terms.maximumQuantity, legCaps.value[index], breakerCap(listing, request.side))
    legEstimates.value[index] = legEstimate(listing, now)
    if request.objective != .cost {
      terms.fillProbability = fillProbability(listing, request, legEstimates.value[index], now)
    }
    return terms
  }

  private func age(of listing: ListingID, at now: Timestamp) -> Int64 {
    let received = markets.books[listing].receivedAt
    return received == .distantPast ? .max : max(now.since(received), 0)
  }
}

/// Random sizes for the children of one wave: the same for the same parent and wave.
private struct SizeRandom {
  private var state: UInt64

  init(parent: ParentOrderID, wave: UInt16) {
    state = mixed(parent.rawValue << 16 | UInt64(wave))
  }

  /// A quantity made smaller by up to `parts` per ten thousand.
  mutating func reduce(_ quantity: Quantity, by parts: UInt16) -> Quantity {
    state = mixed(state)
    let cut = Int128(state % (UInt64(parts) + 1))
    let less = Int128(quantity.mantissa) * cut / 10_000
    return Quantity(mantissa: quantity.mantissa - Int64(less))
  }
}
