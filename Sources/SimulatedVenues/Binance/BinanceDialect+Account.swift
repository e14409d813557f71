import Simulation
import Wire

/// What an account can ask about itself.
extension BinanceDialect {
  func accountResult(of call: BinanceCall) throws(BinanceError) -> JSONWriter {
    switch call.operation {
    case .order:
      let symbol = try symbol(named: try call.parameters.required("symbol"))
      let order = try findOrder(call, symbol, absent: .noSuchOrder)
      try call.parameters.finish()
      return BinanceOrderForm(order, symbol).queried(call.time)
    case .openOrders: return try openOrders(call)
    case .allOrders: return try allOrders(call)
    case .myTrades: return try myTrades(call)
    case .account: return try account(call)
    case .commission: return try commission(call)
    case .orderCounts: return try orderCounts(call)
    case .marginPairs:
      try call.parameters.finish()
      return Self.array([])
    default: return try coins(call)
    }
  }

  // MARK: - Orders and trades

  private func openOrders(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    var instrument: Int?
    if let name = call.parameters["symbol"] { instrument = try symbol(named: name).instrument }
    try call.parameters.finish()
    return Self.array(
      exchange.openOrders(call.account, instrument: instrument).map {
        BinanceOrderForm($0, symbol(of: $0)).queried(call.time)
      })
  }

  private func allOrders(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let first = try call.parameters.integer("orderId")
    let range = try timeRange(call)
    let limit = try limit(call, fallback: 500, maximum: 1000)
    try call.parameters.finish()
    let orders = exchange.orders.filter { order in
      order.account == call.account && order.terms.instrument == symbol.instrument
        && Int64(clamping: order.id) >= first ?? 0 && range.contains(order.createdAt / 1_000_000)
    }
    let page = first == nil ? orders.suffix(limit) : orders.prefix(limit)
    return Self.array(page.map { BinanceOrderForm($0, symbol).queried(call.time) })
  }

  /// The milliseconds that a query is confined to, a day at most if both ends are named.
  private func timeRange(_ call: BinanceCall) throws(BinanceError) -> ClosedRange<Int64> {
    let start = try call.parameters.integer("startTime")
    let end = try call.parameters.integer("endTime")
    if let start, let end {
      guard end >= start, end - start <= 86_400_000 else {
        throw BinanceError(-1127, "More than 24 hours between startTime and endTime.")
      }
      return start...end
    }
    return (start ?? 0)...max(end ?? .max, start ?? 0)
  }

  private func myTrades(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let orderID = try call.parameters.integer("orderId")
    let first = try call.parameters.integer("fromId")
    let hasStart = call.parameters["startTime"] != nil
    let range = try timeRange(call)
    let limit = try limit(call, fallback: 500, maximum: 1000)
    try call.parameters.finish()
    let fills = exchange.fills.filter { fill in
      fill.account == call.account && fill.instrument == symbol.instrument
        && (orderID.map { fill.orderID == UInt64($0) } ?? true)
        && Int64(clamping: fill.tradeID) >= first ?? 0 && range.contains(fill.time / 1_000_000)
    }
    let isForward = first != nil || hasStart
    let page = isForward ? fills.prefix(limit) : fills.suffix(limit)
    return Self.array(page.map { trade($0, symbol, call) })
  }

