import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// A post-only order rests, fills as a maker at the maker's fee and is reported so, at each venue.
struct PostOnlyOrderTests {
  @Test func `Binance: a limit maker order rests and fills in part with the maker's fee`() throws {
    let venue = BinanceHarness()
    let client = try venue.userStream()
    let placed = try venue.place(
      "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=60000&newOrderRespType=FULL")
    #expect(placed["status"]?.string == "NEW")
    #expect(placed["fills"]?.array?.isEmpty == true)
    try venue.quote(.sell, 6_000_000, 1_500)
    let trade = try #require(try client.events("executionReport").last)
    #expect(trade["o"]?.string == "LIMIT_MAKER")
    #expect(trade["x"]?.string == "TRADE" && trade["X"]?.string == "PARTIALLY_FILLED")
    #expect(trade["m"]?.bool == true)
    let id = try #require(placed["orderId"]?.int64)
    let found = try venue.call("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=\(id)")
    #expect(found["status"]?.string == "PARTIALLY_FILLED")
    #expect(found["executedQty"]?.string == "0.01500000")
    let fills = try venue.call("GET", "/api/v3/myTrades", "symbol=BTCUSDT&orderId=\(id)")
    #expect(fills[0]?["isMaker"]?.bool == true)
    #expect(fills[0]?["commission"]?.string == trade["n"]?.string)
    let canceled = try venue.call("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=\(id)")
    #expect(canceled["status"]?.string == "CANCELED")
    #expect(canceled["executedQty"]?.string == "0.01500000")
  }

  @Test func `Coinbase Exchange: a post-only order rests and fills in part with the maker's fee`()
    throws
  {
    let venue = CoinbaseHarness()
    let client = venue.follower(#""user""#)
    let placed = try venue.call(
      "POST", "/orders",
      #"{"product_id":"BTC-USD","side":"buy","price":"64000","size":"0.02","post_only":true}"#)
    #expect(placed["post_only"]?.bool == true)
    #expect(try client.types() == ["received", "open"])
    try venue.quote(.sell, 6_400_000, 1_500_000)
    let match = try #require(try client.messages().last)
    #expect(match["type"]?.string == "match")
    #expect(match["maker_order_id"]?.string == placed["id"]?.string)
    #expect(match["maker_fee_rate"]?.string == "0.0040")
    let id = try #require(placed["id"]?.string)
    let found = try venue.call("GET", "/orders/\(id)")
    #expect(found["status"]?.string == "open")
    #expect(found["filled_size"]?.string == "0.01500000")
    let fills = try venue.call("GET", "/fills?order_id=\(id)")
    #expect(fills[0]?["liquidity"]?.string == "M")
    // 0.015 x 64,000 x 0.4 %.
    #expect(fills[0]?["fee"]?.string == "3.8400000000000000")
    _ = try venue.call("DELETE", "/orders/\(id)")
    let done = try #require(try client.messages().last)
    #expect(done["reason"]?.string == "canceled")
    #expect(done["remaining_size"]?.string == "0.00500000")
  }

  @Test func `Kraken: a post-only order rests and fills in part with the maker's fee`() throws {
    let venue = VenueHarness()
    let (client, token) = try venue.trader()
    venue.send(
      #"{"method":"add_order","params":{"symbol":"BTC/USD","token":"\#(token)","side":"buy","#
        + #""order_type":"limit","order_qty":0.02,"limit_price":64000,"time_in_force":"gtc","#
        + #""post_only":true,"fee_preference":"quote"},"req_id":7}"#,
      client)
    let answer = try #require(try client.answers("add_order").last)
    let id = try #require(answer["result"]?["order_id"]?.string)
    try venue.quote(.sell, 640_000, 1_500_000)
    let trade = try #require(try client.channel("executions").last?["data"]?[0])
    #expect(trade["exec_type"]?.string == "trade")
    #expect(trade["liquidity_ind"]?.string == "m")
    let order = try #require(try venue.call("QueryOrders", "txid=\(id)")[id])
    #expect(order["status"]?.string == "open")
    #expect(order["vol_exec"]?.string == "0.01500000")
    #expect(order["oflags"]?.string?.contains("post") == true)
    let trades = try venue.call("TradesHistory", "consolidate_taker=false")
    let row = try #require(trades["trades"]?.members?.first?.value)
    #expect(row["maker"]?.bool == true)
    #expect(row["trade_id"]?.int64 == trade["trade_id"]?.int64)
    #expect(try venue.call("CancelOrder", "txid=\(id)")["count"]?.int64 == 1)
    let canceled = try #require(try client.channel("executions").last?["data"]?[0])
    #expect(canceled["exec_type"]?.string == "canceled")
    #expect(canceled["cum_qty"] == .number("0.01500000"))
  }

  @Test func `Kraken: over REST a post-only order that would take is refused, not repriced`() throws
  {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 1_500_000)
    let refusal = try venue.refusal(
      "AddOrder",
      "pair=XBTUSD&type=buy&ordertype=limit&price=64000&volume=0.01&oflags=post&timeinforce=GTC")
    #expect(refusal == "EOrder:Post only order")
    #expect(try venue.call("OpenOrders")["open"]?.members?.isEmpty == true)
  }
}
