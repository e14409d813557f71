/// When a parent is planned, and when it ends.
extension RouterCore {
  /// A parent for which nothing can be planned is looked at again after this at the latest.
  private static var retryMilliseconds: Int64 { 1000 }
  /// Child numbers have 16 bits.
  private static var childNumberLimit: Int { 65_000 }

  /// Takes the next step for a parent of whose taking children none is waited for.
  mutating func advance(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.parents[parent]
    guard order.isOpen, !order.waitsForTaker else { return }
    if order.pendingReplacement != nil && order.hasNoTaker {
      settleReplacement(parent, now, &outbox)
    }
    let work = Int(order.links.working)
    if let (outcome, reason) = ending(orders.parents[parent], now) {
      dropDelayed(work)
      guard order.openChildren == 0 else { return cancelResting(of: parent, now, &outbox) }
      return close(parent, outcome, reason, now, &outbox)
    }
    guard orders.parents[parent].status == .working else {
      return setParentTimer(parent, .distantFuture)
    }
    guard !orders.working[work].hasDelayed else { return }
    reviewResting(parent, now, &outbox)
    if reviewResidual(parent, now, &outbox) { return }
    guard orders.parents[parent].plannableQuantity > .zero else {
      return setParentTimer(parent, .distantFuture)
    }
    planNext(parent, now, &outbox)
  }

  /// Whether a parent is done, and how.
  private func ending(
    _ order: ParentOrder, _ now: Timestamp
  ) -> (ParentClosed.Outcome, RejectReason)? {
    if order.filledQuantity >= order.order.quantity { return (.filled, .none) }
    if order.status == .cancelPending { return (.canceled, .none) }
    let hasDelayed = orders.working[Int(order.links.working)].hasDelayed
    if order.wave > 0 && !hasDelayed {
      switch order.order.timeInForce {
      case .immediateOrCancel: if !goesOnSequentially(order) { return (.expired, .none) }
      case .fillOrKill: return (.expired, .cannotFillNow)
      case .goodTillCancel, .goodTillDate: break
      }
    }
    if now >= order.deadline { return (.expired, .deadlinePassed) }
    let isStuck = childBudget(order) == 0 && !hasDelayed && order.plannableQuantity > .zero
    return isStuck ? (.expired, .noRoute) : nil
  }

  /// Whether an immediate order still has venues before it that it asks one after the other.
  private func goesOnSequentially(_ order: ParentOrder) -> Bool {
    isSequentialOnce(order) && orders.working[Int(order.links.working)].hasShownPlan
  }

  /// Whether each venue gets one child only, one after the other.
  func isSequentialOnce(_ order: ParentOrder) -> Bool {
    order.order.timeInForce == .immediateOrCancel && order.order.routing.arrival == .sequential
  }

  func childBudget(_ order: ParentOrder) -> Int {
    let most = min(Int(limits.maximumChildrenPerParent), Self.childNumberLimit)
    return max(most - Int(order.childCount), 0)
  }

  mutating func close(
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
    if endIfStale(parent, now, &outbox) { return }
    if orders.parents[parent].order.isPostOnly { return restWhole(parent, now, &outbox) }
    if rest(parent, now, &outbox) { return }
    computePlan(parent, now)
    noteThinnedOut(parent, now)
    let needsWhole = orders.parents[parent].order.timeInForce == .fillOrKill
    if plan.planned == .zero || (needsWhole && plan.residual > .zero) {
      return planFailed(parent, work, now, &outbox)
    }
    emitPlan(parent, now, &outbox)
    emitChildren(parent, now, &outbox)
    finishWave(parent, now)
  }

