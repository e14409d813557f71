package import Simulation
package import Wire

/// Kraken Spot: REST under `/0` and the WebSocket API v2, public and private on one port.
package final class KrakenDialect: VenueDialect {
  let context: VenueContext
  let pairs: [KrakenPair]
  var gate: KrakenGate
  var sockets: [VenueSocket] = []
  var books: [KrakenBook] = []
  /// What has last been told about each pair's status.
  var toldStatus: [InstrumentStatus] = []
  /// Dead-man switches, by account: when all orders are to be cancelled.
  var cancelAllAt: [Int: Int64] = [:]

  package init(context: VenueContext) {
    self.context = context
    gate = KrakenGate(context: context)
    pairs = context.exchange.instruments.enumerated().map { KrakenPair($0.offset, $0.element) }
    toldStatus = pairs.map { _ in .online }
  }

  var exchange: SimulatedExchange { context.exchange }

  func pair(named name: String) -> KrakenPair? { pairs.first { $0.isNamed(name) } }

  func pair(of order: SimulatedOrder) -> KrakenPair { pairs[order.terms.instrument] }

  // MARK: HTTP

  package func kind(of request: HTTPRequest) -> RequestKind {
    guard let method = Self.method(request.path, "/0/private/") else { return .marketData }
    switch method {
    case "AddOrder", "AddOrderBatch", "AmendOrder", "EditOrder": return .orderEntry
    case "CancelOrder", "CancelOrderBatch", "CancelAll", "CancelAllOrdersAfter": return .cancel
    case "GetWebSocketsToken": return .session
    default: return .query
    }
  }

  package func clientOrderIDs(in request: HTTPRequest) -> [String] {
    let method = Self.method(request.path, "/0/private/")
    guard method == "AddOrder" || method == "AddOrderBatch",
      let parameters = KrakenParameters(
        body: request.body, contentType: request.headers["Content-Type"])
    else { return [] }
    guard method == "AddOrderBatch" else { return [parameters["cl_ord_id"]].compactMap { $0 } }
    return (parameters.value("orders")?.array ?? []).compactMap { $0["cl_ord_id"]?.text }
  }

  package func respond(to request: HTTPRequest, at now: Int64) -> HTTPResponse {
    do throws(KrakenError) {
      if let method = Self.method(request.path, "/0/public/") {
        return Self.answer(try publicResult(method, request, at: now))
      }
      if let method = Self.method(request.path, "/0/private/") {
        guard request.method == "POST" else { throw .unknownMethod }
        return Self.answer(try privateResult(method, request, at: now))
      }
      throw .unknownMethod
    } catch {
      return Self.refusal(error)
    }
  }

  static func method(_ path: String, _ prefix: String) -> String? {
    path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
  }

  private static func answer(_ result: JSONWriter) -> HTTPResponse {
    .json(200, Array(#"{"error":[],"result":"#.utf8) + result.bytes + Array("}".utf8))
  }

  private static func refusal(_ error: KrakenError) -> HTTPResponse {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("error")
    writer.beginArray()
    writer.string(error.text)
    writer.endArray()
    writer.endObject()
    return .json(200, writer.bytes)
  }

  package func failure(_ failure: VenueFailure, of request: HTTPRequest) -> HTTPResponse {
    switch failure {
    case .serverError:
      // What stands before the API answers for it, in HTML.
      HTTPResponse(
        status: 520, reason: "Unknown Error", headers: [("Content-Type", "text/html")],
        body: Array("<html><body>520: Web server is returning an unknown error</body></html>".utf8))
    case .tooManyRequests:
      Self.refusal(kind(of: request) == .orderEntry ? .orderRateLimit : .rateLimit)
    case .banned: Self.refusal(.lockout)
    }
  }

  package func reset(at now: Int64) {
    sockets = []
    books = []
    cancelAllAt = [:]
    gate.reset()
  }
}
