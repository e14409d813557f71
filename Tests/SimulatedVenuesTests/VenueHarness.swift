import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// A venue without a network, whose time the test tells.
final class VenueHarness {
  static let start: Int64 = 1_790_000_000_000_000_000

  /// The key of Kraken's published signature vector.
  static let credential: VenueCredential = {
    var credential = VenueCredential(
      key: "the-key",
      secret:
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==")
    credential.permissions = KrakenPermission.trading
    return credential
  }()

  let host: VenueHost
  var now = VenueHarness.start
  private var nonce: UInt64 = 1_700_000_000_000

  init(
    hasMarket: Bool = false, credentials: [VenueCredential] = [VenueHarness.credential],
    stateLog: StateLog? = nil, adjust: (inout VenueServerOptions) -> Void = { _ in }
  ) {
    var options = VenueServerOptions(profile: KrakenProfile.value)
    options.hasMarket = hasMarket
    adjust(&options)
    host = VenueHost(options: options, credentials: credentials, stateLog: stateLog, now: now)
  }

  var exchange: SimulatedExchange { host.context.exchange }

  func advance(milliseconds: Int64) {
    now += milliseconds * 1_000_000
    host.tick(at: now)
  }

  // MARK: HTTP

  /// The JSON body of an answer; nil if the connection was cut.
  func json(_ request: HTTPRequest) throws -> JSONValue? {
    guard case .respond(let response) = host.handle(request, at: now) else { return nil }
    return try JSONValue(parsing: response.body)
  }

  func outcome(_ request: HTTPRequest) -> Int? {
    guard case .respond(let response) = host.handle(request, at: now) else { return nil }
    return response.status
  }

  func get(_ method: String, _ query: String = "") throws -> JSONValue? {
    let target = "/0/public/" + method + (query.isEmpty ? "" : "?" + query)
    return try json(HTTPRequest(method: "GET", target: target))?["result"]
  }

  func signed(
    _ method: String, _ fields: String = "", credential: VenueCredential = VenueHarness.credential
  ) -> HTTPRequest {
    nonce += 1
    let body = "nonce=\(nonce)" + (fields.isEmpty ? "" : "&" + fields)
    return Self.request(
      "/0/private/" + method, "\(nonce)", body, credential: credential)
  }

  /// A private request, signed as the protocol sheet says.
  static func request(
    _ path: String, _ nonce: String, _ body: String, credential: VenueCredential
  ) -> HTTPRequest {
    let key = HMACKey(.sha512, key: Base64.decode(credential.secret) ?? [])
    let inner = Digest.sha256(Array(nonce.utf8) + Array(body.utf8))
    let sign = Base64.encode(key.sign(Array(path.utf8) + inner))
    return HTTPRequest(
      method: "POST", target: path,
      headers: [
        ("API-Key", credential.key), ("API-Sign", sign),
        ("Content-Type", "application/x-www-form-urlencoded"),
      ],
      body: Array(body.utf8))
  }

  /// The result of a private call.
  func call(_ method: String, _ fields: String = "") throws -> JSONValue {
    let answer = try #require(try json(signed(method, fields)))
    let result = try #require(answer["result"], "\(answer)")
    return result
  }

  /// The first error of a private call.
  func refusal(_ method: String, _ fields: String = "") throws -> String? {
    try json(signed(method, fields))?["error"]?[0]?.string
  }

  // MARK: WebSocket

  func connect() -> TestSocket {
    let client = TestSocket()
    let transport = VenueSocket.Transport(
      send: { text in
        client.raw.append(String(decoding: text, as: UTF8.self))
        return true
      }, close: { _, _ in client.isClosed = true }, abort: { client.isClosed = true })
    client.socket = host.open(
      HTTPRequest(method: "GET", target: "/v2"), transport, at: now)
    return client
  }

  func send(_ text: String, _ client: TestSocket) {
    guard let socket = client.socket else { return }
    host.receive(Array(text.utf8), from: socket, at: now)
  }

  func token() throws -> String {
    try #require(try call("GetWebSocketsToken")["token"]?.string)
  }

  /// A connection that has subscribed to its executions, with the token to trade with.
  func trader() throws -> (TestSocket, String) {
    let client = connect()
    let token = try token()
    send(
      #"{"method":"subscribe","params":{"channel":"executions","token":"\#(token)"},"req_id":1}"#,
      client)
    client.raw.removeAll()
    return (client, token)
  }

  /// Lets another account rest an order, so that there is something to trade with.
  func quote(_ side: OrderSide, _ price: Int64, _ quantity: Int64) throws {
    let maker = exchange.openAccount("maker")
    exchange.deposit(Amount(mantissa: Int64(10_000_000), scale: 0), of: "USD", to: maker)
    exchange.deposit(Amount(mantissa: Int64(100), scale: 0), of: "BTC", to: maker)
    var order = NewOrder(instrument: 0, side: side, kind: .limit)
    order.price = price
    order.quantity = quantity
    _ = try exchange.place(order, account: maker, at: now)
    host.tick(at: now)
  }
}

/// The client's end of a WebSocket that is not there.
final class TestSocket {
  var socket: VenueSocket?
  var raw: [String] = []
  var isClosed = false

  func messages() throws -> [JSONValue] { try raw.map { try JSONValue(parsing: $0) } }

  func channel(_ name: String) throws -> [JSONValue] {
    try messages().filter { $0["channel"]?.string == name }
  }

  func answers(_ method: String) throws -> [JSONValue] {
    try messages().filter { $0["method"]?.string == method }
  }
}
