import Foundation
import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// The venue over loopback, with TLS, as any client meets it.
struct BinanceServerTests {
  private let directory =
    FileManager.default.temporaryDirectory.path + "/binance-" + UUID().uuidString

  private func start() throws -> RunningVenue {
    var options = VenueServerOptions(profile: BinanceProfile.value)
    options.port = 0
    options.adminPort = 0
    options.certificateDirectory = directory + "/certificates"
    options.stateDirectory = directory + "/state"
    options.credentialFile = directory + "/binance.json"
    return try RunningVenue(options)
  }

  private func signed(
    _ verb: String, _ path: String, _ query: String, _ credential: VenueCredential
  ) -> HTTPRequest {
    let query = query + "&timestamp=\(Clock.wallNanoseconds() / 1_000_000)"
    let signature = BinanceHarness.sign(query, credential)
    return HTTPRequest(
      method: verb, target: "\(path)?\(query)&signature=\(signature)",
      headers: [("X-MBX-APIKEY", credential.key)])
  }

  @Test func `orders and their ids outlive the process`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var venue = try start()
    let order =
      "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=50000&newClientOrderId=mine"
    let placed = try LoopbackClient(venue).call(
      signed("POST", "/api/v3/order", order, venue.credentials[0]))
    let id = try #require(placed["orderId"]?.int64, "\(placed)")
    venue.stop()

    venue = try start()
    defer { venue.stop() }
    let found = try LoopbackClient(venue).call(
      signed(
        "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine", venue.credentials[0]))
    #expect(found["orderId"]?.int64 == id)
    #expect(found["type"]?.string == "LIMIT_MAKER")
    #expect(found["status"]?.string == "NEW")
  }

  @Test func `a book synchronizes over the network`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let venue = try start()
    defer { venue.stop() }
    let follower = try BinanceFollower(venue)
    try follower.run { $0.events.count >= 3 }
    let snapshot = try LoopbackClient(venue).call(
      HTTPRequest(method: "GET", target: "/api/v3/depth?symbol=BTCUSDT&limit=5000"))
    let seen = follower.events.count
    try follower.run { $0.events.count >= seen + 10 }
    var book = BinanceTestBook(snapshot)
    for event in follower.events { book.apply(event) }
    #expect(book.gaps == 0)
    #expect(book.applied >= 9)
  }
}

/// A raw client of one diff stream.
private final class BinanceFollower {
  private(set) var events: [JSONValue] = []
  private let loop: EventLoop
  private let connector = Connector()
  private let socket: WebSocketClient

  init(_ venue: RunningVenue) throws {
    loop = try EventLoop()
    let tls = try TLSContext.client(authorityPEM: venue.authorityPEM ?? "")
    let url = try #require(URLParts("wss://localhost:\(venue.port)/ws/btcusdt@depth@100ms"))
    socket = WebSocketClient(loop: loop, connector: connector, url: url, tls: tls)
    socket.onMessage = { [unowned self] bytes, _, _ in
      guard let event = try? JSONValue(parsing: Array(bytes)) else { return }
      events.append(event)
    }
    socket.connect()
  }

  func run(until isDone: (BinanceFollower) -> Bool) throws {
    let limit = Clock.monotonicNanoseconds() + 30_000_000_000
    while !isDone(self) {
      loop.runOnce(timeoutNanoseconds: 50_000_000)
      try #require(Clock.monotonicNanoseconds() < limit, "gave up waiting")
    }
  }
}
