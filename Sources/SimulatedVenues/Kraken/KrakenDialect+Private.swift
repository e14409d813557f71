import Simulation
import Wire

/// The private REST methods that read.
extension KrakenDialect {
  private typealias Method = (permission: String, cost: Double)

  func privateResult(
    _ method: String, _ request: HTTPRequest, at now: Int64
  ) throws(KrakenError) -> JSONWriter {
    guard
      let parameters = KrakenParameters(
        body: request.body, contentType: request.headers["Content-Type"])
    else { throw KrakenError("EGeneral:Invalid arguments") }
    let credential = try gate.authenticate(request, parameters, at: now)
    guard let terms = Self.terms(of: method) else { throw .unknownMethod }
    guard Self.grants(credential, terms.permission) else { throw .permissionDenied }
    try gate.countCall(credential, cost: terms.cost, at: now)
    let account = context.account(of: credential)
    var writer = JSONWriter()
    switch method {
    case "GetWebSocketsToken": writeToken(credential, &writer, at: now)
    case "GetApiKeyInfo": writeKeyInfo(credential, &writer)
    case "Balance": writeBalances(account, &writer)
    case "BalanceEx": writeExtendedBalances(account, &writer)
    case "TradeVolume": try writeTradeVolume(account, parameters, &writer)
    case "OpenOrders": writeOpenOrders(account, parameters, &writer)
    case "ClosedOrders": try writeClosedOrders(account, parameters, &writer)
    case "QueryOrders": try writeQueriedOrders(account, parameters, &writer)
    case "TradesHistory": try writeTradesHistory(account, parameters, &writer)
    case "QueryTrades": try writeQueriedTrades(account, parameters, &writer)
    default: try orderResult(method, account, parameters, &writer, at: now)
    }
    return writer
  }

  private static func terms(of method: String) -> Method? {
    switch method {
    case "GetWebSocketsToken": (KrakenPermission.createToken, 1)
    case "GetApiKeyInfo": ("", 1)
    case "Balance", "BalanceEx", "TradeVolume": (KrakenPermission.queryFunds, 1)
    case "OpenOrders": (KrakenPermission.queryOpenTrades, 1)
    case "QueryOrders": (KrakenPermission.queryOpenTrades, 1)
    case "ClosedOrders": (KrakenPermission.queryClosedTrades, 1)
    case "TradesHistory": (KrakenPermission.queryClosedTrades, 2)
    case "QueryTrades": (KrakenPermission.queryClosedTrades, 1)
    case "AddOrder", "AddOrderBatch", "AmendOrder": (KrakenPermission.modifyTrades, 0)
    case "CancelOrder", "CancelOrderBatch": (KrakenPermission.closeTrades, 0)
    case "CancelAll", "CancelAllOrdersAfter": (KrakenPermission.closeTrades, 1)
    default: nil
    }
  }

  static func grants(_ credential: VenueCredential, _ permission: String) -> Bool {
    if permission.isEmpty || credential.grants(permission) { return true }
    // A key that may create orders may also cancel them.
    return permission == KrakenPermission.closeTrades
      && credential.grants(KrakenPermission.modifyTrades)
  }

  // MARK: Keys and funds

  private func writeToken(
    _ credential: VenueCredential, _ writer: inout JSONWriter, at now: Int64
  ) {
    writer.beginObject()
    writer.field("token", gate.issueToken(credential, at: now))
    writer.field("expires", integer: KrakenGate.tokenSeconds)
    writer.endObject()
  }

  private func writeKeyInfo(_ credential: VenueCredential, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("apiKeyName", credential.account)
    writer.field("apiKey", credential.key)
    writer.field("nonce", "\(gate.nonce(of: credential))")
    writer.field("nonceWindow", "0")
    writer.key("permissions")
    writer.beginArray()
    let permissions =
      credential.permissions.isEmpty ? KrakenPermission.trading : credential.permissions
    for permission in permissions { writer.string(permission) }
    writer.endArray()
    writer.key("ipAllowlist")
    writer.raw("[]")
    writer.field("validUntil", "0")
    writer.endObject()
  }

