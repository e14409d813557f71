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

  private var samples: [Sample] = []

  package init() {}

  package mutating func record(sentAt: Int64, venueTime: Int64, receivedAt: Int64) {
    let roundTrip = max(0, receivedAt &- sentAt)
    let middle = sentAt &+ roundTrip / 2
    samples.append(Sample(offset: venueTime &- middle, roundTrip: roundTrip))
    if samples.count > 8 { samples.removeFirst() }
  }

  private var best: Sample? {
    samples.min { $0.roundTrip < $1.roundTrip }
  }

  /// How far the venue's clock is ahead of ours; 0 before the first answer.
  package var offsetNanoseconds: Int64 { best?.offset ?? 0 }
  package var uncertaintyNanoseconds: Int64 { (best?.roundTrip ?? 0) / 2 }
}
