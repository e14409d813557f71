import Simulation
import Wire

/// The public REST methods.
extension KrakenDialect {
  func publicResult(
    _ method: String, _ request: HTTPRequest, at now: Int64
  ) throws(KrakenError) -> JSONWriter {
    guard request.method == "GET" || request.method == "POST" else {
      throw .unknownMethod
    }
    guard
      let parameters = request.method == "GET"
        ? KrakenParameters(query: request.rawQuery)
        : KrakenParameters(body: request.body, contentType: request.headers["Content-Type"])
    else { throw KrakenError("EGeneral:Invalid arguments") }
    var writer = JSONWriter()
    switch method {
    case "Time": writeTime(&writer, at: now)
    case "SystemStatus": writeSystemStatus(&writer, at: now)
    case "Assets": try writeAssets(parameters, &writer)
    case "AssetPairs": try writeAssetPairs(parameters, &writer)
    case "Depth": try writeDepth(parameters, &writer, at: now)
    case "Ticker": try writeTickers(parameters, &writer)
    case "Trades": try writeTrades(parameters, &writer)
    default: throw .unknownMethod
    }
    return writer
  }

  private func writeTime(_ writer: inout JSONWriter, at now: Int64) {
    writer.beginObject()
    writer.field("unixtime", integer: now / 1_000_000_000)
    writer.field("rfc1123", KrakenTime.rfc1123(now))
    writer.endObject()
  }

  var systemStatus: String {
    let statuses = pairs.indices.map { exchange.status(of: $0) }
    if statuses.allSatisfy({ $0 == .halted }) { return "maintenance" }
    if statuses.allSatisfy({ $0 == .cancelOnly }) { return "cancel_only" }
    return statuses.allSatisfy { $0 == .postOnly } ? "post_only" : "online"
  }

  private func writeSystemStatus(_ writer: inout JSONWriter, at now: Int64) {
    writer.beginObject()
    writer.field("status", systemStatus)
    writer.field(
      "timestamp", RFC3339.format(now / 1_000_000_000 * 1_000_000_000, fractionDigits: 0))
    writer.endObject()
  }

  // MARK: Reference data

  private func writeAssets(
    _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let wanted = parameters.list("asset")
    let assets = exchange.ledger.assets
    func isNamed(_ asset: String, _ name: String) -> Bool {
      name == KrakenAsset.id(asset) || name == KrakenAsset.altname(asset) || name == asset
    }
    guard wanted.allSatisfy({ name in assets.contains { isNamed($0, name) } }) else {
      throw KrakenError("EQuery:Unknown asset")
    }
    writer.beginObject()
    for asset in assets where wanted.isEmpty || wanted.contains(where: { isNamed(asset, $0) }) {
      writer.key(KrakenAsset.id(asset))
      writer.beginObject()
      writer.field("aclass", "currency")
      writer.field("altname", KrakenAsset.altname(asset))
      writer.field("decimals", integer: Int64(KrakenAsset.decimals(asset)))
      writer.field("display_decimals", integer: asset == "USD" ? 2 : 5)
      writer.field("status", "enabled")
      writer.endObject()
    }
    writer.endObject()
  }

  private func selectedPairs(
    _ parameters: KrakenParameters
  ) throws(KrakenError) -> [KrakenPair] {
    let names = parameters.list("pair")
    guard !names.isEmpty else { return pairs }
    var selected: [KrakenPair] = []
    for name in names {
      guard let pair = pair(named: name) else { throw .unknownPair }
      selected.append(pair)
    }
    return selected
  }

  private func writeAssetPairs(
    _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let selected = try selectedPairs(parameters)
    writer.beginObject()
    for pair in selected {
      writer.key(pair.id)
      write(pair, &writer)
    }
    writer.endObject()
  }

  private func write(_ pair: KrakenPair, _ writer: inout JSONWriter) {
    let terms = pair.terms
    writer.beginObject()
    writer.field("altname", pair.altname)
    writer.field("wsname", pair.wsname)
    writer.field("aclass_base", "currency")
    writer.field("base", pair.baseID)
    writer.field("aclass_quote", "currency")
    writer.field("quote", pair.quoteID)
    writer.field("lot", "unit")
    writer.field("execution_venue", "international")
    writer.field("cost_decimals", integer: 5)
    writer.field("pair_decimals", integer: Int64(terms.priceScale))
    writer.field("lot_decimals", integer: Int64(terms.quantityScale))
    writer.field("lot_multiplier", integer: 1)
    writer.key("leverage_buy")
    writer.raw("[]")
    writer.key("leverage_sell")
    writer.raw("[]")
    writer.key("fees")
    writer.raw("[[0,\(percent(exchange.options.fees.taker, digits: 2))]]")
    writer.key("fees_maker")
    writer.raw("[[0,\(percent(exchange.options.fees.maker, digits: 2))]]")
    writer.field("fee_volume_currency", "ZUSD")
    writer.field("margin_call", integer: 80)
    writer.field("margin_stop", integer: 40)
    writer.field(
      "ordermin", DecimalText.format(terms.minimumQuantity, scale: terms.quantityScale))
    writer.field("costmin", DecimalText.format(terms.minimumNotional.units, scale: Amount.scale))
    writer.field("tick_size", DecimalText.format(terms.tick, scale: terms.priceScale))
    writer.field("status", Self.word(exchange.status(of: pair.instrument)))
    writer.endObject()
  }

