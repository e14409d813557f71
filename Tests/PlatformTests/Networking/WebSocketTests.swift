import Platform
import Testing
import Wire

/// The client and the server end, speaking to each other.
struct WebSocketTests {
  private let harness: LoopHarness

  init() throws {
    harness = try LoopHarness()
  }

  /// A server that upgrades everything, the client, and what both heard.
  private final class Pair {
    let server: HTTPServer
    let client: WebSocketClient
    var accepted: WebSocketServerConnection?
    var clientHeard: [[UInt8]] = []
    var serverHeard: [[UInt8]] = []
    var closures: [WebSocketClosure] = []
    var serverCloses = 0

    init(
      _ harness: LoopHarness, secure: Bool = false, client: WebSocketOptions = WebSocketOptions(),
      server: WebSocketOptions = .server
    ) throws {
      let box = Box<Pair?>(nil)
      self.server = try HTTPServer(
        loop: harness.loop, port: 0, tls: secure ? TestAuthority.server() : nil
      ) { _, exchange in
        exchange.upgrade(options: server) { box.value?.accept($0) }
      }
      let url = try #require(
        URLParts("\(secure ? "wss" : "ws")://127.0.0.1:\(self.server.port)/stream?a=b"))
      self.client = WebSocketClient(
        loop: harness.loop, connector: harness.connector, url: url,
        tls: secure ? try TestAuthority.client() : nil, options: client)
      box.value = self
      self.client.onMessage = { [unowned self] bytes, _, _ in clientHeard.append(Array(bytes)) }
      self.client.onClose = { [unowned self] in closures.append($0) }
    }

    func accept(_ connection: WebSocketServerConnection) {
      accepted = connection
      connection.onMessage = { [unowned self, unowned connection] bytes, isText in
        serverHeard.append(Array(bytes))
        if isText { connection.send(text: Array(bytes)) }
      }
      connection.onClose = { [unowned self] in serverCloses += 1 }
    }

