import Journal
import RouterCore

/// A seeded run of a core over two venues, every step of which is kept.
///
/// Venues answer at once and partly by chance; what matters is that much of the core takes part.
final class RecordedRun {
  private(set) var steps: [RecordedStep] = []
  let configuration = CoreConfiguration.small(instance: 7)
  private var core: RouterCore
  private var outbox = Outbox()
  private var now = Timestamp(nanoseconds: 1_000_000_000_000)
  private var random: UInt64
  private var nextRequest: UInt64 = 1
  private var nextExecution = 1

  init(seed: UInt64, length: Int = 600) {
    random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    core = RouterCore(configuration)
    start()
    for _ in 0..<length { turn() }
    steps.append(RecordedStep(.recordingEnded(.closed), at: now))
  }

  private func draw(_ bound: Int) -> Int {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return Int(random % UInt64(bound))
  }

  // MARK: Steps

  private func record(
    _ input: RecordedStep.Input, _ body: (inout RouterCore, inout Outbox) -> Void
  ) {
    let mark = RecordedStep.Output.Mark(outbox)
    body(&core, &outbox)
    steps.append(
      RecordedStep(input, at: now, output: RecordedStep.Output(outbox, since: mark)))
  }

  private func process(_ event: Event, levels: [BookLevel] = []) {
    let now = now
    record(.event(RecordedEvent(event, levels: levels))) { core, outbox in
      core.process(event, levels: levels, at: now, into: &outbox)
    }
  }

  private func start() {
    let now = now
    record(.initialFact(.haltChanged(isHalted: false, at: now))) { core, _ in
      core.apply(.haltChanged(isHalted: false, at: now))
    }
    record(.epochStarted(1)) { core, outbox in core.startEpoch(1, at: now, into: &outbox) }
    for venue in 0..<2 { define(VenueID(UInt8(venue))) }
    process(.assetDefined(AssetDefinition(id: AssetID(0), name: ShortText(truncating: "USD"))))
    process(.assetDefined(AssetDefinition(id: AssetID(1), name: ShortText(truncating: "BTC"))))
    let instrument = Instrument(
      id: InstrumentID(0), base: AssetID(1), quote: AssetID(0), priceScale: 2, quantityScale: 4)
    process(
      .instrumentDefined(
        InstrumentDefinition(instrument: instrument, symbol: ShortText(truncating: "BTC-USD"))))
    for venue in 0..<2 { list(venue) }
    process(
      .riskLimitsChanged(
        RiskLimits(
          maximumOrderValue: Amount(mantissa: 1 << 100), maximumOpenParents: 50,
          collarBasisPoints: 500, maximumBookAgeMilliseconds: 60_000,
          maximumChildrenPerParent: 500)))
    record(.reconciliationBegun) { core, outbox in
      core.beginReconciliation(at: now, into: &outbox)
    }
    settle()
  }

  private func define(_ venue: VenueID) {
    process(
      .venueDefined(
        VenueDefinition(
          id: venue, name: ShortText(truncating: "venue\(venue.rawValue)"),
          absenceProofMilliseconds: 5000, holdsFee: true)))
  }

  private func list(_ index: Int) {
    process(
      .listingChanged(
        Listing(
          id: ListingID(UInt16(index)), venue: VenueID(UInt8(index)), instrument: InstrumentID(0),
          symbol: ShortText(truncating: "BTCUSD"), priceIncrement: Price(mantissa: 1),
          quantityIncrement: Quantity(mantissa: 1), minimumQuantity: Quantity(mantissa: 1),
          maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero, takerFee: .zero,
          makerFee: .zero, feeAsset: .quote, status: .trading)))
    for link in VenueLink.allCases {
      process(.linkChanged(VenueID(UInt8(index)), link, isUp: true))
    }
    for asset in 0..<2 {
      process(
        .balanceObserved(
          BalanceObservation(
            venue: VenueID(UInt8(index)), asset: AssetID(UInt16(asset)),
            available: Amount(mantissa: 1 << 90), total: Amount(mantissa: 1 << 90),
            observedAt: now)))
    }
    quote(index)
  }

  // MARK: A turn

  private func turn() {
    now = now.adding(milliseconds: Int64(draw(400)))
    if core.nextDeadline <= now { process(.clock) }
    if core.hasMarketChanges { process(.marketReview) }
    switch draw(10) {
    case 0...4: quote(draw(2))
    case 5: trade(draw(2))
    case 6...8: submit()
    default: cancel()
    }
    settle()
  }

