import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeOrderQueryTests {
  private typealias Harness = CoinbaseExchangeHarness
  private let missing = #"{"message":"NotFound"}"#

  private func asked(venueOrderID: String = "") -> CoinbaseExchangeHarness {
    let harness = Harness()
    harness.connect()
    harness.encode(.query(harness.reference(venueOrderID: venueOrderID)))
    return harness
  }

  /// Answers the newest request and returns the targets asked since.
  private func answer(
    _ harness: CoinbaseExchangeHarness, _ status: Int, _ body: String, cursor: String? = nil
  ) throws -> [String] {
    let tag = try #require(harness.requests.last?.tag)
    harness.output.removeAll()
    harness.answer(tag, status, body, cursor: cursor)
    return harness.requests.map(\.target)
  }

  @Test func `a working order without fills is still open`() throws {
    let harness = asked()
    _ = try answer(harness, 200, Harness.orderReply(status: "open"))
    #expect(harness.reports.map(\.kind) == [.acknowledged, .stillOpen])
    #expect(harness.reports[1].cumulativeQuantity == .zero)
  }

  @Test func `an ended order comes with its fills before its end`() throws {
    let harness = asked()
    let next = try answer(
      harness, 200, Harness.orderReply(status: "done", filled: "0.01", doneReason: "canceled"))
    #expect(next == ["GET /fills?order_id=\(Harness.venueOrder)&limit=1000"])
    _ = try answer(harness, 200, Harness.fillsReply(trade: 9, size: "0.01"))
    #expect(harness.reports.map(\.kind) == [.acknowledged, .fill, .expired])
    #expect(harness.reports[1].executionID.string == "BTC-USD-9-B")
    #expect(harness.reports[2].cumulativeQuantity == Quantity(mantissa: 1_000_000))
  }

  @Test func `not found takes the list of orders and the fills of the product`() throws {
    let harness = asked()
    let startedAt = harness.stamp.time
    harness.advance(milliseconds: 100)
    #expect(
      try answer(harness, 404, missing) == [
        "GET /orders?status=all&product_id=BTC-USD&limit=1000"
      ])
    #expect(try answer(harness, 200, "[]") == ["GET /fills?product_id=BTC-USD&limit=1000"])
    #expect(harness.reports.isEmpty)
    _ = try answer(harness, 200, "[]")
    #expect(harness.reports.map(\.kind) == [.notFound])
    #expect(harness.reports[0].queriedAt == startedAt)
  }

  @Test func `an order that only the list shows is found`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, "[\(Harness.orderReply(status: "open"))]")
    #expect(harness.reports.map(\.kind) == [.acknowledged, .stillOpen])
  }

  @Test func `a fill of an order nobody knows is followed to its order`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, "[]")
    let fills = Harness.fillsReply(trade: 9, size: "0.0125")
    #expect(try answer(harness, 200, fills) == ["GET /orders/\(Harness.venueOrder)"])
    _ = try answer(
      harness, 200, Harness.orderReply(status: "done", filled: "0.0125", doneReason: "filled"))
    _ = try answer(harness, 200, fills)
    #expect(harness.reports.map(\.kind) == [.acknowledged, .fill, .filled])
  }

  @Test func `a fill of somebody else's order does not stand in the way`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, "[]")
    _ = try answer(harness, 200, Harness.fillsReply(trade: 9, size: "1", orderID: "human"))
    _ = try answer(harness, 200, Harness.orderReply(status: "done", doneReason: "filled", echo: ""))
    #expect(harness.reports.map(\.kind) == [.notFound])
  }

  @Test func `pages are followed while they are full and young enough`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    let order = #"{"id":"x","product_id":"BTC-USD","created_at":"2030-01-01T00:00:00Z"}"#
    let page = "[" + Array(repeating: order, count: 1000).joined(separator: ",") + "]"
    #expect(
      try answer(harness, 200, page, cursor: "7") == [
        "GET /orders?status=all&product_id=BTC-USD&limit=1000&after=7"
      ])
    let old = page.replacing("2030", with: "2020")
    #expect(
      try answer(harness, 200, old, cursor: "8") == ["GET /fills?product_id=BTC-USD&limit=1000"])
  }

  @Test func `pages without end are no answer`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    let order = #"{"id":"x","product_id":"BTC-USD","created_at":"2030-01-01T00:00:00Z"}"#
    let page = "[" + Array(repeating: order, count: 1000).joined(separator: ",") + "]"
    for _ in 1...5 { _ = try answer(harness, 200, page, cursor: "7") }
    #expect(harness.reports.map(\.kind) == [.queryFailed])
  }

  @Test func `a named order that is unknown and old was purged without a fill`() throws {
    let harness = Harness()
    harness.connect()
    let reference = harness.reference(venueOrderID: Harness.venueOrder)
    harness.advance(milliseconds: 11_000)
    harness.output.removeAll()
    harness.encode(.query(reference))
    #expect(
      try answer(harness, 404, missing) == [
        "GET /fills?order_id=\(Harness.venueOrder)&limit=1000"
      ])
    _ = try answer(harness, 200, "[]")
    #expect(harness.reports.map(\.kind) == [.canceled])
    #expect(harness.reports[0].cumulativeQuantity == .zero)
  }

  @Test func `a named order that is unknown and young may just not be visible yet`() throws {
    let harness = asked(venueOrderID: Harness.venueOrder)
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, "[]")
    #expect(harness.reports.map(\.kind) == [.queryFailed])
  }

  @Test(arguments: [
    (500, "{}"), (429, #"{"message":"Private rate limit exceeded"}"#), (404, "<html>"),
    (401, #"{"message":"invalid signature"}"#), (200, "<html>"), (200, "{}"),
    (200, #"{"id":"a","status":"melted","filled_size":"0"}"#),
    (200, #"{"id":"a","status":"open","filled_size":"0.123456789"}"#),
  ])
  func `an answer that says nothing fails the query`(status: Int, body: String) throws {
    let harness = asked()
    _ = try answer(harness, status, body)
    #expect(harness.reports.map(\.kind) == [.queryFailed])
    #expect(harness.requests.isEmpty)
  }

  @Test func `a transport error at any step fails the query, and another may follow`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    let tag = try #require(harness.requests.last?.tag)
    harness.output.removeAll()
    harness.fail(tag, .unknown("timeout"))
    #expect(harness.reports.map(\.kind) == [.queryFailed])
    // An answer that comes late belongs to no query.
    harness.answer(tag, 200, "[]")
    #expect(harness.requests.isEmpty)
    harness.encode(.query(harness.reference()))
    #expect(harness.requests.count == 1)
  }

  @Test func `a child has one query at a time`() {
    let harness = asked()
    harness.encode(.query(harness.reference()))
    #expect(harness.requests.count == 1)
  }
}
