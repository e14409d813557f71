internal import Platform
internal import Wire

/// Orders sent to a router's API at intended times, whether or not it keeps up.
///
/// An answer's latency counts from the intended time, so that a router that stands still does not
/// hide what came due meanwhile. Orders alternate between buying and selling.
final class PathLoad {
  struct Terms {
    /// `host` and `port` of the API, without TLS.
    var url: URLParts
    var token: String
    var symbols: [String]
    var ordersPerSecond: Int
    var seconds: Int
    /// Names the orders of this load among others.
    var prefix: String
  }

  struct Result: Sendable {
    var latencies = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: 3)
    var sent = 0
    var accepted = 0
    /// Answers other than 201 by status; 0 stands for no answer.
    var refused: [Int: Int] = [:]
    /// The longest delay with which a request was sent, which its latency includes.
    var latestSend: Int64 = 0
  }

  private static let connections = 32

  private let terms: Terms
  private let loop: EventLoop
  private let client: OrderHTTPClient
  private var result = Result()
  private var outstanding = 0

  init(_ terms: Terms) throws(PlatformError) {
    self.terms = terms
    loop = try EventLoop()
    var options = OrderHTTPOptions()
    options.queueLimit = 1 << 20
    client = OrderHTTPClient(
      loop: loop, connector: Connector(),
      endpoint: Endpoint(host: terms.url.host, port: terms.url.port, tls: nil, proxy: nil),
      lanes: Self.connections, options: options)
    client.warm()
  }

  /// Sends everything and waits for the answers, on the calling thread.
  func run() -> Result {
    waitForConnections()
    let interval = 1_000_000_000 / Int64(terms.ordersPerSecond)
    let count = terms.ordersPerSecond * terms.seconds
    let start = Clock.monotonicNanoseconds() + interval
    while result.sent < count || outstanding > 0 {
      let now = Clock.monotonicNanoseconds()
      while result.sent < count, start + Int64(result.sent) * interval <= now {
        send(result.sent, intendedAt: start + Int64(result.sent) * interval)
      }
      let next = start + Int64(result.sent) * interval
      let wait = result.sent < count ? next - Clock.monotonicNanoseconds() : 50_000_000
      loop.runOnce(timeoutNanoseconds: max(wait, 0))
    }
    client.close()
    return result
  }

  private func waitForConnections() {
    for _ in 0..<200 where client.readyLanes < Self.connections {
      loop.runOnce(timeoutNanoseconds: 5_000_000)
    }
  }

  private func send(_ number: Int, intendedAt: Int64) {
    result.sent += 1
    outstanding += 1
    result.latestSend = max(result.latestSend, Clock.monotonicNanoseconds() - intendedAt)
    client.send(request(number), timeoutMilliseconds: 30_000) { [self] outcome in
      outstanding -= 1
      result.latencies.record(Clock.monotonicNanoseconds() - intendedAt)
      var status = 0
      if case .answered(let response) = outcome { status = response.status }
      if status == 201 { result.accepted += 1 } else { result.refused[status, default: 0] += 1 }
    }
  }

  private func request(_ number: Int) -> HTTPRequest {
    let symbol = terms.symbols[number / 2 % terms.symbols.count]
    var json = JSONWriter(reservingCapacity: 256)
    json.beginObject()
    json.field("client_order_id", "\(terms.prefix)-\(number)")
    json.field("symbol", symbol)
    json.field("side", number % 2 == 0 ? "buy" : "sell")
    json.field("type", "market")
    json.field("time_in_force", "ioc")
    json.field("quantity", Self.quantity(of: symbol))
    json.endObject()
    var request = HTTPRequest(method: "POST", target: "/v1/orders")
    request.headers = HTTPHeaders([
      ("Authorization", "Bearer \(terms.token)"), ("Content-Type", "application/json"),
    ])
    request.body = json.bytes
    return request
  }

  /// Worth some tens of dollars, above every venue's least value.
  private static func quantity(of symbol: String) -> String {
    switch symbol {
    case "BTC-USD": "0.001"
    case "ETH-USD": "0.02"
    default: "0.5"
    }
  }
}
