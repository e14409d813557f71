import Platform
import Testing
import Wire

/// What is left behind once a connection has ended: nothing.
struct LifetimeTests {
  private let harness: LoopHarness

  init() throws {
    harness = try LoopHarness()
  }

  @Test func `both ends of a closed WebSocket are let go`() throws {
    let accepted = Box<WebSocketServerConnection?>(nil)
    let server = try HTTPServer(loop: harness.loop, port: 0) { _, exchange in
      exchange.upgrade { accepted.value = $0 }
    }
    let url = try #require(URLParts("ws://127.0.0.1:\(server.port)/"))
    var client: WebSocketClient? = WebSocketClient(
      loop: harness.loop, connector: harness.connector, url: url, tls: nil)
    var closes = 0
    client?.onClose = { _ in closes += 1 }
    client?.connect()
    try harness.run { client?.isOpen == true && accepted.value != nil }
    weak let formerClient = client
    weak let formerConnection = accepted.value
    client?.close()
    client = nil
    accepted.value = nil
    try harness.run { closes == 1 && server.connectionCount == 0 }
    try harness.run { formerClient == nil && formerConnection == nil }
  }

  @Test func `an order client let go closes its lanes`() throws {
    let server = try RawServer(harness.loop)
    var client: OrderHTTPClient? = OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(host: "127.0.0.1", port: server.port), lanes: 2)
    client?.warm()
    try harness.run { client?.readyLanes == 2 && server.peers.count == 2 }
    weak let former = client
    client = nil
    #expect(former == nil)
    try harness.run { server.peers.allSatisfy(\.isClosed) }
  }

  @Test func `a server let go closes its connections and its port`() throws {
    var server: HTTPServer? = try HTTPServer(loop: harness.loop, port: 0) { _, _ in }
    let port = try #require(server?.port)
    let client = try RawClient(harness, port: port)
    try harness.run { server?.connectionCount == 1 }
    weak let former = server
    server = nil
    #expect(former == nil)
    try harness.run { client.hasEnded }
    #expect(throws: PlatformError.self) {
      try harness.connect(Endpoint(host: "127.0.0.1", port: port)).get()
    }
  }

  @Test func `requests of an order client let go still get their outcomes`() throws {
    let server = try RawServer(harness.loop)
    var client: OrderHTTPClient? = OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(host: "127.0.0.1", port: server.port), lanes: 1)
    var outcomes: [String] = []
    for _ in 0..<2 {
      client?.send(HTTPRequest(method: "GET", target: "/"), timeoutMilliseconds: 10_000) {
        switch $0 {
        case .answered: outcomes.append("answered")
        case .notSent: outcomes.append("not sent")
        case .unknown: outcomes.append("unknown")
        }
      }
    }
    try harness.run { server.peers.first?.received.isEmpty == false }
    client = nil
    try harness.run { outcomes.count == 2 }
    harness.settle(milliseconds: 20)
    #expect(outcomes.sorted() == ["not sent", "unknown"])
  }
}