  private func trade(
    _ fill: SimulatedFill, _ symbol: BinanceSymbol, _ call: BinanceCall
  ) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("symbol", symbol.name)
    writer.field("id", integer: Int64(clamping: fill.tradeID))
    writer.field("orderId", integer: Int64(clamping: fill.orderID))
    writer.field("orderListId", integer: -1)
    writer.field("price", symbol.price(fill.price))
    writer.field("qty", symbol.quantity(fill.quantity))
    writer.field("quoteQty", BinanceSymbol.amount(fill.notional))
    writer.field("commission", BinanceSymbol.amount(fill.fee))
    writer.field("commissionAsset", fill.isFeeInQuote ? symbol.terms.quote : symbol.terms.base)
    writer.field("time", integer: call.time.of(fill.time))
    writer.field("isBuyer", bool: fill.side == .buy)
    writer.field("isMaker", bool: fill.isMaker)
    writer.field("isBestMatch", bool: true)
    writer.endObject()
    return writer
  }

  // MARK: - Balances

  private func account(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let omitsZero = call.parameters.flag("omitZeroBalances") ?? false
    try call.parameters.finish()
    let fees = exchange.options.fees
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("makerCommission", integer: fees.maker.units / 10_000)
    writer.field("takerCommission", integer: fees.taker.units / 10_000)
    writer.field("buyerCommission", integer: 0)
    writer.field("sellerCommission", integer: 0)
    writer.key("commissionRates")
    writer.beginObject()
    writeSides(maker: fees.maker, taker: fees.taker, withSides: true, &writer)
    writer.endObject()
    for name in ["canTrade", "canWithdraw", "canDeposit"] {
      writer.field(name, bool: name == "canTrade")
    }
    for name in ["brokered", "requireSelfTradePrevention", "preventSor"] {
      writer.field(name, bool: false)
    }
    writer.field("updateTime", integer: call.time.of(call.now))
    writer.field("accountType", "SPOT")
    writeBalances(call.account, omitsZero: omitsZero, &writer)
    writer.key("permissions")
    writer.raw(#"["SPOT"]"#)
    writer.field("uid", integer: Int64(call.account) + 354_937_868)
    writer.endObject()
    return writer
  }

  private func writeBalances(_ account: Int, omitsZero: Bool, _ writer: inout JSONWriter) {
    writer.key("balances")
    writer.beginArray()
    for asset in exchange.ledger.assets {
      let balance = exchange.balance(account, asset)
      if omitsZero && balance.total == .zero { continue }
      writer.beginObject()
      writer.field("asset", asset)
      writer.field("free", BinanceSymbol.amount(balance.available))
      writer.field("locked", BinanceSymbol.amount(balance.hold))
      writer.endObject()
    }
    writer.endArray()
  }

  private func coins(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    try call.parameters.finish()
    return Self.array(
      exchange.ledger.assets.map { asset in
        let balance = exchange.balance(call.account, asset)
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("coin", asset)
        writer.field("name", asset)
        writer.field("free", BinanceSymbol.amount(balance.available))
        writer.field("locked", BinanceSymbol.amount(balance.hold))
        writer.field("depositAllEnable", bool: false)
        writer.field("withdrawAllEnable", bool: false)
        writer.field("isLegalMoney", bool: asset == "USD")
        writer.field("trading", bool: true)
        writer.key("networkList")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        return writer
      })
  }

  // MARK: - Fees and counts

  private func commission(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    try call.parameters.finish()
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("symbol", symbol.name)
    writeRates("", withSides: true, &writer)
    writer.endObject()
    return writer
  }

  /// The three parts of a fee, of which only the first is charged here, and the discount.
  func writeRates(_ suffix: String, withSides: Bool, _ writer: inout JSONWriter) {
    let fees = exchange.options.fees
    let none = FeeRate(units: 0)
    let parts = [
      ("standardCommission", fees.maker, fees.taker), ("specialCommission", none, none),
      ("taxCommission", none, none),
    ]
    for (name, maker, taker) in parts {
      writer.key(name + suffix)
      writer.beginObject()
      writeSides(maker: maker, taker: taker, withSides: withSides, &writer)
      writer.endObject()
    }
    writer.key("discount")
    writer.beginObject()
    writer.field("enabledForAccount", bool: false)
    writer.field("enabledForSymbol", bool: false)
    writer.field("discountAsset", "BNB")
    writer.field("discount", "0.75000000")
    writer.endObject()
  }

  private func writeSides(
    maker: FeeRate, taker: FeeRate, withSides: Bool, _ writer: inout JSONWriter
  ) {
    func text(_ rate: FeeRate) -> String {
      DecimalText.format(rate.units, scale: FeeRate.scale, fractionDigits: 8)
    }
    writer.field("maker", text(maker))
    writer.field("taker", text(taker))
    guard withSides else { return }
    writer.field("buyer", text(FeeRate(units: 0)))
    writer.field("seller", text(FeeRate(units: 0)))
  }

  private func orderCounts(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    try call.parameters.finish()
    let counts = gate.orderCounts(call.account, at: call.now)
    var writer = JSONWriter()
    writer.beginArray()
    Self.writeLimit(
      "ORDERS", "SECOND", 10, limit: BinanceGate.Limit.ordersShort, count: counts.short, &writer)
    Self.writeLimit(
      "ORDERS", "DAY", 1, limit: BinanceGate.Limit.ordersDay, count: counts.day, &writer)
    writer.endArray()
    return writer
  }
}
