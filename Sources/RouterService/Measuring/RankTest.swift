internal import Foundation

/// The rank sum test of Mann and Whitney: whether two samples come from one law.
///
/// Two-sided, by the normal law with corrections for ties and continuity; good from six values a
/// side on, below which no outcome can be called unlikely.
package enum RankTest {
  package static let leastCount = 6

  /// How likely a difference at least so great is by chance; nil if there are too few values.
  package static func probability(_ left: [Double], _ right: [Double]) -> Double? {
    guard left.count >= leastCount, right.count >= leastCount else { return nil }
    let all =
      (left.map { (value: $0, isLeft: true) } + right.map { (value: $0, isLeft: false) })
      .sorted { $0.value < $1.value }
    var (rankSum, tieTerm) = (0.0, 0.0)
    var start = 0
    while start < all.count {
      var end = start + 1
      while end < all.count, all[end].value == all[start].value { end += 1 }
      let meanRank = Double(start + 1 + end) / 2
      rankSum += meanRank * Double(all[start..<end].count { $0.isLeft })
      let tied = Double(end - start)
      tieTerm += tied * tied * tied - tied
      start = end
    }
    return probability(
      rankSum: rankSum, tieTerm: tieTerm, Double(left.count), Double(right.count))
  }

  private static func probability(
    rankSum: Double, tieTerm: Double, _ left: Double, _ right: Double
  ) -> Double {
    let total = left + right
    let statistic = rankSum - left * (left + 1) / 2
    let variance = left * right / 12 * (total + 1 - tieTerm / (total * (total - 1)))
    guard variance > 0 else { return 1 }
    let distance = max(abs(statistic - left * right / 2) - 0.5, 0)
    return erfc(distance / variance.squareRoot() / 2.0.squareRoot())
  }
}
