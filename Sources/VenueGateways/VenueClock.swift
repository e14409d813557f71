/// A venue's clock against ours, from question and answer.
///
/// With our times `a` and `d` and the venue's time `b` in between, the offset is
/// `b - (a + d) / 2`, known within half the round trip. The answer with the shortest round trip
/// of the last eight counts (`routing.md` section 8).
package struct VenueClock: Sendable {
  private struct Sample {
    var offset: Int64
    var roundTrip: Int64
  }

  /// What claims to be further off than sixty years counts as that.
  ///
  /// A machine that begins at 1970 still asks its venues in their own time.
  private static let maximumOffset: Int64 = 60 * 365 * 86_400_000_000_000
  /// A step of our own wall clock beyond this makes the samples before it worthless.
  private static let stepNanoseconds: Int64 = 50_000_000

  private var samples: [Sample] = []
  private var wallBase: Int64?

  package init() {}

  /// Adds an answer; `receivedAt` is `sentAt` plus monotonic time, and `wallBase` our wall clock
  /// less the monotonic one, which shows when the former was set.
  package mutating func record(
    sentAt: Int64, venueTime: Int64, receivedAt: Int64, wallBase base: Int64 = 0
  ) {
    if isOutdated(by: base) { samples.removeAll() }
    wallBase = base
    let roundTrip = max(0, receivedAt &- sentAt)
    let middle = sentAt &+ roundTrip / 2
    let (offset, overflow) = venueTime.subtractingReportingOverflow(middle)
    let bounded =
      overflow
      ? Self.maximumOffset : min(max(offset, -Self.maximumOffset), Self.maximumOffset)
    samples.append(Sample(offset: bounded, roundTrip: roundTrip))
    if samples.count > 8 { samples.removeFirst() }
  }

  /// Whether our wall clock was set since the last answer; `base` is as for `record`.
  package func isOutdated(by base: Int64) -> Bool {
    wallBase.map { abs(base &- $0) > Self.stepNanoseconds } ?? false
  }

  private var best: Sample? {
    samples.min { $0.roundTrip < $1.roundTrip }
  }

  /// How far the venue's clock is ahead of ours; 0 before the first answer.
  package var offsetNanoseconds: Int64 { best?.offset ?? 0 }
  package var uncertaintyNanoseconds: Int64 { (best?.roundTrip ?? 0) / 2 }
}
