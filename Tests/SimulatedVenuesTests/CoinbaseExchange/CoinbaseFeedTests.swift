import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

/// A book kept by the feed's rules: snapshots replace, changes are absolute, zero deletes.
private struct FollowedBook {
  private var levels: [[Int64: Int64]] = [[:], [:]]
  private(set) var isLive = false

  mutating func apply(_ message: JSONValue) throws {
    switch message["type"]?.string {
    case "snapshot":
      levels = [[:], [:]]
      isLive = true
      for (side, name) in ["bids", "asks"].enumerated() {
        for level in message[name]?.array ?? [] {
          try set(side, level[0]?.string, level[1]?.string)
        }
      }
    case "l2update":
      for change in message["changes"]?.array ?? [] {
        try set(change[0]?.string == "buy" ? 0 : 1, change[1]?.string, change[2]?.string)
      }
    default: break
    }
  }

  private mutating func set(_ side: Int, _ price: String?, _ size: String?) throws {
    let key = try #require(price.flatMap { DecimalText.parse($0, scale: 2) })
    let quantity = try #require(size.flatMap { DecimalText.parse($0, scale: 8) })
    levels[side][key] = quantity == 0 ? nil : quantity
  }

  func matches(_ venue: CoinbaseHarness) -> Bool {
    [OrderSide.buy, .sell].enumerated().allSatisfy { index, side in
      let own = venue.exchange.levels(0, side, depth: .max)
      return own.count == levels[index].count
        && own.allSatisfy { levels[index][$0.price] == $0.quantity }
    }
  }
}

struct CoinbaseFeedTests {
  private func follow(_ client: TestSocket, _ book: inout FollowedBook) throws {
    for message in try client.messages() { try book.apply(message) }
    client.raw.removeAll()
  }

  // MARK: Books

  @Test(arguments: ["level2", "level2_batch", "level2_50"])
  func `a book followed from messages alone is the venue's`(_ channel: String) throws {
    let venue = CoinbaseHarness(hasMarket: true)
    let client = venue.connect()
    venue.send(venue.subscription("\"\(channel)\""), client)
    #expect(try client.types() == ["subscriptions", "snapshot"])
    var book = FollowedBook()
    for _ in 0..<60 {
      try follow(client, &book)
      venue.advance(milliseconds: 50)
      try follow(client, &book)
      #expect(book.isLive && book.matches(venue))
    }
  }