  private func writeBalances(_ account: Int, _ writer: inout JSONWriter) {
    writer.beginObject()
    for asset in exchange.ledger.assets {
      let balance = exchange.balance(account, asset)
      let digits = KrakenAsset.decimals(asset)
      writer.field(KrakenAsset.id(asset), KrakenAsset.text(balance.total, digits: digits))
    }
    writer.endObject()
  }

  private func writeExtendedBalances(_ account: Int, _ writer: inout JSONWriter) {
    writer.beginObject()
    for asset in exchange.ledger.assets {
      let balance = exchange.balance(account, asset)
      let digits = KrakenAsset.decimals(asset)
      writer.key(KrakenAsset.id(asset))
      writer.beginObject()
      writer.field("balance", KrakenAsset.text(balance.total, digits: digits))
      writer.field("credit", KrakenAsset.text(.zero, digits: digits))
      writer.field("credit_used", KrakenAsset.text(.zero, digits: digits))
      writer.field("hold_trade", KrakenAsset.text(balance.hold, digits: digits))
      writer.endObject()
    }
    writer.endObject()
  }

  private func writeTradeVolume(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    var selected: [KrakenPair] = []
    for name in parameters.list("pair") {
      guard let pair = pair(named: name) else { throw .unknownPair }
      selected.append(pair)
    }
    var volume = Amount.zero
    for fill in exchange.fills where fill.account == account { volume += fill.notional }
    writer.beginObject()
    writer.field("currency", "ZUSD")
    writer.field("volume", KrakenAsset.text(volume, digits: 4))
    let fees = exchange.options.fees
    for (name, rate) in [("fees", fees.taker), ("fees_maker", fees.maker)] where !selected.isEmpty {
      writer.key(name)
      writer.beginObject()
      for pair in selected {
        let percent = percent(rate, digits: 4)
        writer.key(pair.id)
        writer.beginObject()
        for field in ["fee", "minfee", "maxfee", "min_fee", "max_fee"] {
          writer.field(field, percent)
        }
        for field in ["nextfee", "nextvolume", "tiervolume", "next_fee", "next_volume"] {
          writer.key(field)
          writer.null()
        }
        writer.field("tier_volume", "0.0000")
        writer.endObject()
      }
      writer.endObject()
    }
    writer.endObject()
  }

  // MARK: Orders

  private func matches(_ order: SimulatedOrder, _ parameters: KrakenParameters) -> Bool {
    if let id = parameters["cl_ord_id"], order.terms.clientOrderID != id { return false }
    if let reference = parameters["userref"], "\(order.terms.userReference)" != reference {
      return false
    }
    return true
  }

  private func writeOpenOrders(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) {
    let orders = exchange.openOrders(account).filter { matches($0, parameters) }
    let withTrades = parameters.flag("trades")
    writer.beginObject()
    writer.key("open")
    writer.beginObject()
    for order in orders.reversed() { write(order, withTrades: withTrades, &writer) }
    writer.endObject()
    writer.endObject()
  }

  private func writeClosedOrders(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let range = try timeRange(parameters)
    let byOpening = parameters["closetime"] == "open"
    let closed = exchange.orders.reversed().filter { order in
      guard order.account == account, !order.isOpen, matches(order, parameters) else {
        return false
      }
      let isInside = range.contains(byOpening ? order.createdAt : order.closedAt)
      return isInside
    }
    let withTrades = parameters.flag("trades")
    writer.beginObject()
    writer.key("closed")
    writer.beginObject()
    for order in page(closed, parameters) { write(order, withTrades: withTrades, &writer) }
    writer.endObject()
    if !parameters.flag("without_count") { writer.field("count", integer: Int64(closed.count)) }
    writer.endObject()
  }

  private func writeQueriedOrders(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let ids = parameters.list("txid")
    guard !ids.isEmpty, ids.count <= 50 else { throw .invalidArguments("txid") }
    writer.beginObject()
    for text in ids {
      guard let id = KrakenIdentifier.parseOrder(text), let order = exchange.order(id: id),
        order.account == account
      else { throw .invalidOrder }
      write(order, withTrades: parameters.flag("trades"), &writer)
    }
    writer.endObject()
  }

