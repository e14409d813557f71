import Testing

@testable import Wire

struct HistogramTests {
  private static let hour: Int64 = 3_600_000_000

  /// 10,000 requests of 1 ms at 100 a second, then a stall of 100 s, in microseconds.
  private static func stalled(expectedInterval: Int64) -> Histogram {
    var histogram = Histogram(highestTrackableValue: hour, significantDigits: 3)
    for _ in 0..<10_000 {
      histogram.recordCorrected(1000, expectedInterval: expectedInterval)
    }
    histogram.recordCorrected(100_000_000, expectedInterval: expectedInterval)
    return histogram
  }

  private static func within(_ value: Int64, _ wanted: Int64) -> Bool {
    abs(value - wanted) <= wanted / 1000
  }

  @Test func `a closed loop hides a stall behind its percentiles`() {
    let naive = Self.stalled(expectedInterval: 0)
    #expect(naive.totalCount == 10_001)
    #expect(naive.value(atPercentile: 99) == 1000)
    #expect(abs(naive.mean - 10_998) < 11)
  }

  @Test func `the phantoms of a stall show what was not sent`() {
    let corrected = Self.stalled(expectedInterval: 10_000)
    #expect(corrected.totalCount == 20_000)
    #expect(corrected.value(atPercentile: 50) == 1000)
    #expect(Self.within(corrected.value(atPercentile: 75), 50_000_000))
    #expect(Self.within(corrected.value(atPercentile: 90), 80_000_000))
    #expect(Self.within(corrected.value(atPercentile: 99), 98_000_000))
    #expect(Self.within(corrected.value(atPercentile: 99.999), 100_000_000))
    #expect(Self.within(Int64(corrected.mean), 25_000_000))
  }

  /// What the PyPI package `hdrhistogram` 0.10.8 answers for the same records.
  @Test func `percentiles are those of HdrHistogram to the unit`() {
    let corrected = Self.stalled(expectedInterval: 10_000)
    let wanted: [(Double, Int64)] = [
      (30, 1000), (50, 1000), (75, 50_003_967), (90, 80_019_455), (99, 98_041_855),
      (99.999, 100_007_935), (100, 100_007_935),
    ]
    for (percentile, value) in wanted {
      #expect(corrected.value(atPercentile: percentile) == value)
    }
    #expect(corrected.minimum == 1000)
    #expect(corrected.maximum == 100_007_935)
    #expect(abs(corrected.mean - 25_003_006.6994) < 0.001)
    #expect(abs(corrected.standardDeviation - 32_276_410.479123365) < 0.001)
  }

  @Test func `a rank is rounded up and never past an exact share`() {
    var histogram = Histogram(highestTrackableValue: 10_000, significantDigits: 4)
    for value in 1...1000 { histogram.record(Int64(value)) }
    #expect(histogram.value(atPercentile: 99.9) == 999)
    #expect(histogram.value(atPercentile: 99.91) == 1000)
    #expect(histogram.value(atPercentile: 50) == 500)
    #expect(histogram.value(atPercentile: 50.01) == 501)
    #expect(histogram.value(atPercentile: 0) == 1)
    #expect(histogram.value(atPercentile: -3) == 1)
    #expect(histogram.value(atPercentile: 250) == 1000)
  }

