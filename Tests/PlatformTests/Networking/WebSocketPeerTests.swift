import Platform
import Testing
import Wire

/// Each end against peers that break the rules.
struct WebSocketPeerTests {
  private let harness: LoopHarness

  init() throws {
    harness = try LoopHarness()
  }

  // MARK: The client

  /// A client whose server sends `bytes` behind its answer.
  private final class Scripted {
    let server: RawServer
    let client: WebSocketClient
    var heard: [[UInt8]] = []
    var closures: [WebSocketClosure] = []

    init(
      _ harness: LoopHarness, options: WebSocketOptions = WebSocketOptions(),
      answer: @escaping (_ accept: String) -> [UInt8]
    ) throws {
      server = try RawServer(harness.loop)
      let url = try #require(URLParts("ws://127.0.0.1:\(server.port)/"))
      client = WebSocketClient(
        loop: harness.loop, connector: harness.connector, url: url, tls: nil, options: options)
      server.onPeer = { peer in
        peer.onBytes = { peer in
          guard let key = Self.key(peer.text) else { return }
          peer.onBytes = nil
          peer.received = []
          peer.send(answer(WebSocketHandshake.acceptValue(key: key, sha1: Digest.sha1)))
        }
      }
      client.onMessage = { [unowned self] bytes, _, _ in heard.append(Array(bytes)) }
      client.onClose = { [unowned self] in closures.append($0) }
      client.connect()
    }

    private static func key(_ request: String) -> String? {
      let name = "Sec-WebSocket-Key: "
      guard request.hasSuffix("\r\n\r\n") else { return nil }
      let line = request.split(separator: "\r\n").first { $0.hasPrefix(name) }
      return line.map { String($0.dropFirst(name.count)) }
    }
  }

  private static func accept(_ value: String) -> [UInt8] {
    Array(
      ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: \(value)\r\n\r\n").utf8)
  }

  private static func frame(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], mask: UInt32? = nil, fin: Bool = true
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    WebSocketEncoder.frame(opcode, payload, mask: mask, fin: fin, into: &bytes)
    return bytes
  }

  @Test func `frames that come with the handshake's answer are heard after the opening`() throws {
    let scripted = try Scripted(harness) {
      Self.accept($0) + Self.frame(.text, [1]) + Self.frame(.text, [2])
    }
    var openedFirst = false
    scripted.client.onOpen = { openedFirst = scripted.heard.isEmpty }
    try harness.run { scripted.heard == [[1], [2]] }
    #expect(openedFirst)
  }

  @Test func `a message in many fragments with pings between them is one message`() throws {
    let part = [UInt8](repeating: 97, count: 50_000)
    var bytes = Self.frame(.binary, part, fin: false)
    for index in 0..<30 {
      bytes += Self.frame(.ping, [UInt8(index)])
      bytes += Self.frame(.continuation, part, fin: false)
    }
    bytes += Self.frame(.continuation, [])
    let scripted = try Scripted(harness) { Self.accept($0) }
    try harness.run { scripted.client.isOpen }
    var rest = bytes[...]
    try harness.run {
      let result = rest.withUnsafeBytes { scripted.server.peers[0].stream.write($0) }
      if case .wrote(let count) = result { rest = rest.dropFirst(count) }
      return rest.isEmpty
    }
    try harness.run { !scripted.heard.isEmpty }
    #expect(scripted.heard.map(\.count) == [31 * 50_000])
    // Every ping was answered, masked, with its own payload.
    try harness.run { scripted.server.peers[0].received.count == 30 * 7 }
    let answers = Array(scripted.server.peers[0].received)
    for index in 0..<30 {
      let pong = answers[index * 7..<index * 7 + 7].map { $0 }
      #expect(pong[0] == 0x8a && pong[1] == 0x81 && pong[6] ^ pong[2] == UInt8(index))
    }
  }

  @Test(
    arguments: [
      [0x81, 0x81, 0, 0, 0, 0, 65],  // masked
      [0x83, 0x00],  // an unknown opcode
      [0xc1, 0x01, 65],  // a reserved bit
      [0x89, 0x7e, 0, 126],  // a long ping
      [0x09, 0x00],  // a ping in fragments
      [0x80, 0x00],  // a continuation of nothing
      [0x88, 0x01, 3],  // a close code of one byte
      [0x88, 0x02, 3, 0xee],  // 1006 on the wire
      [0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],  // a negative length
    ] as [[UInt8]])
  func `a server that breaks the rules is left with 1002`(bytes: [UInt8]) throws {
    let scripted = try Scripted(harness) { Self.accept($0) + bytes }
    try harness.run { scripted.closures.count == 1 }
    #expect(scripted.closures[0].code == 1_002 && !scripted.closures[0].wasClean)
    #expect(scripted.heard.isEmpty)
    // The server is told: a masked close frame with 1002.
    try harness.run { scripted.server.peers[0].received.count >= 8 }
    let close = scripted.server.peers[0].received
    #expect(close[0] == 0x88 && close[1] & 0x80 != 0)
    #expect([close[6] ^ close[2], close[7] ^ close[3]] == [0x03, 0xea])
  }

  @Test(arguments: [
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 500 Oops\r\n\r\n", "nonsense\r\n\r\n",
    "",
  ])
  func `an answer that is no acceptance is a failed attempt`(answer: String) throws {
    let scripted = try Scripted(harness) { _ in Array(answer.utf8) }
    try harness.run {
      scripted.server.peers.first?.onBytes == nil && scripted.server.peers.count == 1
    }
    scripted.server.peers[0].close()
    try harness.run { scripted.closures.count == 1 }
    #expect(scripted.closures[0].error != nil && !scripted.client.isOpen)
  }

