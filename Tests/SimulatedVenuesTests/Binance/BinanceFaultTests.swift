import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct BinanceFaultTests {
  private let harness = BinanceHarness()
  private let order =
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=60000"
    + "&newClientOrderId=mine"

  private func arm(_ kind: FaultKind, milliseconds: Int64 = 0) {
    var fault = Fault(kind, count: 1)
    fault.milliseconds = milliseconds
    fault.request = .orderEntry
    harness.exchange.faults.add(fault)
  }

  private func send() -> HTTPResponse? {
    harness.send(harness.signed("POST", "/api/v3/order", order))
  }

  private var isPlaced: Bool {
    harness.exchange.order(account: 3, clientOrderID: "mine") != nil
  }

  @Test func `an unknown outcome looks the same, whether the order landed or not`() throws {
    arm(.serverErrorBefore)
    let before = try #require(send())
    #expect(!isPlaced)
    arm(.serverErrorAfter)
    let after = try #require(send())
    #expect(isPlaced)
    #expect(before == after)
    #expect(before.status == 504)
    #expect(try JSONValue(parsing: before.body)["code"]?.int64 == -1007)
    #expect(harness.exchange.requestCount("mine") == 2)
  }

  @Test func `lost answers and lost requests cut the connection`() {
    arm(.requestLost)
    #expect(send() == nil)
    #expect(!isPlaced)
    arm(.acknowledgementLost)
    #expect(send() == nil)
    #expect(isPlaced)
  }

  @Test func `limits that a fault sets say when to come back`() throws {
    arm(.tooManyRequests, milliseconds: 7_000)
    let refused = try #require(send())
    #expect(refused.status == 429)
    #expect(refused.headers["Retry-After"] == "7")
    arm(.banned, milliseconds: 120_000)
    let banned = try #require(send())
    #expect(banned.status == 418)
    #expect(try JSONValue(parsing: banned.body)["msg"]?.string?.contains("banned until") == true)
    #expect(!isPlaced)
  }

  @Test func `duplicate and late fills reach the stream, and a silent stream loses them`() throws {
    try harness.quote(.sell, 6_000_000, 100_000)
    let client = try harness.userStream()
    let take = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.01&price=60000"
    harness.exchange.faults.add(Fault(.duplicateFills, count: 1))
    _ = try harness.place(take)
    let trades = try client.events("executionReport").filter { $0["x"]?.string == "TRADE" }
    #expect(trades.count == 2)
    #expect(trades[0]["t"]?.int64 == trades[1]["t"]?.int64)

    client.raw.removeAll()
    var late = Fault(.lateFills, count: 3)
    late.milliseconds = 500
    harness.exchange.faults.add(late)
    _ = try harness.place(take)
    #expect(try client.events("executionReport").isEmpty)
    harness.advance(milliseconds: 500)
    #expect(try client.events("executionReport").count == 2)

    client.raw.removeAll()
    harness.exchange.faults.clear()
    harness.exchange.faults.add(Fault(.silentPrivateStream, until: harness.now + 1_000_000_000))
    _ = try harness.place(take)
    #expect(try client.events("executionReport").isEmpty)
  }

  @Test func `a failed call over the socket says what a failed one over REST says`() throws {
    let client = harness.connect("/ws-api/v3")
    arm(.serverErrorAfter)
    let answer = try harness.api(
      client, "order.place",
      [
        ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"),
        ("quantity", "0.1"), ("price", "60000"), ("newClientOrderId", "mine"),
      ])
    #expect(answer["status"]?.int64 == 504)
    #expect(answer["error"]?["code"]?.int64 == -1007)
    #expect(isPlaced)
  }

  @Test func `unknown paths and retired ones get an error of the venue's form`() throws {
    let unknown = try #require(
      harness.send(HTTPRequest(method: "GET", target: "/api/v3/nothing")))
    #expect(unknown.status == 404)
    #expect(try JSONValue(parsing: unknown.body)["code"]?.int64 == -1020)
    let retired = try #require(
      harness.send(HTTPRequest(method: "POST", target: "/api/v3/userDataStream")))
    #expect(retired.status == 410)
  }

  @Test func `random requests and messages never kill the venue`() {
    var seed: UInt64 = 99
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    let paths = ["order", "depth", "exchangeInfo", "account", "myTrades", "openOrders", "klines"]
    let verbs = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    let stream = harness.connect("/ws-api/v3")
    for _ in 0..<3000 {
      let garbage = String(
        decoding: (0..<next(40)).map { _ in UInt8(0x20 + next(95)) }, as: UTF8.self)
      let query = "symbol=BTCUSDT&limit=\(next(7))&x\(garbage)=\(garbage)"
      _ = harness.send(
        HTTPRequest(
          method: verbs[next(verbs.count)],
          target: "/api/v3/\(paths[next(paths.count)])?\(query)", body: Array(garbage.utf8)))
      harness.send(#"{"id":\#(next(9)),"method":"depth","params":{"symbol":\#(garbage)}}"#, stream)
    }
    #expect(harness.send(HTTPRequest(method: "GET", target: "/api/v3/ping")) != nil)
  }
}
