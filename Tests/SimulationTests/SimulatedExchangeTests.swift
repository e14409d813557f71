import Testing

@testable import Simulation

struct SimulatedExchangeTests {
  static let start: Int64 = 1_790_000_000_000_000_000

  static func bitcoin() -> SimulatedInstrument {
    SimulatedInstrument(
      base: "BTC", quote: "USD", priceScale: 2, quantityScale: 8, tick: 10, lot: 1,
      minimumQuantity: 1000, maximumQuantity: 100_000_000_000,
      minimumNotional: Amount(mantissa: Int64(5), scale: 0),
      shape: MarketShape(referencePrice: 64_200))
  }

  static func exchange(
    seed: UInt64 = 1, venue: String = "test", market: Bool = true, asset: FeeAsset = .quote
  ) -> (SimulatedExchange, Int) {
    var options = SimulatedExchange.Options(
      venue: venue, instruments: [bitcoin()],
      fees: FeePolicy(
        maker: FeeRate(units: 160_000), taker: FeeRate(units: 260_000), asset: asset))
    options.seed = seed
    options.hasMarket = market
    let exchange = SimulatedExchange(options: options, now: start)
    let account = exchange.openAccount("main")
    exchange.deposit(Amount(mantissa: Int64(1_000_000), scale: 0), of: "USD", to: account)
    exchange.deposit(Amount(mantissa: Int64(10), scale: 0), of: "BTC", to: account)
    return (exchange, account)
  }

  static func limit(
    _ side: OrderSide, _ price: Int64, _ quantity: Int64,
    _ lifetime: OrderLifetime = .goodTillCancel
  ) -> NewOrder {
    var order = NewOrder(instrument: 0, side: side, kind: .limit)
    order.price = price
    order.quantity = quantity
    order.lifetime = lifetime
    return order
  }

  @Test(arguments: [FeeAsset.quote, .base, .received])
  func `balances are conserved and holds end with their orders`(asset: FeeAsset) throws {
    let (exchange, account) = Self.exchange(asset: asset)
    var random = SeededRandom(seed: 3)
    var time = Self.start
    for _ in 0..<600 {
      time += 50_000_000
      exchange.advance(to: time)
      let side: OrderSide = random.below(2) == 0 ? .buy : .sell
      let best = exchange.levels(0, side, depth: 1)[0].price
      let price = best + Int64(random.below(41) - 20) * 100
      var order = Self.limit(side, price / 10 * 10, Int64(10_000 + random.below(30_000_000)))
      order.lifetime = random.below(3) == 0 ? .immediateOrCancel : .goodTillCancel
      _ = try? exchange.place(order, account: account, at: time)
      if let open = exchange.openOrders(account).first, random.below(2) == 0 {
        try exchange.cancel(open.id, account: account, at: time)
      }
      #expect(exchange.ledger.isConserved)
      #expect(exchange.balance(account, "USD").available >= .zero)
      #expect(exchange.balance(account, "BTC").available >= .zero)
    }
    #expect(exchange.fills.count > 50)
    for open in exchange.openOrders(account) {
      try exchange.cancel(open.id, account: account, at: time)
    }
    #expect(exchange.balance(account, "USD").hold == .zero)
    #expect(exchange.balance(account, "BTC").hold == .zero)
  }

