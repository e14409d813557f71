import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct KrakenOrderTests {
  private func add(
    _ venue: VenueHarness, _ client: TestSocket, _ token: String, _ fields: String
  ) throws -> JSONValue {
    venue.send(
      #"{"method":"add_order","params":{"symbol":"BTC/USD","token":"\#(token)",\#(fields)},"req_id":7}"#,
      client)
    return try #require(try client.answers("add_order").last)
  }

  private func executionTypes(_ client: TestSocket) throws -> [String] {
    try client.channel("executions").compactMap { $0["data"]?[0]?["exec_type"]?.string }
  }

  @Test func `an immediate order that fills in part tells its life in order`() throws {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 1_500_000)
    let (client, token) = try venue.trader()
    let answer = try add(
      venue, client, token,
      #""side":"buy","order_type":"limit","order_qty":0.02,"limit_price":64000.0,"time_in_force":"ioc","cl_ord_id":"0b6f0000-0000-4000-8000-000000000001","fee_preference":"quote""#
    )
    #expect(answer["success"]?.bool == true)
    #expect(answer["req_id"]?.int64 == 7)
    #expect(
      try executionTypes(client) == ["pending_new", "new", "trade", "canceled"])
    let frames = try client.channel("executions")
    #expect(frames.map { $0["sequence"]?.int64 } == [2, 3, 4, 5])
    let id = answer["result"]?["order_id"]?.string
    #expect(frames.allSatisfy { $0["data"]?[0]?["order_id"]?.string == id })
    #expect(frames[0]["data"]?[0]?["cl_ord_id"]?.string == "0b6f0000-0000-4000-8000-000000000001")
    #expect(frames[1]["data"]?[0]?["symbol"] == nil)
    let trade = try #require(frames[2]["data"]?[0])
    #expect(trade["last_qty"] == .number("0.01500000"))
    #expect(trade["last_price"] == .number("64000.0"))
    #expect(trade["cost"] == .number("960.00000"))
    #expect(trade["liquidity_ind"]?.string == "t")
    #expect(trade["fees"]?[0]?["qty"] == .number("3.84000"))
    #expect(frames[3]["data"]?[0]?["cum_qty"] == .number("0.01500000"))
  }

  @Test func `a trade that completes an order is followed by its own filled frame`() throws {
    let venue = VenueHarness()
    try venue.quote(.buy, 640_000, 5_000_000)
    let (client, token) = try venue.trader()
    _ = try add(
      venue, client, token, #""side":"sell","order_type":"market","order_qty":0.02"#)
    #expect(try executionTypes(client) == ["pending_new", "new", "trade", "filled"])
    let trade = try client.channel("executions")[2]["data"]?[0]
    #expect(trade?["order_status"]?.string == "partially_filled")
  }

  @Test(arguments: [
    (
      #""side":"buy","order_type":"limit","order_qty":100,"limit_price":64000"#,
      "EOrder:Insufficient funds"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":0.00001,"limit_price":64000"#,
      "EOrder:Order minimum not met"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":0.001,"limit_price":1"#,
      "EOrder:Cost minimum not met"
    ),
    (
      #""side":"sell","order_type":"limit","order_qty":0.1,"limit_price":63000,"post_only":true"#,
      "EOrder:Post only order"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":0.1,"limit_price":63000.01"#,
      "EOrder:Invalid price:XBT/USD price can only be specified up to 1 decimals."
    ),
    (
      #""side":"up","order_type":"limit","order_qty":0.1,"limit_price":63000"#,
      "EGeneral:Invalid arguments:side"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":0.1,"limit_price":63000,"deadline":"2020-01-01T00:00:00Z""#,
      "EService:Deadline elapsed"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":0.1,"limit_price":63000,"cl_ord_id":"nineteen-characters""#,
      "EGeneral:Invalid arguments:cl_ord_id"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":-1,"limit_price":63000"#,
      "EGeneral:Invalid arguments:order_qty"
    ),
    (
      #""side":"buy","order_type":"limit","order_qty":99999999999999999999,"limit_price":63000"#,
      "EGeneral:Invalid arguments:order_qty"
    ),
  ])
  func `an order that breaks a rule is refused in Kraken's words`(
    fields: String, error: String
  ) throws {
    let venue = VenueHarness()
    try venue.quote(.buy, 635_000, 100_000_000)
    let (client, token) = try venue.trader()
    let answer = try add(venue, client, token, fields)
    #expect(answer["success"]?.bool == false)
    #expect(answer["error"]?.string == error)
    #expect(try executionTypes(client).isEmpty)
  }

  @Test func `fill or kill trades whole or not at all`() throws {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 1_000_000)
    let (client, token) = try venue.trader()
    let order =
      #""side":"buy","order_type":"limit","limit_price":64000,"time_in_force":"fok","order_qty":"#
    _ = try add(venue, client, token, order + "0.02")
    #expect(try executionTypes(client) == ["pending_new", "new", "canceled"])
    client.raw.removeAll()
    _ = try add(venue, client, token, order + "0.01")
    #expect(try executionTypes(client) == ["pending_new", "new", "trade", "filled"])
  }

  @Test func `a client order id of an open order is refused and one of a closed order is not`()
    throws
  {
    let venue = VenueHarness()
    let (client, token) = try venue.trader()
    let order =
      #""side":"buy","order_type":"limit","limit_price":60000,"order_qty":0.01,"cl_ord_id":"abc""#
    #expect(try add(venue, client, token, order)["success"]?.bool == true)
    #expect(try add(venue, client, token, order)["success"]?.bool == false)
    venue.send(
      #"{"method":"cancel_order","params":{"cl_ord_id":["abc"],"token":"\#(token)"}}"#, client)
    #expect(try add(venue, client, token, order)["success"]?.bool == true)
    #expect(venue.exchange.requestCount("abc") == 3)
  }

  @Test func `a cancel answers once per order and says which is unknown`() throws {
    let venue = VenueHarness()
    let (client, token) = try venue.trader()
    let first = try add(
      venue, client, token,
      #""side":"buy","order_type":"limit","limit_price":60000,"order_qty":0.01"#)
    let id = try #require(first["result"]?["order_id"]?.string)
    client.raw.removeAll()
    venue.send(
      #"{"method":"cancel_order","params":{"order_id":["\#(id)","OAAAAA-AAAAA-AAAAAA"],"token":"\#(token)"},"req_id":9}"#,
      client)
    let answers = try client.answers("cancel_order")
    #expect(answers.map { $0["success"]?.bool } == [true, false])
    #expect(answers.map { $0["req_id"]?.int64 } == [9, 9])
    #expect(answers[1]["error"]?.string == "EOrder:Unknown order")
    let closing = try client.channel("executions").last?["data"]?[0]
    #expect(closing?["exec_type"]?.string == "canceled")
    #expect(closing?["reason"]?.string == "User requested")
  }

  @Test func `an amendment keeps the id and an amendment below the fills cancels the rest`() throws
  {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 1_000_000)
    let (client, token) = try venue.trader()
    let placed = try add(
      venue, client, token,
      #""side":"buy","order_type":"limit","limit_price":64000,"order_qty":0.03"#)
    let id = try #require(placed["result"]?["order_id"]?.string)
    func amend(_ fields: String) throws -> JSONValue? {
      venue.send(
        #"{"method":"amend_order","params":{"order_id":"\#(id)","token":"\#(token)",\#(fields)}}"#,
        client)
      return try client.answers("amend_order").last
    }
    #expect(try amend(#""order_qty":0.05,"limit_price":63990.5"#)?["success"]?.bool == true)
    #expect(
      venue.exchange.levels(0, .buy, depth: 1) == [BookLevel(price: 639_905, quantity: 4_000_000)])
    #expect(try amend(#""order_qty":0.01"#)?["success"]?.bool == true)
    #expect(try executionTypes(client).suffix(2) == ["amended", "canceled"])
    #expect(try amend(#""order_qty":0.02"#)?["error"]?.string == "EOrder:Unknown order")
  }

  @Test func `a batch with one unreadable order places none`() throws {
    let venue = VenueHarness()
    let (client, token) = try venue.trader()
    let good = #"{"side":"buy","order_type":"limit","limit_price":60000,"order_qty":0.01}"#
    let bad = #"{"side":"buy","order_type":"limit","order_qty":0.01}"#
    func batch(_ orders: String) throws -> JSONValue? {
      venue.send(
        #"{"method":"batch_add","params":{"symbol":"BTC/USD","token":"\#(token)","orders":[\#(orders)]}}"#,
        client)
      return try client.answers("batch_add").last
    }
    #expect(try batch("\(good),\(bad)")?["success"]?.bool == false)
    #expect(venue.exchange.orders.isEmpty)
    #expect(try batch("\(good),\(good)")?["result"]?.array?.count == 2)
    venue.send(#"{"method":"cancel_all","params":{"token":"\#(token)"}}"#, client)
    #expect(try client.answers("cancel_all").last?["result"]?["count"]?.int64 == 2)
  }

  @Test func `the dead-man switch cancels everything when it is not renewed`() throws {
    let venue = VenueHarness()
    _ = try venue.call("AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=60000&volume=0.1")
    _ = try venue.call("CancelAllOrdersAfter", "timeout=60")
    venue.advance(milliseconds: 59_999)
    #expect(venue.exchange.orders.count(where: \.isOpen) == 1)
    venue.advance(milliseconds: 1)
    #expect(venue.exchange.orders.allSatisfy { !$0.isOpen })
  }

  @Test func `balances tell both assets of a fill with one reference`() throws {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 5_000_000)
    let (client, token) = try venue.trader()
    venue.send(
      #"{"method":"subscribe","params":{"channel":"balances","token":"\#(token)"}}"#, client)
    _ = try add(
      venue, client, token, #""side":"buy","order_type":"market","order_qty":0.01"#)
    let updates = try client.channel("balances").filter { $0["type"]?.string == "update" }
    let rows = updates.compactMap { $0["data"]?[0] }
    #expect(rows.compactMap { $0["asset"]?.string } == ["BTC", "USD"])
    #expect(rows[0]["ref_id"] == rows[1]["ref_id"])
    #expect(rows[0]["balance"] == .number("20.0100000000"))
    #expect(rows[1]["balance"] == .number("999357.4400"))
    #expect(updates.map { $0["sequence"]?.int64 } == [2, 3])
  }

  @Test func `REST finds an order by its id and by its client id, open and closed`() throws {
    let venue = VenueHarness()
    let placed = try venue.call(
      "AddOrder",
      "pair=BTC/USD&type=sell&ordertype=limit&price=70000&volume=0.1&cl_ord_id=mine")
    let id = try #require(placed["txid"]?[0]?.string)
    #expect(placed["descr"]?["order"]?.string == "sell 0.10000000 XBTUSD @ limit 70000.0")
    #expect(
      try venue.call("OpenOrders", "cl_ord_id=mine")["open"]?[id]?["status"]?.string == "open")
    #expect(try venue.call("BalanceEx")["XXBT"]?["hold_trade"]?.string == "0.1000000000")
    _ = try venue.call("CancelOrder", "cl_ord_id=mine")
    let closed = try venue.call("ClosedOrders", "cl_ord_id=mine")
    #expect(closed["closed"]?[id]?["status"]?.string == "canceled")
    #expect(try venue.call("QueryOrders", "txid=\(id)")[id]?["vol_exec"]?.string == "0.00000000")
    #expect(try venue.refusal("CancelOrder", "txid=\(id)") == "EOrder:Unknown order")
  }

  @Test func `trade history merges taker fills only if it is asked to`() throws {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 1_000_000)
    try venue.quote(.sell, 640_100, 1_000_000)
    _ = try venue.call("AddOrder", "pair=XBTUSD&type=buy&ordertype=market&volume=0.02")
    #expect(try venue.call("TradesHistory")["trades"]?.members?.count == 1)
    let single = try venue.call("TradesHistory", "consolidate_taker=false")["trades"]?.members
    #expect(single?.count == 2)
    let id = try #require(single?.first?.name)
    #expect(try venue.call("QueryTrades", "txid=\(id)")[id]?["vol"]?.string == "0.01000000")
  }

  @Test(arguments: [
    "AddOrder pair=XBTUSD&type=buy&ordertype=limit&price=922337203685477580.7&volume=10000",
    "AddOrder pair=XBTUSD&type=buy&ordertype=limit&price=1&volume=92233720368.54775807",
    "AddOrder pair=XBTUSD&type=buy&ordertype=market&volume=999999999999999999&oflags=viqc",
    "AddOrder pair=XBTUSD&type=buy&ordertype=limit&price=1&volume=9&timeinforce=GTD&expiretm=%2B8999999999",
    "AddOrder pair=XBTUSD&type=buy&ordertype=limit&price=1&volume=9&userref=99999999999",
    "ClosedOrders start=9223372036.854775807", "CancelOrder txid=0",
    "CancelAllOrdersAfter timeout=9223372036854775807",
  ])
  func `numbers beyond all bounds are refused`(call: String) throws {
    let venue = VenueHarness()
    _ = try venue.call("AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=60000&volume=1")
    let parts = call.split(separator: " ").map(String.init)
    #expect(try venue.refusal(parts[0], parts[1]) != nil)
    #expect(venue.exchange.orders.count(where: \.isOpen) == 1)
  }

  @Test func `public trades since any number are answered`() throws {
    let venue = VenueHarness()
    for since in ["99999999999", "-9223372036854775808", "9223372036854775807", "x"] {
      #expect(try venue.get("Trades", "pair=XBTUSD&since=\(since)")?["XXBTZUSD"] != nil)
    }
  }

  @Test func `a dry run changes nothing`() throws {
    let venue = VenueHarness()
    let answer = try venue.call(
      "AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=60000&volume=0.1&validate=true")
    #expect(answer["descr"] != nil && answer["txid"] == nil)
    #expect(venue.exchange.orders.isEmpty)
  }

  @Test func `order ids read back and nothing else does`() {
    for id in [0, 1, 31, 32, 123_456_789_012_345, UInt64.max] {
      #expect(KrakenIdentifier.parseOrder(KrakenIdentifier.order(id)) == id)
    }
    for text in ["", "OABCDE", "OABCDE-FGHIJ-KLMNO1", "O77777-77777-777777", "TABCDE-FGHIJ-KLMNOP"]
    {
      #expect(KrakenIdentifier.parseOrder(text) == nil)
    }
  }
}
