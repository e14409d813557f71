import Testing
import Wire

@testable import RouterService

struct StatisticsTests {
  private static func histogram(_ values: [Int64]) -> Histogram {
    var histogram = Histogram(highestTrackableValue: 60_000_000_000, significantDigits: 3)
    for value in values { histogram.record(value) }
    return histogram
  }

  /// Numbers spread about `middle`, the same for the same seed.
  private static func spread(_ count: Int, about middle: Int64, seed: UInt64) -> [Int64] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return middle + Int64(state >> 33) % (middle / 5) - middle / 10
    }
  }

  @Test func `medians far apart differ beyond noise, and the bounds hold the difference`() throws {
    let slow = Self.histogram(Self.spread(200, about: 2_000_000, seed: 1))
    let fast = Self.histogram(Self.spread(200, about: 1_000_000, seed: 2))
    let difference = try #require(MedianDifference(slow, less: fast))
    #expect(difference.isBeyondNoise)
    #expect(difference.lowest < 1_000_000 && difference.highest > 1_000_000)
    #expect(difference.highest - difference.lowest < 200_000)
    let reverse = try #require(MedianDifference(fast, less: slow))
    #expect(reverse.nanoseconds < 0 && reverse.isBeyondNoise)
  }

  @Test func `one law twice is no difference, nineteen times of twenty`() throws {
    var differences = 0
    for seed in 1...100 {
      let left = Self.histogram(Self.spread(60, about: 1_000_000, seed: UInt64(seed)))
      let right = Self.histogram(Self.spread(60, about: 1_000_000, seed: UInt64(seed) + 1000))
      if try #require(MedianDifference(left, less: right)).isBeyondNoise { differences += 1 }
    }
    #expect(differences <= 12)
  }

  @Test func `too few values give no bounds`() {
    let few = Self.histogram([1, 2, 3, 4, 5, 6, 7])
    #expect(MedianDifference(few, less: few) == nil)
  }

  /// By SciPy: `mannwhitneyu(x, y, method='asymptotic')`.
  @Test func `the rank sum test gives the chance that others give`() throws {
    let left = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88]
    let right = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29]
    let probability = try #require(RankTest.probability(left, right))
    #expect(abs(probability - 0.229_766) < 0.000_01)
    #expect(try #require(RankTest.probability(right, left)) == probability)
    let apart = try #require(RankTest.probability([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]))
    #expect(abs(apart - 0.005_075) < 0.000_01)
  }

  @Test func `ties are corrected for, and all alike is no difference`() throws {
    #expect(RankTest.probability([5, 5, 5, 5, 5, 5], [5, 5, 5, 5, 5, 5]) == 1)
    let tied = try #require(
      RankTest.probability([1, 1, 2, 2, 3, 3, 4], [2, 2, 3, 3, 4, 4, 5]))
    #expect(abs(tied - 0.148_231) < 0.000_01)
    #expect(RankTest.probability([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]) == nil)
  }

  @Test(arguments: [
    (Int64(0), "0.00 ns"), (850, "850 ns"), (1234, "1.23 us"), (12_345, "12.3 us"),
    (999_600, "1000 us"), (1_500_000, "1.50 ms"), (59_940_000_000, "59.9 s"),
  ])
  func `times read in three digits`(nanoseconds: Int64, text: String) {
    #expect(LatencyText.format(nanoseconds) == text)
  }
}
