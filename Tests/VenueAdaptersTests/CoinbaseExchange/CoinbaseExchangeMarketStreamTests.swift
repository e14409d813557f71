import RouterCore
import Testing
import VenueAdapters
import Wire

struct CoinbaseExchangeMarketStreamTests {
  private func started() -> CoinbaseExchangeHarness {
    let harness = CoinbaseExchangeHarness()
    harness.connect()
    for symbol in ["BTC-USD", "ETH-USD"] {
      harness.receive(
        #"{"type":"snapshot","product_id":"\#(symbol)","bids":[["2","1"]],"asks":[["3","1"]]}"#)
    }
    harness.output.removeAll()
    return harness
  }

  private func heartbeat(_ symbol: String, _ sequence: Int) -> String {
    #"{"type":"heartbeat","sequence":\#(sequence),"last_trade_id":1,"product_id":"\#(symbol)"}"#
  }

  @Test func `the subscription is signed and names both products`() {
    let harness = CoinbaseExchangeHarness()
    harness.open(.marketData)
    #expect(
      harness.sends == [
        #"{"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channels":["level2","heartbeat","matches"],"signature":"LzXUuoBWjxR9TKtJupM/jZkHXQ6QgoHy8ZvNbFs7e4M=","key":"key","passphrase":"phrase","timestamp":"1750000000"}"#
      ])
  }

  @Test func `the link is up when level2 is confirmed`() {
    let harness = CoinbaseExchangeHarness()
    harness.open(.marketData)
    harness.receive(#"{"type":"subscriptions","channels":[{"name":"ticker","product_ids":[]}]}"#)
    #expect(harness.links.isEmpty)
    let confirmed = #"{"type":"subscriptions","channels":[{"name":"level2","product_ids":[]}]}"#
    harness.receive(confirmed)
    harness.receive(confirmed)
    #expect(harness.links == ["marketData true"])
  }

  @Test func `a refused signature falls back on the batched channel`() {
    let harness = CoinbaseExchangeHarness()
    harness.open(.marketData)
    harness.output.removeAll()
    let refusal =
      #"{"type":"error","message":"Failed to subscribe","reason":"level2 requires authentication"}"#
    harness.receive(refusal)
    #expect(harness.sends.count == 1)
    #expect(harness.sends[0].contains(#""channels":["level2_batch","heartbeat","matches"]"#))
    #expect(!harness.sends[0].contains("signature"))
    #expect(harness.reconnects.isEmpty)
    harness.receive(refusal)
    #expect(harness.reconnects == [.marketData])
  }

  @Test func `a slow consumer error reconnects`() {
    let harness = started()
    harness.receive(#"{"type":"error","message":"ErrSlowConsume"}"#)
    #expect(harness.reconnects == [.marketData])
  }

  @Test func `a closed socket makes every book invalid`() {
    let harness = started()
    harness.adapter.closed(.marketData, at: harness.stamp, into: &harness.output)
    #expect(harness.invalidBooks == ["0 disconnected", "1 disconnected"])
    #expect(harness.links == ["marketData false"])
    harness.output.removeAll()
    harness.open(.marketData)
    harness.receive(
      #"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","2","2"]]}"#)
    #expect(harness.books.isEmpty)
  }

  @Test func `one product without heartbeats is taken anew`() {
    let harness = started()
    for second in 1...7 {
      harness.advance(milliseconds: 1000)
      harness.receive(heartbeat("BTC-USD", second))
    }
    #expect(harness.invalidBooks == ["1 synchronizing"])
    #expect(!harness.reconnects.contains(.marketData))
    #expect(harness.sends.contains { $0.contains("subscribe") && $0.contains("ETH-USD") })
  }

  @Test func `silence of all products reconnects`() {
    let harness = started()
    for _ in 1...7 { harness.advance(milliseconds: 1000) }
    #expect(harness.reconnects.first == .marketData)
  }

  @Test func `level2 that is silent while the product trades is taken anew`() {
    let harness = started()
    for second in 1...22 {
      harness.receive(heartbeat("BTC-USD", second * 100))
      harness.receive(heartbeat("ETH-USD", second))
      harness.advance(milliseconds: 1000)
    }
    #expect(harness.invalidBooks == ["0 sequenceGap"])
  }

  @Test func `a snapshot that does not come is asked for again and then costs the connection`() {
    let harness = started()
    harness.adapter.refreshBook(
      ListingID(0), at: harness.stamp, signer: harness.signer, into: &harness.output)
    #expect(harness.sends.count == 2)
    for second in 1...45 {
      harness.receive(heartbeat("BTC-USD", second))
      harness.receive(heartbeat("ETH-USD", second))
      harness.advance(milliseconds: 1000)
    }
    #expect(harness.reconnects.contains(.marketData))
  }

  @Test func `a product that does not match orders has no book until it does`() throws {
    let harness = started()
    func product(_ flags: String) -> String {
      """
      {"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","base_increment":"0.00000001",\
      "quote_increment":"0.01","min_market_funds":"1","status":"online"\(flags)}
      """
    }
    harness.advance(milliseconds: 1000)
    let request = try #require(harness.requests.first)
    #expect(request.target == "GET /products/BTC-USD")
    harness.answer(request.tag, 200, product(#","post_only":true"#))
    #expect(harness.invalidBooks == ["0 venueHalted"])
    harness.receive(#"{"type":"snapshot","product_id":"BTC-USD","bids":[],"asks":[]}"#)
    harness.receive(#"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","2","2"]]}"#)
    #expect(harness.books.isEmpty)
    harness.output.removeAll()
    harness.answer(request.tag, 200, product(""))
    harness.advance(milliseconds: 1100)
    #expect(harness.sends.contains { $0.contains("BTC-USD") })
    harness.receive(#"{"type":"snapshot","product_id":"BTC-USD","bids":[],"asks":[]}"#)
    #expect(harness.books.count == 1)
  }
}
