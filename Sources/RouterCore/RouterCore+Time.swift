extension RouterCore {
  /// How long a venue may be silent about a child before it is asked.
  static var patienceMilliseconds: Int64 { 2000 }
  private static var firstQueryDelayMilliseconds: Int64 { 250 }
  private static var longestQueryDelayMilliseconds: Int64 { 8000 }
  /// What rests for days is still looked at, in case the stream has lost something.
  private static var restingQueryDelayMilliseconds: Int64 { 60_000 }
  private static var balanceIntervalMilliseconds: Int64 { 2000 }

  mutating func timePassed(_ now: Timestamp, _ outbox: inout Outbox) {
    while let item = timers.popDue(at: now) {
      let venueStart = configuration.openParentCapacity
      let childStart = venueStart + configuration.venueCapacity
      if item < venueStart {
        parentDue(item, now, &outbox)
      } else if item < childStart {
        venueDue(VenueID(UInt8(item - venueStart)), now, &outbox)
      } else {
        childDue(item - childStart, now, &outbox)
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
  }

  private mutating func childDue(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard orders.children.contains(child), orders.children[child].isOpen else { return }
    let order = orders.children[child]
    if order.status == .intended {
      guard order.tracking.isReleased else { return }
      // It was released and nobody has said what became of it.
      orders.children[child].tracking.absenceReference = now
      emit(.childUnknown(order.id, at: now), &outbox)
    }
    query(child, now, &outbox)
  }

  // Queries.

  func mayBeAtVenue(_ order: ChildOrder) -> Bool {
    order.isOpen && (order.status != .intended || order.tracking.isReleased)
  }

  /// Asks what became of a child, and asks again with growing pauses until it is closed.
  mutating func query(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard mayBeAtVenue(orders.children[child]) else { return }
    let delay = orders.children[child].tracking.queryDelayMilliseconds
    let first = Self.firstQueryDelayMilliseconds
    let pauseEnd = orders.children[child].tracking.lastQueryAt.adding(milliseconds: delay)
    guard now >= pauseEnd else { return queryLater(child, at: pauseEnd) }
    orders.children[child].tracking.lastQueryAt = now
    let longest =
      orders.children[child].role == .residual && orders.children[child].isAcknowledged
      ? Self.restingQueryDelayMilliseconds : Self.longestQueryDelayMilliseconds
    let next = min(delay == 0 ? first : delay * 2, longest)
    orders.children[child].tracking.queryDelayMilliseconds = next
    outbox.append(.query(orders.children[child].reference))
    queryLater(child, at: now.adding(milliseconds: next))
  }

  mutating func queryLater(_ child: Int, at time: Timestamp) {
    guard orders.children[child].isOpen else { return }
    timers.set(childTimer(child), to: time)
  }

  // Market data, links and balances.

  mutating func bookChanged(
    _ update: BookUpdate, _ levels: [BookLevel], _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard markets.books.contains(update.listing) else { return }
    if markets.books[update.listing].apply(update, levels: levels.span) {
      outbox.snapshotRequests.append(update.listing)
    }
    watchTouch(update.listing, now)
    changedListings.note(update.listing)
    checkTriggers(update.listing, now, &outbox)
  }

  mutating func bookFailed(_ listing: ListingID, _ fault: BookFault, _ now: Timestamp) {
    guard markets.books.contains(listing) else { return }
    markets.books[listing].invalidate(fault)
    watchTouch(listing, now)
  }

  mutating func linkChanged(
    _ venue: VenueID, _ link: VenueLink, _ isUp: Bool, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard markets.venue(venue) != nil else { return }
    markets.setLink(venue, link, isUp: isUp, at: now)
    guard isRunning else { return }
    guard isUp else { return cancelResting(at: venue, now, &outbox) }
    wakeAllParents(now)
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
