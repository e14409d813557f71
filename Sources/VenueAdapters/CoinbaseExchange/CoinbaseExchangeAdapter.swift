package import RouterCore
package import Wire

/// One account at Coinbase Exchange.
///
/// Public books on one socket, our own orders on the other, and everything that is asked or ordered
/// over REST: the venue takes no orders over WebSocket.
package final class CoinbaseExchangeAdapter: VenueAdapter {
  private let account: CoinbaseExchangeAccount
  private var market: CoinbaseExchangeMarketStream
  private var dropCopy: CoinbaseExchangeDropCopy
  private var orderEntry: CoinbaseExchangeOrderEntry
  private var queries: CoinbaseExchangeOrderQueries
  private var orders = CoinbaseExchangeOrders()

  package init(_ setup: AdapterSetup) {
    account = CoinbaseExchangeAccount(setup)
    market = CoinbaseExchangeMarketStream(setup)
    dropCopy = CoinbaseExchangeDropCopy(account)
    orderEntry = CoinbaseExchangeOrderEntry(account)
    queries = CoinbaseExchangeOrderQueries(account)
  }

  package var channels: [VenueChannel] { [.marketData, .privateStream] }

  // MARK: Sockets

  package func opened(
    _ channel: VenueChannel, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData: market.opened(at: stamp, signer: signer, into: &output)
    case .privateStream:
      dropCopy.opened(at: stamp, signer: signer, into: &output)
      orderEntry.requestProbe(at: stamp.time)
      probe(at: stamp, signer: signer, into: &output)
    }
  }

  package func received(
    _ message: UnsafeRawBufferPointer, on channel: VenueChannel, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData:
      unsafe market.received(message, at: stamp, signer: signer, into: &output)
    case .privateStream:
      unsafe dropCopy.received(message, &orders, at: stamp, into: &output)
      startQueries(at: stamp, signer: signer, into: &output)
    }
  }

  package func closed(
    _ channel: VenueChannel, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    switch channel {
    case .marketData: market.closed(into: &output)
    case .privateStream: dropCopy.closed(&orders, into: &output)
    }
  }

  // MARK: Time

  package var nextDeadline: Timestamp {
    min(
      market.nextDeadline, dropCopy.nextDeadline, orderEntry.nextDeadline, orders.nextDeadline)
  }

  package func timerExpired(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    market.timerExpired(at: stamp, signer: signer, into: &output)
    dropCopy.timerExpired(&orders, at: stamp.time, into: &output)
    probe(at: stamp, signer: signer, into: &output)
    startQueries(at: stamp, signer: signer, into: &output)
  }

  // MARK: Commands

  package func encode(
    _ command: VenueCommand, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch command {
    case .newOrder(let order):
      orderEntry.encode(order, &orders, at: stamp, signer: signer, into: &output)
    case .cancel(let child):
      remember(child)
      orderEntry.cancel(child, at: stamp, signer: signer, into: &output)
    case .query(let child):
      remember(child)
      query(child.id, at: stamp, signer: signer, into: &output)
    case .refreshBalances: requestBalances(at: stamp, signer: signer, into: &output)
    case .listOpenOrders: listOpenOrders(at: stamp, signer: signer, into: &output)
    }
  }

  package func refreshBook(
    _ listing: ListingID, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard let product = account.products.index(of: listing) else { return }
    market.refresh(product, at: stamp, signer: signer, into: &output)
  }

  /// An order may be older than this run, and known to the core only.
  private func remember(_ child: ChildReference) {
    guard let product = account.products.index(of: child.listing) else { return }
    let index = orders.add(child.id, product: product)
    if orders[index].venueOrderID.isEmpty { orders[index].venueOrderID = child.venueOrderID }
    if orders[index].sentAt == .distantPast { orders[index].sentAt = child.sentAt }
    orders[index].tradesUntil = OrderLife.end(of: child)
  }

  // MARK: Answers

  package func answered(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    switch (tag.purpose, tag.child) {
    case (.newOrder, let child?):
      orderEntry.newOrderAnswered(child, response, &orders, at: stamp.time, into: &output)
      if let index = orders.index(of: child), !orders[index].venueOrderID.isEmpty {
        dropCopy.claim(orders[index].venueOrderID, &orders, into: &output)
      }
      checkProduct(tag.listing, after: response, into: &output)
      if orderEntry.takeBalancesWanted() {
        requestBalances(at: stamp, signer: signer, into: &output)
      }
    case (.cancel, let child?):
      orderEntry.cancelAnswered(child, response, &orders, at: stamp.time, into: &output)
    case (.orderQuery, _), (.orderQueryStep, _), (.tradesQuery, _):
      orderEntry.spend(at: stamp.time)
      queries.answered(tag, response, &orders, at: stamp, signer: signer, into: &output)
    case (.balances, _): balancesAnswered(tag, response, at: stamp.time, into: &output)
    case (.openOrders, _): openOrdersAnswered(tag, response, into: &output)
    case (.session, _):
      guard let listing = tag.listing, let product = account.products.index(of: listing) else {
        return
      }
      market.statusAnswered(product, response, at: stamp.time, into: &output)
    default: break
    }
    startQueries(at: stamp, signer: signer, into: &output)
  }

  package func failed(
    _ tag: RequestTag, _ failure: TransportFailure, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    let text: String
    switch failure {
    case .notSent(let reason), .unknown(let reason): text = reason
    }
    switch (tag.purpose, tag.child) {
    case (.newOrder, let child?): newOrderFailed(child, failure, text, into: &output)
    case (.cancel, let child?):
      // What the cancel did shows in the order; the core cancels again if it is still open.
      orders.wantQuery(child)
    case (.orderQuery, _), (.orderQueryStep, _), (.tradesQuery, _):
      queries.failed(tag, text, into: &output)
    case (.balances, _):
      orderEntry.probeFailed(.ambiguous, text, at: stamp.time, into: &output)
    default: break
    }
    startQueries(at: stamp, signer: signer, into: &output)
  }

  private func newOrderFailed(
    _ child: ChildOrderID, _ failure: TransportFailure, _ text: String,
    into output: inout AdapterOutput
  ) {
    guard case .notSent = failure else {
      return output.append(.childReport(account.report(child, .outcomeUnknown, text: text)))
    }
    if let index = orders.index(of: child) { orders.finish(index) }
    output.append(.childReport(account.report(child, .notSent, text: text)))
  }

  /// The REST reply does the reporting; the last byte being gone changes nothing here.
  package func sent(
    _ tag: RequestTag, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {}

  /// A refusal for the state of the product: look at that state.
  private func checkProduct(
    _ listing: ListingID?, after response: HTTPResponse, into output: inout AdapterOutput
  ) {
    let (meaning, _) = CoinbaseExchangeErrors.classify(response)
    guard let listing, let product = account.products.index(of: listing) else { return }
    switch meaning {
    case .refused(.marketClosed), .refused(.belowMinimum), .refused(.incrementViolation):
      market.requestStatus(product, into: &output)
    default: break
    }
  }

  // MARK: Open orders

  private func listOpenOrders(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    orderEntry.spend(at: stamp.time)
    output.fetch(
      CoinbaseExchangeDialect().request(for: .openOrders([]), at: stamp, signer: signer),
      tag: RequestTag(.openOrders, number: UInt64(bitPattern: stamp.time.nanoseconds)))
  }

  /// What fails is asked again by the core in time.
  private func openOrdersAnswered(
    _ tag: RequestTag, _ response: HTTPResponse, into output: inout AdapterOutput
  ) {
    do throws(VenueFault) {
      output.append(
        openOrders: try CoinbaseExchangeReferenceData.openOrders(response), venue: account.venue,
        instance: account.instance, listings: account.products.bindings,
        askedAt: Timestamp(nanoseconds: Int64(bitPattern: tag.number)))
    } catch {
      output.incident(.notice, "\(account.name): open orders: \(error)")
    }
  }

  // MARK: Queries and balances

  private func startQueries(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard !orders.queriesWanted.isEmpty else { return }
    let wanted = orders.queriesWanted
    orders.queriesWanted.removeAll(keepingCapacity: true)
    for child in wanted { query(child, at: stamp, signer: signer, into: &output) }
  }

  private func query(
    _ child: ChildOrderID, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard let index = orders.index(of: child) else {
      // A listing that the settings no longer name: there is nothing we could ask for.
      output.incident(.alarm, "\(account.name): order \(child.uuid) is of an unknown listing")
      return output.append(.childReport(account.report(child, .queryFailed)))
    }
    let order = orders[index]
    queries.start(
      child, listing: account.products[order.product].listing, product: order.product,
      venueOrderID: order.venueOrderID, sentAt: order.sentAt, tradesUntil: order.tradesUntil,
      at: stamp, signer: signer, into: &output)
  }

  private func probe(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard orderEntry.takeProbe(at: stamp.time) else { return }
    requestBalances(at: stamp, signer: signer, into: &output)
  }

  private func requestBalances(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    orderEntry.spend(at: stamp.time)
    // What an answer says was true at some time after its question.
    output.fetch(
      CoinbaseExchangeAuthentication.request("GET", "/accounts", at: stamp, signer: signer),
      tag: RequestTag(.balances, number: UInt64(bitPattern: stamp.time.nanoseconds)))
  }

  private func balancesAnswered(
    _ tag: RequestTag, _ response: HTTPResponse, at now: Timestamp,
    into output: inout AdapterOutput
  ) {
    let (meaning, text) = CoinbaseExchangeErrors.classify(response)
    guard meaning == .succeeded else {
      return orderEntry.probeFailed(meaning, text, at: now, into: &output)
    }
    guard let body = try? JSONValue(parsing: response.body),
      let balances = try? CoinbaseExchangeReferenceData.balances(body)
    else {
      output.incident(.warning, "\(account.name): accounts are malformed")
      return orderEntry.probeFailed(.ambiguous, "malformed", at: now, into: &output)
    }
    let askedAt = Timestamp(nanoseconds: Int64(bitPattern: tag.number))
    for asset in account.assets {
      guard let balance = balances.first(where: { $0.asset == asset.name }) else { continue }
      output.append(
        .balanceObserved(
          BalanceObservation(
            venue: account.venue, asset: asset.id, available: balance.available,
            total: balance.total, observedAt: askedAt)))
    }
    orderEntry.proved(into: &output)
  }
}
