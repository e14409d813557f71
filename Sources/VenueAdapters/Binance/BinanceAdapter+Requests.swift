import RouterCore
import Wire

/// A query and the number of the question that is in flight for it.
struct BinanceRunningQuery {
  var number: UInt64
  var query: BinanceOrderQuery
}

/// When the account's balances were asked for, and when to ask again.
struct BinanceBalanceRequest {
  private static let retryMilliseconds: Int64 = 2000
  private(set) var askedAt: Timestamp?
  private(set) var nextDeadline = Timestamp.distantFuture
  private var isWantedAgain = false

  /// Whether to ask now; a wish that comes meanwhile is kept.
  mutating func begin(at time: Timestamp) -> Bool {
    guard askedAt == nil else {
      isWantedAgain = true
      return false
    }
    askedAt = time
    nextDeadline = .distantFuture
    return true
  }

  mutating func answered(at time: Timestamp) {
    askedAt = nil
    if isWantedAgain { postpone(until: time) }
    isWantedAgain = false
  }

  mutating func failed(at time: Timestamp) {
    askedAt = nil
    isWantedAgain = false
    postpone(until: time.adding(milliseconds: Self.retryMilliseconds))
  }

  /// Asks again then; while a question is in flight, when that is answered.
  mutating func postpone(until time: Timestamp) {
    guard askedAt == nil else { return isWantedAgain = true }
    nextDeadline = time
  }
}

// Orders, cancels, queries and balances: sending them and hearing of them.
extension BinanceAdapter {
  /// How long an order may stay unanswered before the core is told; the venue itself gives up
  /// after ten seconds, and a late answer still counts.
  private static let orderMilliseconds: Int64 = 3000
  var orderLimitMilliseconds: Int64 { window + Self.orderMilliseconds }
  private static let queryMilliseconds: Int64 = 5000
  private static let longestSilenceMilliseconds: Int64 = 3 * 86_400_000
  private static let maximumQueries = 256
  private static let maximumHeldCancels = 1024

  var window: Int64 { Self.window(of: context.setup) }

  static func window(of setup: AdapterSetup) -> Int64 {
    min(max(setup.requestWindowMilliseconds, 1), 60_000)
  }

  func nextTag(
    _ purpose: RequestTag.Purpose, child: ChildOrderID? = nil, listing: ListingID? = nil
  ) -> RequestTag {
    requestCount += 1
    return RequestTag(purpose, number: requestCount, child: child, listing: listing)
  }

  private func isSilent(_ stamp: RequestStamp) -> Bool { stamp.time < silentUntil }

  // MARK: Sending

  func place(
    _ order: NewChildOrder, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard context.has(order.listing) else {
      return context.refuse(
        .notSent, order.id, .unknownInstrument, "listing is not of this venue", into: &output)
    }
    guard order.timeInForce == .goodTillCancel || !order.isPostOnly else {
      return context.refuse(
        .notSent, order.id, .unsupportedOrderType, "post-only needs GTC", into: &output)
    }
    guard user.phase == .subscribed else {
      return context.refuse(.notSent, order.id, .linkDown, "not connected", into: &output)
    }
    guard !isSilent(stamp) else {
      return context.refuse(.notSent, order.id, .rateLimited, "rate limited", into: &output)
    }
    if let until = usage.fullUntil(stamp) {
      output.append(.venueBusy(context.setup.venue, until: until))
      return context.refuse(.notSent, order.id, .rateLimited, "budget used up", into: &output)
    }
    send(order, at: stamp, signer: signer, into: &output)
  }

  func cancel(
    _ child: ChildReference, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard let binding = context.binding(child.listing) else {
      return context.unknown(child.id, "listing is not of this venue", into: &output)
    }
    guard !isSilent(stamp) else {
      guard heldCancels.count < Self.maximumHeldCancels else {
        return context.unknown(child.id, "too many cancels wait", into: &output)
      }
      return heldCancels.append(child)
    }
    let tag = nextTag(.cancel, child: child.id, listing: child.listing)
    guard user.phase == .subscribed else {
      return send(
        orderEntry.cancel(child, binding), tag, timeoutMilliseconds: orderLimitMilliseconds,
        at: stamp, signer: signer, into: &output)
    }
    let message = messages.cancel(
      child, number: tag.number, at: stamp, signer: signer, to: &output.prepared)
    guard let message else { preconditionFailure("a cancel for a listing of another venue") }
    requests.insert(tag, deadline: orderDeadline(from: stamp.time))
    output.send(prepared: message, on: .privateStream, tag: tag)
  }

