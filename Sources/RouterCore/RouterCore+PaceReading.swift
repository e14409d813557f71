/// What the running core knows about a venue's budget; for clients.
package struct PaceReading: Sendable, Hashable {
  /// Zero if there is no limit.
  package var intervalNanoseconds: Int64
  package var burst: Int64
  package var reserve: Int64
  package var tokens: Int64
  package var isAdaptive: Bool
  /// The venue asked for a pause, or its budget did.
  package var engagedUntil: Timestamp?
  /// Answers to new orders over the last minute, and those that were no "too many".
  package var requests: UInt64
  package var accepts: UInt64
}

package struct MaintenanceReading: Sendable, Hashable {
  package var activeUntil: Timestamp?
  package var nextStart: Timestamp?
}

/// How long orders take to a venue and how its clock differs, measured or assumed.
package struct LatencyReading: Sendable, Hashable {
  package var order: OrderLatency
  package var sampleCount: Int64
  package var clock: ClockOffset
}

extension RouterCore {
  package func pace(of venue: VenueID, at now: Timestamp) -> PaceReading? {
    guard markets.venue(venue) != nil, hasPace(venue) else { return nil }
    let pace = paces[venue.index]
    let (requests, accepts) = pace.outcomes.counts(at: now)
    return PaceReading(
      intervalNanoseconds: pace.throttle.intervalNanoseconds, burst: pace.throttle.burst,
      reserve: pace.throttle.reserve, tokens: pace.throttle.tokens(at: now),
      isAdaptive: pace.isAdaptive,
      engagedUntil: pace.engagedUntil > now ? pace.engagedUntil : nil, requests: requests,
      accepts: accepts)
  }

  package func maintenanceReading(of venue: VenueID, at now: Timestamp) -> MaintenanceReading {
    let windows = maintenance(of: venue)
    return MaintenanceReading(
      activeUntil: windows.activeUntil(now), nextStart: windows.nextStart(after: now))
  }

  package func latencyReading(of venue: VenueID, at now: Timestamp) -> LatencyReading {
    LatencyReading(
      order: estimates.latencies.oneWay(venue, at: now),
      sampleCount: estimates.latencies.sampleCount(venue, at: now),
      clock: estimates.clocks.offset(venue, at: now))
  }
}
