import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenDropCopyTests {
  private let harness = KrakenHarness()

  private func receive(_ row: String, _ sequence: Int) {
    harness.receive(KrakenHarness.executions(row, sequence: sequence))
  }

  @Test func `the session is up once the snapshot has come`() {
    harness.open(.privateStream)
    #expect(harness.path == "/0/private/GetWebSocketsToken")
    harness.answer(KrakenHarness.tokenReply)
    let channels = harness.sent("subscribe").map { $0.message["params"]?["channel"]?.string }
    #expect(channels == ["executions", "balances"])
    #expect(harness.sent("subscribe").first?.message["params"]?["token"]?.string == "TOKEN")
    harness.receive(KrakenHarness.executionsAck)
    #expect(harness.links.isEmpty)
    harness.receive(KrakenHarness.emptySnapshot)
    #expect(harness.links == ["dropCopy up", "orderEntry up"])
  }

  @Test func `a heartbeat after the confirmation stands for an empty snapshot`() {
    harness.open(.privateStream)
    harness.answer(KrakenHarness.tokenReply)
    harness.receive("{\"channel\":\"heartbeat\"}")
    #expect(harness.links.isEmpty)
    harness.receive(KrakenHarness.executionsAck)
    harness.receive("{\"channel\":\"heartbeat\"}")
    #expect(harness.links == ["dropCopy up", "orderEntry up"])
  }

  @Test func `an order's life on the stream becomes reports in order`() throws {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order()))
    receive(KrakenHarness.pendingNew(), 2)
    #expect(harness.kinds == [.acknowledged])
    receive("{\"order_id\":\"O1\",\"exec_type\":\"new\",\"order_status\":\"new\"}", 3)
    #expect(harness.reports.isEmpty, "it is acknowledged once")
    receive(KrakenHarness.trade(), 4)
    let fill = try #require(harness.reports.first)
    #expect(fill.kind == .fill)
    #expect(fill.executionID.string == "O1-70000001")
    #expect(fill.lastQuantity == Quantity(mantissa: 150_000_000))
    #expect(fill.lastPrice == Price(mantissa: 61_000_000))
    #expect(fill.fee == Amount(mantissa: 22_875_000_000_000_000))
    #expect(fill.feeAsset == KrakenFixtures.dollar)
    #expect(fill.liquidity == .taker)
    #expect(fill.cumulativeQuantity == Quantity(mantissa: 150_000_000))
    #expect(fill.venueTime.nanoseconds == 1_767_323_045_200_000_000)
    receive(KrakenHarness.canceled(), 5)
    #expect(harness.kinds == [.canceled])
    #expect(harness.reports.first?.cumulativeQuantity == Quantity(mantissa: 150_000_000))
    #expect(harness.reports.first?.text.string == "User requested")
  }

  @Test(arguments: [
    ("filled", VenueExecutionReport.Kind.filled), ("expired", .expired), ("canceled", .canceled),
  ])
  func `each end has its report`(_ name: String, _ kind: VenueExecutionReport.Kind) {
    harness.logOn()
    harness.place()
    receive(
      "{\"order_id\":\"O1\",\"exec_type\":\"\(name)\",\"order_status\":\"\(name)\",\"cum_qty\":0.02}",
      2)
    #expect(harness.kinds == [kind])
    #expect(harness.reports.first?.cumulativeQuantity == Quantity(mantissa: 200_000_000))
  }

  @Test func `rows that overtake the answer to the order wait for it`() throws {
    harness.logOn()
    harness.command(.newOrder(KrakenHarness.order()))
    let requestID = try #require(harness.sent("add_order").first?.message["req_id"]?.int64)
    receive(KrakenHarness.trade(), 2)
    #expect(harness.reports.isEmpty)
    harness.receive(KrakenHarness.accepted(requestID: requestID))
    #expect(harness.kinds == [.acknowledged, .fill])
  }

  @Test func `duplicates keep their execution id, for the core to drop`() {
    harness.logOn()
    harness.place()
    receive(KrakenHarness.trade(), 2)
    receive(KrakenHarness.trade(), 3)
    #expect(harness.reports.map(\.executionID.string) == ["O1-70000001"])
  }

  @Test func `a fill after the end is still a fill`() {
    harness.logOn()
    harness.place()
    receive(KrakenHarness.canceled(quantity: "0"), 2)
    receive(KrakenHarness.trade(), 3)
    #expect(harness.kinds == [.fill])
  }

  @Test func `orders of others are passed over, those of an earlier epoch are not`() {
    harness.logOn()
    let foreign = KrakenHarness.pendingNew().replacing(
      KrakenHarness.child().uuid.string, with: "0b6f0f60-0000-4000-8000-000000000000")
    receive(foreign, 2)
    #expect(harness.reports.isEmpty)
    let otherInstance = KrakenHarness.pendingNew().replacing(
      KrakenHarness.child().uuid.string, with: KrakenHarness.child(instance: 6).uuid.string)
    receive(otherInstance, 3)
    #expect(harness.reports.isEmpty)
    let earlier = KrakenHarness.pendingNew().replacing(
      KrakenHarness.child().uuid.string, with: KrakenHarness.child(epoch: 2).uuid.string)
    receive(earlier, 4)
    #expect(harness.reports.map(\.child) == [KrakenHarness.child(epoch: 2)])
  }

  @Test func `subscriptions without an answer end the session, whatever else comes`() {
    let harness = KrakenHarness()
    harness.open(.privateStream)
    harness.answer(KrakenHarness.tokenReply)
    for _ in 0..<9 {
      harness.advance(milliseconds: 1000)
      #expect(harness.reconnects.isEmpty)
      harness.receive("{\"channel\":\"heartbeat\"}")
    }
    harness.advance(milliseconds: 1000)
    #expect(harness.reconnects == [.privateStream])
    harness.close(.privateStream)
    harness.logOn()
    harness.advance(milliseconds: 2000)
    harness.receive("{\"channel\":\"heartbeat\"}")
    harness.advance(milliseconds: 2500)
    #expect(harness.reconnects.isEmpty)
  }

  @Test func `a gap in the sequence connects anew and then asks about every open order`() {
    harness.logOn()
    harness.place()
    receive(KrakenHarness.trade(), 3)
    #expect(harness.kinds == [.fill], "what did come counts")
    #expect(harness.reconnects == [.privateStream])
    #expect(harness.links == ["orderEntry down", "dropCopy down"])
    harness.close(.privateStream)
    harness.open(.privateStream)
    harness.answer(KrakenHarness.tokenReply)
    harness.receive(KrakenHarness.executionsAck)
    harness.receive(KrakenHarness.emptySnapshot)
    #expect(harness.path == "/0/private/QueryOrders")
    #expect(harness.body.contains("txid=O1"))
  }

  @Test func `a message that is no JSON puts the session in doubt`() {
    harness.logOn()
    harness.receive("{\"channel\":\"executions\",")
    #expect(harness.reconnects == [.privateStream])
  }

  @Test(arguments: [
    ("\"trade_id\":70000001", "\"trade_id\":\"x\""), ("\"trade_id\":70000001,", ""),
    ("0.01500000,\"last_price\"", "-1,\"last_price\""),
    ("\"last_price\":61000.0", "\"last_price\":\"x\""),
    ("\"last_price\":61000.0", "\"last_price\":61000.00001"),
    ("\"exec_type\":\"trade\"", "\"exec_type\":\"surprise\""),
    ("{\"asset\":\"USD\",\"qty\":2.28750}", "{\"asset\":\"USD\"}"),
    ("\"fees\":[", "\"fees\":[{\"asset\":\"BTC\",\"qty\":1},"),
  ])
  func `a report that can not be read makes the order be asked about`(
    _ part: String, _ replacement: String
  ) {
    harness.logOn()
    harness.place()
    receive(KrakenHarness.trade().replacing(part, with: replacement), 2)
    #expect(harness.reports.isEmpty)
    #expect(!harness.incidents.isEmpty)
    #expect(harness.path == "/0/private/QueryOrders")
  }

  @Test func `a fee in an asset that no setting names raises an alarm and still counts`() {
    harness.logOn()
    harness.place()
    receive(
      KrakenHarness.trade().replacing("\"asset\":\"USD\"", with: "\"asset\":\"KFEE\""), 2)
    #expect(harness.reports.first?.feeAsset == .unlisted)
    #expect(harness.incidents.first?.severity == .alarm)
  }

  @Test func `a deposit makes the balances be asked for, a trade does not`() throws {
    harness.logOn()
    func balances(_ type: String, _ sequence: Int) -> String {
      """
      {"channel":"balances","type":"update","data":[{"ledger_id":"L","type":"\(type)",\
      "asset":"BTC","amount":1.0,"balance":2.0}],"sequence":\(sequence)}
      """
    }
    harness.receive("{\"channel\":\"balances\",\"type\":\"snapshot\",\"data\":[],\"sequence\":1}")
    harness.receive(balances("trade", 2))
    #expect(harness.request == nil)
    harness.receive(balances("deposit", 3))
    #expect(harness.path == "/0/private/BalanceEx")
    harness.answer(
      """
      {"error":[],"result":{"XXBT":{"balance":"2.0","hold_trade":"0.5"}}}
      """)
    let observed = harness.output.batch.events.compactMap {
      if case .balanceObserved(let balance) = $0 { balance } else { nil }
    }
    #expect(observed.map(\.asset) == [KrakenFixtures.bitcoin, KrakenFixtures.dollar])
    #expect(observed[0].available == Amount(mantissa: 15_000_000_000_000_000))
    #expect(observed[1].total == .zero)
  }

  @Test func `silence is answered with a ping and then with a new connection`() {
    harness.logOn()
    #expect(harness.adapter.nextDeadline == harness.time.adding(milliseconds: 3000))
    harness.advance(milliseconds: 3000)
    #expect(harness.sent("ping").count == 1)
    harness.advance(milliseconds: 2999)
    #expect(harness.output.actions.isEmpty)
    harness.advance(milliseconds: 1)
    #expect(harness.reconnects == [.privateStream])
    #expect(harness.adapter.nextDeadline == .distantFuture)
  }

  @Test func `truncated and mutated messages never trap`() {
    var random = KrakenRandom(seed: 7)
    let rows = [
      KrakenHarness.executions(
        KrakenHarness.pendingNew() + "," + KrakenHarness.trade() + "," + KrakenHarness.canceled(),
        sequence: 2), KrakenHarness.accepted(requestID: 3), KrakenHarness.executionsAck,
    ].map { Array($0.utf8) }
    for row in rows {
      for count in 0..<row.count {
        let harness = KrakenHarness()
        harness.logOn()
        harness.receive(Array(row.prefix(count)))
      }
    }
    let harness = KrakenHarness()
    for round in 0..<5000 {
      if round % 50 == 0 {
        harness.close(.privateStream)
        harness.logOn()
        harness.command(.newOrder(KrakenHarness.order(UInt16(1 + round / 50))))
      }
      var bytes = rows[random.next(rows.count)]
      for _ in 0...random.next(3) { bytes[random.next(bytes.count)] = UInt8(random.next(256)) }
      harness.receive(bytes)
    }
    #expect(harness.adapter.channels.count == 2)
  }
}
