internal import Journal
internal import RouterCore

/// Runs the way of an order again and again in a market that does not exist.
///
/// A router that seldom has something to do finds its code gone from the processor's caches each
/// time. This one has a core, a log and books of its own, and nothing else: what it decides reaches
/// no journal, no venue and no client, and no live state is within its reach. It goes on by small
/// steps, between which whoever has real work leaves off.
final class Rehearsal {
  private enum Step: Int, CaseIterable {
    case market, order, write, release, report, end
  }

  private static let venueCount = 3
  private static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(1), quote: AssetID(0), priceScale: 4, quantityScale: 8)
  private static let lot: Int64 = 100_000
  private static let price: Int64 = 640_000_000

  private var core: RouterCore
  private var outbox = Outbox()
  private var effects = EffectQueue()
  private let log = ScratchLog()
  private var levels: [BookLevel] = []
  private var number: UInt64 = 0
  private var step = Step.market
  /// Children that are out.
  private var children: [NewChildOrder] = []
  /// How many children were let go in all.
  private(set) var releasedCount = 0
  /// How many ways were gone to their end.
  private(set) var completedCount = 0

  init(at now: Timestamp) {
    var configuration = CoreConfiguration.small(instance: 0)
    configuration.clientOrderIDRetentionMilliseconds = 0
    core = RouterCore(configuration)
    levels.reserveCapacity(16)
    children.reserveCapacity(16)
    core.startEpoch(1, at: now, into: &outbox)
    for event in Self.settings(at: now) { core.process(event, at: now, into: &outbox) }
    outbox.removeAll()
  }

  /// Whether the next step is the first one of an order.
  var isBetweenOrders: Bool { step == .market }

  /// Does the next step, which takes a few microseconds.
  func advance(at now: Timestamp) {
    switch step {
    case .market: moveMarket(now)
    case .order: core.process(.newOrderSingle(nextOrder()), at: now, into: &outbox)
    case .write: write()
    case .release: release(now)
    case .report: report(now)
    case .end: end(now)
    }
    step = Step(rawValue: step.rawValue + 1) ?? .market
  }

  // MARK: Steps

  private func moveMarket(_ now: Timestamp) {
    for venue in 0..<Self.venueCount {
      levels.removeAll(keepingCapacity: true)
      let shift = Int64(number % 7) * 100 + Int64(venue) * 300
      for place in 0..<Int64(4) { level(Self.price - shift - place * 1000 - 500) }
      for place in 0..<Int64(4) { level(Self.price - shift + place * 1000 + 500) }
      let update = BookUpdate(
        listing: ListingID(UInt16(venue)), kind: .snapshot, bidStart: 0, bidCount: 4, askStart: 4,
        askCount: 4, subscribedDepth: 0, venueTime: now, receivedAt: now)
      core.process(.book(update), levels: levels, at: now, into: &outbox)
    }
    core.process(.marketReview, at: now, into: &outbox)
  }

  private func level(_ price: Int64) {
    levels.append(
      BookLevel(price: Price(mantissa: price), quantity: Quantity(mantissa: 20 * Self.lot)))
  }

  private func nextOrder() -> NewOrderSingle {
    number += 1
    return NewOrderSingle(
      requestID: number, clientOrderID: ShortText(truncating: "r\(number)"),
      requestDigest: number, instrument: Self.instrument.id, side: number % 2 == 0 ? .buy : .sell,
      type: .market, timeInForce: .immediateOrCancel,
      quantity: Quantity(mantissa: Self.lot * Int64(1 + number % 3)), limitPrice: nil,
      stopPrice: nil, deadline: .distantFuture, maximumChildren: .max)
  }

  private func write() {
    // A log that forgets can not fail.
    try? effects.write(&outbox, to: log)
    outbox.removeAll()
  }

  private func release(_ now: Timestamp) {
    while let effect = effects.next(in: log) {
      guard case .execute(.newOrder(let order)) = effect,
        core.release(order, at: now, into: &outbox)
      else { continue }
      releasedCount += 1
      children.append(order)
    }
  }

  private func report(_ now: Timestamp) {
    for child in children {
      for kind in [VenueExecutionReport.Kind.sent, .acknowledged, .expired] {
        var report = VenueExecutionReport(venue: child.venue, child: child.id, kind: kind)
        report.cumulativeQuantity = .zero
        core.process(.childReport(report), at: now, into: &outbox)
      }
    }
    children.removeAll(keepingCapacity: true)
    write()
  }

  /// What is left is taken, whatever it is; the market closes for tonight.
  private func end(_ now: Timestamp) {
    if core.nextDeadline <= now { core.process(.clock, at: now, into: &outbox) }
    write()
    while effects.next(in: log) != nil {}
    completedCount += 1
  }

  // MARK: The market

  private static func settings(at now: Timestamp) -> [Event] {
    var events: [Event] = [
      .assetDefined(AssetDefinition(id: AssetID(0), name: ShortText(truncating: "USD"))),
      .assetDefined(AssetDefinition(id: AssetID(1), name: ShortText(truncating: "BTC"))),
    ]
    for index in 0..<venueCount { events += venue(VenueID(UInt8(index)), at: now) }
    events.append(
      .instrumentDefined(
        InstrumentDefinition(instrument: instrument, symbol: ShortText(truncating: "BTC-USD"))))
    for index in 0..<venueCount { events.append(.listingChanged(listing(index))) }
    events.append(
      .riskLimitsChanged(
        RiskLimits(
          maximumOrderValue: plenty, maximumOpenParents: 64, collarBasisPoints: 500,
          maximumBookAgeMilliseconds: 60_000, maximumChildrenPerParent: 100)))
    return events
  }

  private static let plenty = Amount(mantissa: Int128(1_000_000_000) * 10_000_000_000_000_000)

  private static func venue(_ venue: VenueID, at now: Timestamp) -> [Event] {
    let name = ShortText(truncating: "venue\(venue.index)")
    let definition = VenueDefinition(
      id: venue, name: name, absenceProofMilliseconds: 5000, holdsFee: true)
    let balances = [AssetID(0), AssetID(1)].map { asset in
      Event.balanceObserved(
        BalanceObservation(
          venue: venue, asset: asset, available: plenty, total: plenty, observedAt: now))
    }
    return [.venueDefined(definition), .venueThrottleChanged(.generous(venue))]
      + VenueLink.allCases.map { .linkChanged(venue, $0, isUp: true) } + balances
  }

  private static func listing(_ index: Int) -> Listing {
    Listing(
      id: ListingID(UInt16(index)), venue: VenueID(UInt8(index)), instrument: instrument.id,
      symbol: ShortText(truncating: "BTCUSD"), priceIncrement: Price(mantissa: 100),
      quantityIncrement: Quantity(mantissa: lot), minimumQuantity: Quantity(mantissa: lot),
      maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero, takerFee: .zero,
      makerFee: .zero, feeAsset: .quote, status: .trading)
  }
}
