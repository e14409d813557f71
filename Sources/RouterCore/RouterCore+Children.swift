/// From a plan to its evidence and its children.
extension RouterCore {
  /// No child waits longer than this for the others to catch up.
  private static var longestDelayNanoseconds: Int64 { 1_000_000_000 }

  /// The plan and its evidence.
  mutating func emitPlan(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.parents[parent]
    guard let instrument = markets.instrument(order.order.instrument)?.instrument else { return }
    let wave = order.wave &+ 1
    orders.working[Int(order.links.working)].hasShownPlan = true
    emit(.planMade(planFact(order, instrument, wave, now)), &outbox)
    for index in 0..<plan.legCount {
      emit(.planLeg(legFact(index, order, instrument, wave)), &outbox)
    }
  }

  private func planFact(
    _ order: ParentOrder, _ instrument: Instrument, _ wave: UInt16, _ now: Timestamp
  ) -> PlanMade {
    let isBuy = order.order.side == .buy
    let isExpected = order.order.routing.usesExpectedCost
    let replacement = plan.replacementUnit.divided(by: Int128(FeeRate.one), roundingUp: isBuy)
    return PlanMade(
      parent: order.id, wave: wave, requested: plan.requested, planned: plan.planned,
      totalCost: plan.cost.amount(of: instrument, roundingUp: isBuy),
      bound: plan.bound.amount(of: instrument, roundingUp: !isBuy),
      marginalPrice: plan.marginalPrice, singleVenue: plan.single.venue,
      singleQuantity: plan.single.quantity,
      singleCost: plan.single.cost.amount(of: instrument, roundingUp: isBuy), at: now,
      strategy: order.order.routing.strategy, objective: order.order.routing.objective,
      objectiveCost: plan.objectiveCost.amount(of: instrument, roundingUp: isBuy),
      rootBound: plan.rootBound.amount(of: instrument, roundingUp: !isBuy),
      singleObjectiveCost: plan.single.objectiveCost.amount(of: instrument, roundingUp: isBuy),
      nodes: UInt32(clamping: plan.nodes), isProven: plan.isProvenOptimal,
      replacementPrice: Price(mantissa: Int64(clamping: replacement)),
      adverseMove: isExpected
        ? adverseMove(order.order.instrument, order.order.side, now) : .zero)
  }

  private func legFact(
    _ index: Int, _ order: ParentOrder, _ instrument: Instrument, _ wave: UInt16
  ) -> PlanLeg {
    let leg = plan[index]
    let isBuy = order.order.side == .buy
    return PlanLeg(
      parent: order.id, wave: wave, listing: leg.listing, quantity: leg.quantity,
      limitPrice: leg.limitPrice, notional: leg.notional,
      levelsUsed: UInt16(clamping: leg.levelsUsed), bestPrice: leg.bestPrice,
      quoteAgeNanoseconds: leg.quoteAgeNanoseconds, exclusion: leg.exclusion,
      cost: leg.cost.amount(of: instrument, roundingUp: isBuy),
      orderCost: leg.orderCost.amount(of: instrument, roundingUp: isBuy),
      fillProbability: UInt16(clamping: leg.fillProbability),
      effectiveAgeNanoseconds: legEstimates.value[index].effectiveAgeNanoseconds,
      latencyNanoseconds: legEstimates.value[index].latencyNanoseconds)
  }

  // Children that take.

  /// Sends the plan's children in the parent's arrival mode.
  mutating func emitChildren(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.parents[parent]
    orders.working[Int(order.links.working)].noteWaveStart(
      at: now, intervalMilliseconds: order.order.routing.waveIntervalMilliseconds)
    switch order.order.routing.arrival {
    case .spray:
      for index in 0..<plan.legCount { emitLeg(parent, index, now, &outbox) }
    case .sequential:
      if let best = bestLeg() { emitLeg(parent, best, now, &outbox) }
    case .synchronized: emitTogether(parent, now, &outbox)
    }
  }

  /// What comes next after the children of a wave were sent, or none could be.
  mutating func finishWave(_ parent: Int, _ now: Timestamp) {
    let work = Int(orders.parents[parent].links.working)
    guard !orders.parents[parent].waitsForTaker, !orders.working[work].hasDelayed,
      orders.parents[parent].plannableQuantity > .zero
    else { return setParentTimer(parent, .distantFuture) }
    orders.working[work].noteWaveEnd(at: now)
    setParentTimer(parent, orders.working[work].nextPlanAt)
  }

  /// The leg with the largest expected saving of a unit (`routing.md` 3.1).
  private func bestLeg() -> Int? {
    let replacement = plan.replacementUnit == 0 ? plan.marginalUnit : plan.replacementUnit
    var best: (index: Int, saving: Int128)?
    for index in 0..<plan.legCount where plan[index].quantity > .zero {
      let leg = plan[index]
      let saving = ExpectedCost.saving(
        unit: leg.cost.mantissa / Int128(leg.quantity.mantissa), replacement: replacement,
        fillProbability: leg.fillProbability, side: plan.side)
      if best.map({ saving > $0.saving }) ?? true { best = (index, saving) }
    }
    return best?.index
  }

  private mutating func emitLeg(
    _ parent: Int, _ index: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    emitTaker(parent, plan[index], legEstimates.value[index], now, &outbox)
  }

