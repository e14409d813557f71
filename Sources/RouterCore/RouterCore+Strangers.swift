/// Orders under ids of ours that the journal does not know as open.
///
/// One of an earlier epoch is an orphan: its router ended before it could note it, or its journal
/// is lost. One that another router makes while we run means two routers on one account: all stops.
extension RouterCore {
  private static var listingIntervalMilliseconds: Int64 { 60_000 }
  /// How soon a venue is asked again that showed an orphan.
  private static var orphanIntervalMilliseconds: Int64 { 5000 }
  /// What was on its way when its router ended has arrived by then.
  private static var straggleMilliseconds: Int64 { 15_000 }
  /// A list may be older than the end of an order that it shows.
  private static var listLagMilliseconds: Int64 { 5000 }
  /// An id beyond it would soon use up the numbers of parents.
  private static var greatestAdopted: UInt64 { 1 << 39 }

  // Lists of open orders.

  /// Asks for a venue's open orders if it is time.
  mutating func listOpenOrdersIfDue(
    _ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    if strangers.nextListing(of: venue) <= now { listOpenOrders(venue, now, &outbox) }
    let next = strangers.nextListing(of: venue)
    if next < .distantFuture { timers.setNoLater(venueTimer(venue), than: next) }
  }

  mutating func listOpenOrders(_ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    // The private stream asks again when it is back.
    guard isRunning, markets.venue(venue)?.isDropCopyUp == true else {
      return strangers.setNextListing(of: venue, to: .distantFuture)
    }
    outbox.append(.listOpenOrders(venue))
    let next = now.adding(milliseconds: Self.listingIntervalMilliseconds)
    strangers.setNextListing(of: venue, to: next)
    timers.setNoLater(venueTimer(venue), than: next)
  }

  private mutating func listSoon(_ venue: VenueID, _ now: Timestamp, afterMilliseconds wait: Int64)
  {
    let next = now.adding(milliseconds: wait)
    strangers.setNextListing(of: venue, noLaterThan: next)
    timers.setNoLater(venueTimer(venue), than: next)
  }

  mutating func openOrdersListed(
    _ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    strangers.listed(venue, at: now)
    readAnswered(venue, now, &outbox)
  }

  /// An order of ours among a venue's open ones.
  mutating func observed(
    _ order: OpenOrderObservation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard order.child.instance == configuration.instance, isRunning,
      markets.venue(order.venue) != nil
    else { return }
    if let child = orders.slot(of: order.child) {
      return observedKnown(child, order, now, &outbox)
    }
    if isFromOtherRouter(order.child, order.venue, isFresh: true, now) {
      return foundOtherRouter(order, now, &outbox)
    }
    foundOrphan(order, now, &outbox)
  }

  /// It is open there; if it has ended here, one of the two is wrong, and it must not trade on.
  private mutating func observedKnown(
    _ child: Int, _ order: OpenOrderObservation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let known = orders.children[child]
    guard known.order.venue == order.venue else { return }
    if known.isOpen { return seenResting(child, order) }
    guard order.askedAt > known.closedAt.adding(milliseconds: Self.listLagMilliseconds)
    else { return }
    note(order, .ended, now, &outbox)
    cancel(order, now, &outbox)
    listSoon(order.venue, now, afterMilliseconds: Self.orphanIntervalMilliseconds)
  }

  // Reports.

  /// A report about a child that we do not know.
  mutating func receivedForStranger(
    _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard report.child.instance == configuration.instance, isRunning,
      !isForgotten(report.child), markets.venue(report.venue) != nil
    else { return }
    let order = OpenOrderObservation(report)
    switch report.kind {
    case .acknowledged, .stillOpen:
      let isFresh = report.kind == .acknowledged
      if isFromOtherRouter(report.child, report.venue, isFresh: isFresh, now) {
        return foundOtherRouter(order, now, &outbox)
      }
      // The list says what it is.
      listSoon(report.venue, now, afterMilliseconds: 0)
    case .fill, .filled:
      if isFromOtherRouter(report.child, report.venue, isFresh: false, now) {
        return foundOtherRouter(order, now, &outbox)
      }
      // What it did is in no position of ours.
      note(order, .unknown, now, &outbox)
      haltVenue(report.venue, .unknownOrder, now, &outbox)
      listSoon(report.venue, now, afterMilliseconds: 0)
    default: break
    }
  }

  // Verdicts.

  private func isForgotten(_ child: ChildOrderID) -> Bool {
    child.parent.rawValue <= orders.lastForgotten
  }

