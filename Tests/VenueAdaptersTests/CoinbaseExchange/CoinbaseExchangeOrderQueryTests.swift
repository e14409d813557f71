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
    _ = try answer(harness, 200, foreign("human"))
    #expect(harness.reports.map(\.kind) == [.notFound])
  }

  private func foreign(_ id: String) -> String {
    Harness.orderReply(status: "done", doneReason: "filled", echo: "")
      .replacing(Harness.venueOrder, with: id)
  }

  /// A page of fills of orders nobody knows, one of each, at a second of the year 2025.
  private func fills(_ orders: [String], second: Int = 1_750_000_001) -> String {
    let time = RFC3339.format(Int64(second) * 1_000_000_000)
    let list = orders.enumerated().map {
      #"{"trade_id":\#($0),"product_id":"BTC-USD","order_id":"\#($1)","liquidity":"T","#
        + #""price":"25000","size":"1","fee":"0","created_at":"\#(time)","side":"buy"}"#
    }
    return "[\(list.joined(separator: ","))]"
  }

  // MARK: On a busy account

  private func askedImmediate() -> CoinbaseExchangeHarness {
    let harness = Harness()
    harness.connect()
    var reference = harness.reference()
    reference.timeInForce = .immediateOrCancel
    harness.encode(.query(reference))
    return harness
  }

  @Test func `a search among many orders goes on where the last one stopped`() throws {
    let harness = askedImmediate()
    func lookUps() throws -> Int {
      _ = try answer(harness, 404, missing)
      _ = try answer(harness, 200, "[]")
      var next = try answer(harness, 200, fills((1...50).map { "human\($0)" }))
      var count = 0
      while let target = next.first, let id = target.split(separator: "/").last {
        count += 1
        next = try answer(harness, 200, foreign(String(id)))
      }
      return count
    }
    #expect(try lookUps() == 30)
    #expect(harness.reports.map(\.kind) == [.queryFailed])
    harness.output.removeAll()
    harness.encode(.query(harness.reference()))
    #expect(try lookUps() == 20)
    #expect(harness.reports.map(\.kind) == [.notFound])
  }

  @Test func `fills behind the time in which the order can trade are not followed`() throws {
    let harness = askedImmediate()
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, "[]")
    // It was sent at 1,750,000,000 and can trade for 90 s; the clocks may differ by a minute.
    let late = fills((1...1000).map { "late\($0)" }, second: 1_750_000_151)
    #expect(
      try answer(harness, 200, late, cursor: "7") == [
        "GET /fills?product_id=BTC-USD&limit=1000&after=7"
      ], "older ones are on the next page")
    #expect(try answer(harness, 200, fills(["human"])) == ["GET /orders/human"])
    _ = try answer(harness, 200, foreign("human"))
    #expect(harness.reports.map(\.kind) == [.notFound])
  }

  @Test func `an order that has traded and is not shown leaves the question open`() throws {
    let harness = asked()
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, "[]")
    #expect(try answer(harness, 200, fills(["a", "b"])) == ["GET /orders/b"])
    #expect(try answer(harness, 404, missing) == ["GET /orders/a"])
    _ = try answer(harness, 200, foreign("a"))
    #expect(harness.reports.map(\.kind) == [.queryFailed])
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
    for _ in 1...40 { _ = try answer(harness, 200, page, cursor: "7") }
    #expect(harness.reports.map(\.kind) == [.queryFailed])
  }

  @Test(arguments: [0, 11_000, 600_000])
  func `a named order that is not shown is left to the core's rule of absence`(
    _ age: Int64
  ) throws {
    let harness = Harness()
    harness.connect()
    let reference = harness.reference(venueOrderID: Harness.venueOrder)
    harness.advance(milliseconds: age)
    harness.output.removeAll()
    harness.encode(.query(reference))
    let asked = harness.stamp.time
    #expect(
      try answer(harness, 404, missing) == [
        "GET /fills?order_id=\(Harness.venueOrder)&limit=1000"
      ])
    _ = try answer(harness, 200, "[]")
    #expect(harness.reports.map(\.kind) == [.notFound])
    #expect(harness.reports[0].queriedAt == asked)
  }

  @Test func `a named order that is not shown but has fills is not absent`() throws {
    let harness = asked(venueOrderID: Harness.venueOrder)
    _ = try answer(harness, 404, missing)
    _ = try answer(harness, 200, Harness.fillsReply(trade: 9, size: "0.01"))
    #expect(harness.reports.map(\.kind) == [.fill, .queryFailed])
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
