import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct CoinbaseOrderTests {
  private let clientID = CoinbaseHarness.clientID

  private func place(_ venue: CoinbaseHarness, _ fields: String) throws -> JSONValue {
    try venue.call("POST", "/orders", CoinbaseHarness.order(fields))
  }

  private func refusal(_ venue: CoinbaseHarness, _ fields: String) throws -> String {
    try venue.refusal("POST", "/orders", CoinbaseHarness.order(fields))
  }

  private func account(_ venue: CoinbaseHarness, _ currency: String) throws -> JSONValue {
    let accounts = try #require(try venue.call("GET", "/accounts").array)
    return try #require(accounts.first { $0["currency"]?.string == currency })
  }

  // MARK: Life cycle

  @Test func `a resting order is pending, then open, and holds its notional and fee`() throws {
    let venue = CoinbaseHarness()
    let reply = try place(venue, #""side":"buy","price":"25000.01","size":"0.0125","stp":"cn""#)
    #expect(reply["status"]?.string == "pending")
    #expect(reply["client_oid"]?.string == clientID)
    #expect(reply["filled_size"]?.string == "0")
    #expect(reply["settled"]?.bool == false)
    #expect(reply["stp"]?.string == "cn")
    #expect(reply["time_in_force"]?.string == "GTC")
    let id = try #require(reply["id"]?.string)
    let state = try venue.call("GET", "/orders/\(id)")
    #expect(state["status"]?.string == "open")
    #expect(try venue.call("GET", "/orders/client:\(clientID)") == state)
    #expect(try venue.call("GET", "/orders/\(id.filter { $0 != "-" })") == state)
    #expect(try venue.call("GET", "/orders").array?.count == 1)
    // 25000.01 x 0.0125 x 1.006
    #expect(try account(venue, "USD")["hold"]?.string == "314.3751257500000000")
  }

  @Test func `a taker tells its life on the feed: received, match, done`() throws {
    let venue = CoinbaseHarness()
    let maker = try venue.quote(.sell, 6_400_000, 1_500_000)
    let client = venue.follower(#""user""#)
    let reply = try place(
      venue, #""side":"buy","price":"64000.00","size":"0.02","time_in_force":"IOC""#)
    let id = reply["id"]
    #expect(try client.types() == ["received", "match", "done"])
    let messages = try client.messages()
    #expect(messages[0]["client_oid"]?.string == clientID)
    #expect(messages[0]["order_id"] == id)
    #expect(messages[0]["order_type"]?.string == "limit")
    #expect(messages[1]["taker_order_id"] == id)
    #expect(messages[1]["maker_order_id"]?.string == CoinbaseIdentifier.order(maker.id))
    #expect(messages[1]["side"]?.string == "sell")
    #expect(messages[1]["size"]?.string == "0.01500000")
    #expect(messages[1]["price"]?.string == "64000.00")
    #expect(messages[1]["taker_fee_rate"]?.string == "0.0060")
    #expect(messages[1]["maker_fee_rate"] == nil)
    #expect(messages[2]["reason"]?.string == "canceled")
    #expect(messages[2]["remaining_size"]?.string == "0.00500000")
    #expect(messages[2]["cancel_reason"]?.string == "101:Time In Force")
    let fills = try venue.call("GET", "/fills?order_id=\(id?.string ?? "")")
    #expect(fills[0]?["trade_id"] == messages[1]["trade_id"])
    #expect(fills[0]?["fee"]?.string == "5.7600000000000000")
    #expect(fills[0]?["liquidity"]?.string == "T")
    #expect(fills[0]?["side"]?.string == "buy")
    let state = try venue.call("GET", "/orders/client:\(clientID)")
    #expect(state["status"]?.string == "done")
    #expect(state["done_reason"]?.string == "canceled")
    #expect(state["filled_size"]?.string == "0.01500000")
    #expect(state["executed_value"]?.string == "960.0000000000000000")
    #expect(state["fill_fees"]?.string == "5.7600000000000000")
    #expect(try account(venue, "USD")["hold"]?.string == "0.0000000000000000")
  }

  @Test func `a maker's fill names its own side and rate`() throws {
    let venue = CoinbaseHarness()
    _ = try place(venue, #""side":"buy","price":"64000.00","size":"0.02""#)
    let client = venue.follower(#""user""#)
    try venue.quote(.sell, 6_400_000, 2_000_000)
    #expect(try client.types() == ["match", "done"])
    let match = try client.messages()[0]
    #expect(match["side"]?.string == "buy")
    #expect(match["maker_fee_rate"]?.string == "0.0040")
    #expect(try client.messages()[1]["reason"]?.string == "filled")
  }

  @Test func `the user channel says open only for what rests`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 1_000_000)
    let client = venue.follower(#""user""#)
    _ = try place(venue, #""side":"buy","price":"64000.00","size":"0.03""#)
    #expect(try client.types() == ["received", "match", "open"])
    #expect(try client.messages()[2]["remaining_size"]?.string == "0.02000000")
  }

  @Test func `an order killed whole leaves nothing behind`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 1_000_000)
    let client = venue.follower(#""user""#)
    let reply = try place(
      venue, #""side":"buy","price":"64000.00","size":"0.03","time_in_force":"FOK""#)
    #expect(try client.types() == ["received", "done"])
    let id = try #require(reply["id"]?.string)
    #expect(try venue.refusal("GET", "/orders/\(id)") == "404 NotFound")
    #expect(try venue.call("GET", "/orders?status=all").array?.isEmpty == true)
  }

  @Test func `a cancelled order without fills is purged, a second cancel does not find it`() throws
  {
    let venue = CoinbaseHarness()
    let id = try #require(
      try place(venue, #""side":"sell","price":"70000","size":"0.1""#)["id"]?.string)
    let client = venue.follower(#""user""#)
    #expect(try venue.call("DELETE", "/orders/client:\(clientID)") == .string(id))
    #expect(try client.types() == ["done"])
    #expect(try client.messages()[0]["cancel_reason"] == nil)
    #expect(try venue.refusal("GET", "/orders/\(id)") == "404 NotFound")
    #expect(try venue.refusal("DELETE", "/orders/\(id)") == "404 order not found")
  }

  @Test func `cancelling what is done says so`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 1_000_000)
    let id = try #require(
      try place(venue, #""side":"buy","price":"64000","size":"0.01""#)["id"]?.string)
    #expect(try venue.refusal("DELETE", "/orders/\(id)") == "400 Order already done")
    #expect(try venue.refusal("DELETE", "/orders/nonsense") == "400 Invalid order id")
  }

  @Test func `all orders of a product can be cancelled`() throws {
    let venue = CoinbaseHarness()
    for price in ["1000", "2000"] {
      _ = try place(venue, #""side":"buy","price":"\#(price)","size":"0.01""#)
    }
    #expect(try venue.call("DELETE", "/orders?product_id=ETH-USD").array?.isEmpty == true)
    #expect(try venue.call("DELETE", "/orders?product_id=BTC-USD").array?.count == 2)
    #expect(try venue.refusal("DELETE", "/orders?product_id=XXX-USD") == "404 NotFound")
  }

  @Test func `an order good for a minute ends after it`() throws {
    let venue = CoinbaseHarness()
    let reply = try place(
      venue,
      #""side":"buy","price":"1000","size":"0.01","time_in_force":"GTT","cancel_after":"min""#)
    #expect(reply["expire_time"]?.string == "2025-06-15T15:07:40.000000Z")
    let client = venue.follower(#""user""#)
    venue.advance(milliseconds: 60_001)
    #expect(try client.messages().last?["cancel_reason"]?.string == "101:Time In Force")
  }

  @Test func `market orders by size and by funds take what there is`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 10_000_000)
    let client = venue.follower(#""user""#)
    _ = try place(venue, #""side":"buy","type":"market","funds":"640.00""#)
    _ = try place(venue, #""side":"buy","type":"market","size":"0.2""#)
    let dones = try client.typed("done")
    #expect(dones.count == 2)
    #expect(dones.allSatisfy { $0["remaining_size"] == nil && $0["price"] == nil })
    #expect(dones[1]["cancel_reason"]?.string == "106:Insufficient Liquidity")
    #expect(try client.typed("received")[0]["funds"]?.string == "640")
  }

  // MARK: Names

  @Test(arguments: [
    "3F2B8C1E-7D64-4A59-9B0E-5C1D2E3F4A5B", "3f2b8c1e7d644a599b0e5c1d2e3f4a5b", "my-order",
    "3f2b8c1e-7d64-1a59-9b0e-5c1d2e3f4a5b", "3f2b8c1e-7d64-4a59-cb0e-5c1d2e3f4a5b",
  ])
  func `a client_oid of another form is accepted and forgotten`(_ id: String) throws {
    let venue = CoinbaseHarness()
    let reply = try venue.call(
      "POST", "/orders",
      #"{"product_id":"BTC-USD","client_oid":"\#(id)","side":"buy","price":"1000","size":"0.01"}"#)
    #expect(reply["client_oid"] == nil)
    #expect(try venue.refusal("GET", "/orders/client:\(id)") == "404 order not found")
  }

  @Test func `the same client_oid twice makes two orders`() throws {
    let venue = CoinbaseHarness()
    for _ in 0..<2 { _ = try place(venue, #""side":"buy","price":"1000","size":"0.01""#) }
    #expect(try venue.call("GET", "/orders").array?.count == 2)
    #expect(venue.exchange.requestCount(clientID) == 2)
  }

  @Test func `order ids are UUIDs that read back`() {
    for id: UInt64 in [1, 7_342_112_345, (1 << 62) - 1] {
      let text = CoinbaseIdentifier.order(id)
      #expect(CoinbaseIdentifier.isKept(text))
      #expect(CoinbaseIdentifier.parseOrder(text) == id)
    }
    #expect(CoinbaseIdentifier.parseOrder("3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b") == nil)
  }

  // MARK: Refusals

  @Test(arguments: [
    (#""side":"buy","price":"64000","size":"100""#, "400 Insufficient funds"),
    (#""side":"sell","price":"64000","size":"100""#, "400 Insufficient funds"),
    (#""side":"buy","price":"64000.001","size":"0.1""#, "400 price too precise"),
    (#""side":"buy","price":"64000","size":"0.123456789""#, "400 size is too precise"),
    (#""side":"buy","price":"64000","size":"0""#, "400 size is too small"),
    (#""side":"buy","price":"64000","size":"-1""#, "400 Invalid size"),
    (#""side":"buy","price":"64000","size":"abc""#, "400 Invalid size"),
    (#""side":"buy","price":"1.00","size":"0.5""#, "400 notional is too small"),
    (#""side":"buy","type":"market","funds":"10.001""#, "400 funds is too accurate"),
    (
      #""side":"buy","price":"64000","size":"0.1","funds":"1""#,
      "400 exactly one of size and funds is required"
    ),
    (#""side":"buy","price":"64000""#, "400 exactly one of size and funds is required"),
    (#""side":"hold","price":"64000","size":"0.1""#, "400 Invalid side"),
    (#""side":"buy","size":"0.1""#, "400 Invalid price"),
    (#""side":"buy","price":"64000","size":"0.1","type":"iceberg""#, "400 Invalid type"),
    (
      #""side":"buy","price":"64000","size":"0.1","time_in_force":"GTD""#,
      "400 Invalid time_in_force"
    ),
    (
      #""side":"buy","price":"64000","size":"0.1","cancel_after":"min""#, "400 Invalid cancel_after"
    ),
    (#""side":"buy","price":"64000","size":"0.1","stp":"xx""#, "400 Invalid stp"),
    (
      #""side":"buy","price":"64000","size":"0.1","post_only":true,"time_in_force":"IOC""#,
      "400 Invalid post_only"
    ),
    (#""side":"buy","price":"64000","size":"0.1","stop":"loss""#, "400 Invalid stop"),
  ])
  func `an order that breaks a rule is refused with the venue's words`(
    _ fields: String, _ expected: String
  ) throws {
    #expect(try refusal(CoinbaseHarness(), fields) == expected)
  }

  @Test func `a product that is not there or no JSON is refused`() throws {
    let venue = CoinbaseHarness()
    #expect(
      try venue.refusal("POST", "/orders", #"{"product_id":"XXX-USD"}"#) == "400 Product not found")
    #expect(try venue.refusal("POST", "/orders", "{") == "400 Invalid JSON")
  }

  @Test func `a crossing post-only order is refused after a 200`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 1_000_000)
    let reply = try place(venue, #""side":"buy","price":"64000","size":"0.01","post_only":true"#)
    #expect(reply["status"]?.string == "rejected")
    #expect(reply["reject_reason"]?.string == "post only")
    #expect(try venue.call("GET", "/orders?status=all").array?.isEmpty == true)
  }

  @Test(arguments: [
    (InstrumentStatus.cancelOnly, "400 Cancel only mode", "cancel_only"),
    (.postOnly, "400 Post only mode", "post_only"),
    (.halted, "400 Trading pair not available", "trading_disabled"),
  ])
  func `a product's mode refuses orders and shows among its flags`(
    _ status: InstrumentStatus, _ expected: String, _ flag: String
  ) throws {
    let venue = CoinbaseHarness()
    venue.exchange.setStatus(status, of: 0)
    #expect(try refusal(venue, #""side":"buy","price":"64000","size":"0.01""#) == expected)
    #expect(try venue.get("/products/BTC-USD")[flag]?.bool == true)
    #expect(try venue.get("/products/ETH-USD")[flag]?.bool == false)
  }

  @Test func `while trading is disabled nothing can be cancelled`() throws {
    let venue = CoinbaseHarness()
    let id = try #require(
      try place(venue, #""side":"buy","price":"1000","size":"0.01""#)["id"]?.string)
    venue.exchange.setStatus(.halted, of: 0)
    #expect(try venue.refusal("DELETE", "/orders/\(id)") == "400 Trading pair not available")
  }

  @Test func `self-trade prevention shortens the older order without a fill`() throws {
    let venue = CoinbaseHarness()
    _ = try place(venue, #""side":"sell","price":"64000","size":"0.03""#)
    let client = venue.follower(#""user""#)
    _ = try place(venue, #""side":"buy","price":"64000","size":"0.01""#)
    let change = try #require(try client.typed("change").first)
    #expect(change["reason"]?.string == "STP")
    #expect(change["old_size"]?.string == "0.03000000")
    #expect(change["new_size"]?.string == "0.02000000")
    #expect(try client.typed("match").isEmpty)
  }

  // MARK: Pages

  @Test func `lists come newest first with cursors to both sides`() throws {
    let venue = CoinbaseHarness()
    var ids: [String] = []
    for price in 1...5 {
      let reply = try place(venue, #""side":"buy","price":"\#(price)000","size":"0.01""#)
      ids.append(try #require(reply["id"]?.string))
    }
    let first = try #require(venue.send(venue.signed("GET", "/orders?limit=2")))
    let page = try JSONValue(parsing: first.body)
    #expect(page.array?.compactMap { $0["id"]?.string } == [ids[4], ids[3]])
    let after = try #require(first.headers["CB-AFTER"])
    let second = try venue.call("GET", "/orders?limit=2&after=\(after)")
    #expect(second.array?.compactMap { $0["id"]?.string } == [ids[2], ids[1]])
    let before = try #require(first.headers["CB-BEFORE"])
    #expect(try venue.call("GET", "/orders?before=\(before)").array?.isEmpty == true)
  }

  @Test func `fills need an order or a product`() throws {
    let venue = CoinbaseHarness()
    #expect(try venue.refusal("GET", "/fills") == "400 order_id or product_id is required")
    #expect(try venue.call("GET", "/fills?product_id=BTC-USD").array?.isEmpty == true)
  }
}
