package import Simulation
package import Wire

/// Coinbase Exchange: REST at the root, and the WebSocket feed on the same port.
package final class CoinbaseExchangeDialect: VenueDialect {
  let context: VenueContext
  let products: [CoinbaseProduct]
  var gate: CoinbaseGate
  var sockets: [VenueSocket] = []
  /// The number of each product's last public message.
  var sequences: [Int64]
  /// What has last been told about each product's status.
  var toldStatus: [InstrumentStatus]
  /// Changes that wait for the next 50 ms of `level2_batch`.
  var batches: [CoinbaseBatch]
  /// What each open order had left when the feed last spoke of it.
  var toldRemaining: [UInt64: Int64] = [:]
  /// Orders that were refused after the engine had given them a name.
  var rejected: [UInt64: CoinbaseRejection] = [:]

  package init(context: VenueContext) {
    self.context = context
    gate = CoinbaseGate(context: context)
    products = context.exchange.instruments.enumerated().map {
      CoinbaseProduct(instrument: $0.offset, terms: $0.element)
    }
    sequences = products.map { Int64(clamping: context.exchange.bookSequence($0.instrument)) }
    toldStatus = products.map { _ in .online }
    batches = products.map { _ in CoinbaseBatch() }
  }

  var exchange: SimulatedExchange { context.exchange }

  func product(_ id: String?) -> CoinbaseProduct? { products.first { $0.id == id } }

  // MARK: Sorting requests

  package func kind(of request: HTTPRequest) -> RequestKind {
    let path = Self.path(request)
    switch path.first {
    case "products", "currencies", "time": return .marketData
    case "orders" where request.method == "POST": return .orderEntry
    case "orders" where request.method == "DELETE": return .cancel
    default: return .query
    }
  }

  package func clientOrderIDs(in request: HTTPRequest) -> [String] {
    guard kind(of: request) == .orderEntry, let body = try? JSONValue(parsing: request.body),
      let id = body["client_oid"]?.string
    else { return [] }
    return [id]
  }

  static func path(_ request: HTTPRequest) -> [String] {
    request.path.split(separator: "/").map { PercentEncoding.decode(String($0)) ?? String($0) }
  }

  // MARK: Answering

  package func respond(to request: HTTPRequest, at now: Int64) -> HTTPResponse {
    do throws(CoinbaseError) {
      guard request.headers["User-Agent"]?.isEmpty == false else {
        throw CoinbaseError(400, "User-Agent header is required.")
      }
      if let answer = try publicAnswer(request, at: now) { return answer }
      return try privateAnswer(request, at: now)
    } catch {
      return error.response
    }
  }

  static func answer(
    _ headers: [(String, String)] = [], _ write: (inout JSONWriter) -> Void
  ) -> HTTPResponse {
    var writer = JSONWriter()
    write(&writer)
    var response = HTTPResponse.json(200, writer.bytes)
    for (name, value) in headers { response.headers.add(name, value) }
    return response
  }

  package func failure(_ failure: VenueFailure, of request: HTTPRequest) -> HTTPResponse {
    switch failure {
    case .serverError: Self.page(502, "Bad Gateway")
    case .tooManyRequests:
      (kind(of: request) == .marketData
        ? CoinbaseError.publicRateLimit : CoinbaseError.privateRateLimit).response
    case .banned: Self.page(403, "Forbidden")
    }
  }

  /// What stands before the API answers in HTML.
  private static func page(_ status: Int, _ words: String) -> HTTPResponse {
    HTTPResponse(
      status: status, reason: words, headers: [("Content-Type", "text/html")],
      body: Array("<html><head><title>\(status) \(words)</title></head></html>".utf8))
  }

  package func reset(at now: Int64) {
    sockets = []
    toldRemaining = [:]
    rejected = [:]
    batches = products.map { _ in CoinbaseBatch() }
    gate.reset()
  }
}
