internal import RouterCore

extension FieldReader {
  /// Reads a fact; its fields in the order of `FieldWriter.fact`.
  ///
  /// What a type's own precondition forbids is refused here, so that no journal can trap.
  mutating func fact(_ type: FactType, _ version: UInt8) throws(FactFault) -> Fact {
    switch type {
    case .epochStarted: .epochStarted(epoch: try integer(), at: try timestamp())
    case .venueDefined: .venueDefined(try venueDefinition())
    case .assetDefined: .assetDefined(AssetDefinition(id: try assetID(), name: try text()))
    case .instrumentDefined: .instrumentDefined(try instrumentDefinition())
    case .listingChanged: .listingChanged(try listing())
    case .riskLimitsChanged: .riskLimitsChanged(try riskLimits())
    case .haltChanged: .haltChanged(isHalted: try bool(), at: try timestamp())
    case .venueHaltChanged:
      .venueHaltChanged(
        try venueID(), isHalted: try bool(), reason: try value(), at: try timestamp())
    case .venueRoutingChanged: .venueRoutingChanged(try venueRouting())
    case .venueThrottleChanged: .venueThrottleChanged(try venueThrottle())
    case .venueMaintenanceChanged: .venueMaintenanceChanged(try venueMaintenance())
    case .throttleEngaged: .throttleEngaged(try throttleEngaged())
    case .parentAccepted: .parentAccepted(try parentAccepted(version))
    case .parentRefused: .parentRefused(try parentRefused())
    case .planMade: .planMade(try planMade(version))
    case .planLeg: .planLeg(try planLeg(version))
    case .restPlanned: .restPlanned(try restPlanned())
    case .parentTriggered: .parentTriggered(try parentTriggered())
    case .parentReplaceRequested: .parentReplaceRequested(try parentReplacement())
    case .parentReplaced: .parentReplaced(try parentReplacement())
    case .parentCancelRequested: .parentCancelRequested(try parentID(), at: try timestamp())
    case .parentClosed: .parentClosed(try parentClosed())
    case .childIntended: .childIntended(try childIntended(version))
    case .childSent: .childSent(try childID(), at: try timestamp())
    case .childAbandoned: .childAbandoned(try childID(), try value(), at: try timestamp())
    case .childAcknowledged:
      .childAcknowledged(try childID(), venueOrderID: try text(), at: try timestamp())
    case .childUnknown: .childUnknown(try childID(), at: try timestamp())
    case .cancelIntended: .cancelIntended(try childID(), at: try timestamp())
    case .fillRecorded: .fillRecorded(try fillRecorded())
    case .childClosed: .childClosed(try childClosed())
    case .positionCarried:
      .positionCarried(
        PositionCarried(venue: try venueID(), asset: try assetID(), amount: try amount()))
    case .requestRemembered: .requestRemembered(try requestEntry())
    case .parentsForgotten:
      .parentsForgotten(
        ParentsForgotten(
          lastParent: try parentID().rawValue, lastForgotten: try parentID().rawValue))
    case .executionsCarried: .executionsCarried(count: try integer())
    case .orphanFound: .orphanFound(try orphanFound())
    case .orphanAdopted: .orphanAdopted(try childID(), at: try timestamp())
    case .venueBreakerChanged: .venueBreakerChanged(try venueBreaker())
    case .breakerChanged: .breakerChanged(try breakerTransition())
    }
  }

  private mutating func venueDefinition() throws(FactFault) -> VenueDefinition {
    VenueDefinition(
      id: try venueID(), name: try text(), absenceProofMilliseconds: try integer(),
      holdsFee: try bool())
  }

  private mutating func instrumentDefinition() throws(FactFault) -> InstrumentDefinition {
    let id = InstrumentID(try integer())
    let base = try assetID()
    let quote = try assetID()
    let priceScale: UInt8 = try integer()
    let quantityScale: UInt8 = try integer()
    guard Int(priceScale) + Int(quantityScale) <= Amount.scale else { throw .outOfRange }
    return InstrumentDefinition(
      instrument: Instrument(
        id: id, base: base, quote: quote, priceScale: priceScale, quantityScale: quantityScale),
      symbol: try text())
  }

