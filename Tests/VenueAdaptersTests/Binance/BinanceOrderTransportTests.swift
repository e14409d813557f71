import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// New orders over REST: how they are sent, what their answers mean, and which way is taken.
struct BinanceOrderTransportTests {
  /// A connected adapter whose orders go over HTTP, and the order's request with its bytes away.
  private func placed(_ policy: OrderTransportPolicy = .http) throws
    -> (BinanceHarness, RequestTag)
  {
    var harness = BinanceHarness(orders: policy)
    try harness.start()
    let outcome = harness.encode(.newOrder(BinanceOrderEntryTests.order()))
    let tag = try #require(outcome.ordered.first?.tag)
    harness.sent(tag)
    return (harness, tag)
  }

  private static func refusal(_ code: Int, _ message: String = "words") -> String {
    #"{"code":\#(code),"msg":"\#(message)"}"#
  }

  // MARK: Sending

  @Test func `an order over REST says what one over the socket says`() throws {
    var http = BinanceHarness(orders: .http)
    var socket = BinanceHarness(orders: .socket)
    try http.start()
    try socket.start()
    let order = VenueCommand.newOrder(BinanceOrderEntryTests.order())
    let asked = http.encode(order)
    #expect(asked.sent.isEmpty && asked.fetched.isEmpty && asked.ordered.count == 1)
    let request = try #require(asked.ordered.first?.request)
    let sent = socket.encode(order)
    #expect(sent.ordered.isEmpty)
    let params = try #require(sent.sent.first?.json["params"])
    #expect(request.method == "POST" && request.path == "/api/v3/order" && request.body.isEmpty)
    #expect(request.headers["X-MBX-APIKEY"] == http.signer.apiKey)
    let query = request.query
    guard case .object(let members) = params else { return }
    let names = members.map(\.name).filter { $0 != "apiKey" }.sorted()
    #expect(query.map(\.name).sorted() == names)
    for (name, value) in query where name != "signature" {
      #expect(params[name]?.text == value, "\(name)")
    }
    let signed = try #require(request.target.split(separator: "?").last)
      .split(separator: "&").dropLast().joined(separator: "&")
    #expect(http.signer.signed.last == signed)
    #expect(query.last?.value == BinanceOrderTransportTests.hex(signed))
  }

  private static func hex(_ text: String) -> String {
    let secret = Array("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".utf8)
    return Hex.encode(BinanceReferenceHMAC.sign(Array(text.utf8), key: secret))
  }

