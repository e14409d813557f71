/// Where the counter of a value stands: the layout that HdrHistogram publishes.
///
/// Values share a counter when they differ by less than the precision asked for. The first bucket
/// counts every unit up to twice `10^significantDigits`; each further bucket covers twice the range
/// of the one before with half as many counters of its own, each twice as wide.
package struct HistogramLayout: Sendable, Equatable, BitwiseCopyable {
  package let lowestDiscernibleValue: Int64
  package let highestTrackableValue: Int64
  package let significantDigits: Int
  package let counterCount: Int
  let unitMagnitude: Int
  let subBucketHalfCountMagnitude: Int
  let subBucketMask: Int64
  let leadingZeroBase: Int

  /// `nil` where HdrHistogram knows no such layout.
  package init?(lowest: Int64, highest: Int64, significantDigits: Int) {
    guard lowest >= 1, 0...5 ~= significantDigits, highest / 2 >= lowest else { return nil }
    var singleUnitLimit = 2
    for _ in 0..<significantDigits { singleUnitLimit *= 10 }
    let countMagnitude = Int.bitWidth - (singleUnitLimit - 1).leadingZeroBitCount
    let unitMagnitude = Int64.bitWidth - 1 - lowest.leadingZeroBitCount
    guard countMagnitude + unitMagnitude <= 62 else { return nil }
    lowestDiscernibleValue = lowest
    highestTrackableValue = highest
    self.significantDigits = significantDigits
    self.unitMagnitude = unitMagnitude
    subBucketHalfCountMagnitude = countMagnitude - 1
    subBucketMask = (1 << Int64(countMagnitude) - 1) << Int64(unitMagnitude)
    leadingZeroBase = Int64.bitWidth - unitMagnitude - countMagnitude
    let buckets = Self.bucketCount(
      firstBucketLimit: 1 << Int64(countMagnitude + unitMagnitude), highest: highest)
    counterCount = (buckets + 1) << subBucketHalfCountMagnitude
  }

  private static func bucketCount(firstBucketLimit: Int64, highest: Int64) -> Int {
    var limit = firstBucketLimit
    var count = 1
    while limit <= highest {
      count += 1
      let (doubled, overflow) = limit.multipliedReportingOverflow(by: 2)
      if overflow { break }
      limit = doubled
    }
    return count
  }

  package var subBucketCount: Int { 2 << subBucketHalfCountMagnitude }

  package var bucketCount: Int { counterCount >> subBucketHalfCountMagnitude - 1 }

  /// The counter of a value from zero to `highestTrackableValue`.
  package func index(of value: Int64) -> Int {
    let bucket = bucket(of: value)
    let subBucket = Int(truncatingIfNeeded: value &>> Int64(bucket &+ unitMagnitude))
    return (bucket &<< subBucketHalfCountMagnitude) &+ subBucket
  }

  func bucket(of value: Int64) -> Int {
    leadingZeroBase &- (value | subBucketMask).leadingZeroBitCount
  }

  /// The least value that the counter counts.
  package func value(at index: Int) -> Int64 {
    let half = 1 << subBucketHalfCountMagnitude
    let row = index >> subBucketHalfCountMagnitude
    let bucket = max(row - 1, 0)
    let subBucket = index & (half - 1) + (row == 0 ? 0 : half)
    return Int64(subBucket) << Int64(bucket + unitMagnitude)
  }

  /// How many values share the counter of `value`.
  package func equivalentRange(of value: Int64) -> Int64 {
    1 << Int64(bucket(of: value) + unitMagnitude)
  }

  package func lowestEquivalent(to value: Int64) -> Int64 {
    value & ~(equivalentRange(of: value) - 1)
  }

  package func highestEquivalent(to value: Int64) -> Int64 {
    value | (equivalentRange(of: value) - 1)
  }

  /// The middle of the values that share a counter, which stands for them in a mean.
  package func medianEquivalent(to value: Int64) -> Int64 {
    lowestEquivalent(to: value) + equivalentRange(of: value) >> 1
  }
}
