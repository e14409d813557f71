import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// Children that rest and must never take: LIMIT_MAKER.
struct BinancePostOnlyTests {
  private static func order(_ timeInForce: TimeInForce = .goodTillCancel) -> NewChildOrder {
    var order = BinanceOrderEntryTests.order(BinanceHarness.child(), timeInForce)
    order.isPostOnly = true
    return order
  }

  private func placed() throws -> (BinanceHarness, String) {
    var harness = BinanceHarness()
    try harness.start()
    let outcome = harness.encode(.newOrder(Self.order()))
    return (harness, try #require(outcome.sent.first?.json["id"]?.string))
  }

  @Test func `a post-only order is a limit maker without a time in force, answered in full`() throws
  {
    var harness = BinanceHarness()
    try harness.start()
    let sent = try #require(harness.encode(.newOrder(Self.order())).sent.first)
    #expect(sent.json["method"]?.string == "order.place")
    let parameters = try #require(sent.json["params"]?.members)
    let names = parameters.map(\.name).filter { !["apiKey", "signature"].contains($0) }.sorted()
    #expect(
      names == [
        "newClientOrderId", "newOrderRespType", "price", "quantity", "recvWindow", "side", "symbol",
        "timestamp", "type",
      ])
    #expect(sent.json["params"]?["type"]?.string == "LIMIT_MAKER")
    #expect(sent.json["params"]?["newOrderRespType"]?.string == "FULL")
  }

  @Test func `the same order over REST has the same parameters`() {
    let entry = BinanceOrderEntry(context: BinanceContext(BinanceHarness.setup()))
    let request = entry.place(
      Self.order(), BinanceHarness.binding(0, BinanceHarness.bitcoin, "BTC"))
    let http = BinanceAuthentication.httpRequest(
      request, at: BinanceHarness().stamp, windowMilliseconds: 2000, signer: BinanceTestSigner())
    #expect(http.method == "POST" && http.path == "/api/v3/order")
    #expect(http.target.contains("type=LIMIT_MAKER"))
    #expect(!http.target.contains("timeInForce"))
  }

  @Test(arguments: [TimeInForce.immediateOrCancel, .fillOrKill, .goodTillDate])
  func `a post-only order that can not rest is not sent`(_ timeInForce: TimeInForce) throws {
    var harness = BinanceHarness()
    try harness.start()
    let outcome = harness.encode(.newOrder(Self.order(timeInForce)))
    #expect(outcome.kinds == [.notSent])
    #expect(outcome.reports.first?.rejectReason == .unsupportedOrderType)
    #expect(outcome.sent.isEmpty)
  }

  @Test func `one that would take is rejected for that reason`() throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(
      BinanceOrderEntryTests.refusal(id, -2010, "Order would immediately match and take."))
    #expect(outcome.kinds == [.rejected])
    #expect(outcome.reports.first?.rejectReason == .postOnlyWouldTake)
  }

  private static func report(
    _ kind: String, _ status: String, executed: String = "0", extra: String = "", own: String = ""
  ) -> String {
    let id = BinanceHarness.child().short.string
    return #"{"subscriptionId":0,"event":{"e":"executionReport","E":1,"s":"BTCUSDT","c":"\#(id)","#
      + #""C":"\#(own)","S":"BUY","o":"LIMIT_MAKER","x":"\#(kind)","X":"\#(status)","i":7001,"#
      + #""z":"\#(executed)","T":1700000000500,\#(extra)"r":"NONE"}}"#
  }

  @Test func `it rests, fills as a maker in parts, and is cancelled`() throws {
    var (harness, id) = try placed()
    let accepted = harness.receive(
      BinanceOrderEntryTests.reply(
        id, BinanceOrderEntryTests.result(status: "NEW", executed: "0", fills: 0)))
    #expect(accepted.kinds == [.acknowledged])
    let trade =
      #""t":9001,"l":"0.005","L":"25000","n":"-0.0125","N":"USDT","m":true,"#
    let fill = harness.receive(
      Self.report("TRADE", "PARTIALLY_FILLED", executed: "0.005", extra: trade))
    #expect(fill.kinds == [.fill])
    #expect(fill.reports.first?.liquidity == .maker)
    #expect(fill.reports.first?.fee == Amount(mantissa: -125_000_000_000_000), "a rebate")
    let canceled = harness.receive(
      Self.report(
        "CANCELED", "CANCELED", executed: "0.005", own: BinanceHarness.child().short.string))
    #expect(canceled.kinds == [.canceled])
    #expect(canceled.reports.first?.cumulativeQuantity == Quantity(mantissa: 500_000))
  }

  @Test func `the stream's own refusal has the reason, too`() throws {
    var (harness, _) = try placed()
    let text = Self.report("REJECTED", "REJECTED").replacing(
      #""r":"NONE""#, with: #""r":"WOULD_MATCH_IMMEDIATELY""#)
    let outcome = harness.receive(text)
    #expect(outcome.kinds == [.rejected])
    #expect(outcome.reports.first?.rejectReason == .postOnlyWouldTake)
  }

  @Test func `a query finds one that rests with a fill still open, after its fill`() throws {
    var harness = BinanceHarness()
    try harness.start()
    var question = harness.encode(.query(BinanceOrderEntryTests.reference()))
    func answer(_ result: String) throws {
      let id = try #require(question.sent.first?.json["id"]?.string)
      question = harness.receive(BinanceOrderEntryTests.reply(id, result))
    }
    try answer(
      BinanceOrderEntryTests.result(status: "PARTIALLY_FILLED", executed: "0.005", fills: 0))
    try answer(
      #"[{"symbol":"BTCUSDT","id":9001,"orderId":7001,"price":"25000","qty":"0.005","#
        + #""commission":"0","commissionAsset":"USDT","time":1700000000500,"isMaker":true}]"#)
    #expect(question.kinds == [.acknowledged, .fill, .stillOpen])
    #expect(question.reports[1].liquidity == .maker)
    #expect(question.reports[2].cumulativeQuantity == Quantity(mantissa: 500_000))
  }
}
