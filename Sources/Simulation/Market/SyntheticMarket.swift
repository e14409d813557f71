/// A liquidity provider and a flow of takers that act on a matching engine around a shared price.
///
/// The reference price depends on seed, symbol and wall time only, so that venues in different
/// processes agree on it without talking; what a venue adds of its own comes from its venue seed.
package struct SyntheticMarket: Sendable {
  /// Ids of the market's own orders have this bit, those of clients have not.
  package static let idBit: UInt64 = 1 << 63

  private struct Quote: Sendable {
    var price: Int64
    var id: UInt64
  }

  package let shape: MarketShape
  private let reference: SmoothNoise
  private let venueNoise: SmoothNoise
  private let tick: Int64
  private let lot: Int64
  /// Quote units per price mantissa step, and base units per quantity mantissa step.
  private let priceUnit: Double
  private let quantityUnit: Double
  private var random: SeededRandom
  private var bids: [Quote] = []
  private var asks: [Quote] = []
  private var nextID = SyntheticMarket.idBit
  private var lastStep: Int64?
  private var lastTradeID: UInt64 = 0
  private var bidsThinUntil: Int64 = 0
  private var asksThinUntil: Int64 = 0

  package init(
    shape: MarketShape, sharedSeed: UInt64, venueSeed: UInt64, symbol: String,
    referenceName: String, tick: Int64,
    lot: Int64, priceScale: Int, quantityScale: Int
  ) {
    let symbolHash = SeededRandom.hash(symbol)
    self.shape = shape
    reference = SmoothNoise(seed: sharedSeed ^ SeededRandom.hash(referenceName))
    venueNoise = SmoothNoise(seed: venueSeed ^ symbolHash)
    random = SeededRandom(seed: venueSeed &+ symbolHash)
    self.tick = tick
    self.lot = lot
    priceUnit = 1 / Double(Amount.powerOfTen(priceScale))
    quantityUnit = 1 / Double(Amount.powerOfTen(quantityScale))
  }

  /// The price that all venues share, in quote units.
  package func referencePrice(at time: Int64) -> Double {
    let drift = reference.walk(
      at: time, shortestNanoseconds: 250_000_000, octaves: 15, scale: shape.volatilityBasisPoints)
    return shape.referencePrice * (1 + drift * 1e-4)
  }

  /// This venue's own fair price, in quote units.
  package func fairPrice(at time: Int64) -> Double {
    var offset = 0.0
    for (salt, seconds) in [(UInt64(101), 3), (102, 11), (103, 47)] {
      offset += venueNoise.value(
        at: time, periodNanoseconds: Int64(seconds) * 1_000_000_000, salt: salt)
    }
    return referencePrice(at: time) * (1 + offset * shape.dispersionBasisPoints * 1e-4)
  }

  /// A client took liquidity of `side`; the market refills that touch only after a while.
  package mutating func clientTook(_ side: OrderSide, at time: Int64) {
    let until = time + Int64(shape.recoveryMilliseconds) * 1_000_000
    if side == .buy { bidsThinUntil = until } else { asksThinUntil = until }
  }

  /// Lets the market act up to `time`, quoting and taking under the two given accounts.
  package mutating func step(
    to time: Int64, accounts: (maker: Int, taker: Int), engine: inout MatchingEngine,
    into events: inout [MatchEvent]
  ) {
    let elapsed = min(max(Double(time - (lastStep ?? time)) / 1e9, 0), 2)
    lastStep = time
    let touch = targets(at: time)
    forgetDead(engine)
    retreat(.buy, touch.bid, &engine, &events)
    retreat(.sell, touch.ask, &engine, &events)
    advance(.buy, touch.bid, accounts.maker, time, &engine, &events)
    advance(.sell, touch.ask, accounts.maker, time, &engine, &events)
    churn(
      random.poisson(mean: shape.levelChangesPerSecond * elapsed), touch, accounts.maker,
      time, &engine, &events)
    fillUp(.buy, touch.bid, accounts.maker, time, &engine, &events)
    fillUp(.sell, touch.ask, accounts.maker, time, &engine, &events)
    for _ in 0..<random.poisson(mean: shape.tradesPerSecond * elapsed) {
      take(accounts.taker, &engine, &events)
    }
  }

  // MARK: Prices

  private func targets(at time: Int64) -> (bid: Int64, ask: Int64) {
    let fair = fairPrice(at: time) / priceUnit
    let breath = venueNoise.value(at: time, periodNanoseconds: 4_000_000_000, salt: 201)
    let burst = max(
      0, venueNoise.value(at: time, periodNanoseconds: 1_500_000_000, salt: 202) - 0.9)
    let half = shape.spreadBasisPoints / 2 * (1 + 0.6 * breath + 25 * burst) * 1e-4
    let bid = BasicMath.floor(fair * (1 - half) / Double(tick)) * tick
    let ask = (BasicMath.floor(fair * (1 + half) / Double(tick)) + 1) * tick
    return (max(bid, tick), max(ask, bid + tick, 2 * tick))
  }

  private func isBetter(_ side: OrderSide, _ price: Int64, than other: Int64) -> Bool {
    side == .buy ? price > other : price < other
  }

  /// How far a quote may stand from its target before it is moved.
  private func slack(_ target: Int64) -> Int64 {
    let slack = Double(target) * shape.spreadBasisPoints * 0.12e-4
    return Int64(slack) / tick * tick
  }

  private func price(_ side: OrderSide, behind touch: Int64, basisPoints: Double) -> Int64 {
    let steps = Int64(Double(touch) * basisPoints * 1e-4 / Double(tick))
    return side == .buy ? touch - steps * tick : touch + steps * tick
  }

  // MARK: Quotes

  private mutating func updateQuotes<R>(_ side: OrderSide, _ body: (inout [Quote]) -> R) -> R {
    side == .buy ? body(&bids) : body(&asks)
  }

  private func quotes(_ side: OrderSide) -> [Quote] { side == .buy ? bids : asks }

  private mutating func forgetDead(_ engine: MatchingEngine) {
    guard engine.nextTradeID != lastTradeID else { return }
    lastTradeID = engine.nextTradeID
    bids.removeAll { engine.remaining(of: $0.id) == nil }
    asks.removeAll { engine.remaining(of: $0.id) == nil }
  }

  /// Withdraws quotes that stand better than the target.
  private mutating func retreat(
    _ side: OrderSide, _ target: Int64, _ engine: inout MatchingEngine,
    _ events: inout [MatchEvent]
  ) {
    let slack = slack(target)
    let limit = side == .buy ? target + slack : target - slack
    while let best = quotes(side).last, isBetter(side, best.price, than: limit) {
      engine.cancel(best.id, into: &events)
      updateQuotes(side) { _ = $0.popLast() }
    }
  }

  /// Brings the touch up to the target; trades with a client's order that stands in the way.
  private mutating func advance(
    _ side: OrderSide, _ target: Int64, _ account: Int, _ time: Int64,
    _ engine: inout MatchingEngine, _ events: inout [MatchEvent]
  ) {
    guard time >= (side == .buy ? bidsThinUntil : asksThinUntil) else { return }
    let slack = slack(target)
    let limit = side == .buy ? target - slack : target + slack
    if let best = quotes(side).last, !isBetter(side, limit, than: best.price) { return }
    let size = random.logNormal(median: shape.touchNotional, sigma: 0.7)
    place(side, target, notional: size, account, &engine, &events)
  }

  private mutating func place(
    _ side: OrderSide, _ price: Int64, notional: Double, _ account: Int,
    _ engine: inout MatchingEngine, _ events: inout [MatchEvent]
  ) {
    let lots = notional / (Double(price) * priceUnit) / quantityUnit / Double(lot)
    guard lots.isFinite, lots >= 1, lots < 1e15, price > 0 else { return }
    nextID += 1
    let order = EngineOrder(
      id: nextID, account: account, side: side, price: price, quantity: Int64(lots) * lot)
    engine.submit(order, into: &events)
    guard engine.remaining(of: nextID) != nil else { return }
    let quote = Quote(price: price, id: nextID)
    updateQuotes(side) { quotes in
      quotes.insert(quote, at: Self.position(of: price, side, in: quotes))
    }
  }

  private static func position(of price: Int64, _ side: OrderSide, in quotes: [Quote]) -> Int {
    var low = 0
    var high = quotes.count
    while low < high {
      let middle = (low + high) / 2
      let isBehind = side == .buy ? quotes[middle].price < price : quotes[middle].price > price
      if isBehind { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A level behind the touch: crowded near it, thinner further away.
  private mutating func placeBehind(
    _ side: OrderSide, _ touch: Int64, _ account: Int, _ engine: inout MatchingEngine,
    _ events: inout [MatchEvent]
  ) {
    let draw = random.uniform()
    let distance = 0.05 + shape.depthBasisPoints * draw * draw
    let price = price(side, behind: touch, basisPoints: distance)
    let index = Self.position(of: price, side, in: quotes(side))
    if index < quotes(side).count, quotes(side)[index].price == price { return }
    let median = shape.levelNotional * (0.4 + distance / 20)
    let notional = random.logNormal(median: median, sigma: 0.9)
    place(side, price, notional: notional, account, &engine, &events)
  }

  private mutating func churn(
    _ count: Int, _ touch: (bid: Int64, ask: Int64), _ account: Int, _ time: Int64,
    _ engine: inout MatchingEngine, _ events: inout [MatchEvent]
  ) {
    for _ in 0..<count {
      let side: OrderSide = random.next() & 1 == 0 ? .buy : .sell
      let target = side == .buy ? touch.bid : touch.ask
      if random.below(2) == 0 {
        withdraw(side, target, &engine, &events)
      } else {
        let anchor = anchor(side, target, time)
        placeBehind(side, anchor, account, &engine, &events)
      }
    }
  }

  /// Withdraws one quote behind the touch, more often a near one; first one that is too far away.
  private mutating func withdraw(
    _ side: OrderSide, _ target: Int64, _ engine: inout MatchingEngine,
    _ events: inout [MatchEvent]
  ) {
    let count = quotes(side).count
    guard count > 2 else { return }
    let far = price(side, behind: target, basisPoints: shape.depthBasisPoints * 1.2)
    let draw = random.uniform()
    let isFar = isBetter(side, far, than: quotes(side)[0].price)
    let index = isFar ? 0 : count - 2 - Int(Double(count - 2) * draw * draw)
    let quote = updateQuotes(side) { $0.remove(at: max(index, 0)) }
    engine.cancel(quote.id, into: &events)
  }

  private mutating func fillUp(
    _ side: OrderSide, _ target: Int64, _ account: Int, _ time: Int64,
    _ engine: inout MatchingEngine, _ events: inout [MatchEvent]
  ) {
    var attempts = 0
    while quotes(side).count < shape.levelsPerSide, attempts < shape.levelsPerSide * 4 {
      placeBehind(side, anchor(side, target, time), account, &engine, &events)
      attempts += 1
    }
  }

  /// Where levels are counted from: the target, or while the touch recovers, the thin touch itself.
  private func anchor(_ side: OrderSide, _ target: Int64, _ time: Int64) -> Int64 {
    let thinUntil = side == .buy ? bidsThinUntil : asksThinUntil
    guard time < thinUntil, let best = quotes(side).last else { return target }
    return isBetter(side, target, than: best.price) ? best.price : target
  }

  // MARK: Takers

  private mutating func take(
    _ account: Int, _ engine: inout MatchingEngine, _ events: inout [MatchEvent]
  ) {
    let side: OrderSide = random.next() & 1 == 0 ? .buy : .sell
    let notional = random.logNormal(median: shape.tradeNotional, sigma: 1.7)
    guard let best = engine.levels(side.opposite, depth: 1).first else { return }
    let lots = notional / (Double(best.price) * priceUnit) / quantityUnit / Double(lot)
    guard lots.isFinite, lots >= 1, lots < 1e15 else { return }
    nextID += 1
    var order = EngineOrder(
      id: nextID, account: account, side: side,
      price: price(side.opposite, behind: best.price, basisPoints: 3),
      quantity: Int64(lots) * lot)
    order.lifetime = .immediateOrCancel
    engine.submit(order, into: &events)
  }
}
