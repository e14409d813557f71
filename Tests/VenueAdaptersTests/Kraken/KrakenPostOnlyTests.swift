import RouterCore
import Testing
import VenueAdapters
import Wire

/// Children that rest and must never take: `post_only`.
struct KrakenPostOnlyTests {
  private let harness = KrakenHarness()

  private func order(_ timeInForce: TimeInForce = .goodTillCancel) -> NewChildOrder {
    var order = KrakenHarness.order(timeInForce: timeInForce)
    order.isPostOnly = true
    return order
  }

  private func send() throws -> Int64 {
    harness.logOn()
    harness.command(.newOrder(order()))
    return try #require(harness.sent("add_order").first?.message["req_id"]?.int64)
  }

  private func refusal(_ error: String, _ requestID: Int64) -> String {
    "{\"error\":\"\(error)\",\"method\":\"add_order\",\"req_id\":\(requestID),\"success\":false}"
  }

  @Test func `a post-only order says so and is good till cancelled`() throws {
    harness.logOn()
    harness.command(.newOrder(order()))
    let parameters = try #require(harness.sent("add_order").first?.message["params"])
    #expect(parameters["post_only"]?.bool == true)
    #expect(parameters["time_in_force"]?.string == "gtc")
    harness.command(.newOrder(KrakenHarness.order(2)))
    #expect(harness.sent("add_order").first?.message["params"]?["post_only"] == nil)
  }

  @Test(arguments: [TimeInForce.immediateOrCancel, .fillOrKill, .goodTillDate])
  func `a post-only order that can not rest is not sent`(_ timeInForce: TimeInForce) {
    harness.logOn()
    harness.command(.newOrder(order(timeInForce)))
    #expect(harness.kinds == [.notSent])
    #expect(harness.reports.first?.rejectReason == .unsupportedOrderType)
    #expect(harness.sent("add_order").isEmpty)
  }

  @Test func `one that would take is rejected for that reason`() throws {
    harness.receive(refusal("EOrder:Post only order", try send()))
    #expect(harness.kinds == [.rejected])
    #expect(harness.reports.first?.rejectReason == .postOnlyWouldTake)
  }

  @Test func `one that was accepted and then ended because it would take has that reason`() throws {
    harness.receive(KrakenHarness.accepted(requestID: try send()))
    harness.receive(
      KrakenHarness.executions(
        KrakenHarness.canceled(quantity: "0").replacing("User requested", with: "Post only order"),
        sequence: 2))
    #expect(harness.kinds == [.canceled])
    #expect(harness.reports.first?.rejectReason == .postOnlyWouldTake)
    #expect(harness.reports.first?.cumulativeQuantity == .zero)
  }

  @Test func `it rests, fills as a maker in parts, and is cancelled`() throws {
    harness.receive(KrakenHarness.accepted(requestID: try send()))
    harness.receive(
      KrakenHarness.executions(
        "{\"order_id\":\"O1\",\"exec_type\":\"new\",\"order_status\":\"new\"}", sequence: 2))
    #expect(harness.reports.isEmpty)
    harness.receive(
      KrakenHarness.executions(
        KrakenHarness.trade().replacing(
          "\"liquidity_ind\":\"t\"", with: "\"liquidity_ind\":\"m\""), sequence: 3))
    #expect(harness.kinds == [.fill])
    #expect(harness.reports.first?.liquidity == .maker)
    harness.receive(KrakenHarness.executions(KrakenHarness.canceled(), sequence: 4))
    #expect(harness.kinds == [.canceled])
    #expect(harness.reports.first?.rejectReason == RejectReason.none)
  }

  @Test func `a query finds one that rests with a fill still open, after its fill`() throws {
    harness.receive(KrakenHarness.accepted(requestID: try send()))
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    harness.answer(
      """
      {"error":[],"result":{"O1":{"status":"open","cl_ord_id":"\(KrakenHarness.child().uuid)",\
      "vol":"0.02","vol_exec":"0.015","oflags":"post,fciq"}}}
      """)
    harness.answer(
      """
      {"error":[],"result":{"trades":{"T1":{"ordertxid":"O1","pair":"XXBTZUSD","type":"buy",\
      "time":1767323045.2,"price":"61000","cost":"915","fee":"1.2","vol":"0.015","maker":true,\
      "trade_id":7}}}}
      """)
    #expect(harness.kinds == [.acknowledged, .fill, .stillOpen])
    #expect(harness.reports[1].liquidity == .maker)
    #expect(harness.reports[2].cumulativeQuantity == Quantity(mantissa: 150_000_000))
  }
}
