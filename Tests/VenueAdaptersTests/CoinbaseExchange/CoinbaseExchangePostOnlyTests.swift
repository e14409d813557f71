import RouterCore
import Testing
import VenueAdapters
import Wire

/// Children that rest and must never take: `post_only`.
struct CoinbaseExchangePostOnlyTests {
  private typealias Harness = CoinbaseExchangeHarness

  private func order(_ timeInForce: TimeInForce = .goodTillCancel) -> NewChildOrder {
    var order = Harness.order(timeInForce: timeInForce)
    order.isPostOnly = true
    return order
  }

  private func sent() throws -> (harness: CoinbaseExchangeHarness, tag: RequestTag) {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(order()))
    let tag = try #require(harness.requests.first?.tag)
    harness.output.removeAll()
    return (harness, tag)
  }

  @Test func `a post-only order says so and is good till cancelled`() throws {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(order()))
    #expect(
      harness.requests.first?.body
        == #"{"client_oid":"\#(Harness.child().uuid)","post_only":true,"price":"25000.01","product_id":"BTC-USD","side":"buy","size":"0.0125","stp":"cn","time_in_force":"GTC","type":"limit"}"#
    )
  }

  @Test(arguments: [TimeInForce.immediateOrCancel, .fillOrKill, .goodTillDate])
  func `a post-only order that can not rest is not sent`(_ timeInForce: TimeInForce) {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(order(timeInForce)))
    #expect(harness.reports.map(\.kind) == [.notSent])
    #expect(harness.requests.isEmpty)
  }

  @Test func `one that would take is rejected in a 200 or with a 4xx`() throws {
    let (first, tag) = try sent()
    let reply = Harness.orderReply(status: "rejected").replacing(
      #""settled":false"#, with: #""settled":false,"reject_reason":"post only""#)
    first.answer(tag, 200, reply)
    let (second, other) = try sent()
    second.answer(other, 400, #"{"message":"Post only order would match"}"#)
    for harness in [first, second] {
      #expect(harness.reports.map(\.kind) == [.rejected])
      #expect(harness.reports.first?.rejectReason == .postOnlyWouldTake)
    }
  }

  @Test func `a mode of the product is not our flag`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 400, #"{"message":"Post only mode"}"#)
    #expect(harness.reports.first?.rejectReason == .marketClosed)
  }

  @Test func `an order that may take is not refused for taking`() throws {
    let harness = Harness()
    harness.connect()
    harness.encode(.newOrder(Harness.order()))
    let tag = try #require(harness.requests.first?.tag)
    harness.output.removeAll()
    harness.answer(tag, 400, #"{"message":"Post only order would match"}"#)
    #expect(harness.reports.map(\.kind) == [.outcomeUnknown])
  }

  @Test func `one that the feed ends because it would take is over with that reason`() throws {
    for reason in ["rejected", "canceled"] {
      let (harness, tag) = try sent()
      harness.answer(tag, 200, Harness.orderReply(status: "pending"))
      harness.receive(Harness.receivedMessage(), on: .privateStream)
      harness.output.removeAll()
      harness.receive(
        Harness.doneMessage(reason, remaining: "0.0125", cause: "post only"), on: .privateStream)
      #expect(harness.reports.map(\.kind) == [.canceled])
      #expect(harness.reports.first?.rejectReason == .postOnlyWouldTake)
      #expect(harness.reports.first?.cumulativeQuantity == .zero)
    }
  }

  @Test func `it rests, fills as a maker in parts, and is cancelled`() throws {
    let (harness, tag) = try sent()
    harness.answer(tag, 200, Harness.orderReply(status: "open"))
    harness.receive(Harness.receivedMessage(), on: .privateStream)
    harness.receive(
      """
      {"type":"open","time":"2026-01-05T10:00:00.2Z","product_id":"BTC-USD","sequence":2,\
      "order_id":"\(Harness.venueOrder)","side":"buy","price":"25000.01","remaining_size":"0.0125"}
      """, on: .privateStream)
    harness.output.removeAll()
    harness.receive(
      """
      {"type":"match","time":"2026-01-05T10:00:00.2Z","product_id":"BTC-USD","sequence":3,\
      "trade_id":9,"maker_order_id":"\(Harness.venueOrder)",\
      "taker_order_id":"11111111-0000-4000-8000-00000000000b","size":"0.01","price":"25000.00",\
      "side":"buy","maker_fee_rate":"0.0040"}
      """, on: .privateStream)
    harness.receive(
      Harness.doneMessage("canceled", remaining: "0.0025"), on: .privateStream)
    #expect(harness.reports.map(\.kind) == [.fill, .canceled])
    #expect(harness.reports[0].liquidity == .maker)
    #expect(harness.reports[0].executionID.string == "BTC-USD-9-B")
    #expect(harness.reports[0].fee == Amount(mantissa: 10_000_000_000_000_000))
    #expect(harness.reports[1].cumulativeQuantity == Quantity(mantissa: 1_000_000))
    #expect(harness.reports[1].rejectReason == .none)
  }

  @Test func `a query finds one that rests with a fill still open, after its fill`() throws {
    let (harness, _) = try sent()
    harness.encode(.query(harness.reference()))
    harness.answer(
      try #require(harness.requests.last?.tag), 200,
      Harness.orderReply(status: "open", filled: "0.01"))
    let fills = Harness.fillsReply(trade: 9, size: "0.01").replacing(
      #""liquidity":"T""#, with: #""liquidity":"M""#)
    harness.answer(try #require(harness.requests.last?.tag), 200, fills)
    #expect(harness.reports.map(\.kind) == [.acknowledged, .fill, .stillOpen])
    #expect(harness.reports[1].liquidity == .maker)
    #expect(harness.reports[2].cumulativeQuantity == Quantity(mantissa: 1_000_000))
  }
}
