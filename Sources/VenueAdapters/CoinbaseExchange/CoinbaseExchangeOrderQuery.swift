import RouterCore
import Wire

/// What became of one child: the order by client id, then the trades.
///
/// "Not found" takes more than one 404: an order that ended without a fill is purged, and a new one
/// may not be visible yet. So orders of every status are listed, and then the fills of the product;
/// a fill of the time in which the order can have traded that belongs to no order we know is followed
/// to its order. A request that fails says nothing and ends the query as failed. Whether an order that
/// nobody shows is gone for good is the core's to decide, by the time that has passed.
struct CoinbaseExchangeOrderQuery {
  enum Step { case order, list, productFills, suspect, orderFills }

  /// The venue's own description of the order.
  struct Found {
    var venueOrderID: ShortText
    var cumulative: Quantity
    var outcome: VenueExecutionReport.Kind
    var reason = RejectReason.none
    var text = ""
    var quantity: Quantity?
  }

  let child: ChildOrderID
  let product: Int
  let listing: ListingID
  let number: UInt64
  let startedAt: Timestamp
  /// Older trades are not its.
  let tradesSince: Timestamp
  /// Nor are younger ones than this.
  let tradesUntil: Timestamp
  var venueOrderID: ShortText
  var step = Step.order
  var found: Found?
  var fills: [CoinbaseExchangeFill] = []
  var pages = 0
  /// Orders of fills that are not known to be another's.
  var suspects: [String] = []
  var lookUps = 0
  /// Whether an order that traded could not be looked at: the query's read model lags.
  var hasUnclear = false
}

/// The queries under way, one for a child at most.
struct CoinbaseExchangeOrderQueries {
  private enum Limit {
    static let pages = 40
    /// Orders that one query looks up; the next one goes on behind them.
    static let lookUps = 30
    static let pageSize = 1000
  }

  private let account: CoinbaseExchangeAccount
  private var active: [CoinbaseExchangeOrderQuery] = []
  private var nextNumber: UInt64 = 1
  private var owners = OrderOwners<String>()

  init(_ account: CoinbaseExchangeAccount) {
    self.account = account
  }

  /// Begins a query unless one for this child is under way.
  mutating func start(
    _ child: ChildOrderID, listing: ListingID, product: Int, venueOrderID: ShortText,
    sentAt: Timestamp, tradesUntil: Timestamp, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    guard !active.contains(where: { $0.child == child }) else { return }
    let query = CoinbaseExchangeOrderQuery(
      child: child, product: product, listing: listing, number: nextNumber, startedAt: stamp.time,
      tradesSince: OrderLife.venueStart(sentAt, at: stamp),
      tradesUntil: OrderLife.venueEnd(tradesUntil, at: stamp), venueOrderID: venueOrderID)
    nextNumber += 1
    active.append(query)
    send("/orders/client:\(child.uuid)", .orderQuery, query, at: stamp, signer, into: &output)
  }

  private func send(
    _ target: String, _ purpose: RequestTag.Purpose, _ query: CoinbaseExchangeOrderQuery,
    at stamp: RequestStamp, _ signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    output.order(
      CoinbaseExchangeAuthentication.request("GET", target, at: stamp, signer: signer),
      tag: RequestTag(purpose, number: query.number, child: query.child, listing: query.listing))
  }

  // MARK: Answers

  mutating func failed(
    _ tag: RequestTag, _ text: String, into output: inout AdapterOutput
  ) {
    guard let index = active.firstIndex(where: { $0.number == tag.number }) else { return }
    giveUp(active.remove(at: index), text, into: &output)
  }

  private func giveUp(
    _ query: CoinbaseExchangeOrderQuery, _ text: String, into output: inout AdapterOutput
  ) {
    var report = account.report(query.child, .queryFailed, text: text)
    report.queriedAt = query.startedAt
    output.append(.childReport(report))
  }

  mutating func answered(
    _ tag: RequestTag, _ response: HTTPResponse, _ orders: inout CoinbaseExchangeOrders,
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard let place = active.firstIndex(where: { $0.number == tag.number }) else { return }
    var query = active.remove(at: place)
    let next = advance(&query, response, &orders)
    switch next {
    case .request(let target, let purpose):
      active.append(query)
      send(target, purpose, query, at: stamp, signer, into: &output)
    case .failed(let text):
      output.incident(
        .warning, account.incident("query of \(query.child.uuid): \(text)", query.product))
      giveUp(query, text, into: &output)
    case .absent: reportAbsence(query, &orders, at: stamp.time, into: &output)
    case .done: report(query, &orders, at: stamp.time, into: &output)
    }
  }

