package import RouterCore
package import Wire

/// What operators' programs read of a running router, copied at one moment.
package struct MetricsView: Sendable {
  package var at: Timestamp
  package var gauges: CoreGauges
  package var venues: [VenueStatusView]
  package var clocks: [VenueClockView]
  /// Requests of clients that the core's thread has not answered.
  package var requestsInFlight: Int
  /// `nil` if latencies are not measured.
  package var latency: LatencyView?

  package init(
    at: Timestamp, gauges: CoreGauges, venues: [VenueStatusView], clocks: [VenueClockView],
    requestsInFlight: Int, latency: LatencyView? = nil
  ) {
    self.at = at
    self.gauges = gauges
    self.venues = venues
    self.clocks = clocks
    self.requestsInFlight = requestsInFlight
    self.latency = latency
  }
}

package struct CoreGauges: Sendable {
  /// Requests to a venue that wait for a free connection.
  package struct Waiting: Sendable {
    package var venue: VenueID
    package var count: Int

    package init(venue: VenueID, count: Int) {
      self.venue = venue
      self.count = count
    }
  }

  package var openOrders: Int
  /// Commands, answers and facts that wait for the journal.
  package var waitingEffects: Int
  package var waitingRequests: [Waiting]
  package var journalWrittenIndex: UInt64
  package var journalSafeIndex: UInt64
  package var journalDurableIndex: UInt64
  /// The p99 from a decision to the last byte of an order, as the core was last told.
  package var pathLatencyNanoseconds: Int64?
  /// How often a core that polls has gone the way of an order to keep it warm.
  package var rehearsals: Int

  package init(
    openOrders: Int, waitingEffects: Int, waitingRequests: [Waiting], journalWrittenIndex: UInt64,
    journalSafeIndex: UInt64, journalDurableIndex: UInt64, pathLatencyNanoseconds: Int64?,
    rehearsals: Int
  ) {
    self.openOrders = openOrders
    self.waitingEffects = waitingEffects
    self.waitingRequests = waitingRequests
    self.journalWrittenIndex = journalWrittenIndex
    self.journalSafeIndex = journalSafeIndex
    self.journalDurableIndex = journalDurableIndex
    self.pathLatencyNanoseconds = pathLatencyNanoseconds
    self.rehearsals = rehearsals
  }
}

/// A venue's clock against ours.
package struct VenueClockView: Sendable {
  package var venue: VenueID
  /// How far it is ahead of ours.
  package var offsetNanoseconds: Int64
  package var uncertaintyNanoseconds: Int64

  package init(venue: VenueID, offsetNanoseconds: Int64, uncertaintyNanoseconds: Int64) {
    self.venue = venue
    self.offsetNanoseconds = offsetNanoseconds
    self.uncertaintyNanoseconds = uncertaintyNanoseconds
  }
}

/// How long the steps of orders took: since the start, and in the last whole interval.
package struct LatencyView: Sendable {
  /// One histogram, in nanoseconds.
  package struct Entry: Sendable {
    /// A stage or, without a venue, a way of several stages.
    package var name: String
    /// `nil`: all venues together.
    package var venue: VenueID?
    package var histogram: Histogram

    package init(name: String, venue: VenueID?, histogram: Histogram) {
      self.name = name
      self.venue = venue
      self.histogram = histogram
    }
  }

  /// Histograms of the same time.
  package struct Window: Sendable {
    package var start: Timestamp
    package var end: Timestamp
    /// Of single stages, in the order of an order's way.
    package var stages: [Entry]
    /// Of ways of several stages, measured whole.
    package var paths: [Entry]

    package init(start: Timestamp, end: Timestamp, stages: [Entry], paths: [Entry]) {
      self.start = start
      self.end = end
      self.stages = stages
      self.paths = paths
    }
  }

  package struct Overrun: Sendable {
    package var stage: String
    package var count: Int64

    package init(stage: String, count: Int64) {
      self.stage = stage
      self.count = count
    }
  }

  package struct Counters: Sendable {
    package var lateParents: Int64
    package var unexplainedOverruns: Int64
    package var overruns: [Overrun]
    package var clampedStamps: Int64
    package var droppedFrames: Int64
    package var forgottenParents: Int64
    package var forgottenChildren: Int64
    package var memoryBytes: Int

    package init(
      lateParents: Int64, unexplainedOverruns: Int64, overruns: [Overrun], clampedStamps: Int64,
      droppedFrames: Int64, forgottenParents: Int64, forgottenChildren: Int64, memoryBytes: Int
    ) {
      self.lateParents = lateParents
      self.unexplainedOverruns = unexplainedOverruns
      self.overruns = overruns
      self.clampedStamps = clampedStamps
      self.droppedFrames = droppedFrames
      self.forgottenParents = forgottenParents
      self.forgottenChildren = forgottenChildren
      self.memoryBytes = memoryBytes
    }
  }

  package var intervalSeconds: Int64
  /// Since the start of the service.
  package var run: Window
  /// The last whole interval; `nil` before the first has ended.
  package var interval: Window?
  package var counters: Counters

  package init(intervalSeconds: Int64, run: Window, interval: Window?, counters: Counters) {
    self.intervalSeconds = intervalSeconds
    self.run = run
    self.interval = interval
    self.counters = counters
  }
}

/// The stamps of one order.
package struct ParentStagesView: Sendable {
  /// The stage that ends at a stamp, and how long it took.
  package struct Stamp: Sendable {
    package var point: String
    /// `nil` at the beginning of a way.
    package var stage: String?
    package var at: Timestamp
    package var nanoseconds: Int64?

    package init(point: String, stage: String?, at: Timestamp, nanoseconds: Int64?) {
      self.point = point
      self.stage = stage
      self.at = at
      self.nanoseconds = nanoseconds
    }
  }

  package struct Child: Sendable {
    package var id: ChildOrderID
    package var venue: VenueID
    package var cause: String
    package var stamps: [Stamp]
    /// From the first stamp to the last.
    package var totalNanoseconds: Int64

    package init(
      id: ChildOrderID, venue: VenueID, cause: String, stamps: [Stamp], totalNanoseconds: Int64
    ) {
      self.id = id
      self.venue = venue
      self.cause = cause
      self.stamps = stamps
      self.totalNanoseconds = totalNanoseconds
    }
  }

  package var parent: ParentOrderID
  /// Which stage spent the time beyond the deadline, if one did.
  package var overrun: String?
  /// All that it ever had; fewer may be kept.
  package var childCount: Int
  package var children: [Child]

  package init(parent: ParentOrderID, overrun: String?, childCount: Int, children: [Child]) {
    self.parent = parent
    self.overrun = overrun
    self.childCount = childCount
    self.children = children
  }
}