  @Test(arguments: [
    (
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
        + "&timestamp=1499827319559",
      "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    ),
    (
      "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
        + "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
      "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"
    ),
  ])
  func `the sheet's REST vectors are signed in place`(_ query: String, _ signature: String) {
    var bytes = Array("POST /api/v3/order?".utf8)
    let start = bytes.count
    bytes += Array(query.utf8)
    BinanceOrderRequests.sign(from: start, BinanceTestSigner(), &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "POST /api/v3/order?\(query)&signature=\(signature)")
  }

  @Test func `without the socket no order leaves, whichever way is set`() throws {
    var harness = BinanceHarness(orders: .http)
    let early = harness.encode(.newOrder(BinanceOrderEntryTests.order()))
    #expect(early.kinds == [.notSent] && early.ordered.isEmpty)
    try harness.start()
    harness.close(.privateStream)
    let late = harness.encode(.newOrder(BinanceOrderEntryTests.order()))
    #expect(late.kinds == [.notSent] && late.ordered.isEmpty)
    #expect(late.reports.first?.rejectReason == .linkDown)
  }

  @Test func `cancels and queries stay on the socket`() throws {
    var (harness, _) = try placed()
    let cancel = harness.encode(.cancel(BinanceOrderEntryTests.reference()))
    #expect(cancel.sent.first?.json["method"]?.string == "order.cancel" && cancel.ordered.isEmpty)
    let query = harness.encode(.query(BinanceOrderEntryTests.reference()))
    #expect(query.sent.first?.json["method"]?.string == "order.status" && query.ordered.isEmpty)
  }

  @Test func `an order that has waited half its window for a connection does not leave`() throws {
    var harness = BinanceHarness(orders: .http)
    try harness.start()
    let outcome = harness.encode(.newOrder(BinanceOrderEntryTests.order()))
    let tag = try #require(outcome.ordered.first?.tag)
    #expect(harness.wait(milliseconds: 999).reports.isEmpty)
    #expect(harness.adapter.mayLeave(tag, at: harness.stamp))
    #expect(harness.wait(milliseconds: 1).reports.isEmpty)
    #expect(!harness.adapter.mayLeave(tag, at: harness.stamp))
    #expect(harness.fail(tag, .notSent("withdrawn")).kinds == [.notSent])
  }

  @Test func `while it waits for a connection no outcome is claimed`() throws {
    var harness = BinanceHarness(orders: .http)
    try harness.start()
    let outcome = harness.encode(.newOrder(BinanceOrderEntryTests.order()))
    let tag = try #require(outcome.ordered.first?.tag)
    #expect(harness.wait(milliseconds: 9000).reports.isEmpty)
    #expect(harness.fail(tag, .notSent("no connection in time")).kinds == [.notSent])
    #expect(harness.wait(milliseconds: 90_000).reports.isEmpty)
  }

  // MARK: Answers

  @Test func `an order over REST is acknowledged, filled and ended`() throws {
    var (harness, tag) = try placed()
    let outcome = harness.answer(tag, 200, BinanceOrderEntryTests.result())
    #expect(outcome.kinds == [.acknowledged, .fill, .expired])
    #expect(outcome.reports[1].executionID.string == "BTCUSDT-9001")
    #expect(harness.wait(milliseconds: 90_000).reports.isEmpty)
  }

  @Test(arguments: [
    (400, -1013, "Filter failure: LOT_SIZE", RejectReason.incrementViolation),
    (400, -2010, "Account has insufficient balance for requested action.", .insufficientFunds),
    (400, -1021, "Timestamp outside of the recvWindow", .clockSkew),
    (401, -2015, "Invalid API-key", .authentication),
    (400, -1121, "Invalid symbol", .unknownInstrument),
    (429, -1015, "Too many new orders", .rateLimited),
  ])
  func `a definite refusal means the same as on the socket`(
    _ status: Int, _ code: Int, _ message: String, _ reason: RejectReason
  ) throws {
    var (harness, tag) = try placed()
    let outcome = harness.answer(tag, status, Self.refusal(code, message))
    #expect(outcome.kinds == [.rejected])
    #expect(outcome.reports.first?.rejectReason == reason)
  }

  @Test(arguments: [
    (504, refusal(-1007)), (500, refusal(-1000)), (503, refusal(-1008)), (400, refusal(-1006)),
    (400, refusal(-1007)), (500, refusal(-2010, "Market is closed.")), (502, "<html>"),
    (403, "WAF"),
    (200, "<html>"), (200, "{}"), (302, refusal(-2010, "Market is closed.")),
    (400, refusal(-2010, "Duplicate order sent.")), (408, ""), (409, refusal(-9999)),
  ])
  func `every other answer leaves the outcome unknown`(_ status: Int, _ body: String) throws {
    var (harness, tag) = try placed()
    let outcome = harness.answer(tag, status, body)
    #expect(outcome.kinds == [.outcomeUnknown])
    #expect(outcome.ordered.isEmpty && outcome.sent.isEmpty)
    #expect(harness.wait(milliseconds: 90_000).reports.isEmpty)
  }

  @Test(arguments: [429, 418], [refusal(-1003), "<html>", ""])
  func `too many requests over REST silence both ways`(_ status: Int, _ body: String) throws {
    var (harness, tag) = try placed()
    let outcome = harness.answer(tag, status, body, [("Retry-After", "7")])
    #expect(outcome.kinds == [.outcomeUnknown])
    let until = harness.stamp.time.adding(milliseconds: 7000)
    #expect(
      outcome.events.contains { if case .venueBusy(_, until: until) = $0 { true } else { false } })
    let next = harness.encode(.newOrder(BinanceOrderEntryTests.order(BinanceHarness.child(2))))
    #expect(next.kinds == [.notSent] && next.ordered.isEmpty && next.sent.isEmpty)
    let cancel = harness.encode(.cancel(BinanceOrderEntryTests.reference()))
    #expect(cancel.sent.isEmpty && cancel.ordered.isEmpty)
    #expect(harness.wait(milliseconds: 6999).sent.isEmpty)
    let later = harness.wait(milliseconds: 1)
    #expect(later.sent.compactMap { $0.json["method"]?.string } == ["order.cancel"])
  }

  @Test func `a ban on the socket silences orders over REST`() throws {
    var (harness, _) = try placed()
    let cancel = harness.encode(.cancel(BinanceOrderEntryTests.reference()))
    let id = try #require(cancel.sent.first?.json["id"]?.string)
    harness.receive(
      #"{"id":"\#(id)","status":418,"error":{"code":-1003,"msg":"banned","data":{"retryAfter":\#(harness.milliseconds + 60_000)}}}"#
    )
    let next = harness.encode(.newOrder(BinanceOrderEntryTests.order(BinanceHarness.child(2))))
    #expect(next.kinds == [.notSent] && next.ordered.isEmpty)
    #expect(next.reports.first?.rejectReason == .rateLimited)
  }

