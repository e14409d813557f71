import RouterCore
import Simulation

/// One venue of a market that moves: a matching engine with seeded makers and takers, and us.
struct MovingVenue {
  /// Parts per hundred million.
  struct Fees {
    var taker: Int64
    var maker: Int64
  }

  private enum Account {
    static let maker = 0
    static let taker = 1
    static let ours = 2
  }

  let id: VenueID
  let fees: Fees
  private var engine = MatchingEngine()
  private var market: SyntheticMarket
  private var events: [MatchEvent] = []
  /// Our orders by the engine's id.
  private var ours: [UInt64: NewChildOrder] = [:]
  /// What they have filled.
  private var filled: [UInt64: Int64] = [:]
  private var nextID: UInt64 = 1

  static let priceScale = 2
  static let quantityScale = 8
  private static let depth = 40
  /// How often a second others trade: enough that something happens to what rests.
  private static let tradesPerSecond = 4.0
  private static let tradeNotional = 4000.0

  init(_ id: VenueID, _ fees: Fees, seed: UInt64) {
    self.id = id
    self.fees = fees
    var shape = MarketShape(referencePrice: 64_200)
    shape.tradesPerSecond = Self.tradesPerSecond
    shape.tradeNotional = Self.tradeNotional
    shape.spreadBasisPoints = 1
    market = SyntheticMarket(
      shape: shape, sharedSeed: seed, venueSeed: seed &* 31 &+ UInt64(id.index) &+ 1,
      symbol: "BTC-USD", referenceName: "BTC-USD", tick: 10, lot: 1000,
      priceScale: Self.priceScale, quantityScale: Self.quantityScale)
  }

  /// Lets the others act; what they did to our orders.
  mutating func step(to time: Timestamp) -> [VenueExecutionReport] {
    events.removeAll(keepingCapacity: true)
    market.step(
      to: time.nanoseconds, accounts: (Account.maker, Account.taker), engine: &engine,
      into: &events)
    return reports(at: time)
  }

  /// The levels of a side, best first.
  func levels(_ side: Side) -> [(price: Int64, quantity: Int64)] {
    engine.levels(side == .buy ? .buy : .sell, depth: Self.depth).map { ($0.price, $0.quantity) }
  }

  /// The middle of bid and ask in the engine's units.
  var middle: Double? {
    guard let bid = engine.bestBid, let ask = engine.bestAsk else { return nil }
    return Double(bid.price + ask.price) / 2
  }

  mutating func place(_ child: NewChildOrder, at time: Timestamp) -> [VenueExecutionReport] {
    events.removeAll(keepingCapacity: true)
    let id = nextID
    nextID += 1
    ours[id] = child
    var order = EngineOrder(
      id: id, account: Account.ours, side: child.side == .buy ? .buy : .sell,
      price: child.limitPrice.mantissa, quantity: child.quantity.mantissa)
    order.lifetime =
      switch child.timeInForce {
      case .immediateOrCancel: .immediateOrCancel
      case .fillOrKill: .fillOrKill
      case .goodTillCancel, .goodTillDate: .goodTillCancel
      }
    order.isPostOnly = child.isPostOnly
    engine.submit(order, into: &events)
    let reports = reports(at: time)
    if reports.contains(where: { $0.kind == .fill }) {
      market.clientTook(child.side == .buy ? .sell : .buy, at: time.nanoseconds)
    }
    return reports
  }

  mutating func cancel(_ child: ChildOrderID, at time: Timestamp) -> [VenueExecutionReport] {
    events.removeAll(keepingCapacity: true)
    guard let id = ours.first(where: { $0.value.id == child })?.key else { return [] }
    engine.cancel(id, into: &events)
    return reports(at: time)
  }

  private mutating func reports(at time: Timestamp) -> [VenueExecutionReport] {
    var reports: [VenueExecutionReport] = []
    for event in events {
      switch event {
      case .trade(let trade):
        if let child = ours[trade.takerID] {
          filled[trade.takerID, default: 0] += trade.quantity
          reports.append(fill(child, trade, .taker, time))
        }
        if let child = ours[trade.makerID] {
          filled[trade.makerID, default: 0] += trade.quantity
          reports.append(fill(child, trade, .maker, time))
        }
      case .rested(let id, _): append(.acknowledged, id, time, to: &reports)
      case .rejected(let id, _):
        append(.rejected, id, time, to: &reports)
        ours[id] = nil
      case .done(let id, let reason, _):
        append(Self.kind(reason), id, time, to: &reports)
        ours[id] = nil
      case .accepted, .reduced, .level: break
      }
    }
    return reports
  }

  private static func kind(_ reason: CloseReason) -> VenueExecutionReport.Kind {
    switch reason {
    case .filled: .filled
    case .canceledByUser: .canceled
    default: .expired
    }
  }

  private func append(
    _ kind: VenueExecutionReport.Kind, _ id: UInt64, _ time: Timestamp,
    to reports: inout [VenueExecutionReport]
  ) {
    guard let child = ours[id] else { return }
    var report = VenueExecutionReport(venue: self.id, child: child.id, kind: kind)
    report.venueTime = time
    if kind != .acknowledged { report.cumulativeQuantity = Quantity(mantissa: filled[id] ?? 0) }
    if kind == .rejected { report.rejectReason = .postOnlyWouldTake }
    reports.append(report)
  }

  private func fill(
    _ child: NewChildOrder, _ trade: EngineTrade, _ liquidity: Liquidity, _ time: Timestamp
  ) -> VenueExecutionReport {
    var report = VenueExecutionReport(venue: id, child: child.id, kind: .fill)
    report.executionID = ShortText(truncating: "\(trade.tradeID)")
    report.lastQuantity = Quantity(mantissa: trade.quantity)
    report.lastPrice = Price(mantissa: trade.price)
    report.liquidity = liquidity
    report.feeAsset = MovingMarket.dollar
    let rate = liquidity == .maker ? fees.maker : fees.taker
    report.fee = MovingMarket.fee(
      price: trade.price, quantity: trade.quantity, partsPerHundredMillion: rate)
    report.venueTime = time
    return report
  }
}
