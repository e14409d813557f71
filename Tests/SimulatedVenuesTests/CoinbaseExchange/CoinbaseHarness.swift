import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// A simulated Coinbase Exchange without a network, whose time the test tells.
final class CoinbaseHarness {
  /// The sheet's vectors were made at this second.
  static let start: Int64 = 1_750_000_000_000_000_000

  static let credential: VenueCredential = {
    // The secret of the sheet's vectors: the bytes 0 to 63.
    var credential = VenueCredential(
      key: "0f1e2d3c4b5a69788796a5b4c3d2e1f0", secret: Base64.encode((0..<64).map { UInt8($0) }))
    credential.passphrase = "open sesame"
    credential.permissions = ["view", "trade"]
    return credential
  }()

  let host: VenueHost
  var now = CoinbaseHarness.start

  init(
    hasMarket: Bool = false, credentials: [VenueCredential] = [CoinbaseHarness.credential],
    adjust: (inout VenueServerOptions) -> Void = { _ in }
  ) {
    var options = VenueServerOptions(profile: CoinbaseExchangeProfile.value)
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

  /// The answer; nil if the connection was cut.
  func send(_ request: HTTPRequest) -> HTTPResponse? {
    guard case .respond(let response) = host.handle(request, at: now) else { return nil }
    return response
  }

  func get(_ target: String) throws -> JSONValue {
    let response = try #require(
      send(HTTPRequest(method: "GET", target: target, headers: [("User-Agent", "test")])))
    return try JSONValue(parsing: response.body)
  }

  static func sign(_ prehash: String, _ credential: VenueCredential = CoinbaseHarness.credential)
    -> String
  {
    let key = HMACKey(.sha256, key: Base64.decode(credential.secret) ?? [])
    return Base64.encode(key.sign(Array(prehash.utf8)))
  }

  static func request(
    _ method: String, _ target: String, _ body: String = "", timestamp: String,
    signature: String? = nil, credential: VenueCredential = CoinbaseHarness.credential
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, target: target,
      headers: [
        ("User-Agent", "test"), ("Content-Type", "application/json"),
        ("CB-ACCESS-KEY", credential.key),
        ("CB-ACCESS-SIGN", signature ?? sign(timestamp + method + target + body, credential)),
        ("CB-ACCESS-TIMESTAMP", timestamp), ("CB-ACCESS-PASSPHRASE", credential.passphrase),
      ], body: Array(body.utf8))
  }

  var timestamp: String {
    DecimalText.format(now / 1_000_000, scale: 3, fractionDigits: 3)
  }

  /// A private request, signed now.
  func signed(_ method: String, _ target: String, _ body: String = "") -> HTTPRequest {
    Self.request(method, target, body, timestamp: timestamp)
  }

  func call(_ method: String, _ target: String, _ body: String = "") throws -> JSONValue {
    let response = try #require(send(signed(method, target, body)))
    try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
    return try JSONValue(parsing: response.body)
  }

  /// Status and message of a refused call.
  func refusal(_ method: String, _ target: String, _ body: String = "") throws -> String {
    let response = try #require(send(signed(method, target, body)))
    let message = try JSONValue(parsing: response.body)["message"]?.string ?? "?"
    return "\(response.status) \(message)"
  }

  static let clientID = "3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b"

  static func order(_ fields: String) -> String {
    #"{"product_id":"BTC-USD","client_oid":"\#(clientID)",\#(fields)}"#
  }

  // MARK: WebSocket

  func connect() -> TestSocket {
    let client = TestSocket()
    let transport = VenueSocket.Transport(
      send: { text in
        client.raw.append(String(decoding: text, as: UTF8.self))
        return true
      }, close: { _, _ in client.isClosed = true }, abort: { client.isClosed = true })
    client.socket = host.open(HTTPRequest(method: "GET", target: "/"), transport, at: now)
    return client
  }

  func send(_ text: String, _ client: TestSocket) {
    guard let socket = client.socket else { return }
    host.receive(Array(text.utf8), from: socket, at: now)
  }

  func subscription(_ channels: String, timestamp: String? = nil) -> String {
    let timestamp = timestamp ?? self.timestamp
    let signature = Self.sign("\(timestamp)GET/users/self/verify")
    return #"{"type":"subscribe","product_ids":["BTC-USD"],"channels":[\#(channels)],"#
      + #""signature":"\#(signature)","key":"\#(Self.credential.key)","#
      + #""passphrase":"\#(Self.credential.passphrase)","timestamp":"\#(timestamp)"}"#
  }

  /// A connection that follows some channels, with what came of subscribing taken away.
  func follower(_ channels: String) -> TestSocket {
    let client = connect()
    send(subscription(channels), client)
    client.raw.removeAll()
    return client
  }

  /// Lets another account rest an order, so that there is something to trade with.
  @discardableResult
  func quote(_ side: OrderSide, _ price: Int64, _ quantity: Int64) throws -> SimulatedOrder {
    let maker = exchange.openAccount("maker")
    exchange.deposit(Amount(mantissa: Int64(10_000_000), scale: 0), of: "USD", to: maker)
    exchange.deposit(Amount(mantissa: Int64(100), scale: 0), of: "BTC", to: maker)
    var order = NewOrder(instrument: 0, side: side, kind: .limit)
    order.price = price
    order.quantity = quantity
    let placed = try exchange.place(order, account: maker, at: now)
    host.tick(at: now)
    return placed
  }
}

extension TestSocket {
  /// The messages of one `type`.
  func typed(_ type: String) throws -> [JSONValue] {
    try messages().filter { $0["type"]?.string == type }
  }

  func types() throws -> [String] { try messages().compactMap { $0["type"]?.string } }
}
