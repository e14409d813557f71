import Testing
import Wire

@testable import RouterService

struct RunComparisonTests {
  /// Intervals of ten values each about `middle`, as two logs of one law would have.
  private static func log(
    _ tags: [String?], intervals: Int, about middle: Int64, seed: UInt64
  ) -> HistogramLog {
    var state = seed
    var log = HistogramLog(startNanoseconds: 0)
    for index in 0..<intervals {
      for tag in tags {
        var histogram = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: 3)
        for _ in 0..<10 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          histogram.record(middle + Int64(state >> 33) % (middle / 2))
        }
        log.intervals.append(
          HistogramLog.Interval(
            tag: tag, startNanoseconds: Int64(index), lengthNanoseconds: 1, histogram: histogram))
      }
    }
    return log
  }

  @Test func `a run half as fast again is slower, and the other way round faster`() throws {
    let before = Self.log(["kraken.rest"], intervals: 20, about: 1_000_000, seed: 1)
    let after = Self.log(["kraken.rest"], intervals: 20, about: 1_500_000, seed: 2)
    let tag = try #require(RunComparison(before, after).tags.first)
    #expect(tag.median.verdict == .slower)
    #expect(tag.tail.verdict == .slower)
    #expect(tag.before.totalCount == 200 && tag.intervalsAfter == 20)
    let ratio = try #require(tag.median.ratio)
    #expect(ratio > 1.3 && ratio < 1.7)
    let back = try #require(RunComparison(after, before).tags.first)
    #expect(back.median.verdict == .faster)
  }

  @Test func `two runs of one law are no difference`() throws {
    var differences = 0
    for seed in 1...50 {
      let before = Self.log([nil], intervals: 12, about: 1_000_000, seed: UInt64(seed))
      let after = Self.log([nil], intervals: 12, about: 1_000_000, seed: UInt64(seed) + 500)
      let tag = try #require(RunComparison(before, after).tags.first)
      if tag.median.verdict != .noDifference { differences += 1 }
    }
    #expect(differences <= 3)
  }

  @Test func `a log against itself is no difference at all`() throws {
    let log = Self.log(["a"], intervals: 8, about: 1000, seed: 4)
    let tag = try #require(RunComparison(log, log).tags.first)
    #expect(tag.median.verdict == .noDifference)
    #expect(tag.median.ratio == 1)
  }

  @Test func `too few intervals judge nothing`() throws {
    let before = Self.log(["a"], intervals: 5, about: 1000, seed: 1)
    let after = Self.log(["a"], intervals: 20, about: 9000, seed: 2)
    let tag = try #require(RunComparison(before, after).tags.first)
    #expect(tag.median.verdict == .tooFewIntervals)
    #expect(RunComparison(before, after).text.contains("too few intervals"))
  }

  @Test func `tags of one log alone are named`() {
    let before = Self.log(["a", "b"], intervals: 1, about: 1000, seed: 1)
    let after = Self.log(["b", "c", nil], intervals: 1, about: 1000, seed: 2)
    let comparison = RunComparison(before, after)
    #expect(comparison.tags.map(\.name) == ["b"])
    #expect(comparison.onlyBefore == ["a"])
    #expect(comparison.onlyAfter == ["c", "(no tag)"])
  }

  @Test func `the JSON has counts, ratios and verdicts`() throws {
    let before = Self.log(["kraken.rest"], intervals: 20, about: 1_000_000, seed: 1)
    let after = Self.log(["kraken.rest"], intervals: 20, about: 1_500_000, seed: 2)
    let json = try JSONValue(parsing: Array(RunComparison(before, after).json.utf8))
    let tag = try #require(json["tags"]?[0])
    #expect(tag["tag"]?.string == "kraken.rest")
    #expect(tag["before"]?["count"]?.int64 == 200)
    #expect(tag["p50"]?["verdict"]?.string == "slower")
    #expect(tag["intervals_before"]?.int64 == 20)
  }
}