  /// A rate as percent: 400,000 x 10^-8 is "0.4".
  func percent(_ rate: FeeRate, digits: Int) -> String {
    DecimalText.format(rate.units, scale: FeeRate.scale - 2, fractionDigits: digits)
  }

  static func word(_ status: InstrumentStatus) -> String {
    switch status {
    case .online: "online"
    case .halted: "maintenance"
    case .cancelOnly: "cancel_only"
    case .postOnly: "post_only"
    case .limitOnly: "limit_only"
    }
  }

  // MARK: Market data

  private func writeDepth(
    _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    guard let pair = parameters["pair"].flatMap({ pair(named: $0) }) else { throw .unknownPair }
    let count = min(max(parameters["count"].flatMap { Int($0) } ?? 100, 1), 500)
    writer.beginObject()
    writer.key(pair.id)
    writer.beginObject()
    for (name, side) in [("asks", OrderSide.sell), ("bids", .buy)] {
      writer.key(name)
      writer.beginArray()
      for level in exchange.levels(pair.instrument, side, depth: count) {
        writer.beginArray()
        writer.string(pair.price(level.price))
        writer.string(
          DecimalText.format(level.quantity, scale: pair.terms.quantityScale, fractionDigits: 3))
        writer.integer(now / 1_000_000_000)
        writer.endArray()
      }
      writer.endArray()
    }
    writer.endObject()
    writer.endObject()
  }

  private func writeTickers(
    _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    let selected = try selectedPairs(parameters)
    writer.beginObject()
    for pair in selected {
      writer.key(pair.id)
      write(KrakenTicker(pair, exchange), &writer)
    }
    writer.endObject()
  }

  private func write(_ ticker: KrakenTicker, _ writer: inout JSONWriter) {
    writer.beginObject()
    list("a", [ticker.ask, "1", ticker.askQuantity], &writer)
    list("b", [ticker.bid, "1", ticker.bidQuantity], &writer)
    list("c", [ticker.last, ticker.lastQuantity], &writer)
    list("v", [ticker.volume, ticker.volume], &writer)
    list("p", [ticker.averagePrice, ticker.averagePrice], &writer)
    writer.key("t")
    writer.raw("[\(ticker.tradeCount),\(ticker.tradeCount)]")
    list("l", [ticker.low, ticker.low], &writer)
    list("h", [ticker.high, ticker.high], &writer)
    writer.field("o", ticker.open)
    writer.endObject()
  }

  private func list(_ name: String, _ texts: [String], _ writer: inout JSONWriter) {
    writer.key(name)
    writer.beginArray()
    for text in texts { writer.string(text) }
    writer.endArray()
  }

  private func writeTrades(
    _ parameters: KrakenParameters, _ writer: inout JSONWriter
  ) throws(KrakenError) {
    guard let pair = parameters["pair"].flatMap({ pair(named: $0) }) else { throw .unknownPair }
    let since = max(parameters["since"].flatMap { Int64($0) } ?? 0, 0)
    let sinceNanoseconds = since < 9_000_000_000 ? since * 1_000_000_000 : since
    let count = min(max(parameters["count"].flatMap { Int($0) } ?? 1000, 1), 1000)
    let trades = exchange.publicTrades(pair.instrument).filter { $0.time > sinceNanoseconds }
    let shown = since > 0 ? Array(trades.prefix(count)) : Array(trades.suffix(count))
    writer.beginObject()
    writer.key(pair.id)
    writer.beginArray()
    for trade in shown {
      writer.beginArray()
      writer.string(
        KrakenAsset.text(Amount(mantissa: trade.price, scale: pair.terms.priceScale), digits: 5))
      writer.string(pair.quantity(trade.quantity))
      writer.number(KrakenTime.seconds(trade.time, digits: 7))
      writer.string(trade.takerSide == .buy ? "b" : "s")
      writer.string("l")
      writer.string("")
      writer.integer(Int64(clamping: trade.tradeID))
      writer.endArray()
    }
    writer.endArray()
    writer.field("last", "\(shown.last?.time ?? sinceNanoseconds)")
    writer.endObject()
  }
}
