extension RouterCore {
  /// A parent for which nothing can be planned is looked at again after this at the latest.
  private static var retryMilliseconds: Int64 { 1000 }
  /// Child numbers have 16 bits.
  private static var childNumberLimit: Int { 65_000 }

  /// Takes the next step for a parent none of whose children is open.
  mutating func advance(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.parents[parent]
    guard order.isOpen, order.openChildren == 0 else { return }
    if order.filledQuantity >= order.order.quantity {
      return close(parent, .filled, .none, now, &outbox)
    }
    if order.status == .cancelPending { return close(parent, .canceled, .none, now, &outbox) }
    if order.wave > 0 && order.order.timeInForce == .immediateOrCancel {
      return close(parent, .expired, .none, now, &outbox)
    }
    if order.wave > 0 && order.order.timeInForce == .fillOrKill {
      return close(parent, .expired, .cannotFillNow, now, &outbox)
    }
    if now >= order.deadline { return close(parent, .expired, .deadlinePassed, now, &outbox) }
    if childBudget(order) == 0 { return close(parent, .expired, .noRoute, now, &outbox) }
    planNext(parent, now, &outbox)
  }

  private func childBudget(_ order: ParentOrder) -> Int {
    let most = min(Int(limits.maximumChildrenPerParent), Self.childNumberLimit)
    return max(most - Int(order.childCount), 0)
  }

  private mutating func close(
    _ parent: Int, _ outcome: ParentClosed.Outcome, _ reason: RejectReason, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    let id = orders.parents[parent].id
    emit(
      .parentClosed(ParentClosed(parent: id, outcome: outcome, reason: reason, at: now)), &outbox)
  }

  private mutating func planNext(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let work = Int(orders.parents[parent].links.working)
    guard isRunning, !isHalted, !orders.hasOverflowed else {
      return setParentTimer(parent, now.adding(milliseconds: Self.retryMilliseconds))
    }
    guard now >= orders.working[work].nextPlanAt else {
      return setParentTimer(parent, orders.working[work].nextPlanAt)
    }
    computePlan(parent, now)
    let needsWhole = orders.parents[parent].order.timeInForce == .fillOrKill
    if plan.planned == .zero || (needsWhole && plan.residual > .zero) {
      return planFailed(parent, work, now, &outbox)
    }
    emitPlan(parent, work, now, &outbox)
    emitChildren(parent, now, &outbox)
  }

  /// Nothing to send: an order that can not wait ends, any other waits for the market.
  private mutating func planFailed(
    _ parent: Int, _ work: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let timeInForce = orders.parents[parent].order.timeInForce
    if !orders.working[work].hasShownPlan || timeInForce == .fillOrKill {
      emitPlan(parent, work, now, &outbox)
    }
    switch timeInForce {
    case .immediateOrCancel: close(parent, .expired, .noRoute, now, &outbox)
    case .fillOrKill: close(parent, .rejected, .cannotFillWhole, now, &outbox)
    case .goodTillCancel, .goodTillDate:
      orders.working[work].noteEmptyPlan(at: now)
      let isYoung = orders.parents[parent].wave > 0 && orders.working[work].emptyPlans < 10
      let pause = isYoung ? WorkingParent.freshnessMilliseconds : Self.retryMilliseconds
      setParentTimer(parent, now.adding(milliseconds: pause))
    }
  }

  /// Plans what is left of a parent into `plan`, without set-aside venues if others can fill.
  private mutating func computePlan(_ parent: Int, _ now: Timestamp) {
    let order = orders.parents[parent]
    guard let instrument = markets.instrument(order.order.instrument)?.instrument else {
      plan = RoutePlan()
      return
    }
    var children = order.order.maximumChildren == 0 ? .max : Int(order.order.maximumChildren)
    children = min(children, childBudget(order), orders.children.free, RoutePlan.maximumLegs)
    if order.order.timeInForce == .fillOrKill { children = min(children, 1) }
    let request = PlanRequest(
      instrument: instrument, side: order.order.side, quantity: order.plannableQuantity,
      limitPrice: risk(for: order.order.instrument, at: now).planLimit(order),
      maximumChildren: children)
    let work = Int(order.links.working)
    if runPlanner(request, work, now), plan.planned == .zero {
      _ = runPlanner(request, work, now, ignoringSetAside: true)
    }
  }

