package import RouterCore
package import Wire

/// Kraken Spot for one account: books, orders and reports over two sockets, and REST behind them.
///
/// Orders go over the private socket, which needs no nonce and takes a deadline. REST serves what
/// has to be found out afterwards.
package final class KrakenAdapter: VenueAdapter {
  let account: KrakenAccount
  var marketData: KrakenMarketData
  var subscriptions: KrakenSubscriptions
  var marketLink = KrakenLink()
  var isMarketDataUp = false
  var isVenueHalted = false
  var haltedListings: [ListingID] = []

  var privateLink = KrakenLink()
  var token = ""
  var wantsToken = false
  var tokenDueAt = Timestamp.distantPast
  /// When the subscriptions to our own orders must have been answered, with all that they promise.
  var sessionDueAt = Timestamp.distantFuture
  var isSessionUp = false
  var wasSessionUp = false
  /// Whether reports may have been missed on this or an earlier connection.
  var hasLostReports = false
  var dropCopy = KrakenDropCopy()
  var orderEntry: KrakenOrderEntry
  var orders = KrakenOrderTable()

  var questions: KrakenQuestions
  var lane = KrakenRequestLane()
  var wantsBalances = false
  var wantsOpenOrders = false
  var openOrdersAskedAt = Timestamp.distantPast
  var balancesDueAt = Timestamp.distantPast
  var balancesAskedAt = Timestamp.distantPast
  var invalidNonces = 0
  var clock = KrakenClock()

  private var lastRequestID: Int64 = 0

  package init(_ setup: AdapterSetup) {
    account = KrakenAccount(setup)
    orderEntry = KrakenOrderEntry(account)
    questions = KrakenQuestions(account)
    marketData = KrakenMarketData(
      venueName: setup.venueName, listings: setup.listings, bookDepth: setup.bookDepth)
    subscriptions = KrakenSubscriptions(setup.listings.map(\.listing))
  }

  package var channels: [VenueChannel] { [.marketData, .privateStream] }

  func nextRequestID() -> Int64 {
    lastRequestID += 1
    return lastRequestID
  }

  // MARK: - Sockets

  package func opened(
    _ channel: VenueChannel, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData:
      marketLink.opened(at: stamp.time)
      subscribe(at: stamp, into: &output)
    case .privateStream:
      privateLink.opened(at: stamp.time)
      // A token lives only as long as a connection that uses it: each connection gets its own.
      wantsToken = true
      tokenDueAt = stamp.time
      pump(at: stamp, signer: signer, into: &output)
    }
  }

  package func received(
    _ message: UnsafeRawBufferPointer, on channel: VenueChannel, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData:
      marketLink.received(at: stamp.time)
      unsafe receivedMarketData(message, at: stamp, into: &output)
    case .privateStream:
      privateLink.received(at: stamp.time)
      unsafe receivedPrivate(message, at: stamp, into: &output)
      pump(at: stamp, signer: signer, into: &output)
    }
  }

  package func closed(
    _ channel: VenueChannel, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData:
      marketLink.closed()
      loseBooks(into: &output)
    case .privateStream:
      privateLink.closed()
      orderEntry.closed(account: account, at: stamp.time, into: &output)
      loseSession(into: &output)
    }
  }

  // MARK: - Time

  package var nextDeadline: Timestamp {
    var deadline = min(marketLink.deadline, privateLink.deadline, orderEntry.answerDeadline)
    if isSessionReady { deadline = min(deadline, orderEntry.cancelDeadline) }
    if marketLink.isOpen { deadline = min(deadline, bookDeadline) }
    return min(deadline, laneDeadline, sessionDueAt)
  }

  package func timerExpired(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    keepAlive(.marketData, &marketLink, at: stamp, into: &output)
    keepAlive(.privateStream, &privateLink, at: stamp, into: &output)
    orderEntry.expire(at: stamp.time, account: account, into: &output)
    endLateSession(at: stamp.time, into: &output)
    if marketLink.isOpen { renewBooks(at: stamp, into: &output) }
    if lane.isOverdue(at: stamp.time) {
      laneFailed(lane.serial, "no answer", at: stamp, into: &output)
    }
    pump(at: stamp, signer: signer, into: &output)
  }

  private func keepAlive(
    _ channel: VenueChannel, _ link: inout KrakenLink, at stamp: RequestStamp,
    into output: inout AdapterOutput
  ) {
    switch link.duty(at: stamp.time) {
    case .ping:
      output.send(
        KrakenSubscriptionMessages.ping(requestID: nextRequestID()), on: channel,
        tag: RequestTag(.session))
    case .reconnect: output.reconnect(channel, reason: "nothing received, not even a heartbeat")
    case nil: break
    }
  }

  // MARK: - Commands

  package func encode(
    _ command: VenueCommand, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch command {
    case .newOrder(let order): send(order, at: stamp, into: &output)
    case .cancel(let child): orderEntry.wait(with: named(child), until: stamp.time)
    case .query(let child): questions.ask(named(child))
    case .refreshBalances: wantsBalances = true
    case .listOpenOrders: wantsOpenOrders = true
    }
    pump(at: stamp, signer: signer, into: &output)
  }

  package func refreshBook(
    _ listing: ListingID, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard marketLink.isOpen, marketData.state(of: listing) == .live else { return }
    renew(listing, at: stamp, into: &output)
  }

  // MARK: - Answers over HTTP

  package func answered(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    laneAnswered(tag.number, response, at: stamp, into: &output)
    pump(at: stamp, signer: signer, into: &output)
  }

  package func failed(
    _ tag: RequestTag, _ failure: TransportFailure, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    switch tag.purpose {
    case .newOrder, .cancel:
      orderEntry.failed(tag, failure, account: account, at: stamp.time, into: &output)
      if tag.purpose == .newOrder, case .notSent = failure, let child = tag.child { forget(child) }
    case .orderQuery, .orderQueryStep, .tradesQuery, .streamToken, .balances, .openOrders:
      laneFailed(tag.number, failure.text, at: stamp, into: &output)
    // A socket that takes no subscription or ping is closed by the gateway.
    case .session, .bookSnapshot: break
    }
    pump(at: stamp, signer: signer, into: &output)
  }

  package func sent(_ tag: RequestTag, at stamp: RequestStamp, into output: inout AdapterOutput) {}
}