  @Test func `percentiles agree with the sorted values`() {
    var random = XorShift(seed: 11)
    for digits in 1...4 {
      var histogram = Histogram(highestTrackableValue: 1 << 40, significantDigits: digits)
      var values = (0..<997).map { _ in Int64(random.next() >> (24 + random.next() % 40)) }
      for value in values { histogram.record(value) }
      values.sort()
      for rank in stride(from: 1, through: values.count, by: 83) {
        let percentile = Double(rank) * 100 / Double(values.count)
        #expect(
          histogram.value(atPercentile: percentile)
            == histogram.layout.highestEquivalent(to: values[rank - 1]))
      }
    }
  }

  @Test func `an empty histogram answers zero`() {
    let empty = Histogram(highestTrackableValue: 1000, significantDigits: 2)
    #expect(empty.totalCount == 0)
    #expect(empty.minimum == 0)
    #expect(empty.maximum == 0)
    #expect(empty.mean == 0)
    #expect(empty.value(atPercentile: 99) == 0)
    #expect(empty.count(atOrBelow: 1000) == 0)
  }

  @Test func `what is out of range counts at the edge and is told`() {
    var histogram = Histogram(highestTrackableValue: 1000, significantDigits: 3)
    histogram.record(-5)
    histogram.record(1001, count: 2)
    histogram.record(.max)
    histogram.record(.min)
    #expect(histogram.totalCount == 5)
    #expect(histogram.clampedCount == 5)
    #expect(histogram.minimum == 0)
    #expect(histogram.maximum == 1000)
    #expect(histogram.count(atOrBelow: 0) == 2)
  }

  @Test func `a count that is not positive records nothing, and a full one stays full`() {
    var histogram = Histogram(highestTrackableValue: 1000, significantDigits: 1)
    histogram.record(5, count: 0)
    histogram.record(5, count: -3)
    #expect(histogram.totalCount == 0)
    histogram.record(5, count: .max)
    histogram.record(6, count: .max)
    #expect(histogram.totalCount == .max)
    #expect(histogram.value(atPercentile: 100) == 5)
    #expect(histogram.count(atOrBelow: 6) == .max)
  }

  @Test func `the count at or below a value takes in its neighbours`() {
    var histogram = Histogram(highestTrackableValue: 1_000_000, significantDigits: 2)
    for value in [0, 10, 500, 501, 40_000] { histogram.record(Int64(value)) }
    #expect(histogram.count(atOrBelow: -1) == 0)
    #expect(histogram.count(atOrBelow: 9) == 1)
    #expect(histogram.count(atOrBelow: 10) == 2)
    #expect(histogram.count(atOrBelow: 500) == 4)
    #expect(histogram.count(atOrBelow: .max) == 5)
  }

  @Test func `merged histograms count as if all had been recorded in one`() {
    var random = XorShift(seed: 3)
    var parts = [Histogram](
      repeating: Histogram(highestTrackableValue: Self.hour, significantDigits: 3), count: 3)
    var whole = parts[0]
    for _ in 0..<1000 {
      let value = Int64(random.next() % 5_000_000_000)
      parts[Int(random.next() % 3)].record(value)
      whole.record(value)
    }
    var sum = parts[0]
    sum.add(parts[1])
    sum.add(parts[2])
    #expect(sum == whole)
    #expect(sum.clampedCount == whole.clampedCount)
    #expect(sum.minimum == whole.minimum)
    #expect(sum.maximum == whole.maximum)
    #expect(sum.totalCount == 1000)
  }

  @Test func `a histogram of another layout is added by value`() {
    var fine = Histogram(highestTrackableValue: 1 << 40, significantDigits: 4)
    for value in [3, 5000, 1 << 30] { fine.record(Int64(value), count: 2) }
    var coarse = Histogram(highestTrackableValue: 1 << 20, significantDigits: 1)
    coarse.add(fine)
    #expect(coarse.totalCount == 6)
    #expect(coarse.clampedCount == 2)
    #expect(coarse.minimum == 3)
    #expect(coarse.count(atOrBelow: 5000) == 4)
  }

  @Test func `a reset histogram is as new`() {
    var histogram = Histogram(highestTrackableValue: 1000, significantDigits: 3)
    histogram.record(7)
    histogram.record(5000)
    histogram.reset()
    #expect(histogram == Histogram(highestTrackableValue: 1000, significantDigits: 3))
    #expect(histogram.totalCount == 0)
    #expect(histogram.clampedCount == 0)
    #expect(histogram.maximum == 0)
    histogram.record(9)
    #expect(histogram.minimum == 9)
  }
}
