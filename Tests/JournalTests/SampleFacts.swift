import RouterCore

/// One fact of each kind, with a different value in every field.
enum SampleFacts {
  static let child = ChildOrderID(
    instance: 0xABCDEF, epoch: 0x0112_3456, parent: ParentOrderID(0x02_0304_0506), child: 0x0708)

  static func time(_ nanoseconds: Int64) -> Timestamp { Timestamp(nanoseconds: nanoseconds) }

  static func text(_ text: String) -> ShortText { ShortText(truncating: text) }

  /// Every option differs from its default.
  static let routing: RoutingOptions = {
    var options = RoutingOptions()
    options.strategy = .priceImprovement
    options.usesExpectedCost = true
    options.arrival = .synchronized
    options.maximumParticipation = 2500
    options.maximumChildQuantity = Quantity(mantissa: 48)
    options.sizeJitter = 49
    options.jitterTolerance = 50
    options.waveIntervalMilliseconds = 51
    options.passiveMilliseconds = 52
    options.residual = .hold
    options.overRouting = 62
    return options
  }()

  static let all: [Fact] = settings + parents + children + carried

  /// The samples as the first release knew them: without what came later.
  static let firstRelease: [Fact] = all.compactMap { fact in
    switch fact {
    case .venueThrottleChanged, .venueMaintenanceChanged, .throttleEngaged: return nil
    case .venueRoutingChanged, .restPlanned, .parentTriggered, .parentReplaceRequested,
      .parentReplaced, .positionCarried, .requestRemembered, .parentsForgotten, .executionsCarried,
      .orphanFound, .orphanAdopted, .venueBreakerChanged, .breakerChanged:
      return nil
    case .parentAccepted(var parent):
      parent.order.routing = RoutingOptions()
      parent.order.routing.residual = .hold
      parent.order.trigger = .bidAsk
      parent.order.isPostOnly = false
      parent.order.allowsSplit = false
      return .parentAccepted(parent)
    case .planMade(let plan): return .planMade(withoutEvidence(plan))
    case .planLeg(let leg): return .planLeg(withoutEvidence(leg))
    case .childIntended(var child):
      child.order.isPostOnly = false
      child.role = .taker
      return .childIntended(child)
    default: return fact
    }
  }

  /// The samples that the second layout wrote differently from today.
  static let secondLayout: [Fact] = all.compactMap { fact in
    switch fact {
    case .parentAccepted(var parent):
      parent.order.routing.residual = .hold
      parent.order.routing.overRouting = 0
      parent.order.trigger = .bidAsk
      parent.order.isPostOnly = false
      parent.order.allowsSplit = false
      return .parentAccepted(parent)
    case .childIntended(var child):
      child.role = .passive
      return .childIntended(child)
    default: return nil
    }
  }

  private static func withoutEvidence(_ plan: PlanMade) -> PlanMade {
    var plan = plan
    plan.strategy = .bestPrice
    plan.objective = .cost
    plan.objectiveCost = plan.totalCost
    plan.rootBound = plan.bound
    plan.singleObjectiveCost = plan.singleCost
    plan.nodes = 0
    plan.isProven = false
    plan.replacementPrice = .zero
    plan.adverseMove = .zero
    return plan
  }

  private static func withoutEvidence(_ leg: PlanLeg) -> PlanLeg {
    var leg = leg
    leg.cost = .zero
    leg.orderCost = .zero
    leg.fillProbability = 10_000
    leg.effectiveAgeNanoseconds = 0
    leg.latencyNanoseconds = 0
    return leg
  }