  private mutating func listing() throws(FactFault) -> Listing {
    let id = try listingID()
    let venue = try venueID()
    let instrument = InstrumentID(try integer())
    let symbol = try text()
    let priceIncrement = try price()
    let quantityIncrement = try quantity()
    guard priceIncrement > .zero, quantityIncrement > .zero else { throw .outOfRange }
    return Listing(
      id: id, venue: venue, instrument: instrument, symbol: symbol, priceIncrement: priceIncrement,
      quantityIncrement: quantityIncrement, minimumQuantity: try quantity(),
      maximumQuantity: try quantity(), minimumNotional: Notional(mantissa: try integer()),
      takerFee: FeeRate(partsPerHundredMillion: try integer()),
      makerFee: FeeRate(partsPerHundredMillion: try integer()), feeAsset: try value(),
      status: try value())
  }

  private mutating func riskLimits() throws(FactFault) -> RiskLimits {
    RiskLimits(
      maximumOrderValue: try amount(), maximumOpenParents: try integer(),
      collarBasisPoints: try integer(), maximumBookAgeMilliseconds: try integer(),
      maximumChildrenPerParent: try integer())
  }

  private mutating func venueRouting() throws(FactFault) -> VenueRouting {
    VenueRouting(
      venue: try venueID(), latencyNanoseconds: try integer(),
      clockOffsetNanoseconds: try integer(), fillProbability: try integer(),
      fadePerSecond: try integer(), adverseMove: try feeRate(), touchTurnover: try integer())
  }

  private mutating func venueBreaker() throws(FactFault) -> VenueBreakerSettings {
    VenueBreakerSettings(
      venue: try venueID(), isEnabled: try bool(), windowCalls: try integer(),
      windowSeconds: try integer(), minimumCalls: try integer(), failureRate: try integer(),
      slowCallRate: try integer(), slowCallMilliseconds: try integer(),
      timeoutMilliseconds: try integer(), openMilliseconds: try integer(),
      openCapMilliseconds: try integer(), halfOpenProbes: try integer())
  }

  private mutating func breakerTransition() throws(FactFault) -> BreakerTransition {
    BreakerTransition(
      venue: try venueID(), operation: try value(), from: try value(), to: try value(),
      counts: CallCounts(
        calls: try integer(), failures: try integer(), slowCalls: try integer()),
      lastFailure: try value(), until: try timestamp(), trips: try integer(), at: try timestamp())
  }

  private mutating func parentAccepted(_ version: UInt8) throws(FactFault) -> ParentAccepted {
    var accepted = ParentAccepted(
      id: try parentID(), order: try newOrder(), effectiveLimit: try price(),
      arrivalBid: try price(), arrivalAsk: try price(), at: try timestamp())
    if version >= 2 { accepted.order.routing = try routingOptions() }
    // What could not be taken stayed in the router.
    accepted.order.routing.residual = .hold
    guard version >= 3 else { return accepted }
    accepted.order.routing.residual = try value()
    accepted.order.routing.overRouting = try integer()
    accepted.order.trigger = try value()
    accepted.order.isPostOnly = try bool()
    accepted.order.allowsSplit = try bool()
    return accepted
  }

  private mutating func routingOptions() throws(FactFault) -> RoutingOptions {
    var options = RoutingOptions()
    options.strategy = try value()
    options.usesExpectedCost = try bool()
    options.arrival = try value()
    options.maximumParticipation = try integer()
    options.maximumChildQuantity = try quantity()
    options.sizeJitter = try integer()
    options.jitterTolerance = try integer()
    options.waveIntervalMilliseconds = try integer()
    options.passiveMilliseconds = try integer()
    return options
  }

