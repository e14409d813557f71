/// What was measured of one benchmark.
struct Measurement {
  var name: String
  /// Nanoseconds of one operation at these percentiles; of the mean of a batch where one operation
  /// is too short to be timed alone.
  var p50: Double
  var p90: Double
  var p99: Double
  var p999: Double
  var maximum: Double
  /// Without the thousandth that took longest, where others had the processor.
  var mean: Double
  var operations: Int
  var operationsPerSample: Int
  var allocationsPerOperation: Double
  /// Nodes that a search looked at, of those that were measured.
  var meanNodes: Double?
  var maximumNodes: Int?

  /// - Precondition: There are samples.
  init(
    _ name: String, samples: [Double], operationsPerSample: Int, allocationsPerOperation: Double
  ) {
    precondition(!samples.isEmpty)
    let sorted = samples.sorted()
    func percentile(_ share: Double) -> Double {
      let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
      return sorted[min(max(rank, 0), sorted.count - 1)]
    }
    self.name = name
    p50 = percentile(0.5)
    p90 = percentile(0.9)
    p99 = percentile(0.99)
    p999 = percentile(0.999)
    maximum = sorted[sorted.count - 1]
    let usual = sorted.dropLast(sorted.count / 1000)
    mean = usual.reduce(0, +) / Double(usual.count)
    operations = samples.count * operationsPerSample
    self.operationsPerSample = operationsPerSample
    self.allocationsPerOperation = allocationsPerOperation
  }
}
