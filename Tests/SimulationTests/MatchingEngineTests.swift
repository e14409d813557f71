import Testing

@testable import Simulation

struct MatchingEngineTests {
  private func order(
    _ id: UInt64, _ side: OrderSide, _ price: Int64, _ quantity: Int64, account: Int = 0
  ) -> EngineOrder {
    EngineOrder(id: id, account: account, side: side, price: price, quantity: quantity)
  }

  private func randomOrder(_ id: UInt64, _ random: inout SeededRandom) -> EngineOrder {
    let side: OrderSide = random.below(2) == 0 ? .buy : .sell
    var order = order(id, side, Int64(95 + random.below(11)), Int64(1 + random.below(20)))
    switch random.below(10) {
    case 0: order.lifetime = .immediateOrCancel
    case 1: order.lifetime = .fillOrKill
    case 2: order.isPostOnly = true
    case 3:
      order.kind = .market
      order.price = random.below(2) == 0 ? 0 : order.price
    default: break
    }
    return order
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `agrees with a naive book on random orders`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var engine = MatchingEngine()
    var naive = NaiveBook()
    for id in 1...1000 as ClosedRange<UInt64> {
      var events: [MatchEvent] = []
      if random.below(4) == 0 {
        let victim = 1 + UInt64(random.below(Int(id)))
        engine.cancel(victim, into: &events)
        naive.cancel(victim)
      } else {
        let order = randomOrder(id, &random)
        engine.submit(order, into: &events)
        let expected = naive.submit(order)
        let trades = trades(events)
        #expect(trades.map(\.makerID) == expected.map(\.maker))
        #expect(trades.map(\.price) == expected.map(\.price))
        #expect(trades.map(\.quantity) == expected.map(\.quantity))
      }
      #expect(engine.levels(.buy, depth: 100) == naive.levels(.buy))
      #expect(engine.levels(.sell, depth: 100) == naive.levels(.sell))
    }
  }

  private func trades(_ events: [MatchEvent]) -> [EngineTrade] {
    events.compactMap { event in
      guard case .trade(let trade) = event else { return nil }
      return trade
    }
  }

  @Test func `level changes replayed on an empty book give the book`() {
    var random = SeededRandom(seed: 9)
    var engine = MatchingEngine()
    var bids: [Int64: Int64] = [:]
    var asks: [Int64: Int64] = [:]
    var sequence: UInt64 = 0
    for id in 1...2000 as ClosedRange<UInt64> {
      var events: [MatchEvent] = []
      engine.submit(randomOrder(id, &random), into: &events)
      for case .level(let change) in events {
        #expect(change.sequence == sequence + 1)
        sequence = change.sequence
        if change.side == .buy {
          bids[change.price] = change.quantity == 0 ? nil : change.quantity
        } else {
          asks[change.price] = change.quantity == 0 ? nil : change.quantity
        }
      }
    }
    #expect(engine.levels(.buy, depth: 100).map(\.price) == bids.keys.sorted(by: >))
    #expect(engine.levels(.sell, depth: 100).map(\.quantity) == asks.keys.sorted().map { asks[$0] })
  }

  @Test func `earlier orders at a price trade first and a reduction keeps their place`() {
    var engine = MatchingEngine()
    var events: [MatchEvent] = []
    engine.submit(order(1, .sell, 100, 5), into: &events)
    engine.submit(order(2, .sell, 100, 5), into: &events)
    engine.reduce(1, toRemaining: 3, into: &events)
    events.removeAll()
    engine.submit(order(3, .buy, 100, 4), into: &events)
    #expect(trades(events).map(\.makerID) == [1, 2])
    #expect(trades(events).map(\.quantity) == [3, 1])
  }

  @Test func `a post-only order that would take is refused and leaves the book alone`() {
    var engine = MatchingEngine()
    var events: [MatchEvent] = []
    engine.submit(order(1, .sell, 100, 5), into: &events)
    events.removeAll()
    var maker = order(2, .buy, 100, 5)
    maker.isPostOnly = true
    engine.submit(maker, into: &events)
    #expect(events == [.rejected(id: 2, .wouldTake)])
  }

  @Test func `a market order by quote amount spends no more than it has`() {
    var engine = MatchingEngine()
    var events: [MatchEvent] = []
    engine.submit(order(1, .sell, 100, 4), into: &events)
    engine.submit(order(2, .sell, 110, 50), into: &events)
    var taker = order(3, .buy, 0, 0)
    taker.kind = .market
    taker.quoteQuantity = 1000
    taker.lot = 2
    events.removeAll()
    engine.submit(taker, into: &events)
    #expect(trades(events).map(\.quantity) == [4, 4])
    #expect(events.contains(.done(id: 3, .filled, remaining: 0)))
  }

  @Test(arguments: [
    (SelfTradePrevention.cancelNewest, [UInt64(2)], Int64(5)),
    (.cancelOldest, [1], 0), (.cancelBoth, [1, 2], 0), (.decrement, [2], 2),
  ])
  func `self-trade prevention ends the orders it names`(
    mode: SelfTradePrevention, ended: [UInt64], left: Int64
  ) {
    var engine = MatchingEngine()
    var events: [MatchEvent] = []
    engine.submit(order(1, .sell, 100, 5, account: 7), into: &events)
    var taker = order(2, .buy, 100, 3, account: 7)
    taker.selfTradePrevention = mode
    events.removeAll()
    engine.submit(taker, into: &events)
    var done: [UInt64] = []
    for case .done(let id, .selfTrade, _) in events { done.append(id) }
    #expect(trades(events).isEmpty)
    #expect(done == ended)
    #expect(engine.quantity(.sell, at: 100) == left)
  }

  @Test func `an order that cannot fill whole is killed without a trade`() {
    var engine = MatchingEngine()
    var events: [MatchEvent] = []
    engine.submit(order(1, .sell, 100, 5), into: &events)
    events.removeAll()
    var taker = order(2, .buy, 100, 6)
    taker.lifetime = .fillOrKill
    engine.submit(taker, into: &events)
    #expect(events == [.accepted(id: 2), .done(id: 2, .fillOrKill, remaining: 6)])
  }
}