  /// Plans over the listings of an instrument; whether a venue was set aside.
  mutating func runPlanner(
    _ request: PlanRequest, _ work: Int?, _ now: Timestamp, ignoringSetAside: Bool = false
  ) -> Bool {
    planner.begin(request)
    var hasSetAside = false
    var count = 0
    var next = markets.firstListing(of: request.instrument.id)
    while let id = next, count < RoutePlan.maximumLegs {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id) else { continue }
      var terms = terms(listing, request, now)
      if terms.exclusion == .none, let work {
        terms.exclusion = exclusion(of: listing, work, now, ignoringSetAside)
        hasSetAside = hasSetAside || terms.exclusion == .setAside
      }
      planner.add(terms, book: markets.books[id])
      count += 1
    }
    planner.finish(into: &plan)
    return hasSetAside
  }

  /// Why a parent's own experience speaks against a venue at the moment, or `.none`.
  private func exclusion(
    of listing: Listing, _ work: Int, _ now: Timestamp, _ ignoringSetAside: Bool
  ) -> Exclusion {
    let venue = listing.venue
    if !ignoringSetAside && orders.working[work].isSetAside(venue, at: now) { return .setAside }
    let receivedAt = markets.books[listing.id].receivedAt
    return orders.working[work].isOutdated(receivedAt, at: venue, now) ? .bookStale : .none
  }

  private func terms(_ listing: Listing, _ request: PlanRequest, _ now: Timestamp) -> VenueTerms {
    let given = request.side == .buy ? request.instrument.quote : request.instrument.base
    let venueHoldsFee = markets.venue(listing.venue)?.definition.holdsFee ?? true
    return VenueTerms(
      listing, holdsFee: listing.feeAsset == .quote && venueHoldsFee,
      available: ledger.account(listing.venue, given).available,
      quoteAgeNanoseconds: age(of: listing.id, at: now),
      exclusion: markets.exclusion(
        listing, at: now, maximumAgeMilliseconds: limits.maximumBookAgeMilliseconds))
  }

  private func age(of listing: ListingID, at now: Timestamp) -> Int64 {
    let received = markets.books[listing].receivedAt
    return received == .distantPast ? .max : max(now.since(received), 0)
  }

  /// The plan and its evidence.
  private mutating func emitPlan(
    _ parent: Int, _ work: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.parents[parent]
    guard let instrument = markets.instrument(order.order.instrument)?.instrument else { return }
    let wave = order.wave &+ 1
    let isBuy = order.order.side == .buy
    orders.working[work].hasShownPlan = true
    emit(
      .planMade(
        PlanMade(
          parent: order.id, wave: wave, requested: plan.requested, planned: plan.planned,
          totalCost: plan.cost.amount(of: instrument, roundingUp: isBuy),
          bound: plan.bound.amount(of: instrument, roundingUp: !isBuy),
          marginalPrice: plan.marginalPrice, singleVenue: plan.single.venue,
          singleQuantity: plan.single.quantity,
          singleCost: plan.single.cost.amount(of: instrument, roundingUp: isBuy), at: now,
          strategy: order.order.routing.strategy, objective: order.order.routing.objective,
          objectiveCost: plan.objectiveCost.amount(of: instrument, roundingUp: isBuy),
          rootBound: plan.rootBound.amount(of: instrument, roundingUp: !isBuy),
          singleObjectiveCost: plan.single.objectiveCost.amount(
            of: instrument, roundingUp: isBuy), nodes: UInt32(clamping: plan.nodes),
          isProven: plan.isProvenOptimal, replacementPrice: .zero, adverseMove: .zero)),
      &outbox)
    for index in 0..<plan.legCount {
      let leg = plan[index]
      emit(
        .planLeg(
          PlanLeg(
            parent: order.id, wave: wave, listing: leg.listing, quantity: leg.quantity,
            limitPrice: leg.limitPrice, notional: leg.notional,
            levelsUsed: UInt16(clamping: leg.levelsUsed), bestPrice: leg.bestPrice,
            quoteAgeNanoseconds: leg.quoteAgeNanoseconds, exclusion: leg.exclusion,
            cost: leg.cost.amount(of: instrument, roundingUp: isBuy),
            orderCost: leg.orderCost.amount(of: instrument, roundingUp: isBuy),
            fillProbability: UInt16(clamping: leg.fillProbability), effectiveAgeNanoseconds: 0,
            latencyNanoseconds: 0)), &outbox)
    }
  }

  private mutating func emitChildren(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let risk = risk(for: orders.parents[parent].order.instrument, at: now)
    let limit = risk.planLimit(orders.parents[parent])
    let work = Int(orders.parents[parent].links.working)
    orders.working[work].hasFilledInWave = false
    setParentTimer(parent, .distantFuture)
    for index in 0..<plan.legCount where plan[index].quantity > .zero {
      let leg = plan[index]
      let side = orders.parents[parent].order.side
      guard let listing = markets.listing(leg.listing),
        risk.allows(leg, listing, side: side, limit: limit),
        leg.quantity <= orders.parents[parent].plannableQuantity
      else { continue }
      emitChild(parent, leg, now, &outbox)
    }
    if orders.parents[parent].openChildren == 0 {
      orders.working[work].noteWaveEnd(at: now)
      setParentTimer(parent, orders.working[work].nextPlanAt)
    }
  }

  private mutating func emitChild(
    _ parent: Int, _ leg: RouteLeg, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.parents[parent]
    let id = ChildOrderID(
      instance: configuration.instance, epoch: epoch, parent: order.id, child: order.childCount + 1)
    let isWhole = order.order.timeInForce == .fillOrKill
    let child = NewChildOrder(
      id: id, venue: leg.venue, listing: leg.listing, side: order.order.side,
      limitPrice: leg.limitPrice, quantity: leg.quantity,
      timeInForce: isWhole ? .fillOrKill : .immediateOrCancel)
    emit(
      .childIntended(
        ChildIntended(order: child, wave: order.wave, reserved: leg.hold, at: now)), &outbox)
    outbox.append(.newOrder(child))
  }

  // Waiting parents.

  /// Wakes the parents that could trade on what a listing's book now shows.
  mutating func marketChanged(
    _ listing: ListingID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let instrument = markets.listing(listing)?.instrument else { return }
    var next = orders.firstWorking(of: instrument)
    while let work = next {
      next = orders.nextWorking(after: work)
      let parent = Int(orders.working[work].parent)
      guard orders.parents[parent].openChildren == 0,
        isTouchInside(listing, orders.parents[parent])
      else { continue }
      advance(parent, now, &outbox)
    }
  }

  /// Whether the best opposite price of a listing lies within the parent's limit.
  private func isTouchInside(_ listing: ListingID, _ parent: ParentOrder) -> Bool {
    if parent.order.side == .buy {
      guard let ask = markets.books[listing].bestAsk else { return false }
      return ask.price <= parent.effectiveLimit
    }
    guard let bid = markets.books[listing].bestBid else { return false }
    return bid.price >= parent.effectiveLimit
  }

  /// Looks at a parent again at `time` or at its deadline, whichever comes first.
  mutating func setParentTimer(_ parent: Int, _ time: Timestamp) {
    let work = Int(orders.parents[parent].links.working)
    guard work >= 0 else { return }
    timers.set(parentTimer(work), to: min(time, orders.parents[parent].deadline))
  }

  mutating func wakeAllParents(_ now: Timestamp) {
    for work in 0..<orders.working.highWater where orders.working.contains(work) {
      timers.setNoLater(parentTimer(work), than: now)
    }
  }
}
