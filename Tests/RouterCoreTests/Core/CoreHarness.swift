import RouterCore

/// A core with three venues that list BTC-USD, driven one event at a time; keeps every fact.
///
/// Prices have two decimals, quantities four. Unless a test says otherwise fees are zero, balances
/// large, links up and books fresh.
final class CoreHarness {
  static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(1), quote: AssetID(0), priceScale: 2, quantityScale: 4)
  static let usd = AssetID(0)
  static let btc = AssetID(1)
  static let millisecond: Int64 = 1_000_000

  var core: RouterCore
  var now = Timestamp(nanoseconds: 1_000_000_000_000)
  /// Whether each book is followed by a review, as when nothing else is ready.
  var isReviewing = true
  var facts: [Fact] = []
  /// What the last step asked for.
  var commands: [VenueCommand] = []
  var replies: [ClientReply] = []
  var snapshotRequests: [ListingID] = []
  /// New orders that have not passed `release` yet.
  var unreleased: [NewChildOrder] = []
  private var outbox = Outbox()
  private var nextRequest: UInt64 = 1
  private var nextExecution = 1

  init(
    _ configuration: CoreConfiguration = .small(instance: 7), venues: Int = 3, isReady: Bool = true
  ) {
    core = RouterCore(configuration)
    core.startEpoch(1, at: now, into: &outbox)
    collect()
    for index in 0..<venues { define(venue: index) }
    process(.assetDefined(AssetDefinition(id: Self.usd, name: text("USD"))))
    process(.assetDefined(AssetDefinition(id: Self.btc, name: text("BTC"))))
    process(
      .instrumentDefined(
        InstrumentDefinition(instrument: Self.instrument, symbol: text("BTC-USD"))))
    for index in 0..<venues { process(.listingChanged(listing(index))) }
    process(.riskLimitsChanged(Self.limits))
    if isReady {
      for index in 0..<venues { makeReady(index) }
    }
  }

  static let limits = RiskLimits(
    maximumOrderValue: dollars(10_000_000), maximumOpenParents: 100, collarBasisPoints: 500,
    maximumBookAgeMilliseconds: 10_000, maximumChildrenPerParent: 1000)

  static func dollars(_ whole: Int) -> Amount {
    Amount(mantissa: Int128(whole) * 10_000_000_000_000_000)
  }

  private func define(venue index: Int) {
    process(
      .venueDefined(
        VenueDefinition(
          id: VenueID(UInt8(index)), name: text("venue\(index)"), absenceProofMilliseconds: 5000,
          holdsFee: true)))
  }

  func listing(_ index: Int) -> Listing {
    Listing(
      id: ListingID(UInt16(index)), venue: VenueID(UInt8(index)), instrument: InstrumentID(0),
      symbol: text("BTCUSD"), priceIncrement: Price(mantissa: 1),
      quantityIncrement: Quantity(mantissa: 1), minimumQuantity: Quantity(mantissa: 1),
      maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero, takerFee: .zero,
      makerFee: .zero, feeAsset: .quote, status: .trading)
  }

  func makeReady(_ index: Int) {
    for link in VenueLink.allCases {
      process(.linkChanged(VenueID(UInt8(index)), link, isUp: true))
    }
    balance(index, Self.usd, Self.dollars(100_000_000))
    balance(index, Self.btc, Self.dollars(100_000_000))
    book(index, bids: [(9_990, 100)], asks: [(10_010, 100)])
  }

  func text(_ string: String) -> ShortText { ShortText(truncating: string) }

  // Driving.

  func process(_ event: Event, levels: [BookLevel] = []) {
    core.process(event, levels: levels, at: now, into: &outbox)
    collect()
  }

  func collect() {
    facts += outbox.facts
    commands = outbox.commands.map(\.command)
    replies = outbox.replies.map(\.reply)
    snapshotRequests = outbox.snapshotRequests
    for command in commands {
      if case .newOrder(let order) = command { unreleased.append(order) }
    }
    outbox.removeAll()
  }

  var hasMarketChanges: Bool { core.hasMarketChanges }

  func book(
    _ index: Int, bids: [(Int64, Int64)], asks: [(Int64, Int64)],
    kind: BookUpdate.Kind = .snapshot, venueTime: Timestamp? = nil
  ) {
    let levels = (bids + asks).map {
      BookLevel(price: Price(mantissa: $0.0), quantity: Quantity(mantissa: $0.1))
    }
    let update = BookUpdate(
      listing: ListingID(UInt16(index)), kind: kind, bidStart: 0, bidCount: Int32(bids.count),
      askStart: Int32(bids.count), askCount: Int32(asks.count), subscribedDepth: 0,
      venueTime: venueTime ?? now, receivedAt: now)
    core.process(.book(update), levels: levels, at: now, into: &outbox)
    if isReviewing { core.process(.marketReview, at: now, into: &outbox) }
    collect()
  }

  func balance(_ index: Int, _ asset: AssetID, _ available: Amount, total: Amount? = nil) {
    process(
      .balanceObserved(
        BalanceObservation(
          venue: VenueID(UInt8(index)), asset: asset, available: available,
          total: total ?? available, observedAt: now)))
  }

  /// Changes what is assumed about a venue.
  func assume(_ index: Int, _ change: (inout VenueRouting) -> Void) {
    var routing = VenueRouting(venue: VenueID(UInt8(index)))
    change(&routing)
    process(.venueRoutingChanged(routing))
  }

  /// Limits what a venue may be asked.
  func throttle(
    _ index: Int, intervalMilliseconds: Int64, burst: UInt32, reserve: UInt16 = 0,
    isAdaptive: Bool = false
  ) {
    process(
      .venueThrottleChanged(
        VenueThrottle(
          venue: VenueID(UInt8(index)),
          intervalNanoseconds: intervalMilliseconds * Self.millisecond, burst: burst,
          cancelReserve: reserve, isAdaptive: isAdaptive)))
  }

  /// Lets time pass, with a clock event at every deadline; what they asked for is in `commands`.
  func pass(milliseconds: Int64) {
    let end = now.adding(milliseconds: milliseconds)
    var all: [VenueCommand] = []
    while core.nextDeadline <= end {
      now = max(now, core.nextDeadline)
      process(.clock)
      all += commands
    }
    now = end
    commands = all
  }

  // Clients.

  func order(
    _ id: String, _ quantity: Int64, side: Side = .buy, limit: Int64? = nil,
    timeInForce: TimeInForce = .goodTillCancel, type: OrderType? = nil,
    deadline: Timestamp = .distantFuture, maximumChildren: UInt8 = 0, digest: UInt64? = nil,
    stop: Int64? = nil, trigger: TriggerSource = .bidAsk, isPostOnly: Bool = false,
    allowsSplit: Bool = false, routing configure: (inout RoutingOptions) -> Void = { _ in }
  ) -> NewOrderSingle {
    nextRequest += 1
    var routing = RoutingOptions()
    routing.residual = .hold
    configure(&routing)
    return NewOrderSingle(
      requestID: nextRequest, clientOrderID: text(id),
      requestDigest: digest ?? UInt64(quantity), instrument: InstrumentID(0), side: side,
      type: type ?? (limit == nil ? .market : .limit), timeInForce: timeInForce,
      quantity: Quantity(mantissa: quantity), limitPrice: limit.map { Price(mantissa: $0) },
      stopPrice: stop.map { Price(mantissa: $0) }, deadline: deadline,
      maximumChildren: maximumChildren, routing: routing, trigger: trigger,
      isPostOnly: isPostOnly, allowsSplit: allowsSplit)
  }

  /// Submits and gives the parent's id, or `nil` if it was refused (see `replies`).
  @discardableResult
  func submit(_ order: NewOrderSingle) -> ParentOrderID? {
    process(.newOrderSingle(order))
    for reply in replies {
      if case .accepted(_, let parent) = reply { return parent }
    }
    return nil
  }

  func cancel(_ parent: ParentOrderID) {
    nextRequest += 1
    process(.orderCancelRequest(OrderCancelRequest(requestID: nextRequest, parent: parent)))
  }

  func replace(
    _ parent: ParentOrderID, quantity: Int64? = nil, limit: Int64? = nil, stop: Int64? = nil
  ) {
    nextRequest += 1
    process(
      .orderReplaceRequest(
        OrderReplaceRequest(
          requestID: nextRequest, parent: parent,
          quantity: quantity.map { Quantity(mantissa: $0) },
          limitPrice: limit.map { Price(mantissa: $0) },
          stopPrice: stop.map { Price(mantissa: $0) })))
  }

  func trade(_ index: Int, at price: Int64) {
    process(
      .trade(
        MarketTrade(
          listing: ListingID(UInt16(index)), price: Price(mantissa: price),
          quantity: Quantity(mantissa: 1), venueTime: now, receivedAt: now)))
  }

  var refusal: RejectReason? {
    for reply in replies {
      if case .refused(_, let reason) = reply { return reason }
    }
    return nil
  }

  // Venues.

  /// Passes every waiting order through the last gate and says that it was sent.
  @discardableResult
  func releaseAll(saySent: Bool = true) -> [NewChildOrder] {
    let waiting = unreleased
    unreleased = []
    var left: [NewChildOrder] = []
    for order in waiting where release(order) {
      left.append(order)
      if saySent { report(order, .sent) }
    }
    return left
  }

  func release(_ order: NewChildOrder) -> Bool {
    let passed = core.release(order, at: now, into: &outbox)
    collect()
    return passed
  }

  func report(
    _ order: NewChildOrder, _ kind: VenueExecutionReport.Kind,
    _ fill: (inout VenueExecutionReport) -> Void = { _ in }
  ) {
    var report = VenueExecutionReport(venue: order.venue, child: order.id, kind: kind)
    fill(&report)
    process(.childReport(report))
  }

  func acknowledge(_ order: NewChildOrder) {
    report(order, .acknowledged) { $0.venueOrderID = self.text("V\(order.id.child)") }
  }

  /// One execution; a new id unless one is given.
  func fill(_ order: NewChildOrder, _ quantity: Int64, at price: Int64? = nil, id: String? = nil) {
    nextExecution += 1
    let name = id ?? "X\(nextExecution)"
    report(order, .fill) {
      $0.executionID = self.text(name)
      $0.lastQuantity = Quantity(mantissa: quantity)
      $0.lastPrice = price.map { Price(mantissa: $0) } ?? order.limitPrice
      $0.feeAsset = Self.usd
    }
  }

  func expire(_ order: NewChildOrder, cumulative: Int64?) {
    report(order, .expired) { $0.cumulativeQuantity = cumulative.map { Quantity(mantissa: $0) } }
  }

  // Looking.

  func parent(_ id: ParentOrderID?) -> ParentOrder? { id.flatMap { core.parent($0) } }
  func child(_ order: NewChildOrder) -> ChildOrder? { core.child(order.id) }

  var queried: [ChildOrderID] {
    commands.compactMap {
      if case .query(let child) = $0 { return child.id }
      return nil
    }
  }

  var canceled: [ChildOrderID] {
    commands.compactMap {
      if case .cancel(let child) = $0 { return child.id }
      return nil
    }
  }

  /// The exclusions of the last plan.
  var lastExclusions: [Exclusion] { lastLegs.map(\.exclusion) }

  /// The legs of the last plan.
  var lastLegs: [PlanLeg] {
    var legs: [PlanLeg] = []
    for fact in facts {
      if case .planMade = fact { legs = [] }
      if case .planLeg(let leg) = fact { legs.append(leg) }
    }
    return legs
  }

  var lastPlan: PlanMade? {
    facts.reversed().lazy.compactMap { fact -> PlanMade? in
      if case .planMade(let plan) = fact { plan } else { nil }
    }.first
  }

  /// Every decision to rest so far.
  var rests: [RestPlanned] {
    facts.compactMap { if case .restPlanned(let rest) = $0 { rest } else { nil } }
  }

  /// A fresh core that has applied all facts so far.
  func recovered(_ configuration: CoreConfiguration = .small(instance: 7)) -> RouterCore {
    var core = RouterCore(configuration)
    for fact in facts { core.apply(fact) }
    return core
  }

  /// The process dies; a new core takes over from the facts and asks the venues.
  func restart() {
    let epoch = core.epoch + 1
    core = recovered()
    unreleased = []
    core.startEpoch(epoch, at: now, into: &outbox)
    core.beginReconciliation(at: now, into: &outbox)
    collect()
  }

  var recoveredHash: UInt64 { recovered().stateHash }
  var hash: UInt64 { core.stateHash }
}
