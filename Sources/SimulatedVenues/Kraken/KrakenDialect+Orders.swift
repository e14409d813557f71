import Simulation
import Wire

/// What both interfaces do to orders, and the private REST methods that do it.
extension KrakenDialect {
  func orderResult(
    _ method: String, _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter,
    at now: Int64
  ) throws(KrakenError) {
    switch method {
    case "AddOrder": try addOrder(account, parameters, &writer, at: now)
    case "AddOrderBatch": try addOrders(account, parameters, &writer, at: now)
    case "AmendOrder": try amendOrder(account, parameters, &writer, at: now)
    case "CancelOrder": try cancelOrder(account, parameters, &writer, at: now)
    case "CancelOrderBatch": try cancelOrders(account, parameters, &writer, at: now)
    case "CancelAll": writeCount(try cancelAll(account, at: now), &writer)
    case "CancelAllOrdersAfter": try armCancelAll(account, parameters, &writer, at: now)
    default: throw .unknownMethod
    }
  }

  // MARK: Placing

  /// Reads, counts, checks and places an order; nil if it was only to be validated.
  func place(
    _ terms: KrakenOrderTerms, account: Int
  ) throws(KrakenError) -> (terms: NewOrder, order: SimulatedOrder?) {
    try gate.countOrder(account, terms.pair.instrument, cost: 1, at: terms.now)
    let order = try terms.read()
    return try submit(order, account, validateOnly: terms.parameters.flag("validate"), terms.now)
  }

  func submit(
    _ order: NewOrder, _ account: Int, validateOnly: Bool, _ now: Int64
  ) throws(KrakenError) -> (terms: NewOrder, order: SimulatedOrder?) {
    do throws(OrderRefusal) {
      if validateOnly {
        try exchange.validate(order, account: account)
        return (order, nil)
      }
      return (order, try exchange.place(order, account: account, at: now))
    } catch {
      throw KrakenError(error)
    }
  }

  private func addOrder(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    guard let pair = parameters["pair"].flatMap({ pair(named: $0) }) else { throw .unknownPair }
    let terms = KrakenOrderTerms(names: .rest, parameters: parameters, pair: pair, now: now)
    let placed = try place(terms, account: account)
    writer.beginObject()
    writer.key("descr")
    writer.beginObject()
    writer.field("order", KrakenOrderForm.description(placed.terms, pair))
    writer.endObject()
    if let order = placed.order {
      writer.key("txid")
      writer.beginArray()
      writer.string(KrakenIdentifier.order(order.id))
      writer.endArray()
      if !order.terms.clientOrderID.isEmpty {
        writer.field("cl_ord_id", order.terms.clientOrderID)
      }
    }
    writer.endObject()
  }

