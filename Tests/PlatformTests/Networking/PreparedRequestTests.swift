import Platform
import Testing
import Wire

/// Requests that are written out, sent from memory that its owner uses again at once.
struct PreparedRequestTests {
  private let harness: LoopHarness
  private let server: RawServer
  private let client: OrderHTTPClient
  private let owner = NotingOwner()

  init() throws {
    harness = try LoopHarness()
    server = try RawServer(harness.loop)
    client = OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(host: "127.0.0.1", port: server.port), lanes: 1)
    client.owner = owner
  }

  /// Sends a request with this body and then overwrites the memory it was sent from.
  private func send(_ body: [UInt8], ticket: Int, timeoutMilliseconds: Int = 100_000) {
    var bytes: [UInt8] = Array("junk before".utf8)
    let start = bytes.count
    bytes.append(literal: "POST /orders HTTP/1.1\r\n")
    let headers = bytes.count
    bytes.append(literal: "Content-Length: ")
    bytes.append(integer: Int64(body.count))
    bytes.append(literal: "\r\n\r\n")
    bytes += body
    let request = PreparedRequest(.post, start: start, headers: headers, end: bytes.count)
    bytes += Array("junk after".utf8)
    bytes.withUnsafeMutableBytes { memory in
      client.send(
        request, in: UnsafeRawBufferPointer(memory), ticket: ticket,
        timeoutMilliseconds: timeoutMilliseconds)
      memory.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "!"))
    }
  }

  private func text(of body: String) -> String {
    "POST /orders HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private func answerAll() {
    server.onPeer = { peer in
      peer.onBytes = { peer in
        if peer.text.hasSuffix("end") {
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
      }
    }
  }

  @Test func `it leaves as it was written, with the host of the connection`() throws {
    answerAll()
    send(Array("the end".utf8), ticket: 7)
    try harness.run { !owner.ended.isEmpty }
    #expect(server.peers[0].text == text(of: "the end"))
    #expect(owner.asked == [7] && owner.ended == ["7 answered"])
  }

  @Test func `requests that wait for a lane keep their bytes`() throws {
    answerAll()
    for ticket in 0..<20 { send(Array("\(ticket) end".utf8), ticket: ticket) }
    try harness.run { owner.ended.count == 20 }
    let all = server.peers.map(\.text).joined()
    #expect(all == (0..<20).map { text(of: "\($0) end") }.joined())
    #expect(owner.ended == (0..<20).map { "\($0) answered" })
  }

  @Test func `what the kernel does not take at once follows intact while others are prepared`()
    throws
  {
    client.warm()
    try harness.run { client.readyLanes == 1 }
    let peer = try #require(server.peers.first)
    // Far more than the kernel's buffers hold, and different everywhere.
    var body: [UInt8] = []
    for block in 0..<12_000 {
      body += Array(repeating: UInt8(truncatingIfNeeded: block), count: 1000 + block % 7)
    }
    body += Array("end".utf8)
    send(body, ticket: 1, timeoutMilliseconds: 100_000)
    for ticket in 2..<6 { send(Array("later end".utf8), ticket: ticket) }
    #expect(owner.asked == [1])
    peer.onBytes = { peer in
      if peer.received.suffix(3).elementsEqual("end".utf8) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      }
    }
    try harness.run { owner.ended.count == 5 }
    #expect(owner.ended.first == "1 answered")
    let head = text(of: "").utf8.count + "\(body.count)".utf8.count - 1
    #expect(peer.received.dropFirst(head).prefix(body.count).elementsEqual(body))
    #expect(peer.received.count == head + body.count + 4 * text(of: "later end").utf8.count)
  }

  @Test func `one that may not leave any more was not sent, and the next one is`() throws {
    answerAll()
    owner.refused = [1]
    send(Array("first end".utf8), ticket: 1)
    send(Array("second end".utf8), ticket: 2)
    try harness.run { owner.ended.count == 2 }
    #expect(owner.ended == ["1 not sent", "2 answered"])
    #expect(server.peers[0].text == text(of: "second end"))
  }

  @Test func `each ends once, also when time is up or the connection breaks`() throws {
    server.onPeer = { peer in
      peer.onBytes = { peer in if peer.text.hasSuffix("cut end") { peer.close() } }
    }
    send(Array("cut end".utf8), ticket: 1)
    try harness.run { owner.ended.count == 1 }
    send(Array("silent end".utf8), ticket: 2, timeoutMilliseconds: 50)
    send(Array("waiting end".utf8), ticket: 3, timeoutMilliseconds: 30)
    try harness.run { owner.ended.count == 3 }
    harness.settle(milliseconds: 60)
    #expect(owner.ended == ["1 unknown", "3 not sent", "2 unknown"])
    client.close()
    send(Array("late end".utf8), ticket: 4)
    #expect(owner.ended.count == 3, "an end came inside send")
    try harness.run { owner.ended.count == 4 }
    #expect(owner.ended.last == "4 not sent")
  }

  @Test func `one that is answered inside another's end finds its own memory`() throws {
    answerAll()
    owner.onEnd = { [client = Box(self)] ticket in
      if ticket < 50 { client.value.send(Array("\(ticket + 1) end".utf8), ticket: ticket + 1) }
    }
    send(Array("0 end".utf8), ticket: 0)
    try harness.run { owner.ended.count == 51 }
    owner.onEnd = { _ in }
    #expect(server.peers.map(\.text).joined() == (0...50).map { text(of: "\($0) end") }.joined())
  }
}

private final class NotingOwner: OrderHTTPOwner {
  var refused: Set<Int> = []
  private(set) var asked: [Int] = []
  private(set) var ended: [String] = []
  var onEnd: (Int) -> Void = { _ in }

  func mayLeave(_ ticket: Int) -> Bool {
    asked.append(ticket)
    return !refused.contains(ticket)
  }

  func ended(_ ticket: Int, _ outcome: OrderHTTPOutcome) {
    switch outcome {
    case .answered: ended.append("\(ticket) answered")
    case .notSent: ended.append("\(ticket) not sent")
    case .unknown: ended.append("\(ticket) unknown")
    }
    onEnd(ticket)
  }
}
