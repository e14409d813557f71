/// When a venue's circuit breakers open, for how long, and how they are tried again.
package struct VenueBreakerSettings: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  package var isEnabled: Bool
  /// Outcomes in the window that is counted by calls; none of them older than `windowSeconds`.
  package var windowCalls: UInt16
  /// The length of the window that is counted by time.
  package var windowSeconds: UInt32
  /// With fewer outcomes in a window nothing is concluded from it.
  package var minimumCalls: UInt16
  /// The share of failures at which a breaker opens, in parts per ten thousand.
  package var failureRate: UInt16
  /// The share of slow calls at which it opens, in parts per ten thousand.
  package var slowCallRate: UInt16
  /// What takes this long is slow.
  package var slowCallMilliseconds: Int64
  /// What takes this long has failed, whatever comes later.
  package var timeoutMilliseconds: Int64
  /// The ceiling of the first wait; it doubles with each trip in a row.
  package var openMilliseconds: Int64
  package var openCapMilliseconds: Int64
  /// New orders that are let through to try a venue again, one at a time.
  package var halfOpenProbes: UInt8

  package init(
    venue: VenueID, isEnabled: Bool = true, windowCalls: UInt16 = 20, windowSeconds: UInt32 = 30,
    minimumCalls: UInt16 = 5, failureRate: UInt16 = 5000, slowCallRate: UInt16 = 5000,
    slowCallMilliseconds: Int64 = 2000, timeoutMilliseconds: Int64 = 10_000,
    openMilliseconds: Int64 = 5000, openCapMilliseconds: Int64 = 120_000, halfOpenProbes: UInt8 = 3
  ) {
    self.venue = venue
    self.isEnabled = isEnabled
    self.windowCalls = windowCalls
    self.windowSeconds = windowSeconds
    self.minimumCalls = minimumCalls
    self.failureRate = failureRate
    self.slowCallRate = slowCallRate
    self.slowCallMilliseconds = slowCallMilliseconds
    self.timeoutMilliseconds = timeoutMilliseconds
    self.openMilliseconds = openMilliseconds
    self.openCapMilliseconds = openCapMilliseconds
    self.halfOpenProbes = halfOpenProbes
  }

  /// The window in nanoseconds, however odd the number in a journal.
  var windowNanoseconds: Int64 { Int64(max(windowSeconds, 1)) * 1_000_000_000 }
}
