import RouterCore

/// A router and its venues in virtual time: the same seeds give the same market, but for what our
/// own orders do to it.
struct MovingMarket: ~Copyable {
  static let dollar = AssetID(0)
  private static let coin = AssetID(1)
  private static let instrument = Instrument(
    id: InstrumentID(0), base: coin, quote: dollar, priceScale: UInt8(MovingVenue.priceScale),
    quantityScale: UInt8(MovingVenue.quantityScale))
  /// A step of the market, and how long an order or a cancel takes to a venue.
  private static let stepMilliseconds: Int64 = 25
  private static let fees = [
    MovingVenue.Fees(taker: 100_000, maker: 100_000),
    MovingVenue.Fees(taker: 80_000, maker: 20_000),
    MovingVenue.Fees(taker: 120_000, maker: 0),
  ]

  private(set) var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
  private(set) var fills: [FillRecorded] = []
  private var core: RouterCore
  private var outbox = Outbox()
  private var venues: [MovingVenue]
  /// What the core asked for and has not reached its venue.
  private var underway: [VenueCommand] = []
  private var nextRequest: UInt64 = 1

  init(seed: UInt64) {
    core = RouterCore(.small(instance: 1))
    venues = Self.fees.enumerated().map {
      MovingVenue(VenueID(UInt8($0.offset)), $0.element, seed: seed)
    }
    core.startEpoch(1, at: now, into: &outbox)
    define()
    outbox.removeAll()
  }

  private mutating func define() {
    for venue in venues {
      process(
        .venueDefined(
          VenueDefinition(
            id: venue.id, name: ShortText(truncating: "venue\(venue.id.index)"),
            absenceProofMilliseconds: 5000, holdsFee: true)))
    }
    process(.assetDefined(AssetDefinition(id: Self.dollar, name: ShortText(truncating: "USD"))))
    process(.assetDefined(AssetDefinition(id: Self.coin, name: ShortText(truncating: "BTC"))))
    process(
      .instrumentDefined(
        InstrumentDefinition(
          instrument: Self.instrument, symbol: ShortText(truncating: "BTC-USD"))))
    for venue in venues { define(venue) }
    process(
      .riskLimitsChanged(
        RiskLimits(
          maximumOrderValue: Amount(mantissa: powerOfTen(Amount.scale + 8)),
          maximumOpenParents: 100, collarBasisPoints: 500, maximumBookAgeMilliseconds: 10_000,
          maximumChildrenPerParent: 1000)))
  }

  private mutating func define(_ venue: MovingVenue) {
    process(
      .listingChanged(
        Listing(
          id: ListingID(UInt16(venue.id.index)), venue: venue.id, instrument: InstrumentID(0),
          symbol: ShortText(truncating: "BTCUSD"), priceIncrement: Price(mantissa: 10),
          quantityIncrement: Quantity(mantissa: 1000), minimumQuantity: Quantity(mantissa: 1000),
          maximumQuantity: Quantity(mantissa: .max), minimumNotional: .zero,
          takerFee: FeeRate(partsPerHundredMillion: venue.fees.taker),
          makerFee: FeeRate(partsPerHundredMillion: venue.fees.maker), feeAsset: .quote,
          status: .trading)))
    var routing = VenueRouting(venue: venue.id)
    routing.latencyNanoseconds = Self.stepMilliseconds * 1_000_000
    process(.venueRoutingChanged(routing))
    for link in VenueLink.allCases { process(.linkChanged(venue.id, link, isUp: true)) }
    let plenty = Amount(mantissa: powerOfTen(Amount.scale + 9))
    for asset in [Self.dollar, Self.coin] {
      process(
        .balanceObserved(
          BalanceObservation(
            venue: venue.id, asset: asset, available: plenty, total: plenty, observedAt: now)))
    }
  }

  /// Cut to what an amount can hold.
  static func fee(price: Int64, quantity: Int64, partsPerHundredMillion rate: Int64) -> Amount {
    let scale = powerOfTen(Amount.scale - instrument.notionalScale)
    return Amount(
      mantissa: Int128(price) * Int128(quantity) * Int128(rate) * scale / Int128(FeeRate.one))
  }

  // MARK: Driving

  /// Lets time pass; what is underway reaches its venue with the next step.
  mutating func run(milliseconds: Int64) {
    let end = now.adding(milliseconds: milliseconds)
    while now < end {
      now = now.adding(milliseconds: Self.stepMilliseconds)
      for index in venues.indices {
        venues[index].step(to: now).forEach { process(.childReport($0)) }
      }
      let arrived = underway
      underway = []
      arrived.forEach { execute($0) }
      for index in venues.indices { publish(index) }
      process(.marketReview)
      while core.nextDeadline <= now { process(.clock) }
    }
  }

  private mutating func process(_ event: Event, levels: [BookLevel] = []) {
    core.process(event, levels: levels, at: now, into: &outbox)
    collect()
  }

  private mutating func collect() {
    for fact in outbox.facts {
      if case .fillRecorded(let fill) = fact { fills.append(fill) }
    }
    underway += outbox.commands.map(\.command)
    outbox.removeAll()
  }

  private mutating func execute(_ command: VenueCommand) {
    let index = command.venue.index
    switch command {
    case .newOrder(let child):
      guard core.release(child, at: now, into: &outbox) else { return collect() }
      collect()
      process(.childReport(VenueExecutionReport(venue: child.venue, child: child.id, kind: .sent)))
      venues[index].place(child, at: now).forEach { process(.childReport($0)) }
    case .cancel(let child):
      venues[index].cancel(child.id, at: now).forEach { process(.childReport($0)) }
    default: break  // Balances are plenty, and no answer is lost.
    }
  }

  private mutating func publish(_ index: Int) {
    let bids = venues[index].levels(.buy)
    let asks = venues[index].levels(.sell)
    let update = BookUpdate(
      listing: ListingID(UInt16(index)), kind: .snapshot, bidStart: 0,
      bidCount: Int32(bids.count), askStart: Int32(bids.count), askCount: Int32(asks.count),
      subscribedDepth: 0, venueTime: now, receivedAt: now)
    let levels = (bids + asks).map {
      BookLevel(price: Price(mantissa: $0.price), quantity: Quantity(mantissa: $0.quantity))
    }
    process(.book(update), levels: levels)
  }

  // MARK: Orders

  /// The mean of the venues' middles, in units of the price scale.
  var middle: Double {
    let all = venues.compactMap(\.middle)
    return all.reduce(0, +) / Double(max(all.count, 1))
  }

  /// An order without limit that has a minute; `passive` milliseconds of it it may rest.
  mutating func submit(_ side: Side, _ quantity: Int64, passive: UInt32) {
    nextRequest += 1
    var routing = RoutingOptions()
    routing.residual = .hold
    if passive > 0 {
      routing.strategy = .priceImprovement
      routing.passiveMilliseconds = passive
    }
    process(
      .newOrderSingle(
        NewOrderSingle(
          requestID: nextRequest, clientOrderID: ShortText(truncating: "order\(nextRequest)"),
          requestDigest: nextRequest, instrument: InstrumentID(0), side: side, type: .market,
          timeInForce: .goodTillDate, quantity: Quantity(mantissa: quantity), limitPrice: nil,
          stopPrice: nil, deadline: now.adding(milliseconds: 60_000), maximumChildren: 0,
          routing: routing, trigger: .bidAsk, isPostOnly: false, allowsSplit: false)))
  }

  var openOrders: Int { core.openParentCount }
}