  /// Our own of this epoch are all known, and what earlier ones sent was there when we came.
  private func isFromOtherRouter(
    _ child: ChildOrderID, _ venue: VenueID, isFresh: Bool, _ now: Timestamp
  ) -> Bool {
    guard !isForgotten(child) else { return false }
    if child.epoch >= epoch { return true }
    let first = strangers.firstListing(of: venue)
    guard isFresh, first < .distantFuture, !strangers.contains(child) else { return false }
    return now > first.adding(milliseconds: Self.straggleMilliseconds)
  }

  private mutating func foundOtherRouter(
    _ order: OpenOrderObservation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard !strangers.contains(order.child) else { return }
    note(order, .otherRouter, now, &outbox)
    haltAll(now, &outbox)
  }

  private mutating func foundOrphan(
    _ order: OpenOrderObservation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    note(order, .unknown, now, &outbox)
    guard strangers.contains(order.child) else { return }
    listSoon(order.venue, now, afterMilliseconds: Self.orphanIntervalMilliseconds)
    if configuration.adoptsOrphans, adopt(order, now, &outbox) { return }
    // What it has filled is in no position of ours.
    if order.cumulativeQuantity > .zero {
      haltVenue(order.venue, .unknownOrder, now, &outbox)
    }
    cancel(order, now, &outbox)
  }

  private mutating func note(
    _ order: OpenOrderObservation, _ verdict: OrphanFound.Verdict, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    guard !strangers.contains(order.child) else { return }
    // A venue could fill the journal with orders that it makes up.
    guard strangers.countNew(at: order.venue) else {
      return haltVenue(order.venue, .unknownOrder, now, &outbox)
    }
    emit(.orphanFound(OrphanFound(order, verdict, at: now)), &outbox)
  }

  private mutating func cancel(
    _ order: OpenOrderObservation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    spendAnyway(order.venue, now)
    outbox.append(.cancel(reference(order)))
  }

  private func reference(_ order: OpenOrderObservation) -> ChildReference {
    ChildReference(
      id: order.child, venue: order.venue, listing: order.listing ?? ListingID(.max),
      venueOrderID: order.venueOrderID, sentAt: .distantPast)
  }

  // Adoption.

  /// Takes an orphan in as the only child of a parent made for it, which is being cancelled.
  ///
  /// Its fills then move positions as those of any child. `false` if it can not be taken in: its
  /// parent's number has another meaning by now, or the list does not say enough.
  private mutating func adopt(
    _ order: OpenOrderObservation, _ now: Timestamp, _ outbox: inout Outbox
  ) -> Bool {
    let number = order.child.parent.rawValue
    guard number > orders.lastParent, number < Self.greatestAdopted, orders.hasRoom(at: now),
      !orders.hasOverflowed, orders.requests.find(order.child.short) == nil,
      order.quantity > .zero, order.limitPrice > .zero,
      let listing = order.listing.flatMap({ markets.listing($0) }), listing.venue == order.venue,
      markets.instrument(listing.instrument) != nil
    else { return false }
    emit(.parentAccepted(guardian(of: order, listing, now)), &outbox)
    guard orders.slot(of: order.child.parent) != nil else { return false }
    emit(.childIntended(intention(of: order, listing, now)), &outbox)
    guard let child = orders.slot(of: order.child) else { return false }
    emit(
      .childAcknowledged(order.child, venueOrderID: order.venueOrderID, at: now), &outbox)
    emit(.orphanAdopted(order.child, at: now), &outbox)
    emit(.parentCancelRequested(order.child.parent, at: now), &outbox)
    orders.children[child].tracking.absenceReference = now
    orders.children[child].tracking.isInBalance = true
    cancelChild(child, now, &outbox)
    query(child, now, &outbox)
    return true
  }

  private func guardian(
    of order: OpenOrderObservation, _ listing: Listing, _ now: Timestamp
  ) -> ParentAccepted {
    var routing = RoutingOptions()
    routing.residual = .hold
    let request = NewOrderSingle(
      requestID: 0, clientOrderID: order.child.short, requestDigest: 0,
      instrument: listing.instrument, side: order.side, type: .limit, timeInForce: .goodTillCancel,
      quantity: order.quantity, limitPrice: order.limitPrice, stopPrice: nil,
      deadline: .distantFuture, maximumChildren: 1, routing: routing)
    return ParentAccepted(
      id: order.child.parent, order: request, effectiveLimit: order.limitPrice, arrivalBid: .zero,
      arrivalAsk: .zero, at: now)
  }

  /// Nothing is reserved for it: the balance that the venue shows is already without it.
  private func intention(
    of order: OpenOrderObservation, _ listing: Listing, _ now: Timestamp
  ) -> ChildIntended {
    let child = NewChildOrder(
      id: order.child, venue: order.venue, listing: listing.id, side: order.side,
      limitPrice: order.limitPrice, quantity: order.quantity, timeInForce: .goodTillCancel)
    return ChildIntended(order: child, wave: 1, reserved: .zero, at: now)
  }
}
