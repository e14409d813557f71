/// How many requests each venue gets: new orders within its throttle, cancels before queries.
///
/// A plan leaves out a venue that has no room; `release` takes the token, so that what was decided
/// on and has not left counts as well. Cancels and queries wait for a token when even the reserve
/// is used up, and are never dropped.
extension RouterCore {
  // Settings.

  mutating func throttleChanged(
    _ throttle: VenueThrottle, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let venue = markets.venue(throttle.venue) else { return }
    if venue.throttle != throttle { emit(.venueThrottleChanged(throttle), &outbox) }
    sendWaitingCancels(throttle.venue, now, &outbox)
    schedulePace(throttle.venue, now)
    if isRunning { wakeAllParents(now) }
  }

  mutating func define(_ throttle: VenueThrottle) {
    markets.define(throttle)
    guard hasPace(throttle.venue) else { return }
    paces[throttle.venue.index].configure(throttle)
  }

  func hasPace(_ venue: VenueID) -> Bool { venue.index < paces.count }

  // New orders.

  /// Why a venue can not be sent a new order at the moment, whatever its market shows, or `.none`.
  func orderExclusion(_ venue: VenueID, at now: Timestamp) -> Exclusion {
    if isInMaintenance(venue, at: now) { return .maintenance }
    guard hasPace(venue) else { return .none }
    return paces[venue.index].waitForOrder(at: now) > 0 ? .throttled : .none
  }

  /// Whether a parent leaves a venue out that refuses most of what it is sent.
  ///
  /// The draw follows from the child that would be made and from the round: the same in a replay,
  /// and in all plans for that child in one round.
  func isThinnedOut(_ venue: VenueID, _ order: ParentOrder, at now: Timestamp) -> Bool {
    guard hasPace(venue), paces[venue.index].isAdaptive else { return false }
    let child = order.id.rawValue << 16 | UInt64(order.childCount &+ 1)
    let draw = mixed(
      mixed(child ^ UInt64(venue.rawValue) << 56) ^ UInt64(bitPattern: OutcomeWindow.round(at: now))
    )
    return paces[venue.index].outcomes.refuses(draw: draw, at: now)
  }

  /// Counts the venues that the last plan of a parent has left out by a draw, once in a round.
  ///
  /// Only what would have been sent counts: however often a waiting order is planned again, it must
  /// not make the venue seem to refuse more, and where the market is outside its limit it asks for
  /// nothing.
  mutating func noteThinnedOut(_ parent: Int, _ now: Timestamp) {
    let work = Int(orders.parents[parent].links.working)
    for index in 0..<plan.legCount where plan[index].exclusion == .throttled {
      let venue = plan[index].venue
      guard orderExclusion(venue, at: now) == .none,
        isThinnedOut(venue, orders.parents[parent], at: now),
        isTouchInside(plan[index].listing, orders.parents[parent]),
        orders.working[work].noteThinnedOut(venue, round: OutcomeWindow.round(at: now))
      else { continue }
      paces[venue.index].outcomes.record(isAccepted: false, at: now)
    }
  }

