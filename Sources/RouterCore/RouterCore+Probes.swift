/// How a venue whose breaker is open is tried again, and what its breakers keep from it meanwhile.
///
/// New orders: when the wait is over and its links are up it is asked for its open orders; only
/// once it has answered may orders go, one at a time and each as small as the venue takes.
extension RouterCore {
  // Time.

  /// What is due of a venue's breakers.
  mutating func breakersDue(_ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    guard breakers.contains(venue), isRunning else { return }
    for operation in VenueOperation.allCases {
      let state = breakers.state(venue, operation)
      if state == .open { tryAgain(venue, operation, now, &outbox) }
      if state == .halfOpen { reviewHalfOpen(venue, operation, now, &outbox) }
    }
    timers.setNoLater(venueTimer(venue), than: nextBreakerStep(venue, now))
  }

  private mutating func tryAgain(
    _ venue: VenueID, _ operation: VenueOperation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard now >= breakers.openUntil(venue, operation) else { return }
    // Without its links nothing could be learned; that they are back is the next occasion.
    if operation == .newOrders && markets.venue(venue)?.takesOrders != true { return }
    tell(venue, operation, now, &outbox) { $0.tryAgain() }
    switch operation {
    case .newOrders:
      breakers[venue].readAskedAt = now
      listOpenOrders(venue, now, &outbox)
    case .marketData: awaitBooks(of: venue, now)
    case .cancelsAndQueries: break
    }
  }

  private mutating func reviewHalfOpen(
    _ venue: VenueID, _ operation: VenueOperation, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    switch operation {
    case .newOrders:
      guard now >= readDeadline(venue) else { return }
      tell(venue, .newOrders, now, &outbox) { $0.failed(.timedOut, isProbe: true, at: now) }
    case .marketData: reviewBooks(of: venue, now, &outbox)
    case .cancelsAndQueries: break
    }
  }

  /// When something of a venue's breakers is due next.
  func nextBreakerStep(_ venue: VenueID, _ now: Timestamp) -> Timestamp {
    let feed = nextStep(venue, .marketData, now)
    let orders = nextStep(venue, .newOrders, now)
    return min(feed, orders, nextStep(venue, .cancelsAndQueries, now))
  }

  private func nextStep(
    _ venue: VenueID, _ operation: VenueOperation, _ now: Timestamp
  ) -> Timestamp {
    let state = breakers.state(venue, operation)
    guard state != .closed else { return .distantFuture }
    guard state == .halfOpen else {
      let mayTry = operation != .newOrders || markets.venue(venue)?.takesOrders == true
      return mayTry ? breakers.openUntil(venue, operation) : .distantFuture
    }
    if operation == .newOrders { return readDeadline(venue) }
    let proved = now.adding(milliseconds: BreakerTable.proofMilliseconds)
    return operation == .marketData ? proved : .distantFuture
  }

  private func readDeadline(_ venue: VenueID) -> Timestamp {
    let watch = breakers.watch(of: venue)
    let limit = breakers.settings(of: venue).timeoutMilliseconds
    return watch.isReadAnswered ? .distantFuture : watch.readAskedAt.adding(milliseconds: limit)
  }

  /// The venue has answered a read: if that was waited for, orders may try it.
  mutating func readAnswered(_ venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    guard breakers.state(venue, .newOrders) == .halfOpen else { return }
    let watch = breakers.watch(of: venue)
    guard !watch.isReadAnswered, watch.readAskedAt <= now else { return }
    breakers[venue].isReadAnswered = true
    if breakers.settings(of: venue).halfOpenProbes == 0 {
      tell(venue, .newOrders, now, &outbox) { $0.close(at: now) }
    }
    wakeAllParents(now)
  }

  // Books.

  /// Books that were live all the while get their chance, too.
  private mutating func awaitBooks(of venue: VenueID, _ now: Timestamp) {
    for index in 0..<configuration.listingCapacity {
      let id = ListingID(UInt16(clamping: index))
      if markets.listing(id)?.venue == venue, markets.books[id].isLive {
        breakers.bookLives(id, since: now)
      }
    }
  }

