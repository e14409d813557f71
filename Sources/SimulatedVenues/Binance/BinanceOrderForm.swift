import Simulation
import Wire

/// An order as answers and events describe it.
struct BinanceOrderForm {
  let order: SimulatedOrder
  let symbol: BinanceSymbol
  let label: BinanceOrderLabel

  init(_ order: SimulatedOrder, _ symbol: BinanceSymbol) {
    self.order = order
    self.symbol = symbol
    label = BinanceOrderLabel(order)
  }

  var lifetime: String {
    switch order.terms.lifetime {
    case .goodTillCancel: "GTC"
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    }
  }

  var side: String { order.terms.side == .buy ? "BUY" : "SELL" }

  /// An order by quote amount counts as one for what it got.
  var quantity: String {
    symbol.quantity(order.terms.quoteQuantity > .zero ? order.executed : order.terms.quantity)
  }

  var quoteQuantity: String { BinanceSymbol.amount(order.terms.quoteQuantity) }
  var executed: String { symbol.quantity(order.executed) }
  var executedNotional: String { BinanceSymbol.amount(order.executedNotional) }

  /// What self-trade prevention took off.
  var prevented: Int64 {
    guard order.closeReason == .selfTrade || order.isOpen, order.terms.quoteQuantity == .zero else {
      return 0
    }
    return order.closeReason == .selfTrade
      ? order.terms.quantity - order.executed
      : order.terms.quantity - order.executed - order.remaining
  }

  var status: String {
    switch order.status {
    case .open: order.executed > 0 ? "PARTIALLY_FILLED" : "NEW"
    case .filled: "FILLED"
    case .canceled where order.closeReason == .canceledByUser: "CANCELED"
    case .canceled where order.closeReason == .selfTrade: "EXPIRED_IN_MATCH"
    case .canceled, .expired: order.closeReason == .selfTrade ? "EXPIRED_IN_MATCH" : "EXPIRED"
    }
  }

  var expiryReason: String? {
    guard !order.isOpen else { return nil }
    switch order.closeReason {
    case .immediateOrCancel: return "UNFILLED_IOC_QUANTITY_EXPIRED"
    case .fillOrKill: return "UNFILLED_FOK_ORDER_EXPIRED"
    case .insufficientLiquidity: return "INSUFFICIENT_LIQUIDITY"
    case .priceBound: return "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"
    case .canceledByVenue, .expired: return "EXCHANGE_CANCELED"
    case .filled, .canceledByUser, .selfTrade, nil: return nil
    }
  }

  // MARK: - Answers

  /// The answer to a new order.
  func placed(
    _ type: BinanceOrderTerms.ResponseType, _ fills: [SimulatedFill], _ time: BinanceTime
  ) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writeNames(&writer, clientOrderID: order.terms.clientOrderID)
    writer.field("transactTime", integer: time.of(order.createdAt))
    guard type != .ack else {
      writer.endObject()
      return writer
    }
    writeState(&writer)
    writer.field("workingTime", integer: time.of(order.createdAt))
    writer.field("selfTradePreventionMode", label.mode)
    writeExtras(&writer)
    if type == .full { write(fills, &writer) }
    writer.endObject()
    return writer
  }

  private func write(_ fills: [SimulatedFill], _ writer: inout JSONWriter) {
    writer.key("fills")
    writer.beginArray()
    for fill in fills {
      writer.beginObject()
      writer.field("price", symbol.price(fill.price))
      writer.field("qty", symbol.quantity(fill.quantity))
      writer.field("commission", BinanceSymbol.amount(fill.fee))
      writer.field("commissionAsset", fill.isFeeInQuote ? symbol.terms.quote : symbol.terms.base)
      writer.field("tradeId", integer: Int64(clamping: fill.tradeID))
      writer.endObject()
    }
    writer.endArray()
  }

  /// The answer to a cancel, which has an id of its own.
  func canceled(cancelID: String, _ time: BinanceTime) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("symbol", symbol.name)
    writer.field("origClientOrderId", order.terms.clientOrderID)
    writer.field("orderId", integer: Int64(clamping: order.id))
    writer.field("orderListId", integer: -1)
    writer.field("clientOrderId", cancelID)
    writer.field("transactTime", integer: time.of(order.updatedAt))
    writeState(&writer)
    writer.field("selfTradePreventionMode", label.mode)
    writeExtras(&writer)
    writer.endObject()
    return writer
  }

  /// The order in answers to queries.
  func queried(_ time: BinanceTime) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writeNames(&writer, clientOrderID: order.terms.clientOrderID)
    writeState(&writer)
    writer.field("stopPrice", symbol.price(0))
    writer.field("icebergQty", symbol.quantity(0))
    writer.field("time", integer: time.of(order.createdAt))
    writer.field("updateTime", integer: time.of(order.updatedAt))
    writer.field("isWorking", bool: true)
    writer.field("workingTime", integer: time.of(order.createdAt))
    writer.field("selfTradePreventionMode", label.mode)
    writeExtras(&writer)
    writer.endObject()
    return writer
  }

  /// The answer to an amendment.
  func amended(_ time: BinanceTime, executionID: Int64) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("transactTime", integer: time.of(order.updatedAt))
    writer.field("executionId", integer: executionID)
    writer.key("amendedOrder")
    writer.beginObject()
    writeNames(&writer, clientOrderID: order.terms.clientOrderID)
    writer.field("price", symbol.price(order.terms.price))
    writer.field("qty", quantity)
    writer.field("executedQty", executed)
    writer.field("preventedQty", symbol.quantity(prevented))
    writer.field("quoteOrderQty", quoteQuantity)
    writer.field("cumulativeQuoteQty", executedNotional)
    writer.field("status", status)
    writer.field("timeInForce", lifetime)
    writer.field("type", label.type)
    writer.field("side", side)
    writer.field("workingTime", integer: time.of(order.createdAt))
    writer.field("selfTradePreventionMode", label.mode)
    writer.endObject()
    writer.endObject()
    return writer
  }

  private func writeNames(_ writer: inout JSONWriter, clientOrderID: String) {
    writer.field("symbol", symbol.name)
    writer.field("orderId", integer: Int64(clamping: order.id))
    writer.field("orderListId", integer: -1)
    writer.field("clientOrderId", clientOrderID)
  }

  private func writeState(_ writer: inout JSONWriter) {
    writer.field("price", symbol.price(order.terms.kind == .limit ? order.terms.price : 0))
    writer.field("origQty", quantity)
    writer.field("executedQty", executed)
    writer.field("origQuoteOrderQty", quoteQuantity)
    writer.field("cummulativeQuoteQty", executedNotional)
    writer.field("status", status)
    writer.field("timeInForce", lifetime)
    writer.field("type", label.type)
    writer.field("side", side)
  }

  private func writeExtras(_ writer: inout JSONWriter) {
    if let id = label.strategyID { writer.field("strategyId", integer: id) }
    if let type = label.strategyType { writer.field("strategyType", integer: type) }
    if prevented > 0 {
      writer.field("preventedMatchId", integer: 0)
      writer.field("preventedQuantity", symbol.quantity(prevented))
    }
    if let expiryReason { writer.field("expiryReason", expiryReason) }
  }
}
