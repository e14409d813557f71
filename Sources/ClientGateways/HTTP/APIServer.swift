package import Platform
package import RouterCore
internal import Wire

/// The HTTP API `/v1`: routes, authentication and answers.
///
/// It is confined to the thread of its event loop, answers reads from its own copy of the facts
/// and passes everything that changes something to the `RouterPort`.
package final class APIServer {
  package private(set) var model: ReadModel
  let port: any RouterPort
  private let tokens: BearerTokens
  let version: String
  private let now: @Sendable () -> Timestamp
  private var server: HTTPServer?
  /// Client order ids whose first request has not been answered.
  private var inFlight: Set<ShortText> = []

  package init(
    port: any RouterPort, tokens: BearerTokens, version: String, model: ReadModel = ReadModel(),
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.port = port
    self.tokens = tokens
    self.version = version
    self.model = model
    self.now = now
  }

  /// Listens on the loop's thread.
  package func listen(
    on loop: EventLoop, host: String, port: Int, tls: TLSContext?
  ) throws(PlatformError) {
    server = try HTTPServer(
      loop: loop, host: host, port: port, tls: tls, limits: HTTPServerLimits()
    ) { [unowned self] request, exchange in
      handle(request, exchange)
    }
  }

  package var listeningPort: Int { server?.port ?? 0 }

  package func close() { server?.close() }

  /// Folds what has become true into the copy that reads are answered from.
  package func apply(_ facts: [Fact]) {
    for fact in facts { model.apply(fact) }
  }

  // MARK: Routes

  private func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    do throws(Problem) {
      try route(request, exchange)
    } catch {
      var response = error.response
      if error.status == 401 { response.headers.add("WWW-Authenticate", "Bearer") }
      exchange.respond(response)
    }
  }

  private func route(_ request: HTTPRequest, _ exchange: HTTPExchange) throws(Problem) {
    let path = Self.segments(of: request)
    switch (request.method, path.first, path.dropFirst().first) {
    case ("GET", "healthz", nil): respondHealth(exchange)
    case ("GET", "readyz", nil): respondReadiness(exchange)
    case (_, "v1", "orders"): try routeOrders(request, Array(path.dropFirst(2)), exchange)
    case ("POST", "v1", "plans") where path.count == 2:
      try authenticate(request, .read)
      try respondPlan(request, exchange)
    case ("GET", "v1", "executions"):
      try authenticate(request, .read)
      try respondExecutions(request, exchange)
    case ("GET", "v1", "books"):
      try authenticate(request, .read)
      try respondBook(request, symbol: path.dropFirst(2).first, exchange)
    case ("GET", "v1", "venues"):
      try authenticate(request, .read)
      try respondVenues(exchange)
    case ("GET", "v1", "latency") where path.count == 2:
      try authenticate(request, .read)
      try respondLatency(request, exchange)
    case ("GET", "metrics", nil):
      try authenticate(request, .read)
      try respondMetrics(exchange)
    case ("GET", "v1", "positions"):
      try authenticate(request, .read)
      respondPositions(exchange)
    case ("GET", "v1", "balances"):
      try authenticate(request, .read)
      try respondBalances(exchange)
    case ("POST", "v1", "halt"):
      try authenticate(request, .kill)
      try setHalted(true, exchange)
    case ("POST", "v1", "resume"):
      try authenticate(request, .kill)
      try setHalted(false, exchange)
    default: throw .notFound("there is no \(request.method) \(request.path)")
    }
  }

  private static func segments(of request: HTTPRequest) -> [String] {
    request.target.utf8.prefix { $0 != UInt8(ascii: "?") }.split(separator: UInt8(ascii: "/"))
      .map { String(Substring($0)) }
  }

  private func routeOrders(
    _ request: HTTPRequest, _ path: [String], _ exchange: HTTPExchange
  ) throws(Problem) {
    switch (request.method, path.count) {
    case ("POST", 0):
      try authenticate(request, .trade)
      try submit(request, exchange)
    case ("GET", 0):
      try authenticate(request, .read)
      try respondOrders(request, exchange)
    case ("GET", 1):
      try authenticate(request, .read)
      let order = try order(path[0])
      respond(exchange) { renderer, json in renderer.write(order, children: true, to: &json) }
    case ("PATCH", 1):
      try authenticate(request, .trade)
      try replace(try order(path[0]), request, exchange)
    case ("DELETE", 1):
      try authenticate(request, .cancel)
      try cancel(try order(path[0]), exchange)
    case ("GET", 2) where path[1] == "latency":
      try authenticate(request, .read)
      try respondStages(of: try order(path[0]), exchange)
    case ("GET", 2):
      try authenticate(request, .read)
      try respondPart(path[1], of: try order(path[0]), exchange)
    default: throw .notFound("there is no \(request.method) \(request.path)")
    }
  }

  private func authenticate(_ request: HTTPRequest, _ scope: Scope) throws(Problem) {
    _ = try tokens.principal(authorization: request.headers["Authorization"], scope: scope)
  }

  /// An order by its id or, with the prefix `client:`, by the client's own id.
  private func order(_ text: String) throws(Problem) -> OrderView {
    let found: OrderView?
    if text.hasPrefix("client:") {
      found = PercentEncoding.decode(String(text.dropFirst(7))).flatMap {
        model.order(clientOrderID: $0)
      }
    } else {
      found = UInt64(text).flatMap { $0 < 1 << 48 ? model.orders[ParentOrderID($0)] : nil }
    }
    guard let found else { throw .notFound("no order has the id '\(text)'") }
    return found
  }

  // MARK: Changes

  private func submit(_ request: HTTPRequest, _ exchange: HTTPExchange) throws(Problem) {
    try requireReady()
    let order = try OrderRequest.decode(request.body, directory: model.directory, now: now())
    let id = order.clientOrderID
    guard inFlight.insert(id).inserted else {
      throw Problem(
        409, "request-in-flight", title: "The same order is being accepted",
        detail: "wait for the first answer, or ask GET /v1/orders/client:\(id.string)",
        field: "client_order_id")
    }
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.submit(order) { reply in
      server.value.inFlight.remove(id)
      server.value.respond(to: reply, exchange.value)
    }
    guard isTaken else {
      inFlight.remove(id)
      throw Self.busy
    }
  }

  private func cancel(_ order: OrderView, _ exchange: HTTPExchange) throws(Problem) {
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.cancel(order.accepted.id) { reply in
      server.value.respond(to: reply, exchange.value)
    }
    guard isTaken else { throw Self.busy }
  }

  private func replace(
    _ order: OrderView, _ request: HTTPRequest, _ exchange: HTTPExchange
  ) throws(Problem) {
    try requireReady()
    guard let instrument = model.directory.instruments[order.accepted.order.instrument]?.instrument
    else { throw .notFound("the instrument of this order is not known any more") }
    let replacement = try ReplaceRequest.decode(request.body, of: order, instrument)
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.replace(replacement) { reply in
      server.value.respond(to: reply, exchange.value)
    }
    guard isTaken else { throw Self.busy }
  }

  private func setHalted(_ isHalted: Bool, _ exchange: HTTPExchange) throws(Problem) {
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.setHalted(isHalted) { reply in
      server.value.respond(to: reply, exchange.value)
    }
    guard isTaken else { throw Self.busy }
  }

  private func respond(to reply: ClientReply, _ exchange: HTTPExchange) {
    switch reply {
    case .accepted(_, let parent): respond(exchange, parent, status: 201)
    case .repeated(_, let parent): respond(exchange, parent, status: 200)
    case .cancelAccepted(_, let parent), .replaceAccepted(_, let parent):
      respond(exchange, parent, status: 202)
    case .refused(_, let reason): exchange.respond(reason.problem.response)
    case .done:
      let isHalted = model.isHalted
      respond(exchange) { _, json in
        json.beginObject()
        json.field("halted", bool: isHalted)
        json.endObject()
      }
    }
  }

  private func respond(_ exchange: HTTPExchange, _ parent: ParentOrderID, status: Int) {
    guard let order = model.orders[parent] else {
      exchange.respond(Problem.notFound("order \(parent.rawValue) is no longer kept").response)
      return
    }
    respond(exchange, status: status) { renderer, json in
      renderer.write(order, children: true, to: &json)
    }
  }

  private func requireReady() throws(Problem) {
    let readiness = port.readiness
    guard readiness.isReady else {
      throw Problem(
        503, "not-ready", title: "The router is not ready for orders", detail: readiness.reason)
    }
  }

  static let busy = Problem(
    503, "busy", title: "Too many requests are under way",
    detail: "nothing was done; send the request again after a moment")

  // MARK: Reads

  private func respondHealth(_ exchange: HTTPExchange) {
    let version = version
    respond(exchange) { _, json in
      json.beginObject()
      json.field("status", "ok")
      json.field("version", version)
      json.endObject()
    }
  }

  private func respondReadiness(_ exchange: HTTPExchange) {
    let readiness = port.readiness
    respond(exchange, status: readiness.isReady ? 200 : 503) { _, json in
      json.beginObject()
      json.field("ready", bool: readiness.isReady)
      json.field("reason", readiness.reason)
      json.endObject()
    }
  }

  private func respondOrders(_ request: HTTPRequest, _ exchange: HTTPExchange) throws(Problem) {
    let limit = try limit(request, standard: 100)
    let status = request.query.first { $0.name == "status" }?.value
    let model = model
    respond(exchange) { renderer, json in
      json.beginObject()
      json.key("orders")
      json.beginArray()
      var written = 0
      for id in model.orderIDs.reversed() where written < limit {
        guard let order = model.orders[id], matches(order, status) else { continue }
        renderer.write(order, children: false, to: &json)
        written += 1
      }
      json.endArray()
      json.endObject()
    }
  }

  private func matches(_ order: OrderView, _ status: String?) -> Bool {
    switch status {
    case nil: true
    case "open": order.closed == nil
    case "closed": order.closed != nil
    default: order.status == status
    }
  }

  private func respondPart(
    _ part: String, of order: OrderView, _ exchange: HTTPExchange
  ) throws(Problem) {
    let id = order.accepted.order.instrument
    guard let instrument = model.directory.instruments[id]?.instrument else {
      throw .notFound("the instrument of this order is not known any more")
    }
    let executions = model.executions
    switch part {
    case "executions":
      respond(exchange) { renderer, json in
        json.beginObject()
        json.key("executions")
        json.beginArray()
        for execution in executions where execution.fill.child.parent == order.accepted.id {
          renderer.write(execution, to: &json)
        }
        json.endArray()
        json.endObject()
      }
    case "plan":
      respond(exchange) { renderer, json in
        json.beginObject()
        json.key("plans")
        json.beginArray()
        let evidence = PlanEvidenceRenderer(renderer: renderer, instrument: instrument)
        let side = order.accepted.order.side
        for plan in order.plans { evidence.write(plan, side: side, to: &json) }
        json.endArray()
        json.endObject()
      }
    default: throw .notFound("an order has 'executions', 'plan' and 'latency', not '\(part)'")
    }
  }

  private func respondExecutions(_ request: HTTPRequest, _ exchange: HTTPExchange) throws(Problem) {
    let limit = try limit(request, standard: 1000)
    var after = 0
    if let text = request.query.first(where: { $0.name == "after" })?.value {
      guard let number = Int(text), number >= 0 else {
        throw .invalid("after", "must be the number of an execution")
      }
      after = number
    }
    let page = model.executions.lazy.filter { $0.number > after }.prefix(limit)
    let executions = Array(page)
    respond(exchange) { renderer, json in
      json.beginObject()
      json.key("executions")
      json.beginArray()
      for execution in executions { renderer.write(execution, to: &json) }
      json.endArray()
      json.field("next_after", integer: Int64(executions.last?.number ?? after))
      json.endObject()
    }
  }

  private func limit(_ request: HTTPRequest, standard: Int) throws(Problem) -> Int {
    guard let text = request.query.first(where: { $0.name == "limit" })?.value else {
      return standard
    }
    guard let limit = Int(text), (1...10_000).contains(limit) else {
      throw .invalid("limit", "must be a whole number from 1 to 10000")
    }
    return limit
  }

  private func respondBook(
    _ request: HTTPRequest, symbol: String?, _ exchange: HTTPExchange
  ) throws(Problem) {
    guard let symbol, let instrument = model.directory.instrument(symbol: symbol) else {
      throw .notFound("'\(symbol ?? "")' is not traded here")
    }
    var depth = 20
    if let text = request.query.first(where: { $0.name == "depth" })?.value {
      guard let number = Int(text), (1...1000).contains(number) else {
        throw .invalid("depth", "must be a whole number from 1 to 1000")
      }
      depth = number
    }
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.book(instrument.id, depth: depth) { [depth] books in
      server.value.respond(exchange.value) { renderer, json in
        BookRenderer(renderer: renderer, instrument: instrument).write(
          books, depth: depth, to: &json)
      }
    }
    guard isTaken else { throw Self.busy }
  }

  private func respondVenues(_ exchange: HTTPExchange) throws(Problem) {
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.venues { venues in
      server.value.respond(exchange.value) { renderer, json in
        VenueRenderer(renderer: renderer, model: server.value.model).write(venues, to: &json)
      }
    }
    guard isTaken else { throw Self.busy }
  }

  private func respondPositions(_ exchange: HTTPExchange) {
    let positions = model.positions.sorted {
      ($0.key.venue, $0.key.asset) < ($1.key.venue, $1.key.asset)
    }
    respond(exchange) { renderer, json in
      json.beginObject()
      json.key("positions")
      json.beginArray()
      for (key, amount) in positions {
        json.beginObject()
        json.field("venue", renderer.directory.venueName(key.venue))
        json.field("asset", renderer.directory.assetName(key.asset))
        json.field("change", renderer.amount(amount))
        json.endObject()
      }
      json.endArray()
      json.endObject()
    }
  }

  private func respondBalances(_ exchange: HTTPExchange) throws(Problem) {
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.balances { balances in
      server.value.respond(exchange.value) { renderer, json in
        json.beginObject()
        json.key("balances")
        json.beginArray()
        for balance in balances {
          json.beginObject()
          json.field("venue", renderer.directory.venueName(balance.venue))
          json.field("asset", renderer.directory.assetName(balance.asset))
          json.field("available", renderer.amount(balance.available))
          json.field("total", renderer.amount(balance.total))
          json.field("observed_at", renderer.time(balance.observedAt))
          json.endObject()
        }
        json.endArray()
        json.endObject()
      }
    }
    guard isTaken else { throw Self.busy }
  }

  func respond(
    _ exchange: HTTPExchange, status: Int = 200, _ body: (Renderer, inout JSONWriter) -> Void
  ) {
    var json = JSONWriter()
    body(Renderer(directory: model.directory), &json)
    exchange.respond(
      HTTPResponse(
        status: status, reason: Problem.reason(status),
        headers: HTTPHeaders([("Content-Type", "application/json")]), body: json.bytes))
  }
}

/// A value of the API thread that travels through another thread and back.
struct Handed<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}
