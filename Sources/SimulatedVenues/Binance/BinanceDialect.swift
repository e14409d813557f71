package import Simulation
package import Wire

/// Binance Spot: REST under `/api/v3`, market streams under `/ws` and `/stream`, and the WebSocket
/// API under `/ws-api/v3`, all on one port.
package final class BinanceDialect: VenueDialect {
  let context: VenueContext
  let symbols: [BinanceSymbol]
  var gate: BinanceGate
  var sockets: [VenueSocket] = []
  var books: [BinanceBookFeed]
  /// The ids of cancels, by the order that they end, until the stream has told them.
  var cancelIDs: [UInt64: String] = [:]
  private var madeIDs: UInt64 = 0
  var lastExecutionID: Int64

  package init(context: VenueContext) {
    self.context = context
    gate = BinanceGate(context: context)
    symbols = context.exchange.instruments.enumerated().map { BinanceSymbol($0.offset, $0.element) }
    books = symbols.map { BinanceBookFeed($0) }
    lastExecutionID = context.exchange.now / 1_000_000
  }

  var exchange: SimulatedExchange { context.exchange }

  func symbol(named name: String) throws(BinanceError) -> BinanceSymbol {
    guard let symbol = symbols.first(where: { $0.name == name }) else { throw .invalidSymbol }
    return symbol
  }

  func symbol(of order: SimulatedOrder) -> BinanceSymbol { symbols[order.terms.instrument] }

  /// An id for an order or a cancel that the client has not named.
  func makeID() -> String {
    madeIDs += 1
    var rest = UInt64(bitPattern: exchange.now) &* 0x9E37_79B9_7F4A_7C15 ^ madeIDs &* 0xBF58_476D
    var text: [UInt8] = []
    for _ in 0..<22 {
      text.append(Self.alphabet[Int(rest % 62)])
      rest = rest / 62 ^ madeIDs &* 0x94D0_49BB_1331_11EB
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  // MARK: - HTTP

  package func kind(of request: HTTPRequest) -> RequestKind {
    BinanceEndpoint.rest(request.method, request.path)?.operation.kind ?? .marketData
  }

  package func clientOrderIDs(in request: HTTPRequest) -> [String] {
    guard kind(of: request) == .orderEntry, request.method == "POST",
      let parameters = try? BinanceParameters(request: request)
    else { return [] }
    return [parameters["newClientOrderId"]].compactMap { $0 }
  }

  package func respond(to request: HTTPRequest, at now: Int64) -> HTTPResponse {
    let time = BinanceTime(
      isMicroseconds: request.headers["X-MBX-TIME-UNIT"]?.uppercased() == "MICROSECOND")
    var account = -1
    let response: HTTPResponse
    do throws(BinanceError) {
      guard let endpoint = BinanceEndpoint.rest(request.method, request.path) else {
        throw .unsupported
      }
      let parameters = try BinanceParameters(request: request)
      try gate.count(Self.weight(of: endpoint, parameters), at: now)
      if endpoint.security != .none {
        account = try gate.authorize(
          key: request.headers["X-MBX-APIKEY"], endpoint.security, parameters, at: now)
      }
      let call = BinanceCall(
        operation: endpoint.operation, parameters: parameters, account: account, now: now,
        time: time)
      response = .json(200, try result(of: call).bytes)
      if endpoint.security == .trade { gate.giveBack(endpoint.weight, at: now) }
    } catch {
      response = Self.refusal(error, at: now)
    }
    let counts = kind(of: request) == .orderEntry && response.status == 200
    return withCounters(response, account: counts ? account : nil, at: now)
  }

  /// What a request costs, which may depend on how much it asks for.
  static func weight(of endpoint: BinanceEndpoint, _ parameters: BinanceParameters) -> Int {
    switch endpoint.operation {
    case .depth:
      switch parameters["limit"].flatMap({ Int($0) }) ?? 100 {
      case ...100: 5
      case ...500: 25
      case ...1000: 50
      default: 250
      }
    case .bookTicker, .priceTicker: parameters["symbol"] == nil ? 4 : 2
    case .dayTicker: parameters["symbol"] == nil ? 80 : 2
    case .openOrders: parameters["symbol"] == nil ? 80 : 6
    case .myTrades: parameters["orderId"] == nil ? 20 : 5
    default: endpoint.weight
    }
  }

  private func withCounters(
    _ response: HTTPResponse, account: Int?, at now: Int64
  ) -> HTTPResponse {
    var response = response
    let used = "\(gate.usedWeight(at: now))"
    response.headers.add("X-MBX-USED-WEIGHT", used)
    response.headers.add("X-MBX-USED-WEIGHT-1M", used)
    if let account {
      let counts = gate.orderCounts(account, at: now)
      response.headers.add("X-MBX-ORDER-COUNT-10S", "\(counts.short)")
      response.headers.add("X-MBX-ORDER-COUNT-1D", "\(counts.day)")
    }
    return response
  }

  static func refusal(_ error: BinanceError, at now: Int64) -> HTTPResponse {
    var writer = JSONWriter()
    write(error, &writer)
    var response = HTTPResponse.json(error.status, writer.bytes)
    if let retryAt = error.retryAt {
      let seconds = max(1, (retryAt - now + 999_999_999) / 1_000_000_000)
      response.headers.add("Retry-After", "\(seconds)")
    }
    return response
  }

  static func write(_ error: BinanceError, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("code", integer: Int64(error.code))
    writer.field("msg", error.message)
    if let data = error.data {
      writer.key("data")
      writer.raw(data)
    }
    writer.endObject()
  }

  package func failure(_ failure: VenueFailure, of request: HTTPRequest) -> HTTPResponse {
    Self.refusal(error(failure), at: exchange.now)
  }

  func error(_ failure: VenueFailure) -> BinanceError {
    switch failure {
    case .serverError: .timeout
    case .tooManyRequests(let milliseconds):
      BinanceGate.tooManyRequests(retryAt: exchange.now + milliseconds * 1_000_000)
    case .banned(let milliseconds):
      BinanceGate.banned(until: exchange.now + milliseconds * 1_000_000)
    }
  }

  package func reset(at now: Int64) {
    sockets = []
    cancelIDs = [:]
    books = symbols.map { BinanceBookFeed($0) }
    gate.reset()
  }

  // MARK: - Operations

  /// The result of a request that has passed the gate.
  func result(of call: BinanceCall) throws(BinanceError) -> JSONWriter {
    switch call.operation {
    case .ping, .time, .exchangeInfo, .depth, .trades, .aggregateTrades, .averagePrice, .dayTicker,
      .priceTicker, .bookTicker:
      return try publicResult(of: call)
    case .placeOrder, .testOrder, .cancelOrder, .cancelOpenOrders, .replaceOrder, .amendOrder:
      return try orderResult(of: call)
    case .order, .openOrders, .allOrders, .myTrades, .account, .commission, .orderCounts, .coins,
      .marginPairs:
      return try accountResult(of: call)
    case .retired: throw .gone
    }
  }

  static let emptyObject: JSONWriter = {
    var writer = JSONWriter()
    writer.beginObject()
    writer.endObject()
    return writer
  }()

  static func array(_ rows: [JSONWriter]) -> JSONWriter {
    var writer = JSONWriter()
    writer.beginArray()
    for row in rows { writer.raw(row.bytes) }
    writer.endArray()
    return writer
  }
}
