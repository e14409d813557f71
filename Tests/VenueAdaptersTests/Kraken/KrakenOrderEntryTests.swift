import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct KrakenOrderEntryTests {
  private let harness = KrakenHarness()

  @Test func `a new order carries limit, deadline and our id, and no floating point`() throws {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order(side: .sell)))
    let sent = try #require(harness.sent("add_order").first)
    let parameters = try #require(sent.message["params"])
    #expect(parameters["order_type"]?.string == "limit")
    #expect(parameters["side"]?.string == "sell")
    #expect(parameters["symbol"]?.string == "BTC/USD")
    #expect(parameters["order_qty"] == .number("0.02"))
    #expect(parameters["limit_price"] == .number("61000.5"))
    #expect(parameters["time_in_force"]?.string == "ioc")
    #expect(parameters["cl_ord_id"]?.string == KrakenHarness.child().uuid.string)
    #expect(parameters["fee_preference"]?.string == "quote")
    #expect(parameters["token"]?.string == "TOKEN")
    // The venue's clock was seen a tenth of a second ahead of ours; the window is two seconds.
    #expect(parameters["deadline"]?.string == "2026-01-02T03:04:07.100Z")
    #expect(sent.tag?.purpose == .newOrder)
    #expect(sent.tag?.child == KrakenHarness.child())
    #expect(harness.reports.isEmpty)
  }

  @Test(arguments: [
    (TimeInForce.goodTillCancel, "gtc"), (.immediateOrCancel, "ioc"), (.fillOrKill, "fok"),
  ])
  func `times in force have the venue's names`(_ time: TimeInForce, _ name: String) {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order(timeInForce: time)))
    #expect(
      harness.sent("add_order").first?.message["params"]?["time_in_force"]?.string == name)
  }

  @Test func `without a session an order is not sent`() {
    harness.open(.privateStream)
    harness.command(.newOrder(KrakenHarness.order()))
    #expect(harness.kinds == [.notSent])
    #expect(harness.sent("add_order").isEmpty)
  }

  @Test func `an accepted order is acknowledged under the venue's id`() {
    harness.logOn()
    harness.place()
    #expect(harness.kinds == [.acknowledged])
    #expect(harness.reports.first?.venueOrderID.string == "O1")
    #expect(harness.reports.first?.child == KrakenHarness.child())
  }

  @Test(arguments: [
    ("EOrder:Insufficient funds", RejectReason.insufficientFunds),
    ("EOrder:Rate limit exceeded", .rateLimited), ("EOrder:Order minimum not met", .belowMinimum),
    ("EAPI:Invalid key", .authentication), ("EService:Market in post_only mode", .marketClosed),
  ])
  func `a definite refusal is a reject`(_ error: String, _ reason: RejectReason) throws {
    try refuse(with: error)
    #expect(harness.kinds == [.rejected])
    #expect(harness.reports.first?.rejectReason == reason)
    #expect(harness.reports.first?.text.string == error)
  }

  @Test(arguments: [
    "EService:Unavailable", "EService:Busy", "EService:Deadline elapsed", "EGeneral:Internal error",
    "Exceeded msg rate", "", "EOrder:A text on no list", "EGeneral:A text on no list",
    "EAPI:A text on no list", "ETrade:A text on no list", "EGeneral:Too many requests",
    "EService: Throttled: 1767323050", "EOrder:Unknown order",
  ])
  func `an error that may hide an execution leaves the outcome unknown`(_ error: String) throws {
    try refuse(with: error)
    #expect(harness.kinds == [.outcomeUnknown])
  }

  private func refuse(with error: String) throws {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order()))
    let requestID = try #require(harness.sent("add_order").first?.message["req_id"]?.int64)
    harness.receive(
      "{\"error\":\"\(error)\",\"method\":\"add_order\",\"req_id\":\(requestID),\"success\":false}")
  }

  @Test func `an expired session leaves the outcome unknown and connects anew`() throws {
    try refuse(with: "ESession:Invalid session")
    #expect(harness.kinds == [.outcomeUnknown])
    #expect(harness.reconnects == [.privateStream])
    #expect(harness.links.contains("orderEntry down"))
  }

  @Test func `an unanswered order is unknown after its deadline and a late answer still counts`()
    throws
  {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order()))
    let requestID = try #require(harness.sent("add_order").first?.message["req_id"]?.int64)
    harness.advance(milliseconds: 4000)
    #expect(!harness.kinds.contains(.outcomeUnknown))
    harness.advance(milliseconds: 1001)
    #expect(harness.kinds == [.outcomeUnknown])
    harness.receive(KrakenHarness.accepted(requestID: requestID))
    #expect(harness.kinds == [.acknowledged])
  }

  @Test func `a lost connection makes every unanswered order unknown, once`() {
    harness.logOn()
    harness.place(1)
    harness.command(.newOrder(KrakenHarness.order(2)))
    harness.close(.privateStream)
    #expect(harness.kinds == [.outcomeUnknown])
    #expect(harness.reports.first?.child == KrakenHarness.child(2))
    #expect(harness.links == ["orderEntry down", "dropCopy down"])
  }

  @Test func `what the gateway could not hand over is reported as it was`() throws {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order(1)))
    harness.fail(try #require(harness.sent("add_order").first?.tag), .notSent("full"))
    #expect(harness.kinds == [.notSent])
    harness.command(.newOrder(KrakenHarness.order(2)))
    harness.fail(try #require(harness.sent("add_order").first?.tag), .unknown("reset"))
    #expect(harness.kinds == [.outcomeUnknown])
  }

  @Test func `what was refused or never left is no longer open here`() throws {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order(1)))
    let requestID = try #require(harness.sent("add_order").first?.message["req_id"]?.int64)
    harness.receive(
      "{\"error\":\"EOrder:Insufficient funds\",\"method\":\"add_order\","
        + "\"req_id\":\(requestID),\"success\":false}")
    harness.command(.newOrder(KrakenHarness.order(2)))
    harness.fail(try #require(harness.sent("add_order").first?.tag), .notSent("full"))
    #expect(harness.adapter.orders.openIndices.isEmpty)
    harness.command(.newOrder(KrakenHarness.order(3)))
    harness.fail(try #require(harness.sent("add_order").first?.tag), .unknown("reset"))
    #expect(harness.adapter.orders.openIndices.count == 1)
  }

  // MARK: - Cancels

  @Test func `a cancel names the venue's id where it is known`() throws {
    harness.logOn()
    harness.place()
    harness.command(.cancel(harness.reference()))
    let parameters = try #require(harness.sent("cancel_order").first?.message["params"])
    #expect(parameters["order_id"] == .array([.string("O1")]))
    harness.command(.cancel(harness.reference(2)))
    let other = try #require(harness.sent("cancel_order").first?.message["params"])
    #expect(other["cl_ord_id"] == .array([.string(KrakenHarness.child(2).uuid.string)]))
  }

  @Test func `an accepted cancel ends nothing by itself`() throws {
    let requestID = try cancel()
    harness.receive(
      """
      {"method":"cancel_order","req_id":\(requestID),"success":true,"result":{"order_id":"O1"}}
      """)
    #expect(harness.reports.isEmpty)
  }

  @Test func `a cancel of an unknown order says so`() throws {
    let requestID = try cancel()
    harness.receive(cancelError("EOrder:Unknown order", requestID))
    #expect(harness.kinds == [.cancelRejected])
  }

  @Test func `a throttled cancel is tried again and given up after some attempts`() throws {
    var requestID = try cancel()
    for _ in 0..<7 {
      harness.receive(cancelError("EOrder:Rate limit exceeded", requestID))
      #expect(harness.reports.isEmpty)
      harness.advance(milliseconds: 2000)
      requestID = try #require(harness.sent("cancel_order").first?.message["req_id"]?.int64)
    }
    harness.receive(cancelError("EOrder:Rate limit exceeded", requestID))
    #expect(harness.kinds == [.outcomeUnknown])
    #expect(harness.incidents.first?.severity == .alarm)
  }

  @Test func `a cancel without a session waits for the next one`() {
    harness.logOn()
    harness.place()
    harness.close(.privateStream)
    harness.command(.cancel(harness.reference()))
    #expect(harness.sent("cancel_order").isEmpty)
    harness.open(.privateStream)
    harness.answer(KrakenHarness.tokenReply)
    harness.receive(KrakenHarness.executionsAck)
    harness.receive(KrakenHarness.emptySnapshot)
    #expect(harness.sent("cancel_order").count == 1)
  }

  private func cancel() throws -> Int64 {
    harness.logOn()
    harness.place()
    harness.command(.cancel(harness.reference()))
    return try #require(harness.sent("cancel_order").first?.message["req_id"]?.int64)
  }

  private func cancelError(_ error: String, _ requestID: Int64) -> String {
    "{\"error\":\"\(error)\",\"method\":\"cancel_order\",\"req_id\":\(requestID),\"success\":false}"
  }
}
