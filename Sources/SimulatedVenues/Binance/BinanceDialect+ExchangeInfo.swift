import Simulation
import Wire

/// The metadata of the venue and its symbols.
extension BinanceDialect {
  func exchangeInfo(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let chosen = try chosenSymbols(call)
    try call.parameters.finish()
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("timezone", "UTC")
    writer.field("serverTime", integer: call.time.of(call.now))
    writer.key("rateLimits")
    writeLimits(&writer)
    writer.key("exchangeFilters")
    writer.beginArray()
    writer.endArray()
    writer.key("symbols")
    writer.beginArray()
    for symbol in chosen { write(symbol, &writer) }
    writer.endArray()
    writer.endObject()
    return writer
  }

  private func chosenSymbols(_ call: BinanceCall) throws(BinanceError) -> [BinanceSymbol] {
    for name in ["permissions", "showPermissionSets"] { _ = call.parameters[name] }
    let wanted = call.parameters["symbolStatus"]
    if let name = call.parameters["symbol"] { return [try symbol(named: name)] }
    guard let names = try call.parameters.list("symbols") else {
      return symbols.filter { wanted == nil || status($0) == wanted }
    }
    var chosen: [BinanceSymbol] = []
    for name in names { chosen.append(try symbol(named: name)) }
    return chosen
  }

  private func writeLimits(_ writer: inout JSONWriter) {
    writer.beginArray()
    Self.writeLimit(
      "REQUEST_WEIGHT", "MINUTE", 1, limit: BinanceGate.Limit.weight, count: nil, &writer)
    Self.writeLimit(
      "ORDERS", "SECOND", 10, limit: BinanceGate.Limit.ordersShort, count: nil, &writer)
    Self.writeLimit("ORDERS", "DAY", 1, limit: BinanceGate.Limit.ordersDay, count: nil, &writer)
    Self.writeLimit("RAW_REQUESTS", "MINUTE", 5, limit: 300_000, count: nil, &writer)
    writer.endArray()
  }

  static func writeLimit(
    _ type: String, _ interval: String, _ number: Int64, limit: Int, count: Int?,
    _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.field("rateLimitType", type)
    writer.field("interval", interval)
    writer.field("intervalNum", integer: number)
    writer.field("limit", integer: Int64(limit))
    if let count { writer.field("count", integer: Int64(count)) }
    writer.endObject()
  }

  func status(_ symbol: BinanceSymbol) -> String {
    switch exchange.status(of: symbol.instrument) {
    case .online, .postOnly, .limitOnly: "TRADING"
    case .halted: "HALT"
    case .cancelOnly: "CANCEL_ONLY"
    }
  }

  private func write(_ symbol: BinanceSymbol, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("symbol", symbol.name)
    writer.field("status", status(symbol))
    writer.field("baseAsset", symbol.terms.base)
    writer.field("baseAssetPrecision", integer: 8)
    writer.field("quoteAsset", symbol.terms.quote)
    for name in ["quotePrecision", "quoteAssetPrecision", "baseCommissionPrecision"] {
      writer.field(name, integer: 8)
    }
    writer.field("quoteCommissionPrecision", integer: 8)
    writer.key("orderTypes")
    Self.writeTexts(["LIMIT", "LIMIT_MAKER", "MARKET"], &writer)
    let rights: [(String, Bool)] = [
      ("icebergAllowed", false), ("ocoAllowed", false), ("otoAllowed", false),
      ("opoAllowed", false), ("quoteOrderQtyMarketAllowed", true), ("allowTrailingStop", false),
      ("cancelReplaceAllowed", true), ("amendAllowed", true), ("pegInstructionsAllowed", false),
      ("isSpotTradingAllowed", true), ("isMarginTradingAllowed", false),
    ]
    for (name, isAllowed) in rights { writer.field(name, bool: isAllowed) }
    writer.key("filters")
    writeFilters(symbol, &writer)
    writer.key("permissions")
    Self.writeTexts([], &writer)
    writer.key("permissionSets")
    writer.raw(#"[["SPOT"]]"#)
    writer.field("defaultSelfTradePreventionMode", BinanceOrderLabel.defaultMode)
    writer.key("allowedSelfTradePreventionModes")
    Self.writeTexts(BinanceOrderLabel.modes, &writer)
    writer.endObject()
  }

  private static func writeTexts(_ texts: [String], _ writer: inout JSONWriter) {
    writer.beginArray()
    for text in texts { writer.string(text) }
    writer.endArray()
  }

  private func writeFilters(_ symbol: BinanceSymbol, _ writer: inout JSONWriter) {
    let terms = symbol.terms
    func filter(_ type: String, _ fields: (inout JSONWriter) -> Void) {
      writer.beginObject()
      writer.field("filterType", type)
      fields(&writer)
      writer.endObject()
    }
    writer.beginArray()
    filter("PRICE_FILTER") {
      $0.field("minPrice", symbol.price(terms.tick))
      $0.field("maxPrice", "1000000.00000000")
      $0.field("tickSize", symbol.price(terms.tick))
    }
    filter("LOT_SIZE") {
      $0.field("minQty", symbol.quantity(terms.minimumQuantity))
      $0.field("maxQty", symbol.quantity(terms.maximumQuantity))
      $0.field("stepSize", symbol.quantity(terms.lot))
    }
    filter("ICEBERG_PARTS") { $0.field("limit", integer: 100) }
    filter("MARKET_LOT_SIZE") {
      $0.field("minQty", symbol.quantity(0))
      $0.field("maxQty", symbol.quantity(terms.maximumQuantity))
      $0.field("stepSize", symbol.quantity(0))
    }
    filter("PERCENT_PRICE_BY_SIDE") {
      for side in ["bid", "ask"] {
        $0.field("\(side)MultiplierUp", "5")
        $0.field("\(side)MultiplierDown", "0.2")
      }
      $0.field("avgPriceMins", integer: 5)
    }
    filter("NOTIONAL") {
      $0.field("minNotional", BinanceSymbol.amount(terms.minimumNotional))
      $0.field("applyMinToMarket", bool: true)
      $0.field("maxNotional", BinanceSymbol.amount(terms.maximumNotional))
      $0.field("applyMaxToMarket", bool: false)
      $0.field("avgPriceMins", integer: 5)
    }
    filter("MAX_NUM_ORDERS") {
      $0.field("maxNumOrders", integer: Int64(exchange.options.openOrderLimit))
    }
    filter("MAX_NUM_ALGO_ORDERS") { $0.field("maxNumAlgoOrders", integer: 5) }
    filter("MAX_NUM_ORDER_AMENDS") { $0.field("maxNumOrderAmends", integer: 10) }
    writer.endArray()
  }
}
