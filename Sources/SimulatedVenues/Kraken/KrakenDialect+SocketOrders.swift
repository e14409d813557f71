import Simulation
import Wire

/// Order entry over the WebSocket.
extension KrakenDialect {
  func handleOrderCall(
    _ call: KrakenCall, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    guard let permission = Self.permission(of: call.method) else {
      throw KrakenError("Method not supported")
    }
    let credential = try gate.credential(token: call.parameters["token"], at: now)
    guard Self.grants(credential, permission) else { throw .permissionDenied }
    let account = context.account(of: credential)
    switch call.method {
    case "add_order": try addOrder(call, account, socket, at: now)
    case "batch_add": try addBatch(call, account, socket, at: now)
    case "amend_order": try amendOrder(call, account, socket, at: now)
    case "cancel_order": try cancelOrders(call, account, socket, at: now)
    case "batch_cancel": try cancelBatch(call, account, socket, at: now)
    case "cancel_all":
      let count = try cancelAll(account, at: now)
      send(
        call.acknowledgement { $0.field("count", integer: Int64(count)) }, to: socket, at: now)
    default: try armCancelAll(call, account, socket, at: now)
    }
  }

  private static func permission(of method: String) -> String? {
    switch method {
    case "add_order", "batch_add", "amend_order": KrakenPermission.modifyTrades
    case "cancel_order", "batch_cancel", "cancel_all", "cancel_all_orders_after":
      KrakenPermission.closeTrades
    default: nil
    }
  }

  private func pair(of call: KrakenCall) throws(KrakenError) -> KrakenPair {
    guard let name = call.parameters["symbol"] else { throw .invalidArguments("symbol") }
    guard let pair = pairs.first(where: { $0.symbol == name }) else { throw .unknownPair }
    return pair
  }

  private func addOrder(
    _ call: KrakenCall, _ account: Int, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let terms = KrakenOrderTerms(
      names: .socket, parameters: call.parameters, pair: try pair(of: call), now: now)
    let placed = try place(terms, account: account)
    let bytes = call.acknowledgement { writer in
      if let order = placed.order {
        writer.field("order_id", KrakenIdentifier.order(order.id))
      }
      writeIdentity(placed.terms, &writer)
      writer.key("warnings")
      writer.raw("[]")
    }
    send(bytes, to: socket, at: now)
  }

  private func writeIdentity(_ terms: NewOrder, _ writer: inout JSONWriter) {
    if !terms.clientOrderID.isEmpty { writer.field("cl_ord_id", terms.clientOrderID) }
    if terms.userReference != 0 { writer.field("order_userref", integer: terms.userReference) }
  }

  private func addBatch(
    _ call: KrakenCall, _ account: Int, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let pair = try pair(of: call)
    try KrakenDeadline.check(call.parameters, isSocket: true, at: now)
    let orders = try readBatch(call.orders, pair, .socket, account, at: now)
    let validateOnly = call.parameters.flag("validate")
    let bytes = call.listAcknowledgement { writer in
      for order in orders {
        writer.beginObject()
        do throws(KrakenError) {
          let placed = try submit(order, account, validateOnly: validateOnly, now)
          if let order = placed.order {
            writer.field("order_id", KrakenIdentifier.order(order.id))
          }
          writeIdentity(order, &writer)
          writer.field("success", bool: true)
        } catch {
          writer.field("error", error.text)
          writer.field("success", bool: false)
        }
        writer.endObject()
      }
    }
    send(bytes, to: socket, at: now)
  }

  private func amendOrder(
    _ call: KrakenCall, _ account: Int, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let order = try openOrder(
      account, orderID: call.parameters["order_id"], clientOrderID: call.parameters["cl_ord_id"])
    let amendmentID = try amend(order, call.parameters, at: now)
    let bytes = call.acknowledgement { writer in
      writer.field("amend_id", amendmentID)
      writer.field("order_id", KrakenIdentifier.order(order.id))
      if !order.terms.clientOrderID.isEmpty {
        writer.field("cl_ord_id", order.terms.clientOrderID)
      }
    }
    send(bytes, to: socket, at: now)
  }

  /// One answer per order, all with the same request id.
  private func cancelOrders(
    _ call: KrakenCall, _ account: Int, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let orderIDs = call.parameters.list("order_id")
    let clientIDs = call.parameters.list("cl_ord_id")
    let references = call.parameters.list("order_userref")
    guard !orderIDs.isEmpty || !clientIDs.isEmpty || !references.isEmpty else {
      throw .invalidArguments("order_id")
    }
    for id in orderIDs {
      cancel(call, socket, at: now) { () throws(KrakenError) in
        try openOrder(account, orderID: id, clientOrderID: nil)
      }
    }
    for id in clientIDs {
      cancel(call, socket, at: now) { () throws(KrakenError) in
        try openOrder(account, orderID: nil, clientOrderID: id)
      }
    }
    for reference in references {
      let orders = openOrders(account, userReference: Int64(reference) ?? 0)
      if orders.isEmpty { send(call.refusal(.unknownOrder), to: socket, at: now) }
      for order in orders {
        cancel(call, socket, at: now) { () throws(KrakenError) in order }
      }
    }
  }

  private func cancel(
    _ call: KrakenCall, _ socket: VenueSocket, at now: Int64,
    _ find: () throws(KrakenError) -> SimulatedOrder
  ) {
    do throws(KrakenError) {
      let order = try find()
      try cancel(order, at: now)
      let bytes = call.acknowledgement { writer in
        writer.field("order_id", KrakenIdentifier.order(order.id))
        writeIdentity(order.terms, &writer)
        writer.key("warnings")
        writer.raw("[]")
      }
      send(bytes, to: socket, at: now)
    } catch {
      send(call.refusal(error), to: socket, at: now)
    }
  }

  private func cancelBatch(
    _ call: KrakenCall, _ account: Int, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let ids = call.parameters.list("orders")
    let clientIDs = call.parameters.list("cl_ord_id")
    guard (1...50).contains(ids.count + clientIDs.count) else { throw .invalidArguments("orders") }
    var count = 0
    for (id, isClient) in ids.map({ ($0, false) }) + clientIDs.map({ ($0, true) }) {
      guard
        let order = try? openOrder(
          account, orderID: isClient ? nil : id, clientOrderID: id)
      else { continue }
      try cancel(order, at: now)
      count += 1
    }
    let bytes = call.acknowledgement { $0.field("count", integer: Int64(count)) }
    send(bytes, to: socket, at: now)
  }

  private func armCancelAll(
    _ call: KrakenCall, _ account: Int, _ socket: VenueSocket, at now: Int64
  ) throws(KrakenError) {
    let trigger = try setCancelAll(account, call.parameters, at: now)
    let bytes = call.acknowledgement { writer in
      writer.field("currentTime", RFC3339.format(now, fractionDigits: 0))
      writer.field("triggerTime", trigger.map { RFC3339.format($0, fractionDigits: 0) } ?? "0")
    }
    send(bytes, to: socket, at: now)
  }
}
