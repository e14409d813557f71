/// Between which bounds a venue's clock is ahead of ours, from questions and answers.
///
/// An answer that shows the venue's time `b` to a resolution, asked at our `a` and received at our
/// `d`, proves an offset between `b - d` and `b + resolution - a`, however long it took. All answers
/// together prove what their bounds have in common, which is how a clock that tells whole seconds
/// is known to milliseconds: by asking when its second turns.
package struct ClockBounds: Sendable, Equatable {
  package private(set) var lowest = Int64.min / 4
  package private(set) var highest = Int64.max / 4
  package private(set) var answers = 0
  package private(set) var leastRoundTrip = Int64.max

  package init() {}

  package var isKnown: Bool { answers > 0 }
  /// How far the venue is ahead of us; zero before the first answer.
  package var offset: Int64 { isKnown ? lowest + (highest - lowest) / 2 : 0 }
  /// How far off that may be, either way.
  package var uncertainty: Int64 { isKnown ? (highest - lowest + 1) / 2 : 0 }

  /// Takes an answer; the venue showed a time from `earliest` to `earliest + resolution`.
  package mutating func record(
    askedAt: Int64, earliest: Int64, resolution: Int64, receivedAt: Int64
  ) {
    answers += 1
    leastRoundTrip = min(leastRoundTrip, receivedAt - askedAt)
    let low = earliest.subtractingReportingOverflow(receivedAt)
    let high = (earliest &+ resolution).subtractingReportingOverflow(askedAt)
    guard !low.overflow, !high.overflow, low.partialValue <= high.partialValue else { return }
    let (newLowest, newHighest) = (
      max(lowest, low.partialValue), min(highest, high.partialValue)
    )
    // One of the clocks was set, or drifts: what was proved before is no longer so.
    let contradicts = newLowest > newHighest
    lowest = contradicts ? low.partialValue : newLowest
    highest = contradicts ? high.partialValue : newHighest
  }

  /// When to ask next, at or after `now`, so that the answer halves what is not known.
  ///
  /// The venue should turn to its next unit just when the question is there.
  package func usefulTime(after now: Int64, resolution: Int64) -> Int64 {
    guard isKnown, resolution > 1 else { return now }
    let travel = leastRoundTrip / 2
    let venueNow = now + offset + travel
    let untilTurn = resolution - 1 - floorModulo(venueNow - 1, resolution)
    return now + untilTurn
  }

  private func floorModulo(_ value: Int64, _ divisor: Int64) -> Int64 {
    let remainder = value % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}
