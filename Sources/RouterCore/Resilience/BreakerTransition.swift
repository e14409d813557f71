/// A breaker has changed its state, and on what evidence.
package struct BreakerTransition: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  package var operation: VenueOperation
  package var from: CircuitBreaker.State
  package var to: CircuitBreaker.State
  /// The window that tripped it, or the probes that decided.
  package var counts: CallCounts
  package var lastFailure: CallFailure
  /// When an open breaker is tried again; `at` for the other states.
  package var until: Timestamp
  /// Trips in a row without sustained success between them.
  package var trips: UInt16
  package var at: Timestamp

  package init(
    venue: VenueID, operation: VenueOperation, from: CircuitBreaker.State, to: CircuitBreaker.State,
    counts: CallCounts, lastFailure: CallFailure, until: Timestamp, trips: UInt16, at: Timestamp
  ) {
    self.venue = venue
    self.operation = operation
    self.from = from
    self.to = to
    self.counts = counts
    self.lastFailure = lastFailure
    self.until = until
    self.trips = trips
    self.at = at
  }
}

/// How a breaker stands, for people.
package struct BreakerView: Sendable, Hashable {
  package var operation: VenueOperation
  package var state: CircuitBreaker.State
  /// What its window holds.
  package var counts: CallCounts
  /// `nil` unless it is open.
  package var openUntil: Timestamp?
  package var trips: UInt16
  package var lastFailure: CallFailure

  init(_ operation: VenueOperation, _ breaker: CircuitBreaker, at now: Timestamp) {
    self.operation = operation
    state = breaker.state
    counts = breaker.state == .closed ? breaker.counts(at: now) : breaker.evidence
    openUntil = breaker.state == .open ? breaker.openUntil : nil
    trips = breaker.trips(at: now)
    lastFailure = breaker.lastFailure
  }
}
