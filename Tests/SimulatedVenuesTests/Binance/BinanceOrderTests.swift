import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct BinanceOrderTests {
  private let harness = BinanceHarness()

  private func limit(
    _ side: String, _ quantity: String, _ price: String, _ more: String = "&timeInForce=GTC"
  ) -> String {
    "symbol=BTCUSDT&side=\(side)&type=LIMIT&quantity=\(quantity)&price=\(price)\(more)"
  }

  private func balance(_ asset: String) throws -> (String?, String?) {
    let rows = try harness.call("GET", "/api/v3/account")["balances"]?.array ?? []
    let row = rows.first { $0["asset"]?.string == asset }
    return (row?["free"]?.string, row?["locked"]?.string)
  }

  @Test func `a resting order is acknowledged, held for, found and cancelled`() throws {
    let placed = try harness.place(limit("BUY", "0.1", "60000") + "&newClientOrderId=mine-1")
    #expect(placed["status"]?.string == "NEW")
    #expect(placed["clientOrderId"]?.string == "mine-1")
    #expect(placed["origQty"]?.string == "0.10000000")
    #expect(placed["price"]?.string == "60000.00000000")
    #expect(placed["fills"]?.array?.isEmpty == true)
    #expect(try balance("USDT") == ("994000.00000000", "6000.00000000"))

    let id = try #require(placed["orderId"]?.int64)
    let found = try harness.call(
      "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine-1")
    #expect(found["orderId"]?.int64 == id)
    #expect(found["isWorking"]?.bool == true)
    #expect(try harness.call("GET", "/api/v3/openOrders", "symbol=BTCUSDT").array?.count == 1)

    let canceled = try harness.call(
      "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=\(id)&newClientOrderId=cancel-1")
    #expect(canceled["status"]?.string == "CANCELED")
    #expect(canceled["origClientOrderId"]?.string == "mine-1")
    #expect(canceled["clientOrderId"]?.string == "cancel-1")
    #expect(try balance("USDT") == ("1000000.00000000", "0.00000000"))
    #expect(try harness.code("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=\(id)") == -2011)
  }

  @Test func `an IOC order that fills in part expires, with its fee in what it received`() throws {
    try harness.quote(.sell, 6_000_000, 1_500)
    let placed = try harness.place(limit("BUY", "0.02", "60001", "&timeInForce=IOC"))
    #expect(placed["status"]?.string == "EXPIRED")
    #expect(placed["expiryReason"]?.string == "UNFILLED_IOC_QUANTITY_EXPIRED")
    #expect(placed["executedQty"]?.string == "0.01500000")
    #expect(placed["cummulativeQuoteQty"]?.string == "900.00000000")
    let fill = try #require(placed["fills"]?[0])
    #expect(fill["price"]?.string == "60000.00000000")
    #expect(fill["commission"]?.string == "0.00001500")
    #expect(fill["commissionAsset"]?.string == "BTC")
    #expect(try balance("BTC").0 == "20.01498500")
    #expect(try balance("USDT") == ("999100.00000000", "0.00000000"))

    let trades = try harness.call("GET", "/api/v3/myTrades", "symbol=BTCUSDT")
    #expect(trades[0]?["id"]?.int64 == fill["tradeId"]?.int64)
    #expect(trades[0]?["isMaker"]?.bool == false)
    #expect(trades[0]?["isBuyer"]?.bool == true)
  }

  @Test func `a seller pays its fee in the quote asset`() throws {
    try harness.quote(.buy, 6_000_000, 100_000)
    let placed = try harness.place(limit("SELL", "0.5", "59000", "&timeInForce=FOK"))
    #expect(placed["status"]?.string == "FILLED")
    #expect(placed["fills"]?[0]?["commission"]?.string == "30.00000000")
    #expect(placed["fills"]?[0]?["commissionAsset"]?.string == "USDT")
    #expect(try balance("USDT").0 == "1029970.00000000")
  }

  @Test func `a FOK order that can not fill whole trades nothing`() throws {
    try harness.quote(.sell, 6_000_000, 1_500)
    let placed = try harness.place(limit("BUY", "0.02", "60001", "&timeInForce=FOK"))
    #expect(placed["status"]?.string == "EXPIRED")
    #expect(placed["expiryReason"]?.string == "UNFILLED_FOK_ORDER_EXPIRED")
    #expect(placed["executedQty"]?.string == "0.00000000")
  }

  @Test func `a market order by quote amount spends no more than it says`() throws {
    try harness.quote(.sell, 6_000_000, 100_000)
    let placed = try harness.place("symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1000")
    #expect(placed["status"]?.string == "FILLED")
    #expect(placed["executedQty"]?.string == "0.01666000")
    #expect(placed["origQuoteOrderQty"]?.string == "1000.00000000")
    #expect(placed["cummulativeQuoteQty"]?.string == "999.60000000")
  }

  @Test func `the three kinds of answer hold what they should`() throws {
    let ack = try harness.place(limit("BUY", "0.1", "60000") + "&newOrderRespType=ACK")
    #expect(ack.members?.count == 5)
    let result = try harness.place(limit("BUY", "0.1", "60000") + "&newOrderRespType=RESULT")
    #expect(result["fills"] == nil)
    #expect(result["status"]?.string == "NEW")
    let maker = try harness.place(
      "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=50000")
    #expect(maker["status"] == nil, "a limit maker order is only acknowledged")
  }

  @Test(arguments: [
    ("symbol=XYZUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1", -1121),
    ("symbol=BTCUSDT&side=UP&type=LIMIT&timeInForce=GTC&quantity=1&price=60000", -1117),
    ("symbol=BTCUSDT&side=BUY&type=STOP_LOSS&quantity=1&stopPrice=60000", -1116),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=DAY&quantity=1&price=60000", -1115),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=60000", -1102),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1", -1102),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1e1&price=60000", -1100),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=-1&price=60000", -1100),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.&price=60000", -1100),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.123456789&price=60000", -1111),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.000001&price=60000", -1013),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=60000.001", -1013),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.00001&price=60000", -1013),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1000", -1013),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=100&price=60000", -2010),
    ("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=60000", -1106),
    ("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&quoteOrderQty=10", -1128),
    (
      "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&timeInForce=GTC&quantity=1&price=60000", -1106
    ),
    (
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=60000&newClientOrderId=a.b",
      -1100
    ),
    ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&Quantity=1&price=60000", -1102),
  ])
  func `an order that breaks a rule gets that rule's code`(_ query: String, _ code: Int64) throws {
    #expect(try harness.code("POST", "/api/v3/order", query) == code)
    #expect(try harness.code("POST", "/api/v3/order/test", query) == (code == -2010 ? nil : code))
    #expect(try harness.call("GET", "/api/v3/openOrders").array?.isEmpty == true)
  }

  @Test func `filters are named`() throws {
    func message(_ query: String) throws -> String? { try harness.place(query)["msg"]?.string }
    #expect(try message(limit("BUY", "1", "60000.001")) == "Filter failure: PRICE_FILTER")
    #expect(try message(limit("BUY", "0.000001", "60000")) == "Filter failure: LOT_SIZE")
    #expect(try message(limit("BUY", "0.00001", "60000")) == "Filter failure: NOTIONAL")
    #expect(try message(limit("BUY", "1", "1000")) == "Filter failure: PERCENT_PRICE_BY_SIDE")
  }

  @Test func `a post-only order that would take is rejected`() throws {
    try harness.quote(.sell, 6_000_000, 1_500)
    let answer = try harness.place(
      "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=60001")
    #expect(answer["code"]?.int64 == -2010)
    #expect(answer["msg"]?.string == "Order would immediately match and take.")
  }

  @Test func `a client id is refused while its order is open and taken again after`() throws {
    let order = limit("BUY", "0.1", "60000") + "&newClientOrderId=same"
    let first = try harness.place(order)
    #expect(try harness.place(order)["msg"]?.string == "Duplicate order sent.")
    _ = try harness.call("DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=same")
    let second = try harness.place(order)
    #expect(second["orderId"]?.int64 ?? 0 > first["orderId"]?.int64 ?? 0)
  }

  @Test func `ids that do not belong together are refused`() throws {
    let id = try #require(try harness.place(limit("BUY", "0.1", "60000"))["orderId"]?.int64)
    let both = "symbol=BTCUSDT&orderId=\(id)&origClientOrderId=other"
    #expect(try harness.code("GET", "/api/v3/order", both) == -2039)
    #expect(try harness.code("GET", "/api/v3/order", "symbol=ETHUSDT&orderId=\(id)") == -2013)
    #expect(try harness.code("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1") == -2013)
    #expect(try harness.code("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1") == -2011)
  }

  @Test func `cancel restrictions hold`() throws {
    try harness.quote(.sell, 6_000_000, 1_500)
    let id = try #require(try harness.place(limit("BUY", "0.1", "60000"))["orderId"]?.int64)
    let cancel = "symbol=BTCUSDT&orderId=\(id)&cancelRestrictions="
    #expect(try harness.code("DELETE", "/api/v3/order", cancel + "ONLY_NEW") == -2011)
    let done = try harness.call("DELETE", "/api/v3/order", cancel + "ONLY_PARTIALLY_FILLED")
    #expect(done["executedQty"]?.string == "0.01500000")
  }

  @Test func `replacing has two outcomes`() throws {
    let id = try #require(try harness.place(limit("BUY", "0.1", "60000"))["orderId"]?.int64)
    let replacement =
      limit("BUY", "0.2", "59000") + "&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId="
    let done = try harness.call("POST", "/api/v3/order/cancelReplace", replacement + "\(id)")
    #expect(done["cancelResult"]?.string == "SUCCESS")
    #expect(done["newOrderResponse"]?["origQty"]?.string == "0.20000000")

    let failed = try #require(
      harness.send(
        harness.signed("POST", "/api/v3/order/cancelReplace", replacement + "\(id)")))
    #expect(failed.status == 400)
    let body = try JSONValue(parsing: failed.body)
    #expect(body["code"]?.int64 == -2022)
    #expect(body["data"]?["newOrderResult"]?.string == "NOT_ATTEMPTED")

    let allowing = replacement.replacing("STOP_ON_FAILURE", with: "ALLOW_FAILURE") + "\(id)"
    let partial = try #require(
      harness.send(harness.signed("POST", "/api/v3/order/cancelReplace", allowing)))
    #expect(partial.status == 409)
    #expect(
      try JSONValue(parsing: partial.body)["data"]?["cancelResponse"]?["code"]?.int64 == -2011)
  }

  @Test func `an amendment only takes away`() throws {
    let id = try #require(try harness.place(limit("BUY", "0.1", "60000"))["orderId"]?.int64)
    let path = "/api/v3/order/amend/keepPriority"
    #expect(try harness.code("PUT", path, "symbol=BTCUSDT&orderId=\(id)&newQty=0.2") == -2038)
    let amended = try harness.call("PUT", path, "symbol=BTCUSDT&orderId=\(id)&newQty=0.05")
    #expect(amended["amendedOrder"]?["qty"]?.string == "0.05000000")
    #expect(try balance("USDT").1 == "3000.00000000")
  }

  @Test func `a halted symbol takes no orders and says so in its metadata`() throws {
    harness.exchange.setStatus(.halted, of: 0)
    let answer = try harness.place(limit("BUY", "0.1", "60000"))
    #expect(answer["code"]?.int64 == -2010)
    #expect(answer["msg"]?.string == "Market is closed.")
    let info = try harness.get("/api/v3/exchangeInfo", "symbol=BTCUSDT")
    #expect(info["symbols"]?[0]?["status"]?.string == "HALT")
  }

  @Test func `cancelling all open orders lists them`() throws {
    for _ in 0..<3 { _ = try harness.place(limit("BUY", "0.1", "60000")) }
    let rows = try harness.call("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
    #expect(rows.array?.count == 3)
    #expect(try harness.code("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT") == -2011)
    #expect(try harness.call("GET", "/api/v3/allOrders", "symbol=BTCUSDT").array?.count == 3)
  }
}