  @Test func `bytes that may have left leave the outcome unknown, and nothing is sent again`()
    throws
  {
    var (harness, tag) = try placed()
    let outcome = harness.fail(tag, .unknown("connection reset"))
    #expect(outcome.kinds == [.outcomeUnknown])
    #expect(outcome.ordered.isEmpty && outcome.sent.isEmpty)
    #expect(harness.wait(milliseconds: 90_000).reports.isEmpty)
  }

  @Test func `a request without an answer is unknown once, and its late answer counts`() throws {
    var (harness, tag) = try placed()
    #expect(harness.wait(milliseconds: 4900).reports.isEmpty)
    #expect(harness.wait(milliseconds: 200).kinds == [.outcomeUnknown])
    let late = harness.answer(tag, 400, Self.refusal(-2010, "Market is closed."))
    #expect(late.kinds == [.rejected])
  }

  @Test func `a request that ends late without an answer is not told of twice`() throws {
    var (harness, tag) = try placed()
    #expect(harness.wait(milliseconds: 5100).kinds == [.outcomeUnknown])
    #expect(harness.fail(tag, .unknown("timed out")).reports.isEmpty)
  }

  @Test func `the socket's end leaves orders over REST to their own answers`() throws {
    var (harness, tag) = try placed()
    #expect(harness.close(.privateStream).reports.isEmpty)
    let outcome = harness.answer(tag, 200, BinanceOrderEntryTests.result())
    #expect(outcome.kinds == [.acknowledged, .fill, .expired])
  }

  // MARK: The choice

  /// Sends an order, lets `wait` pass, and answers it the way it went.
  private func roundTrip(
    _ harness: inout BinanceHarness, _ number: UInt16, milliseconds wait: [OrderTransport: Int64]
  ) throws -> (OrderTransport, BinanceOutcome) {
    let id = BinanceHarness.child(number)
    let outcome = harness.encode(.newOrder(BinanceOrderEntryTests.order(id)))
    #expect(outcome.sent.count + outcome.ordered.count == 1)
    let result = BinanceOrderEntryTests.result(id: id)
    if let tag = outcome.ordered.first?.tag {
      harness.sent(tag)
      harness.milliseconds += wait[.http] ?? 1
      return (.http, harness.answer(tag, 200, result))
    }
    let number = try #require(outcome.sent.first?.json["id"]?.string)
    harness.milliseconds += wait[.socket] ?? 1
    return (.socket, harness.receive(BinanceOrderEntryTests.reply(number, result)))
  }

  @Test func `orders move to HTTP when the socket answers slowly, and back when it recovers`()
    throws
  {
    var harness = BinanceHarness(explorationInterval: 2)
    try harness.start()
    var number: UInt16 = 0
    func trade(_ harness: inout BinanceHarness, _ count: Int, _ wait: [OrderTransport: Int64])
      throws -> [AdapterOutput.Incident]
    {
      try (0..<count).flatMap { _ in
        number += 1
        return try roundTrip(&harness, number, milliseconds: wait).1.incidents
      }
    }
    #expect(try trade(&harness, 40, [.socket: 5, .http: 8]).isEmpty)
    #expect(harness.adapter.orderTransports(at: harness.stamp.time)?.chosen == .socket)
    let slowed = try trade(&harness, 40, [.socket: 150, .http: 8])
    #expect(slowed.map(\.severity) == [.notice])
    let words = try #require(slowed.first?.message)
    #expect(words.hasPrefix("new orders take the http way now: socket p50 "))
    #expect(words.contains("; http p50 8.0 ms, p95 8.0 ms of "))
    let reading = try #require(harness.adapter.orderTransports(at: harness.stamp.time))
    #expect(reading.chosen == .http && reading.policy == .fastest)
    #expect(reading.ways[1].medianNanoseconds == 8_000_000)
    let recovered = try trade(&harness, 200, [.socket: 4, .http: 8])
    #expect(recovered.count == 1)
    #expect(recovered.first?.message.hasPrefix("new orders take the socket way now") == true)
    #expect(harness.adapter.orderTransports(at: harness.stamp.time)?.chosen == .socket)
  }

