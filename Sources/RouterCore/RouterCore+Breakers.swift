/// What outcomes do to the breakers, and what breakers do to the rest.
extension RouterCore {
  /// Lets `body` tell a breaker something, and draws the consequences of a change.
  @discardableResult
  mutating func tell<Answer>(
    _ venue: VenueID, _ operation: VenueOperation, _ now: Timestamp, _ outbox: inout Outbox,
    _ body: (inout CircuitBreaker) -> Answer
  ) -> Answer? {
    guard breakers.contains(venue), isRunning else { return nil }
    let before = breakers.state(venue, operation)
    let answer = body(&breakers[venue, operation])
    let after = breakers.state(venue, operation)
    if before != after { breakerChanged(venue, operation, from: before, now, &outbox) }
    return answer
  }

  private mutating func breakerChanged(
    _ venue: VenueID, _ operation: VenueOperation, from before: CircuitBreaker.State,
    _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let breaker = breakers.breaker(venue, operation) else { return }
    emit(
      .breakerChanged(
        BreakerTransition(
          venue: venue, operation: operation, from: before, to: breaker.state,
          counts: breaker.evidence, lastFailure: breaker.lastFailure,
          until: breaker.state == .open ? breaker.openUntil : now,
          trips: breaker.trips(at: now), at: now)), &outbox)
    switch operation {
    case .marketData: markets.setFeedDoubt(venue, breaker.state != .closed)
    case .newOrders: breakers.forgetProbes(venue)
    case .cancelsAndQueries: break
    }
    timers.setNoLater(venueTimer(venue), than: nextBreakerStep(venue, now))
    if operation != .cancelsAndQueries { wakeAllParents(now) }
  }

  /// Takes other settings; a breaker that is switched off closes.
  mutating func breakerSettingsChanged(
    _ settings: VenueBreakerSettings, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let venue = markets.venue(settings.venue), venue.breaker != settings else { return }
    emit(.venueBreakerChanged(settings), &outbox)
    guard !settings.isEnabled else { return }
    for operation in VenueOperation.allCases {
      tell(settings.venue, operation, now, &outbox) { $0.close(at: now) }
    }
  }

  // New orders.

  /// The bytes of an order have left: its venue owes an answer.
  mutating func callBegan(_ child: Int, _ now: Timestamp) {
    orders.children[child].tracking.call.phase = .pending
    orders.children[child].tracking.call.startedAt = now
  }

  /// What a report about an order says about its venue; what it says about the order comes after.
  mutating func judgeCall(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    switch report.kind {
    case .sent, .notFound, .cancelRejected, .queryFailed: break
    case .notSent: callNotMade(child, report.rejectReason, now, &outbox)
    case .outcomeUnknown: callFailed(child, .outcomeUnknown, now, &outbox)
    case .rejected:
      let failure = CallFailure(report.rejectReason)
      if failure != .none { return callFailed(child, failure, now, &outbox) }
      callAnswered(child, counts: report.rejectReason != .rateLimited, now, &outbox)
    case .acknowledged, .fill, .canceled, .expired, .filled, .stillOpen:
      callAnswered(child, counts: true, now, &outbox)
    }
    judgeQuestions(child, report, now, &outbox)
  }

  /// An answer that does not count opens a throttle instead; to a probe it is one all the same.
  private mutating func callAnswered(
    _ child: Int, counts: Bool, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let call = orders.children[child].tracking.call
    guard call.isOpen else { return }
    let venue = orders.children[child].order.venue
    let isProbe = endProbe(child)
    orders.children[child].tracking.call.phase = .over
    guard call.phase == .pending, counts || isProbe else { return }
    let isSlow = counts && now.since(call.startedAt) >= breakers.slowNanoseconds(venue)
    tell(venue, .newOrders, now, &outbox) {
      $0.succeeded(isSlow: isSlow, isProbe: isProbe, at: now)
    }
  }

  mutating func callFailed(
    _ child: Int, _ reason: CallFailure, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    let call = order.tracking.call
    guard order.isOpen, order.id.epoch == epoch, call.phase != .over,
      order.status == .intended || order.status == .sent || call.isOpen
    else { return }
    let isProbe = endProbe(child)
    orders.children[child].tracking.call.phase = .over
    tell(order.order.venue, .newOrders, now, &outbox) { breaker in
      if call.phase == .slow {
        breaker.turnedFailed(call.number, reason, at: now)
      } else {
        breaker.failed(reason, isProbe: isProbe, at: now)
      }
    }
  }

  /// No byte has left: a failure if the connection is why, and not one of our own gates.
  private mutating func callNotMade(
    _ child: Int, _ reason: RejectReason, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.children[child]
    guard order.status == .intended, order.id.epoch == epoch else { return }
    let obstacle = obstacle(child, now)
    if (reason == .none || reason == .linkDown) && (obstacle == nil || obstacle == .linkDown) {
      return callFailed(child, .disconnected, now, &outbox)
    }
    orders.children[child].tracking.call.phase = .over
    withdrawProbe(child)
  }

  /// An order that is not answered counts as slow, and later as failed, when its time has come.
  mutating func judgeSilence(_ child: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    guard now >= nextJudgement(child) else { return }
    let order = orders.children[child]
    let call = order.tracking.call
    let limit = breakers.settings(of: order.order.venue).timeoutMilliseconds
    if now >= call.startedAt.adding(milliseconds: limit) {
      return callFailed(child, .timedOut, now, &outbox)
    }
    orders.children[child].tracking.call.phase = .slow
    let isProbe = isProbe(child)
    let number = tell(order.order.venue, .newOrders, now, &outbox) {
      $0.succeeded(isSlow: true, isProbe: isProbe, at: now)
    }
    orders.children[child].tracking.call.number = number ?? .max
  }