  /// Intends the child of a leg if the gates let it pass.
  private mutating func emitTaker(
    _ parent: Int, _ leg: RouteLeg, _ estimate: LegEstimate, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    guard leg.quantity > .zero, isAllowed(leg, parent, now) else { return }
    let isWhole = orders.parents[parent].order.timeInForce == .fillOrKill
    let timeInForce: TimeInForce = isWhole ? .fillOrKill : .immediateOrCancel
    let expectation = expectation(leg, orders.parents[parent].order.side, estimate)
    guard let child = emitChild(parent, leg, timeInForce, .taker, now, &outbox) else {
      return
    }
    orders.children[child].tracking.expectation = expectation
  }

  /// The gate on a child: the parent's limit, what it may have out, and the listing's rules.
  func isAllowed(_ leg: RouteLeg, _ parent: Int, _ now: Timestamp) -> Bool {
    let order = orders.parents[parent]
    let risk = risk(for: order.order.instrument, at: now)
    guard let listing = markets.listing(leg.listing) else { return false }
    return risk.allows(leg, listing, side: order.order.side, limit: risk.planLimit(order))
      && leg.quantity <= order.exposableQuantity && isAdmitted(leg, listing, order.order.side)
  }

  mutating func emitChild(
    _ parent: Int, _ leg: RouteLeg, _ timeInForce: TimeInForce, _ role: ChildRole,
    _ now: Timestamp, _ outbox: inout Outbox
  ) -> Int? {
    let order = orders.parents[parent]
    let id = ChildOrderID(
      instance: configuration.instance, epoch: epoch, parent: order.id, child: order.childCount + 1)
    let child = NewChildOrder(
      id: id, venue: leg.venue, listing: leg.listing, side: order.order.side,
      limitPrice: leg.limitPrice, quantity: leg.quantity, timeInForce: timeInForce,
      isPostOnly: role != .taker)
    emit(
      .childIntended(
        ChildIntended(
          order: child, wave: order.wave, reserved: leg.hold, at: now, role: role)), &outbox)
    outbox.append(.newOrder(child))
    guard let slot = orders.slot(of: id) else { return nil }
    noteProbe(slot)
    queueOrder(slot)
    return slot
  }

  // Children that arrive together.

  /// Sends to the slowest venue at once, to each other one by its head start later.
  private mutating func emitTogether(
    _ parent: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    var slowest: Int64 = 0
    for index in 0..<plan.legCount where plan[index].quantity > .zero {
      slowest = max(slowest, legEstimates.value[index].latencyNanoseconds)
    }
    for index in 0..<plan.legCount where plan[index].quantity > .zero {
      let ahead = min(
        slowest - legEstimates.value[index].latencyNanoseconds, Self.longestDelayNanoseconds)
      let time = Timestamp(nanoseconds: now.nanoseconds + ahead)
      if ahead <= 0 || !delay(plan[index], legEstimates.value[index], until: time, parent) {
        emitLeg(parent, index, now, &outbox)
      }
    }
  }

  /// Keeps a leg for later; `false` if there is no room.
  private mutating func delay(
    _ leg: RouteLeg, _ estimate: LegEstimate, until time: Timestamp, _ parent: Int
  ) -> Bool {
    let work = Int(orders.parents[parent].links.working)
    guard let slot = delayedLegs.insert(DelayedLeg(leg: leg, estimate: estimate, sendAt: time))
    else { return false }
    var previous: Int32 = -1
    var next = orders.working[work].firstDelayed
    while next >= 0, delayedLegs[Int(next)].sendAt <= time {
      previous = next
      next = delayedLegs[Int(next)].next
    }
    delayedLegs[slot].next = next
    if previous < 0 {
      orders.working[work].firstDelayed = Int32(slot)
    } else {
      delayedLegs[Int(previous)].next = Int32(slot)
    }
    return true
  }

  /// Sends the delayed children that are due, each only if it may still leave.
  mutating func sendDelayed(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let work = Int(orders.parents[parent].links.working)
    guard work >= 0, orders.working[work].hasDelayed else { return }
    while let delayed = popDelayed(work, at: now) {
      guard mayLeaveLate(delayed.leg, parent, now) else { continue }
      emitTaker(parent, delayed.leg, delayed.estimate, now, &outbox)
    }
    finishWave(parent, now)
  }

  private mutating func popDelayed(_ work: Int, at now: Timestamp) -> DelayedLeg? {
    guard orders.working[work].hasDelayed else { return nil }
    let slot = Int(orders.working[work].firstDelayed)
    let delayed = delayedLegs[slot]
    guard delayed.sendAt <= now else { return nil }
    orders.working[work].firstDelayed = delayed.next
    delayedLegs.remove(slot)
    return delayed
  }

  private func mayLeaveLate(_ leg: RouteLeg, _ parent: Int, _ now: Timestamp) -> Bool {
    let order = orders.parents[parent]
    guard isRunning, !isHalted, order.status == .working, now < order.deadline,
      childBudget(order) > 0, orders.children.free > 0, let listing = markets.listing(leg.listing)
    else { return false }
    return routingExclusion(listing, at: now) == .none && isCovered(leg, order)
  }

  /// Whether the balance still covers what a leg holds.
  func isCovered(_ leg: RouteLeg, _ order: ParentOrder) -> Bool {
    guard let instrument = markets.instrument(order.order.instrument)?.instrument else {
      return false
    }
    let given = order.order.side == .buy ? instrument.quote : instrument.base
    return leg.hold <= ledger.account(leg.venue, given).available
  }

  mutating func dropDelayed(_ work: Int) {
    while orders.working[work].hasDelayed { _ = popDelayed(work, at: .distantFuture) }
  }
}