  private enum Next {
    case request(String, RequestTag.Purpose)
    case failed(String)
    case absent
    case done
  }

  private mutating func advance(
    _ query: inout CoinbaseExchangeOrderQuery, _ response: HTTPResponse,
    _ orders: inout CoinbaseExchangeOrders
  ) -> Next {
    let (meaning, text) = CoinbaseExchangeErrors.classify(response)
    let isMissing = response.status == 404 && CoinbaseExchangeErrors.message(of: response) != nil
    guard meaning == .succeeded || isMissing || meaning == .orderGone else { return .failed(text) }
    if isMissing || meaning == .orderGone {
      // Only a question about one order may be answered so.
      switch query.step {
      case .order: return notFound(&query)
      case .suspect:
        // It has traded, so it exists, and it may be the one.
        query.hasUnclear = true
        query.suspects.removeLast()
        return nextSuspect(&query)
      case .list, .productFills, .orderFills: return .failed("\(query.step): \(text)")
      }
    }
    guard let value = try? JSONValue(parsing: response.body) else {
      return .failed("\(query.step): answer is not JSON")
    }
    switch query.step {
    case .order: return foundOrder(&query, value)
    case .list: return listed(&query, value, response)
    case .productFills: return productFills(&query, value, response, orders)
    case .suspect: return suspect(&query, value)
    case .orderFills: return orderFills(&query, value, response)
    }
  }

  private func notFound(_ query: inout CoinbaseExchangeOrderQuery) -> Next {
    guard query.venueOrderID.isEmpty else {
      query.step = .orderFills
      return .request(fillsOfOrder(query.venueOrderID), .tradesQuery)
    }
    query.step = .list
    return .request(listTarget(query, after: nil), .orderQueryStep)
  }

  private func foundOrder(_ query: inout CoinbaseExchangeOrderQuery, _ value: JSONValue) -> Next {
    guard let found = found(value, query.product) else {
      return .failed("order: id, status, size or filled_size")
    }
    query.found = found
    query.venueOrderID = found.venueOrderID
    guard found.cumulative > .zero else { return .done }
    query.step = .orderFills
    query.pages = 0
    return .request(fillsOfOrder(found.venueOrderID), .tradesQuery)
  }

  private func listed(
    _ query: inout CoinbaseExchangeOrderQuery, _ value: JSONValue, _ response: HTTPResponse
  ) -> Next {
    guard let list = value.array else { return .failed("orders: not an array") }
    for order in list where account.child(order["client_oid"]?.string) == query.child {
      return foundOrder(&query, order)
    }
    switch nextPage(&query, list, response) {
    case .none:
      query.step = .productFills
      query.pages = 0
      return .request(fillsTarget(query, after: nil), .tradesQuery)
    case .cursor(let after): return .request(listTarget(query, after: after), .orderQueryStep)
    case .tooMany: return .failed("orders: too many pages")
    }
  }

  private func productFills(
    _ query: inout CoinbaseExchangeOrderQuery, _ value: JSONValue, _ response: HTTPResponse,
    _ orders: CoinbaseExchangeOrders
  ) -> Next {
    guard let list = value.array else { return .failed("fills: not an array") }
    for fill in list where !isOlder(fill, than: query) && !isYounger(fill, than: query) {
      guard let id = fill["order_id"]?.string, let key = ShortText(id) else {
        return .failed("fills: order_id")
      }
      let isAnothers = orders.index(ofVenueOrder: key).map { orders[$0].id != query.child } ?? false
      if isAnothers || owners.isAnothers(id, than: query.child) || query.suspects.contains(id) {
        continue
      }
      query.suspects.append(id)
    }
    switch nextPage(&query, list, response) {
    case .none: return nextSuspect(&query)
    case .cursor(let after): return .request(fillsTarget(query, after: after), .tradesQuery)
    case .tooMany: return .failed("fills: too many pages")
    }
  }

