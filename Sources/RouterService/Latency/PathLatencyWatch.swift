/// Decides when the core is told what its own path takes: the 99th percentile of the last intervals.
package struct PathLatencyWatch: Sendable {
  /// A change by less, in parts of what was told, is not worth an event.
  private static let leastChange = 0.2

  /// What the core believes; zero is nothing.
  private var told: Int64 = 0

  package init() {}

  /// - Returns: What to tell the core now, if anything.
  ///
  /// Too few orders say nothing: what was told before is taken back then, or a bad time would be
  /// believed for as long as nobody trades because of it.
  package mutating func news(count: Int64, p99 latency: Int64) -> Int64? {
    let known = count >= StageLimits.leastCount ? latency : 0
    guard known != told, Double(abs(known - told)) > Double(told) * Self.leastChange else {
      return nil
    }
    told = known
    return known
  }
}