  private func quote(_ index: Int) {
    let middle = Int64(10_000 + draw(40) - 20)
    let levels = [(middle - 5, 100), (middle - 9, 300), (middle + 5, 100), (middle + 11, 200)].map {
      BookLevel(price: Price(mantissa: $0.0), quantity: Quantity(mantissa: $0.1))
    }
    process(
      .book(
        BookUpdate(
          listing: ListingID(UInt16(index)), kind: .snapshot, bidStart: 0, bidCount: 2,
          askStart: 2, askCount: 2, subscribedDepth: 0, venueTime: now, receivedAt: now)),
      levels: levels)
  }

  private func trade(_ index: Int) {
    process(
      .trade(
        MarketTrade(
          listing: ListingID(UInt16(index)), price: Price(mantissa: Int64(9_990 + draw(20))),
          quantity: Quantity(mantissa: 1), venueTime: now, receivedAt: now)))
  }

  private func submit() {
    let side: Side = draw(2) == 0 ? .buy : .sell
    let type: OrderType = draw(3) == 0 ? .market : .limit
    let timeInForce: TimeInForce = draw(2) == 0 ? .immediateOrCancel : .goodTillCancel
    nextRequest += 1
    process(
      .newOrderSingle(
        NewOrderSingle(
          requestID: nextRequest, clientOrderID: ShortText(truncating: "o\(nextRequest)"),
          requestDigest: 1, instrument: InstrumentID(0), side: side, type: type,
          timeInForce: timeInForce, quantity: Quantity(mantissa: Int64(1 + draw(300))),
          limitPrice: type == .limit ? Price(mantissa: Int64(9_990 + draw(20))) : nil,
          stopPrice: nil, deadline: .distantFuture, maximumChildren: 8)))
  }

  private func cancel() {
    nextRequest += 1
    process(
      .orderCancelRequest(
        OrderCancelRequest(
          requestID: nextRequest, parent: ParentOrderID(UInt64(1 + draw(Int(nextRequest)))))))
  }

  /// Lets venues answer until the core wants no more.
  private func settle() {
    for _ in 0..<8 where !outbox.isEmpty {
      let commands = outbox.commands.map(\.command)
      outbox.removeAll()
      for command in commands { answer(command) }
    }
    outbox.removeAll()
    steps.append(RecordedStep(.turnEnded, at: now))
  }

  private func answer(_ command: VenueCommand) {
    switch command {
    case .newOrder(let order):
      guard release(order) else { return }
      report(.sent, order)
      report(.acknowledged, order)
      let part = order.quantity.mantissa * Int64(draw(5)) / 4
      if part > 0 { fill(order, Quantity(mantissa: min(part, order.quantity.mantissa))) }
      if order.timeInForce != .goodTillCancel && part < order.quantity.mantissa {
        report(.expired, order)
      }
    case .cancel(let child):
      process(
        .childReport(VenueExecutionReport(venue: child.venue, child: child.id, kind: .canceled)))
    case .query(let child):
      process(
        .childReport(VenueExecutionReport(venue: child.venue, child: child.id, kind: .stillOpen)))
    case .refreshBalances, .listOpenOrders: break
    }
  }

  private func release(_ order: NewChildOrder) -> Bool {
    let mark = RecordedStep.Output.Mark(outbox)
    let mayLeave = core.release(order, at: now, into: &outbox)
    steps.append(
      RecordedStep(
        .released(order, mayLeave: mayLeave), at: now,
        output: RecordedStep.Output(outbox, since: mark)))
    steps.append(
      RecordedStep(
        .askedAgain(order.id, mayLeave: core.mayStillLeave(order.id, at: now)), at: now))
    return mayLeave
  }

  private func report(_ kind: VenueExecutionReport.Kind, _ order: NewChildOrder) {
    process(.childReport(VenueExecutionReport(venue: order.venue, child: order.id, kind: kind)))
  }

  private func fill(_ order: NewChildOrder, _ quantity: Quantity) {
    var report = VenueExecutionReport(venue: order.venue, child: order.id, kind: .fill)
    report.executionID = ShortText(truncating: "e\(nextExecution)")
    report.lastQuantity = quantity
    report.lastPrice = order.limitPrice
    report.feeAsset = AssetID(0)
    report.venueTime = now
    nextExecution += 1
    process(.childReport(report))
  }
}
