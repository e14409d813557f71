internal import RouterCore
internal import Wire

/// New terms for an order as the JSON of `PATCH /v1/orders/{id}` says them.
enum ReplaceRequest {
  private static let fields = ["quantity", "limit_price", "stop_price"]

  /// - Throws: A problem that names the first field at fault and what it should be.
  static func decode(
    _ bytes: [UInt8], of order: OrderView, _ instrument: Instrument
  ) throws(Problem) -> OrderReplaceRequest {
    let body = try RequestBody(bytes, known: fields)
    let type = order.accepted.order.type
    guard let named = fields.first(where: body.has) else {
      throw .invalid("quantity", "name at least one of \(fields.joined(separator: ", "))")
    }
    try requireReplaceable(order, named)
    if body.has("limit_price") && !type.needsLimit {
      throw .invalid("limit_price", "a '\(type.name)' order has none to change")
    }
    if body.has("stop_price") && !type.needsStop {
      throw .invalid("stop_price", "a '\(type.name)' order has none to change")
    }
    if body.has("stop_price") && order.triggered != nil {
      throw .invalid("stop_price", "the order has triggered; its stop price counts no more")
    }
    let priceScale = Int(instrument.priceScale)
    return OrderReplaceRequest(
      requestID: 0, parent: order.accepted.id,
      quantity: try body.has("quantity")
        ? Quantity(mantissa: body.positive("quantity", scale: Int(instrument.quantityScale))) : nil,
      limitPrice: try body.has("limit_price")
        ? Price(mantissa: body.positive("limit_price", scale: priceScale)) : nil,
      stopPrice: try body.has("stop_price")
        ? Price(mantissa: body.positive("stop_price", scale: priceScale)) : nil)
  }

  private static func requireReplaceable(_ order: OrderView, _ field: String) throws(Problem) {
    let timeInForce = order.accepted.order.timeInForce
    guard timeInForce.isLasting || order.isArmed else {
      throw .invalid(
        field,
        "time_in_force '\(timeInForce.name)' is over at once; only gtc and gtd orders and"
          + " stops that have not triggered can be changed")
    }
  }
}
