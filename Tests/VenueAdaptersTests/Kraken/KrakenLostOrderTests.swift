import RouterCore
import Testing
import VenueAdapters

/// After many faults, when calls are few and orders in doubt many.
extension KrakenReconciliationTests {
  private func found(_ number: UInt16, trades ids: [String]) -> String {
    let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
    return order(number, status: "closed", executed: "0.015")
      .replacing("\"reason\":null", with: "\"reason\":null,\"trades\":[\(list)]")
  }

  @Test func `trades of what is found are asked for by their ids`() {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    #expect(harness.body.contains("trades=true"))
    #expect(harness.body.contains("consolidate_taker=false"))
    harness.answer("{\"error\":[],\"result\":{\(found(1, trades: ["T1", "T2"]))}}")
    #expect(harness.path == "/0/private/QueryTrades")
    #expect(harness.body.contains("txid=T1%2CT2"))
    let half = trade("T2", order: "O1", number: 2).replacing("0.01500000", with: "0.00500000")
    let rest = trade("T1", order: "O1").replacing("0.01500000", with: "0.01000000")
    harness.answer("{\"error\":[],\"result\":{\(half),\(rest)}}")
    #expect(harness.kinds == [.acknowledged, .fill, .fill, .filled])
    #expect(harness.request == nil)
  }

  @Test(arguments: [
    "{\"error\":[\"EQuery:Unknown trade\"]}", "{\"error\":[\"EGeneral:Invalid arguments:txid\"]}",
    "{\"error\":[],\"result\":{}}",
  ])
  func `the history is searched for trades that the venue does not tell by their ids`(
    _ body: String
  ) {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    harness.answer("{\"error\":[],\"result\":{\(found(1, trades: ["T1"]))}}")
    for _ in 0..<8 where harness.path != "/0/private/TradesHistory" {
      harness.answer(body)
      if harness.request == nil { harness.advance(milliseconds: 20_000) }
    }
    #expect(harness.path == "/0/private/TradesHistory")
    answer("trades", trade("T1", order: "O1"))
    #expect(harness.kinds == [.acknowledged, .fill, .filled])
  }

  @Test(arguments: [1, 100, 101, 5000])
  func `trades without end are looked for in the history`(_ count: Int) {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    let ids = (1...count).map { "T\($0)" }
    harness.answer("{\"error\":[],\"result\":{\(found(1, trades: ids))}}")
    #expect((harness.path == "/0/private/QueryTrades") == (count <= 100))
    #expect((harness.path == "/0/private/TradesHistory") == (count > 100))
  }

  @Test(arguments: ["", String(repeating: "T", count: 64)])
  func `what can be no id is not asked for`(_ id: String) {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    harness.answer("{\"error\":[],\"result\":{\(found(1, trades: [id]))}}")
    #expect(harness.path == "/0/private/TradesHistory")
  }

