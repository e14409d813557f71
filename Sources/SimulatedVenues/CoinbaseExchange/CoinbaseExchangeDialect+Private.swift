import Simulation
import Wire

// What needs a key: accounts, fees, fills and orders.
extension CoinbaseExchangeDialect {
  func privateAnswer(
    _ request: HTTPRequest, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse {
    let path = Self.path(request)
    guard let first = path.first,
      ["orders", "fills", "accounts", "fees", "profiles", "users"].contains(first)
    else { throw .notFound }
    let credential = try gate.authenticate(request, at: now)
    try gate.countPrivate(credential, isFills: first == "fills", at: now)
    let changes = request.method != "GET"
    try gate.require(changes ? CoinbasePermission.trade : CoinbasePermission.view, credential)
    guard let fields = FormFields(request.rawQuery) else { throw .invalid("query") }
    let account = context.account(of: credential)
    switch (request.method, first, path.count) {
    case ("POST", "orders", 1): return try place(request, account, at: now)
    case ("DELETE", "orders", 1): return try cancelAll(account, fields, at: now)
    case ("DELETE", "orders", 2): return try cancel(path[1], account, fields, at: now)
    case ("GET", "orders", 1): return try orderList(account, fields)
    case ("GET", "orders", 2): return try orderAnswer(path[1], account)
    case ("GET", "fills", 1): return try fills(account, fields)
    case ("GET", "accounts", 1): return accounts(account)
    case ("GET", "accounts", 2): return try accountAnswer(path[1], account)
    case ("GET", "fees", 1): return fees()
    case ("GET", "profiles", 1): return profiles(credential)
    case ("GET", "users", 3) where request.path == "/users/self/verify": return profiles(credential)
    default: throw .notFound
    }
  }

  // MARK: Accounts

  static func accountID(_ account: Int, _ asset: String) -> String {
    CoinbaseIdentifier.named("account \(account) \(asset)")
  }

  static func profileID(_ account: Int) -> String {
    CoinbaseIdentifier.named("profile \(account)")
  }

  static func userID(_ account: Int) -> String {
    Hex.encode(Array(CoinbaseIdentifier.named("user \(account)").utf8.prefix(12)))
  }

  private func accounts(_ account: Int) -> HTTPResponse {
    Self.answer { writer in
      writer.beginArray()
      for asset in exchange.ledger.assets { write(account, asset, &writer) }
      writer.endArray()
    }
  }

  private func accountAnswer(_ id: String, _ account: Int) throws(CoinbaseError) -> HTTPResponse {
    guard let asset = exchange.ledger.assets.first(where: { Self.accountID(account, $0) == id })
    else { throw .notFound }
    return Self.answer { write(account, asset, &$0) }
  }

  private func write(_ account: Int, _ asset: String, _ writer: inout JSONWriter) {
    let balance = exchange.balance(account, asset)
    writer.beginObject()
    writer.field("id", Self.accountID(account, asset))
    writer.field("currency", asset)
    writer.field("balance", CoinbaseAmount.long(balance.total))
    writer.field("hold", CoinbaseAmount.long(balance.hold))
    writer.field("available", CoinbaseAmount.long(balance.available))
    writer.field("profile_id", Self.profileID(account))
    writer.field("trading_enabled", bool: true)
    writer.field("pending_deposit", "0.0000000000000000")
    writer.field("display_name", asset)
    writer.endObject()
  }

  private func fees() -> HTTPResponse {
    Self.answer { writer in
      writer.beginObject()
      writer.field("taker_fee_rate", CoinbaseAmount.rate(exchange.options.fees.taker))
      writer.field("maker_fee_rate", CoinbaseAmount.rate(exchange.options.fees.maker))
      writer.field("usd_volume", "12345.67")
      writer.endObject()
    }
  }

  private func profiles(_ credential: VenueCredential) -> HTTPResponse {
    let account = context.account(of: credential)
    return Self.answer { writer in
      writer.beginArray()
      writer.beginObject()
      writer.field("id", Self.profileID(account))
      writer.field("user_id", Self.userID(account))
      writer.field("name", credential.account)
      writer.field("active", bool: true)
      writer.field("is_default", bool: true)
      writer.endObject()
      writer.endArray()
    }
  }

  // MARK: Fills

  private func fills(_ account: Int, _ fields: FormFields) throws(CoinbaseError) -> HTTPResponse {
    let orderID = fields["order_id"]
    let productID = fields["product_id"]
    guard orderID != nil || productID != nil else {
      throw CoinbaseError(400, "order_id or product_id is required")
    }
    if let productID, product(productID) == nil { throw .notFound }
    let number = orderID.flatMap { CoinbaseIdentifier.parseOrder($0) }
    let rows = exchange.fills.reversed().filter { fill in
      fill.account == account && (orderID == nil || fill.orderID == number)
        && (productID == nil || products[fill.instrument].id == productID)
    }
    let page = try CoinbasePage(fields).select(rows) { $0.tradeID }
    return Self.answer(page.headers) { writer in
      writer.beginArray()
      for fill in page.rows { write(fill, &writer) }
      writer.endArray()
    }
  }

  private func write(_ fill: SimulatedFill, _ writer: inout JSONWriter) {
    let product = products[fill.instrument]
    writer.beginObject()
    writer.field("created_at", CoinbaseTime.text(fill.time))
    writer.field("trade_id", integer: Int64(clamping: fill.tradeID))
    writer.field("product_id", product.id)
    writer.field("order_id", CoinbaseIdentifier.order(fill.orderID))
    writer.field("user_id", Self.userID(fill.account))
    writer.field("profile_id", Self.profileID(fill.account))
    writer.field("liquidity", fill.isMaker ? "M" : "T")
    writer.field("price", product.price(fill.price))
    writer.field("size", product.size(fill.quantity))
    writer.field("fee", CoinbaseAmount.long(fill.fee))
    writer.field("side", CoinbaseWord.side(fill.side))
    writer.field("settled", bool: true)
    writer.field("usd_volume", CoinbaseAmount.long(fill.notional))
    writer.field("funding_currency", product.terms.quote)
    writer.field("market_type", "spot")
    writer.endObject()
  }
}