  private func nextSuspect(_ query: inout CoinbaseExchangeOrderQuery) -> Next {
    guard let id = query.suspects.last else {
      return query.hasUnclear ? .failed("an order that traded is not shown yet") : .absent
    }
    guard query.lookUps < Limit.lookUps else {
      return .failed("not all orders that traded are looked at yet")
    }
    query.lookUps += 1
    query.step = .suspect
    return .request("/orders/\(PercentEncoding.encode(id))", .orderQueryStep)
  }

  private mutating func suspect(
    _ query: inout CoinbaseExchangeOrderQuery, _ value: JSONValue
  ) -> Next {
    guard let id = query.suspects.last, value["id"]?.string == id else {
      return .failed("order: id is another's")
    }
    let owner = account.child(value["client_oid"]?.string)
    owners.note(id, of: owner)
    guard owner != query.child else { return foundOrder(&query, value) }
    query.suspects.removeLast()
    return nextSuspect(&query)
  }

  private func orderFills(
    _ query: inout CoinbaseExchangeOrderQuery, _ value: JSONValue, _ response: HTTPResponse
  ) -> Next {
    guard let list = value.array else { return .failed("fills: not an array") }
    for item in list {
      guard let fill = fill(item, query) else { return .failed("fills: a field of a fill") }
      query.fills.append(fill)
    }
    switch nextPage(&query, list, response) {
    case .none: return .done
    case .cursor(let after):
      return .request(
        fillsOfOrder(query.venueOrderID) + "&after=\(PercentEncoding.encode(after))", .tradesQuery)
    case .tooMany: return .failed("fills: too many pages")
    }
  }

  // MARK: Pages

  private enum Page {
    case none
    case cursor(String)
    case tooMany
  }

  /// Pages are newest first; the header `CB-AFTER` leads to the older ones.
  private func nextPage(
    _ query: inout CoinbaseExchangeOrderQuery, _ list: [JSONValue], _ response: HTTPResponse
  ) -> Page {
    guard let cursor = response.headers["CB-AFTER"], !cursor.isEmpty, let last = list.last else {
      return .none
    }
    let isComplete = query.step != .orderFills && isOlder(last, than: query)
    guard !isComplete else { return .none }
    // A short page is the last one, cursor or not.
    guard list.count >= Limit.pageSize else { return .none }
    query.pages += 1
    return query.pages < Limit.pages ? .cursor(cursor) : .tooMany
  }

  private func isOlder(_ value: JSONValue, than query: CoinbaseExchangeOrderQuery) -> Bool {
    guard query.tradesSince > .distantPast, let time = account.time(value["created_at"]) else {
      return false
    }
    return time < query.tradesSince
  }

  private func isYounger(_ value: JSONValue, than query: CoinbaseExchangeOrderQuery) -> Bool {
    guard let time = account.time(value["created_at"]) else { return false }
    return time > query.tradesUntil
  }

  private func listTarget(_ query: CoinbaseExchangeOrderQuery, after: String?) -> String {
    page(
      "/orders?status=all&product_id=\(account.products[query.product].definition.symbol)", after)
  }

  private func fillsTarget(_ query: CoinbaseExchangeOrderQuery, after: String?) -> String {
    page("/fills?product_id=\(account.products[query.product].definition.symbol)", after)
  }

  private func page(_ target: String, _ after: String?) -> String {
    let page = "\(target)&limit=\(Limit.pageSize)"
    return after.map { "\(page)&after=\(PercentEncoding.encode($0))" } ?? page
  }

  private func fillsOfOrder(_ id: ShortText) -> String {
    "/fills?order_id=\(PercentEncoding.encode(id.string))&limit=\(Limit.pageSize)"
  }
}

// MARK: - Reading

extension CoinbaseExchangeOrderQueries {
  private func found(
    _ value: JSONValue, _ product: Int
  ) -> CoinbaseExchangeOrderQuery.Found? {
    guard let id = CoinbaseExchangeDropCopy.orderID(value["id"]),
      let status = value["status"]?.string,
      let cumulative = account.quantity(value["filled_size"]?.text ?? "0", product)
    else { return nil }
    let isImmediate = ["IOC", "FOK"].contains(value["time_in_force"]?.string ?? "")
    let doneReason = value["done_reason"]?.string ?? ""
    let refusal = value["reject_reason"]?.string ?? ""
    var found = CoinbaseExchangeOrderQuery.Found(
      venueOrderID: id, cumulative: cumulative, outcome: .stillOpen,
      quantity: account.quantity(value["size"]?.text, product))
    switch (status, doneReason) {
    case ("pending", _), ("received", _), ("open", _), ("active", _), ("canceling", _): break
    case ("done", "filled"): found.outcome = .filled
    case ("done", "rejected"), ("rejected", _):
      found.outcome = .rejected
      found.reason = CoinbaseExchangeErrors.reason(refusal)
      found.text = refusal
    case ("done", "canceled"): found.outcome = isImmediate ? .expired : .canceled
    default: return nil
    }
    return found
  }

