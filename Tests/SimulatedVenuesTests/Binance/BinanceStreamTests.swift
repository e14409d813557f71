import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct BinanceStreamTests {
  // MARK: - The account

  @Test func `an IOC order is told as new, trades and the end, then balances`() throws {
    let harness = BinanceHarness()
    try harness.quote(.sell, 6_000_000, 1_500)
    let client = try harness.userStream()
    _ = try harness.place(
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.02&price=60001"
        + "&newClientOrderId=mine")
    let reports = try client.events("executionReport")
    #expect(reports.map { $0["x"]?.string } == ["NEW", "TRADE", "EXPIRED"])
    #expect(reports.map { $0["X"]?.string } == ["NEW", "PARTIALLY_FILLED", "EXPIRED"])
    let trade = reports[1]
    #expect(trade["c"]?.string == "mine")
    #expect(trade["C"]?.string == "")
    #expect(trade["l"]?.string == "0.01500000")
    #expect(trade["L"]?.string == "60000.00000000")
    #expect(trade["n"]?.string == "0.00001500")
    #expect(trade["N"]?.string == "BTC")
    #expect(trade["m"]?.bool == false)
    #expect(trade["t"]?.int64 ?? -1 > 0)
    #expect(reports[0]["t"]?.int64 == -1)
    #expect(reports[0]["N"]?.isNull == true)
    #expect(reports[2]["eR"]?.string == "UNFILLED_IOC_QUANTITY_EXPIRED")
    let position = try #require(try client.events("outboundAccountPosition").last)
    #expect(position["B"]?[0]?["a"]?.string == "BTC")
    #expect(position["B"]?[0]?["f"]?.string == "20.01498500")
  }

  @Test func `the last trade of an order says that it is filled`() throws {
    let harness = BinanceHarness()
    try harness.quote(.sell, 6_000_000, 1_000)
    try harness.quote(.sell, 6_000_100, 1_000)
    let client = try harness.userStream()
    _ = try harness.place(
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=60001")
    _ = try harness.place(
      "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.02&price=61000")
    let states = try client.events("executionReport").map { $0["X"]?.string }
    #expect(states == ["NEW", "PARTIALLY_FILLED", "FILLED", "NEW"])
  }

  @Test func `a cancel is told under its own id, with the order's beside it`() throws {
    let harness = BinanceHarness()
    let client = try harness.userStream()
    _ = try harness.place(
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=60000"
        + "&newClientOrderId=mine")
    _ = try harness.call(
      "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=stop")
    let report = try #require(try client.events("executionReport").last)
    #expect(report["x"]?.string == "CANCELED")
    #expect(report["c"]?.string == "stop")
    #expect(report["C"]?.string == "mine")
  }

  @Test func `an account is subscribed once a connection and told when it ends`() throws {
    let harness = BinanceHarness()
    let client = try harness.userStream()
    let again = try harness.api(client, "userDataStream.subscribe.signature")
    #expect(again["error"]?["code"]?.int64 == -2035)
    harness.send(#"{"id":9,"method":"userDataStream.unsubscribe","params":{}}"#, client)
    #expect(try client.messages().last?["event"]?["e"]?.string == "eventStreamTerminated")
    harness.send(#"{"id":9,"method":"userDataStream.unsubscribe","params":{}}"#, client)
    #expect(try client.messages().last?["error"]?["code"]?.int64 == -2036)
  }

  @Test func `orders over the socket carry the limits with their counts`() throws {
    let harness = BinanceHarness()
    let client = harness.connect("/ws-api/v3")
    let members = [
      ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"),
      ("quantity", "0.1"), ("price", "60000"),
    ]
    let answer = try harness.api(client, "order.place", members)
    #expect(answer["status"]?.int64 == 200)
    #expect(answer["result"]?["status"]?.string == "NEW")
    #expect(answer["rateLimits"]?[0]?["rateLimitType"]?.string == "ORDERS")
    #expect(answer["rateLimits"]?[0]?["count"]?.int64 == 1)
    let id = try #require(answer["result"]?["orderId"]?.int64)
    let found = try harness.api(
      client, "order.status", [("symbol", "BTCUSDT"), ("orderId", "\(id)")])
    #expect(found["result"]?["orderId"]?.int64 == id)
    let canceled = try harness.api(
      client, "order.cancel", [("symbol", "BTCUSDT"), ("orderId", "\(id)")])
    #expect(canceled["result"]?["status"]?.string == "CANCELED")
    let failed = try harness.api(
      client, "order.cancel", [("symbol", "BTCUSDT"), ("orderId", "\(id)")])
    #expect(failed["status"]?.int64 == 400)
    #expect(failed["error"]?["code"]?.int64 == -2011)
  }

  @Test func `nonsense over the API is answered and never kills`() throws {
    let harness = BinanceHarness()
    let client = harness.connect("/ws-api/v3")
    harness.send("{", client)
    harness.send("[1]", client)
    harness.send(#"{"id":1,"method":"no.such.thing"}"#, client)
    harness.send(#"{"id":{"a":1},"method":7,"params":[1,2]}"#, client)
    harness.send(#"{"id":2,"method":"order.place","params":{"symbol":null}}"#, client)
    #expect(try client.messages().count == 5)
    #expect(try client.messages().allSatisfy { $0["error"] != nil })
  }

  // MARK: - The market

  @Test func `a book that follows the official procedure stays equal to the venue's`() throws {
    let harness = BinanceHarness(hasMarket: true)
    harness.advance(milliseconds: 3_000)
    let client = harness.connect("/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker")
    for _ in 0..<20 { harness.advance(milliseconds: 20) }
    let snapshot = try harness.get("/api/v3/depth", "symbol=BTCUSDT&limit=5000")
    var book = BinanceTestBook(snapshot)
    for _ in 0..<200 { harness.advance(milliseconds: 20) }
    var tickers = 0
    for message in try client.messages() {
      guard let data = message["data"] else { continue }
      if data["e"]?.string == "depthUpdate" {
        #expect(message["stream"]?.string == "btcusdt@depth@100ms")
        #expect(data["s"]?.string == "BTCUSDT")
        book.apply(data)
      } else if data["u"]?.int64 == book.id {
        tickers += 1
        #expect(data["b"]?.string == book.bestBid)
        #expect(data["a"]?.string == book.bestAsk)
      }
    }
    #expect(book.gaps == 0)
    #expect(book.applied > 20)
    let present = try harness.get("/api/v3/depth", "symbol=BTCUSDT&limit=5000")
    harness.advance(milliseconds: 100)
    for message in try client.messages().suffix(3) {
      if let data = message["data"], data["e"]?.string == "depthUpdate" { book.apply(data) }
    }
    #expect(book.id >= present["lastUpdateId"]?.int64 ?? .max)
  }

  @Test func `a lost update is a gap that the client can see`() throws {
    let harness = BinanceHarness(hasMarket: true)
    harness.advance(milliseconds: 1_000)
    let client = harness.connect("/ws/btcusdt@depth@100ms")
    for _ in 0..<50 { harness.advance(milliseconds: 20) }
    let snapshot = try harness.get("/api/v3/depth", "symbol=BTCUSDT&limit=5000")
    harness.exchange.faults.add(Fault(.sequenceGap, count: 1))
    for _ in 0..<50 { harness.advance(milliseconds: 20) }
    var book = BinanceTestBook(snapshot)
    for message in try client.messages() { book.apply(message) }
    #expect(book.gaps == 1)
  }

  @Test func `streams are subscribed to, listed and left over the connection`() throws {
    let harness = BinanceHarness(hasMarket: true)
    let client = harness.connect("/ws")
    harness.send(
      #"{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@depth5@100ms"],"id":1}"#, client)
    #expect(client.raw.last == #"{"result":null,"id":1}"#)
    harness.send(#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#, client)
    #expect(client.raw.last == #"{"result":["btcusdt@trade","btcusdt@depth5@100ms"],"id":2}"#)
    for _ in 0..<20 { harness.advance(milliseconds: 20) }
    let partial = try #require(try client.messages().first { $0["lastUpdateId"] != nil })
    #expect(partial["bids"]?.array?.count == 5)
    #expect(partial["symbol"] == nil)
    harness.send(#"{"method":"UNSUBSCRIBE","params":["btcusdt@depth5@100ms"],"id":3}"#, client)
    client.raw.removeAll()
    for _ in 0..<20 { harness.advance(milliseconds: 20) }
    #expect(try client.messages().allSatisfy { $0["lastUpdateId"] == nil })
    harness.send(#"{"method":"SET_PROPERTY","params":["combined",true],"id":4}"#, client)
    harness.send(
      #"{"method":"SUBSCRIBE","params":["btcusdt@depth10@100ms"],"id":5}"#, client)
    for _ in 0..<20 { harness.advance(milliseconds: 20) }
    #expect(try client.messages().contains { $0["stream"]?.string == "btcusdt@depth10@100ms" })
  }

  @Test func `a client that talks too much is cut off`() {
    let harness = BinanceHarness()
    let client = harness.connect("/ws")
    for _ in 0..<5 { harness.send(#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#, client) }
    #expect(!client.isClosed)
    harness.send(#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#, client)
    #expect(client.isClosed)
  }

  @Test func `a public trade names the side that made it`() throws {
    let harness = BinanceHarness()
    try harness.quote(.buy, 6_000_000, 1_000)
    let client = harness.connect("/ws/btcusdt@trade/btcusdt@aggTrade")
    _ = try harness.place("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01")
    let messages = try client.messages()
    #expect(messages.map { $0["e"]?.string } == ["trade", "aggTrade"])
    #expect(messages[0]["m"]?.bool == true)
    #expect(messages[0]["p"]?.string == "60000.00000000")
    #expect(messages[0]["q"]?.string == "0.01000000")
  }
}

/// A book that a client keeps after the official procedure.
struct BinanceTestBook {
  private(set) var id: Int64
  private(set) var gaps = 0
  private(set) var applied = 0
  private var bids: [String: String] = [:]
  private var asks: [String: String] = [:]

  init(_ snapshot: JSONValue) {
    id = snapshot["lastUpdateId"]?.int64 ?? 0
    set(snapshot["bids"], &bids)
    set(snapshot["asks"], &asks)
  }

  mutating func apply(_ event: JSONValue) {
    guard let first = event["U"]?.int64, let last = event["u"]?.int64, last > id else { return }
    if first > id + 1 { gaps += 1 }
    set(event["b"], &bids)
    set(event["a"], &asks)
    id = last
    applied += 1
  }

  private func set(_ levels: JSONValue?, _ side: inout [String: String]) {
    for level in levels?.array ?? [] {
      guard let price = level[0]?.string, let quantity = level[1]?.string else { continue }
      side[price] = quantity == "0.00000000" ? nil : quantity
    }
  }

  var bestBid: String? { bids.keys.max { (Double($0) ?? 0) < (Double($1) ?? 0) } }
  var bestAsk: String? { asks.keys.min { (Double($0) ?? 0) < (Double($1) ?? 0) } }
}