  private func addOrders(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    guard let pair = parameters["pair"].flatMap({ pair(named: $0) }) else { throw .unknownPair }
    let rows = parameters.value("orders")?.array ?? []
    let orders = try readBatch(rows, pair, .rest, account, at: now)
    let validateOnly = parameters.flag("validate")
    writer.beginObject()
    writer.key("orders")
    writer.beginArray()
    for order in orders {
      writer.beginObject()
      do throws(KrakenError) {
        let placed = try submit(order, account, validateOnly: validateOnly, now)
        writer.key("descr")
        writer.beginObject()
        writer.field("order", KrakenOrderForm.description(order, pair))
        writer.endObject()
        if let order = placed.order { writer.field("txid", KrakenIdentifier.order(order.id)) }
      } catch {
        writer.field("error", error.text)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  /// Reads a whole batch; one order that cannot be read refuses all.
  func readBatch(
    _ rows: [JSONValue], _ pair: KrakenPair, _ names: KrakenOrderTerms.Names, _ account: Int,
    at now: Int64
  ) throws(KrakenError) -> [NewOrder] {
    guard (2...15).contains(rows.count) else { throw .invalidArguments("orders") }
    try gate.countOrder(account, pair.instrument, cost: Double(rows.count) / 2, at: now)
    var orders: [NewOrder] = []
    for row in rows {
      let terms = KrakenOrderTerms(
        names: names, parameters: KrakenParameters(row), pair: pair, now: now)
      orders.append(try terms.read())
    }
    return orders
  }

  // MARK: Finding and cancelling

  /// The open orders that ids of any kind stand for; none is an unknown order.
  func openOrder(_ account: Int, orderID: String?, clientOrderID: String?) throws(KrakenError)
    -> SimulatedOrder
  {
    var order: SimulatedOrder?
    if let orderID {
      order = KrakenIdentifier.parseOrder(orderID).flatMap { exchange.order(id: $0) }
    }
    if order == nil, let clientOrderID {
      order = exchange.order(account: account, clientOrderID: clientOrderID)
    }
    guard let order, order.account == account, order.isOpen else { throw .unknownOrder }
    return order
  }

  func openOrders(_ account: Int, userReference: Int64) -> [SimulatedOrder] {
    // Zero stands for an order that has none.
    guard userReference != 0 else { return [] }
    return exchange.openOrders(account).filter { $0.terms.userReference == userReference }
  }

  func cancel(_ order: SimulatedOrder, at now: Int64) throws(KrakenError) {
    let cost = KrakenGate.cancelCost(ageNanoseconds: now - order.createdAt)
    try gate.countOrder(order.account, order.terms.instrument, cost: cost, at: now)
    do throws(OrderRefusal) {
      try exchange.cancel(order.id, account: order.account, at: now)
    } catch {
      throw KrakenError(error)
    }
  }

  func cancelAll(_ account: Int, at now: Int64) throws(KrakenError) -> Int {
    var count = 0
    for order in exchange.openOrders(account) {
      do throws(OrderRefusal) {
        try exchange.cancel(order.id, account: account, at: now)
        count += 1
      } catch {
        throw KrakenError(error)
      }
    }
    return count
  }

  private func cancelOrder(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    let text = parameters["txid"] ?? parameters["userref"]
    var orders: [SimulatedOrder] = []
    if let reference = text.flatMap({ Int32($0) }), parameters["cl_ord_id"] == nil {
      orders = openOrders(account, userReference: Int64(reference))
      guard !orders.isEmpty else { throw .unknownOrder }
    } else {
      guard text != nil || parameters["cl_ord_id"] != nil else { throw .invalidArguments("txid") }
      orders = [
        try openOrder(account, orderID: text, clientOrderID: parameters["cl_ord_id"])
      ]
    }
    for order in orders { try cancel(order, at: now) }
    writeCount(orders.count, &writer)
  }

  private func cancelOrders(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    let orderIDs = parameters.list("orders")
    let clientIDs = parameters.list("cl_ord_ids")
    guard (1...50).contains(orderIDs.count + clientIDs.count) else {
      throw .invalidArguments("orders")
    }
    var count = 0
    for id in orderIDs {
      guard let order = try? openOrder(account, orderID: id, clientOrderID: nil) else { continue }
      try cancel(order, at: now)
      count += 1
    }
    for id in clientIDs {
      guard let order = try? openOrder(account, orderID: nil, clientOrderID: id) else { continue }
      try cancel(order, at: now)
      count += 1
    }
    writeCount(count, &writer)
  }

  private func writeCount(_ count: Int, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("count", integer: Int64(count))
    writer.field("pending", bool: false)
    writer.endObject()
  }

  // MARK: The dead-man switch

  private func armCancelAll(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    let trigger = try setCancelAll(account, parameters, at: now)
    writer.beginObject()
    writer.field("currentTime", RFC3339.format(now, fractionDigits: 0))
    writer.field("triggerTime", trigger.map { RFC3339.format($0, fractionDigits: 0) } ?? "0")
    writer.endObject()
  }

  /// When all orders of the account will be cancelled; nil if the switch is off.
  func setCancelAll(
    _ account: Int, _ parameters: KrakenParameters, at now: Int64
  ) throws(KrakenError) -> Int64? {
    guard let seconds = parameters["timeout"].flatMap({ Int64($0) }), (0..<86_400).contains(seconds)
    else { throw .invalidArguments("timeout") }
    cancelAllAt[account] = seconds == 0 ? nil : now + seconds * 1_000_000_000
    return cancelAllAt[account]
  }

  func fireCancelAll(at now: Int64) {
    for (account, due) in cancelAllAt where due <= now {
      // A halted market keeps the switch armed until it can cancel.
      if (try? cancelAll(account, at: now)) != nil { cancelAllAt[account] = nil }
    }
  }

  // MARK: Amending

  private func amendOrder(
    _ account: Int, _ parameters: KrakenParameters, _ writer: inout JSONWriter, at now: Int64
  ) throws(KrakenError) {
    let order = try openOrder(
      account, orderID: parameters["txid"], clientOrderID: parameters["cl_ord_id"])
    let amendmentID = try amend(order, parameters, at: now)
    writer.beginObject()
    writer.field("amend_id", amendmentID)
    writer.endObject()
  }

  func amend(
    _ order: SimulatedOrder, _ parameters: KrakenParameters, at now: Int64
  ) throws(KrakenError) -> String {
    let pair = pair(of: order)
    let cost = KrakenGate.amendCost(ageNanoseconds: now - order.updatedAt)
    try gate.countOrder(order.account, pair.instrument, cost: cost, at: now)
    try KrakenDeadline.check(parameters, isSocket: false, at: now)
    var quantity: Int64?
    if let text = parameters["order_qty"] {
      guard let parsed = KrakenOrderTerms.truncated(text, pair) else {
        throw .invalidArguments("order_qty")
      }
      quantity = parsed
    }
    var price: Int64?
    if let text = parameters["limit_price"] {
      guard let parsed = DecimalText.parse(text, scale: pair.terms.priceScale), parsed > 0 else {
        throw .invalidArguments("limit_price")
      }
      price = parsed
    }
    guard price != nil || quantity != nil else { throw .invalidArguments("order_qty") }
    do throws(OrderRefusal) {
      try exchange.amend(
        order.id, account: order.account, price: price, quantity: quantity,
        postOnly: parameters.flag("post_only"), at: now)
    } catch {
      throw KrakenError(error)
    }
    return KrakenIdentifier.amendment(order.id, at: now)
  }
}
