import RouterCore
import Testing
import VenueAdapters
import VenueGateways
import Wire

/// What the driver does with an adapter's wishes, in which order.
struct AdapterDriverTests {
  private static let child = ChildOrderID(instance: 7, epoch: 1, parent: ParentOrderID(3), child: 1)
  private let transport = RecordingTransport()
  private let adapter = ScriptedAdapter()

  private func driver() -> AdapterDriver {
    AdapterDriver(
      venue: VenueID(0), dialect: BinanceDialect(), adapter: adapter, signer: NoSigner(),
      maximumClockOffsetMilliseconds: 5000, transport: transport)
  }

  @Test func `events come before requests, and a request's own report after it`() {
    adapter.onCommand = { output in
      output.append(.linkChanged(VenueID(0), .dropCopy, isUp: true))
      output.send([1], on: .privateStream, tag: RequestTag(.newOrder, child: Self.child))
    }
    let driver = driver()
    driver.execute(.refreshBalances(VenueID(0)))
    #expect(transport.log == ["link dropCopy true", "send privateStream", "report sent"])
    #expect(driver.ordersSent == 1)
  }

  @Test func `an order for a socket that is down was not sent`() {
    transport.isOpen = false
    adapter.onCommand = { output in
      output.send([1], on: .privateStream, tag: RequestTag(.newOrder, child: Self.child))
    }
    let driver = driver()
    driver.execute(.refreshBalances(VenueID(0)))
    #expect(transport.log == ["send privateStream"])
    #expect(adapter.failures == ["notSent"])
    #expect(driver.ordersSent == 0)
  }

  @Test func `prepared orders leave with their own bytes, whatever is prepared meanwhile`() {
    let texts = (0..<40).map { "message \($0) \(String(repeating: "x", count: $0 * 37 % 300))" }
    var next = 0
    adapter.onCommand = { output in
      // Two in one round, behind each other in one buffer.
      for _ in 0..<2 {
        let start = output.prepared.count
        output.prepared += Array(texts[next].utf8)
        output.send(
          prepared: start..<output.prepared.count, on: .privateStream,
          tag: RequestTag(.newOrder, number: UInt64(next), child: Self.child))
        next += 1
      }
    }
    let driver = driver()
    // A further command comes while the first one's bytes are on their way.
    transport.onSend = { [unowned driver] in
      if next < texts.count { driver.execute(.refreshBalances(VenueID(0))) }
    }
    driver.execute(.refreshBalances(VenueID(0)))
    transport.onSend = {}
    #expect(transport.sent == texts)
    #expect(driver.ordersSent == texts.count)
  }

  @Test func `a prepared request reaches a transport that takes it apart`() {
    adapter.onCommand = { output in
      output.prepared.append(literal: "junk")
      let start = output.prepared.count
      output.prepared.append(literal: "DELETE /orders/1 HTTP/1.1\r\n")
      let headers = output.prepared.count
      output.prepared.append(literal: "Key: value\r\n\r\n")
      output.order(
        prepared: PreparedRequest(
          .delete, start: start, headers: headers, end: output.prepared.count),
        tag: RequestTag(.cancel, child: Self.child))
    }
    driver().execute(.refreshBalances(VenueID(0)))
    #expect(transport.log == ["order"])
    #expect(
      transport.requests == [
        HTTPRequest(method: "DELETE", target: "/orders/1", headers: [("Key", "value")])
      ])
  }

  @Test func `an order that may not leave any more is not reported as sent`() {
    let driver = driver()
    let tag = RequestTag(.newOrder, child: Self.child)
    transport.mayStill = false
    #expect(!driver.mayLeave(tag))
    #expect(transport.log.isEmpty)
    transport.mayStill = true
    #expect(driver.mayLeave(tag))
    #expect(transport.log == ["report sent"])
  }

  @Test func `an order that its adapter holds back is not reported as sent`() {
    let driver = driver()
    adapter.mayLeave = false
    #expect(!driver.mayLeave(RequestTag(.newOrder, child: Self.child)))
    #expect(transport.log.isEmpty && driver.ordersSent == 0)
  }

  @Test func `a cancel leaves without being asked about`() {
    let driver = driver()
    transport.mayStill = false
    #expect(driver.mayLeave(RequestTag(.cancel, child: Self.child)))
    #expect(transport.log.isEmpty)
  }

  @Test func `order entry is down while the clock is out of bounds`() {
    adapter.onCommand = { $0.append(.linkChanged(VenueID(0), .orderEntry, isUp: true)) }
    let driver = driver()
    driver.execute(.refreshBalances(VenueID(0)))
    driver.answeredClock(Self.time(20_000), sentAt: 0, receivedAt: 0, wallBase: 0)
    driver.answeredClock(Self.time(100), sentAt: 0, receivedAt: 0, wallBase: 1_000_000_000)
    #expect(
      transport.log == [
        "link orderEntry true", "alarm", "link orderEntry false", "notice", "link orderEntry true",
      ])
  }

  @Test func `each stamp has a nonce of its own, and the venue's time`() {
    var clock = VenueClock()
    clock.record(sentAt: 0, venueTime: 2_000_000_000, receivedAt: 0)
    let driver = driver()
    driver.start(clock: clock)
    driver.execute(.refreshBalances(VenueID(0)))
    driver.execute(.refreshBalances(VenueID(0)))
    #expect(adapter.stamps.map(\.nonce) == [1, 2])
    #expect(adapter.stamps.allSatisfy { $0.venueMilliseconds == 7000 })
  }

  private static func time(_ milliseconds: Int) -> HTTPResponse {
    HTTPResponse(status: 200, reason: "OK", body: Array("{\"serverTime\":\(milliseconds)}".utf8))
  }
}

