import RouterCore

/// A core with as many venues, symbols, levels and standing orders as wanted, without sockets.
final class CoreSite {
  /// What the cost of a tick or of an order may depend on.
  struct Size: CustomStringConvertible {
    var venues = 3
    var symbols = 10
    var levels = 20
    /// Orders that wait for a price of one symbol, a tenth of them as stops.
    var parents = 0

    var description: String {
      "\(venues)-venues/\(symbols)-symbols/\(levels)-levels/\(parents)-parents"
    }
  }

  /// In units of a hundredth.
  private static let reference: Int64 = 6_420_000
  private static let lot: Int64 = 100_000
  private static let fee: Int64 = 100_000
  private static let dollar = AssetID(0)

  let size: Size
  private(set) var core: RouterCore
  private(set) var outbox = Outbox()
  private var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
  private var nextRequest: UInt64 = 1
  private var nextExecution: UInt64 = 1
  private var levels: [BookLevel] = []

  init(_ size: Size) {
    self.size = size
    var configuration = CoreConfiguration(instance: 1)
    configuration.openParentCapacity = 8192
    // Small enough to have been used all over when the measuring begins: no page is new then.
    configuration.parentCapacity = 8192
    configuration.childCapacity = 16_384
    configuration.fillCapacity = 16_384
    configuration.clientOrderIDCapacity = 65_536
    core = RouterCore(configuration)
    core.startEpoch(1, at: now, into: &outbox)
    define()
    for symbol in 0..<size.symbols {
      for venue in 0..<size.venues { publishWhole(venue, symbol) }
    }
    process(.marketReview)
    for index in 0..<size.parents { stand(index) }
    precondition(core.openParentCount == size.parents, "a standing order was refused")
    outbox.removeAll()
  }

  // MARK: Setting up

  private func define() {
    process(.assetDefined(AssetDefinition(id: Self.dollar, name: ShortText(truncating: "USD"))))
    for symbol in 0..<size.symbols { defineSymbol(symbol) }
    for venue in 0..<size.venues { defineVenue(VenueID(UInt8(venue))) }
    process(
      .riskLimitsChanged(
        RiskLimits(
          maximumOrderValue: Amount(mantissa: powerOfTen(Amount.scale + 8)),
          maximumOpenParents: 8192, collarBasisPoints: 3000,
          maximumBookAgeMilliseconds: 3_600_000, maximumChildrenPerParent: 1000)))
  }

  private func defineSymbol(_ symbol: Int) {
    let name = "C\(symbol)"
    let coin = AssetID(UInt16(symbol + 1))
    process(.assetDefined(AssetDefinition(id: coin, name: ShortText(truncating: name))))
    let instrument = Instrument(
      id: InstrumentID(UInt16(symbol)), base: coin, quote: Self.dollar, priceScale: 2,
      quantityScale: 8)
    process(
      .instrumentDefined(
        InstrumentDefinition(
          instrument: instrument, symbol: ShortText(truncating: "\(name)-USD"))))
  }

  private func defineVenue(_ venue: VenueID) {
    process(
      .venueDefined(
        VenueDefinition(
          id: venue, name: ShortText(truncating: "venue\(venue.index)"),
          absenceProofMilliseconds: 5000, holdsFee: true)))
    for symbol in 0..<size.symbols {
      process(
        .listingChanged(
          Listing(
            id: listing(venue.index, symbol), venue: venue,
            instrument: InstrumentID(UInt16(symbol)),
            symbol: ShortText(truncating: "C\(symbol)USD"), priceIncrement: Price(mantissa: 1),
            quantityIncrement: Quantity(mantissa: 1000),
            minimumQuantity: Quantity(mantissa: 1000), maximumQuantity: Quantity(mantissa: .max),
            minimumNotional: .zero, takerFee: FeeRate(partsPerHundredMillion: Self.fee),
            makerFee: FeeRate(partsPerHundredMillion: Self.fee), feeAsset: .quote,
            status: .trading)))
    }
    for link in VenueLink.allCases { process(.linkChanged(venue, link, isUp: true)) }
    let plenty = Amount(mantissa: powerOfTen(Amount.scale + 10))
    for asset in 0...size.symbols {
      process(
        .balanceObserved(
          BalanceObservation(
            venue: venue, asset: AssetID(UInt16(asset)), available: plenty, total: plenty,
            observedAt: now)))
    }
  }

  private func listing(_ venue: Int, _ symbol: Int) -> ListingID {
    ListingID(UInt16(symbol * size.venues + venue))
  }

  /// The venues' levels lie between each other's, so that a plan has to merge them.
  private func price(_ side: Side, _ step: Int, of venue: Int) -> Int64 {
    let distance = Int64(1 + step * size.venues + venue)
    return side == .buy ? Self.reference - distance : Self.reference + distance
  }

  private func publishWhole(_ venue: Int, _ symbol: Int) {
    var levels: [BookLevel] = []
    for side in [Side.buy, .sell] {
      for step in 0..<size.levels {
        levels.append(
          BookLevel(
            price: Price(mantissa: price(side, step, of: venue)),
            quantity: Quantity(mantissa: Self.lot)))
      }
    }
    let count = Int32(size.levels)
    let update = BookUpdate(
      listing: listing(venue, symbol), kind: .snapshot, bidStart: 0, bidCount: count,
      askStart: count, askCount: count, subscribedDepth: 0, venueTime: now, receivedAt: now)
    process(.book(update), levels: levels)
  }