  static let settings: [Fact] = [
    .epochStarted(epoch: 7, at: time(1_700_000_000_123_456_789)),
    .venueDefined(
      VenueDefinition(
        id: VenueID(3), name: text("kraken"), absenceProofMilliseconds: 60_000, holdsFee: true)),
    .assetDefined(AssetDefinition(id: AssetID(258), name: text("BTC"))),
    .instrumentDefined(
      InstrumentDefinition(
        instrument: Instrument(
          id: InstrumentID(9), base: AssetID(1), quote: AssetID(2), priceScale: 4,
          quantityScale: 10),
        symbol: text("BTC-USD"))),
    .listingChanged(
      Listing(
        id: ListingID(5), venue: VenueID(3), instrument: InstrumentID(9), symbol: text("XBT/USD"),
        priceIncrement: Price(mantissa: 1000), quantityIncrement: Quantity(mantissa: 100),
        minimumQuantity: Quantity(mantissa: 500), maximumQuantity: Quantity(mantissa: .max),
        minimumNotional: Notional(mantissa: 5_000_000_000),
        takerFee: FeeRate(partsPerHundredMillion: 250_000),
        makerFee: FeeRate(partsPerHundredMillion: -10_000), feeAsset: .received,
        status: .postOnly)),
    .riskLimitsChanged(
      RiskLimits(
        maximumOrderValue: Amount(mantissa: 1 << 100), maximumOpenParents: 1000,
        collarBasisPoints: 250, maximumBookAgeMilliseconds: 2000, maximumChildrenPerParent: 64)),
    .haltChanged(isHalted: true, at: time(-1)),
    .venueHaltChanged(VenueID(200), isHalted: false, reason: .clockSkew, at: time(2)),
    .venueRoutingChanged(
      VenueRouting(
        venue: VenueID(3), latencyNanoseconds: 34, clockOffsetNanoseconds: -35,
        fillProbability: 9500, fadePerSecond: 70_000,
        adverseMove: FeeRate(partsPerHundredMillion: 36), touchTurnover: 37)),
    .venueBreakerChanged(
      VenueBreakerSettings(
        venue: VenueID(4), isEnabled: false, windowCalls: 85, windowSeconds: 86, minimumCalls: 87,
        failureRate: 88, slowCallRate: 89, slowCallMilliseconds: 90, timeoutMilliseconds: 91,
        openMilliseconds: 92, openCapMilliseconds: 93, halfOpenProbes: 94)),
    .breakerChanged(
      BreakerTransition(
        venue: VenueID(5), operation: .cancelsAndQueries, from: .halfOpen, to: .open,
        counts: CallCounts(calls: 95, failures: 96, slowCalls: 97), lastFailure: .queryFailed,
        until: time(98), trips: 99, at: time(100))),
    .venueThrottleChanged(
      VenueThrottle(
        venue: VenueID(3), intervalNanoseconds: 90, burst: 91, cancelReserve: 92,
        isAdaptive: true)),
    .venueMaintenanceChanged(maintenance),
    .throttleEngaged(
      ThrottleEngaged(
        venue: VenueID(3), until: time(93), retryAt: time(94), count: 95, requests: 96,
        accepts: 97, at: time(98))),
  ]

  static let maintenance: VenueMaintenance = {
    var maintenance = VenueMaintenance(venue: VenueID(3))
    for index in 0..<VenueMaintenance.capacity {
      let number = UInt16(100 + index * 4)
      maintenance[index] = MaintenanceWindow(
        days: UInt8(number), startMinute: number + 1, minutes: number + 2,
        beforeSeconds: number + 3)
    }
    return maintenance
  }()

