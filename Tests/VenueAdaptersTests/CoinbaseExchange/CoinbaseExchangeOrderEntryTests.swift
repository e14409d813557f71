import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeOrderEntryTests {
  private typealias Harness = CoinbaseExchangeHarness

  private func sent() throws -> (harness: CoinbaseExchangeHarness, tag: RequestTag) {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(Harness.order()))
    let tag = try #require(harness.requests.first?.tag)
    harness.output.removeAll()
    return (harness, tag)
  }

  @Test func `an order carries its id, an exact price and size, and cancel-newest`() throws {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(Harness.order()))
    let request = try #require(harness.requests.first)
    #expect(request.target == "POST /orders")
    #expect(request.tag.purpose == .newOrder)
    #expect(
      request.body
        == #"{"client_oid":"\#(Harness.child().uuid)","price":"25000.01","product_id":"BTC-USD","side":"buy","size":"0.0125","stp":"cn","time_in_force":"IOC","type":"limit"}"#
    )
  }

  @Test func `the order entry link is up once a signed request was answered`() throws {
    let harness = Harness()
    harness.open(.privateStream)
    let probe = try #require(harness.requests.first)
    #expect(probe.target == "GET /accounts")
    #expect(harness.links.isEmpty)
    harness.answer(
      probe.tag, 200, #"[{"currency":"USD","balance":"10.5","hold":"0.5","available":"10.0"}]"#)
    #expect(harness.links == ["orderEntry true"])
    guard case .balanceObserved(let balance) = try #require(harness.events.first) else {
      Issue.record("no balance")
      return
    }
    #expect(balance.asset == AssetID(1))
    #expect(balance.available == Amount(mantissa: 100_000_000_000_000_000))
    #expect(balance.total == Amount(mantissa: 105_000_000_000_000_000))
    #expect(balance.observedAt == harness.stamp.time)
  }

  @Test func `a wrong key keeps the link down and is asked again seldom`() throws {
    let harness = Harness()
    harness.open(.privateStream)
    let tag = try #require(harness.requests.first?.tag)
    harness.answer(tag, 401, #"{"message":"Invalid API Key"}"#)
    #expect(harness.links.isEmpty)
    #expect(harness.incidents.first?.severity == .alarm)
    harness.output.removeAll()
    harness.advance(milliseconds: 10_000)
    #expect(!harness.requests.contains { $0.target == "GET /accounts" })
    harness.advance(milliseconds: 51_000)
    #expect(harness.requests.contains { $0.target == "GET /accounts" })
  }

  @Test func `acceptance is reported with the venue's id`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 200, Harness.orderReply(status: "pending"))
    #expect(harness.reports.map(\.kind) == [.acknowledged])
    #expect(harness.reports.first?.venueOrderID.string == Harness.venueOrder)
  }

  @Test func `a client id that is not echoed stops order entry`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 200, Harness.orderReply(status: "pending", echo: ""))
    #expect(harness.reports.map(\.kind) == [.outcomeUnknown])
    #expect(harness.links == ["orderEntry false"])
    #expect(harness.incidents.first?.severity == .alarm)
  }

  @Test func `a rejection inside a 200 is a rejection`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 200, Harness.orderReply(status: "rejected"))
    #expect(harness.reports.map(\.kind) == [.rejected])
  }

  @Test(arguments: [
    (400, "Insufficient funds", RejectReason.insufficientFunds),
    (400, "size is too small. Minimum size is 0.0001", .belowMinimum),
    (400, "notional is too small", .belowMinimum),
    (400, "price too precise (123.456)", .incrementViolation),
    (400, "funds is too accurate", .incrementViolation),
    (400, "Post only mode", .marketClosed), (400, "Cancel only mode", .marketClosed),
    (400, "limit only", .marketClosed), (400, "Trading pair not available", .marketClosed),
    (404, "Product not found", .malformedRequest), (401, "invalid signature", .authentication),
    (401, "Invalid Passphrase", .authentication),
    (400, "request timestamp expired", .clockSkew),
    (429, "Private rate limit exceeded", .rateLimited),
    (403, "something about your address", .authentication),
  ])
  func `a 4xx with a known message is a definite refusal`(
    status: Int, text: String, reason: RejectReason
  ) throws {
    let (harness, tag) = try sent()
    harness.answer(tag, status, #"{"message":"\#(text)"}"#)
    #expect(harness.reports.map(\.kind) == [.rejected])
    #expect(harness.reports.first?.rejectReason == reason)
    #expect(harness.reports.first?.text.string == String(text.prefix(39)))
  }

  @Test(arguments: [
    (500, #"{"message":"Internal server error"}"#), (502, "<html>"), (503, ""), (504, ""),
    (403, "<html>cloudflare</html>"), (400, ""), (200, "{\"id\":"), (200, "<html>"),
    (400, #"{"message":"duplicate client_oid"}"#), (302, ""),
    (400, #"{"message":"a text nobody has written down"}"#),
    (404, #"{"message":"a text nobody has written down"}"#), (422, #"{"message":"funds"}"#),
    (400, #"{"message":"invalid client_oid"}"#), (400, #"{"message":"Site is under maintenance"}"#),
  ])
  func `anything that is not definite leaves the outcome unknown`(
    status: Int, body: String
  ) throws {
    let (harness, tag) = try sent()
    harness.answer(tag, status, body)
    #expect(harness.reports.map(\.kind) == [.outcomeUnknown])
  }

  @Test func `a request that never left is not sent, one that may have is unknown`() throws {
    let (harness, tag) = try sent()
    harness.fail(tag, .unknown("reset"))
    harness.fail(tag, .notSent("refused"))
    #expect(harness.reports.map(\.kind) == [.outcomeUnknown, .notSent])
  }

  @Test func `insufficient funds asks for the balances`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 400, #"{"message":"Insufficient funds"}"#)
    #expect(harness.requests.map(\.target) == ["GET /accounts"])
  }

  @Test func `a closed product is looked at`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 400, #"{"message":"Cancel only mode"}"#)
    #expect(harness.requests.map(\.target) == ["GET /products/BTC-USD"])
  }

  @Test func `an invalid signature stops order entry until a probe succeeds`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 401, #"{"message":"invalid signature"}"#)
    #expect(harness.links == ["orderEntry false"])
    harness.output.removeAll()
    harness.advance(milliseconds: 61_000)
    let probe = try #require(harness.requests.first { $0.target == "GET /accounts" })
    harness.answer(probe.tag, 200, "[]")
    #expect(harness.links.contains("orderEntry true"))
  }

  @Test func `new orders leave a part of the budget to cancels`() {
    let harness = Harness()
    harness.connect()
    for number in 1...40 { harness.encode(.newOrder(Harness.order(UInt16(number)))) }
    // 30 in the bucket, one spent on the probe at the start, nine kept.
    #expect(harness.requests.count == 20)
    #expect(harness.reports.count == 20)
    #expect(harness.reports.allSatisfy { $0.kind == .notSent && $0.rejectReason == .rateLimited })
    harness.output.removeAll()
    harness.encode(.cancel(harness.reference(1)))
    #expect(harness.requests.count == 1)
    harness.advance(milliseconds: 1000)
    harness.output.removeAll()
    harness.encode(.newOrder(Harness.order(99)))
    #expect(harness.requests.count == 1)
  }

  @Test func `a rate limit refusal pauses new orders for a second`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 429, #"{"message":"Private rate limit exceeded"}"#)
    harness.output.removeAll()
    harness.encode(.newOrder(Harness.order(2)))
    #expect(harness.reports.map(\.kind) == [.notSent])
    harness.output.removeAll()
    harness.advance(milliseconds: 1500)
    harness.encode(.newOrder(Harness.order(3)))
    #expect(harness.requests.contains { $0.target == "POST /orders" })
  }

  @Test func `a cancel names the client id and the product`() throws {
    let (harness, _) = try sent()
    harness.encode(.cancel(harness.reference()))
    #expect(
      harness.requests.map(\.target) == [
        "DELETE /orders/client:\(Harness.child().uuid)?product_id=BTC-USD"
      ])
  }

  @Test(arguments: ["Order already done", "order not found", "NotFound"])
  func `a cancel of an ended order asks how it ended`(text: String) throws {
    let (harness, _) = try sent()
    harness.encode(.cancel(harness.reference()))
    let tag = try #require(harness.requests.first?.tag)
    harness.output.removeAll()
    harness.answer(tag, text == "Order already done" ? 400 : 404, #"{"message":"\#(text)"}"#)
    #expect(harness.reports.map(\.kind) == [.cancelRejected])
    #expect(harness.requests.map(\.target) == ["GET /orders/client:\(Harness.child().uuid)"])
  }

  @Test func `an accepted cancel that the stream does not end is looked up`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 200, Harness.orderReply(status: "pending"))
    harness.receive(Harness.receivedMessage(), on: .privateStream)
    harness.encode(.cancel(harness.reference()))
    let cancel = try #require(harness.requests.last?.tag)
    harness.answer(cancel, 200, #""\#(Harness.venueOrder)""#)
    harness.output.removeAll()
    harness.advance(milliseconds: 3500)
    #expect(harness.requests.contains { $0.target.hasPrefix("GET /orders/client:") })
  }

  @Test func `a query about a listing we do not have says that it failed`() {
    let harness = Harness()
    harness.connect()
    harness.encode(
      .query(
        ChildReference(
          id: Harness.child(), venue: VenueID(1), listing: ListingID(99), venueOrderID: ShortText(),
          sentAt: harness.stamp.time)))
    #expect(harness.reports.map(\.kind) == [.queryFailed])
  }
}
