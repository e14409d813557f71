extension RouterCore {
  /// How long a venue may be silent about a child before it is asked.
  static var patienceMilliseconds: Int64 { 2000 }
  private static var firstQueryDelayMilliseconds: Int64 { 250 }
  /// A draw of nothing would ask twice in one turn.
  private static var shortestQueryPauseMilliseconds: Int64 { 20 }
  private static var longestQueryDelayMilliseconds: Int64 { 8000 }
  /// What rests for days is still looked at, in case the stream has lost something.
  private static var restingQueryDelayMilliseconds: Int64 { 60_000 }
  /// Longer than the pause between two lists of open orders.
  private static var listedPauseMilliseconds: Int64 { 90_000 }
  private static var balanceIntervalMilliseconds: Int64 { 2000 }

  mutating func timePassed(_ now: Timestamp, _ outbox: inout Outbox) {
    while let item = timers.popDue(at: now) {
      let venueStart = configuration.openParentCapacity
      let childStart = venueStart + configuration.venueCapacity
      if item < venueStart {
        parentDue(item, now, &outbox)
      } else if item < childStart {
        venueDue(VenueID(UInt8(item - venueStart)), now, &outbox)
      } else if item < childStart + configuration.childCapacity {
        childDue(item - childStart, now, &outbox)
      } else {
        let venue = item - childStart - configuration.childCapacity
        paceDue(VenueID(UInt8(venue)), now, &outbox)
      }
    }
  }

  private mutating func parentDue(_ work: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard orders.working.contains(work) else { return }
    let parent = Int(orders.working[work].parent)
    if now >= orders.working[work].reviewAt { orders.working[work].reviewAt = .distantFuture }
    if now >= orders.parents[parent].deadline {
      // What has not left by now never will: waiting for it would make this timer due for ever.
      dropDelayed(work)
      cancelChildren(of: parent, now, &outbox)
    }
    sendDelayed(parent, now, &outbox)
    advance(parent, now, &outbox)
    // What it waits for now is no time; a timer that is due for ever would stop everything.
    if orders.working.contains(work), timers.deadline(of: parentTimer(work)) <= now {
      timers.set(parentTimer(work), to: now.adding(milliseconds: 1))
    }
  }

  /// Asks for balances as long as some money that moved was not seen in them, and now and then for
  /// the open orders.
  private mutating func venueDue(_ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    if ledger.isSettling(venue) {
      outbox.append(.refreshBalances(venue))
      timers.set(
        venueTimer(venue), to: now.adding(milliseconds: Self.balanceIntervalMilliseconds))
    }
    listOpenOrdersIfDue(venue, now, &outbox)
    breakersDue(venue, now, &outbox)
  }

  private mutating func childDue(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard orders.children.contains(child), orders.children[child].isOpen else { return }
    judgeSilence(child, now, &outbox)
    let order = orders.children[child]
    guard now >= order.tracking.queryAt else {
      return queryLater(child, at: order.tracking.queryAt)
    }
    if order.status == .intended {
      guard order.tracking.isReleased else { return }
      // It was released and nobody has said what became of it.
      orders.children[child].tracking.absenceReference = now
      callFailed(child, .outcomeUnknown, now, &outbox)
      doubt(child, now, &outbox)
    }
    query(child, now, &outbox)
  }

  // Queries.

  func mayBeAtVenue(_ order: ChildOrder) -> Bool {
    order.isOpen && (order.status != .intended || order.tracking.isReleased)
  }

  /// Asks what became of a child, and asks again until it is closed.
  ///
  /// The pauses are drawn below ceilings that grow, so that many children of one venue are not asked
  /// about together, and asking again takes from the venue's retry budget.
  mutating func query(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard mayBeAtVenue(orders.children[child]) else { return }
    let delay = orders.children[child].tracking.queryDelayMilliseconds
    let pause = delay == 0 ? 0 : orders.children[child].tracking.queryPauseMilliseconds
    let pauseEnd = orders.children[child].tracking.lastQueryAt.adding(milliseconds: pause)
    guard now >= pauseEnd else { return queryLater(child, at: pauseEnd) }
    let turn = queryTurn(child, now)
    guard now >= turn else { return queryLater(child, at: turn) }
    guard spendOnQuery(child, now) else {
      // What the retry budget gave is not asked of it again.
      orders.children[child].tracking.retryAt = now
      return
    }
    orders.children[child].tracking.lastQueryAt = now
    orders.children[child].tracking.retryAt = .distantFuture
    let longest =
      orders.children[child].isResting
      ? Self.restingQueryDelayMilliseconds : Self.longestQueryDelayMilliseconds
    let next = min(delay == 0 ? Self.firstQueryDelayMilliseconds : delay * 2, longest)
    orders.children[child].tracking.queryDelayMilliseconds = next
    outbox.append(.query(orders.children[child].reference))
    asked(.query, about: child, now, &outbox)
    let drawn = min(drawPause(child, upTo: next), untilProof(child, now))
    orders.children[child].tracking.queryPauseMilliseconds = drawn
    queryLater(child, at: now.adding(milliseconds: drawn))
  }

  /// A list of open orders shows a child that rests: as long as they do, it need not be asked about.
  mutating func seenResting(_ child: Int, _ order: OpenOrderObservation) {
    let known = orders.children[child]
    guard known.isResting, order.cumulativeQuantity == known.cumulativeQuantity,
      known.tracking.venueCumulative <= known.cumulativeQuantity,
      order.askedAt > known.tracking.lastQueryAt
    else { return }
    let next = order.askedAt.adding(milliseconds: Self.listedPauseMilliseconds)
    if next > known.tracking.queryAt { queryLater(child, at: next) }
  }

  /// When the venue's retry budget lets a child be asked about; the first time always does.
  private mutating func queryTurn(_ child: Int, _ now: Timestamp) -> Timestamp {
    let order = orders.children[child]
    guard breakers.contains(order.order.venue) else { return now }
    // That an order rests as it should is looked at now and then: no retry.
    if order.isResting { return now }
    // Its place among those who wait was paid for before.
    guard order.tracking.retryAt == .distantFuture else { return order.tracking.retryAt }
    guard order.tracking.lastQueryAt > .distantPast else {
      breakers[order.order.venue].retries.depositFirstAttempt()
      return now
    }
    let turn = breakers[order.order.venue].retries.withdraw(at: now)
    orders.children[child].tracking.retryAt = turn
    return turn
  }

  private mutating func drawPause(_ child: Int, upTo ceiling: Int64) -> Int64 {
    let attempt = orders.children[child].tracking.queryCount
    orders.children[child].tracking.queryCount = attempt &+ 1
    let seed = orders.children[child].id.tableHash
    return max(
      Self.shortestQueryPauseMilliseconds,
      FullJitter.draw(upTo: ceiling, seed: seed, attempt: UInt64(attempt)))
  }

  /// How long to wait at most, so that a child in doubt is asked about as soon as an answer must settle
  /// what became of it.
  private func untilProof(_ child: Int, _ now: Timestamp) -> Int64 {
    let order = orders.children[child]
    let provable = absenceProvableAt(order)
    guard order.status == .unknown, now < provable, provable < .distantFuture else { return .max }
    return max(provable.since(now) / 1_000_000 + 1, Self.shortestQueryPauseMilliseconds)
  }

  mutating func queryLater(_ child: Int, at time: Timestamp) {
    guard orders.children[child].isOpen else { return }
    orders.children[child].tracking.queryAt = time
    timers.set(childTimer(child), to: min(time, nextJudgement(child)))
  }

  // Market data, links and balances.

  mutating func bookChanged(
    _ update: BookUpdate, _ levels: [BookLevel], _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard markets.books.contains(update.listing) else { return }
    let asksForSnapshot = markets.books[update.listing].apply(update, levels: levels.span)
    if asksForSnapshot { outbox.snapshotRequests.append(update.listing) }
    judgeBook(update, asksForSnapshot: asksForSnapshot, now, &outbox)
    watchTouch(update.listing, now)
    changedListings.note(update.listing)
    checkTriggers(update.listing, now, &outbox)
  }

  mutating func bookFailed(
    _ listing: ListingID, _ fault: BookFault, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard markets.books.contains(listing) else { return }
    markets.books[listing].invalidate(fault)
    watchTouch(listing, now)
    feedFailed(listing, CallFailure(fault), now, &outbox)
  }

  mutating func linkChanged(
    _ venue: VenueID, _ link: VenueLink, _ isUp: Bool, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let before = markets.venue(venue) else { return }
    markets.setLink(venue, link, isUp: isUp, at: now)
    guard isRunning else { return }
    guard isUp else {
      linkLost(venue, before, now, &outbox)
      return cancelResting(at: venue, now, &outbox)
    }
    wakeAllParents(now)
    if breakers.contains(venue) {
      timers.setNoLater(venueTimer(venue), than: nextBreakerStep(venue, now))
    }
    guard link != .marketData else { return }
    outbox.append(.refreshBalances(venue))
    if link == .dropCopy { listOpenOrders(venue, now, &outbox) }
    queryAll(at: venue, now, &outbox)
  }

  /// Asks about every child that may be at a venue.
  mutating func queryAll(at venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    var next = orders.firstOpen(at: venue)
    while let child = next {
      next = orders.nextOpen(after: child)
      orders.children[child].tracking.queryDelayMilliseconds = 0
      query(child, now, &outbox)
    }
  }

  mutating func balanceObserved(_ observation: BalanceObservation) {
    guard markets.venue(observation.venue) != nil, ledger.observe(observation) else { return }
    var next = orders.firstOpen(at: observation.venue)
    while let child = next {
      next = orders.nextOpen(after: child)
      let order = orders.children[child]
      guard !order.tracking.isInBalance, order.isAcknowledged,
        Ledger.shows(observation.observedAt, order.acknowledgedAt),
        givenAsset(child) == observation.asset
      else { continue }
      ledger.uncharge(observation.venue, observation.asset, order.tracking.charge)
      orders.children[child].tracking.charge = .zero
      orders.children[child].tracking.isInBalance = true
    }
  }
}