  @Test func `a second follower does not hear what its snapshot holds already`() throws {
    let venue = CoinbaseHarness(hasMarket: true)
    _ = venue.follower(#""level2""#)
    venue.exchange.advance(to: venue.now + 1_000_000_000)
    let second = venue.connect()
    venue.send(venue.subscription(#""level2""#), second)
    #expect(try second.types() == ["subscriptions", "snapshot"])
    var book = FollowedBook()
    try follow(second, &book)
    #expect(book.matches(venue))
  }

  @Test func `prices and sizes have the product's digits`() throws {
    let venue = CoinbaseHarness()
    let client = venue.follower(#""level2""#)
    try venue.quote(.sell, 6_400_000, 1_500_000)
    let change = try #require(try client.typed("l2update").last?["changes"]?[0])
    #expect(change == .array([.string("sell"), .string("64000.00"), .string("0.01500000")]))
  }

  @Test func `REST shows the same book`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 1_500_000)
    try venue.quote(.sell, 6_400_100, 1_500_000)
    let full = try venue.get("/products/BTC-USD/book?level=2")
    #expect(full["asks"]?.array?.count == 2)
    #expect(full["asks"]?[0] == .array([.string("64000.00"), .string("0.015"), .number("1")]))
    #expect(try venue.get("/products/BTC-USD/book")["asks"]?.array?.count == 1)
    #expect(try venue.get("/products/BTC-USD/book?level=3")["message"]?.string == "Invalid level")
  }

  // MARK: Subscribing

  @Test(arguments: ["level2", "user", "balance"])
  func `private channels need a signature`(_ channel: String) throws {
    let venue = CoinbaseHarness()
    let client = venue.connect()
    venue.send(
      #"{"type":"subscribe","product_ids":["BTC-USD"],"channels":["\#(channel)"]}"#, client)
    let error = try #require(try client.typed("error").first)
    #expect(error["message"]?.string == "Failed to subscribe")
    #expect(error["reason"]?.string == "\(channel) requires authentication")
  }

  @Test(arguments: [
    (
      #"{"type":"subscribe","product_ids":["XXX-USD"],"channels":["ticker"]}"#,
      "XXX-USD is not a valid product"
    ),
    (
      #"{"type":"subscribe","product_ids":["BTC-USD"],"channels":["full"]}"#,
      "full is not a valid channel"
    ),
    (#"{"type":"subscribe","channels":["ticker"]}"#, "ticker requires product_ids"),
    (#"{"type":"subscribe","product_ids":["BTC-USD"]}"#, "Invalid channels"),
  ])
  func `a subscription that makes no sense says why`(_ text: String, _ reason: String) throws {
    let venue = CoinbaseHarness()
    let client = venue.connect()
    venue.send(text, client)
    #expect(try client.typed("error").first?["reason"]?.string == reason)
  }

  @Test func `an old or wrong signature is refused`() throws {
    let venue = CoinbaseHarness()
    let client = venue.connect()
    venue.send(venue.subscription(#""user""#, timestamp: "1749999000"), client)
    #expect(try client.typed("error").first?["reason"]?.string == "request timestamp expired")
    venue.send(
      venue.subscription(#""user""#).replacing(CoinbaseHarness.credential.passphrase, with: "x"),
      client)
    #expect(try client.typed("error").last?["reason"]?.string == "Invalid Passphrase")
  }

  @Test func `channels may name their own products and be left again`() throws {
    let venue = CoinbaseHarness()
    let client = venue.connect()
    venue.send(
      #"{"type":"subscribe","product_ids":["BTC-USD"],"channels":["heartbeat",{"name":"matches","product_ids":["ETH-USD"]}]}"#,
      client)
    let channels = try client.messages()[0]["channels"]
    #expect(channels?[0]?["name"]?.string == "heartbeat")
    #expect(channels?[0]?["product_ids"] == .array([.string("BTC-USD")]))
    #expect(channels?[1]?["product_ids"] == .array([.string("ETH-USD")]))
    venue.send(
      #"{"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["heartbeat"]}"#, client)
    #expect(try client.messages()[1]["channels"]?.array?.count == 1)
  }

  @Test func `a guest that does not subscribe within five seconds is shown out`() {
    let venue = CoinbaseHarness()
    let silent = venue.connect()
    let talking = venue.follower(#""heartbeat""#)
    venue.advance(milliseconds: 5001)
    #expect(silent.isClosed)
    #expect(!talking.isClosed)
  }

  @Test(arguments: ["", "{", "[]", "7", "{}", #"{"type":"order"}"#])
  func `a message that is no subscription is an error`(_ text: String) throws {
    let venue = CoinbaseHarness()
    let client = venue.connect()
    venue.send(text, client)
    #expect(try client.types() == ["error"])
  }

  // MARK: Trades, tickers, heartbeats

  @Test func `heartbeats come each second with a growing sequence`() throws {
    let venue = CoinbaseHarness(hasMarket: true)
    let client = venue.follower(#""heartbeat""#)
    for _ in 0..<30 { venue.advance(milliseconds: 100) }
    let beats = try client.typed("heartbeat")
    #expect(beats.count == 3)
    let sequences = beats.compactMap { $0["sequence"]?.int64 }
    #expect(sequences == sequences.sorted() && Set(sequences).count == 3)
  }

  @Test func `a trade shows the maker's side in matches and the taker's in the ticker`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 1_500_000)
    let client = venue.follower(#""matches","ticker""#)
    let order = CoinbaseHarness.order(
      #""side":"buy","price":"64000","size":"0.01","time_in_force":"IOC""#)
    _ = try venue.call("POST", "/orders", order)
    #expect(try client.typed("match").first?["side"]?.string == "sell")
    #expect(try client.typed("ticker").first?["side"]?.string == "buy")
    #expect(try client.typed("ticker").first?["best_ask"]?.string == "64000.00")
    let later = venue.connect()
    venue.send(venue.subscription(#""matches""#), later)
    #expect(try later.types() == ["subscriptions", "last_match"])
    #expect(try venue.get("/products/BTC-USD/ticker")["price"]?.string == "64000.00")
    #expect(try venue.get("/products/BTC-USD/trades")[0]?["side"]?.string == "sell")
  }

  @Test func `the status channel tells a halt`() throws {
    let venue = CoinbaseHarness()
    let client = venue.follower(#""status""#)
    venue.exchange.setStatus(.halted, of: 0)
    venue.advance(milliseconds: 20)
    let products = try #require(try client.typed("status").last?["products"]?.array)
    #expect(products.first?["trading_disabled"]?.bool == true)
  }

  @Test func `balances are told by account`() throws {
    let venue = CoinbaseHarness()
    let account = try #require(
      try venue.call("GET", "/accounts").array?.first { $0["currency"]?.string == "USD" })
    let client = venue.connect()
    let id = try #require(account["id"]?.string)
    let text = venue.subscription(#"{"name":"balance","account_ids":["\#(id)"]}"#)
    venue.send(text, client)
    _ = try venue.call(
      "POST", "/orders", CoinbaseHarness.order(#""side":"buy","price":"1000","size":"0.01""#))
    let balance = try #require(try client.typed("balance").first)
    #expect(balance["account_id"]?.string == id)
    #expect(balance["holds"]?.string == "10.06")
  }

  // MARK: Faults

  private func fault(_ kind: FaultKind, count: Int? = 1, milliseconds: Int64 = 0) -> Fault {
    var fault = Fault(kind, count: count)
    fault.milliseconds = milliseconds
    return fault
  }

  private static let resting = CoinbaseHarness.order(#""side":"buy","price":"1000","size":"0.01""#)

  @Test func `an error before leaves nothing, an error after leaves the order`() throws {
    let venue = CoinbaseHarness()
    venue.exchange.faults.add(fault(.serverErrorBefore))
    let before = try #require(venue.send(venue.signed("POST", "/orders", Self.resting)))
    #expect(before.status == 502 && before.headers["Content-Type"] == "text/html")
    #expect(try venue.call("GET", "/orders").array?.isEmpty == true)
    venue.exchange.faults.add(fault(.serverErrorAfter))
    #expect(venue.send(venue.signed("POST", "/orders", Self.resting))?.status == 502)
    #expect(try venue.call("GET", "/orders").array?.count == 1)
  }

  @Test func `lost requests and lost answers cut the connection`() throws {
    let venue = CoinbaseHarness()
    venue.exchange.faults.add(fault(.requestLost))
    #expect(venue.send(venue.signed("POST", "/orders", Self.resting)) == nil)
    #expect(try venue.call("GET", "/orders").array?.isEmpty == true)
    venue.exchange.faults.add(fault(.acknowledgementLost))
    #expect(venue.send(venue.signed("POST", "/orders", Self.resting)) == nil)
    #expect(try venue.call("GET", "/orders").array?.count == 1)
  }

  @Test func `throttled and banned are told in the venue's way`() throws {
    let venue = CoinbaseHarness()
    venue.exchange.faults.add(fault(.tooManyRequests))
    #expect(try venue.refusal("GET", "/accounts") == "429 Private rate limit exceeded")
    venue.exchange.faults.add(fault(.banned))
    #expect(venue.send(venue.signed("GET", "/accounts"))?.status == 403)
  }

  @Test func `a gap leaves one update out and the connection up`() throws {
    let venue = CoinbaseHarness()
    let client = venue.follower(#""level2""#)
    venue.exchange.faults.add(fault(.sequenceGap))
    try venue.quote(.sell, 6_400_000, 1_500_000)
    #expect(try client.typed("l2update").isEmpty)
    try venue.quote(.sell, 6_400_100, 1_500_000)
    #expect(try client.typed("l2update").count == 1)
    #expect(!client.isClosed)
  }

  @Test func `silent market data is betrayed by the heartbeat's sequence`() throws {
    let venue = CoinbaseHarness(hasMarket: true)
    let client = venue.follower(#""level2","heartbeat","ticker""#)
    venue.exchange.faults.add(fault(.silentMarketData, count: nil))
    for _ in 0..<20 { venue.advance(milliseconds: 100) }
    #expect(try client.typed("l2update").isEmpty && client.typed("ticker").isEmpty)
    let sequences = try client.typed("heartbeat").compactMap { $0["sequence"]?.int64 }
    #expect(sequences.count == 2 && sequences[0] < sequences[1])
  }

  @Test func `streams drop, and private events come late, twice or not at all`() throws {
    let venue = CoinbaseHarness()
    try venue.quote(.sell, 6_400_000, 10_000_000)
    let take = CoinbaseHarness.order(
      #""side":"buy","price":"64000","size":"0.01","time_in_force":"IOC""#)
    let client = venue.follower(#""user""#)
    venue.exchange.faults.add(fault(.duplicateFills))
    _ = try venue.call("POST", "/orders", take)
    #expect(try client.typed("match").count == 2)
    client.raw.removeAll()
    // The maker's account has events too, so no count.
    venue.exchange.faults.add(fault(.lateFills, count: nil, milliseconds: 500))
    _ = try venue.call("POST", "/orders", take)
    venue.exchange.faults.clear()
    #expect(try client.messages().isEmpty)
    venue.advance(milliseconds: 600)
    #expect(try client.types() == ["received", "match", "done"])
    client.raw.removeAll()
    venue.exchange.faults.add(fault(.silentPrivateStream, count: nil))
    _ = try venue.call("POST", "/orders", take)
    venue.exchange.faults.clear()
    venue.advance(milliseconds: 1000)
    #expect(try client.messages().isEmpty)
    venue.exchange.faults.add(fault(.dropStreams))
    venue.advance(milliseconds: 20)
    #expect(client.isClosed)
  }

  @Test func `a halted instrument shows in its flags and refuses orders`() throws {
    let venue = CoinbaseHarness()
    venue.exchange.faults.add(fault(.halted, count: nil))
    #expect(try venue.refusal("POST", "/orders", Self.resting) == "400 Trading pair not available")
    #expect(try venue.get("/products/BTC-USD")["trading_disabled"]?.bool == true)
  }

  // MARK: Public questions

  @Test func `products, currencies, time and statistics are told`() throws {
    let venue = CoinbaseHarness()
    let products = try #require(try venue.get("/products").array)
    #expect(products.first?["id"]?.string == "BTC-USD")
    #expect(products.first?["quote_increment"]?.string == "0.01")
    #expect(products.first?["base_increment"]?.string == "0.00000001")
    #expect(products.first?["min_market_funds"]?.string == "1")
    #expect(products.first?["status"]?.string == "online")
    #expect(try venue.get("/currencies").array?.isEmpty == false)
    #expect(try venue.get("/currencies/BTC")["id"]?.string == "BTC")
    #expect(try venue.get("/time")["epoch"] == .number("1750000000.000"))
    #expect(try venue.get("/products/BTC-USD/stats")["last"]?.string != nil)
    #expect(try venue.get("/products/spark-lines")["BTC-USD"] != nil)
    #expect(try venue.call("GET", "/fees")["taker_fee_rate"]?.string == "0.0060")
  }
}
