package import Wire

/// What is measured of a venue; the raw value is its name in logs and JSON.
package enum VenueProbe: String, Sendable, CaseIterable {
  /// TCP, from the first packet to the open connection; the name is looked up before.
  case connect
  /// The TLS handshake on it.
  case tls
  /// A cheap public question over a connection that is open.
  case rest
  /// A WebSocket ping to its pong, on the socket of the market data.
  case ping
  /// A new order to the venue's acknowledgement.
  case order
  /// A cancel to the venue's word that the order is over.
  case cancel
  /// From the venue's time in a book update to its bytes here, by the venue's clock as known.
  case feed

  package var title: String {
    switch self {
    case .connect: "TCP connect"
    case .tls: "TLS handshake"
    case .rest: "REST round trip"
    case .ping: "WebSocket ping to pong"
    case .order: "order to acknowledgement"
    case .cancel: "cancel to confirmation"
    case .feed: "feed lag"
    }
  }
}

/// The measurements of one kind at one venue, in nanoseconds.
package struct ProbeSeries: Sendable {
  private static let highest: Int64 = 3_600_000_000_000
  /// A start that is later than this after its intended time had to wait for room.
  private static let lateNanoseconds: Int64 = 1_000_000

  package let probe: VenueProbe
  /// From the intended start; what had no answer counts with the time it had waited.
  package private(set) var latency: Histogram
  /// From the actual start, answered requests alone: what a closed loop would have shown.
  package private(set) var service: Histogram
  package private(set) var answered = 0
  package private(set) var late = 0
  /// Started, and not answered in time.
  package private(set) var unanswered = 0
  /// Due, and never started for want of room.
  package private(set) var omitted = 0
  package private(set) var failed = 0
  package private(set) var firstFailure: String?
  private var interval: Histogram

  package init(_ probe: VenueProbe) {
    self.probe = probe
    latency = Histogram(highestTrackableValue: Self.highest, significantDigits: 3)
    service = latency
    interval = latency
  }

  package var count: Int64 { latency.totalCount }

  package mutating func answer(intended: Int64, started: Int64, finished: Int64) {
    answered += 1
    if started - intended > Self.lateNanoseconds { late += 1 }
    record(finished - intended)
    service.record(finished - started)
  }

  /// A value that no request of ours asked for: the lag of a book update.
  package mutating func observe(_ nanoseconds: Int64) {
    answered += 1
    record(nanoseconds)
    service.record(nanoseconds)
  }

  package mutating func giveUp(intended: Int64, at end: Int64) {
    unanswered += 1
    record(end - intended)
  }

  package mutating func omit(intended: Int64, at end: Int64) {
    omitted += 1
    record(end - intended)
  }

  package mutating func fail(_ words: String) {
    failed += 1
    if firstFailure == nil { firstFailure = words }
  }

  /// What was measured since the last call; nil if nothing was.
  package mutating func takeInterval() -> Histogram? {
    guard interval.totalCount > 0 else { return nil }
    defer { interval.reset() }
    return interval
  }

  private mutating func record(_ nanoseconds: Int64) {
    latency.record(nanoseconds)
    interval.record(nanoseconds)
  }
}