  @Test func `a venue rebuilt from its records knows the same orders, fills and balances`() throws {
    let (exchange, account) = Self.exchange()
    var stored: [StateRecord] = exchange.drainRecords()
    var time = Self.start
    for step in 0..<200 {
      time += 50_000_000
      exchange.advance(to: time)
      let side: OrderSide = step % 2 == 0 ? .buy : .sell
      let touch = exchange.levels(0, side, depth: 1)[0].price
      var order = Self.limit(side, touch + (step % 5 == 0 ? 500 : -500), 2_000_000)
      order.clientOrderID = "a\tb\\\(step)"
      let placed = try exchange.place(order, account: account, at: time)
      if step % 7 == 0, placed.isOpen {
        _ = try exchange.amend(placed.id, account: account, quantity: 1_500_000, at: time)
      }
      stored += exchange.drainRecords()
    }
    let (rebuilt, _) = Self.rebuild(stored)
    #expect(rebuilt.fills.count == exchange.fills.count)
    #expect(rebuilt.orders.map(\.remaining) == exchange.orders.map(\.remaining))
    #expect(rebuilt.orders.map(\.status) == exchange.orders.map(\.status))
    #expect(rebuilt.balance(account, "USD") == exchange.balance(account, "USD"))
    #expect(rebuilt.balance(account, "BTC") == exchange.balance(account, "BTC"))
    #expect(
      rebuilt.order(account: account, clientOrderID: "a\tb\\3")?.terms.price
        == exchange.order(account: account, clientOrderID: "a\tb\\3")?.terms.price)
    #expect(rebuilt.ledger.isConserved)
    let open = try #require(rebuilt.openOrders(account).first)
    try rebuilt.cancel(open.id, account: account, at: time)
  }

  private static func rebuild(_ stored: [StateRecord]) -> (SimulatedExchange, [StateRecord]) {
    let lines = stored.map(\.line)
    let records = lines.compactMap { StateRecord(line: $0) }
    #expect(records.map(\.line) == lines)
    let options = SimulatedExchange.Options(
      venue: "test", instruments: [bitcoin()],
      fees: FeePolicy(maker: FeeRate(units: 160_000), taker: FeeRate(units: 260_000)))
    let rebuilt = SimulatedExchange(options: options, now: start + 3_600_000_000_000)
    rebuilt.restore(records)
    return (rebuilt, records)
  }

  @Test func `a line cut anywhere is not taken for a record of another kind`() {
    let line = StateRecord.reduction(id: 12, remaining: 34, time: 56).line
    for count in 0..<(line.count - 2) {
      let cut = StateRecord(line: String(line.prefix(count)))
      #expect(cut == nil)
    }
  }

  @Test func `refusals name what is wrong`() throws {
    let (exchange, account) = Self.exchange(market: false)
    func refusal(_ order: NewOrder) -> OrderRefusal? {
      do throws(OrderRefusal) {
        _ = try exchange.place(order, account: account, at: Self.start)
        return nil
      } catch { return error }
    }
    #expect(refusal(Self.limit(.buy, 6_420_001, 100_000)) == .priceOffTick)
    #expect(refusal(Self.limit(.buy, 6_420_000, 10)) == .quantityTooSmall)
    #expect(refusal(Self.limit(.buy, 100_000, 1000)) == .notionalTooSmall)
    #expect(refusal(Self.limit(.sell, 6_420_000, 1_000_000_001)) == .insufficientFunds)
    #expect(refusal(Self.limit(.buy, 6_420_000, 5_000_000_000)) == .insufficientFunds)
    exchange.setStatus(.cancelOnly, of: 0)
    #expect(refusal(Self.limit(.buy, 6_420_000, 100_000)) == .cancelOnly)
    exchange.setStatus(.online, of: 0)
    var named = Self.limit(.buy, 6_000_000, 100_000)
    named.clientOrderID = "x"
    #expect(refusal(named) == nil)
    #expect(refusal(named) == .duplicateClientOrderID)
  }

  @Test func `a client order id may be used again once its order has closed`() throws {
    let (exchange, account) = Self.exchange(market: false)
    var order = Self.limit(.buy, 6_000_000, 100_000)
    order.clientOrderID = "x"
    let first = try exchange.place(order, account: account, at: Self.start)
    try exchange.cancel(first.id, account: account, at: Self.start)
    let second = try exchange.place(order, account: account, at: Self.start)
    #expect(exchange.order(account: account, clientOrderID: "x")?.id == second.id)
  }

  @Test func `a good till date order expires when its time has come`() throws {
    let (exchange, account) = Self.exchange(market: false)
    var order = Self.limit(.buy, 6_000_000, 100_000)
    order.expiresAt = Self.start + 5
    let placed = try exchange.place(order, account: account, at: Self.start)
    exchange.advance(to: Self.start + 4)
    #expect(exchange.order(id: placed.id)?.status == .open)
    exchange.advance(to: Self.start + 5)
    #expect(exchange.order(id: placed.id)?.status == .expired)
  }

  // MARK: Faults

  private func events(_ exchange: SimulatedExchange, _ time: Int64) -> (fills: Int, all: Int) {
    let events = exchange.drainUserEvents(at: time)
    let fills = events.count { event in
      if case .fill = event.kind { true } else { false }
    }
    return (fills, events.count)
  }

  private func tradedExchange(_ fault: Fault) throws -> SimulatedExchange {
    let (exchange, account) = Self.exchange(market: false)
    exchange.faults.add(fault)
    let other = exchange.openAccount("other")
    exchange.deposit(Amount(mantissa: Int64(10), scale: 0), of: "BTC", to: other)
    _ = try exchange.place(
      Self.limit(.sell, 6_420_000, 100_000), account: other, at: Self.start)
    _ = try exchange.place(
      Self.limit(.buy, 6_420_000, 100_000), account: account, at: Self.start)
    return exchange
  }

  @Test func `a duplicated fill is told twice and counted once`() throws {
    let exchange = try tradedExchange(Fault(.duplicateFills, count: 1))
    #expect(events(exchange, Self.start).fills == 3)
    #expect(exchange.fills.count == 2)
  }

  @Test func `late events come after their delay and not before`() throws {
    var fault = Fault(.lateFills)
    fault.milliseconds = 100
    let exchange = try tradedExchange(fault)
    #expect(events(exchange, Self.start).all == 0)
    #expect(events(exchange, Self.start + 99_000_000).all == 0)
    #expect(events(exchange, Self.start + 100_000_000).all == 7)
  }

  @Test func `a silent private stream loses events but not the fills`() throws {
    let exchange = try tradedExchange(Fault(.silentPrivateStream, until: Self.start + 10))
    #expect(events(exchange, Self.start).all == 0)
    #expect(exchange.fills.count == 2)
  }

  @Test func `a halt by fault refuses orders and cancels until it ends`() throws {
    let (exchange, account) = Self.exchange(market: false)
    let open = try exchange.place(
      Self.limit(.buy, 6_000_000, 100_000), account: account, at: Self.start)
    exchange.faults.add(Fault(.halted, until: Self.start + 10))
    #expect(throws: OrderRefusal.marketHalted) {
      try exchange.cancel(open.id, account: account, at: Self.start + 9)
    }
    #expect(throws: Never.self) {
      try exchange.cancel(open.id, account: account, at: Self.start + 10)
    }
  }

  @Test func `a counted fault strikes exactly so many times`() {
    var plan = FaultPlan()
    var fault = Fault(.serverErrorBefore, count: 2)
    fault.request = .orderEntry
    plan.add(fault)
    #expect(plan.take(.serverErrorBefore, at: 0, request: .query) == nil)
    #expect(plan.take(.serverErrorBefore, at: 0, request: .orderEntry) != nil)
    #expect(plan.take(.serverErrorBefore, at: 0, request: .orderEntry) != nil)
    #expect(plan.take(.serverErrorBefore, at: 0, request: .orderEntry) == nil)
  }
}