    func open(_ harness: LoopHarness) throws {
      client.connect()
      try harness.run { client.isOpen && accepted != nil }
    }
  }

  @Test(arguments: [false, true], [1, 125, 126, 65_535, 65_536, 1_000_000])
  func `messages of every size come back as they were sent`(secure: Bool, size: Int) throws {
    var options = WebSocketOptions()
    options.maximumBufferedBytes = 16 << 20
    let pair = try Pair(harness, secure: secure, client: options, server: options)
    try pair.open(harness)
    let message = (0..<size).map { UInt8(97 + $0 % 26) }
    #expect(pair.client.send(text: message) != .notSent)
    pair.client.send(text: Array("next".utf8))
    try harness.run { pair.clientHeard.count == 2 }
    #expect(pair.clientHeard == [message, Array("next".utf8)])
  }

  @Test func `a small message on a free connection is sent at once`() throws {
    let pair = try Pair(harness, secure: true)
    #expect(pair.client.send(text: [65]) == .notSent)
    try pair.open(harness)
    #expect(pair.client.send(text: [65]) == .sent)
    try harness.run { pair.serverHeard == [[65]] }
  }

  @Test func `a message carries the time at which it was read`() throws {
    let pair = try Pair(harness)
    var stamp: Int64 = 0
    pair.client.onMessage = { _, _, at in stamp = at }
    try pair.open(harness)
    let before = Clock.monotonicNanoseconds()
    pair.client.send(text: [65])
    try harness.run { stamp != 0 }
    #expect(before <= stamp && stamp <= Clock.monotonicNanoseconds())
    #expect(pair.client.lastReceivedNanoseconds == stamp)
  }

  @Test func `pings are answered with their own payload, both ways`() throws {
    let pair = try Pair(harness)
    var pongs: [[UInt8]] = []
    pair.client.onPong = { pongs.append(Array($0)) }
    try pair.open(harness)
    try #require(pair.accepted).onPong = { pongs.append(Array($0) + [0]) }
    pair.client.ping([1, 2, 3])
    pair.accepted?.ping([4, 5])
    try harness.run { pongs.count == 2 }
    #expect(pongs.contains([1, 2, 3]) && pongs.contains([4, 5, 0]))
  }

  @Test func `our own pings bring pongs while nothing else is said`() throws {
    var options = WebSocketOptions()
    options.pingIntervalMilliseconds = 10
    options.readTimeoutMilliseconds = 15_000
    let pair = try Pair(harness, client: options)
    var pongs = 0
    pair.client.onPong = { _ in pongs += 1 }
    try pair.open(harness)
    try harness.run { pongs >= 30 }
    #expect(pair.client.isOpen && pair.closures.isEmpty)
  }

  @Test func `a connection on which nothing arrives is given up`() throws {
    var options = WebSocketOptions()
    options.readTimeoutMilliseconds = 60
    let pair = try Pair(harness, client: options)
    try pair.open(harness)
    try harness.run { !pair.closures.isEmpty }
    #expect(!pair.closures[0].wasClean && pair.closures[0].code == nil)
    #expect(pair.closures[0].error?.detail.contains("60 ms") == true)
    try harness.run { pair.serverCloses == 1 }
  }

  @Test(arguments: [false, true])
  func `a close by the client is answered, and both sides end cleanly`(secure: Bool) throws {
    let pair = try Pair(harness, secure: secure)
    try pair.open(harness)
    pair.client.close(code: 4_001, reason: "enough")
    #expect(pair.client.send(text: [65]) == .notSent)
    try harness.run { pair.serverCloses == 1 && pair.closures.count == 1 }
    #expect(pair.closures[0].wasClean && pair.closures[0].code == 4_001)
    let closure = try #require(pair.accepted?.closure)
    #expect(closure.wasClean && closure.code == 4_001 && closure.reason == "enough")
    harness.settle(milliseconds: 30)
    #expect(pair.closures.count == 1 && pair.server.connectionCount == 0)
  }

  @Test func `a close by the server reaches the client with code and reason`() throws {
    let pair = try Pair(harness)
    try pair.open(harness)
    pair.accepted?.close(code: 1_012, reason: "restart")
    try harness.run { pair.closures.count == 1 && pair.serverCloses == 1 }
    #expect(pair.closures[0].wasClean)
    #expect(pair.closures[0].code == 1_012 && pair.closures[0].reason == "restart")
  }

  @Test func `a connection that breaks is no clean close, and may be opened again`() throws {
    let pair = try Pair(harness)
    for attempt in 1...3 {
      pair.accepted = nil
      try pair.open(harness)
      pair.accepted?.abort()
      try harness.run { pair.closures.count == attempt }
      #expect(!pair.closures[attempt - 1].wasClean)
    }
  }

  @Test func `connecting anew inside the callback of the close is allowed`() throws {
    let pair = try Pair(harness)
    try pair.open(harness)
    var closes = 0
    pair.client.onClose = { [unowned pair] _ in
      closes += 1
      if closes == 1 { pair.client.connect() }
    }
    pair.accepted?.close()
    try harness.run { closes == 1 && pair.client.isOpen }
  }

  @Test func `an attempt given up before it is open ends with one close`() throws {
    let pair = try Pair(harness)
    pair.client.connect()
    pair.client.close()
    pair.client.close()
    try harness.run { pair.closures.count == 1 }
    harness.settle()
    #expect(pair.closures.count == 1 && !pair.client.isOpen)
  }

  @Test func `a message larger than allowed ends the connection with 1009`() throws {
    let pair = try Pair(harness)
    try pair.open(harness)
    pair.client.send(text: [UInt8](repeating: 65, count: 70_000))
    try harness.run { pair.closures.count == 1 && pair.serverCloses == 1 }
    #expect(pair.closures[0].code == 1_009)
    #expect(pair.serverHeard.isEmpty)
  }

  @Test func `text that is not UTF-8 ends the connection with 1007`() throws {
    let pair = try Pair(harness)
    try pair.open(harness)
    pair.client.send(text: [0xff])
    try harness.run { pair.closures.count == 1 }
    #expect(pair.closures[0].code == 1_007 && pair.serverHeard.isEmpty)
  }

  @Test func `messages to a peer that does not read are refused at the bound`() throws {
    var options = WebSocketOptions.server
    options.writeTimeoutMilliseconds = 100
    let pair = try Pair(harness, server: options)
    try pair.open(harness)
    let accepted = try #require(pair.accepted)
    let message = [UInt8](repeating: 65, count: 100_000)
    var sent = 0
    // The loop does not turn, so the client does not read.
    while sent < 1_000, accepted.send(text: message) { sent += 1 }
    #expect(sent < 1_000)
    #expect(accepted.bufferedBytes <= options.maximumBufferedBytes)
    try harness.run { pair.clientHeard.count == sent }
    #expect(accepted.isOpen)
  }

  @Test func `a refusal names its status`() throws {
    let server = try HTTPServer(loop: harness.loop, port: 0) { _, exchange in
      exchange.respond(HTTPResponse(status: 429, body: Array("slow down".utf8)))
    }
    let closure = try refusal(port: server.port)
    #expect(closure.refusedStatus == 429)
    #expect(closure.error?.detail.contains("slow down") == true)
  }

  @Test func `no server is an error`() throws {
    let server = try RawServer(harness.loop)
    let port = server.port
    server.stopListening()
    #expect(try refusal(port: port).error != nil)
  }

  @Test func `a secure address without TLS is never spoken to in the clear`() throws {
    let server = try RawServer(harness.loop)
    let url = try #require(URLParts("wss://127.0.0.1:\(server.port)/"))
    let client = WebSocketClient(
      loop: harness.loop, connector: harness.connector, url: url, tls: nil)
    var closure: WebSocketClosure?
    client.onClose = { closure = $0 }
    client.connect()
    try harness.run { closure != nil }
    harness.settle(milliseconds: 30)
    #expect(closure?.error != nil && server.peers.isEmpty)
  }

  @Test func `a request that is no handshake is refused`() throws {
    let pair = try Pair(harness)
    let client = try RawClient(harness, port: pair.server.port)
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try harness.run { client.text.hasPrefix("HTTP/1.1 426 ") }
  }

  @Test func `the server agrees to a protocol both know`() throws {
    var options = WebSocketOptions()
    options.protocols = ["v9", "v2"]
    var known = WebSocketOptions.server
    known.protocols = ["v1", "v2"]
    let pair = try Pair(harness, client: options, server: known)
    try pair.open(harness)
    #expect(pair.closures.isEmpty)
  }

  @Test func `a closing server says that it is going away`() throws {
    let pair = try Pair(harness)
    try pair.open(harness)
    pair.server.close()
    try harness.run { pair.closures.count == 1 }
    #expect(pair.closures[0].code == 1_001)
  }

  private func refusal(port: Int) throws -> WebSocketClosure {
    let url = try #require(URLParts("ws://127.0.0.1:\(port)/"))
    let client = WebSocketClient(
      loop: harness.loop, connector: harness.connector, url: url, tls: nil)
    var closure: WebSocketClosure?
    client.onOpen = { Issue.record("opened") }
    client.onClose = { closure = $0 }
    client.connect()
    try harness.run { closure != nil }
    return try #require(closure)
  }
}
