internal import Platform
internal import RouterCore
internal import Wire

/// `GET /v1/latency`, `GET /v1/orders/{id}/latency` and `GET /metrics`.
extension APIServer {
  func respondLatency(_ request: HTTPRequest, _ exchange: HTTPExchange) throws(Problem) {
    let isLog = try wantsLog(request)
    let isInterval = try wantsInterval(request, standard: isLog)
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.metrics { view in
      guard let latency = view.latency else {
        return exchange.value.respond(Self.unmeasured.response)
      }
      guard let window = isInterval ? latency.interval : latency.run else {
        return exchange.value.respond(Self.noInterval(latency.intervalSeconds).response)
      }
      server.value.respond(exchange.value, view, latency, window, isLog: isLog)
    }
    guard isTaken else { throw Self.busy }
  }

  private func respond(
    _ exchange: HTTPExchange, _ view: MetricsView, _ latency: LatencyView,
    _ window: LatencyView.Window, isLog: Bool
  ) {
    guard isLog else {
      return respond(exchange) { renderer, json in
        LatencyRenderer(renderer: renderer).write(view, latency, window, to: &json)
      }
    }
    let directory = model.directory
    let log = HistogramLog(
      startNanoseconds: window.start.nanoseconds,
      comments: ["Sluice: nanoseconds of stages, by venue and stage"],
      intervals: window.intervals { directory.venues[$0] })
    respond(exchange, text: log.text(), type: "text/plain; charset=utf-8")
  }

  private func respond(_ exchange: HTTPExchange, text: [UInt8], type: String) {
    exchange.respond(
      HTTPResponse(
        status: 200, reason: Problem.reason(200), headers: HTTPHeaders([("Content-Type", type)]),
        body: text))
  }

  private func wantsLog(_ request: HTTPRequest) throws(Problem) -> Bool {
    switch request.query.first(where: { $0.name == "format" })?.value {
    case "hlog": return true
    case "json": return false
    case nil: return request.headers["Accept"]?.hasPrefix("text/plain") ?? false
    default: throw .invalid("format", "must be 'json' or 'hlog'")
    }
  }

  private func wantsInterval(
    _ request: HTTPRequest, standard: Bool
  ) throws(Problem) -> Bool {
    switch request.query.first(where: { $0.name == "window" })?.value {
    case "interval": return true
    case "run": return false
    case nil: return standard
    default: throw .invalid("window", "must be 'run' or 'interval'")
    }
  }

  private static let unmeasured = Problem.notFound(
    "latencies are not measured: the settings say latency.enabled false")

  private static func noInterval(_ seconds: Int64) -> Problem {
    .notFound(
      "no interval of \(seconds) s has ended yet; ask for window=run, or again later")
  }

  func respondStages(of order: OrderView, _ exchange: HTTPExchange) throws(Problem) {
    let id = order.accepted.id
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.stages(of: id) { stages in
      guard let stages else {
        let problem = Problem.notFound(
          "the stages of order \(id.rawValue) are not kept: only those of recent orders of this"
            + " run are, and only if the settings do not say latency.enabled false")
        return exchange.value.respond(problem.response)
      }
      server.value.respond(exchange.value) { renderer, json in
        LatencyRenderer(renderer: renderer).write(stages, to: &json)
      }
    }
    guard isTaken else { throw Self.busy }
  }

  func respondMetrics(_ exchange: HTTPExchange) throws(Problem) {
    let (server, exchange) = (Handed(self), Handed(exchange))
    let isTaken = port.metrics { view in
      let server = server.value
      let metrics = RouterMetrics(
        view: view, model: server.model, version: server.version,
        isReady: server.port.readiness.isReady)
      server.respond(
        exchange.value, text: metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
    guard isTaken else { throw Self.busy }
  }
}