  @Test func `a server that never answers the handshake is given up`() throws {
    var options = WebSocketOptions()
    options.connectTimeoutMilliseconds = 80
    let scripted = try Scripted(harness, options: options) { _ in [] }
    try harness.run { scripted.closures.count == 1 }
    #expect(scripted.closures[0].error != nil)
  }

  @Test func `a server that does not answer our close is left after the timeout`() throws {
    var options = WebSocketOptions()
    options.closeTimeoutMilliseconds = 60
    let scripted = try Scripted(harness, options: options) { Self.accept($0) }
    try harness.run { scripted.client.isOpen }
    scripted.client.close(code: 1_000, reason: "")
    try harness.run { scripted.closures.count == 1 }
    #expect(!scripted.closures[0].wasClean && scripted.closures[0].code == 1_000)
  }

  @Test func `what comes after the server's close frame is not heard`() throws {
    let scripted = try Scripted(harness) {
      Self.accept($0) + Self.frame(.text, [1]) + Self.frame(.close, [0x03, 0xe8])
        + Self.frame(.text, [2])
    }
    try harness.run { scripted.server.peers.first?.received.isEmpty == false }
    scripted.server.peers[0].close()
    try harness.run { scripted.closures.count == 1 }
    #expect(scripted.heard == [[1]] && scripted.closures[0].wasClean)
    #expect(scripted.closures[0].code == 1_000)
  }

  @Test func `a server that reads nothing makes sends wait, then be refused, then ends`() throws {
    var options = WebSocketOptions()
    options.maximumBufferedBytes = 1 << 20
    options.writeTimeoutMilliseconds = 80
    let scripted = try Scripted(harness, options: options) { Self.accept($0) }
    try harness.run { scripted.client.isOpen }
    scripted.server.peers[0].stopReading()
    var outcomes: Set<SendOutcome> = []
    for _ in 0..<1_000 where !outcomes.contains(.notSent) {
      outcomes.insert(scripted.client.send(text: [UInt8](repeating: 65, count: 100_000)))
    }
    #expect(outcomes == [.sent, .queued, .notSent])
    try harness.run { scripted.closures.count == 1 }
    #expect(scripted.closures[0].error?.detail == "the peer takes no bytes")
  }

  @Test(arguments: 1...60)
  func `random bytes never hurt the client`(seed: UInt64) throws {
    let scripted = try Scripted(harness) { accept in
      var random = Seeded(seed)
      let head = seed % 3 == 0 ? [] : Self.accept(accept)
      return head + random.bytes(Int(random.next() % 4_000))
    }
    try harness.run { scripted.server.peers.first.map { $0.onBytes == nil } ?? false }
    harness.settle(milliseconds: 5)
    scripted.server.peers[0].close()
    try harness.run { scripted.closures.count == 1 }
    harness.settle(milliseconds: 5)
    #expect(scripted.closures.count == 1)
  }

  // MARK: The server

  private func upgraded(_ server: HTTPServer) throws -> RawClient {
    let client = try RawClient(harness, port: server.port)
    client.send(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    try harness.run { client.text.hasSuffix("\r\n\r\n") }
    client.forget()
    return client
  }

  private func echo() throws -> HTTPServer {
    try HTTPServer(loop: harness.loop, port: 0) { _, exchange in
      exchange.upgrade { connection in
        connection.onMessage = { [unowned connection] bytes, _ in
          connection.send(binary: Array(bytes))
        }
      }
    }
  }

  @Test func `a client that does not mask is refused with 1002`() throws {
    let server = try echo()
    let client = try upgraded(server)
    client.send(Self.frame(.text, [65]))
    try harness.run { client.hasEnded }
    #expect(Array(client.received.prefix(4)) == [0x88, client.received[1], 0x03, 0xea])
    client.stream.close()
    try harness.run { server.connectionCount == 0 }
  }

  @Test func `a masked message cut at every byte comes back unmasked`() throws {
    let server = try echo()
    let client = try upgraded(server)
    let bytes = Self.frame(.text, Array("hello".utf8), mask: 0x0102_0304)
    for byte in bytes {
      client.send([byte])
      harness.loop.runOnce(timeoutNanoseconds: 0)
    }
    try harness.run { client.receive() == [0x82, 5] + Array("hello".utf8) }
  }

  @Test(arguments: 1...60)
  func `random bytes never hurt an upgraded connection`(seed: UInt64) throws {
    let server = try echo()
    let client = try upgraded(server)
    var random = Seeded(seed)
    for _ in 0..<4 {
      let payload = random.bytes(Int(random.next() % 500))
      let garbage = random.bytes(Int(random.next() % 50))
      client.send(
        Self.frame(.binary, payload, mask: UInt32(truncatingIfNeeded: random.next())) + garbage)
      harness.loop.runOnce(timeoutNanoseconds: 0)
    }
    client.stream.close()
    try harness.run { server.connectionCount == 0 }
  }

  @Test func `a flood of pings whose answers are not read is cut off`() throws {
    let server = try echo()
    let client = try upgraded(server)
    let flood = (0..<1_000).flatMap { _ in
      Self.frame(.ping, [UInt8](repeating: 1, count: 125), mask: 0)
    }
    var rest = flood[...]
    try harness.run {
      let result = rest.withUnsafeBytes { client.stream.write($0) }
      if case .wrote(let count) = result { rest = rest.dropFirst(count) }
      if rest.isEmpty { rest = flood[...] }
      if case .failed = result { return true }
      return server.connectionCount == 0
    }
  }
}
