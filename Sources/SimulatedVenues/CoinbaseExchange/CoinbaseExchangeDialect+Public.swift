import Simulation
import Wire

// Market data over REST.
extension CoinbaseExchangeDialect {
  /// The answer to a public question; nil if the path is a private one.
  func publicAnswer(
    _ request: HTTPRequest, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse? {
    let path = Self.path(request)
    guard let first = path.first, ["products", "currencies", "time"].contains(first) else {
      return nil
    }
    try gate.countPublic(at: now)
    guard request.method == "GET" else { throw .notFound }
    switch (first, path.count) {
    case ("time", 1): return time(at: now)
    case ("currencies", 1): return currencies()
    case ("currencies", 2): return try currency(path[1])
    case ("products", 1): return productList()
    case ("products", 2) where path[1] == "spark-lines": return sparkLines()
    case ("products", 2): return try productAnswer(path[1])
    case ("products", 3): return try marketAnswer(path[1], path[2], request, at: now)
    default: throw .notFound
    }
  }

  private func time(at now: Int64) -> HTTPResponse {
    Self.answer { writer in
      writer.beginObject()
      writer.field("iso", RFC3339.format(now, fractionDigits: 3))
      writer.field(
        "epoch", number: DecimalText.format(now / 1_000_000, scale: 3, fractionDigits: 3))
      writer.endObject()
    }
  }

  private func currencies() -> HTTPResponse {
    Self.answer { writer in
      writer.beginArray()
      for asset in exchange.ledger.assets { CoinbaseProduct.write(currency: asset, &writer) }
      writer.endArray()
    }
  }

  private func currency(_ asset: String) throws(CoinbaseError) -> HTTPResponse {
    guard exchange.ledger.assetIndex(asset) != nil else { throw .notFound }
    return Self.answer { CoinbaseProduct.write(currency: asset, &$0) }
  }

  private func productList() -> HTTPResponse {
    Self.answer { writer in
      writer.beginArray()
      for product in products { product.write(exchange.status(of: product.instrument), &writer) }
      writer.endArray()
    }
  }

  private func productAnswer(_ id: String) throws(CoinbaseError) -> HTTPResponse {
    guard let product = product(id) else { throw .notFound }
    return Self.answer { product.write(exchange.status(of: product.instrument), &$0) }
  }

  /// A few prices of every product, newest first.
  private func sparkLines() -> HTTPResponse {
    Self.answer { writer in
      writer.beginObject()
      for product in products {
        writer.key(product.id)
        writer.beginArray()
        for trade in exchange.publicTrades(product.instrument).suffix(24).reversed() {
          writer.beginArray()
          writer.integer(trade.time / 1_000_000_000)
          writer.string(product.price(trade.price))
          writer.endArray()
        }
        writer.endArray()
      }
      writer.endObject()
    }
  }

  private func marketAnswer(
    _ id: String, _ what: String, _ request: HTTPRequest, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse {
    guard let product = product(id) else { throw .notFound }
    guard let fields = FormFields(request.rawQuery) else { throw .invalid("query") }
    switch what {
    case "book": return try book(product, level: fields["level"] ?? "1", at: now)
    case "ticker": return ticker(product)
    case "trades": return try trades(product, fields)
    case "stats": return stats(product)
    default: throw .notFound
    }
  }

  private func book(
    _ product: CoinbaseProduct, level: String, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse {
    guard level == "1" || level == "2" else {
      // Single orders are not to be had from the simulated engine.
      throw .invalid("level")
    }
    let depth = level == "1" ? 1 : Int.max
    return Self.answer { writer in
      writer.beginObject()
      for (name, side) in [("bids", OrderSide.buy), ("asks", .sell)] {
        writer.key(name)
        writer.beginArray()
        for level in exchange.levels(product.instrument, side, depth: depth) {
          writer.beginArray()
          writer.string(product.price(level.price))
          writer.string(product.shortSize(level.quantity))
          writer.integer(1)
          writer.endArray()
        }
        writer.endArray()
      }
      writer.field("sequence", integer: sequences[product.instrument])
      writer.field("auction_mode", bool: false)
      writer.key("auction")
      writer.null()
      writer.field("time", CoinbaseTime.text(now))
      writer.endObject()
    }
  }

  private func ticker(_ product: CoinbaseProduct) -> HTTPResponse {
    let day = CoinbaseDay(product, exchange)
    return Self.answer { writer in
      writer.beginObject()
      writer.field("ask", day.ask.map { product.price($0.price) } ?? "0")
      writer.field("bid", day.bid.map { product.price($0.price) } ?? "0")
      writer.field("volume", day.volume)
      writer.field("trade_id", integer: day.lastTradeID)
      writer.field("price", product.price(day.last))
      writer.field("size", day.lastSize)
      writer.field("time", CoinbaseTime.text(day.lastTime))
      writer.field("rfq_volume", "0")
      writer.endObject()
    }
  }

  private func stats(_ product: CoinbaseProduct) -> HTTPResponse {
    let day = CoinbaseDay(product, exchange)
    return Self.answer { writer in
      writer.beginObject()
      writer.field("open", product.price(day.open))
      writer.field("high", product.price(day.high))
      writer.field("low", product.price(day.low))
      writer.field("last", product.price(day.last))
      writer.field("volume", day.volume)
      writer.field("volume_30day", day.volume)
      writer.endObject()
    }
  }

  private func trades(
    _ product: CoinbaseProduct, _ fields: FormFields
  ) throws(CoinbaseError) -> HTTPResponse {
    let all = exchange.publicTrades(product.instrument).reversed().map { $0 }
    let page = try CoinbasePage(fields).select(all) { $0.tradeID }
    return Self.answer(page.headers) { writer in
      writer.beginArray()
      for trade in page.rows {
        writer.beginObject()
        writer.field("time", CoinbaseTime.text(trade.time))
        writer.field("trade_id", integer: Int64(clamping: trade.tradeID))
        writer.field("price", product.price(trade.price))
        writer.field("size", product.size(trade.quantity))
        writer.field("side", CoinbaseWord.side(trade.takerSide.opposite))
        writer.endObject()
      }
      writer.endArray()
    }
  }
}

/// What the public trades that are kept say of a product.
struct CoinbaseDay {
  let bid: BookLevel?
  let ask: BookLevel?
  let open: Int64
  let high: Int64
  let low: Int64
  let last: Int64
  let volume: String
  let lastTradeID: Int64
  let lastSize: String
  let lastTime: Int64

  init(_ product: CoinbaseProduct, _ exchange: SimulatedExchange) {
    let trades = exchange.publicTrades(product.instrument)
    let price = exchange.lastPrice(product.instrument)
    bid = exchange.levels(product.instrument, .buy, depth: 1).first
    ask = exchange.levels(product.instrument, .sell, depth: 1).first
    open = trades.first?.price ?? price
    high = trades.lazy.map(\.price).max() ?? price
    low = trades.lazy.map(\.price).min() ?? price
    last = price
    volume = product.size(trades.reduce(0) { $0 &+ $1.quantity })
    lastTradeID = Int64(clamping: trades.last?.tradeID ?? 0)
    lastSize = product.size(trades.last?.quantity ?? 0)
    lastTime = trades.last?.time ?? exchange.now
  }
}

/// Part of a list, newest first, with the cursors to its neighbours.
struct CoinbasePage {
  let limit: Int
  let before: UInt64?
  let after: UInt64?

  init(_ fields: FormFields) throws(CoinbaseError) {
    func cursor(_ name: String) throws(CoinbaseError) -> UInt64? {
      guard let text = fields[name], !text.isEmpty else { return nil }
      guard let cursor = UInt64(text) else { throw .invalid(name) }
      return cursor
    }
    before = try cursor("before")
    after = try cursor("after")
    let limit = try cursor("limit") ?? 1000
    guard limit > 0 else { throw .invalid("limit") }
    self.limit = Int(min(limit, 1000))
  }

  func select<Row>(
    _ newestFirst: [Row], _ cursor: (Row) -> UInt64
  ) -> (rows: [Row], headers: [(String, String)]) {
    var rows = newestFirst.filter { row in
      (before.map { cursor(row) > $0 } ?? true) && (after.map { cursor(row) < $0 } ?? true)
    }
    rows = Array(rows.prefix(limit))
    guard let first = rows.first, let last = rows.last else { return ([], []) }
    return (rows, [("CB-BEFORE", "\(cursor(first))"), ("CB-AFTER", "\(cursor(last))")])
  }
}
