import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// The venue's counters, from the socket's answers and from REST's headers.
struct BinanceUsageTests {
  private static func limits(_ rows: (String, String, Int, Int, Int)...) -> String {
    let texts = rows.map { type, interval, number, limit, count in
      #"{"rateLimitType":"\#(type)","interval":"\#(interval)","intervalNum":\#(number),"#
        + #""limit":\#(limit),"count":\#(count)}"#
    }
    return "[\(texts.joined(separator: ","))]"
  }

  private func order(_ harness: inout BinanceHarness, _ number: UInt16) -> BinanceOutcome {
    harness.encode(.newOrder(BinanceOrderEntryTests.order(BinanceHarness.child(number))))
  }

  /// An adapter whose first order is about to be answered on the socket, three seconds into an
  /// interval of ten.
  private func waiting() throws -> (BinanceHarness, String) {
    var harness = BinanceHarness(orders: .socket)
    harness.milliseconds = 1_700_000_003_000
    try harness.start()
    let sent = order(&harness, 1)
    return (harness, try #require(sent.sent.first?.json["id"]?.string))
  }

  private func reply(_ id: String, _ limits: String) -> String {
    let result = BinanceOrderEntryTests.result()
    return #"{"id":"\#(id)","status":200,"result":\#(result),"rateLimits":\#(limits)}"#
  }

  @Test func `a count at its limit keeps new orders back until the interval ends`() throws {
    var (harness, id) = try waiting()
    harness.receive(reply(id, Self.limits(("ORDERS", "SECOND", 10, 50, 50))))
    let refused = order(&harness, 2)
    #expect(refused.kinds == [.notSent] && refused.sent.isEmpty)
    #expect(refused.reports.first?.rejectReason == .rateLimited)
    let until = harness.stamp.time.adding(milliseconds: 7000)
    #expect(
      refused.events.contains { if case .venueBusy(_, until: until) = $0 { true } else { false } })
    let cancel = harness.encode(.cancel(BinanceOrderEntryTests.reference()))
    #expect(cancel.sent.count == 1)
    harness.wait(milliseconds: 6999)
    #expect(order(&harness, 3).kinds == [.notSent])
    harness.wait(milliseconds: 1)
    #expect(order(&harness, 4).sent.count == 1)
  }

  @Test func `below its limit a count keeps nothing back`() throws {
    var (harness, id) = try waiting()
    harness.receive(
      reply(
        id,
        Self.limits(
          ("ORDERS", "SECOND", 10, 50, 49), ("ORDERS", "DAY", 1, 160_000, 7),
          ("REQUEST_WEIGHT", "MINUTE", 1, 6000, 5999), ("RAW_REQUESTS", "MINUTE", 5, 10, 10))))
    #expect(order(&harness, 2).sent.count == 1)
  }

  @Test func `REST's headers count in the budgets that the socket has named`() throws {
    var (harness, id) = try waiting()
    harness.receive(reply(id, Self.limits(("ORDERS", "SECOND", 10, 50, 3))))
    var usage = harness.adapter.usage
    usage.note([("X-MBX-ORDER-COUNT-10S", "50")], at: harness.stamp)
    #expect(usage.fullUntil(harness.stamp) == harness.stamp.time.adding(milliseconds: 7000))
    usage.note([("x-mbx-order-count-10s", "12")], at: harness.stamp)
    #expect(usage.fullUntil(harness.stamp) == nil)
  }

  @Test func `an order over REST uses the budget that the next one over the socket needs`() throws {
    var harness = BinanceHarness(orders: .http)
    harness.milliseconds = 1_700_000_003_000
    try harness.start()
    let cancel = harness.encode(.cancel(BinanceOrderEntryTests.reference()))
    let id = try #require(cancel.sent.first?.json["id"]?.string)
    harness.receive(
      #"{"id":"\#(id)","status":400,"error":{"code":-2011,"msg":"x"},"rateLimits":"#
        + Self.limits(("REQUEST_WEIGHT", "MINUTE", 1, 6000, 1)) + "}")
    let tag = try #require(order(&harness, 1).ordered.first?.tag)
    harness.answer(
      tag, 200, BinanceOrderEntryTests.result(),
      [("X-MBX-USED-WEIGHT", "6000"), ("X-MBX-USED-WEIGHT-1M", "6000")])
    #expect(order(&harness, 2).kinds == [.notSent])
    // The venue's minute began twenty seconds and three ago.
    harness.wait(milliseconds: 36_999)
    #expect(order(&harness, 3).kinds == [.notSent])
    harness.wait(milliseconds: 1)
    #expect(order(&harness, 4).ordered.count == 1)
  }

  @Test func `a day that is used up is looked at anew after a minute`() throws {
    var (harness, id) = try waiting()
    harness.receive(reply(id, Self.limits(("ORDERS", "DAY", 1, 160_000, 160_000))))
    #expect(
      harness.adapter.usage.fullUntil(harness.stamp)
        == harness.stamp.time.adding(milliseconds: 60_000))
    // Without timers, so that nothing else happens in the quiet minute.
    harness.milliseconds += 59_999
    #expect(order(&harness, 2).kinds == [.notSent])
    harness.milliseconds += 1
    #expect(order(&harness, 3).sent.count == 1)
  }

  @Test(arguments: [
    "null", "7", "[]", "[7]", #"[{"rateLimitType":"ORDERS"}]"#,
    #"[{"rateLimitType":"ORDERS","interval":"WEEK","intervalNum":1,"limit":1,"count":9}]"#,
    #"[{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":9223372036854775807,"limit":1,"count":9}]"#,
    #"[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":0,"limit":1,"count":9}]"#,
    #"[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":0,"count":9}]"#,
    #"[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":5,"count":-9}]"#,
  ])
  func `limits that make no sense bound nothing`(_ limits: String) throws {
    var (harness, id) = try waiting()
    harness.receive(reply(id, limits))
    #expect(order(&harness, 2).sent.count == 1)
  }

  @Test(arguments: ["10", "S", "-1S", "10X", "", "99999999999999999999S", "1.5S"])
  func `headers that make no sense bound nothing`(_ interval: String) throws {
    var (harness, id) = try waiting()
    harness.receive(reply(id, Self.limits(("ORDERS", "SECOND", 10, 50, 3))))
    var usage = harness.adapter.usage
    usage.note([("X-MBX-ORDER-COUNT-\(interval)", "50")], at: harness.stamp)
    usage.note([("X-MBX-ORDER-COUNT-10S", "many")], at: harness.stamp)
    #expect(usage.fullUntil(harness.stamp) == nil)
  }
}