  private func process(_ event: Event, levels: [BookLevel] = []) {
    now = Timestamp(nanoseconds: now.nanoseconds + 1000)
    core.process(event, levels: levels, at: now, into: &outbox)
  }

  /// An order that waits far from the market.
  private func stand(_ index: Int) {
    let side: Side = index % 2 == 0 ? .buy : .sell
    let isStop = index % 10 == 9
    // Sells wait above the market and stop below it, buys the other way round.
    let isAbove = (side == .sell) != isStop
    let far = Self.reference / 10 + Int64(index)
    let price = Price(mantissa: isAbove ? Self.reference + far : Self.reference - far)
    var routing = RoutingOptions()
    routing.residual = .hold
    process(
      order(
        side, isStop ? .stop : .limit, .goodTillCancel, limit: isStop ? nil : price,
        stop: isStop ? price : nil, symbol: 0, quantity: 2 * Self.lot, routing: routing))
  }

  private func order(
    _ side: Side, _ type: OrderType, _ timeInForce: TimeInForce, limit: Price?, stop: Price?,
    symbol: Int, quantity: Int64, routing: RoutingOptions
  ) -> Event {
    nextRequest += 1
    return .newOrderSingle(
      NewOrderSingle(
        requestID: nextRequest, clientOrderID: ShortText(truncating: "o\(nextRequest)"),
        requestDigest: nextRequest, instrument: InstrumentID(UInt16(symbol)), side: side,
        type: type, timeInForce: timeInForce, quantity: Quantity(mantissa: quantity),
        limitPrice: limit, stopPrice: stop, deadline: .distantFuture, maximumChildren: 0,
        routing: routing, trigger: .bidAsk, isPostOnly: false, allowsSplit: false))
  }

  // MARK: What is measured

  /// One message that changes one level near the touch of a book of the first symbol, and the
  /// review after it.
  func tick(_ call: Int) -> UInt64 {
    let update = BookUpdate(
      listing: listing(call % size.venues, 0), kind: .delta, bidStart: 0,
      bidCount: 1, askStart: 1, askCount: 0, subscribedDepth: 0, venueTime: now, receivedAt: now)
    process(.book(update), levels: levels)
    process(.marketReview)
    return UInt64(outbox.facts.count)
  }

  func prepareTick(_ call: Int) {
    outbox.removeAll()
    let step = (call * 7) % min(size.levels, 4)
    levels = [
      BookLevel(
        price: Price(mantissa: price(.buy, step, of: call % size.venues)),
        quantity: Quantity(mantissa: Self.lot + Int64(call % 5) * 1000))
    ]
  }

  private var request: Event?

  /// The decision on an order of three lots at the market: risk, plan, children.
  func submit() -> UInt64 {
    guard let request else { return 0 }
    process(request)
    return UInt64(outbox.facts.count)
  }

  /// Ends the children of the last order, and writes the next one.
  func prepareOrder(_ call: Int) {
    endChildren()
    outbox.removeAll()
    request = order(
      call % 2 == 0 ? .buy : .sell, .market, .immediateOrCancel, limit: nil, stop: nil,
      symbol: call % size.symbols, quantity: 3 * Self.lot, routing: RoutingOptions())
  }

  /// A price that reaches the limit of an order which waited, and the review that sends it.
  func strike(_ call: Int) -> UInt64 {
    cross(quantity: Self.lot)
    process(.marketReview)
    return UInt64(outbox.commands.count)
  }

  /// Ends the children of the last order, takes the price away that has struck it, and lets the next
  /// one wait.
  func prepareStrike(_ call: Int) {
    precondition(call == 0 || !outbox.commands.isEmpty, "no order was struck")
    endChildren()
    cross(quantity: 0)
    process(.marketReview)
    var routing = RoutingOptions()
    routing.residual = .hold
    process(
      order(
        .buy, .limit, .goodTillCancel, limit: Price(mantissa: Self.reference), stop: nil,
        symbol: 0, quantity: Self.lot, routing: routing))
    outbox.removeAll()
  }

  /// Changes the level between the best bid and the best ask of the first venue.
  private func cross(quantity: Int64) {
    // In place, so that no array is made in what is timed.
    levels.removeAll(keepingCapacity: true)
    levels.append(
      BookLevel(price: Price(mantissa: Self.reference), quantity: Quantity(mantissa: quantity)))
    let update = BookUpdate(
      listing: listing(0, 0), kind: .delta, bidStart: 0, bidCount: 0, askStart: 0, askCount: 1,
      subscribedDepth: 0, venueTime: now, receivedAt: now)
    process(.book(update), levels: levels)
  }

  private func endChildren() {
    let commands = outbox.commands.map(\.command)
    for case .newOrder(let child) in commands {
      guard core.release(child, at: now, into: &outbox) else { continue }
      process(.childReport(VenueExecutionReport(venue: child.venue, child: child.id, kind: .sent)))
      var fill = VenueExecutionReport(venue: child.venue, child: child.id, kind: .fill)
      fill.executionID = ShortText(truncating: "x\(nextExecution)")
      nextExecution += 1
      fill.lastQuantity = child.quantity
      fill.lastPrice = child.limitPrice
      fill.feeAsset = Self.dollar
      process(.childReport(fill))
      process(
        .childReport(VenueExecutionReport(venue: child.venue, child: child.id, kind: .filled)))
    }
    precondition(core.openParentCount == size.parents, "an order stays open")
  }
}