  func query(
    _ child: ChildReference, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    let query = BinanceOrderQuery(child, at: stamp, requestWindowMilliseconds: window)
    guard let binding = context.binding(child.listing), queries.count < Self.maximumQueries,
      !isSilent(stamp)
    else {
      query.fail(isSilent(stamp) ? "rate limited" : "can not be asked", context, into: &output)
      return
    }
    ask(
      query, query.firstRequest(binding), .orderQuery, at: stamp, signer: signer, into: &output)
  }

  private func ask(
    _ query: BinanceOrderQuery, _ request: BinanceRequest, _ purpose: RequestTag.Purpose,
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    let tag = nextTag(purpose, child: query.reference.id, listing: query.reference.listing)
    queries.append(BinanceRunningQuery(number: tag.number, query: query))
    send(
      request, tag, timeoutMilliseconds: Self.queryMilliseconds, at: stamp, signer: signer,
      into: &output)
  }

  /// A cancel or a query: over the socket if it is up, otherwise over HTTP.
  private func send(
    _ request: BinanceRequest, _ tag: RequestTag, timeoutMilliseconds: Int64,
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard user.phase == .subscribed else {
      return output.order(
        BinanceAuthentication.httpRequest(
          request, at: stamp, windowMilliseconds: window, signer: signer),
        tag: tag)
    }
    requests.insert(tag, deadline: stamp.time.adding(milliseconds: timeoutMilliseconds))
    output.send(
      BinanceAuthentication.message(
        request, number: tag.number, at: stamp, windowMilliseconds: window, signer: signer),
      on: .privateStream, tag: tag)
  }

  func refreshBalances(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard !isSilent(stamp) else { return balances.postpone(until: silentUntil) }
    guard balances.begin(at: stamp.time) else { return }
    output.fetch(
      BinanceReferenceData.account(at: stamp, windowMilliseconds: window, signer: signer),
      tag: nextTag(.balances))
  }

  /// What had to wait for the end of a silence, or for another answer.
  func releaseHeld(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard !isSilent(stamp) else { return }
    if balances.nextDeadline <= stamp.time {
      refreshBalances(at: stamp, signer: signer, into: &output)
    }
    let held = heldCancels
    heldCancels.removeAll()
    for child in held { cancel(child, at: stamp, signer: signer, into: &output) }
  }

  // MARK: Answers

  /// An answer on the socket; its id is the number that we gave the request.
  func replied(
    _ message: JSONValue, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    let reply = BinanceReply(socketMessage: message)
    usage.note(message["rateLimits"], at: stamp)
    guard let number = message["id"]?.int64, number > 0,
      let entry = requests.remove(UInt64(number))
    else {
      // The answer to a probe, or to nothing in particular: the venue revokes a session so.
      if case .refused(let refusal) = reply { note(refusal, at: stamp, into: &output) }
      return
    }
    measure(entry, reply, at: stamp.time, into: &output)
    answeredRequest(entry.tag, reply, at: stamp, signer: signer, into: &output)
  }

  func answeredRequest(
    _ tag: RequestTag, _ reply: BinanceReply, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    if case .refused(let refusal) = reply { note(refusal, at: stamp, into: &output) }
    switch tag.purpose {
    case .streamToken:
      repliedSubscription(reply, at: stamp, into: &output)
    case .newOrder, .cancel:
      answeredOrder(tag, reply, at: stamp, into: &output)
    case .orderQuery, .tradesQuery, .orderQueryStep:
      answeredQuery(tag, reply, at: stamp, signer: signer, into: &output)
    case .bookSnapshot, .balances, .openOrders, .session:
      break
    }
  }

  private func answeredOrder(
    _ tag: RequestTag, _ reply: BinanceReply, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    guard let child = tag.child, let binding = tag.listing.flatMap(context.binding(_:)) else {
      return
    }
    guard tag.purpose == .newOrder else {
      return orderEntry.canceled(child, binding, reply, into: &output)
    }
    if case .result(let value) = reply, let orderID = value["orderId"]?.int64,
      context.child(value["clientOrderId"]?.string) == child
    {
      owners.note(BinanceOrderKey(binding.listing, orderID), of: child)
    }
    if orderEntry.placed(child, binding, reply, into: &output) != nil, user.phase == .subscribed {
      canary.accepted(child, at: stamp.time)
    }
  }

  private func answeredQuery(
    _ tag: RequestTag, _ reply: BinanceReply, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard let index = queries.firstIndex(where: { $0.number == tag.number }),
      let binding = tag.listing.flatMap(context.binding(_:))
    else { return }
    var query = queries.remove(at: index).query
    switch query.advance(reply, binding, context, &owners, into: &output) {
    case .done:
      break
    case .ask(let request, let purpose):
      ask(query, request, purpose, at: stamp, signer: signer, into: &output)
    }
  }

