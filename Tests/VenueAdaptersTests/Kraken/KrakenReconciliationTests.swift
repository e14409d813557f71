import RouterCore
import Testing
import VenueAdapters
import Wire

struct KrakenReconciliationTests {
  let harness = KrakenHarness()

  init() { harness.logOnLongAgo() }

  let nothing = "{\"error\":[],\"result\":{\"open\":{},\"closed\":{},\"trades\":{}}}"

  func order(
    _ number: UInt16 = 1, status: String, executed: String, id: String? = nil
  ) -> String {
    """
    "\(id ?? "O\(number)")":{"status":"\(status)","cl_ord_id":"\(KrakenHarness.child(number).uuid)",\
    "vol":"0.02","vol_exec":"\(executed)","reason":null,"descr":{"pair":"XBTUSD"}}
    """
  }

  func trade(_ id: String, order: String, number: Int = 70_000_001) -> String {
    """
    "\(id)":{"ordertxid":"\(order)","pair":"XXBTZUSD","time":1767323045.2001,"type":"buy",\
    "ordertype":"limit","price":"61000.00000","cost":"915.0","fee":"2.2875","vol":"0.01500000",\
    "maker":false,"trade_id":\(number)}
    """
  }

  func answer(_ key: String, _ members: String) {
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

  func askedImmediate(_ number: UInt16 = 1) {
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
    #expect(asked < 9, "fourteen calls are free at first, and a round takes seven")
    var seconds = 0
    while harness.request == nil && seconds < 60 {
      harness.advance(milliseconds: 1000)
      seconds += 1
    }
    #expect((1..<20).contains(seconds))
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
}
