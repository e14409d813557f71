import Testing

@testable import Simulation

struct SyntheticMarketTests {
  private static func run(
    venue: String, seconds: Int, _ body: (SimulatedExchange, Int64) -> Void
  ) -> SimulatedExchange {
    let (exchange, _) = SimulatedExchangeTests.exchange(seed: 11, venue: venue)
    var time = SimulatedExchangeTests.start
    for _ in 0..<(seconds * 20) {
      time += 50_000_000
      exchange.advance(to: time)
      body(exchange, time)
    }
    return exchange
  }

  @Test func `keeps a hundred levels a side within fifty basis points and never crosses`() {
    _ = Self.run(venue: "kraken", seconds: 60) { exchange, _ in
      let bids = exchange.levels(0, .buy, depth: 1000)
      let asks = exchange.levels(0, .sell, depth: 1000)
      let middle = (bids[0].price + asks[0].price) / 2
      #expect(bids[0].price < asks[0].price)
      #expect(bids.count { $0.price > middle - middle / 200 } >= 100)
      #expect(asks.count { $0.price < middle + middle / 200 } >= 100)
    }
  }

  @Test func `the same seed and times give the same market`() {
    var first: [LevelChange] = []
    var second: [LevelChange] = []
    _ = Self.run(venue: "a", seconds: 5) { exchange, _ in
      first += exchange.drainLevelChanges(0)
    }
    _ = Self.run(venue: "a", seconds: 5) { exchange, _ in
      second += exchange.drainLevelChanges(0)
    }
    #expect(first.count > 300)
    #expect(first == second)
  }

  @Test func `venues stay within a few basis points of each other and cross now and then`() {
    var middles: [[Double]] = []
    var touches: [[(bid: Int64, ask: Int64)]] = []
    for venue in ["kraken", "binance", "coinbase"] {
      var own: [(bid: Int64, ask: Int64)] = []
      _ = Self.run(venue: venue, seconds: 120) { exchange, _ in
        own.append(
          (
            exchange.levels(0, .buy, depth: 1)[0].price,
            exchange.levels(0, .sell, depth: 1)[0].price
          ))
      }
      touches.append(own)
      middles.append(own.map { Double($0.bid + $0.ask) / 2 })
    }
    var crossed = 0
    for index in middles[0].indices {
      let all = middles.map { $0[index] }
      #expect((all.max()! - all.min()!) / all.min()! < 8e-4)
      let bestBid = touches.map { $0[index].bid }.max()!
      let bestAsk = touches.map { $0[index].ask }.min()!
      if bestBid >= bestAsk { crossed += 1 }
    }
    #expect(crossed > 0 && crossed < middles[0].count)
  }

  @Test func `a second moves the price by a few basis points at most`() {
    let instrument = SimulatedExchangeTests.bitcoin()
    let market = SyntheticMarket(
      shape: instrument.shape, sharedSeed: 5, venueSeed: 6, symbol: "BTC-USD",
      referenceName: "BTC-USD", tick: 10, lot: 1,
      priceScale: 2, quantityScale: 8)
    var returns: [Double] = []
    for second in 0..<2000 as Range<Int64> {
      let time = SimulatedExchangeTests.start + second * 1_000_000_000
      let before = market.referencePrice(at: time)
      returns.append(abs(market.referencePrice(at: time + 1_000_000_000) / before - 1) * 1e4)
    }
    returns.sort()
    #expect(returns[1000] > 0.2)
    #expect(returns[1980] > 2 && returns[1980] < 12)
  }

  @Test func `trades print and a client can trade with the market`() throws {
    let exchange = Self.run(venue: "x", seconds: 30) { _, _ in }
    #expect(exchange.publicTrades(0).count > 5)
    let best = exchange.levels(0, .sell, depth: 1)[0]
    let order = SimulatedExchangeTests.limit(.buy, best.price, 100_000, .immediateOrCancel)
    let account = exchange.openAccount("main")
    let placed = try exchange.place(order, account: account, at: exchange.now)
    #expect(placed.status == .filled)
    #expect(
      placed.executedNotional
        == exchange.instrument(0).notional(
          price: best.price, quantity: 100_000))
  }
}
