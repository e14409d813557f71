internal import RouterCore

extension FieldWriter {
  /// Writes a fact; its fields in the order of `FieldReader.fact`.
  mutating func fact(_ fact: Fact) {
    switch fact {
    case .epochStarted(let epoch, let at):
      integer(epoch)
      timestamp(at)
    case .venueDefined(let venue): definition(venue)
    case .assetDefined(let asset): definition(asset)
    case .instrumentDefined(let instrument): definition(instrument)
    case .listingChanged(let listing): self.listing(listing)
    case .riskLimitsChanged(let limits): riskLimits(limits)
    case .haltChanged(let isHalted, let at):
      bool(isHalted)
      timestamp(at)
    case .venueHaltChanged(let venue, let isHalted, let reason, let at):
      integer(venue.rawValue)
      bool(isHalted)
      value(reason)
      timestamp(at)
    case .venueRoutingChanged(let routing): self.routing(routing)
    case .venueThrottleChanged(let throttle): self.throttle(throttle)
    case .venueMaintenanceChanged(let windows): maintenance(windows)
    case .throttleEngaged(let engaged): self.engaged(engaged)
    case .parentAccepted(let parent): accepted(parent)
    case .parentRefused(let parent): refused(parent)
    case .planMade(let plan): self.plan(plan)
    case .planLeg(let leg): self.leg(leg)
    case .restPlanned(let rest): self.rest(rest)
    case .parentCancelRequested(let parent, let at):
      integer(parent.rawValue)
      timestamp(at)
    case .parentClosed(let parent): closed(parent)
    case .parentTriggered(let parent): triggered(parent)
    case .parentReplaceRequested(let parent), .parentReplaced(let parent): replacement(parent)
    case .childIntended(let child): intended(child)
    case .childSent(let child, let at), .childUnknown(let child, let at),
      .cancelIntended(let child, let at), .orphanAdopted(let child, let at):
      childID(child)
      timestamp(at)
    case .childAbandoned(let child, let reason, let at):
      childID(child)
      value(reason)
      timestamp(at)
    case .childAcknowledged(let child, let venueOrderID, let at):
      childID(child)
      text(venueOrderID)
      timestamp(at)
    case .fillRecorded(let fill): self.fill(fill)
    case .childClosed(let child): closed(child)
    case .positionCarried(let carried):
      integer(carried.venue.rawValue)
      integer(carried.asset.rawValue)
      amount(carried.amount)
    case .requestRemembered(let entry): remembered(entry)
    case .parentsForgotten(let forgotten):
      integer(forgotten.lastParent)
      integer(forgotten.lastForgotten)
    case .executionsCarried(let count): integer(count)
    case .orphanFound(let orphan): found(orphan)
    case .venueBreakerChanged(let settings): breaker(settings)
    case .breakerChanged(let transition): self.transition(transition)
    }
  }

  private mutating func found(_ orphan: OrphanFound) {
    integer(orphan.venue.rawValue)
    childID(orphan.child)
    text(orphan.venueOrderID)
    bool(orphan.listing != nil)
    if let listing = orphan.listing { integer(listing.rawValue) }
    value(orphan.side)
    quantity(orphan.quantity)
    price(orphan.limitPrice)
    quantity(orphan.cumulativeQuantity)
    value(orphan.verdict)
    timestamp(orphan.at)
  }

  private mutating func definition(_ venue: VenueDefinition) {
    integer(venue.id.rawValue)
    text(venue.name)
    integer(venue.absenceProofMilliseconds)
    bool(venue.holdsFee)
  }

  private mutating func definition(_ asset: AssetDefinition) {
    integer(asset.id.rawValue)
    text(asset.name)
  }

  private mutating func definition(_ definition: InstrumentDefinition) {
    integer(definition.instrument.id.rawValue)
    integer(definition.instrument.base.rawValue)
    integer(definition.instrument.quote.rawValue)
    integer(definition.instrument.priceScale)
    integer(definition.instrument.quantityScale)
    text(definition.symbol)
  }

