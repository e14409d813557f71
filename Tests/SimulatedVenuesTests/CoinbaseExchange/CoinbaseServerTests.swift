import Foundation
import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// The venue over loopback with TLS: raw HTTP, and the feed.
struct CoinbaseServerTests {
  @Test func `orders over REST show on the feed, and the book follows`() throws {
    let directory = FileManager.default.temporaryDirectory.path + "/coinbase-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var options = VenueServerOptions(profile: CoinbaseExchangeProfile.value)
    options.port = 0
    options.adminPort = 0
    options.certificateDirectory = directory + "/certificates"
    options.credentialFile = directory + "/credential.json"
    let venue = try RunningVenue(options)
    defer { venue.stop() }
    let credential = venue.credentials[0]
    #expect(Base64.decode(credential.secret)?.count == 64 && !credential.passphrase.isEmpty)

    let client = try LoopbackClient(venue)
    let feed = try CoinbaseFeedClient(venue, credential)
    let body = CoinbaseHarness.order(#""side":"buy","price":"10000.00","size":"0.01""#)
    let placed = try client.call(Self.signed("POST", "/orders", body, credential))
    let id = try #require(placed["id"]?.string)
    try feed.run { $0.contains { $0["type"]?.string == "open" && $0["order_id"]?.string == id } }
    #expect(feed.messages.contains { $0["type"]?.string == "snapshot" })
    #expect(
      feed.messages.contains {
        $0["type"]?.string == "received" && $0["client_oid"]?.string == CoinbaseHarness.clientID
      })
    let canceled = try client.call(Self.signed("DELETE", "/orders/\(id)", "", credential))
    #expect(canceled == .string(id))
    try feed.run { $0.contains { $0["type"]?.string == "done" } }
  }

  static func signed(
    _ method: String, _ target: String, _ body: String, _ credential: VenueCredential
  ) -> HTTPRequest {
    let timestamp = DecimalText.format(
      Clock.wallNanoseconds() / 1_000_000, scale: 3, fractionDigits: 3)
    return CoinbaseHarness.request(
      method, target, body, timestamp: timestamp, credential: credential)
  }
}

/// A client of the feed that keeps every message.
private final class CoinbaseFeedClient {
  private let loop: EventLoop
  private let socket: WebSocketClient
  private(set) var messages: [JSONValue] = []

  init(_ venue: RunningVenue, _ credential: VenueCredential) throws {
    loop = try EventLoop()
    let url = try #require(URLParts("wss://localhost:\(venue.port)/"))
    socket = WebSocketClient(
      loop: loop, connector: Connector(), url: url,
      tls: try TLSContext.client(authorityPEM: venue.authorityPEM ?? ""))
    let timestamp = "\(Clock.wallNanoseconds() / 1_000_000_000)"
    let signature = CoinbaseHarness.sign("\(timestamp)GET/users/self/verify", credential)
    let text =
      #"{"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2","user"],"#
      + #""signature":"\#(signature)","key":"\#(credential.key)","#
      + #""passphrase":"\#(credential.passphrase)","timestamp":"\#(timestamp)"}"#
    socket.onOpen = { [unowned self] in socket.send(text: Array(text.utf8)) }
    socket.onMessage = { [unowned self] bytes, _, _ in
      if let message = try? JSONValue(parsing: Array(bytes)) { messages.append(message) }
    }
    socket.connect()
    try run { $0.contains { $0["type"]?.string == "snapshot" } }
  }

  func run(until isDone: ([JSONValue]) -> Bool) throws {
    let limit = Clock.monotonicNanoseconds() + 20_000_000_000
    while !isDone(messages) {
      loop.runOnce(timeoutNanoseconds: 50_000_000)
      try #require(Clock.monotonicNanoseconds() < limit, "gave up waiting")
    }
  }
}