  /// The latency that the only order so far has counted with, in milliseconds.
  private func counted(_ harness: BinanceHarness, _ transport: OrderTransport = .http) throws
    -> Int64?
  {
    let reading = try #require(harness.adapter.orderTransports(at: harness.stamp.time))
    let way = try #require(reading.ways.first { $0.transport == transport })
    return way.samples == 0 ? nil : way.medianNanoseconds / 1_000_000
  }

  @Test func `the stream's word counts if it comes first, and only once`() throws {
    var (harness, tag) = try placed()
    harness.milliseconds += 20
    let id = BinanceHarness.child().short.string
    harness.receive(
      #"{"subscriptionId":0,"event":{"e":"executionReport","s":"BTCUSDT","c":"\#(id)","C":"","x":"NEW","X":"NEW","i":7001,"T":1700000000500}}"#
    )
    #expect(try counted(harness) == 20)
    harness.milliseconds += 500
    harness.answer(tag, 200, BinanceOrderEntryTests.result())
    #expect(try counted(harness) == 20)
    #expect(harness.adapter.orderTransports(at: harness.stamp.time)?.ways[1].samples == 1)
  }

  @Test func `a definite refusal is an answer`() throws {
    var (harness, tag) = try placed()
    harness.milliseconds += 12
    harness.answer(tag, 400, Self.refusal(-2010, "Market is closed."))
    #expect(try counted(harness) == 12)
  }

  @Test(arguments: [(504, refusal(-1007)), (403, "WAF"), (200, "<html>")])
  func `an answer that decides nothing counts with the time limit`(
    _ status: Int, _ body: String
  ) throws {
    var (harness, tag) = try placed()
    harness.milliseconds += 12
    harness.answer(tag, status, body)
    #expect(try counted(harness) == 5000)
  }

  @Test func `an order without an answer counts with what it has waited at least`() throws {
    var (harness, tag) = try placed()
    harness.wait(milliseconds: 6000)
    #expect(try counted(harness) == 5000)
    harness.answer(tag, 200, BinanceOrderEntryTests.result())
    #expect(harness.adapter.orderTransports(at: harness.stamp.time)?.ways[1].samples == 1)
    var (reset, other) = try placed()
    reset.milliseconds += 3
    reset.fail(other, .unknown("connection reset"))
    #expect(try counted(reset) == 5000)
  }

  @Test func `a socket that is lost counts against the socket`() throws {
    var harness = BinanceHarness()
    try harness.start()
    harness.encode(.newOrder(BinanceOrderEntryTests.order()))
    harness.milliseconds += 3
    #expect(harness.close(.privateStream).kinds == [.outcomeUnknown])
    #expect(try counted(harness, .socket) == 5000)
  }

  @Test func `too many requests say nothing about a way`() throws {
    var (harness, tag) = try placed()
    harness.answer(tag, 429, Self.refusal(-1003), [("Retry-After", "1")])
    #expect(try counted(harness) == nil)
  }

  @Test func `when HTTP has no connection, orders go back to the socket at once`() throws {
    var harness = BinanceHarness(explorationInterval: 2)
    try harness.start()
    for number in 1...40 {
      _ = try roundTrip(&harness, UInt16(number), milliseconds: [.socket: 150, .http: 8])
    }
    #expect(harness.adapter.orderTransports(at: harness.stamp.time)?.chosen == .http)
    var failures = 0
    for number in 41...60 {
      let outcome = harness.encode(
        .newOrder(BinanceOrderEntryTests.order(BinanceHarness.child(UInt16(number)))))
      guard let tag = outcome.ordered.first?.tag else { continue }
      let failed = harness.fail(tag, .notSent("no connection"))
      #expect(failed.kinds == [.notSent])
      failures += 1
      if failures == 1 {
        let words = try #require(failed.incidents.first?.message)
        #expect(words.hasPrefix("new orders take the socket way now, since HTTP took no order: "))
        #expect(words.hasSuffix("http p50 0.0 ms, p95 0.0 ms of 0 orders"))
      }
      #expect(harness.adapter.orderTransports(at: harness.stamp.time)?.chosen == .socket)
    }
    #expect(failures > 0 && failures <= 11)
  }

  @Test func `orders that rest do not explore`() throws {
    var harness = BinanceHarness(explorationInterval: 2)
    try harness.start()
    for number in 1...50 {
      var order = BinanceOrderEntryTests.order(
        BinanceHarness.child(UInt16(number)), .goodTillCancel)
      order.isPostOnly = true
      let outcome = harness.encode(.newOrder(order))
      #expect(outcome.sent.count == 1 && outcome.ordered.isEmpty)
    }
  }
}