  private mutating func listing(_ listing: Listing) {
    integer(listing.id.rawValue)
    integer(listing.venue.rawValue)
    integer(listing.instrument.rawValue)
    text(listing.symbol)
    price(listing.priceIncrement)
    quantity(listing.quantityIncrement)
    quantity(listing.minimumQuantity)
    quantity(listing.maximumQuantity)
    integer(listing.minimumNotional.mantissa)
    integer(listing.takerFee.partsPerHundredMillion)
    integer(listing.makerFee.partsPerHundredMillion)
    value(listing.feeAsset)
    value(listing.status)
  }

  private mutating func riskLimits(_ limits: RiskLimits) {
    amount(limits.maximumOrderValue)
    integer(limits.maximumOpenParents)
    integer(limits.collarBasisPoints)
    integer(limits.maximumBookAgeMilliseconds)
    integer(limits.maximumChildrenPerParent)
  }

  private mutating func routing(_ routing: VenueRouting) {
    integer(routing.venue.rawValue)
    integer(routing.latencyNanoseconds)
    integer(routing.clockOffsetNanoseconds)
    integer(routing.fillProbability)
    integer(routing.fadePerSecond)
    integer(routing.adverseMove.partsPerHundredMillion)
    integer(routing.touchTurnover)
  }

  private mutating func breaker(_ settings: VenueBreakerSettings) {
    integer(settings.venue.rawValue)
    bool(settings.isEnabled)
    integer(settings.windowCalls)
    integer(settings.windowSeconds)
    integer(settings.minimumCalls)
    integer(settings.failureRate)
    integer(settings.slowCallRate)
    integer(settings.slowCallMilliseconds)
    integer(settings.timeoutMilliseconds)
    integer(settings.openMilliseconds)
    integer(settings.openCapMilliseconds)
    integer(settings.halfOpenProbes)
  }

  private mutating func transition(_ transition: BreakerTransition) {
    integer(transition.venue.rawValue)
    value(transition.operation)
    value(transition.from)
    value(transition.to)
    integer(transition.counts.calls)
    integer(transition.counts.failures)
    integer(transition.counts.slowCalls)
    value(transition.lastFailure)
    timestamp(transition.until)
    integer(transition.trips)
    timestamp(transition.at)
  }

  private mutating func accepted(_ parent: ParentAccepted) {
    integer(parent.id.rawValue)
    newOrder(parent.order)
    price(parent.effectiveLimit)
    price(parent.arrivalBid)
    price(parent.arrivalAsk)
    timestamp(parent.at)
    routing(parent.order.routing)
    value(parent.order.routing.residual)
    integer(parent.order.routing.overRouting)
    value(parent.order.trigger)
    bool(parent.order.isPostOnly)
    bool(parent.order.allowsSplit)
  }

  private mutating func triggered(_ triggered: ParentTriggered) {
    integer(triggered.parent.rawValue)
    price(triggered.price)
    integer(triggered.confirmingVenues)
    integer(triggered.usableVenues)
    price(triggered.effectiveLimit)
    timestamp(triggered.deadline)
    timestamp(triggered.at)
  }

  private mutating func replacement(_ replacement: ParentReplacement) {
    integer(replacement.parent.rawValue)
    quantity(replacement.quantity)
    price(replacement.limitPrice)
    price(replacement.stopPrice)
    price(replacement.effectiveLimit)
    timestamp(replacement.at)
  }

  private mutating func routing(_ options: RoutingOptions) {
    value(options.strategy)
    bool(options.usesExpectedCost)
    value(options.arrival)
    integer(options.maximumParticipation)
    quantity(options.maximumChildQuantity)
    integer(options.sizeJitter)
    integer(options.jitterTolerance)
    integer(options.waveIntervalMilliseconds)
    integer(options.passiveMilliseconds)
  }

  private mutating func newOrder(_ order: NewOrderSingle) {
    integer(order.requestID)
    text(order.clientOrderID)
    integer(order.requestDigest)
    integer(order.instrument.rawValue)
    value(order.side)
    value(order.type)
    value(order.timeInForce)
    quantity(order.quantity)
    price(order.limitPrice)
    price(order.stopPrice)
    timestamp(order.deadline)
    integer(order.maximumChildren)
  }

  private mutating func remembered(_ entry: ClientOrderMemory.Entry) {
    text(entry.clientOrderID)
    integer(entry.requestDigest)
    bool(entry.parent != nil)
    if let parent = entry.parent { integer(parent.rawValue) }
    value(entry.reason)
    timestamp(entry.at)
  }

