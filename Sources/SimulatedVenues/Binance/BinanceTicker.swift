import Simulation
import Wire

/// The figures of a symbol's ticker, over the public trades that are kept.
struct BinanceTicker {
  private let symbol: BinanceSymbol
  private let bid: BookLevel?
  private let ask: BookLevel?
  private let trades: [PublicTrade]
  private let lastPrice: Int64

  init(_ symbol: BinanceSymbol, _ exchange: SimulatedExchange) {
    self.symbol = symbol
    bid = exchange.levels(symbol.instrument, .buy, depth: 1).first
    ask = exchange.levels(symbol.instrument, .sell, depth: 1).first
    trades = exchange.publicTrades(symbol.instrument)
    lastPrice = exchange.lastPrice(symbol.instrument)
  }

  var last: String { symbol.price(lastPrice) }

  static func average(_ trades: [PublicTrade]) -> Int64? {
    var quantity: Int128 = 0
    var product: Int128 = 0
    for trade in trades {
      quantity += Int128(trade.quantity)
      product += Int128(trade.price) * Int128(trade.quantity)
    }
    return quantity > 0 ? Int64(product / quantity) : nil
  }

  func writeBest(_ writer: inout JSONWriter) {
    writer.field("bidPrice", symbol.price(bid?.price ?? 0))
    writer.field("bidQty", symbol.quantity(bid?.quantity ?? 0))
    writer.field("askPrice", symbol.price(ask?.price ?? 0))
    writer.field("askQty", symbol.quantity(ask?.quantity ?? 0))
  }

  func writeDay(_ call: BinanceCall, _ writer: inout JSONWriter) {
    let first = trades.first?.price ?? lastPrice
    let change = lastPrice - first
    let thousandths = first > 0 ? Int64(Int128(change) * 100_000 / Int128(first)) : 0
    writer.field("priceChange", symbol.price(change))
    writer.field(
      "priceChangePercent", DecimalText.format(thousandths, scale: 3, fractionDigits: 3))
    writer.field("weightedAvgPrice", symbol.price(Self.average(trades) ?? lastPrice))
    writer.field("prevClosePrice", symbol.price(first))
    writer.field("lastPrice", last)
    writer.field("lastQty", symbol.quantity(trades.last?.quantity ?? 0))
    writeBest(&writer)
    writer.field("openPrice", symbol.price(first))
    writer.field("highPrice", symbol.price(trades.map(\.price).max() ?? lastPrice))
    writer.field("lowPrice", symbol.price(trades.map(\.price).min() ?? lastPrice))
    writer.field("volume", symbol.quantity(trades.reduce(0) { $0 + $1.quantity }))
    let product = trades.reduce(Int128(0)) { $0 + Int128($1.price) * Int128($1.quantity) }
    writer.field("quoteVolume", BinanceSymbol.amount(symbol.terms.quoteAmount(product)))
    writer.field("openTime", integer: call.time.of(call.now - 86_400_000_000_000))
    writer.field("closeTime", integer: call.time.of(call.now))
    writer.field("firstId", integer: trades.first.map { Int64(clamping: $0.tradeID) } ?? -1)
    writer.field("lastId", integer: trades.last.map { Int64(clamping: $0.tradeID) } ?? -1)
    writer.field("count", integer: Int64(trades.count))
  }

  /// The message of the `@ticker` stream: the same figures under one letter each.
  func event(_ time: BinanceTime, at now: Int64) -> [UInt8] {
    var day = JSONWriter()
    day.beginObject()
    let call = BinanceCall(
      operation: .dayTicker, parameters: BinanceParameters(), account: -1, now: now, time: time)
    writeDay(call, &day)
    day.endObject()
    let figures = (try? JSONValue(parsing: day.bytes)) ?? .null
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("e", "24hrTicker")
    writer.field("E", integer: time.of(now))
    writer.field("s", symbol.name)
    for (letter, name) in Self.letters { writer.field(letter, figures[name] ?? .null) }
    writer.endObject()
    return writer.bytes
  }

  private static let letters = [
    ("p", "priceChange"), ("P", "priceChangePercent"), ("w", "weightedAvgPrice"),
    ("x", "prevClosePrice"), ("c", "lastPrice"), ("Q", "lastQty"), ("b", "bidPrice"),
    ("B", "bidQty"), ("a", "askPrice"), ("A", "askQty"), ("o", "openPrice"), ("h", "highPrice"),
    ("l", "lowPrice"), ("v", "volume"), ("q", "quoteVolume"), ("O", "openTime"),
    ("C", "closeTime"), ("F", "firstId"), ("L", "lastId"), ("n", "count"),
  ]
}
