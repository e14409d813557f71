package import Wire

/// Two logs of latencies, tag by tag.
///
/// Whether they differ is judged by intervals, not by single values: within one interval slow times
/// come together, so single values would claim more than they prove. For the median and for the 99th
/// percentile, the figures of the first log's intervals are held against those of the second by the
/// rank sum test.
package struct RunComparison: Sendable {
  package enum Verdict: String, Sendable {
    case faster
    case slower
    case noDifference = "no_difference"
    case tooFewIntervals = "too_few_intervals"
  }

  package struct Judgement: Sendable, Equatable {
    package let before: Int64
    package let after: Int64
    /// How likely so great a difference is by chance; nil for want of intervals.
    package let probability: Double?

    package var ratio: Double? { before > 0 ? Double(after) / Double(before) : nil }

    package var verdict: Verdict {
      guard let probability else { return .tooFewIntervals }
      guard probability < RunComparison.significance, after != before else { return .noDifference }
      return after > before ? .slower : .faster
    }
  }

  package struct Tag: Sendable {
    package let name: String?
    package let before: Histogram
    package let after: Histogram
    package let intervalsBefore: Int
    package let intervalsAfter: Int
    package let median: Judgement
    package let tail: Judgement
  }

  /// A chance below one in a hundred is taken for a difference.
  package static let significance = 0.01

  package let tags: [Tag]
  /// Tags that only one of the logs has.
  package let onlyBefore: [String]
  package let onlyAfter: [String]

  package init(_ before: HistogramLog, _ after: HistogramLog) {
    let known = after.tags
    tags = before.tags.filter(known.contains).compactMap { Self.compare($0, before, after) }
    onlyBefore = before.tags.filter { !known.contains($0) }.map(Self.text)
    onlyAfter = known.filter { !before.tags.contains($0) }.map(Self.text)
  }

  static func text(_ tag: String?) -> String { tag ?? "(no tag)" }

  private static func compare(
    _ tag: String?, _ before: HistogramLog, _ after: HistogramLog
  ) -> Tag? {
    guard let first = before.merged(tag: tag), let second = after.merged(tag: tag) else {
      return nil
    }
    let (left, right) = (histograms(before, tag), histograms(after, tag))
    func judge(_ percentile: Double) -> Judgement {
      Judgement(
        before: first.value(atPercentile: percentile),
        after: second.value(atPercentile: percentile),
        probability: RankTest.probability(
          left.map { Double($0.value(atPercentile: percentile)) },
          right.map { Double($0.value(atPercentile: percentile)) }))
    }
    return Tag(
      name: tag, before: first, after: second, intervalsBefore: left.count,
      intervalsAfter: right.count, median: judge(50), tail: judge(99))
  }

  private static func histograms(_ log: HistogramLog, _ tag: String?) -> [Histogram] {
    log.intervals.filter { $0.tag == tag && $0.histogram.totalCount > 0 }.map(\.histogram)
  }
}
