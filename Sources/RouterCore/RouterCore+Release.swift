extension RouterCore {
  /// How long the gateway may take to say what became of a released order.
  private static var releasePatienceMilliseconds: Int64 { 5000 }

  /// The last gate of a child, right before its request is made; passes once.
  ///
  /// - Returns: Whether it may leave now. If not, it is abandoned and its parent planned again.
  package mutating func release(
    _ order: NewChildOrder, at now: Timestamp, into outbox: inout Outbox
  ) -> Bool {
    guard let child = orders.slot(of: order.id), orders.children[child].status == .intended,
      !orders.children[child].tracking.isReleased, orders.children[child].order == order
    else { return false }
    dequeueOrder(child)
    var reason = obstacle(child, now)
    if reason == nil && !spendOnOrder(order.venue, at: now) { reason = .throttled }
    if let reason {
      emit(.childAbandoned(order.id, reason, at: now), &outbox)
      withdrawProbe(child)
      replanAfterRelease(child, now)
      return false
    }
    orders.children[child].tracking.isReleased = true
    orders.children[child].tracking.absenceReference = now
    queryLater(child, at: now.adding(milliseconds: Self.releasePatienceMilliseconds))
    return true
  }

  /// Whether a child that has passed `release` and waits for a connection may still leave.
  package func mayStillLeave(_ id: ChildOrderID, at now: Timestamp) -> Bool {
    guard let child = orders.slot(of: id), orders.children[child].status == .intended else {
      return false
    }
    return obstacle(child, now) == nil
  }

  func obstacle(_ child: Int, _ now: Timestamp) -> RejectReason? {
    let order = orders.children[child].order
    let parent = orders.parents[Int(orders.children[child].links.parent)]
    if !isRunning || order.id.epoch != epoch { return .notRecovered }
    #if MUTATIONS
      if isHalted && !Mutation.haltIsIgnoredAtRelease.isActive { return .halted }
    #else
      if isHalted { return .halted }
    #endif
    if parent.status != .working { return .parentClosed }
    if parent.isOverexposed { return .parentClosed }
    #if MUTATIONS
      let isLate = now >= parent.deadline && !Mutation.deadlineIsIgnoredAtRelease.isActive
      if isLate { return .deadlinePassed }
      if Mutation.bookIsIgnoredAtRelease.isActive { return nil }
    #else
      if now >= parent.deadline { return .deadlinePassed }
    #endif
    if let reason = paceObstacle(order, parent, now) { return reason }
    if order.isPostOnly && !mayRest(child, now) { return .deadlinePassed }
    guard let listing = markets.listing(order.listing) else { return .listingNotTrading }
    let exclusion =
      orders.children[child].role == .residual
      ? restingExclusion(listing)
      : markets.exclusion(
        listing, at: now, maximumAgeMilliseconds: limits.maximumBookAgeMilliseconds)
    switch exclusion {
    case .none: return breakerObstacle(child)
    case .venueHalted: return .venueHalted
    case .listingNotTrading: return .listingNotTrading
    case .linkDown: return .linkDown
    case .breakerOpen: return .breakerOpen
    default: return .bookStale
    }
  }

  private func breakerObstacle(_ child: Int) -> RejectReason? {
    #if MUTATIONS
      if Mutation.breakerIsIgnoredAtRelease.isActive { return nil }
    #endif
    return isHeldByBreaker(child) ? .breakerOpen : nil
  }

  /// What the venue's pace and the time that is left say.
  private func paceObstacle(
    _ order: NewChildOrder, _ parent: ParentOrder, _ now: Timestamp
  ) -> RejectReason? {
    if isInWindow(order.venue, now) { return .maintenance }
    if order.isPostOnly && isClosing(order.venue, at: now) { return .maintenance }
    if isPaused(order.venue, at: now) { return .throttled }
    #if MUTATIONS
      if Mutation.deadlineIsIgnoredAtRelease.isActive { return nil }
    #endif
    return isTooLate(order.venue, for: parent, at: now) ? .staleAtRelease : nil
  }

  private func isInWindow(_ venue: VenueID, _ now: Timestamp) -> Bool {
    #if MUTATIONS
      if Mutation.maintenanceIsIgnoredAtRelease.isActive { return false }
    #endif
    return isInMaintenance(venue, at: now)
  }

  /// The parent is planned again with the next clock event, not in the middle of a release.
  private mutating func replanAfterRelease(_ child: Int, _ now: Timestamp) {
    replanSoon(Int(orders.children[child].links.parent), now)
  }

  /// Plans a parent with the next clock event if nothing that takes is waited for any more.
  mutating func replanSoon(_ parent: Int, _ now: Timestamp) {
    let work = Int(orders.parents[parent].links.working)
    guard work >= 0, !orders.parents[parent].waitsForTaker else { return }
    orders.working[work].noteWaveEnd(at: now)
    timers.setNoLater(parentTimer(work), than: now)
  }

  // Start-up.

  /// Begins a run; `epoch` must be synced and greater than any used before.
  package mutating func startEpoch(
    _ epoch: UInt32, at now: Timestamp, into outbox: inout Outbox
  ) {
    #if !MUTATIONS
      precondition(epoch > self.epoch)
    #endif
    emit(.epochStarted(epoch: epoch, at: now), &outbox)
    isRunning = true
    markets.beginRun(at: now)
    breakers.start(epoch: epoch)
    for venue in 0..<paces.count { schedulePace(VenueID(UInt8(venue)), now) }
  }

  /// Asks every venue about every child that the last run left open.
  ///
  /// What was intended may have been sent, so it is unknown, too; nothing is sent again.
  package mutating func beginReconciliation(at now: Timestamp, into outbox: inout Outbox) {
    for index in 0..<configuration.venueCapacity {
      var next = orders.firstOpen(at: VenueID(UInt8(index)))
      while let child = next {
        next = orders.nextOpen(after: child)
        reconcile(child, now, &outbox)
      }
    }
    keepWaveIntervals(now)
    wakeAllParents(now)
  }

  /// When the last wave was is not known any more, so the next one keeps its distance from now.
  private mutating func keepWaveIntervals(_ now: Timestamp) {
    for work in 0..<orders.working.highWater where orders.working.contains(work) {
      let order = orders.parents[Int(orders.working[work].parent)]
      let interval = order.order.routing.waveIntervalMilliseconds
      guard order.wave > 0, interval > 0, !orders.working[work].hasShownPlan else { continue }
      orders.working[work].noteRestart(at: now, intervalMilliseconds: interval)
    }
  }

  private mutating func reconcile(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    guard order.id.epoch < epoch else { return }
    orders.children[child].tracking.absenceReference = now
    #if MUTATIONS
      if Mutation.intendedOrderIsAbandonedAtARestart.isActive && order.status == .intended {
        return emit(.childAbandoned(order.id, .notRecovered, at: now), &outbox)
      }
    #endif
    if order.status == .intended || order.status == .sent {
      doubt(child, now, &outbox)
    }
    query(child, now, &outbox)
    // Its venue has as long to come back as after any cut.
    if order.role == .residual { reviewLater(child, now) }
    // Nobody knows any more how long a passive one was to rest.
    if orders.parents[Int(order.links.parent)].status == .cancelPending || order.role == .passive {
      cancelChild(child, now, &outbox)
    }
  }
}
