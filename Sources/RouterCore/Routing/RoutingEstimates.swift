/// What the running core has learned about venues; made afresh after a start.
struct RoutingEstimates: ~Copyable, Sendable {
  var fills: FillModel
  var latencies: LatencyModel
  var clocks: ClockModel
  var outflows: OutflowModel
  var placement = HeapBox(PassivePlacement())
  /// For each venue and side.
  private var adverseMoves: FixedBuffer<AdverseMove>

  init(_ configuration: CoreConfiguration) {
    let venues = min(configuration.venueCapacity, RoutePlan.maximumLegs)
    fills = FillModel(venues: venues)
    latencies = LatencyModel(venues: venues)
    clocks = ClockModel(venues: venues)
    outflows = OutflowModel(listings: configuration.listingCapacity)
    adverseMoves = FixedBuffer(repeating: AdverseMove(), count: venues * 2)
  }

  /// Starts a venue from its settings.
  mutating func configure(_ routing: VenueRouting) {
    let venue = routing.venue
    guard venue.index * 2 < adverseMoves.count else { return }
    let priors = VenuePriors(routing)
    fills.configure(venue, priors)
    latencies.configure(venue, priors)
    clocks.configure(venue, priors)
    adverseMoves[place(venue, .buy)] = AdverseMove(prior: routing.adverseMove)
    adverseMoves[place(venue, .sell)] = AdverseMove(prior: routing.adverseMove)
  }

  mutating func configure(_ listing: ListingID, _ routing: VenueRouting) {
    outflows.configure(listing, VenuePriors(routing))
  }

  func adverseMove(_ venue: VenueID, _ side: Side, at now: Timestamp) -> FeeRate {
    adverseMoves[place(venue, side)].estimate(at: now)
  }

  mutating func recordMiss(
    _ venue: VenueID, _ side: Side, planned: Price, later: Price, at now: Timestamp
  ) {
    adverseMoves[place(venue, side)].record(planned: planned, later: later, side: side, at: now)
  }

  private func place(_ venue: VenueID, _ side: Side) -> Int {
    min(venue.index * 2 + (side == .buy ? 0 : 1), adverseMoves.count - 1)
  }
}

extension VenuePriors {
  /// The tail of the latency and the doubt about the clock follow from the median latency.
  init(_ routing: VenueRouting) {
    self.init()
    fillProbability = Int(routing.fillProbability)
    fadePerSecond = Int(routing.fadePerSecond)
    orderLatencyNanoseconds = routing.latencyNanoseconds
    orderLatencyTailNanoseconds = routing.latencyNanoseconds.multipliedClamped(by: 3)
    clockOffsetNanoseconds = routing.clockOffsetNanoseconds
    clockUncertaintyNanoseconds = routing.latencyNanoseconds
    touchTurnover = Int(routing.touchTurnover)
  }
}

extension Int64 {
  fileprivate func multipliedClamped(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
