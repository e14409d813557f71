import Foundation
import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// The venue over loopback, with TLS, as any client meets it.
struct VenueServerTests {
  private let directory =
    FileManager.default.temporaryDirectory.path + "/venue-"
    + UUID().uuidString

  private func start(port: Int = 0) throws -> RunningVenue {
    var options = VenueServerOptions(profile: KrakenProfile.value)
    options.port = port
    options.adminPort = 0
    options.certificateDirectory = directory + "/certificates"
    options.stateDirectory = directory + "/state"
    options.credentialFile = directory + "/kraken.json"
    return try RunningVenue(options)
  }

  @Test func `REST, the stream and the state after a restart over TLS`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var venue = try start()
    let client = try LoopbackClient(venue)
    let order = "pair=XBTUSD&type=buy&ordertype=limit&price=50000&volume=0.1&cl_ord_id=mine"
    let placed = try client.call(
      client.signed("AddOrder", order, nonce: 1, venue.credentials[0]))
    let id = try #require(placed["result"]?["txid"]?[0]?.string)
    #expect(try client.books(10) >= 10)

    venue.stop()
    venue = try start()
    let again = try LoopbackClient(venue)
    let open = try again.call(again.signed("OpenOrders", "", nonce: 2, venue.credentials[0]))
    #expect(open["result"]?["open"]?[id]?["cl_ord_id"]?.string == "mine")
    venue.stop()
  }

  @Test func `nothing listens while connections are refused, and then it does again`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let venue = try start()
    defer { venue.stop() }
    let client = try LoopbackClient(venue)
    let admin = try LoopbackClient(adminOf: venue)
    _ = try admin.call(
      HTTPRequest(
        method: "POST", target: "/faults",
        body: Array(#"{"kind":"refuse_connections","duration_milliseconds":600}"#.utf8)))
    #expect(throws: (any Error).self) {
      try LoopbackClient(venue).call(HTTPRequest(method: "GET", target: "/0/public/Time"))
    }
    let limit = Clock.monotonicNanoseconds() + 20_000_000_000
    var answer: JSONValue?
    while answer == nil, Clock.monotonicNanoseconds() < limit {
      answer = try? LoopbackClient(venue).call(
        HTTPRequest(method: "GET", target: "/0/public/Time"))
    }
    #expect(answer?["result"]?["unixtime"] != nil)
    _ = client
  }
}

/// A raw client of one venue.
final class LoopbackClient {
  private let loop: EventLoop
  private let connector = Connector()
  private let endpoint: Endpoint
  private let http: OrderHTTPClient

  init(_ venue: RunningVenue) throws {
    loop = try EventLoop()
    let tls = try TLSContext.client(authorityPEM: venue.authorityPEM ?? "")
    endpoint = Endpoint(host: "localhost", port: venue.port, tls: tls)
    http = Self.client(loop, connector, endpoint)
  }

  init(adminOf venue: RunningVenue) throws {
    loop = try EventLoop()
    endpoint = Endpoint(host: "127.0.0.1", port: venue.adminPort, tls: nil)
    http = Self.client(loop, connector, endpoint)
  }

  private static func client(
    _ loop: EventLoop, _ connector: Connector, _ endpoint: Endpoint
  ) -> OrderHTTPClient {
    OrderHTTPClient(
      loop: loop, connector: connector, endpoint: endpoint, lanes: 1, options: OrderHTTPOptions())
  }

  private func run(until isDone: () -> Bool) throws {
    let limit = Clock.monotonicNanoseconds() + 20_000_000_000
    while !isDone() {
      loop.runOnce(timeoutNanoseconds: 50_000_000)
      try #require(Clock.monotonicNanoseconds() < limit, "gave up waiting")
    }
  }

  func call(_ request: HTTPRequest) throws -> JSONValue {
    var outcome: OrderHTTPOutcome?
    http.send(request, timeoutMilliseconds: 5000) { outcome = $0 }
    try run { outcome != nil }
    switch outcome {
    case .answered(let response): return try JSONValue(parsing: response.body)
    case .notSent(let error), .unknown(let error, _): throw error
    case nil: throw PlatformError(operation: "call")
    }
  }

  func signed(
    _ method: String, _ fields: String, nonce: Int, _ credential: VenueCredential
  ) -> HTTPRequest {
    let body = "nonce=\(nonce)" + (fields.isEmpty ? "" : "&" + fields)
    return VenueHarness.request(
      "/0/private/" + method, "\(nonce)", body, credential: credential)
  }

  /// Follows a book until so many messages have come, each with the right checksum.
  func books(_ count: Int) throws -> Int {
    let url = try #require(URLParts("wss://localhost:\(endpoint.port)/v2"))
    let socket = WebSocketClient(loop: loop, connector: connector, url: url, tls: endpoint.tls)
    var book = ClientBook(depth: 10)
    var good = 0
    socket.onOpen = {
      socket.send(
        text: Array(
          #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}"#.utf8))
    }
    socket.onMessage = { bytes, _, _ in
      guard let message = try? JSONValue(parsing: Array(bytes)),
        message["channel"]?.string == "book"
      else { return }
      try? book.apply(message)
      if message["data"]?[0]?["checksum"]?.int64 == Int64(book.checksum) { good += 1 }
    }
    socket.connect()
    try run { good >= count }
    socket.close()
    return good
  }
}
