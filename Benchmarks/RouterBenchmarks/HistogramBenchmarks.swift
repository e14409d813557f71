import CAllocationCounter
import Wire

/// Recording of latencies, which the core's thread does several times for each order.
enum HistogramBenchmarks {
  private static let batch = 1000
  private static let minute: Int64 = 60_000_000_000

  static func run(_ benchmarker: inout Benchmarker) {
    for digits in [2, 3] {
      record(&benchmarker, digits: digits)
    }
    let full = filled(digits: 3)
    benchmarker.measure("histogram/percentile 3 digits", calls: 2000) { call in
      UInt64(full.value(atPercentile: 50 + Double(call % 50)))
    }
    benchmarker.measure("histogram/encode 3 digits", calls: 500) { _ in
      UInt64(full.compressed().count)
    }
  }

  private static func record(_ benchmarker: inout Benchmarker, digits: Int) {
    var histogram = Histogram(highestTrackableValue: minute, significantDigits: digits)
    let values = values(batch * 16)
    benchmarker.measure("histogram/record \(digits) digits", calls: 20_000, batch: batch) { call in
      let start = call % 16 * batch
      for index in start..<start + batch { histogram.record(values[index]) }
      return UInt64(histogram.totalCount)
    }
  }

  private static func filled(digits: Int) -> Histogram {
    var histogram = Histogram(highestTrackableValue: minute, significantDigits: digits)
    for value in values(100_000) { histogram.record(value) }
    return histogram
  }

  /// From tens of nanoseconds to seconds, each power of two as likely as the next.
  private static func values(_ count: Int) -> [Int64] {
    var state: UInt64 = 42
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int64(state >> 33) >> Int64(state % 27)
    }
  }
}