  private func fill(
    _ value: JSONValue, _ query: CoinbaseExchangeOrderQuery
  ) -> CoinbaseExchangeFill? {
    guard CoinbaseExchangeDropCopy.orderID(value["order_id"]) == query.venueOrderID,
      let tradeID = value["trade_id"]?.int64,
      let quantity = account.quantity(value["size"]?.text, query.product), quantity > .zero,
      let price = account.price(value["price"]?.text, query.product), price > .zero,
      let fee = value["fee"]?.text.flatMap({ DecimalText.parse128($0, scale: Amount.scale) }),
      let side = CoinbaseExchangeDropCopy.side(value["side"])
    else { return nil }
    return CoinbaseExchangeFill(
      orderID: query.venueOrderID, tradeID: tradeID, quantity: quantity, price: price,
      fee: Amount(mantissa: fee), side: side,
      liquidity: value["liquidity"]?.string == "M" ? .maker : .taker,
      time: account.time(value["created_at"]) ?? .distantPast)
  }
}

// MARK: - Reports

extension CoinbaseExchangeOrderQueries {
  private func report(
    _ query: CoinbaseExchangeOrderQuery, _ orders: inout CoinbaseExchangeOrders,
    at now: Timestamp, into output: inout AdapterOutput
  ) {
    let index = orders.add(query.child, product: query.product)
    orders[index].venueOrderID = query.venueOrderID
    guard let found = query.found else {
      return reportUnshown(query, index, &orders, into: &output)
    }
    if orders[index].quantity == nil { orders[index].quantity = found.quantity }
    var acknowledged = account.report(query.child, .acknowledged)
    acknowledged.venueOrderID = query.venueOrderID
    output.append(.childReport(acknowledged))
    appendFills(query, into: &output)
    var end = account.report(query.child, found.outcome, reason: found.reason, text: found.text)
    end.venueOrderID = query.venueOrderID
    end.cumulativeQuantity = found.cumulative
    end.queriedAt = query.startedAt
    output.append(.childReport(end))
    if found.outcome == .stillOpen {
      orders.watch(index, from: now)
    } else {
      orders.finish(index)
    }
  }

  /// The venue named this order once and no longer shows it.
  ///
  /// Purged, if it ended without a fill, or not visible yet: only time tells, and the core's rule of
  /// absence keeps it.
  private func reportUnshown(
    _ query: CoinbaseExchangeOrderQuery, _ index: Int, _ orders: inout CoinbaseExchangeOrders,
    into output: inout AdapterOutput
  ) {
    appendFills(query, into: &output)
    guard query.fills.isEmpty else {
      return giveUp(query, "404 for an order with fills", into: &output)
    }
    var report = account.report(query.child, .notFound, text: "not shown, without a fill")
    report.queriedAt = query.startedAt
    output.append(.childReport(report))
    orders.miss(index)
  }

  private func appendFills(
    _ query: CoinbaseExchangeOrderQuery, into output: inout AdapterOutput
  ) {
    for fill in query.fills {
      guard let report = account.report(fill, of: query.child, product: query.product) else {
        continue
      }
      output.append(.childReport(report))
    }
  }

  /// Neither an order with its id nor a fill that could be its.
  private func reportAbsence(
    _ query: CoinbaseExchangeOrderQuery, _ orders: inout CoinbaseExchangeOrders,
    at now: Timestamp, into output: inout AdapterOutput
  ) {
    var report = account.report(query.child, .notFound)
    report.queriedAt = query.startedAt
    output.append(.childReport(report))
    guard let index = orders.index(of: query.child) else { return }
    // The stream may have bound it meanwhile; then the next query knows its id.
    if orders[index].venueOrderID.isEmpty {
      orders.miss(index)
    } else {
      orders.watch(index, from: now)
    }
  }
}