  /// When a venue without room for a new order has some again; `distantFuture` if none waits.
  func roomAgain(for instrument: InstrumentID, after now: Timestamp) -> Timestamp {
    var first = Int64.max
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let venue = markets.listing(id)?.venue, hasPace(venue) else { continue }
      let wait = paces[venue.index].waitForOrder(at: now)
      if wait > 0 { first = min(first, wait) }
    }
    let (time, isNever) = now.nanoseconds.addingReportingOverflow(first)
    return isNever ? .distantFuture : Timestamp(nanoseconds: time)
  }

  /// A new order waits to be released.
  mutating func queueOrder(_ child: Int) {
    let venue = orders.children[child].order.venue
    guard hasPace(venue) else { return }
    orders.children[child].tracking.isQueued = true
    paces[venue.index].waitingOrders += 1
  }

  /// A new order has come to its release, or has ended before.
  mutating func dequeueOrder(_ child: Int) {
    guard orders.children[child].tracking.isQueued else { return }
    orders.children[child].tracking.isQueued = false
    paces[orders.children[child].order.venue.index].waitingOrders -= 1
  }

  /// Takes the token of a new order; `false` if there is none for it.
  mutating func spendOnOrder(_ venue: VenueID, at now: Timestamp) -> Bool {
    guard hasPace(venue) else { return true }
    #if MUTATIONS
      let isIgnored = Mutation.throttleIsIgnoredAtRelease.isActive
    #else
      let isIgnored = false
    #endif
    guard isIgnored || paces[venue.index].throttle.wait(for: .newOrder, at: now) == 0 else {
      return false
    }
    paces[venue.index].throttle.spend(at: now)
    return true
  }

  /// Whether a venue has asked for a pause that lasts.
  func isPaused(_ venue: VenueID, at now: Timestamp) -> Bool {
    hasPace(venue) && now < paces[venue.index].engagedUntil
  }

  // Cancels and queries.

  /// Sends a child's cancel, or lets it wait for a token.
  mutating func sendCancel(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let venue = orders.children[child].order.venue
    guard hasPace(venue) else { return letCancelLeave(child, now, &outbox) }
    let wait = paces[venue.index].throttle.wait(for: .cancelOrQuery, at: now)
    orders.children[child].tracking.isCancelWaiting = wait > 0
    guard wait > 0 else {
      paces[venue.index].throttle.spend(at: now)
      return letCancelLeave(child, now, &outbox)
    }
    paces[venue.index].hasWaitingCancels = true
    timers.setNoLater(
      paceTimer(venue), than: Timestamp(nanoseconds: now.nanoseconds + wait))
  }

  private mutating func letCancelLeave(
    _ child: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    outbox.append(.cancel(orders.children[child].reference))
    asked(.cancel, about: child, now, &outbox)
  }

  /// Sends the cancels that wait at a venue, as far as there are tokens.
  mutating func sendWaitingCancels(_ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    guard hasPace(venue), paces[venue.index].hasWaitingCancels else { return }
    paces[venue.index].hasWaitingCancels = false
    var next = orders.firstOpen(at: venue)
    while let child = next {
      next = orders.nextOpen(after: child)
      guard orders.children[child].tracking.isCancelWaiting else { continue }
      sendCancel(child, now, &outbox)
    }
  }

  /// Takes the token of a query; `false` if the child has to ask again at its turn.
  mutating func spendOnQuery(_ child: Int, _ now: Timestamp) -> Bool {
    let venue = orders.children[child].order.venue
    guard hasPace(venue), let turn = paces[venue.index].askForQuery(at: now) else { return true }
    queryLater(child, at: turn)
    return false
  }

  /// Takes a token for a request that is made whatever the budget says.
  mutating func spendAnyway(_ venue: VenueID, _ now: Timestamp) {
    if hasPace(venue) { paces[venue.index].throttle.spend(at: now) }
  }

  // What venues answer.

  /// The first answer to a new order says whether it was one too many.
  mutating func noteAnswer(_ child: Int, isAccepted: Bool, _ now: Timestamp) {
    let venue = orders.children[child].order.venue
    guard hasPace(venue), !orders.children[child].tracking.isAnswered else { return }
    orders.children[child].tracking.isAnswered = true
    paces[venue.index].outcomes.record(isAccepted: isAccepted, at: now)
  }

  /// A venue has refused an order for being one too many.
  mutating func refusedAsTooMany(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.children[child]
    guard hasPace(order.order.venue) else { return }
    noteAnswer(child, isAccepted: false, now)
    // Those that were on their way together are refused together.
    let isNews = order.sentAt > paces[order.order.venue.index].engagedAt
    engageThrottle(order.order.venue, until: .distantPast, grows: isNews, now, &outbox)
  }

  /// An adapter keeps a venue's budget, or was told by the venue to wait.
  mutating func venueBusy(
    _ venue: VenueID, until retryAt: Timestamp, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard isRunning, markets.venue(venue) != nil, hasPace(venue) else { return }
    let isNews = now >= paces[venue.index].engagedUntil
    engageThrottle(venue, until: retryAt, grows: isNews, now, &outbox)
  }

  mutating func engageThrottle(
    _ venue: VenueID, until retryAt: Timestamp, grows: Bool, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    let before = paces[venue.index].engagedUntil
    paces[venue.index].engage(
      until: retryAt, grows: grows, seed: UInt64(venue.rawValue) << 56, at: now)
    let pace = paces[venue.index]
    schedulePace(venue, now)
    guard pace.engagedUntil > before else { return }
    let (requests, accepts) = pace.outcomes.counts(at: now)
    emit(
      .throttleEngaged(
        ThrottleEngaged(
          venue: venue, until: pace.engagedUntil, retryAt: retryAt, count: pace.engagements,
          requests: UInt32(clamping: requests), accepts: UInt32(clamping: accepts), at: now)),
      &outbox)
  }

  // Time.

  /// A pause or a window begins or ends, or a cancel gets its token.
  mutating func paceDue(_ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    guard hasPace(venue) else { return }
    sendWaitingCancels(venue, now, &outbox)
    if isRunning && isClosing(venue, at: now) { cancelAllResting(at: venue, now, &outbox) }
    let isOver = paces[venue.index].wakeParentsAt <= now
    schedulePace(venue, now)
    if isOver { wakeAllParents(now) }
  }

  /// Sets a venue's timer to whatever comes next there.
  mutating func schedulePace(_ venue: VenueID, _ now: Timestamp) {
    guard hasPace(venue) else { return }
    var wake = Timestamp.distantFuture
    let pause = paces[venue.index].engagedUntil
    if pause > now { wake = pause }
    if let end = maintenance(of: venue).activeUntil(now) { wake = min(wake, end) }
    paces[venue.index].wakeParentsAt = wake
    var next = min(wake, maintenance(of: venue).nextChange(after: now))
    if paces[venue.index].hasWaitingCancels {
      let wait = paces[venue.index].throttle.wait(for: .cancelOrQuery, at: now)
      next = min(next, Timestamp(nanoseconds: now.nanoseconds + wait))
    }
    timers.set(paceTimer(venue), to: next)
  }
}