  /// Notes whose order an execution report speaks of, so that no search has to look it up.
  func noteOwner(_ event: JSONValue) {
    guard event["e"]?.string == "executionReport", let orderID = event["i"]?.int64,
      let binding = event["s"]?.string.flatMap(context.binding(symbol:)),
      let clientOrderID = event["c"]?.string
    else { return }
    owners.note(
      BinanceOrderKey(binding.listing, orderID),
      of: context.child(event["C"]?.string) ?? context.child(clientOrderID))
  }

  func answeredSnapshot(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    guard let listing = tag.listing else { return }
    if response.status == 200 {
      unsafe response.body.withUnsafeBytes { body in
        unsafe marketData.snapshot(
          body, number: tag.number, for: listing, at: stamp.time, into: &output)
      }
    } else {
      failedSnapshot(tag, listing, response, at: stamp, into: &output)
    }
    marketData.requestSnapshots(at: stamp.time, into: &output)
  }

  private func failedSnapshot(
    _ tag: RequestTag, _ listing: ListingID, _ response: HTTPResponse, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    let reply = BinanceReply(response)
    if case .refused(let refusal) = reply { note(refusal, at: stamp, into: &output) }
    let symbol = context.binding(listing)?.definition.symbol ?? "?"
    output.incident(.warning, "\(symbol): depth snapshot: \(reply.words)")
    let isThrottle = response.status == 429 || response.status == 418
    marketData.snapshotFailed(
      number: tag.number, for: listing, at: stamp.time,
      retryAfterMilliseconds: isThrottle
        ? BinanceRefusal.retryAfter(response.headers) ?? 60_000 : nil)
  }

  func answeredBalances(
    _ response: HTTPResponse, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    let reply = BinanceReply(response)
    if case .refused(let refusal) = reply { note(refusal, at: stamp, into: &output) }
    if case .result(let value) = reply, let askedAt = balances.askedAt,
      dropCopy.account(value, askedAt: askedAt, into: &output)
    {
      return balances.answered(at: stamp.time)
    }
    output.incident(.warning, "balances: \(reply.words)")
    balances.failed(at: stamp.time)
  }

  // MARK: Silence and failure

  /// What a refusal means for everything else.
  func note(_ refusal: BinanceRefusal, at stamp: RequestStamp, into output: inout AdapterOutput) {
    if refusal.isThrottle { beSilent(refusal, at: stamp, into: &output) }
    if refusal.isAuthentication {
      output.incident(
        .alarm, "the venue does not accept our key: \(refusal.words)")
      reconnect(.privateStream, "the venue does not accept our key", into: &output)
    }
    if refusal.code == -1021 {
      output.incident(.alarm, "our clock is off: \(refusal.message)")
    }
    if refusal.code == -1016 {
      reconnect(.privateStream, "the venue is shutting the server down", into: &output)
    }
  }

  private func beSilent(
    _ refusal: BinanceRefusal, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    var milliseconds = refusal.retryAfterMilliseconds ?? 0
    if let venueTime = refusal.retryAtVenueMilliseconds,
      (0..<100_000_000_000_000).contains(venueTime)
    {
      milliseconds = max(milliseconds, venueTime - stamp.venueMilliseconds)
    }
    if milliseconds <= 0 { milliseconds = refusal.status == 418 ? 120_000 : 60_000 }
    // The longest ban there is; a time beyond it is a mistake, and would silence us for good.
    milliseconds = min(milliseconds, Self.longestSilenceMilliseconds)
    silentUntil = max(silentUntil, stamp.time.adding(milliseconds: milliseconds))
    marketData.noRequestBefore = max(marketData.noRequestBefore, silentUntil)
    output.append(.venueBusy(context.setup.venue, until: silentUntil))
    output.incident(
      refusal.status == 418 ? .alarm : .warning,
      "rate limited (\(refusal.status)): silent for \(milliseconds) ms: \(refusal.message)")
  }

  /// A request will have no answer, or none in time.
  func lost(
    _ entry: BinanceRequestTable.Entry, _ text: String, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    let tag = entry.tag
    measureUnanswered(entry, at: time, into: &output)
    switch tag.purpose {
    case .newOrder, .cancel:
      // Once only: what is late has been reported.
      guard let child = tag.child, !entry.isLate else { return }
      context.unknown(child, text, into: &output)
    case .orderQuery, .tradesQuery, .orderQueryStep:
      guard let index = queries.firstIndex(where: { $0.number == tag.number }) else { return }
      queries.remove(at: index).query.fail(text, context, into: &output)
    case .streamToken:
      reconnect(.privateStream, "the subscription could not be sent", into: &output)
    case .bookSnapshot, .balances, .openOrders, .session:
      break
    }
  }
}

extension BinanceReply {
  /// The answer for people.
  var words: String {
    switch self {
    case .result: "an answer that can not be used"
    case .refused(let refusal): refusal.words
    case .unreadable(let text): text
    }
  }
}
