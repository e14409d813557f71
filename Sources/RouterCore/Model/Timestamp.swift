/// Nanoseconds since the Unix epoch, advanced by the monotonic clock.
///
/// The service reads the wall clock once at its start and adds monotonic time to it, so that a
/// timestamp never runs backwards within a run and still means something after a restart.
public struct Timestamp: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var nanoseconds: Int64

  @inlinable public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool {
    a.nanoseconds < b.nanoseconds
  }

  /// Nanoseconds from `earlier` to this time.
  @inlinable public func since(_ earlier: Timestamp) -> Int64 {
    nanoseconds &- earlier.nanoseconds
  }

  @inlinable public func adding(milliseconds: Int64) -> Timestamp {
    let (delta, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, tooLate) = nanoseconds.addingReportingOverflow(overflow ? Int64.max : delta)
    return overflow || tooLate ? .distantFuture : Timestamp(nanoseconds: sum)
  }

  public static let distantPast = Timestamp(nanoseconds: .min)
  public static let distantFuture = Timestamp(nanoseconds: .max)
}