  /// Nothing to send: an order that can not wait ends, any other waits for the market.
  private mutating func planFailed(
    _ parent: Int, _ work: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let timeInForce = orders.parents[parent].order.timeInForce
    let isFirst = orders.parents[parent].wave == 0
    if !orders.working[work].hasShownPlan || timeInForce == .fillOrKill {
      emitPlan(parent, now, &outbox)
    }
    switch timeInForce {
    case .immediateOrCancel:
      // The end of a child in doubt ends it.
      guard orders.parents[parent].openChildren == 0 else {
        return setParentTimer(parent, .distantFuture)
      }
      close(parent, .expired, isFirst ? .noRoute : .none, now, &outbox)
    case .fillOrKill: close(parent, .rejected, .cannotFillWhole, now, &outbox)
    case .goodTillCancel, .goodTillDate:
      if isDust(parent) { return close(parent, .expired, .belowMinimum, now, &outbox) }
      if restsResidual(parent), restResidual(parent, now, &outbox) { return }
      orders.working[work].noteEmptyPlan(at: now, isMarketInside: isAnyTouchInside(parent))
      let isYoung = orders.parents[parent].wave > 0 && orders.working[work].emptyPlans < 10
      let pause = isYoung ? WorkingParent.freshnessMilliseconds : Self.retryMilliseconds
      let room = roomAgain(for: orders.parents[parent].order.instrument, after: now)
      let soonest = now.adding(milliseconds: orders.working[work].roomPauseMilliseconds)
      setParentTimer(parent, min(now.adding(milliseconds: pause), max(room, soonest)))
    }
  }

  // Waiting parents.

  /// Wakes the parents that could trade on what the books that have changed now show.
  mutating func reviewMarkets(_ now: Timestamp, _ outbox: inout Outbox) {
    while let listing = changedListings.next() {
      guard let instrument = markets.listing(listing)?.instrument else { continue }
      let bid = markets.books.bestBid(of: listing)?.price
      let ask = markets.books.bestAsk(of: listing)?.price
      var next = orders.waiting.first(of: instrument)
      while let work = next {
        next = orders.waiting.next(after: work)
        guard orders.waiting[work].isMarketable(bid: bid, ask: ask) else { continue }
        let parent = Int(orders.waiting[work].parent)
        if couldPlan(parent, work, now) { advance(parent, now, &outbox) }
      }
    }
  }

  /// Whether a change of the market can matter to a parent; otherwise its timer wakes it.
  private func couldPlan(_ parent: Int, _ work: Int, _ now: Timestamp) -> Bool {
    let order = orders.parents[parent]
    guard !order.waitsForTaker, !orders.working[work].hasDelayed else { return false }
    return order.plannableQuantity > .zero || mayTakeInstead(order, work, now)
  }

  private func isAnyTouchInside(_ parent: Int) -> Bool {
    let order = orders.parents[parent]
    var next = markets.firstListing(of: order.order.instrument)
    while let listing = next {
      next = markets.listing(after: listing)
      if isTouchInside(listing, order) { return true }
    }
    return false
  }

  /// Whether the best opposite price of a listing lies within the parent's limit.
  func isTouchInside(_ listing: ListingID, _ parent: ParentOrder) -> Bool {
    if parent.order.side == .buy {
      guard let ask = markets.books.bestAsk(of: listing) else { return false }
      return ask.price <= parent.effectiveLimit
    }
    guard let bid = markets.books.bestBid(of: listing) else { return false }
    return bid.price >= parent.effectiveLimit
  }

  /// Looks at a parent again at `time`, or before if something of it is due before.
  mutating func setParentTimer(_ parent: Int, _ time: Timestamp) {
    let order = orders.parents[parent]
    let work = Int(order.links.working)
    guard work >= 0 else { return }
    var first = min(time, order.deadline)
    let working = orders.working[work]
    // Nothing that rests is looked at while what takes may answer any moment.
    if order.status == .working, working.passivePhase == .resting, order.openResting > 0,
      !order.waitsForTaker, !working.hasDelayed
    {
      first = min(first, working.restUntil)
    }
    if order.residualLeaves > .zero { first = min(first, working.reviewAt) }
    if working.hasDelayed { first = min(first, delayedLegs[Int(working.firstDelayed)].sendAt) }
    timers.set(parentTimer(work), to: first)
  }

  mutating func wakeAllParents(_ now: Timestamp) {
    for work in 0..<orders.working.highWater where orders.working.contains(work) {
      timers.setNoLater(parentTimer(work), than: now)
    }
  }
}
