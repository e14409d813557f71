import Simulation
import Wire

/// Market data that is asked for.
extension BinanceDialect {
  func publicResult(of call: BinanceCall) throws(BinanceError) -> JSONWriter {
    switch call.operation {
    case .ping:
      try call.parameters.finish()
      return Self.emptyObject
    case .time: return try time(call)
    case .exchangeInfo: return try exchangeInfo(call)
    case .depth: return try depth(call)
    case .trades: return try trades(call)
    case .aggregateTrades: return try aggregateTrades(call)
    case .averagePrice: return try averagePrice(call)
    default: return try tickers(call)
    }
  }

  private func time(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    try call.parameters.finish()
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("serverTime", integer: call.time.of(call.now))
    writer.endObject()
    return writer
  }

  // MARK: - Books and trades

  private func depth(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let limit = try limit(call, fallback: 100, maximum: 5000)
    try call.parameters.finish()
    var writer = JSONWriter(reservingCapacity: 64 + 96 * limit)
    writer.beginObject()
    let sequence = exchange.bookSequence(symbol.instrument)
    writer.field("lastUpdateId", integer: Int64(clamping: sequence))
    Self.write(
      "bids", exchange.levels(symbol.instrument, .buy, depth: limit), symbol, &writer)
    Self.write(
      "asks", exchange.levels(symbol.instrument, .sell, depth: limit), symbol, &writer)
    writer.endObject()
    return writer
  }

  static func write(
    _ name: String, _ levels: [BookLevel], _ symbol: BinanceSymbol, _ writer: inout JSONWriter
  ) {
    writer.key(name)
    writer.beginArray()
    for level in levels {
      writer.beginArray()
      writer.string(symbol.price(level.price))
      writer.string(symbol.quantity(level.quantity))
      writer.endArray()
    }
    writer.endArray()
  }

  func limit(
    _ call: BinanceCall, fallback: Int, maximum: Int
  ) throws(BinanceError) -> Int {
    guard let limit = try call.parameters.integer("limit") else { return fallback }
    guard limit > 0 else { throw .illegal("limit", "^[1-9][0-9]{0,4}$") }
    return Int(min(limit, Int64(maximum)))
  }

  private func trades(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let limit = try limit(call, fallback: 500, maximum: 1000)
    try call.parameters.finish()
    return Self.array(
      exchange.publicTrades(symbol.instrument).suffix(limit).map { trade in
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("id", integer: Int64(clamping: trade.tradeID))
        writer.field("price", symbol.price(trade.price))
        writer.field("qty", symbol.quantity(trade.quantity))
        let notional = symbol.terms.notional(price: trade.price, quantity: trade.quantity)
        writer.field("quoteQty", BinanceSymbol.amount(notional))
        writer.field("time", integer: call.time.of(trade.time))
        writer.field("isBuyerMaker", bool: trade.takerSide == .sell)
        writer.field("isBestMatch", bool: true)
        writer.endObject()
        return writer
      })
  }

  /// Every trade is an aggregate of its own.
  private func aggregateTrades(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let limit = try limit(call, fallback: 500, maximum: 1000)
    let first = try call.parameters.integer("fromId")
    let start = try call.parameters.integer("startTime")
    let end = try call.parameters.integer("endTime")
    try call.parameters.finish()
    let trades = exchange.publicTrades(symbol.instrument).filter { trade in
      Int64(clamping: trade.tradeID) >= first ?? 0
        && trade.time / 1_000_000 >= start ?? 0 && trade.time / 1_000_000 <= end ?? .max
    }
    let isForward = first != nil || start != nil
    return Self.array(
      (isForward ? trades.prefix(limit) : trades.suffix(limit)).map { trade in
        var writer = JSONWriter()
        writer.beginObject()
        let id = Int64(clamping: trade.tradeID)
        writer.field("a", integer: id)
        writer.field("p", symbol.price(trade.price))
        writer.field("q", symbol.quantity(trade.quantity))
        writer.field("f", integer: id)
        writer.field("l", integer: id)
        writer.field("T", integer: call.time.of(trade.time))
        writer.field("m", bool: trade.takerSide == .sell)
        writer.field("M", bool: true)
        writer.endObject()
        return writer
      })
  }

  // MARK: - Prices

  private func averagePrice(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    try call.parameters.finish()
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("mins", integer: 5)
    writer.field("price", symbol.price(referencePrice(symbol, at: call.now)))
    let last = exchange.publicTrades(symbol.instrument).last?.time ?? call.now
    writer.field("closeTime", integer: call.time.of(last))
    writer.endObject()
    return writer
  }

  /// The volume-weighted price of five minutes; the last price if there were no trades.
  func referencePrice(_ symbol: BinanceSymbol, at now: Int64) -> Int64 {
    let trades = exchange.publicTrades(symbol.instrument).filter {
      $0.time > now - 300_000_000_000
    }
    return BinanceTicker.average(trades) ?? exchange.lastPrice(symbol.instrument)
  }

  /// One symbol, several, or all of them; one that is named alone comes without a list.
  private func tickers(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    _ = call.parameters["type"]
    if let name = call.parameters["symbol"] {
      let symbol = try symbol(named: name)
      try call.parameters.finish()
      return ticker(symbol, call)
    }
    var chosen = symbols
    if let names = try call.parameters.list("symbols") {
      chosen = []
      for name in names { chosen.append(try symbol(named: name)) }
    }
    try call.parameters.finish()
    return Self.array(chosen.map { ticker($0, call) })
  }

  private func ticker(_ symbol: BinanceSymbol, _ call: BinanceCall) -> JSONWriter {
    let ticker = BinanceTicker(symbol, exchange)
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("symbol", symbol.name)
    switch call.operation {
    case .priceTicker: writer.field("price", ticker.last)
    case .bookTicker: ticker.writeBest(&writer)
    default: ticker.writeDay(call, &writer)
    }
    writer.endObject()
    return writer
  }
}
