/// The router's decisions: events in with their time, facts, commands and replies out.
///
/// A synchronous value that one thread owns. It never waits, reads a clock, logs or throws.
/// Durable state changes only in `apply`, live and in recovery alike. After a start:
///
/// 1. `apply` every fact of the journal;
/// 2. `startEpoch` with a number that is synced and was never used before;
/// 3. `process` the settings as events (what has not changed makes no fact);
/// 4. `beginReconciliation`: every child that may be at a venue is asked about;
/// 5. `process` events, a `.clock` event whenever `nextDeadline` has come, and a `.marketReview`
///    event when all market data that was ready is in and `hasMarketChanges`.
///
/// Every `newOrder` command must pass `release` right before it is encoded, and its outcome must be
/// reported: `.sent`, `.notSent` or `.outcomeUnknown`.
package struct RouterCore: ~Copyable, Sendable {
  package let configuration: CoreConfiguration

  // Durable.
  package internal(set) var markets: Markets
  package internal(set) var orders: OrderStore
  package internal(set) var ledger: Ledger
  package internal(set) var limits = RiskLimits.closed
  package internal(set) var isHalted = false
  /// The running epoch; zero before the first `startEpoch`.
  package internal(set) var epoch: UInt32 = 0

  // Of this run only.
  var timers: TimerHeap
  var planner: HeapBox<Planner>
  var planSlot = HeapBox(RoutePlan())
  /// The most that the next plan may give to each leg.
  var legCaps = HeapBox(InlineArray<32, Quantity>(repeating: Quantity(mantissa: .max)))
  /// What the last plan knew about the venue of each leg.
  var legEstimates = HeapBox(InlineArray<32, LegEstimate>(repeating: LegEstimate()))
  var estimates: RoutingEstimates
  var delayedLegs: Pool<DelayedLeg>
  var strangers: StrangerWatch
  var changedListings: ChangedListings
  var breakers: BreakerTable
  /// How fast each venue may be sent requests.
  var paces: FixedBuffer<VenuePace>
  /// The 99th percentile from a decision to the last byte of its orders, as the service measures it.
  package internal(set) var pathLatencyNanoseconds: Int64 = 0
  /// Whether `startEpoch` was called in this run; nothing is accepted or sent before.
  package internal(set) var isRunning = false

  package init(_ configuration: CoreConfiguration) {
    self.configuration = configuration
    markets = Markets(configuration)
    orders = OrderStore(configuration)
    ledger = Ledger(configuration)
    timers = TimerHeap(
      items: configuration.openParentCapacity + configuration.venueCapacity * 2
        + configuration.childCapacity)
    planner = HeapBox(Planner(levelCapacity: configuration.bookLevels))
    estimates = RoutingEstimates(configuration)
    delayedLegs = Pool(capacity: configuration.openParentCapacity * 4)
    strangers = StrangerWatch(venues: configuration.venueCapacity)
    changedListings = ChangedListings(capacity: configuration.listingCapacity)
    breakers = BreakerTable(configuration)
    paces = FixedBuffer(repeating: VenuePace(), count: markets.venues.count)
  }

  /// Decides on one event; book updates find their levels in `levels`.
  package mutating func process(
    _ event: Event, levels: [BookLevel] = [], at now: Timestamp, into outbox: inout Outbox
  ) {
    switch event {
    case .clock: timePassed(now, &outbox)
    case .book(let update): bookChanged(update, levels, now, &outbox)
    case .trade(let trade): traded(trade, now, &outbox)
    case .marketReview: reviewMarkets(now, &outbox)
    case .bookInvalid(let listing, let fault): bookFailed(listing, fault, now, &outbox)
    case .childReport(let report): received(report, now, &outbox)
    case .openOrderObserved(let order): observed(order, now, &outbox)
    case .openOrdersListed(let venue): openOrdersListed(venue, now, &outbox)
    case .linkChanged(let venue, let link, let isUp): linkChanged(venue, link, isUp, now, &outbox)
    case .balanceObserved(let observation): balanceObserved(observation)
    case .newOrderSingle(let order): submit(order, now, &outbox)
    case .orderCancelRequest(let request): cancel(request, now, &outbox)
    case .orderReplaceRequest(let request): replace(request, now, &outbox)
    case .haltRequested(let requestID): halt(requestID, now, &outbox)
    case .resumeRequested(let requestID): resume(requestID, now, &outbox)
    case .venueThrottleChanged(let throttle): throttleChanged(throttle, now, &outbox)
    case .venueMaintenanceChanged(let windows): maintenanceChanged(windows, now, &outbox)
    case .venueBusy(let venue, let retryAt): venueBusy(venue, until: retryAt, now, &outbox)
    case .pathLatencyMeasured(let nanoseconds): notePath(nanoseconds: nanoseconds)
    case .venueDefined, .assetDefined, .instrumentDefined, .listingChanged, .riskLimitsChanged,
      .venueRoutingChanged, .venueBreakerChanged:
      settingChanged(event, now, &outbox)
    }
  }

  /// The last plan.
  var plan: RoutePlan {
    @inline(__always) _read { yield planSlot.value }
    @inline(__always) _modify { yield &planSlot.value }
  }

  /// Whether a book has changed since the last `.marketReview`.
  package var hasMarketChanges: Bool { !changedListings.isEmpty }

  /// When a `.clock` event is due.
  package var nextDeadline: Timestamp { timers.earliest }

  /// Makes a fact true and notes it for the journal.
  mutating func emit(_ fact: Fact, _ outbox: inout Outbox) {
    apply(fact)
    outbox.append(fact)
  }

  // Items of the timer heap: working parents, venues, children, and the pace of venues.

  func parentTimer(_ working: Int) -> Int { working }
  func venueTimer(_ venue: VenueID) -> Int { configuration.openParentCapacity + venue.index }
  func childTimer(_ child: Int) -> Int {
    configuration.openParentCapacity + configuration.venueCapacity + child
  }
  func paceTimer(_ venue: VenueID) -> Int {
    childTimer(configuration.childCapacity) + venue.index
  }
}