  private mutating func refused(_ parent: ParentRefused) {
    text(parent.clientOrderID)
    integer(parent.requestDigest)
    value(parent.reason)
    timestamp(parent.at)
  }

  private mutating func plan(_ plan: PlanMade) {
    integer(plan.parent.rawValue)
    integer(plan.wave)
    quantity(plan.requested)
    quantity(plan.planned)
    amount(plan.totalCost)
    amount(plan.bound)
    price(plan.marginalPrice)
    integer(plan.singleVenue.rawValue)
    quantity(plan.singleQuantity)
    amount(plan.singleCost)
    timestamp(plan.at)
    value(plan.strategy)
    value(plan.objective)
    amount(plan.objectiveCost)
    amount(plan.rootBound)
    amount(plan.singleObjectiveCost)
    integer(plan.nodes)
    bool(plan.isProven)
    price(plan.replacementPrice)
    integer(plan.adverseMove.partsPerHundredMillion)
  }

  private mutating func leg(_ leg: PlanLeg) {
    integer(leg.parent.rawValue)
    integer(leg.wave)
    integer(leg.listing.rawValue)
    quantity(leg.quantity)
    price(leg.limitPrice)
    integer(leg.notional.mantissa)
    integer(leg.levelsUsed)
    price(leg.bestPrice)
    integer(leg.quoteAgeNanoseconds)
    value(leg.exclusion)
    amount(leg.cost)
    amount(leg.orderCost)
    integer(leg.fillProbability)
    integer(leg.effectiveAgeNanoseconds)
    integer(leg.latencyNanoseconds)
  }

  private mutating func rest(_ rest: RestPlanned) {
    integer(rest.parent.rawValue)
    integer(rest.wave)
    integer(rest.listing.rawValue)
    quantity(rest.quantity)
    price(rest.price)
    quantity(rest.queueAhead)
    integer(rest.fillProbability)
    price(rest.expectedPrice)
    price(rest.takePrice)
    integer(rest.adverseMove.partsPerHundredMillion)
    timestamp(rest.until)
    timestamp(rest.at)
  }

  private mutating func closed(_ parent: ParentClosed) {
    integer(parent.parent.rawValue)
    value(parent.outcome)
    value(parent.reason)
    timestamp(parent.at)
  }

  private mutating func intended(_ child: ChildIntended) {
    childID(child.order.id)
    integer(child.order.venue.rawValue)
    integer(child.order.listing.rawValue)
    value(child.order.side)
    price(child.order.limitPrice)
    quantity(child.order.quantity)
    value(child.order.timeInForce)
    integer(child.wave)
    amount(child.reserved)
    timestamp(child.at)
    bool(child.order.isPostOnly)
    value(child.role)
  }

  private mutating func fill(_ fill: FillRecorded) {
    childID(fill.child)
    integer(fill.listing.rawValue)
    value(fill.side)
    text(fill.executionID)
    quantity(fill.quantity)
    price(fill.price)
    amount(fill.fee)
    integer(fill.feeAsset.rawValue)
    value(fill.liquidity)
    timestamp(fill.venueTime)
    timestamp(fill.at)
  }

  private mutating func closed(_ child: ChildClosed) {
    childID(child.child)
    value(child.outcome)
    value(child.reason)
    text(child.text)
    timestamp(child.at)
  }
}

extension FieldWriter {
  private mutating func timestamp(_ time: Timestamp) { integer(time.nanoseconds) }
  private mutating func price(_ price: Price) { integer(price.mantissa) }
  private mutating func quantity(_ quantity: Quantity) { integer(quantity.mantissa) }
  private mutating func amount(_ amount: Amount) { integer(amount.mantissa) }

  /// A flag, and the price if there is one.
  private mutating func price(_ price: Price?) {
    bool(price != nil)
    if let price { self.price(price) }
  }

  /// The 112 bits as 14 bytes.
  private mutating func childID(_ id: ChildOrderID) {
    integer(UInt64(truncatingIfNeeded: id.bits))
    integer(UInt32(truncatingIfNeeded: id.bits >> 64))
    integer(UInt16(truncatingIfNeeded: id.bits >> 96))
  }

  /// The length in one byte, and the bytes.
  private mutating func text(_ text: ShortText) {
    integer(UInt8(text.count))
    for position in 0..<text.count { integer(text[position]) }
  }
}
