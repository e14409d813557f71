/// Whether what is decided now can still arrive in time (`routing.md` section 8).
///
/// Counts only for a deadline that the client has named. First the search for a plan gets shorter,
/// then venues drop out whose slow orders would arrive too late, and when none is left the order
/// ends rather than be sent late.
extension RouterCore {
  /// What is left until a parent's deadline once our own path is paid for; `nil` without one.
  func slack(_ order: ParentOrder, at now: Timestamp) -> Int64? {
    guard hasNamedDeadline(order) else { return nil }
    return order.deadline.since(now) - pathLatencyNanoseconds
  }

  /// Whether the client has set the deadline, and not the rule for market orders without one.
  private func hasNamedDeadline(_ order: ParentOrder) -> Bool {
    guard order.deadline < .distantFuture else { return false }
    guard order.order.type == .market || order.order.type == .stop else { return true }
    let begin = max(order.acceptedAt, order.triggeredAt)
    return order.deadline != begin.adding(milliseconds: Self.marketOrderMilliseconds)
  }

  /// Whether one order in a hundred would take longer to a venue than there is time.
  func isTooSlow(_ venue: VenueID, for order: ParentOrder, at now: Timestamp) -> Bool {
    guard let slack = slack(order, at: now) else { return false }
    return estimates.latencies.tailForDeadlines(venue, at: now) > slack
  }

  /// Whether a child that is about to leave would be late.
  func isTooLate(_ venue: VenueID, for order: ParentOrder, at now: Timestamp) -> Bool {
    guard hasNamedDeadline(order) else { return false }
    let left = order.deadline.since(now)
    return estimates.latencies.tailForDeadlines(venue, at: now) > left
  }

  /// What is left after the quickest venue's slow orders, too; negative if none is quick enough.
  func slackAtVenues(_ order: ParentOrder, at now: Timestamp) -> Int64? {
    guard let slack = slack(order, at: now) else { return nil }
    var quickest = Int64.max
    var next = markets.firstListing(of: order.order.instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let venue = markets.listing(id)?.venue else { continue }
      quickest = min(quickest, estimates.latencies.tailForDeadlines(venue, at: now))
    }
    return quickest == .max ? slack : slack - quickest
  }

  /// Ends a parent for which it is too late at every venue; whether it is.
  mutating func endIfStale(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) -> Bool {
    let order = orders.parents[parent]
    guard let left = slackAtVenues(order, at: now), left < 0 else { return false }
    // What rests may still fill until the deadline itself.
    if order.openChildren > 0 {
      setParentTimer(parent, .distantFuture)
    } else {
      close(parent, .expired, .staleAtDecision, now, &outbox)
    }
    return true
  }

  /// What our own path takes from a decision to the last byte, at its 99th percentile.
  ///
  /// More than a tenth of a second was a stall. That is over when it is known, and orders that were
  /// refused because of it would never show that.
  mutating func notePath(nanoseconds: Int64) {
    pathLatencyNanoseconds = min(max(nanoseconds, 0), Self.longestPathNanoseconds)
  }

  private static var longestPathNanoseconds: Int64 { 100_000_000 }
}