  private func write(
    _ order: SimulatedOrder, withTrades: Bool, _ writer: inout JSONWriter
  ) {
    let pair = pair(of: order)
    writer.key(KrakenIdentifier.order(order.id))
    KrakenOrderForm.write(order, pair, &writer) { writer in
      guard withTrades, !order.fillIndices.isEmpty else { return }
      writer.key("trades")
      writer.beginArray()
      for fill in self.exchange.fills(of: order) {
        writer.string(KrakenIdentifier.execution(fill))
      }
      writer.endArray()
    }
  }

  // MARK: Trades

  private func writeTradesHistory(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let range = try timeRange(parameters)
    let own = exchange.fills.reversed().filter {
      $0.account == account && range.contains($0.time)
    }
    let rows = KrakenTradeRow.rows(
      Array(own), consolidated: parameters.flag("consolidate_taker", default: true))
    writer.beginObject()
    writer.key("trades")
    writer.beginObject()
    for row in page(rows, parameters) { write(row, &writer) }
    writer.endObject()
    if !parameters.flag("without_count") { writer.field("count", integer: Int64(rows.count)) }
    writer.endObject()
  }

  private func writeQueriedTrades(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let ids = parameters.list("txid")
    guard !ids.isEmpty, ids.count <= 20 else { throw .invalidArguments("txid") }
    let own = exchange.fills.filter { $0.account == account }
    writer.beginObject()
    for id in ids {
      guard let fill = own.first(where: { KrakenIdentifier.execution($0) == id }) else {
        throw KrakenError("EQuery:Unknown trade")
      }
      write(KrakenTradeRow(fill), &writer)
    }
    writer.endObject()
  }

  private func write(_ row: KrakenTradeRow, _ writer: inout JSONWriter) {
    guard let order = exchange.order(id: row.fill.orderID) else { return }
    let pair = pairs[row.fill.instrument]
    writer.key(KrakenIdentifier.execution(row.fill))
    writer.beginObject()
    writer.field("ordertxid", KrakenIdentifier.order(order.id))
    writer.field("postxid", "TKH2SE-M7IF5-CFI7LT")
    writer.field("pair", pair.id)
    writer.field("aclass", "forex")
    writer.field("time", number: KrakenTime.seconds(row.fill.time, digits: 7))
    writer.field("type", order.terms.side == .buy ? "buy" : "sell")
    writer.field("ordertype", order.terms.kind == .limit ? "limit" : "market")
    writer.field("price", row.price(pair))
    writer.field("cost", KrakenAsset.text(row.notional, digits: 5))
    writer.field("fee", KrakenAsset.text(row.fee, digits: 5))
    writer.field("vol", pair.quantity(row.quantity))
    writer.field("margin", "0.00000")
    writer.field("leverage", "0")
    writer.field("misc", "")
    writer.field("trade_id", integer: Int64(clamping: row.fill.tradeID))
    writer.field("maker", bool: row.fill.isMaker)
    writer.endObject()
  }

  // MARK: Ranges and pages

  /// From `start`, exclusive, to `end`, inclusive; both are seconds or the id of an order.
  private func timeRange(_ parameters: KrakenParameters) throws(KrakenError) -> ClosedRange<Int64> {
    let start = try time(parameters, "start").map { $0 + 1 } ?? 0
    let end = try time(parameters, "end") ?? .max
    guard start <= end else { return 0...0 }
    return start...end
  }

  private func time(_ parameters: KrakenParameters, _ name: String) throws(KrakenError) -> Int64? {
    guard let text = parameters[name], !text.isEmpty else { return nil }
    if let id = KrakenIdentifier.parseOrder(text), let order = exchange.order(id: id) {
      return order.createdAt
    }
    guard let nanoseconds = DecimalText.parse(text, scale: 9), nanoseconds >= 0,
      nanoseconds < .max
    else { throw .invalidArguments(name) }
    return nanoseconds
  }

  private func page<Rows: Sequence>(_ rows: Rows, _ parameters: KrakenParameters) -> [Rows.Element]
  {
    let offset = max(parameters["ofs"].flatMap { Int($0) } ?? 0, 0)
    return Array(rows.dropFirst(offset).prefix(50))
  }
}
