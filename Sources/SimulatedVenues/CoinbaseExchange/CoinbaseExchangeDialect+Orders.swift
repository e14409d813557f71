import Simulation
import Wire

// Placing, cancelling and looking up orders.
extension CoinbaseExchangeDialect {
  func place(
    _ request: HTTPRequest, _ account: Int, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse {
    guard let body = try? JSONValue(parsing: request.body), body.members != nil else {
      throw CoinbaseError(400, "Invalid JSON")
    }
    guard let product = product(body["product_id"]?.string) else {
      throw CoinbaseError(400, "Product not found")
    }
    let terms = try CoinbaseOrderTerms(body: body, product: product, now: now).read()
    let form = CoinbaseOrderForm(product: product)
    do throws(OrderRefusal) {
      let order = try exchange.place(terms, account: account, at: now)
      return Self.answer { form.accepted(order, &$0) }
    } catch {
      guard error == .wouldTake else { throw CoinbaseError(error) }
      return reject(terms, account, form, at: now)
    }
  }

  /// A crossing post-only order is taken and then refused.
  ///
  /// Whether the venue says so here, with a 4xx or on the feed only is not settled; this is the
  /// form that a client is least ready for.
  private func reject(
    _ terms: NewOrder, _ account: Int, _ form: CoinbaseOrderForm, at now: Int64
  ) -> HTTPResponse {
    let rejection = CoinbaseRejection(terms: terms, account: account, reason: "post only")
    // Beyond every number that the exchange gives, below the bit of the market's own orders.
    let id = 1 << 61 | UInt64(rejected.count)
    rejected[id] = rejection
    return Self.answer { form.rejected(id: id, rejection, at: now, &$0) }
  }

  // MARK: Finding

  /// The order that a path names: `{id}` or `client:{client_oid}`.
  private func find(_ name: String, _ account: Int) throws(CoinbaseError) -> SimulatedOrder {
    if name.hasPrefix("client:") {
      let clientOrderID = String(name.dropFirst("client:".count))
      guard let order = exchange.order(account: account, clientOrderID: clientOrderID) else {
        throw .unknownOrder
      }
      return order
    }
    guard let id = CoinbaseIdentifier.parseOrder(name) else {
      throw CoinbaseError(400, "Invalid order id")
    }
    guard let order = exchange.order(id: id), order.account == account else { throw .unknownOrder }
    return order
  }

  /// Whether the venue has forgotten the order: cancelled without a fill.
  private func isPurged(_ order: SimulatedOrder) -> Bool { !order.isOpen && order.executed == 0 }

  func orderAnswer(_ name: String, _ account: Int) throws(CoinbaseError) -> HTTPResponse {
    let order = try find(name, account)
    guard !isPurged(order) else { throw .notFound }
    let form = CoinbaseOrderForm(product: products[order.terms.instrument])
    return Self.answer { form.state(order, &$0) }
  }

  func orderList(_ account: Int, _ fields: FormFields) throws(CoinbaseError) -> HTTPResponse {
    let words = fields.pairs.filter { $0.name == "status" }.map(\.value)
    for word in words
    where !["open", "pending", "active", "done", "settled", "received", "all"].contains(word) {
      throw .invalid("status")
    }
    if let id = fields["product_id"], product(id) == nil { throw .notFound }
    let wantsOpen =
      words.isEmpty || words.contains { $0 == "all" || $0 == "open" || $0 == "received" }
    let wantsDone = words.contains { $0 == "all" || $0 == "done" || $0 == "settled" }
    let rows = exchange.orders.reversed().filter { order in
      order.account == account && (order.isOpen ? wantsOpen : wantsDone) && !isPurged(order)
        && (fields["product_id"].map { products[order.terms.instrument].id == $0 } ?? true)
    }
    let page = try CoinbasePage(fields).select(rows) { $0.id }
    return Self.answer(page.headers) { writer in
      writer.beginArray()
      for order in page.rows {
        CoinbaseOrderForm(product: products[order.terms.instrument]).state(order, &writer)
      }
      writer.endArray()
    }
  }

  // MARK: Cancelling

  func cancel(
    _ name: String, _ account: Int, _ fields: FormFields, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse {
    let order = try find(name, account)
    if let id = fields["product_id"], products[order.terms.instrument].id != id {
      throw .unknownOrder
    }
    guard order.isOpen else { throw isPurged(order) ? .unknownOrder : .alreadyDone }
    try cancel(order, at: now)
    return Self.answer { $0.string(CoinbaseIdentifier.order(order.id)) }
  }

  private func cancel(_ order: SimulatedOrder, at now: Int64) throws(CoinbaseError) {
    do throws(OrderRefusal) {
      try exchange.cancel(order.id, account: order.account, at: now)
    } catch {
      throw CoinbaseError(error)
    }
  }

  func cancelAll(
    _ account: Int, _ fields: FormFields, at now: Int64
  ) throws(CoinbaseError) -> HTTPResponse {
    let product = product(fields["product_id"])
    if fields["product_id"] != nil, product == nil { throw .notFound }
    var canceled: [String] = []
    for order in exchange.openOrders(account, instrument: product?.instrument) {
      try cancel(order, at: now)
      canceled.append(CoinbaseIdentifier.order(order.id))
    }
    return Self.answer { writer in
      writer.beginArray()
      for id in canceled { writer.string(id) }
      writer.endArray()
    }
  }
}