  private mutating func newOrder() throws(FactFault) -> NewOrderSingle {
    NewOrderSingle(
      requestID: try integer(), clientOrderID: try text(), requestDigest: try integer(),
      instrument: InstrumentID(try integer()), side: try value(), type: try value(),
      timeInForce: try value(), quantity: try quantity(), limitPrice: try optionalPrice(),
      stopPrice: try optionalPrice(), deadline: try timestamp(), maximumChildren: try integer())
  }

  private mutating func parentTriggered() throws(FactFault) -> ParentTriggered {
    ParentTriggered(
      parent: try parentID(), price: try price(), confirmingVenues: try integer(),
      usableVenues: try integer(), effectiveLimit: try price(), deadline: try timestamp(),
      at: try timestamp())
  }

  private mutating func parentReplacement() throws(FactFault) -> ParentReplacement {
    ParentReplacement(
      parent: try parentID(), quantity: try quantity(), limitPrice: try optionalPrice(),
      stopPrice: try optionalPrice(), effectiveLimit: try price(), at: try timestamp())
  }

  private mutating func requestEntry() throws(FactFault) -> ClientOrderMemory.Entry {
    ClientOrderMemory.Entry(
      clientOrderID: try text(), requestDigest: try integer(),
      parent: try bool() ? try parentID() : nil, reason: try value(), at: try timestamp())
  }

  private mutating func parentRefused() throws(FactFault) -> ParentRefused {
    ParentRefused(
      clientOrderID: try text(), requestDigest: try integer(), reason: try value(),
      at: try timestamp())
  }

  /// The first version minimised the cost of sure levels and kept one bound.
  private mutating func planMade(_ version: UInt8) throws(FactFault) -> PlanMade {
    let parent = try parentID()
    let wave: UInt16 = try integer()
    let (requested, planned) = (try quantity(), try quantity())
    let (totalCost, bound) = (try amount(), try amount())
    var plan = PlanMade(
      parent: parent, wave: wave, requested: requested, planned: planned, totalCost: totalCost,
      bound: bound, marginalPrice: try price(), singleVenue: try venueID(),
      singleQuantity: try quantity(), singleCost: try amount(), at: try timestamp(),
      strategy: .bestPrice, objective: .cost, objectiveCost: totalCost, rootBound: bound,
      singleObjectiveCost: .zero, nodes: 0, isProven: false, replacementPrice: .zero,
      adverseMove: .zero)
    plan.singleObjectiveCost = plan.singleCost
    if version >= 2 { try readEvidence(into: &plan) }
    return plan
  }

  private mutating func readEvidence(into plan: inout PlanMade) throws(FactFault) {
    plan.strategy = try value()
    plan.objective = try value()
    plan.objectiveCost = try amount()
    plan.rootBound = try amount()
    plan.singleObjectiveCost = try amount()
    plan.nodes = try integer()
    plan.isProven = try bool()
    plan.replacementPrice = try price()
    plan.adverseMove = try feeRate()
  }

  private mutating func planLeg(_ version: UInt8) throws(FactFault) -> PlanLeg {
    var leg = PlanLeg(
      parent: try parentID(), wave: try integer(), listing: try listingID(),
      quantity: try quantity(), limitPrice: try price(),
      notional: Notional(mantissa: try integer()), levelsUsed: try integer(),
      bestPrice: try price(), quoteAgeNanoseconds: try integer(), exclusion: try value(),
      cost: .zero, orderCost: .zero, fillProbability: UInt16(VenueTerms.certainFill),
      effectiveAgeNanoseconds: 0, latencyNanoseconds: 0)
    guard version >= 2 else { return leg }
    leg.cost = try amount()
    leg.orderCost = try amount()
    leg.fillProbability = try integer()
    leg.effectiveAgeNanoseconds = try integer()
    leg.latencyNanoseconds = try integer()
    return leg
  }

