package import RouterCore

/// The running router as the client gateways reach it; every completion runs on their own thread.
package protocol RouterPort: AnyObject, Sendable {
  /// - Returns: `false` if too many requests are under way; then `completion` is not called.
  func submit(
    _ order: NewOrderSingle, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool
  func cancel(
    _ parent: ParentOrderID, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool
  /// Asks for new terms of an order; its request id is given by the port.
  func replace(
    _ request: OrderReplaceRequest, _ completion: @escaping @Sendable (ClientReply) -> Void
  ) -> Bool
  func setHalted(_ isHalted: Bool, _ completion: @escaping @Sendable (ClientReply) -> Void) -> Bool
  /// A copy of the books of one instrument, best levels first.
  func book(
    _ instrument: InstrumentID, depth: Int,
    _ completion: @escaping @Sendable (InstrumentBooks) -> Void
  ) -> Bool
  /// What a plan would be now on the live books and balances, without any order.
  func plan(
    _ request: PlanRequest, _ completion: @escaping @Sendable (RoutePlan) -> Void
  ) -> Bool
  func venues(_ completion: @escaping @Sendable ([VenueStatusView]) -> Void) -> Bool
  func balances(_ completion: @escaping @Sendable ([BalanceObservation]) -> Void) -> Bool
  /// Figures for operators, with the latencies of all stages if they are measured.
  func metrics(_ completion: @escaping @Sendable (MetricsView) -> Void) -> Bool
  /// The stages of an order and its children; `nil` if they are not kept.
  func stages(
    of parent: ParentOrderID, _ completion: @escaping @Sendable (ParentStagesView?) -> Void
  ) -> Bool
  /// Whether recovery and reconciliation are done.
  var readiness: Readiness { get }
}

package struct Readiness: Sendable {
  package var isReady: Bool
  /// What it still waits for.
  package var reason: String

  package init(isReady: Bool, reason: String) {
    self.isReady = isReady
    self.reason = reason
  }
}

/// The books of one instrument at one moment.
package struct InstrumentBooks: Sendable {
  package struct Venue: Sendable {
    package var listing: ListingID
    /// `live`, or why not.
    package var state: String
    package var ageNanoseconds: Int64
    package var bids: [BookLevel]
    package var asks: [BookLevel]

    package init(
      listing: ListingID, state: String, ageNanoseconds: Int64, bids: [BookLevel],
      asks: [BookLevel]
    ) {
      self.listing = listing
      self.state = state
      self.ageNanoseconds = ageNanoseconds
      self.bids = bids
      self.asks = asks
    }
  }

  package var instrument: InstrumentID
  package var at: Timestamp
  package var venues: [Venue]

  package init(instrument: InstrumentID, at: Timestamp, venues: [Venue]) {
    self.instrument = instrument
    self.at = at
    self.venues = venues
  }
}

/// Which of a venue's ways new orders take, and how long they have taken on each of late.
package struct OrderTransportView: Sendable {
  package struct Way: Sendable {
    package var name: String
    package var samples: Int
    package var medianNanoseconds: Int64
    package var tailNanoseconds: Int64

    package init(name: String, samples: Int, medianNanoseconds: Int64, tailNanoseconds: Int64) {
      self.name = name
      self.samples = samples
      self.medianNanoseconds = medianNanoseconds
      self.tailNanoseconds = tailNanoseconds
    }
  }

  /// `fastest`, or the only way that the settings allow.
  package var policy: String
  package var chosen: String
  package var ways: [Way]

  package init(policy: String, chosen: String, ways: [Way]) {
    self.policy = policy
    self.chosen = chosen
    self.ways = ways
  }
}

/// A venue's connections as clients see them.
package struct VenueStatusView: Sendable {
  package struct Channel: Sendable {
    package var name: String
    package var state: String
    package var reconnects: Int
    package var messages: Int
    package var lastMessageAt: Timestamp?
    package var lastClosure: String?

    package init(
      name: String, state: String, reconnects: Int, messages: Int, lastMessageAt: Timestamp?,
      lastClosure: String?
    ) {
      self.name = name
      self.state = state
      self.reconnects = reconnects
      self.messages = messages
      self.lastMessageAt = lastMessageAt
      self.lastClosure = lastClosure
    }
  }

  package var venue: VenueID
  package var name: String
  package var dialect: String
  /// `up`, `degraded`, `down`.
  package var state: String
  package var marketData: Bool
  package var orderEntry: Bool
  package var dropCopy: Bool
  package var channels: [Channel]
  package var clockOffsetMilliseconds: Double?
  package var clockUncertaintyMilliseconds: Double?
  package var ordersSent: Int
  package var requestsUnknown: Int
  /// The newest first: time, severity, words.
  package var incidents: [(Timestamp, String, String)]
  /// How the circuit breakers stand.
  package var breakers: [BreakerView] = []
  /// Which way new orders take; `nil` at a venue that has only one.
  package var orderTransport: OrderTransportView?
  /// How fast the venue may be asked; `nil` while the core does not know it.
  package var throttle: ThrottleView?

  package init(
    venue: VenueID, name: String, dialect: String, state: String, marketData: Bool,
    orderEntry: Bool, dropCopy: Bool, channels: [Channel], clockOffsetMilliseconds: Double?,
    clockUncertaintyMilliseconds: Double?, ordersSent: Int, requestsUnknown: Int,
    incidents: [(Timestamp, String, String)]
  ) {
    self.venue = venue
    self.name = name
    self.dialect = dialect
    self.state = state
    self.marketData = marketData
    self.orderEntry = orderEntry
    self.dropCopy = dropCopy
    self.channels = channels
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.clockUncertaintyMilliseconds = clockUncertaintyMilliseconds
    self.ordersSent = ordersSent
    self.requestsUnknown = requestsUnknown
    self.incidents = incidents
  }
}