  @Test(arguments: ["", String(repeating: "O", count: 64)])
  func `an owner that can be no id leaves the question open`(_ id: String) {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.path == "/0/private/TradesHistory")
    answer("trades", trade("T1", order: id))
    #expect(harness.kinds == [.queryFailed])
    #expect(harness.request == nil)
  }

  @Test func `what is certain is reported before the round ends`() {
    harness.command(.query(harness.reference(9)))
    harness.command(.query(harness.reference(1, venueOrderID: "O1")))
    harness.command(.query(harness.reference(2, venueOrderID: "O2")))
    harness.answer("{\"error\":[\"EService:Busy\"]}")
    harness.answer(
      """
      {"error":[],"result":{\(found(1, trades: ["T1"])),\(order(2, status: "open", executed: "0"))}}
      """)
    #expect(harness.kinds == [.acknowledged, .stillOpen])
    #expect(harness.path == "/0/private/QueryTrades")
    harness.answer("{\"error\":[],\"result\":{\(trade("T1", order: "O1"))}}")
    #expect(harness.kinds == [.acknowledged, .fill, .filled])
  }

  @Test(arguments: [
    ("<html>", 502), ("{\"error\":[\"EService:Unavailable\"]}", 200), ("nonsense", 200),
    ("{\"error\":[\"EAPI:Rate limit exceeded\"]}", 200),
    ("{\"error\":[\"EGeneral:Internal error\"]}", 200),
  ])
  func `a round that has learned something outlives a failure that passes`(
    _ body: String, _ status: Int
  ) {
    harness.command(.query(harness.reference()))
    let started = harness.time
    harness.answer(nothing)
    for _ in 1...3 {
      #expect(harness.path == "/0/private/ClosedOrders")
      harness.answer(body, status: status)
      #expect(harness.reports.isEmpty)
      #expect(harness.request == nil, "repeated after a pause")
      harness.advance(milliseconds: 20_000)
    }
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.kinds == [.notFound])
    #expect(harness.reports.first?.queriedAt == started)
  }

  @Test func `a request that fails again and again ends its round`() {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    var repetitions = 0
    while harness.path == "/0/private/ClosedOrders" && repetitions < 20 {
      harness.answer("{\"error\":[\"EService:Busy\"]}")
      guard harness.reports.isEmpty else { break }
      harness.advance(milliseconds: 20_000)
      repetitions += 1
    }
    #expect(repetitions == 6)
    #expect(harness.kinds == [.queryFailed])
  }

  @Test(arguments: ["EGeneral:Temporary lockout", "EAPI:Invalid key"])
  func `a round does not outlive a silence of a quarter of an hour`(_ text: String) {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    harness.answer("{\"error\":[\"\(text)\"]}")
    #expect(harness.kinds == [.queryFailed])
    harness.command(.query(harness.reference()))
    #expect(harness.request == nil, "the lane is paused")
  }

  @Test func `the list of closed orders is as short as the time in which they were sent`() {
    for number in 1..<6 { harness.command(.query(harness.reference(.init(number)))) }
    let sentAt = harness.longAgo
    harness.time = harness.time.adding(milliseconds: 3_600_000)
    for _ in 0..<3 { harness.answer(nothing) }
    #expect(harness.path == "/0/private/OpenOrders" && !harness.body.contains("cl_ord_id"))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/ClosedOrders")
    let seconds = sentAt.nanoseconds / 1_000_000_000
    #expect(harness.body.contains("closetime=open"))
    #expect(harness.body.contains("start=\(seconds - 60)"))
    // 2 s in which the venue may take it, 90 s for the way to it, and a minute for the clocks.
    #expect(harness.body.contains("end=\(seconds + 152)"))
  }

  @Test func `questions about orders of the same time are asked together`() {
    // The first is on its way while the others come.
    harness.command(.query(harness.reference(500)))
    let first = harness.time
    for number in 0..<60 {
      harness.time = first.adding(milliseconds: number.isMultiple(of: 2) ? 0 : 3_600_000)
      harness.command(.query(harness.reference(.init(number + 1))))
    }
    for _ in 0..<3 { harness.answer(nothing) }
    #expect(harness.path == "/0/private/OpenOrders")
    harness.answer(nothing)
    for _ in 0..<2 {
      if harness.request == nil { harness.advance(milliseconds: 20_000) }
      harness.answer(nothing)
    }
    let old = stride(from: 0, to: 60, by: 2).map { KrakenHarness.child(UInt16($0 + 1)) }
    #expect(harness.reports.map(\.child) == old)
  }

  @Test func `a long list of closed orders gives way to a search for each`() {
    for number in 1..<6 { harness.command(.query(harness.reference(.init(number)))) }
    for _ in 0..<3 { harness.answer(nothing) }
    harness.answer(nothing)
    let page = (0..<50).map { "\"X\($0)\":{\"status\":\"closed\",\"vol_exec\":\"1\"}" }
    let closed = "{\"error\":[],\"result\":{\"closed\":{\(page.joined(separator: ","))}}}"
    var pages = 0
    while !harness.body.contains("cl_ord_id") && pages < 50 {
      pages += 1
      harness.answer(closed)
      while harness.request == nil { harness.advance(milliseconds: 5000) }
    }
    #expect(pages == 4)
    for number in 2..<6 {
      #expect(harness.path == "/0/private/ClosedOrders")
      #expect(harness.body.contains("cl_ord_id=\(KrakenHarness.child(UInt16(number)).uuid)"))
      harness.answer(nothing)
      while harness.request == nil { harness.advance(milliseconds: 5000) }
    }
    #expect(harness.path == "/0/private/TradesHistory")
  }

  @Test func `the history is searched as far back as the lists may lag`() {
    harness.command(.query(harness.reference()))
    harness.time = harness.time.adding(milliseconds: 86_400_000)
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.path == "/0/private/TradesHistory")
    #expect(harness.body.contains("start=\(harness.time.nanoseconds / 1_000_000_000 - 900)"))
    harness.answer(nothing)
    #expect(harness.kinds == [.notFound])
  }

  @Test func `no history is searched before it could prove anything`() {
    var reference = harness.reference()
    reference.sentAt = harness.time
    for isProof in [false, true] {
      harness.command(.query(reference))
      harness.answer(nothing)
      harness.answer(nothing)
      #expect((harness.path == "/0/private/TradesHistory") == isProof)
      harness.answer(nothing)
      #expect(harness.kinds == [.notFound])
      #expect((harness.reports.first?.queriedAt != .distantPast) == isProof)
      // The venue's minute and our window.
      harness.time = harness.time.adding(milliseconds: 64_000)
    }
    harness.close(.privateStream)
    harness.logOn()
    harness.command(.query(reference))
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.kinds == [.notFound], "nobody listened when it may have come")
    #expect(harness.reports.first?.queriedAt == .distantPast)
  }

  @Test func `no history is searched for an order whose life is over for longer than that`() {
    askedImmediate()
    harness.time = harness.time.adding(milliseconds: 86_400_000)
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.kinds == [.notFound])
  }

  @Test func `questions by the venue's id do not wait for a long search`() {
    harness.command(.query(harness.reference()))
    harness.command(.query(harness.reference(2, venueOrderID: "O2")))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/QueryOrders")
    harness.answer("{\"error\":[],\"result\":{\(order(2, status: "canceled", executed: "0"))}}")
    #expect(harness.kinds == [.acknowledged, .canceled])
    #expect(harness.path == "/0/private/ClosedOrders")
  }

  @Test func `a question whose order has become known by the venue's id is asked that way`() {
    harness.command(.query(harness.reference(9)))
    harness.command(.query(harness.reference(2)))
    harness.command(.query(harness.reference(2, venueOrderID: "O2")))
    for _ in 0..<3 where harness.path != "/0/private/QueryOrders" { harness.answer(nothing) }
    harness.answer("{\"error\":[],\"result\":{\(order(2, status: "canceled", executed: "0"))}}")
    #expect(harness.kinds == [.acknowledged, .canceled])
    for _ in 0..<2 { harness.answer(nothing) }
    #expect(harness.kinds == [.notFound])
    #expect(harness.request == nil)
  }

  @Test func `an order whose end is known is not asked about again`() {
    harness.command(.query(harness.reference()))
    harness.command(.query(harness.reference()))
    answer("open", "")
    answer("closed", order(status: "canceled", executed: "0"))
    #expect(harness.kinds == [.acknowledged, .canceled])
    #expect(harness.request == nil)
    harness.advance(milliseconds: 60_000)
    #expect(harness.request == nil)
  }

  @Test func `the list of open orders does not wait for a round`() {
    harness.command(.query(harness.reference()))
    harness.command(.listOpenOrders(KrakenFixtures.venue))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/OpenOrders" && !harness.body.contains("cl_ord_id"))
    answer("open", "")
    #expect(harness.path == "/0/private/ClosedOrders")
  }

  @Test func `balances wait for questions about orders, but not for ever`() {
    harness.command(.refreshBalances(KrakenFixtures.venue))
    #expect(harness.path == "/0/private/BalanceEx")
    answer("XXBT", "\"balance\":\"1\",\"hold_trade\":\"0\"")
    let askedAt = harness.time
    harness.advance(milliseconds: 5000)
    harness.command(.query(harness.reference(100)))
    harness.command(.refreshBalances(KrakenFixtures.venue))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/ClosedOrders")
    for number in 1..<40 where harness.path != "/0/private/BalanceEx" {
      harness.command(.query(harness.reference(UInt16(number))))
      harness.answer(nothing)
      while harness.request == nil { harness.advance(milliseconds: 1000) }
    }
    #expect(harness.path == "/0/private/BalanceEx")
    let seconds = harness.time.since(askedAt) / 1_000_000_000
    #expect(seconds > 30 && seconds < 45)
  }
}
