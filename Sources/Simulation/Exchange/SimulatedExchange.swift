/// One simulated venue: books, accounts, orders and a market that trades, behind plain calls.
///
/// It has no clock: every call that needs one takes the venue's time in nanoseconds since 1970.
/// Confined to one thread.
package final class SimulatedExchange {
  /// Accounts that the venue itself needs, opened before any client's.
  package enum SystemAccount {
    package static let fees = 0
    /// The counterparty of every client's fill.
    package static let liquidity = 1
    package static let takers = 2
    package static let count = 3
  }

  package struct Options: Sendable {
    package var venue: String
    /// Shared by all venues, so that their prices agree.
    package var seed: UInt64 = 1
    package var instruments: [SimulatedInstrument]
    package var fees: FeePolicy
    package var holds = HoldPolicy()
    package var openOrderLimit = 200
    /// Whether a client order id of an open order is refused.
    package var refusesDuplicateOpenIDs = true
    /// Public trades kept per instrument.
    package var publicTradeHistory = 1000
    package var hasMarket = true

    package init(venue: String, instruments: [SimulatedInstrument], fees: FeePolicy) {
      self.venue = venue
      self.instruments = instruments
      self.fees = fees
    }
  }

  struct Market {
    var instrument: SimulatedInstrument
    var engine: MatchingEngine
    var synthetic: SyntheticMarket
    var baseAsset: Int
    var quoteAsset: Int
    var levelChanges: [LevelChange] = []
    var freshTrades: [PublicTrade] = []
    var trades: [PublicTrade] = []
  }

  package let options: Options
  package var faults = FaultPlan()
  package internal(set) var ledger: Ledger
  package internal(set) var accountNames: [String] = []
  /// Every client order ever, oldest first.
  package internal(set) var orders: [SimulatedOrder] = []
  /// Every client fill ever, oldest first.
  package internal(set) var fills: [SimulatedFill] = []
  /// Orders refused for want of funds, since this object was made.
  package internal(set) var shortages = 0
  var markets: [Market] = []
  var orderIndices = FlatTable<Int>(minimumCapacity: 1024)
  var clientIDIndices = TextTable<Int>()
  /// Indices into `orders`, oldest first.
  var openIndices: [Int] = []
  var nextOrderID: UInt64
  var matchEvents: [MatchEvent] = []
  var userEvents: [UserEvent] = []
  var heldEvents: [(due: Int64, event: UserEvent)] = []
  var records: [StateRecord] = []
  var requestCounts = TextTable<Int>()
  package internal(set) var seenClientIDs: [String] = []
  package internal(set) var now: Int64

  /// Opens the venue at a time; ids start from it, so that they grow over restarts.
  package init(options: Options, now: Int64) {
    self.options = options
    self.now = now
    var assets: [String] = []
    for instrument in options.instruments {
      for asset in [instrument.base, instrument.quote] where !assets.contains(asset) {
        assets.append(asset)
      }
    }
    ledger = Ledger(assets: assets)
    for _ in 0..<SystemAccount.count {
      _ = ledger.openAccount()
      accountNames.append("")
    }
    // Ten thousand ids a second since 2020 cannot be caught up with by a running venue.
    let firstID = UInt64(max(now / 100_000 - 15_778_368_000_000, 1))
    nextOrderID = firstID
    let venueSeed = options.seed ^ SeededRandom.hash(options.venue)
    markets = options.instruments.map { instrument in
      Market(
        instrument: instrument,
        engine: MatchingEngine(firstTradeID: firstID, sequence: firstID),
        synthetic: SyntheticMarket(
          shape: instrument.shape, sharedSeed: options.seed, venueSeed: venueSeed,
          symbol: instrument.symbol,
          referenceName: instrument.referenceName, tick: instrument.tick, lot: instrument.lot,
          priceScale: instrument.priceScale, quantityScale: instrument.quantityScale),
        baseAsset: assets.firstIndex(of: instrument.base) ?? 0,
        quoteAsset: assets.firstIndex(of: instrument.quote) ?? 0)
    }
  }

  // MARK: Instruments and market data

  package var instruments: [SimulatedInstrument] { markets.map(\.instrument) }
  package var instrumentCount: Int { markets.count }

  package func instrument(_ index: Int) -> SimulatedInstrument { markets[index].instrument }

  package func instrumentIndex(symbol: String) -> Int? {
    markets.firstIndex { $0.instrument.symbol == symbol }
  }

  package func setStatus(_ status: InstrumentStatus, of instrument: Int) {
    markets[instrument].instrument.status = status
  }

  /// The status in force, which a fault may override.
  package func status(of instrument: Int) -> InstrumentStatus {
    let own = markets[instrument].instrument
    return faults.isActive(.halted, at: now, symbol: own.symbol) ? .halted : own.status
  }

  package func levels(_ instrument: Int, _ side: OrderSide, depth: Int) -> [BookLevel] {
    markets[instrument].engine.levels(side, depth: depth)
  }

  /// The sequence of the book's last change.
  package func bookSequence(_ instrument: Int) -> UInt64 { markets[instrument].engine.sequence }

  /// The newest public trades, newest last.
  package func publicTrades(_ instrument: Int) -> [PublicTrade] { markets[instrument].trades }

  /// The price of the last trade, or the reference price before the first one.
  package func lastPrice(_ instrument: Int) -> Int64 {
    let market = markets[instrument]
    if let last = market.trades.last { return last.price }
    let steps =
      market.synthetic.referencePrice(at: now)
      * Double(Amount.powerOfTen(market.instrument.priceScale)) / Double(market.instrument.tick)
    return Int64(steps) * market.instrument.tick
  }

  /// What an order of this size would take from the book now.
  package func sweep(
    _ instrument: Int, _ side: OrderSide, quantity: Int64, limit: Int64 = 0
  ) -> (quantity: Int64, cost: Int128) {
    markets[instrument].engine.sweep(side, quantity: quantity, limit: limit)
  }

  /// The book's changes since the last call, oldest first.
  package func drainLevelChanges(_ instrument: Int) -> [LevelChange] {
    defer { markets[instrument].levelChanges.removeAll(keepingCapacity: true) }
    return markets[instrument].levelChanges
  }

  /// The public trades since the last call, oldest first.
  package func drainPublicTrades(_ instrument: Int) -> [PublicTrade] {
    defer { markets[instrument].freshTrades.removeAll(keepingCapacity: true) }
    return markets[instrument].freshTrades
  }

  // MARK: Time

  /// Lets the market act and expires what is due, up to `time`.
  package func advance(to time: Int64) {
    now = max(now, time)
    expireDueOrders()
    guard options.hasMarket else { return }
    for index in markets.indices where status(of: index) == .online {
      Self.step(&markets[index], to: time, into: &matchEvents)
      settleEvents(of: index)
    }
  }

  private static func step(
    _ market: inout Market, to time: Int64, into events: inout [MatchEvent]
  ) {
    market.synthetic.step(
      to: time, accounts: (maker: SystemAccount.liquidity, taker: SystemAccount.takers),
      engine: &market.engine, into: &events)
  }

  private func expireDueOrders() {
    for index in openIndices where orders[index].terms.expiresAt > 0 {
      guard orders[index].isOpen, orders[index].terms.expiresAt <= now else { continue }
      let instrument = orders[index].terms.instrument
      markets[instrument].engine.cancel(
        orders[index].id, reason: .expired, into: &matchEvents)
      settleEvents(of: instrument)
    }
  }

  // MARK: Account events

  /// What happened to clients' orders since the last call, oldest first, as the faults let it out.
  package func drainUserEvents(at time: Int64) -> [UserEvent] {
    now = max(now, time)
    let fresh = userEvents
    userEvents.removeAll(keepingCapacity: true)
    var out: [UserEvent] = []
    for event in fresh { release(event, into: &out) }
    guard !heldEvents.isEmpty else { return out }
    out = heldEvents.filter { $0.due <= now }.map(\.event) + out
    heldEvents.removeAll { $0.due <= now }
    return out
  }

  private func release(_ event: UserEvent, into out: inout [UserEvent]) {
    if faults.take(.silentPrivateStream, at: now) != nil { return }
    let symbol = markets[event.order.terms.instrument].instrument.symbol
    let copies = isFill(event) && faults.take(.duplicateFills, at: now) != nil ? 2 : 1
    let late = faults.take(.lateFills, at: now, symbol: symbol)
    for _ in 0..<copies {
      if let late {
        heldEvents.append((event.time + late.milliseconds * 1_000_000, event))
      } else {
        out.append(event)
      }
    }
  }

  private func isFill(_ event: UserEvent) -> Bool {
    guard case .fill = event.kind else { return false }
    return true
  }

  // MARK: Records

  /// What has to be stored so that a restarted venue knows all it knew.
  package func drainRecords() -> [StateRecord] {
    defer { records.removeAll(keepingCapacity: true) }
    return records
  }
}
