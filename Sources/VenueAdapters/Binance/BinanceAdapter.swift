package import RouterCore
package import Wire

/// Binance Spot: market streams on one socket, orders and user data on the WebSocket API.
///
/// Every request on the WebSocket API carries its own HMAC signature, so there is no session to
/// lose; the user data stream is subscribed with one such request. New orders go over that socket or
/// over REST, as settings and measurements say, but only while the socket tells what becomes of them.
/// REST serves snapshots and balances, and stands in for cancels and queries while the socket is down.
package final class BinanceAdapter: VenueAdapter {
  package let channels: [VenueChannel] = [.marketData, .privateStream]

  let context: BinanceContext
  let orderEntry: BinanceOrderEntry
  var messages: BinanceOrderMessages
  var orderRequests: BinanceOrderRequests
  var transports: OrderTransportChoice
  let dropCopy: BinanceDropCopy
  var marketData: BinanceMarketData
  var market = BinanceConnection(lifetimeMilliseconds: 23 * 3_600_000 + 20 * 60_000)
  var user = BinanceConnection(lifetimeMilliseconds: 23 * 3_600_000)
  /// SUBSCRIBE requests of the market stream that were not confirmed yet.
  var openSubscriptions: [Int64] = []
  var requests = BinanceRequestTable()
  var queries: [BinanceRunningQuery] = []
  var owners = OrderOwners<BinanceOrderKey>()
  var requestCount: UInt64 = 0
  /// The venue asked for silence until then.
  var silentUntil = Timestamp.distantPast
  var heldCancels: [ChildReference] = []
  var usage = BinanceUsage()
  var canary = BinanceCanary()
  var balances = BinanceBalanceRequest()
  package internal(set) var nextDeadline = Timestamp.distantFuture

  package init(_ setup: AdapterSetup) {
    context = BinanceContext(setup)
    orderEntry = BinanceOrderEntry(context: context)
    messages = BinanceOrderMessages(
      setup.listings, windowMilliseconds: Self.window(of: setup))
    orderRequests = BinanceOrderRequests(
      setup.listings, windowMilliseconds: Self.window(of: setup))
    transports = OrderTransportChoice(
      setup.orderTransport, explorationInterval: setup.orderExplorationInterval)
    dropCopy = BinanceDropCopy(context: context)
    marketData = BinanceMarketData(listings: setup.listings, snapshotDepth: setup.bookDepth)
  }

  // MARK: Sockets

  package func opened(
    _ channel: VenueChannel, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData: openMarketData(at: stamp, into: &output)
    case .privateStream: openUserData(at: stamp, signer: signer, into: &output)
    }
    reschedule()
  }

  package func received(
    _ message: UnsafeRawBufferPointer, on channel: VenueChannel, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData:
      unsafe receivedMarketData(message, at: stamp, into: &output)
    case .privateStream:
      user.received(at: stamp.time)
      unsafe receivedUserData(message, at: stamp, signer: signer, into: &output)
      reschedule()
    }
  }

  package func closed(
    _ channel: VenueChannel, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData:
      market.closed()
      marketData.disconnected(into: &output)
      output.append(.linkChanged(context.setup.venue, .marketData, isUp: false))
    case .privateStream:
      user.closed()
      userDataLost(into: &output)
      for entry in requests.removeAllOfSocket() {
        lost(entry, "connection closed", at: stamp.time, into: &output)
      }
    }
    reschedule()
  }

  // MARK: Commands

  package func encode(
    _ command: VenueCommand, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch command {
    case .newOrder(let order): place(order, at: stamp, signer: signer, into: &output)
    case .cancel(let child): cancel(child, at: stamp, signer: signer, into: &output)
    case .query(let child): query(child, at: stamp, signer: signer, into: &output)
    case .refreshBalances: refreshBalances(at: stamp, signer: signer, into: &output)
    case .listOpenOrders: listOpenOrders(at: stamp, signer: signer, into: &output)
    }
    reschedule()
  }

  package func refreshBook(
    _ listing: ListingID, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard market.phase == .subscribed else { return }
    marketData.refresh(listing)
    marketData.requestSnapshots(at: stamp.time, into: &output)
    reschedule()
  }

  // MARK: Answers over HTTP

  package func answered(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    usage.note(response.headers, at: stamp)
    switch tag.purpose {
    case .newOrder:
      answeredOrder(tag, response, at: stamp, signer: signer, into: &output)
    case .bookSnapshot:
      answeredSnapshot(tag, response, at: stamp, into: &output)
    case .balances:
      answeredBalances(response, at: stamp, into: &output)
    case .openOrders:
      answeredOpenOrders(tag, response, at: stamp, into: &output)
    default:
      answeredRequest(tag, BinanceReply(response), at: stamp, signer: signer, into: &output)
    }
    reschedule()
  }

  package func failed(
    _ tag: RequestTag, _ failure: TransportFailure, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    switch tag.purpose {
    case .newOrder:
      failedOrder(tag, failure, at: stamp.time, into: &output)
    case .bookSnapshot:
      guard let listing = tag.listing else { return }
      marketData.snapshotFailed(
        number: tag.number, for: listing, at: stamp.time, retryAfterMilliseconds: nil)
      marketData.requestSnapshots(at: stamp.time, into: &output)
    case .balances:
      balances.failed(at: stamp.time)
    case .openOrders:
      output.incident(.notice, "open orders: \(failure.text)")
    default:
      _ = requests.remove(tag.number)
      lost(
        BinanceRequestTable.Entry(tag: tag, deadline: stamp.time), failure.text, at: stamp.time,
        into: &output)
    }
    reschedule()
  }

  // MARK: Time

  package func timerExpired(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    perform(market.duty(at: stamp.time, isBusy: false), .marketData, at: stamp, signer, &output)
    perform(
      user.duty(at: stamp.time, isBusy: requests.hasOrderRequests), .privateStream, at: stamp,
      signer, &output)
    for entry in requests.expire(at: stamp.time) {
      lost(entry, "no answer in time", at: stamp.time, into: &output)
    }
    checkCanary(at: stamp, into: &output)
    releaseHeld(at: stamp, signer: signer, into: &output)
    if market.phase == .subscribed {
      marketData.requestSnapshots(at: stamp.time, into: &output)
    }
    reschedule()
  }

  func reschedule() {
    var next = min(market.deadline, user.deadline, requests.nextDeadline)
    // Balances wait for the end of a silence: a timer before that would find nothing to do.
    next = min(next, canary.nextDeadline, max(balances.nextDeadline, silentUntil))
    if market.phase == .subscribed { next = min(next, marketData.nextDeadline) }
    if !heldCancels.isEmpty { next = min(next, silentUntil) }
    nextDeadline = next
  }
}
