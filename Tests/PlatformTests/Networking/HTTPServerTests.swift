import Glibc
import Platform
import Testing
import Wire

struct HTTPServerTests {
  private let harness: LoopHarness

  init() throws {
    harness = try LoopHarness()
  }

  private func server(
    limits: HTTPServerLimits = HTTPServerLimits(), tls: TLSContext? = nil,
    _ handler: @escaping HTTPServer.Handler = { request, exchange in
      exchange.respond(HTTPResponse(status: 200, body: Array("\(request.target)".utf8)))
    }
  ) throws -> HTTPServer {
    try HTTPServer(loop: harness.loop, port: 0, tls: tls, limits: limits, handler: handler)
  }

  private func answered(_ client: RawClient, _ suffix: String) throws {
    try harness.run { client.text.hasSuffix(suffix) }
  }

  private static func get(_ target: String) -> String {
    "GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n"
  }

  @Test(arguments: [false, true])
  func `requests on one connection are answered in turn`(secure: Bool) throws {
    let server = try server(tls: secure ? TestAuthority.server() : nil)
    let client = try RawClient(
      harness, port: server.port, tls: secure ? TestAuthority.client() : nil)
    for target in ["/first", "/second"] {
      client.send(Self.get(target))
      try answered(client, target)
    }
    #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(server.connectionCount == 1)
  }

  @Test func `a request cut at every byte is the same request`() throws {
    let server = try server()
    let client = try RawClient(harness, port: server.port)
    for character in Self.get("/slow") {
      client.send(String(character))
      harness.loop.runOnce(timeoutNanoseconds: 0)
    }
    try answered(client, "/slow")
  }

  @Test func `pipelined requests are handled one at a time, in order`() throws {
    var waiting: [(HTTPRequest, HTTPExchange)] = []
    let server = try server { waiting.append(($0, $1)) }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/1") + Self.get("/2") + Self.get("/3"))
    for number in 1...3 {
      try harness.run { waiting.count == number }
      harness.settle(milliseconds: 20)
      #expect(waiting.count == number)
      waiting[number - 1].1.respond(
        HTTPResponse(status: 200, body: Array(waiting[number - 1].0.target.utf8)))
      try answered(client, "/\(number)")
    }
  }

  @Test func `thousands of pipelined requests do not pile up on the stack`() throws {
    let server = try server()
    let client = try RawClient(harness, port: server.port)
    client.send(String(repeating: Self.get("/"), count: 3_000))
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n/"
    try harness.run { client.receive().count >= 3_000 * answer.utf8.count }
    #expect(client.text == String(repeating: answer, count: 3_000))
  }

  @Test func `a HEAD gets the headers and no body`() throws {
    let server = try server()
    let client = try RawClient(harness, port: server.port)
    client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n")
    try answered(client, "\r\n\r\n")
    harness.settle(milliseconds: 20)
    #expect(client.text.contains("Content-Length: 4\r\n") && !client.text.contains("/abc"))
  }

