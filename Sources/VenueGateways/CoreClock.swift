internal import Platform
package import RouterCore

/// The clock behind `Timestamp`: wall time read once, then advanced by the monotonic clock.
package struct CoreClock: Sendable {
  private let base: Int64

  package init() {
    base = Clock.wallNanoseconds() - Clock.monotonicNanoseconds()
  }

  package var now: Timestamp {
    Timestamp(nanoseconds: base + Clock.monotonicNanoseconds())
  }

  /// The time of a reading of the monotonic clock.
  package func timestamp(monotonicNanoseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: base + monotonicNanoseconds)
  }
}
