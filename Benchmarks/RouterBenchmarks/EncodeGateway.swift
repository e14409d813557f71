import RouterCore
import VenueAdapters
import VenueGateways
import Wire

/// The gateway's side of an order as far as the sockets: the driver that goes live, over a
/// transport that only copies the bytes.
final class EncodeGateway: AdapterTransport {
  private let venue: EncodeVenue
  private lazy var driver = AdapterDriver(
    venue: VenueID(0), dialect: BinanceDialect(), adapter: venue.adapter, signer: venue.signer,
    maximumClockOffsetMilliseconds: 5000, transport: self)
  private var tag: RequestTag?
  private var bytes: [UInt8] = []
  private var nonce: UInt64 = 1 << 62

  init(_ venue: EncodeVenue) {
    self.venue = venue
    bytes.reserveCapacity(4096)
  }

  func send(_ order: NewChildOrder) -> UInt64 {
    driver.execute(.newOrder(order))
    return UInt64(bytes.count)
  }

  /// Refuses the last order and lets the venue's budget fill up.
  func answer() {
    if let tag = tag ?? socketTag { venue.refuse(tag) }
    tag = nil
    venue.advance()
  }

  /// What the message on a socket is called by its venue.
  private var socketTag: RequestTag? {
    guard let message = try? JSONValue(parsing: bytes) else { return nil }
    let number = message["req_id"]?.int64 ?? message["id"]?.string.flatMap { Int64($0) }
    return number.map { RequestTag(.newOrder, number: UInt64($0)) }
  }

  // MARK: AdapterTransport

  var now: Timestamp { venue.stamp.time }
  var wallNanoseconds: Int64 { venue.stamp.venueNanoseconds }

  func nextNonce() -> UInt64 {
    nonce += 1
    return nonce
  }

  func send(_ bytes: UnsafeRawBufferPointer, on channel: VenueChannel) -> Bool {
    unsafe keep(bytes)
    return true
  }

  func sendOnce(
    _ request: PreparedRequest, in bytes: UnsafeRawBufferPointer, tag: RequestTag
  ) {
    guard driver.mayLeave(tag) else { return }
    self.tag = tag
    unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[request.line]))
  }

  private func keep(_ bytes: UnsafeRawBufferPointer) {
    self.bytes.removeAll(keepingCapacity: true)
    unsafe self.bytes.append(contentsOf: bytes)
  }

  func noteSigned(_ child: ChildOrderID) {}
  func received(_ batch: borrowing EventBatch) {}
  func mayStillSend(_ child: ChildOrderID) -> Bool { true }
  func send(_ bytes: [UInt8], on channel: VenueChannel) -> Bool { false }
  func sendOnce(_ request: HTTPRequest, tag: RequestTag) {}
  func fetch(_ request: HTTPRequest, tag: RequestTag) {}
  func reconnect(_ channel: VenueChannel) {}
  func wake(at deadline: Timestamp) {}
  func record(_ severity: AdapterOutput.Incident.Severity, _ message: String) {}
}
