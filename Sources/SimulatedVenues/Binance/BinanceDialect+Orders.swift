import Simulation
import Wire

/// What changes orders.
extension BinanceDialect {
  func orderResult(of call: BinanceCall) throws(BinanceError) -> JSONWriter {
    switch call.operation {
    case .placeOrder:
      let terms = try terms(call)
      try call.parameters.finish()
      return try place(terms, call)
    case .testOrder: return try test(call)
    case .cancelOrder: return try cancelOrder(call)
    case .cancelOpenOrders: return try cancelOpenOrders(call)
    case .replaceOrder: return try replaceOrder(call)
    default: return try amendOrder(call)
    }
  }

  private func terms(_ call: BinanceCall) throws(BinanceError) -> BinanceOrderTerms {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let terms = try BinanceOrderTerms(call.parameters, symbol, fallbackID: makeID())
    try terms.checkPriceRange(reference: referencePrice(symbol, at: call.now))
    return terms
  }

  private func place(
    _ terms: BinanceOrderTerms, _ call: BinanceCall
  ) throws(BinanceError) -> JSONWriter {
    try gate.checkOrders(call.account, at: call.now)
    let order: SimulatedOrder
    do throws(OrderRefusal) {
      order = try exchange.place(terms.order, account: call.account, at: call.now)
    } catch {
      throw BinanceError(error)
    }
    gate.countOrder(call.account, 1, at: call.now)
    return BinanceOrderForm(order, terms.symbol).placed(
      terms.responseType, exchange.fills(of: order), call.time)
  }

  private func test(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let wantsRates = call.parameters.flag("computeCommissionRates") ?? false
    let terms = try terms(call)
    try call.parameters.finish()
    do throws(OrderRefusal) {
      try exchange.validate(terms.order, account: call.account)
    } catch {
      throw BinanceError(error)
    }
    guard wantsRates else { return Self.emptyObject }
    var writer = JSONWriter()
    writer.beginObject()
    writeRates("ForOrder", withSides: false, &writer)
    writer.endObject()
    return writer
  }

  // MARK: - Finding

  /// The order that the ids of a request name; both must mean the same one.
  func findOrder(
    _ call: BinanceCall, id: String = "orderId", clientID: String = "origClientOrderId",
    _ symbol: BinanceSymbol, absent: BinanceError
  ) throws(BinanceError) -> SimulatedOrder {
    let orderID = try call.parameters.integer(id)
    let clientOrderID = call.parameters[clientID]
    guard orderID != nil || clientOrderID != nil else { throw .eitherMissing(clientID, id) }
    let order =
      if let orderID {
        exchange.order(id: UInt64(orderID))
      } else {
        exchange.order(account: call.account, clientOrderID: clientOrderID ?? "")
      }
    guard let order, order.account == call.account, order.terms.instrument == symbol.instrument
    else { throw absent }
    if let clientOrderID, clientOrderID != order.terms.clientOrderID { throw .mismatch }
    return order
  }

  // MARK: - Cancelling

  private func cancelOrder(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let cancelID = try BinanceOrderTerms.clientOrderID(call.parameters, "newClientOrderId")
    let restriction = try restriction(call)
    let order = try findOrder(call, symbol, absent: .unknownOrder)
    try call.parameters.finish()
    return try cancel(order, restriction, cancelID ?? makeID(), call)
  }

  private func restriction(_ call: BinanceCall) throws(BinanceError) -> String? {
    guard let restriction = call.parameters["cancelRestrictions"] else { return nil }
    guard ["ONLY_NEW", "ONLY_PARTIALLY_FILLED"].contains(restriction) else {
      throw BinanceError(-1102, "Invalid cancelRestrictions.")
    }
    return restriction
  }

  private func cancel(
    _ order: SimulatedOrder, _ restriction: String?, _ cancelID: String, _ call: BinanceCall
  ) throws(BinanceError) -> JSONWriter {
    if let restriction, order.isOpen, (restriction == "ONLY_NEW") != (order.executed == 0) {
      throw .restricted
    }
    do throws(OrderRefusal) {
      cancelIDs[order.id] = cancelID
      let canceled = try exchange.cancel(order.id, account: call.account, at: call.now)
      return BinanceOrderForm(canceled, symbol(of: canceled)).canceled(
        cancelID: cancelID, call.time)
    } catch {
      cancelIDs[order.id] = nil
      throw BinanceError(error)
    }
  }

