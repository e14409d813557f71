import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceOrderQueryTests {
  private let child = BinanceHarness.child()

  private static func trade(
    _ id: Int, order: Int, quantity: String = "0.01500", time: Int = 1_700_000_000_500
  ) -> String {
    #"{"symbol":"BTCUSDT","id":\#(id),"orderId":\#(order),"orderListId":-1,"price":"24999.00","#
      + #""qty":"\#(quantity)","quoteQty":"374.985","commission":"0.00001500","commissionAsset":"BTC","#
      + #""time":\#(time),"isBuyer":true,"isMaker":false,"isBestMatch":true}"#
  }

  private static func order(
    _ status: String, executed: String, id: ChildOrderID = BinanceHarness.child(), order: Int = 7001
  ) -> String {
    #"{"symbol":"BTCUSDT","orderId":\#(order),"orderListId":-1,"clientOrderId":"\#(id.short.string)","#
      + #""price":"25000.00","origQty":"0.02000","executedQty":"\#(executed)","cummulativeQuoteQty":"0","#
      + #""status":"\#(status)","timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.0","#
      + #""icebergQty":"0.0","time":1700000000400,"updateTime":1700000000500,"isWorking":true}"#
  }

  /// A conversation over the socket: the question, and answers given to it in turn.
  private struct Conversation {
    var harness: BinanceHarness
    var question: BinanceOutcome

    init(
      _ reference: ChildReference = BinanceOrderEntryTests.reference(),
      venueAheadMilliseconds: Int64 = 0
    ) throws {
      harness = BinanceHarness()
      harness.venueAheadMilliseconds = venueAheadMilliseconds
      try harness.start()
      question = harness.encode(.query(reference))
    }

    var method: String? { question.sent.first?.json["method"]?.string }
    var parameters: JSONValue? { question.sent.first?.json["params"] }
    var id: String { question.sent.first?.json["id"]?.string ?? "" }

    @discardableResult
    mutating func answer(_ result: String) -> BinanceOutcome {
      question = harness.receive(BinanceOrderEntryTests.reply(id, result))
      return question
    }

    @discardableResult
    mutating func refuse(_ code: Int) -> BinanceOutcome {
      question = harness.receive(BinanceOrderEntryTests.refusal(id, code, "Order does not exist."))
      return question
    }
  }

  @Test func `the first question is the order by our id`() throws {
    let conversation = try Conversation()
    #expect(conversation.method == "order.status")
    #expect(conversation.parameters?["origClientOrderId"]?.string == child.short.string)
    #expect(conversation.question.sent.first?.tag?.purpose == .orderQuery)
  }

  @Test func `an order that rests without a fill is still open`() throws {
    var conversation = try Conversation()
    let asked = conversation.harness.stamp.time
    conversation.harness.milliseconds += 100
    let outcome = conversation.answer(Self.order("NEW", executed: "0.00000"))
    #expect(outcome.kinds == [.acknowledged, .stillOpen])
    #expect(outcome.reports.allSatisfy { $0.queriedAt == asked })
    #expect(outcome.reports.allSatisfy { $0.venueOrderID.string == "7001" })
  }

  @Test func `a filled order comes with its trades, named as on the stream`() throws {
    var conversation = try Conversation()
    conversation.answer(Self.order("FILLED", executed: "0.02000"))
    #expect(conversation.method == "myTrades")
    #expect(conversation.parameters?["orderId"] == .number("7001"))
    let outcome = conversation.answer(
      "[\(Self.trade(9001, order: 7001)),\(Self.trade(9002, order: 7001, quantity: "0.005"))]")
    #expect(outcome.kinds == [.acknowledged, .fill, .fill, .filled])
    #expect(outcome.reports[1].executionID.string == "BTCUSDT-9001")
    #expect(outcome.reports[3].cumulativeQuantity == Quantity(mantissa: 2_000_000))
  }

  @Test(arguments: [
    ("CANCELED", VenueExecutionReport.Kind.canceled), ("EXPIRED", .expired),
    ("REJECTED", .rejected),
  ])
  func `an order that ended without a fill needs no trades`(
    _ status: String, _ kind: VenueExecutionReport.Kind
  ) throws {
    var conversation = try Conversation()
    let outcome = conversation.answer(Self.order(status, executed: "0.0"))
    #expect(outcome.kinds == [.acknowledged, kind])
    #expect(outcome.sent.isEmpty)
  }

  @Test func `trades that lag the order leave the question open`() throws {
    var conversation = try Conversation()
    conversation.answer(Self.order("FILLED", executed: "0.02000"))
    let outcome = conversation.answer("[\(Self.trade(9001, order: 7001))]")
    #expect(outcome.kinds == [.acknowledged, .fill, .queryFailed])
  }

  @Test func `nothing in order, open orders and trades is not found, as of the first question`()
    throws
  {
    var conversation = try Conversation()
    let asked = conversation.harness.stamp.time
    conversation.harness.milliseconds += 50
    conversation.refuse(-2013)
    #expect(conversation.method == "openOrders.status")
    conversation.answer("[]")
    #expect(conversation.method == "myTrades")
    #expect(conversation.parameters?["startTime"] == .number("1699999939000"))
    let outcome = conversation.answer("[]")
    #expect(outcome.kinds == [.notFound])
    #expect(outcome.reports.first?.queriedAt == asked)
  }

  @Test func `an order that only the open orders know is found`() throws {
    var conversation = try Conversation()
    conversation.refuse(-2013)
    let outcome = conversation.answer("[\(Self.order("NEW", executed: "0"))]")
    #expect(outcome.kinds == [.acknowledged, .stillOpen])
  }

  @Test func `orders behind unclaimed trades are asked for their ids`() throws {
    var conversation = try Conversation()
    conversation.refuse(-2013)
    conversation.answer("[]")
    conversation.answer("[\(Self.trade(1, order: 7001)),\(Self.trade(2, order: 7002))]")
    #expect(conversation.method == "order.status")
    #expect(conversation.parameters?["orderId"] == .number("7002"))
    conversation.answer(
      Self.order("FILLED", executed: "0.01500", id: BinanceHarness.child(5), order: 7002))
    #expect(conversation.parameters?["orderId"] == .number("7001"))
    conversation.answer(Self.order("EXPIRED", executed: "0.01500"))
    #expect(conversation.method == "myTrades")
    let outcome = conversation.answer("[\(Self.trade(1, order: 7001))]")
    #expect(outcome.kinds == [.acknowledged, .fill, .expired])
  }

  @Test func `trades of others are no evidence`() throws {
    var conversation = try Conversation()
    conversation.refuse(-2013)
    conversation.answer("[]")
    conversation.answer("[\(Self.trade(1, order: 7001))]")
    let outcome = conversation.answer(
      Self.order("FILLED", executed: "0.01500", id: BinanceHarness.child(5)))
    #expect(outcome.kinds == [.notFound])
  }

  // MARK: On a busy account

  private static let immediate = BinanceOrderEntryTests.reference(
    timeInForce: .immediateOrCancel)

  @Test func `the search ends with the time in which an order that does not rest can trade`()
    throws
  {
    var conversation = try Conversation(Self.immediate)
    conversation.refuse(-2013)
    conversation.answer("[]")
    #expect(conversation.parameters?["startTime"] == .number("1699999939000"))
    // 90 s and the request's window after it was sent.
    #expect(conversation.parameters?["endTime"] == .number("1700000151000"))
    var resting = try Conversation()
    resting.refuse(-2013)
    resting.answer("[]")
    #expect(resting.parameters?["endTime"] == nil)
  }

  /// The order may be of a run under the other clock.
  @Test(arguments: [-40_000, 40_000] as [Int64])
  func `the search is long enough for the clock of then and that of now`(ahead: Int64) throws {
    var conversation = try Conversation(Self.immediate, venueAheadMilliseconds: ahead)
    conversation.refuse(-2013)
    conversation.answer("[]")
    let start = try #require(conversation.parameters?["startTime"]?.int64)
    let end = try #require(conversation.parameters?["endTime"]?.int64)
    #expect(start == 1_699_999_939_000 + min(ahead, 0))
    #expect(end == 1_700_000_151_000 + max(ahead, 0))
  }

  @Test func `a clock that is off by days leaves the end of the search open`() throws {
    var conversation = try Conversation(Self.immediate, venueAheadMilliseconds: 200_000_000)
    conversation.refuse(-2013)
    conversation.answer("[]")
    #expect(conversation.parameters?["startTime"]?.int64 == 1_699_999_939_000)
    #expect(conversation.parameters?["endTime"] == nil)
  }

  @Test func `trades behind the order's time are neither paged nor followed`() throws {
    var conversation = try Conversation(Self.immediate)
    conversation.refuse(-2013)
    conversation.answer("[]")
    let first = (1...1000).map { Self.trade($0, order: 7000) }
    conversation.answer("[\(first.joined(separator: ","))]")
    #expect(conversation.parameters?["fromId"] == .number("1001"))
    #expect(conversation.parameters?["startTime"] == nil)
    let late = (1001...2000).map { Self.trade($0, order: $0 + 9000, time: 1_700_000_151_001) }
    conversation.answer("[\(late.joined(separator: ","))]")
    #expect(conversation.method == "order.status")
    #expect(conversation.parameters?["orderId"] == .number("7000"))
    let other = Self.order("FILLED", executed: "0.01500", id: BinanceHarness.child(5), order: 7000)
    #expect(conversation.answer(other).kinds == [.notFound])
  }

  @Test func `a search among many orders goes on where the last one stopped`() throws {
    var conversation = try Conversation(Self.immediate)
    let trades = (1...100).map { Self.trade($0, order: 8000 + $0) }.joined(separator: ",")
    func lookUps(_ conversation: inout Conversation) throws -> (Int, BinanceOutcome) {
      conversation.refuse(-2013)
      conversation.answer("[]")
      var outcome = conversation.answer("[\(trades)]")
      var count = 0
      while let order = conversation.parameters?["orderId"]?.int64 {
        count += 1
        outcome = conversation.answer(
          Self.order("FILLED", executed: "0.015", id: BinanceHarness.child(5), order: Int(order)))
      }
      return (count, outcome)
    }
    let (first, failed) = try lookUps(&conversation)
    #expect(first == 60)
    #expect(failed.kinds == [.queryFailed])
    conversation.question = conversation.harness.encode(.query(Self.immediate))
    let (second, found) = try lookUps(&conversation)
    #expect(second == 40)
    #expect(found.kinds == [.notFound])
  }

  @Test func `orders that the stream has shown are not looked up`() throws {
    var conversation = try Conversation(Self.immediate)
    func report(_ order: Int, _ clientOrderID: String) -> String {
      #"{"subscriptionId":0,"event":{"e":"executionReport","E":1,"s":"BTCUSDT","#
        + #""c":"\#(clientOrderID)","C":"","x":"NEW","X":"NEW","i":\#(order),"T":1700000000400}}"#
    }
    conversation.harness.receive(report(7001, "a-human"))
    conversation.harness.receive(report(7002, BinanceHarness.child(5).short.string))
    conversation.harness.receive(report(7003, child.short.string))
    conversation.refuse(-2013)
    conversation.answer("[]")
    conversation.answer(
      "[\(Self.trade(1, order: 7001)),\(Self.trade(2, order: 7002)),\(Self.trade(3, order: 7003))]")
    #expect(conversation.parameters?["orderId"] == .number("7003"), "it is the one in question")
    conversation.answer(Self.order("EXPIRED", executed: "0.01500", order: 7003))
    let outcome = conversation.answer("[\(Self.trade(3, order: 7003))]")
    #expect(outcome.kinds == [.acknowledged, .fill, .expired])
  }

  @Test func `an order that has traded and is not shown leaves the question open`() throws {
    var conversation = try Conversation()
    conversation.refuse(-2013)
    conversation.answer("[]")
    conversation.answer("[\(Self.trade(1, order: 7001)),\(Self.trade(2, order: 7002))]")
    conversation.refuse(-2013)
    #expect(conversation.parameters?["orderId"] == .number("7001"), "another may still be the one")
    let outcome = conversation.answer(
      Self.order("FILLED", executed: "0.01500", id: BinanceHarness.child(5)))
    #expect(outcome.kinds == [.queryFailed])
  }

  @Test func `a known venue id that trades under a lost order is not given up`() throws {
    var conversation = try Conversation(BinanceOrderEntryTests.reference(venueOrderID: "7001"))
    conversation.refuse(-2013)
    conversation.answer("[]")
    #expect(conversation.parameters?["orderId"] == .number("7001"))
    let outcome = conversation.answer("[\(Self.trade(1, order: 7001))]")
    #expect(outcome.kinds == [.fill, .queryFailed])
  }

  @Test func `an archived order ended without a fill`() throws {
    var conversation = try Conversation()
    let outcome = conversation.refuse(-2026)
    #expect(outcome.kinds == [.canceled])
    #expect(outcome.reports.first?.cumulativeQuantity == .zero)
  }

  @Test func `a full page of trades is followed by the next`() throws {
    var conversation = try Conversation()
    conversation.answer(Self.order("FILLED", executed: "0.01001"))
    let page = (1...1000).map { Self.trade($0, order: 7001, quantity: "0.00001") }
    conversation.answer("[\(page.joined(separator: ","))]")
    #expect(conversation.method == "myTrades")
    #expect(conversation.parameters?["fromId"] == .number("1001"))
    let outcome = conversation.answer("[\(Self.trade(1001, order: 7001, quantity: "0.00001"))]")
    #expect(outcome.kinds.count == 1003)
    #expect(outcome.kinds.last == .filled)
  }

  @Test(arguments: [-1000, -1003, -1007, -1021, -2015])
  func `a refused question says nothing about the order`(_ code: Int) throws {
    var conversation = try Conversation()
    #expect(conversation.refuse(code).kinds == [.queryFailed])
  }

  @Test(arguments: [
    "{}", "[]", "7", #"{"symbol":"ETHUSDT"}"#,
    Self.order("NEW", executed: "0.000000001"), Self.order("NEW", executed: "-1"),
    Self.order("NEW", executed: "0", id: BinanceHarness.child(8)),
  ])
  func `an answer that makes no sense says nothing about the order`(_ result: String) throws {
    var conversation = try Conversation()
    let outcome = conversation.answer(result)
    #expect(outcome.kinds == [.queryFailed])
    #expect(outcome.incidents.count == 1)
  }

  @Test func `an unanswered question fails in time and on a lost socket`() throws {
    var slow = try Conversation()
    #expect(slow.harness.wait(milliseconds: 5100).kinds == [.queryFailed])
    #expect(slow.harness.adapter.queries.isEmpty)
    var lost = try Conversation()
    #expect(lost.harness.close(.privateStream).kinds == [.queryFailed])
  }

  @Test func `the whole conversation works over REST while the socket is down`() throws {
    var harness = BinanceHarness()
    let first = try #require(
      harness.encode(.query(BinanceOrderEntryTests.reference())).ordered.first)
    #expect(first.request.method == "GET" && first.request.path == "/api/v3/order")
    let second = try #require(
      harness.answer(first.tag, 400, #"{"code":-2013,"msg":"Order does not exist."}"#).ordered.first
    )
    #expect(second.request.path == "/api/v3/openOrders")
    let third = try #require(harness.answer(second.tag, 200, "[]").ordered.first)
    #expect(third.request.path == "/api/v3/myTrades")
    #expect(harness.answer(third.tag, 200, "[]").kinds == [.notFound])
    let again = try #require(
      harness.encode(.query(BinanceOrderEntryTests.reference())).ordered.first)
    #expect(harness.fail(again.tag, .unknown("timeout")).kinds == [.queryFailed])
  }
}