/// An adapter that says what a test wants it to say.
private final class ScriptedAdapter: VenueAdapter {
  let channels: [VenueChannel] = [.privateStream]
  let nextDeadline = Timestamp.distantFuture
  var onCommand: (inout AdapterOutput) -> Void = { _ in }
  var stamps: [RequestStamp] = []
  var failures: [String] = []
  var mayLeave = true

  func opened(
    _ channel: VenueChannel, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {}
  func received(
    _ message: UnsafeRawBufferPointer, on channel: VenueChannel, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {}
  func closed(_ channel: VenueChannel, at stamp: RequestStamp, into output: inout AdapterOutput) {}
  func timerExpired(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {}
  func encode(
    _ command: VenueCommand, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    stamps.append(stamp)
    onCommand(&output)
  }
  func refreshBook(
    _ listing: ListingID, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {}
  func answered(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {}
  func failed(
    _ tag: RequestTag, _ failure: TransportFailure, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    if case .notSent = failure { failures.append("notSent") } else { failures.append("unknown") }
  }
  func sent(_ tag: RequestTag, at stamp: RequestStamp, into output: inout AdapterOutput) {}
  func mayLeave(_ tag: RequestTag, at stamp: RequestStamp) -> Bool { mayLeave }
}

/// A transport that notes in order what it is asked to do and told.
private final class RecordingTransport: AdapterTransport {
  var log: [String] = []
  var isOpen = true
  var mayStill = true
  var sent: [String] = []
  var requests: [HTTPRequest] = []
  var onSend: () -> Void = {}
  private var nonce: UInt64 = 0

  var now: Timestamp { Timestamp(nanoseconds: 1_000_000_000) }
  var wallNanoseconds: Int64 { 5_000_000_000 }
  func nextNonce() -> UInt64 {
    nonce += 1
    return nonce
  }
  func send(_ bytes: [UInt8], on channel: VenueChannel) -> Bool {
    log.append("send \(channel)")
    sent.append(String(decoding: bytes, as: UTF8.self))
    onSend()
    return isOpen
  }
  func sendOnce(_ request: HTTPRequest, tag: RequestTag) {
    log.append("order")
    requests.append(request)
  }
  func fetch(_ request: HTTPRequest, tag: RequestTag) { log.append("fetch") }
  func reconnect(_ channel: VenueChannel) { log.append("reconnect \(channel)") }
  func wake(at deadline: Timestamp) {}
  func received(_ batch: borrowing EventBatch) {
    for event in batch.events {
      switch event {
      case .linkChanged(_, let link, let isUp): log.append("link \(link) \(isUp)")
      case .childReport(let report): log.append("report \(report.kind)")
      default: log.append("event")
      }
    }
  }
  func mayStillSend(_ child: ChildOrderID) -> Bool { mayStill }
  func record(_ severity: AdapterOutput.Incident.Severity, _ message: String) {
    log.append("\(severity)")
  }
}

private final class NoSigner: VenueSigner {
  let apiKey = "key"
  let passphrase = ""
  func hmacSHA256(_ message: [UInt8]) -> [UInt8] { message }
  func hmacSHA512(_ message: [UInt8]) -> [UInt8] { message }
  func sha256(_ message: [UInt8]) -> [UInt8] { message }
}