  private func cancelOpenOrders(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    try call.parameters.finish()
    let orders = exchange.openOrders(call.account, instrument: symbol.instrument)
    guard !orders.isEmpty else { throw .unknownOrder }
    var rows: [JSONWriter] = []
    for order in orders { rows.append(try cancel(order, nil, makeID(), call)) }
    return Self.array(rows)
  }

  // MARK: - Replacing and amending

  private func replaceOrder(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let parameters = call.parameters
    let mode = try parameters.required("cancelReplaceMode")
    guard ["STOP_ON_FAILURE", "ALLOW_FAILURE"].contains(mode) else {
      throw BinanceError(-1102, "Invalid cancelReplaceMode.")
    }
    let cancelID = try BinanceOrderTerms.clientOrderID(parameters, "cancelNewClientOrderId")
    let restriction = try restriction(call)
    _ = parameters["orderRateLimitExceededMode"]
    let terms = try terms(call)
    _ = parameters["cancelOrderId"]
    _ = parameters["cancelOrigClientOrderId"]
    try parameters.finish()
    try gate.checkOrders(call.account, at: call.now)
    let canceled = outcome { () throws(BinanceError) in
      let order = try findOrder(
        call, id: "cancelOrderId", clientID: "cancelOrigClientOrderId", terms.symbol,
        absent: .unknownOrder)
      return try cancel(order, restriction, cancelID ?? makeID(), call)
    }
    if case .failure = canceled, mode == "STOP_ON_FAILURE" {
      gate.countOrder(call.account, 1, at: call.now)
      return try replaced(canceled, nil)
    }
    return try replaced(canceled, outcome { () throws(BinanceError) in try place(terms, call) })
  }

  private func outcome(
    _ body: () throws(BinanceError) -> JSONWriter
  ) -> Result<JSONWriter, BinanceError> {
    do throws(BinanceError) { return .success(try body()) } catch { return .failure(error) }
  }

  /// Both halves of a replacement; unless both went well they stand inside an error.
  private func replaced(
    _ canceled: Result<JSONWriter, BinanceError>, _ placed: Result<JSONWriter, BinanceError>?
  ) throws(BinanceError) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("cancelResult", Self.word(canceled))
    writer.field("newOrderResult", placed.map(Self.word) ?? "NOT_ATTEMPTED")
    Self.write("cancelResponse", canceled, &writer)
    Self.write("newOrderResponse", placed, &writer)
    writer.endObject()
    let successes = [canceled, placed].count { if case .success = $0 { true } else { false } }
    guard successes < 2 else { return writer }
    var error =
      successes == 1
      ? BinanceError(-2021, "Order cancel-replace partially failed.", status: 409)
      : BinanceError(-2022, "Order cancel-replace failed.")
    error.data = writer.bytes
    throw error
  }

  private static func word(_ result: Result<JSONWriter, BinanceError>) -> String {
    if case .success = result { "SUCCESS" } else { "FAILURE" }
  }

  private static func write(
    _ name: String, _ result: Result<JSONWriter, BinanceError>?, _ writer: inout JSONWriter
  ) {
    writer.key(name)
    switch result {
    case .success(let answer): writer.raw(answer.bytes)
    case .failure(let error): write(error, &writer)
    case nil: writer.null()
    }
  }

  /// Reduces an order's quantity; it keeps its id and its place in the queue.
  private func amendOrder(_ call: BinanceCall) throws(BinanceError) -> JSONWriter {
    let symbol = try symbol(named: try call.parameters.required("symbol"))
    let quantity = try BinanceSymbol.read(
      try call.parameters.required("newQty"), "newQty", scale: symbol.terms.quantityScale,
      filter: "LOT_SIZE")
    // The engine keeps the id that an order has, which is what naming none does not promise.
    _ = try BinanceOrderTerms.clientOrderID(call.parameters, "newClientOrderId")
    let order = try findOrder(call, symbol, absent: .noSuchOrder)
    try call.parameters.finish()
    guard order.isOpen, quantity > order.executed, quantity < order.terms.quantity else {
      throw BinanceError(-2038, "Order amend (quantity increase) is not supported.")
    }
    do throws(OrderRefusal) {
      let amended = try exchange.amend(
        order.id, account: call.account, quantity: quantity, at: call.now)
      return BinanceOrderForm(amended, symbol).amended(call.time, executionID: lastExecutionID + 1)
    } catch {
      throw BinanceError(error)
    }
  }
}