  static let parents: [Fact] = [
    .parentAccepted(
      ParentAccepted(
        id: ParentOrderID(1 << 47),
        order: NewOrderSingle(
          requestID: 11, clientOrderID: text("client-order-1"),
          requestDigest: 0xDEAD_BEEF_0BAD_F00D,
          instrument: InstrumentID(9), side: .sell, type: .stopLimit, timeInForce: .goodTillDate,
          quantity: Quantity(mantissa: 123), limitPrice: Price(mantissa: 456), stopPrice: nil,
          deadline: .distantFuture, maximumChildren: 8, routing: routing, trigger: .last,
          isPostOnly: true, allowsSplit: true),
        effectiveLimit: Price(mantissa: 457), arrivalBid: Price(mantissa: 458),
        arrivalAsk: Price(mantissa: 459), at: time(3))),
    .parentRefused(
      ParentRefused(
        clientOrderID: text("client-order-2"), requestDigest: 12, reason: .priceCollar,
        at: time(4))),
    .planMade(
      PlanMade(
        parent: ParentOrderID(13), wave: 2, requested: Quantity(mantissa: 14),
        planned: Quantity(mantissa: 15), totalCost: Amount(mantissa: -16),
        bound: Amount(mantissa: 17), marginalPrice: Price(mantissa: 18), singleVenue: VenueID(1),
        singleQuantity: Quantity(mantissa: 19), singleCost: Amount(mantissa: 20), at: time(5),
        strategy: .proRata, objective: .expectedCost, objectiveCost: Amount(mantissa: 38),
        rootBound: Amount(mantissa: 39), singleObjectiveCost: Amount(mantissa: -40), nodes: 41,
        isProven: true, replacementPrice: Price(mantissa: 42),
        adverseMove: FeeRate(partsPerHundredMillion: 43))),
    .planLeg(
      PlanLeg(
        parent: ParentOrderID(13), wave: 2, listing: ListingID(21),
        quantity: Quantity(mantissa: 22), limitPrice: Price(mantissa: 23),
        notional: Notional(mantissa: 24), levelsUsed: 25, bestPrice: Price(mantissa: 26),
        quoteAgeNanoseconds: 27, exclusion: .insufficientBalance,
        cost: Amount(mantissa: 44), orderCost: Amount(mantissa: 45), fillProbability: 9876,
        effectiveAgeNanoseconds: 46, latencyNanoseconds: 47)),
    .restPlanned(
      RestPlanned(
        parent: ParentOrderID(13), wave: 2, listing: ListingID(21),
        quantity: Quantity(mantissa: 53), price: Price(mantissa: 54),
        queueAhead: Quantity(mantissa: 55), fillProbability: 56,
        expectedPrice: Price(mantissa: 57), takePrice: Price(mantissa: 58),
        adverseMove: FeeRate(partsPerHundredMillion: 59), until: time(60), at: time(61))),
    .parentCancelRequested(ParentOrderID(13), at: time(6)),
    .parentClosed(
      ParentClosed(
        parent: ParentOrderID(13), outcome: .expired, reason: .deadlinePassed, at: time(7))),
    .parentTriggered(
      ParentTriggered(
        parent: ParentOrderID(13), price: Price(mantissa: 63), confirmingVenues: 64,
        usableVenues: 65, effectiveLimit: Price(mantissa: 66), deadline: time(67), at: time(68))),
    .parentReplaceRequested(replacement),
    .parentReplaced(replacement),
  ]

  static let replacement = ParentReplacement(
    parent: ParentOrderID(13), quantity: Quantity(mantissa: 69), limitPrice: Price(mantissa: 70),
    stopPrice: nil, effectiveLimit: Price(mantissa: 71), at: time(72))

  static let children: [Fact] = [
    .childIntended(
      ChildIntended(
        order: NewChildOrder(
          id: child, venue: VenueID(3), listing: ListingID(5), side: .buy,
          limitPrice: Price(mantissa: 28), quantity: Quantity(mantissa: 29),
          timeInForce: .immediateOrCancel, isPostOnly: true),
        wave: 3, reserved: Amount(mantissa: 30), at: time(8), role: .residual)),
    .childSent(child, at: time(9)),
    .childAbandoned(child, .bookStale, at: time(10)),
    .childAcknowledged(child, venueOrderID: text("OQCLML-BW3P3-BUCMWZ"), at: time(11)),
    .childUnknown(child, at: time(12)),
    .cancelIntended(child, at: time(13)),
    .fillRecorded(
      FillRecorded(
        child: child, listing: ListingID(5), side: .buy,
        executionID: text("0123456789abcdef0123456789abcdef0123456"),
        quantity: Quantity(mantissa: 31), price: Price(mantissa: 32), fee: Amount(mantissa: -33),
        feeAsset: AssetID(2), liquidity: .taker, venueTime: time(14), at: time(15))),
    .childClosed(
      ChildClosed(
        child: child, outcome: .neverAccepted, reason: .insufficientFunds, text: ShortText(),
        at: time(16))),
    .orphanFound(
      OrphanFound(
        OpenOrderObservation(
          venue: VenueID(3), child: child, venueOrderID: text("OQCLML-BW3P3-BUCMWZ"),
          listing: ListingID(5), side: .sell, quantity: Quantity(mantissa: 80),
          limitPrice: Price(mantissa: 81), cumulativeQuantity: Quantity(mantissa: 82),
          askedAt: .distantPast), .otherRouter, at: time(83))),
    .orphanAdopted(child, at: time(84)),
  ]

  /// What only snapshots hold.
  static let carried: [Fact] = [
    .positionCarried(
      PositionCarried(venue: VenueID(3), asset: .unlisted, amount: Amount(mantissa: -(1 << 90)))),
    .requestRemembered(
      ClientOrderMemory.Entry(
        clientOrderID: text("client-order-3"), requestDigest: 0x0123_4567_89AB_CDEF,
        parent: ParentOrderID(70), reason: .halted, at: time(71))),
    .parentsForgotten(ParentsForgotten(lastParent: 72, lastForgotten: 73)),
    .executionsCarried(count: 74),
  ]
}