  /// A book whose market stands still proves itself by staying as it is.
  private mutating func reviewBooks(of venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    for index in 0..<configuration.listingCapacity {
      let id = ListingID(UInt16(clamping: index))
      guard markets.listing(id)?.venue == venue, markets.books[id].isLive,
        breakers.hasProved(id, at: now)
      else { continue }
      tell(venue, .marketData, now, &outbox) {
        $0.succeeded(isSlow: false, isProbe: true, at: now)
      }
    }
  }

  // What may go.

  /// Why no new order may be planned at a listing at the moment, or `.none`.
  func routingExclusion(_ listing: Listing, at now: Timestamp) -> Exclusion {
    let exclusion = markets.exclusion(
      listing, at: now, maximumAgeMilliseconds: limits.maximumBookAgeMilliseconds)
    guard exclusion == .none else { return exclusion }
    guard breakers.admitsNewOrder(listing.venue) else { return .breakerOpen }
    return orderExclusion(listing.venue, at: now)
  }

  /// The most that one child may be by its venue's breaker.
  func breakerCap(_ listing: Listing, _ side: Side) -> Quantity {
    guard breakers.state(listing.venue, .newOrders) == .halfOpen else {
      return Quantity(mantissa: .max)
    }
    return smallestTaker(listing, side)
  }

  /// Whether a leg may become a child as far as its venue's breaker is concerned.
  func isAdmitted(_ leg: RouteLeg, _ listing: Listing, _ side: Side) -> Bool {
    guard breakers.admitsNewOrder(leg.venue) else { return false }
    guard breakers.state(leg.venue, .newOrders) == .halfOpen else { return true }
    let isBuy = side == .buy && leg.bestPrice > .zero
    let price = isBuy ? min(leg.bestPrice, leg.limitPrice) : leg.limitPrice
    return leg.quantity <= listing.smallestChild(at: price)
  }

  /// The smallest child that takes: a sell of more than the touch needs more, as it gets less.
  private func smallestTaker(_ listing: Listing, _ side: Side) -> Quantity {
    let book: Side = side == .buy ? .sell : .buy
    var displayed = Quantity.zero
    for index in 0..<markets.books[listing.id].count(book) {
      let level = markets.books[listing.id].level(book, index)
      let smallest = listing.smallestChild(at: level.price)
      displayed = displayed.addingSaturated(level.quantity)
      if side == .buy || displayed >= smallest { return smallest }
    }
    return listing.smallestChild(at: .zero)
  }

  // Probes.

  /// A child was intended: if its venue is being tried again, it is the probe.
  mutating func noteProbe(_ child: Int) {
    let venue = orders.children[child].order.venue
    guard breakers.state(venue, .newOrders) == .halfOpen else { return }
    breakers[venue].probe = orders.children[child].id
    breakers[venue].probesSent += 1
  }

  /// Whether a child is the one that tries its venue at the moment.
  func isProbe(_ child: Int) -> Bool {
    let order = orders.children[child]
    return breakers.state(order.order.venue, .newOrders) == .halfOpen
      && breakers.watch(of: order.order.venue).probe == order.id
  }

  /// A child has its answer, or will have none: if it was the probe, another may go.
  mutating func endProbe(_ child: Int) -> Bool {
    guard isProbe(child) else { return false }
    breakers[orders.children[child].order.venue].probe = nil
    return true
  }

  /// A child was held back before any byte left: as a probe it does not count.
  mutating func withdrawProbe(_ child: Int) {
    guard endProbe(child) else { return }
    breakers[orders.children[child].order.venue].probesSent -= 1
  }

  /// Whether a child's breaker keeps it from leaving.
  func isHeldByBreaker(_ child: Int) -> Bool {
    switch breakers.state(orders.children[child].order.venue, .newOrders) {
    case .closed: false
    case .open: true
    case .halfOpen: !isProbe(child)
    }
  }

  // Looking.

  /// How a venue's breakers stand.
  package func breakers(of venue: VenueID, at now: Timestamp) -> [BreakerView] {
    var views: [BreakerView] = []
    for operation in VenueOperation.allCases {
      guard let breaker = breakers.breaker(venue, operation) else { continue }
      views.append(BreakerView(operation, breaker, at: now))
    }
    return views
  }
}
