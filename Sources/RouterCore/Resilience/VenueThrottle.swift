/// How many requests a venue may be sent; from the settings, or what the venue publishes.
package struct VenueThrottle: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  /// The time that one request takes up at the steady rate; zero for no limit.
  package var intervalNanoseconds: Int64
  /// Requests that may follow each other at once.
  package var burst: UInt32
  /// The part of the burst that new orders leave to cancels and queries, in parts per ten thousand.
  package var cancelReserve: UInt16
  /// Whether new orders are thinned out while the venue refuses most of them.
  package var isAdaptive: Bool

  /// A fifth.
  package static let standardReserve: UInt16 = 2000

  package init(
    venue: VenueID, intervalNanoseconds: Int64, burst: UInt32,
    cancelReserve: UInt16 = Self.standardReserve, isAdaptive: Bool = true
  ) {
    self.venue = venue
    self.intervalNanoseconds = intervalNanoseconds
    self.burst = burst
    self.cancelReserve = cancelReserve
    self.isAdaptive = isAdaptive
  }

  /// - Precondition: The rate is positive.
  package init(
    venue: VenueID, requestsPerSecond: Int64, burst: UInt32,
    cancelReserve: UInt16 = Self.standardReserve
  ) {
    precondition(requestsPerSecond > 0)
    self.init(
      venue: venue, intervalNanoseconds: 1_000_000_000 / requestsPerSecond, burst: burst,
      cancelReserve: cancelReserve)
  }

  /// For a venue of which no limit is known, and where too many requests harm nobody.
  package static func generous(_ venue: VenueID) -> VenueThrottle {
    VenueThrottle(venue: venue, requestsPerSecond: 10_000, burst: 10_000)
  }
}

/// A venue has said that it was asked too often, and is left alone for a while.
package struct ThrottleEngaged: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  /// No new order leaves before this.
  package var until: Timestamp
  /// What the venue itself has asked for; `distantPast` if it named no time.
  package var retryAt: Timestamp
  /// How many times in a row, from one.
  package var count: UInt8
  /// Answers to new orders over the last minute, and how many of them were no such refusal.
  package var requests: UInt32
  package var accepts: UInt32
  package var at: Timestamp

  package init(
    venue: VenueID, until: Timestamp, retryAt: Timestamp, count: UInt8, requests: UInt32,
    accepts: UInt32, at: Timestamp
  ) {
    self.venue = venue
    self.until = until
    self.retryAt = retryAt
    self.count = count
    self.requests = requests
    self.accepts = accepts
    self.at = at
  }
}