  /// When an order that is not answered is judged next.
  func nextJudgement(_ child: Int) -> Timestamp {
    let call = orders.children[child].tracking.call
    let venue = orders.children[child].order.venue
    guard call.isOpen else { return .distantFuture }
    let settings = breakers.settings(of: venue)
    let limit = settings.timeoutMilliseconds
    return call.startedAt.adding(
      milliseconds: call.phase == .slow ? limit : min(limit, settings.slowCallMilliseconds))
  }

  // Cancels and queries: measured, never blocked.

  /// A question was asked or a cancel sent; one before it may have gone without an answer.
  mutating func asked(
    _ question: ChildOrder.Question, about child: Int, _ now: Timestamp,
    _ outbox: inout Outbox
  ) {
    let venue = orders.children[child].order.venue
    let since = orders.children[child].tracking[question]
    if since == .distantPast { orders.children[child].tracking[question] = now }
    guard since > .distantPast, breakers.contains(venue) else { return }
    let limit = breakers.settings(of: venue).timeoutMilliseconds
    guard now >= since.adding(milliseconds: limit) else { return }
    orders.children[child].tracking[question] = now
    tell(venue, .cancelsAndQueries, now, &outbox) {
      $0.failed(.timedOut, isProbe: true, at: now)
    }
  }

  private mutating func judgeQuestions(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    if report.kind == .queryFailed {
      let isThrottled = report.rejectReason == .rateLimited
      answered(.query, about: child, isThrottled ? nil : .queryFailed, now, &outbox)
    } else if report.queriedAt > .distantPast {
      answered(.query, about: child, CallFailure.none, from: report.queriedAt, now, &outbox)
    } else if report.kind == .notFound {
      answered(.query, about: child, nil, now, &outbox)
    }
    switch report.kind {
    case .canceled, .cancelRejected, .expired, .filled:
      answered(.cancel, about: child, CallFailure.none, now, &outbox)
    default: break
    }
  }

  /// An answer without `failure`, not even none, says nothing about the venue.
  ///
  /// It was asked at `begin`: what waited in its adapter, so as to keep to the venue's limits, has
  /// not waited for the venue.
  private mutating func answered(
    _ question: ChildOrder.Question, about child: Int, _ failure: CallFailure?,
    from begin: Timestamp = .distantPast, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let since = orders.children[child].tracking[question]
    guard since > .distantPast else { return }
    orders.children[child].tracking[question] = .distantPast
    guard let failure else { return }
    let venue = orders.children[child].order.venue
    let isSlow = now.since(max(since, begin)) >= breakers.slowNanoseconds(venue)
    tell(venue, .cancelsAndQueries, now, &outbox) { breaker in
      if failure == .none {
        _ = breaker.succeeded(isSlow: isSlow, isProbe: true, at: now)
      } else {
        breaker.failed(failure, isProbe: true, at: now)
      }
    }
  }

  // Market data.

  /// After a book has changed: whether that says something about its feed.
  mutating func judgeBook(
    _ update: BookUpdate, asksForSnapshot: Bool, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let listing = update.listing
    let isLive = markets.books[listing].isLive
    if asksForSnapshot && (!isLive || markets.books[listing].isCrossed) {
      return feedFailed(listing, isLive ? .crossedBook : .malformedMessage, now, &outbox)
    }
    if update.isSnapshot && isLive { breakers.bookLives(listing, since: now) }
    if breakers.hasProved(listing, at: now) { bookProved(listing, now, &outbox) }
  }

  mutating func feedFailed(
    _ listing: ListingID, _ reason: CallFailure, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    breakers.bookFailed(listing)
    guard reason != .none, let venue = markets.listing(listing)?.venue else { return }
    feedFailed(of: venue, reason, now, &outbox)
  }

  private mutating func feedFailed(
    of venue: VenueID, _ reason: CallFailure, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard breakers.contains(venue) else { return }
    // One gap of a connection shows in every book of it.
    let last = breakers.watch(of: venue).feedFailedAt
    guard
      last == .distantPast
        || now >= last.adding(milliseconds: BreakerTable.sameFailureMilliseconds)
    else { return }
    breakers[venue].feedFailedAt = now
    tell(venue, .marketData, now, &outbox) { $0.failed(reason, isProbe: true, at: now) }
  }

  private mutating func bookProved(
    _ listing: ListingID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let venue = markets.listing(listing)?.venue else { return }
    tell(venue, .marketData, now, &outbox) {
      $0.succeeded(isSlow: false, isProbe: true, at: now)
    }
  }

  // Links.

  /// A link was lost: a failure of what goes over it, and several at once are one.
  mutating func linkLost(
    _ venue: VenueID, _ before: Markets.Venue, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let after = markets.venue(venue) else { return }
    if before.isMarketDataUp && !after.isMarketDataUp {
      feedFailed(of: venue, .disconnected, now, &outbox)
    }
    if before.takesOrders && !after.takesOrders {
      tell(venue, .newOrders, now, &outbox) {
        $0.failed(.disconnected, isProbe: true, at: now)
      }
    }
  }
}