  @Test func `bodies come whole, with a length and in chunks`() throws {
    let server = try server { request, exchange in
      exchange.respond(HTTPResponse(status: 200, body: request.body + [0x2e]))
    }
    let client = try RawClient(harness, port: server.port)
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc")
    harness.settle(milliseconds: 10)
    client.send("de")
    try answered(client, "abcde.")
    client.send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfgh\r\n2\r\nij\r\n0\r\n\r\n"
    )
    try answered(client, "fghij.")
  }

  @Test func `a client that asks before it sends a body is told to go on`() throws {
    let server = try server { request, exchange in
      exchange.respond(HTTPResponse(status: 200, body: request.body))
    }
    let client = try RawClient(harness, port: server.port)
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    try answered(client, "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("body")
    try answered(client, "body")
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505"),
    ("GET / HTTP/1.1\nHost: x\n\n", "400"), ("\0\0\0\0", "400"),
    ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "413"),
    ("GET /" + String(repeating: "a", count: 9_000), "414"),
    ("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 33_000), "431"),
    (
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"
    ),
  ])
  func `what is no sound request is refused and the connection closed`(
    bytes: String, status: String
  ) throws {
    var handled = 0
    let server = try server { _, _ in handled += 1 }
    let client = try RawClient(harness, port: server.port)
    client.send(bytes)
    try harness.run { client.hasEnded }
    #expect(client.text.hasPrefix("HTTP/1.1 \(status) "), "\(client.text)")
    #expect(client.text.contains("Connection: close\r\n"))
    #expect(handled == 0)
    client.stream.close()
    try harness.run { server.connectionCount == 0 }
  }

  @Test(arguments: 1...40)
  func `random bytes never hurt the server`(seed: UInt64) throws {
    var random = Seeded(seed)
    let server = try server()
    let client = try RawClient(harness, port: server.port)
    let heads = ["", "GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\n"]
    for _ in 0..<8 {
      let head = heads[Int(random.next() % 3)]
      client.send(Array(head.utf8) + random.bytes(Int(random.next() % 3_000)))
      harness.loop.runOnce(timeoutNanoseconds: 0)
    }
    client.stream.close()
    let second = try RawClient(harness, port: server.port)
    second.send(Self.get("/alive"))
    try answered(second, "/alive")
  }

  @Test func `random bytes never hurt the TLS server`() throws {
    let server = try server(tls: TestAuthority.server())
    for seed in 1...10 {
      var random = Seeded(UInt64(seed))
      let client = try RawClient(harness, port: server.port)
      // The first bytes of a TLS record with a handshake in it, every other time.
      client.send((seed % 2 == 0 ? [22, 3, 1, 2, 0, 1] : []) + random.bytes(2_000))
      try harness.run { client.hasEnded }
    }
    try harness.run { server.connectionCount == 0 }
    let client = try RawClient(harness, port: server.port, tls: TestAuthority.client())
    client.send(Self.get("/alive"))
    try answered(client, "/alive")
  }

  @Test func `a head that comes too slowly is refused`() throws {
    var limits = HTTPServerLimits()
    limits.headerMilliseconds = 50
    let server = try server(limits: limits)
    let client = try RawClient(harness, port: server.port)
    client.send("GET / HTTP/1.1\r\n")
    var sent = 0
    try harness.run {
      // A byte now and then must not earn more time.
      sent += 1
      if sent % 2 == 0 { client.send("A") }
      return client.hasEnded
    }
    #expect(client.text.hasPrefix("HTTP/1.1 408 "))
  }

  @Test func `a body below the rate is refused, and one above it is not`() throws {
    var limits = HTTPServerLimits()
    limits.bodyGraceMilliseconds = 5000
    limits.bodyBytesPerSecond = 4
    let server = try server(limits: limits)
    let fast = try RawClient(harness, port: server.port)
    fast.send("POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
    fast.send(String(repeating: "x", count: 4_999))
    let joined = try RawClient(harness, port: server.port)
    joined.send(
      "POST /j HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
        + String(repeating: "x", count: 4_999))
    let slow = try RawClient(harness, port: server.port)
    slow.send("POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nabc")
    try harness.run { slow.hasEnded }
    #expect(slow.text.hasPrefix("HTTP/1.1 408 "))
    fast.send("x")
    try answered(fast, "/f")
    joined.send("x")
    try answered(joined, "/j")
  }

  @Test func `a connection without requests is closed without a word`() throws {
    var limits = HTTPServerLimits()
    limits.idleMilliseconds = 50
    let server = try server(limits: limits)
    let client = try RawClient(harness, port: server.port)
    try harness.run { client.hasEnded }
    #expect(client.text.isEmpty)
  }

  @Test func `a TLS handshake that is not finished in time is cut`() throws {
    var limits = HTTPServerLimits()
    limits.headerMilliseconds = 50
    let server = try server(limits: limits, tls: TestAuthority.server())
    let client = try RawClient(harness, port: server.port)
    try harness.run { client.hasEnded }
    client.stream.close()
    try harness.run { server.connectionCount == 0 }
  }

  @Test func `an address gets its share of connections and no more`() throws {
    var limits = HTTPServerLimits()
    limits.connectionsPerAddress = 3
    let server = try server(limits: limits)
    let clients = try (0..<4).map { _ in try RawClient(harness, port: server.port) }
    try harness.run { clients[3].hasEnded }
    #expect(server.connectionCount == 3)
    clients[0].stream.close()
    try harness.run { server.connectionCount == 2 }
    let next = try RawClient(harness, port: server.port)
    next.send(Self.get("/next"))
    try answered(next, "/next")
  }

  @Test func `a client that has finished sending still gets its answer`() throws {
    var held: HTTPExchange?
    let server = try server { held = $1 }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try harness.run { held != nil }
    client.stream.finishWriting()
    harness.settle(milliseconds: 20)
    #expect(held?.isClosed == false)
    held?.respond(HTTPResponse(status: 200, body: Array("late".utf8)))
    try answered(client, "late")
    try harness.run { client.hasEnded }
  }

  @Test func `an exchange whose client has gone says so, and takes the answer without harm`() throws
  {
    var held: HTTPExchange?
    var closes = 0
    let server = try server { _, exchange in
      held = exchange
      exchange.onClose = { closes += 1 }
    }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try harness.run { held != nil }
    reset(client.stream)
    try harness.run { closes == 1 }
    #expect(held?.isClosed == true)
    held?.respond(HTTPResponse(status: 200))
    harness.settle(milliseconds: 20)
    #expect(closes == 1 && server.connectionCount == 0)
  }

  @Test func `a request nobody answers is answered 500`() throws {
    let server = try server { _, _ in }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try harness.run { client.text.hasPrefix("HTTP/1.1 500 ") }
  }

  @Test func `an exchange let go on another thread is answered 500 too`() throws {
    let held = Box<HTTPExchange?>(nil)
    let server = try server { held.value = $1 }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try harness.run { held.value != nil }
    let release = UncheckedBox { _ in held.value = nil }
    let thread = WorkerThread(name: "other") { release.body(0) }
    thread.start()
    thread.join()
    try harness.run { client.text.hasPrefix("HTTP/1.1 500 ") }
  }

  @Test func `an aborted exchange closes without an answer`() throws {
    let server = try server { $1.abort() }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try harness.run { client.hasEnded }
    #expect(client.text.isEmpty)
  }

  @Test func `only the first of two answers counts`() throws {
    let server = try server { _, exchange in
      exchange.respond(HTTPResponse(status: 200, body: [0x31]))
      exchange.respond(HTTPResponse(status: 200, body: [0x32]))
    }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try answered(client, "1")
    harness.settle(milliseconds: 20)
    #expect(client.text.hasSuffix("\r\n\r\n1"))
  }

  @Test func `a large answer reaches a client that reads slowly`() throws {
    let page = (0..<100_003).map { UInt8(truncatingIfNeeded: $0) }
    let body = Array(repeatElement(page, count: 80).joined())
    let server = try server { $1.respond(HTTPResponse(status: 200, body: body)) }
    let client = try RawClient(harness, port: server.port)
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    try harness.run { client.hasEnded }
    #expect(Array(client.received.suffix(body.count)) == body)
  }

  @Test func `a client that does not read its answer is cut off`() throws {
    var limits = HTTPServerLimits()
    limits.writeMilliseconds = 50
    let server = try server(limits: limits) {
      $1.respond(HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 20_000_000)))
    }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/"))
    try harness.run { server.connectionCount == 1 }
    try harness.run { server.connectionCount == 0 }
  }

  @Test func `a stream is chunked, and ends`() throws {
    var held: HTTPExchange?
    let server = try server { held = $1 }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/events"))
    try harness.run { held != nil }
    let exchange = try #require(held)
    exchange.startStream(headers: [("Content-Type", "text/event-stream")])
    #expect(exchange.write(Array("data: 1\n\n".utf8)))
    try answered(client, "9\r\ndata: 1\n\n\r\n")
    #expect(client.text.contains("Transfer-Encoding: chunked\r\n"))
    exchange.end()
    try answered(client, "0\r\n\r\n")
    #expect(exchange.isClosed && !exchange.write([1]))
    client.send(Self.get("/events"))
    try harness.run { held !== exchange }
  }

  @Test func `a stream to a client that does not read fills its bound and no more`() throws {
    var held: HTTPExchange?
    let server = try server { held = $1 }
    let client = try RawClient(harness, port: server.port)
    client.send(Self.get("/events"))
    try harness.run { held != nil }
    let exchange = try #require(held)
    exchange.startStream(headers: [])
    var accepted = 0
    let chunk = [UInt8](repeating: 65, count: 100_000)
    while accepted < 1_000, exchange.write(chunk) { accepted += 1 }
    #expect(accepted < 1_000)
    var closes = 0
    exchange.onClose = { closes += 1 }
    client.stream.close()
    try harness.run { closes == 1 }
    #expect(server.connectionCount == 0)
  }

  @Test func `a port in use is named`() throws {
    let server = try server()
    let error = #expect(throws: PlatformError.self) {
      try HTTPServer(loop: harness.loop, port: server.port) { _, _ in }
    }
    #expect(error?.detail == "port \(server.port) on 127.0.0.1 is in use")
  }

  @Test func `closing lets the request under way be answered, and closes the rest`() throws {
    var held: HTTPExchange?
    let server = try server { held = $1 }
    let idle = try RawClient(harness, port: server.port)
    let busy = try RawClient(harness, port: server.port)
    busy.send(Self.get("/"))
    try harness.run { held != nil && server.connectionCount == 2 }
    server.close()
    try harness.run { idle.hasEnded }
    held?.respond(HTTPResponse(status: 200))
    try harness.run { busy.hasEnded }
    #expect(busy.text.contains("Connection: close\r\n"))
    #expect(throws: PlatformError.self) {
      try harness.connect(Endpoint(host: "127.0.0.1", port: server.port)).get()
    }
  }

  private func reset(_ stream: ByteStream) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      stream.fileDescriptor, SOL_SOCKET, SO_LINGER, &linger,
      socklen_t(MemoryLayout.size(ofValue: linger)))
    stream.close()
  }
}
