import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// A Binance without a network, whose time the test tells.
final class BinanceHarness {
  static let start: Int64 = 1_790_000_000_000_000_000

  /// Key and secret of the venue's published signature examples.
  static let credential = VenueCredential(
    key: "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")

  let host: VenueHost
  var now: Int64

  init(
    now: Int64 = BinanceHarness.start, hasMarket: Bool = false,
    credentials: [VenueCredential] = [BinanceHarness.credential],
    adjust: (inout VenueServerOptions) -> Void = { _ in }
  ) {
    self.now = now
    var options = VenueServerOptions(profile: BinanceProfile.value)
    options.hasMarket = hasMarket
    adjust(&options)
    host = VenueHost(options: options, credentials: credentials, stateLog: nil, now: now)
  }

  var exchange: SimulatedExchange { host.context.exchange }

  func advance(milliseconds: Int64) {
    now += milliseconds * 1_000_000
    host.tick(at: now)
  }

  // MARK: HTTP

  func send(_ request: HTTPRequest) -> HTTPResponse? {
    guard case .respond(let response) = host.handle(request, at: now) else { return nil }
    return response
  }

  func json(_ request: HTTPRequest) throws -> JSONValue {
    try JSONValue(parsing: try #require(send(request)).body)
  }

  func get(_ path: String, _ query: String = "") throws -> JSONValue {
    try json(HTTPRequest(method: "GET", target: path + (query.isEmpty ? "" : "?" + query)))
  }

  static func sign(_ text: String, _ credential: VenueCredential = credential) -> String {
    Hex.encode(HMACKey(.sha256, key: Array(credential.secret.utf8)).sign(Array(text.utf8)))
  }

  func signed(
    _ verb: String, _ path: String, _ query: String = "",
    credential: VenueCredential = BinanceHarness.credential
  ) -> HTTPRequest {
    let query = (query.isEmpty ? "" : query + "&") + "timestamp=\(now / 1_000_000)"
    return HTTPRequest(
      method: verb, target: "\(path)?\(query)&signature=\(Self.sign(query, credential))",
      headers: [("X-MBX-APIKEY", credential.key)])
  }

  func call(_ verb: String, _ path: String, _ query: String = "") throws -> JSONValue {
    try json(signed(verb, path, query))
  }

  func place(_ query: String) throws -> JSONValue { try call("POST", "/api/v3/order", query) }

  func code(_ verb: String, _ path: String, _ query: String = "") throws -> Int64? {
    try call(verb, path, query)["code"]?.int64
  }

  // MARK: WebSocket

  func connect(_ target: String) -> TestSocket {
    let client = TestSocket()
    let transport = VenueSocket.Transport(
      send: { text in
        client.raw.append(String(decoding: text, as: UTF8.self))
        return true
      }, close: { _, _ in client.isClosed = true }, abort: { client.isClosed = true })
    client.socket = host.open(HTTPRequest(method: "GET", target: target), transport, at: now)
    return client
  }

  func send(_ text: String, _ client: TestSocket) {
    guard let socket = client.socket else { return }
    host.receive(Array(text.utf8), from: socket, at: now)
  }

  /// Sends a signed call of the WebSocket API and returns its answer.
  func api(
    _ client: TestSocket, _ method: String, _ members: [(String, String)] = []
  ) throws -> JSONValue {
    var all = members + [("apiKey", Self.credential.key), ("timestamp", "\(now / 1_000_000)")]
    all.sort { $0.0 < $1.0 }
    let text = all.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    all.append(("signature", Self.sign(text)))
    let params = all.map { name, value in
      name == "timestamp" ? "\"\(name)\":\(value)" : "\"\(name)\":\"\(value)\""
    }.joined(separator: ",")
    send(#"{"id":"\#(method)","method":"\#(method)","params":{\#(params)}}"#, client)
    return try #require(try client.messages().last { $0["id"]?.string == method })
  }

  /// A connection to the API that follows the account.
  func userStream() throws -> TestSocket {
    let client = connect("/ws-api/v3")
    let answer = try api(client, "userDataStream.subscribe.signature")
    #expect(answer["result"]?["subscriptionId"]?.int64 == 0)
    client.raw.removeAll()
    return client
  }

  /// Lets another account rest an order, so that there is something to trade with.
  func quote(_ side: OrderSide, _ price: Int64, _ quantity: Int64) throws {
    let maker = exchange.openAccount("maker")
    exchange.deposit(Amount(mantissa: Int64(10_000_000), scale: 0), of: "USDT", to: maker)
    exchange.deposit(Amount(mantissa: Int64(100), scale: 0), of: "BTC", to: maker)
    var order = NewOrder(instrument: 0, side: side, kind: .limit)
    order.price = price
    order.quantity = quantity
    _ = try exchange.place(order, account: maker, at: now)
    host.tick(at: now)
  }
}

extension TestSocket {
  /// The events of the user data stream.
  func events(_ type: String) throws -> [JSONValue] {
    try messages().compactMap { $0["event"] }.filter { $0["e"]?.string == type }
  }
}
