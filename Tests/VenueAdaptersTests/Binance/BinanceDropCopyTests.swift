import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceDropCopyTests {
  private let child = BinanceHarness.child()

  static func report(
    _ execution: String, _ status: String, id: String = BinanceHarness.child().short.string,
    original: String = "", last: String = "0.00000000", cumulative: String = "0.00000000",
    trade: Int = -1, fee: String = "0", feeAsset: String = "null", maker: Bool = false,
    reason: String = "NONE", symbol: String = "BTCUSDT"
  ) -> String {
    #"{"subscriptionId":0,"event":{"e":"executionReport","E":1700000000600,"s":"\#(symbol)","#
      + #""c":"\#(id)","S":"BUY","o":"LIMIT","f":"IOC","q":"0.02000000","p":"25000.00","P":"0.0","#
      + #""F":"0.0","g":-1,"C":"\#(original)","x":"\#(execution)","X":"\#(status)","r":"\#(reason)","#
      + #""i":7001,"l":"\#(last)","z":"\#(cumulative)","L":"24999.00","n":"\#(fee)","N":\#(feeAsset),"#
      + #""T":1700000000599,"t":\#(trade),"I":8641984,"w":true,"m":\#(maker),"M":false,"#
      + #""O":1700000000500,"Z":"0.0","Y":"0.0","Q":"0.0","W":1700000000500,"V":"NONE"}}"#
  }

  private func started() throws -> BinanceHarness {
    var harness = BinanceHarness()
    try harness.start()
    return harness
  }

  // MARK: Subscription

  @Test func `the subscription is signed and brings both links up`() throws {
    var harness = BinanceHarness()
    let sent = try #require(harness.open(.privateStream).sent.first)
    #expect(sent.json["method"]?.string == "userDataStream.subscribe.signature")
    #expect(sent.json["params"]?["apiKey"]?.string == harness.signer.apiKey)
    #expect(sent.json["params"]?["signature"]?.string?.count == 64)
    let id = try #require(sent.json["id"]?.string)
    let outcome = harness.receive(
      #"{"id":"\#(id)","status":200,"result":{"subscriptionId":0},"rateLimits":[]}"#)
    #expect(outcome.links == ["orderEntry up", "dropCopy up"])
  }

  @Test func `a refused subscription raises an alarm and reconnects`() throws {
    var harness = BinanceHarness()
    let id = try #require(harness.open(.privateStream).sent.first?.json["id"]?.string)
    let outcome = harness.receive(BinanceOrderEntryTests.refusal(id, -2015, "Invalid API-key"))
    #expect(outcome.reconnects == [.privateStream])
    #expect(outcome.incidents.allSatisfy { $0.severity == .alarm })
    #expect(!outcome.links.contains("dropCopy up"))
  }

  @Test func `a subscription without an answer reconnects`() {
    var harness = BinanceHarness()
    harness.open(.privateStream)
    #expect(harness.wait(milliseconds: 10_000).reconnects == [.privateStream])
  }

  @Test func `a subscription that the venue ends is made again`() throws {
    var harness = try started()
    let outcome = harness.receive(
      #"{"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000700}}"#)
    #expect(outcome.links == ["dropCopy down"])
    let id = try #require(outcome.sent.first?.json["id"]?.string)
    let again = harness.receive(#"{"id":"\#(id)","status":200,"result":{"subscriptionId":1}}"#)
    #expect(again.links.contains("dropCopy up"))
  }

  @Test func `a server about to shut down is left at once`() throws {
    var harness = try started()
    let outcome = harness.receive(#"{"event":{"e":"serverShutdown","E":1700000000700}}"#)
    #expect(outcome.reconnects == [.privateStream])
    #expect(outcome.links == ["dropCopy down", "orderEntry down"])
  }

  // MARK: Orders

  @Test func `a new order is acknowledged`() throws {
    var harness = try started()
    let outcome = harness.receive(Self.report("NEW", "NEW"))
    #expect(outcome.kinds == [.acknowledged])
    #expect(outcome.reports.first?.venueOrderID.string == "7001")
    #expect(outcome.reports.first?.child == child)
  }

  @Test func `a fill carries the id that reply and trades query give it`() throws {
    var harness = try started()
    let outcome = harness.receive(
      Self.report(
        "TRADE", "PARTIALLY_FILLED", last: "0.01500000", cumulative: "0.01500000", trade: 9001,
        fee: "0.00001500", feeAsset: "\"BTC\"", maker: true))
    #expect(outcome.kinds == [.fill])
    let fill = try #require(outcome.reports.first)
    #expect(fill.executionID.string == "BTCUSDT-9001")
    #expect(fill.lastQuantity == Quantity(mantissa: 1_500_000))
    #expect(fill.lastPrice == Price(mantissa: 249_990_000))
    #expect(fill.cumulativeQuantity == Quantity(mantissa: 1_500_000))
    #expect(fill.fee == Amount(mantissa: 150_000_000_000))
    #expect(fill.feeAsset == AssetID(0))
    #expect(fill.liquidity == .maker)
  }

  @Test func `the last fill ends the order`() throws {
    var harness = try started()
    let outcome = harness.receive(
      Self.report(
        "TRADE", "FILLED", last: "0.02", cumulative: "0.02", trade: 9002, fee: "0.1",
        feeAsset: "\"USDT\""))
    #expect(outcome.kinds == [.fill, .filled])
    #expect(outcome.reports[1].cumulativeQuantity == Quantity(mantissa: 2_000_000))
  }

  @Test func `on a cancel the order's own id is in the other field`() throws {
    var harness = try started()
    let outcome = harness.receive(
      Self.report(
        "CANCELED", "CANCELED", id: "4d96324ff9d44481926157ec08158a40",
        original: child.short.string, cumulative: "0.005"))
    #expect(outcome.kinds == [.canceled])
    #expect(outcome.reports.first?.child == child)
    #expect(outcome.reports.first?.cumulativeQuantity == Quantity(mantissa: 500_000))
  }

  @Test(arguments: [
    ("EXPIRED", "EXPIRED", [VenueExecutionReport.Kind.expired]),
    ("TRADE_PREVENTION", "EXPIRED_IN_MATCH", [.expired]), ("TRADE_PREVENTION", "NEW", []),
    ("REPLACED", "NEW", [.outcomeUnknown]), ("LEVITATED", "NEW", [.outcomeUnknown]),
    ("REJECTED", "REJECTED", [.rejected]),
  ])
  func `every execution type has its report`(
    _ execution: String, _ status: String, _ kinds: [VenueExecutionReport.Kind]
  ) throws {
    var harness = try started()
    #expect(harness.receive(Self.report(execution, status)).kinds == kinds)
  }

  @Test func `a rejection says why`() throws {
    var harness = try started()
    let outcome = harness.receive(
      Self.report("REJECTED", "REJECTED", reason: "INSUFFICIENT_BALANCES"))
    #expect(outcome.reports.first?.rejectReason == .insufficientFunds)
  }

  @Test(arguments: [
    "web_0123456789", "", "sl-000007000002000000000009000", "x-TD67BGP9-T0000000000000",
  ])
  func `orders with other ids are ignored`(_ id: String) throws {
    var harness = try started()
    #expect(harness.receive(Self.report("NEW", "NEW", id: id)).events.isEmpty)
  }

  @Test func `orders of another instance are ignored, of another epoch passed on`() throws {
    var harness = try started()
    let other = BinanceHarness.child(1, instance: 8).short.string
    #expect(harness.receive(Self.report("NEW", "NEW", id: other)).events.isEmpty)
    let earlier = BinanceHarness.child(1, epoch: 1)
    let outcome = harness.receive(Self.report("NEW", "NEW", id: earlier.short.string))
    #expect(outcome.reports.map(\.child) == [earlier])
  }

  @Test(arguments: ["i", "z", "l", "L", "n", "t", "T", "X", "x"])
  func `a report without a field makes the order unknown and names the field`(_ field: String)
    throws
  {
    var harness = try started()
    let text = Self.report(
      "TRADE", "FILLED", last: "0.02", cumulative: "0.02", trade: 9002, fee: "0.1",
      feeAsset: "\"USDT\"")
    let outcome = harness.receive(text.replacing("\"\(field)\":", with: "\"?\(field)\":"))
    #expect(outcome.kinds.last == .outcomeUnknown)
    #expect(outcome.incidents.first?.message.contains("field \(field)") == true)
  }

  @Test(arguments: ["0.000000001", "-1", "0", "1e3", "99999999999999999999"])
  func `a fill of an impossible size makes the order unknown`(_ quantity: String) throws {
    var harness = try started()
    let outcome = harness.receive(
      Self.report("TRADE", "FILLED", last: quantity, cumulative: "0.02", trade: 9002, fee: "0"))
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  @Test func `a fill without a trade id makes the order unknown`() throws {
    var harness = try started()
    let outcome = harness.receive(
      Self.report("TRADE", "FILLED", last: "0.02", cumulative: "0.02", trade: -1))
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  @Test func `a report for our order on a pair that is not ours raises an alarm`() throws {
    var harness = try started()
    let outcome = harness.receive(Self.report("NEW", "NEW", symbol: "XRPUSDT"))
    #expect(outcome.incidents.first?.severity == .alarm)
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  @Test func `reports may come in any order, late and twice`() throws {
    var harness = try started()
    let fill = Self.report(
      "TRADE", "PARTIALLY_FILLED", last: "0.015", cumulative: "0.015", trade: 9001, fee: "0")
    for text in [
      fill, Self.report("EXPIRED", "EXPIRED", cumulative: "0.015"), fill,
      Self.report("NEW", "NEW"),
    ] {
      #expect(harness.receive(text).reports.count == 1)
    }
  }

  // MARK: Balances

  @Test func `an account position gives what is free and what there is`() throws {
    var harness = try started()
    let outcome = harness.receive(
      #"{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"BTC","f":"1.50000000","l":"0.25000000"},{"a":"DOGE","f":"1","l":"0"},{"a":"USDT","f":"x","l":"0"}]}}"#
    )
    #expect(outcome.balances.map(\.asset) == [AssetID(0)])
    #expect(outcome.balances.first?.available == Amount(mantissa: 15_000_000_000_000_000))
    #expect(outcome.balances.first?.total == Amount(mantissa: 17_500_000_000_000_000))
    #expect(outcome.incidents.count == 1)
  }

  @Test func `a balance change without its result asks for the account`() throws {
    var harness = try started()
    let outcome = harness.receive(
      #"{"subscriptionId":0,"event":{"e":"balanceUpdate","E":1,"a":"BTC","d":"100.0","T":1}}"#)
    #expect(outcome.fetched.first?.request.path == "/api/v3/account")
  }

  @Test func `the account gives every asset, empty ones as zero, as of the question`() throws {
    var harness = try started()
    let asked = harness.stamp.time
    let tag = try #require(harness.encode(.refreshBalances(VenueID(3))).fetched.first?.tag)
    harness.milliseconds += 300
    let outcome = harness.answer(
      tag, 200, #"{"canTrade":true,"balances":[{"asset":"USDT","free":"10.5","locked":"2"}]}"#)
    #expect(outcome.balances.map(\.available.mantissa) == [0, 105_000_000_000_000_000, 0])
    #expect(outcome.balances.map(\.total.mantissa) == [0, 125_000_000_000_000_000, 0])
    #expect(outcome.balances.allSatisfy { $0.observedAt == asked })
  }

  @Test func `balances that fail are asked for again`() throws {
    var harness = try started()
    let tag = try #require(harness.encode(.refreshBalances(VenueID(3))).fetched.first?.tag)
    #expect(harness.encode(.refreshBalances(VenueID(3))).fetched.isEmpty)
    harness.answer(tag, 500, "")
    #expect(harness.wait(milliseconds: 2100).fetched.count == 1)
  }

  // MARK: Watching

  @Test func `an accepted order that the stream does not mention reconnects`() throws {
    var harness = try started()
    let id = try #require(
      harness.encode(.newOrder(BinanceOrderEntryTests.order())).sent.first?.json["id"]?.string)
    harness.receive(
      BinanceOrderEntryTests.reply(id, BinanceOrderEntryTests.result(status: "NEW", fills: 0)))
    #expect(harness.wait(milliseconds: 9900).reconnects.isEmpty)
    #expect(harness.wait(milliseconds: 200).reconnects == [.privateStream])
  }

  @Test(arguments: [true, false])
  func `a mention before or after the reply is enough`(_ isEarly: Bool) throws {
    var harness = try started()
    let id = try #require(
      harness.encode(.newOrder(BinanceOrderEntryTests.order())).sent.first?.json["id"]?.string)
    let reply = BinanceOrderEntryTests.reply(
      id, BinanceOrderEntryTests.result(status: "NEW", fills: 0))
    for text in isEarly ? [Self.report("NEW", "NEW"), reply] : [reply, Self.report("NEW", "NEW")] {
      harness.receive(text)
    }
    #expect(harness.wait(milliseconds: 15_000).reconnects.isEmpty)
  }

  @Test func `a silent socket is asked, then closed`() throws {
    var harness = try started()
    let probe = harness.wait(milliseconds: 30_000)
    #expect(probe.sent.contains { $0.json["method"]?.string == "session.status" })
    #expect(harness.wait(milliseconds: 10_000).reconnects.contains(.privateStream))
  }

  // MARK: Broken bytes

  @Test(arguments: [
    "", "{", "[]", "7", "null", "{}", #"{"event":7}"#, #"{"event":{"e":"novelty"}}"#,
    #"{"id":null,"status":400,"error":{"code":-1100,"msg":"x"}}"#,
    #"{"id":"99999999999999999999","status":200,"result":{}}"#,
  ])
  func `strange messages report nothing`(_ text: String) throws {
    var harness = try started()
    #expect(harness.receive(text).reports.isEmpty)
  }

  @Test func `no mutation of a private message traps`() throws {
    var random = BinanceTestRandom(seed: 11)
    let messages = [
      Self.report(
        "TRADE", "FILLED", last: "0.02", cumulative: "0.02", trade: 9002, fee: "0.1",
        feeAsset: "\"USDT\""),
      BinanceOrderEntryTests.reply("4", BinanceOrderEntryTests.result()),
      #"{"subscriptionId":0,"event":{"e":"outboundAccountPosition","E":1,"u":1,"B":[{"a":"BTC","f":"1.5","l":"0.25"}]}}"#,
    ].map { Array($0.utf8) }
    var harness = try started()
    for round in 0..<6000 {
      if round % 50 == 0 { harness = try started() }
      harness.encode(.newOrder(BinanceOrderEntryTests.order()))
      harness.receive(random.mutate(messages[round % 3]), on: .privateStream)
    }
  }
}