  private mutating func restPlanned() throws(FactFault) -> RestPlanned {
    RestPlanned(
      parent: try parentID(), wave: try integer(), listing: try listingID(),
      quantity: try quantity(), price: try price(), queueAhead: try quantity(),
      fillProbability: try integer(), expectedPrice: try price(), takePrice: try price(),
      adverseMove: try feeRate(), until: try timestamp(), at: try timestamp())
  }

  private mutating func parentClosed() throws(FactFault) -> ParentClosed {
    ParentClosed(
      parent: try parentID(), outcome: try value(), reason: try value(), at: try timestamp())
  }

  private mutating func childIntended(_ version: UInt8) throws(FactFault) -> ChildIntended {
    let order = NewChildOrder(
      id: try childID(), venue: try venueID(), listing: try listingID(), side: try value(),
      limitPrice: try price(), quantity: try quantity(), timeInForce: try value())
    var intended = ChildIntended(
      order: order, wave: try integer(), reserved: try amount(), at: try timestamp())
    if version >= 2 { intended.order.isPostOnly = try bool() }
    // What rested did so for a while only.
    intended.role = intended.order.isPostOnly ? .passive : .taker
    if version >= 3 { intended.role = try value() }
    return intended
  }

  private mutating func fillRecorded() throws(FactFault) -> FillRecorded {
    FillRecorded(
      child: try childID(), listing: try listingID(), side: try value(), executionID: try text(),
      quantity: try quantity(), price: try price(), fee: try amount(), feeAsset: try assetID(),
      liquidity: try value(), venueTime: try timestamp(), at: try timestamp())
  }

  private mutating func orphanFound() throws(FactFault) -> OrphanFound {
    let order = OpenOrderObservation(
      venue: try venueID(), child: try childID(), venueOrderID: try text(),
      listing: try bool() ? try listingID() : nil, side: try value(), quantity: try quantity(),
      limitPrice: try price(), cumulativeQuantity: try quantity(), askedAt: .distantPast)
    return OrphanFound(order, try value(), at: try timestamp())
  }

  private mutating func childClosed() throws(FactFault) -> ChildClosed {
    ChildClosed(
      child: try childID(), outcome: try value(), reason: try value(), text: try text(),
      at: try timestamp())
  }
}

extension FieldReader {
  private mutating func timestamp() throws(FactFault) -> Timestamp {
    Timestamp(nanoseconds: try integer())
  }

  private mutating func price() throws(FactFault) -> Price { Price(mantissa: try integer()) }

  private mutating func quantity() throws(FactFault) -> Quantity {
    Quantity(mantissa: try integer())
  }

  private mutating func feeRate() throws(FactFault) -> FeeRate {
    FeeRate(partsPerHundredMillion: try integer())
  }

  private mutating func amount() throws(FactFault) -> Amount { Amount(mantissa: try integer()) }
  private mutating func venueID() throws(FactFault) -> VenueID { VenueID(try integer()) }
  private mutating func assetID() throws(FactFault) -> AssetID { AssetID(try integer()) }
  private mutating func listingID() throws(FactFault) -> ListingID { ListingID(try integer()) }

  private mutating func optionalPrice() throws(FactFault) -> Price? {
    try bool() ? try price() : nil
  }

  private mutating func parentID() throws(FactFault) -> ParentOrderID {
    let number: UInt64 = try integer()
    guard number < 1 << 48 else { throw .outOfRange }
    return ParentOrderID(number)
  }

  private mutating func childID() throws(FactFault) -> ChildOrderID {
    let low: UInt64 = try integer()
    let middle: UInt32 = try integer()
    let high: UInt16 = try integer()
    let bits = UInt128(high) << 96 | UInt128(middle) << 64 | UInt128(low)
    guard let id = ChildOrderID(bits: bits) else { throw .outOfRange }
    return id
  }

  private mutating func text() throws(FactFault) -> ShortText {
    let count: UInt8 = try integer()
    guard let text = unsafe ShortText(try take(Int(count))) else { throw .outOfRange }
    return text
  }
}
