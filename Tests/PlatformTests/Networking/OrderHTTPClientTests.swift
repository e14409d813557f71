import Foundation
import Platform
import Testing
import Wire

struct OrderHTTPClientTests {
  private let harness: LoopHarness

  init() throws {
    harness = try LoopHarness()
  }

  /// A scripted HTTP server that counts the requests it sees.
  private final class Venue {
    let server: RawServer
    /// The request lines seen, in order.
    var seen: [String] = []
    var answer: (RawServer.Peer, _ number: Int) -> Void = { peer, _ in peer.send(Venue.ok) }

    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    init(_ harness: LoopHarness, tls: TLSContext? = nil) throws {
      server = try RawServer(harness.loop, tls: tls)
      server.onPeer = { [unowned self] peer in
        peer.onBytes = { [unowned self] peer in
          guard peer.text.hasSuffix("\r\n\r\n") || peer.text.hasSuffix("body") else { return }
          seen.append(String(peer.text.prefix { $0 != "\r\n" }))
          peer.received = []
          answer(peer, seen.count)
        }
      }
    }

    func copies(of target: String) -> Int { seen.count { $0.contains(" \(target) ") } }
  }

  private func client(
    _ venue: Venue, lanes: Int = 1, secure: Bool = false,
    options: OrderHTTPOptions = OrderHTTPOptions()
  ) throws -> OrderHTTPClient {
    OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(
        host: "127.0.0.1", port: venue.server.port,
        tls: secure ? try TestAuthority.client() : nil),
      lanes: lanes, options: options)
  }

  private func post(_ target: String) -> HTTPRequest {
    HTTPRequest(method: "POST", target: target, body: Array("body".utf8))
  }

  private func outcome(
    _ client: OrderHTTPClient, _ request: HTTPRequest, timeoutMilliseconds: Int = 10_000
  ) throws -> OrderHTTPOutcome {
    var outcomes: [OrderHTTPOutcome] = []
    client.send(request, timeoutMilliseconds: timeoutMilliseconds) { outcomes.append($0) }
    #expect(outcomes.isEmpty, "a completion came inside send")
    try harness.run { !outcomes.isEmpty }
    harness.settle(milliseconds: 10)
    #expect(outcomes.count == 1)
    return outcomes[0]
  }

  // MARK: Exactly once

  @Test(arguments: [false, true])
  func `a request on a reused connection that dies unanswered leaves once and is unknown`(
    secure: Bool
  ) throws {
    let venue = try Venue(harness, tls: secure ? TestAuthority.server() : nil)
    venue.answer = { peer, number in
      if number == 2 { peer.close() } else { peer.send(Venue.ok) }
    }
    let client = try client(venue, secure: secure)
    #expect(try outcome(client, post("/first")).status == 200)
    let second = try outcome(client, post("/second"))
    harness.settle()
    #expect(second.isUnknown)
    #expect(venue.copies(of: "/second") == 1)
    #expect(try outcome(client, post("/third")).status == 200)
    #expect(venue.seen.count == 3 && venue.server.peers.count == 2)
  }

  @Test(.enabled(if: access("/usr/bin/curl", X_OK) == 0, "needs the curl program"))
  func `libcurl sends such a request twice, which is why we do not use it for orders`() throws {
    let venue = try Venue(harness)
    venue.answer = { peer, number in
      if number == 2 { peer.close() } else { peer.send(Venue.ok) }
    }
    let url = "http://127.0.0.1:\(venue.server.port)"
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
    curl.arguments = [
      "-s", "-d", "body", url + "/first", "--next", "-s", "-d", "body", url + "/second",
    ]
    curl.standardOutput = Pipe()
    try curl.run()
    try harness.run { !curl.isRunning }
    #expect(curl.terminationStatus == 0)
    #expect(venue.copies(of: "/first") == 1)
    #expect(venue.copies(of: "/second") == 2)
  }

  @Test(arguments: [false, true])
  func `a connection closed while idle is not written to`(secure: Bool) throws {
    let venue = try Venue(harness, tls: secure ? TestAuthority.server() : nil)
    let client = try client(venue, secure: secure)
    #expect(try outcome(client, post("/first")).status == 200)
    venue.server.peers[0].close()
    #expect(try outcome(client, post("/second")).status == 200)
    #expect(venue.copies(of: "/second") == 1 && venue.server.peers.count == 2)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "HTTP/1.1 200 OK\r\nContent-Le", "",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "HTTP/1.1 100 Continue\r\n\r\n",
  ])
  func `an answer cut short is unknown`(answer: String) throws {
    let venue = try Venue(harness)
    venue.answer = { peer, _ in
      peer.send(answer)
      peer.close()
    }
    #expect(try outcome(client(venue), post("/")).isUnknown)
    #expect(venue.seen.count == 1)
  }

  @Test(arguments: [
    "nonsense\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
  ])
  func `an answer that is not HTTP is unknown`(answer: String) throws {
    let venue = try Venue(harness)
    venue.answer = { peer, _ in peer.send(answer) }
    let client = try client(venue)
    #expect(try outcome(client, post("/")).isUnknown)
    harness.settle()
    #expect(venue.seen.count == 1)
  }

  @Test(arguments: 1...40)
  func `random bytes for an answer give one outcome and one copy`(seed: UInt64) throws {
    var random = Seeded(seed)
    let venue = try Venue(harness)
    let head = seed % 2 == 0 ? "HTTP/1.1 200 OK\r\n" : ""
    venue.answer = { peer, _ in
      peer.send(Array(head.utf8) + random.bytes(Int(random.next() % 2_000)))
      peer.close()
    }
    _ = try outcome(client(venue), post("/"))
    #expect(venue.seen.count == 1)
  }

  @Test func `a body that ends with the connection is an answer`() throws {
    let venue = try Venue(harness)
    venue.answer = { peer, _ in
      peer.send("HTTP/1.1 200 OK\r\n\r\nall of it")
      peer.close()
    }
    guard case .answered(let response) = try outcome(client(venue), post("/")) else {
      Issue.record("not answered")
      return
    }
    #expect(response.body == Array("all of it".utf8))
  }

  @Test func `an unanswered request is unknown after its time, and its lane is not used again`()
    throws
  {
    let venue = try Venue(harness)
    venue.answer = { peer, number in if number > 1 { peer.send(Venue.ok) } }
    let client = try client(venue)
    client.warm()
    try harness.run { client.readyLanes == 1 }
    #expect(try outcome(client, post("/slow"), timeoutMilliseconds: 60).isUnknown)
    // A late answer to the first must not be taken for the second's.
    venue.server.peers[0].send("HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n")
    #expect(try outcome(client, post("/next")).status == 200)
    #expect(venue.server.peers.count == 2)
  }

  @Test func `bytes nobody asked for end an idle connection`() throws {
    let venue = try Venue(harness)
    let client = try client(venue)
    #expect(try outcome(client, post("/first")).status == 200)
    venue.server.peers[0].send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    #expect(try outcome(client, post("/second")).status == 200)
    #expect(venue.server.peers.count == 2 && venue.copies(of: "/second") == 1)
  }

  @Test func `a second answer behind the first ends the connection`() throws {
    let venue = try Venue(harness)
    venue.answer = { peer, number in peer.send(number == 1 ? Venue.ok + Venue.ok : Venue.ok) }
    let client = try client(venue)
    for target in ["/1", "/2"] { #expect(try outcome(client, post(target)).status == 200) }
    #expect(venue.server.peers.count == 2)
  }

  @Test func `a request the server takes only in part is unknown, and says how much left`() throws {
    let server = try RawServer(harness.loop)
    server.onPeer = { $0.stopReading() }
    let client = OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(host: "127.0.0.1", port: server.port), lanes: 1)
    let request = HTTPRequest(
      method: "POST", target: "/", body: [UInt8](repeating: 65, count: 30_000_000))
    client.warm()
    try harness.run { client.readyLanes == 1 }
    guard case .unknown(_, let written) = try outcome(client, request, timeoutMilliseconds: 200)
    else {
      Issue.record("not unknown")
      return
    }
    #expect(written > 0 && written < 30_000_000)
  }

  @Test func `a refusal that comes before the request is all sent is an answer`() throws {
    let server = try RawServer(harness.loop)
    let client = OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(host: "127.0.0.1", port: server.port), lanes: 1)
    // The greeting would count as unasked-for bytes if it came while the lane is idle.
    server.onPeer = { peer in
      peer.onBytes = { peer in
        peer.stopReading()
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
      }
    }
    let request = HTTPRequest(
      method: "POST", target: "/", body: [UInt8](repeating: 65, count: 30_000_000))
    #expect(try outcome(client, request).status == 413)
  }

  // MARK: Not sent

  @Test func `no server means not sent, at once`() throws {
    let venue = try Venue(harness)
    let client = try client(venue)
    venue.server.stopListening()
    for _ in 0..<2 {
      #expect(try outcome(client, post("/"), timeoutMilliseconds: 1_000_000).isNotSent)
    }
  }

  @Test func `a certificate of a stranger means not sent`() throws {
    let issued = try #require(TestAuthority.stranger).issue(hosts: ["127.0.0.1"], days: 2)
    let venue = try Venue(
      harness,
      tls: TLSContext.server(certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM))
    #expect(try outcome(client(venue, secure: true), post("/")).isNotSent)
    #expect(venue.seen.isEmpty)
  }

  @Test func `a request withdrawn when its turn comes is not sent`() throws {
    let venue = try Venue(harness)
    let client = try client(venue)
    var outcomes: [OrderHTTPOutcome] = []
    client.send(preparing: { nil }, timeoutMilliseconds: 10_000) { outcomes.append($0) }
    try harness.run { !outcomes.isEmpty }
    #expect(outcomes[0].isNotSent && venue.seen.isEmpty)
    #expect(try outcome(client, post("/")).status == 200)
  }

  @Test func `a request that waits too long for a lane is not sent`() throws {
    let venue = try Venue(harness)
    venue.answer = { _, _ in }
    let client = try client(venue)
    var first: OrderHTTPOutcome?
    client.send(post("/first"), timeoutMilliseconds: 10_000) { first = $0 }
    try harness.run { venue.seen.count == 1 }
    #expect(try outcome(client, post("/second"), timeoutMilliseconds: 50).isNotSent)
    #expect(first == nil)
    venue.server.peers[0].send(Venue.ok)
    try harness.run { first != nil }
    #expect(first?.status == 200 && venue.seen.count == 1)
  }

  @Test func `more requests than may wait are refused`() throws {
    let venue = try Venue(harness)
    venue.answer = { _, _ in }
    var options = OrderHTTPOptions()
    options.queueLimit = 2
    let client = try client(venue, options: options)
    var outcomes: [OrderHTTPOutcome] = []
    client.send(post("/1"), timeoutMilliseconds: 10_000) { outcomes.append($0) }
    try harness.run { venue.seen.count == 1 }
    for _ in 0..<3 { client.send(post("/2"), timeoutMilliseconds: 10_000) { outcomes.append($0) } }
    try harness.run { outcomes.count == 1 }
    #expect(outcomes[0].isNotSent && client.waitingRequests == 2)
  }

  @Test func `a closed client says what was sent and what was not`() throws {
    let venue = try Venue(harness)
    venue.answer = { _, _ in }
    let client = try client(venue)
    var outcomes: [String: OrderHTTPOutcome] = [:]
    client.send(post("/1"), timeoutMilliseconds: 10_000) { outcomes["flight"] = $0 }
    try harness.run { venue.seen.count == 1 }
    client.send(post("/2"), timeoutMilliseconds: 10_000) { outcomes["queue"] = $0 }
    client.close()
    client.send(post("/3"), timeoutMilliseconds: 10_000) { outcomes["late"] = $0 }
    try harness.run { outcomes.count == 3 }
    #expect(outcomes["flight"]?.isUnknown == true)
    #expect(outcomes["queue"]?.isNotSent == true && outcomes["late"]?.isNotSent == true)
    harness.settle()
    #expect(venue.seen.count == 1)
  }

  // MARK: Lanes

  @Test func `each lane carries one request at a time`() throws {
    let venue = try Venue(harness)
    venue.answer = { _, _ in }
    let client = try client(venue, lanes: 2)
    client.warm()
    try harness.run { client.readyLanes == 2 }
    var prepared = 0
    var answered = 0
    for number in 1...3 {
      client.send(
        preparing: {
          prepared += 1
          return post("/\(number)")
        }, timeoutMilliseconds: 10_000
      ) { _ in answered += 1 }
    }
    try harness.run { venue.seen.count == 2 }
    harness.settle(milliseconds: 20)
    #expect(prepared == 2 && venue.seen.count == 2)
    for peer in venue.server.peers { peer.send(Venue.ok) }
    try harness.run { venue.seen.count == 3 }
    #expect(prepared == 3 && answered == 2)
  }

  @Test func `warm lanes are opened again after the server has closed them`() throws {
    let venue = try Venue(harness)
    let client = try client(venue, lanes: 2)
    client.warm()
    try harness.run { client.readyLanes == 2 && venue.server.peers.count == 2 }
    for peer in venue.server.peers { peer.close() }
    try harness.run { venue.server.peers.count == 4 && client.readyLanes == 2 }
  }

  @Test func `a server that closes every connection is not hammered`() throws {
    let venue = try Venue(harness)
    venue.server.onPeer = { $0.close() }
    let client = try client(venue)
    client.warm()
    harness.settle(milliseconds: 500)
    #expect((1...6).contains(venue.server.peers.count))
  }

  @Test func `an idle lane is kept open by pings`() throws {
    let venue = try Venue(harness)
    var options = OrderHTTPOptions()
    options.idleMilliseconds = 20
    options.keepAlivePing = HTTPRequest(method: "GET", target: "/time")
    let client = try client(venue, options: options)
    client.warm()
    try harness.run { venue.copies(of: "/time") >= 3 }
    #expect(venue.server.peers.count == 1)
    #expect(try outcome(client, post("/order")).status == 200)
    #expect(venue.server.peers.count == 1)
  }

  @Test func `lanes opened together are never all away for a ping`() throws {
    let venue = try Venue(harness)
    venue.answer = { _, _ in }
    var options = OrderHTTPOptions()
    options.idleMilliseconds = 40
    options.keepAlivePing = HTTPRequest(method: "GET", target: "/time")
    let client = try client(venue, lanes: 3, options: options)
    client.warm()
    try harness.run { venue.copies(of: "/time") == 2 }
    harness.settle()
    #expect(venue.copies(of: "/time") == 2 && client.readyLanes == 1)
  }

  @Test func `a ping that is not answered costs the lane, not a request`() throws {
    let venue = try Venue(harness)
    venue.answer = { [unowned venue] peer, _ in
      if venue.seen.last?.contains("/time") == false { peer.send(Venue.ok) }
    }
    var options = OrderHTTPOptions()
    options.idleMilliseconds = 20
    options.keepAlivePing = HTTPRequest(method: "GET", target: "/time")
    options.keepAlivePingTimeoutMilliseconds = 30
    let client = try client(venue, options: options)
    client.warm()
    try harness.run { venue.server.peers.count >= 2 }
    #expect(try outcome(client, post("/order")).status == 200)
    #expect(venue.copies(of: "/order") == 1)
  }

  @Test func `an idle lane without pings is replaced`() throws {
    let venue = try Venue(harness)
    var options = OrderHTTPOptions()
    options.idleMilliseconds = 20
    let client = try client(venue, options: options)
    client.warm()
    try harness.run { venue.server.peers.count >= 3 }
    #expect(venue.seen.isEmpty)
  }

  @Test func `the host header is the endpoint's unless the request has one`() throws {
    let server = try RawServer(harness.loop)
    let client = OrderHTTPClient(
      loop: harness.loop, connector: harness.connector,
      endpoint: Endpoint(host: "127.0.0.1", port: server.port), lanes: 1)
    client.send(post("/"), timeoutMilliseconds: 10_000) { _ in }
    try harness.run { server.peers.first?.text.hasSuffix("body") == true }
    #expect(server.peers[0].text.contains("Host: 127.0.0.1:\(server.port)\r\n"))
  }
}

extension OrderHTTPOutcome {
  fileprivate var status: Int? {
    if case .answered(let response) = self { response.status } else { nil }
  }

  fileprivate var isUnknown: Bool {
    if case .unknown = self { true } else { false }
  }

  fileprivate var isNotSent: Bool {
    if case .notSent = self { true } else { false }
  }
}
