internal import Foundation
package import Wire

/// How far the medians of two series are apart, with bounds that hold 95 times in a hundred.
///
/// The median of `n` values has a rank that is normal about the middle with a deviation of
/// `1 / (2 * sqrt(n + 2))`; both medians are drawn by that law from what was measured, and the middle
/// 95 % of the differences are the bounds. Needs no law of the latencies themselves. It takes the
/// values as independent, so it is too narrow where slow times come in bursts.
package struct MedianDifference: Sendable, Equatable {
  package let nanoseconds: Double
  package let lowest: Double
  package let highest: Double

  private static let leastCount: Int64 = 8
  private static let draws = 4000

  /// The median of `series` less that of `base`; nil if either has too few values to tell.
  package init?(_ series: Histogram, less base: Histogram, seed: UInt64 = 1) {
    guard series.totalCount >= Self.leastCount, base.totalCount >= Self.leastCount else {
      return nil
    }
    let (left, right) = (RankedValues(series), RankedValues(base))
    var random = NormalSource(seed: seed)
    var differences = (0..<Self.draws).map { _ in
      left.median(deviations: random.next()) - right.median(deviations: random.next())
    }
    differences.sort()
    nanoseconds = left.median(deviations: 0) - right.median(deviations: 0)
    lowest = differences[Self.draws / 40]
    highest = differences[Self.draws - 1 - Self.draws / 40]
  }

  /// Whether the bounds leave zero out.
  package var isBeyondNoise: Bool { lowest > 0 || highest < 0 }
}

/// The values of a histogram by their share of the whole.
private struct RankedValues {
  private var values: [Double] = []
  private var reached: [Int64] = []
  private let total: Int64

  init(_ histogram: Histogram) {
    var values: [Double] = []
    var reached: [Int64] = []
    histogram.forEachCount { value, count in
      values.append(Double(histogram.layout.medianEquivalent(to: value)))
      reached.append((reached.last ?? 0) + count)
    }
    self.values = values
    self.reached = reached
    total = histogram.totalCount
  }

  func median(deviations: Double) -> Double {
    let share = 0.5 + deviations / (2 * Double(total + 2).squareRoot())
    let rank = min(max(Int64((share * Double(total)).rounded(.up)), 1), total)
    return values[firstIndex(reaching: rank)]
  }

  private func firstIndex(reaching rank: Int64) -> Int {
    var (low, high) = (0, reached.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if reached[middle] >= rank { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Normal numbers from a seed (Box and Muller over splitmix64).
private struct NormalSource {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> Double {
    let radius = (-2 * log(uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// Above zero and at most one.
  private mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    mixed ^= mixed >> 31
    return Double((mixed >> 11) + 1) / 0x1p53
  }
}
