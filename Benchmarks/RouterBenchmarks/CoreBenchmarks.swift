import RouterCore

/// What the core decides on the way of an order: a request that is sent at once, and a change of a
/// book that makes an order marketable; both make one child.
enum CoreBenchmarks {
  private static let calls = 3000

  static func run(_ benchmarker: inout Benchmarker) {
    guard benchmarker.wants("core/request") || benchmarker.wants("core/tick") else { return }
    let bench = CoreBench()
    benchmarker.measure("core/request", calls: calls, prepare: { _ in bench.settle() }) { _ in
      bench.request(limit: CoreBench.ask, .immediateOrCancel)
    }
    precondition(bench.sent > 0 || !benchmarker.wants("core/request"), "no request made a child")
    let before = bench.sent
    let prepare = { (_: Int) in
      bench.settle()
      _ = bench.request(limit: CoreBench.ask - 5, .goodTillCancel)
    }
    benchmarker.measure("core/tick", calls: calls, prepare: prepare) { _ in
      bench.cheapen()
    }
    precondition(bench.sent > before || !benchmarker.wants("core/tick"), "no tick made a child")
  }
}

/// A core with three venues, driven without a service around it.
private final class CoreBench {
  static let ask: Int64 = 10_010
  private static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(1), quote: AssetID(0), priceScale: 2, quantityScale: 4)

  private(set) var sent = 0
  private var core = RouterCore(.small(instance: 7))
  private var outbox = Outbox()
  private var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
  private var number: UInt64 = 0
  /// Made before the call that is measured.
  private var clientOrderID = ShortText()
  private var under: NewChildOrder?
  private let dear: [BookLevel]
  private let cheap: [BookLevel]

  init() {
    func level(_ price: Int64) -> BookLevel {
      BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: 1000))
    }
    dear = (0..<10).map { level(Self.ask - 20 - $0) } + (0..<10).map { level(Self.ask + $0) }
    cheap = [level(Self.ask - 10)]
    core.startEpoch(1, at: now, into: &outbox)
    for index in 0..<3 { define(index) }
    process(
      .riskLimitsChanged(
        RiskLimits(
          maximumOrderValue: Amount(mantissa: powerOfTen(Amount.scale + 8)),
          maximumOpenParents: 100, collarBasisPoints: 500, maximumBookAgeMilliseconds: 10_000,
          maximumChildrenPerParent: 1000)))
    outbox.removeAll()
  }

  /// Submits an order; what it leads to is left in the outbox.
  func request(limit: Int64, _ timeInForce: TimeInForce) -> UInt64 {
    number += 1
    var routing = RoutingOptions()
    routing.residual = .hold
    process(
      .newOrderSingle(
        NewOrderSingle(
          requestID: number, clientOrderID: clientOrderID, requestDigest: number,
          instrument: InstrumentID(0), side: .buy, type: .limit, timeInForce: timeInForce,
          quantity: Quantity(mantissa: 300), limitPrice: Price(mantissa: limit), stopPrice: nil,
          deadline: .distantFuture, maximumChildren: 0, routing: routing)))
    return UInt64(outbox.commands.count)
  }

  /// A better price at one venue, and the review that follows it.
  func cheapen() -> UInt64 {
    book(0, cheap, bids: 0, .delta)
    process(.marketReview)
    return UInt64(outbox.commands.count)
  }

  /// Fills what was sent, and begins again two hours later with fresh books.
  func settle() {
    for pending in outbox.commands {
      if case .newOrder(let order) = pending.command { under = order }
    }
    outbox.removeAll()
    if let order = under { fill(order) }
    under = nil
    clientOrderID = name(number + 1)
    now = now.adding(milliseconds: 7_200_000)
    while core.nextDeadline <= now { process(.clock) }
    for index in 0..<3 { book(index, dear, bids: 10, .snapshot) }
    process(.marketReview)
    outbox.removeAll()
  }

  private func fill(_ order: NewChildOrder) {
    guard core.release(order, at: now, into: &outbox) else { return }
    sent += 1
    process(.childReport(VenueExecutionReport(venue: order.venue, child: order.id, kind: .sent)))
    var report = VenueExecutionReport(venue: order.venue, child: order.id, kind: .fill)
    report.executionID = name(order.id.parent.rawValue)
    report.lastQuantity = order.quantity
    report.lastPrice = order.limitPrice
    report.feeAsset = AssetID(0)
    process(.childReport(report))
  }

  /// A name from a number, without text.
  private func name(_ number: UInt64) -> ShortText {
    ShortText((0..<8).map { UInt8(ascii: "a") + UInt8(number >> UInt64(4 * $0) & 15) })
      ?? ShortText()
  }

  private func process(_ event: Event, levels: [BookLevel] = []) {
    core.process(event, levels: levels, at: now, into: &outbox)
  }

  private func book(_ venue: Int, _ levels: [BookLevel], bids: Int32, _ kind: BookUpdate.Kind) {
    let update = BookUpdate(
      listing: ListingID(UInt16(venue)), kind: kind, bidStart: 0, bidCount: bids, askStart: bids,
      askCount: Int32(levels.count) - bids, subscribedDepth: 0, venueTime: now, receivedAt: now)
    process(.book(update), levels: levels)
  }

  private func define(_ index: Int) {
    let venue = VenueID(UInt8(index))
    process(
      .venueDefined(
        VenueDefinition(
          id: venue, name: name(UInt64(index)), absenceProofMilliseconds: 5000, holdsFee: true)))
    if index == 0 {
      for asset in 0..<2 {
        process(
          .assetDefined(
            AssetDefinition(id: AssetID(UInt16(asset)), name: name(UInt64(asset)))))
      }
      process(
        .instrumentDefined(
          InstrumentDefinition(instrument: Self.instrument, symbol: name(1))))
    }
    process(
      .listingChanged(
        Listing(
          id: ListingID(UInt16(index)), venue: venue, instrument: InstrumentID(0),
          symbol: name(1), priceIncrement: Price(mantissa: 1),
          quantityIncrement: Quantity(mantissa: 1), minimumQuantity: Quantity(mantissa: 1),
          maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero, takerFee: .zero,
          makerFee: .zero, feeAsset: .quote, status: .trading)))
    for link in VenueLink.allCases { process(.linkChanged(venue, link, isUp: true)) }
    let plenty = Amount(mantissa: powerOfTen(Amount.scale + 9))
    for asset in 0..<2 {
      process(
        .balanceObserved(
          BalanceObservation(
            venue: venue, asset: AssetID(UInt16(asset)), available: plenty, total: plenty,
            observedAt: now)))
    }
  }
}
