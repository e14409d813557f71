import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenReconciliationTests {
  private let harness = KrakenHarness()
  private let nothing = "{\"error\":[],\"result\":{\"open\":{},\"closed\":{},\"trades\":{}}}"

  private func order(
    _ number: UInt16 = 1, status: String, executed: String, id: String? = nil
  ) -> String {
    """
    "\(id ?? "O\(number)")":{"status":"\(status)","cl_ord_id":"\(KrakenHarness.child(number).uuid)",\
    "vol":"0.02","vol_exec":"\(executed)","reason":null,"descr":{"pair":"XBTUSD"}}
    """
  }

  private func trade(_ id: String, order: String, number: Int = 70_000_001) -> String {
    """
    "\(id)":{"ordertxid":"\(order)","pair":"XXBTZUSD","time":1767323045.2001,"type":"buy",\
    "ordertype":"limit","price":"61000.00000","cost":"915.0","fee":"2.2875","vol":"0.01500000",\
    "maker":false,"trade_id":\(number)}
    """
  }

  private func answer(_ key: String, _ members: String) {
    harness.answer("{\"error\":[],\"result\":{\"\(key)\":{\(members)}}}")
  }

  @Test func `questions are asked one at a time, by client id first`() {
    harness.command(.query(harness.reference()))
    #expect(harness.path == "/0/private/OpenOrders")
    #expect(harness.body.contains("cl_ord_id=\(KrakenHarness.child().uuid)"))
    harness.advance(milliseconds: 5)
    harness.command(.query(harness.reference(2)))
    #expect(harness.request == nil, "one signed request at a time")
  }

  @Test func `not found needs open orders, closed orders and trades without a trace`() {
    harness.command(.query(harness.reference()))
    let started = harness.time
    harness.time = harness.time.adding(milliseconds: 10)
    harness.answer(nothing)
    #expect(harness.path == "/0/private/ClosedOrders")
    #expect(harness.body.contains("start=1767322985"))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/TradesHistory")
    #expect(harness.body.contains("consolidate_taker=false"))
    #expect(harness.reports.isEmpty)
    harness.answer(nothing)
    #expect(harness.kinds == [.notFound])
    #expect(harness.reports.first?.queriedAt == started)
  }

  @Test func `a resting order is found among the open ones and needs no trades`() {
    harness.command(.query(harness.reference()))
    answer("open", order(status: "open", executed: "0.00000000"))
    #expect(harness.kinds == [.acknowledged, .stillOpen])
    #expect(harness.reports.first?.venueOrderID.string == "O1")
    #expect(harness.reports.last?.cumulativeQuantity == .zero)
    #expect(harness.request == nil)
  }

  @Test(arguments: [
    ("closed", "0.015", VenueExecutionReport.Kind.filled), ("canceled", "0.015", .canceled),
    ("expired", "0.015", .expired),
  ])
  func `an ended order comes with its fills before its end`(
    _ status: String, _ executed: String, _ kind: VenueExecutionReport.Kind
  ) throws {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    answer("closed", order(status: status, executed: executed))
    answer("trades", trade("T1", order: "O1") + "," + trade("T2", order: "OX", number: 2))
    #expect(harness.kinds == [.acknowledged, .fill, kind])
    let fill = harness.reports[1]
    #expect(fill.executionID.string == "O1-70000001")
    #expect(fill.lastQuantity == Quantity(mantissa: 150_000_000))
    #expect(fill.lastPrice == Price(mantissa: 61_000_000))
    #expect(fill.fee == Amount(mantissa: 22_875_000_000_000_000))
    #expect(fill.feeAsset == KrakenFixtures.dollar)
    #expect(fill.liquidity == .taker)
    #expect(harness.reports[2].cumulativeQuantity == Quantity(mantissa: 150_000_000))
  }

  @Test func `an ended order without fills needs no trades`() {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    #expect(harness.path == "/0/private/QueryOrders")
    harness.answer(
      "{\"error\":[],\"result\":{\(order(status: "canceled", executed: "0"))}}")
    #expect(harness.kinds == [.acknowledged, .canceled])
  }

  @Test func `a trade of an unknown order is traced to its owner`() {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    harness.answer(nothing)
    answer("trades", trade("T9", order: "O1"))
    #expect(harness.path == "/0/private/QueryOrders")
    #expect(harness.body.contains("txid=O1"))
    harness.answer(
      "{\"error\":[],\"result\":{\(order(status: "closed", executed: "0.015"))}}")
    #expect(harness.kinds == [.acknowledged, .fill, .filled])
  }

  @Test func `a trade of somebody else's order does not stand in the way`() {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    harness.answer(nothing)
    answer("trades", trade("T9", order: "OTHER"))
    harness.answer(
      "{\"error\":[],\"result\":{\"OTHER\":{\"status\":\"closed\",\"vol_exec\":\"1\"}}}")
    #expect(harness.kinds == [.notFound])
  }

  @Test(arguments: [
    ["stream", "history"], ["history", "stream"], ["history", "restart", "stream"],
  ])
  func `a trade has one execution id, whoever tells it first and under whichever name`(
    _ sources: [String]
  ) {
    var harness = harness
    harness.logOn()
    harness.place()
    var ids: [String] = []
    for source in sources {
      switch source {
      case "stream":
        harness.receive(
          KrakenHarness.executions(
            KrakenHarness.pendingNew() + "," + KrakenHarness.trade(id: "TSTREAM"), sequence: 2))
      case "history":
        harness.command(.query(harness.reference(venueOrderID: "O1")))
        harness.answer(
          "{\"error\":[],\"result\":{\(order(status: "closed", executed: "0.015"))}}")
        harness.answer(
          "{\"error\":[],\"result\":{\"trades\":{\(trade("THISTORY", order: "O1"))}}}")
      default:
        harness = KrakenHarness()
        harness.logOn()
      }
      ids += harness.reports.filter { $0.kind == .fill }.map(\.executionID.string)
    }
    #expect(ids == ["O1-70000001", "O1-70000001"])
  }

  @Test func `a trade of the history without its number can not be booked`() {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    harness.answer("{\"error\":[],\"result\":{\(order(status: "closed", executed: "0.015"))}}")
    answer("trades", trade("T1", order: "O1").replacing("\"trade_id\":70000001", with: "\"a\":1"))
    #expect(harness.kinds == [.acknowledged, .queryFailed])
    #expect(harness.incidents.first?.severity == .alarm)
  }

  // MARK: On a busy account

  private func askedImmediate(_ number: UInt16 = 1) {
    var reference = harness.reference(number)
    reference.timeInForce = .immediateOrCancel
    harness.command(.query(reference))
  }

  private func foreign(_ id: String) -> String {
    "\"\(id)\":{\"status\":\"closed\",\"vol_exec\":\"1\"}"
  }

  @Test func `the history is searched as long as an order that does not rest can trade`() {
    askedImmediate()
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.body.contains("start=1767322985"))
    // 90 s after it was sent, and a minute for the clocks.
    #expect(harness.body.contains("end=1767323195"))
    harness.answer(nothing)
    harness.command(.query(harness.reference(2)))
    harness.answer(nothing)
    harness.answer(nothing)
    #expect(harness.path == "/0/private/TradesHistory")
    #expect(!harness.body.contains("end="))
  }

  @Test func `an owner that the venue does not name leaves the question open`() {
    askedImmediate()
    harness.answer(nothing)
    harness.answer(nothing)
    answer("trades", trade("T8", order: "OTHER") + "," + trade("T9", order: "OMITTED", number: 2))
    #expect(harness.path == "/0/private/QueryOrders")
    harness.answer("{\"error\":[],\"result\":{\(foreign("OTHER"))}}")
    #expect(harness.kinds == [.queryFailed])
  }

  @Test func `an unknown order in a list of owners leaves the question open`() {
    askedImmediate()
    harness.answer(nothing)
    harness.answer(nothing)
    answer("trades", trade("T8", order: "OTHER") + "," + trade("T9", order: "GONE", number: 2))
    harness.answer("{\"error\":[\"EOrder:Unknown order\"]}")
    #expect(harness.kinds == [.queryFailed])
  }

  @Test func `an unknown order in answer to a search by client id is no answer`() {
    askedImmediate()
    harness.answer("{\"error\":[\"EOrder:Unknown order\"]}")
    #expect(harness.kinds == [.queryFailed])
  }

  @Test func `of a list of orders the ones left out are searched for and never called absent`() {
    harness.command(.query(harness.reference(4)))
    harness.command(.query(harness.reference(1, venueOrderID: "O1")))
    harness.command(.query(harness.reference(2, venueOrderID: "O2")))
    harness.answer("{\"error\":[\"EService:Busy\"]}")
    #expect(harness.body.contains("txid=O1%2CO2"))
    harness.answer("{\"error\":[],\"result\":{\(order(status: "canceled", executed: "0"))}}")
    #expect(harness.kinds == [.acknowledged, .canceled])
    for _ in 0..<3 { harness.answer(nothing) }
    #expect(harness.kinds == [.queryFailed])
    #expect(harness.reports.last?.child == KrakenHarness.child(2))
  }

  @Test func `an owner once looked up is not looked up again`() {
    for round in 1...2 {
      askedImmediate()
      harness.answer(nothing)
      harness.answer(nothing)
      answer("trades", trade("T8", order: "OTHER"))
      if round == 1 { harness.answer("{\"error\":[],\"result\":{\(foreign("OTHER"))}}") }
      #expect(harness.kinds == [.notFound])
      harness.advance(milliseconds: 60_000)
    }
  }

  @Test func `paging stops when the trades make up what the order has executed`() {
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    harness.answer("{\"error\":[],\"result\":{\(order(status: "closed", executed: "0.015"))}}")
    let others = (1..<50).map { trade("T\($0)", order: "OX", number: $0) }
    answer("trades", (others + [trade("TX", order: "O1")]).joined(separator: ","))
    #expect(harness.kinds == [.acknowledged, .fill, .filled])
  }

  @Test func `an acknowledged order that REST does not show is not absent`() {
    harness.logOn()
    harness.place()
    harness.command(.query(harness.reference()))
    #expect(harness.path == "/0/private/QueryOrders", "the answer to the order named it")
    harness.answer("{\"error\":[\"EOrder:Unknown order\"]}")
    for _ in 0..<3 { harness.answer(nothing) }
    #expect(harness.kinds == [.queryFailed])
  }

  @Test func `REST does not reopen what the stream has ended`() {
    harness.logOn()
    harness.place()
    harness.receive(KrakenHarness.executions(KrakenHarness.canceled(quantity: "0"), sequence: 2))
    harness.command(.query(harness.reference(venueOrderID: "O1")))
    harness.answer("{\"error\":[],\"result\":{\(order(status: "open", executed: "0"))}}")
    #expect(harness.kinds == [.acknowledged, .queryFailed])
  }

  @Test(arguments: [
    ("<html>", 502), ("{\"error\":[\"EService:Unavailable\"]}", 200), ("nonsense", 200),
    ("{\"error\":[\"EGeneral:Internal error\"]}", 200),
    ("{\"error\":[\"EAPI:Rate limit exceeded\"]}", 200),
  ])
  func `a failed question proves nothing`(_ body: String, _ status: Int) {
    harness.command(.query(harness.reference()))
    harness.answer(body, status: status)
    #expect(harness.kinds == [.queryFailed])
  }

  @Test func `a transport failure proves nothing`() throws {
    harness.command(.query(harness.reference()))
    harness.fail(try #require(harness.request?.0), .unknown("timed out"))
    #expect(harness.kinds == [.queryFailed])
  }

  @Test func `a refused nonce is followed by the same question with a greater one`() {
    harness.command(.query(harness.reference()))
    let first = harness.body
    harness.answer("{\"error\":[\"EAPI:Invalid nonce\"]}")
    #expect(harness.path == "/0/private/OpenOrders")
    #expect(harness.body != first)
    #expect(harness.reports.isEmpty)
  }

  @Test func `nonces that are refused again and again mean a second user of the key`() {
    harness.command(.query(harness.reference()))
    for _ in 0..<4 { harness.answer("{\"error\":[\"EAPI:Invalid nonce\"]}") }
    #expect(harness.kinds == [.queryFailed])
    #expect(harness.incidents.first?.severity == .alarm)
    harness.command(.query(harness.reference()))
    #expect(harness.request == nil, "the lane is paused")
  }

  @Test func `questions that wait share one round and one history`() {
    harness.command(.query(harness.reference(1)))
    harness.command(.query(harness.reference(2, venueOrderID: "O2")))
    harness.command(.query(harness.reference(3, venueOrderID: "O3")))
    harness.answer("{\"error\":[],\"result\":{\"open\":{\(order(status: "open", executed: "0"))}}}")
    #expect(harness.kinds == [.acknowledged, .stillOpen])
    #expect(harness.body.contains("txid=O2%2CO3"))
    harness.answer(
      """
      {"error":[],"result":{\(order(2, status: "canceled", executed: "0")),\
      \(order(3, status: "canceled", executed: "0"))}}
      """)
    #expect(harness.kinds == [.acknowledged, .canceled, .acknowledged, .canceled])
  }

  @Test func `several missing orders are looked for in the whole lists`() {
    harness.command(.query(harness.reference()))
    for number in 2..<7 { harness.command(.query(harness.reference(.init(number)))) }
    for _ in 0..<3 { harness.answer(nothing) }
    #expect(harness.kinds == [.notFound])
    #expect(harness.path == "/0/private/OpenOrders" && !harness.body.contains("cl_ord_id"))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/ClosedOrders" && !harness.body.contains("cl_ord_id"))
    #expect(harness.body.contains("start="))
    harness.answer(nothing)
    #expect(harness.path == "/0/private/TradesHistory")
    harness.answer(nothing)
    #expect(harness.kinds.suffix(5) == Array(repeating: .notFound, count: 5))
  }

  @Test func `calls are kept below the venue's counter`() {
    var asked = 0
    for number in 1...6 {
      harness.command(.query(harness.reference(UInt16(number))))
      for _ in 0..<3 where harness.request != nil {
        asked += 1
        harness.answer(nothing)
      }
    }
    #expect(asked < 9, "fifteen calls are free at first, and a round takes seven")
    let wait = harness.adapter.nextDeadline.since(harness.time)
    #expect(wait > 0)
    harness.advance(milliseconds: wait / 1_000_000 + 1)
    #expect(harness.request != nil)
  }

  @Test func `long histories are paged and endless ones given up`() {
    harness.command(.query(harness.reference()))
    harness.answer(nothing)
    harness.answer(nothing)
    for page in 0..<200 {
      #expect(page == 0 || harness.body.contains("ofs=\(50 * page)"))
      let trades = (0..<50).map { trade("T\(page)-\($0)", order: "X", number: 0) }
      harness.answer(
        "{\"error\":[],\"result\":{\"trades\":{\(trades.joined(separator: ","))}}}")
      if harness.kinds == [.queryFailed] { break }
      while harness.request == nil { harness.advance(milliseconds: 10_000) }
    }
    #expect(harness.kinds == [.queryFailed])
  }

  // MARK: After many faults

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
    let sentAt = harness.time
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
