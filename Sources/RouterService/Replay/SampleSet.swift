/// Numbers to take percentiles of; keeps a million and from there on every second, fourth, ...
struct SampleSet {
  private static let capacity = 1 << 20

  private var values: [Double] = []
  private var stride = 1
  private var skipped = 0

  var isEmpty: Bool { values.isEmpty }

  mutating func add(_ value: Double) {
    skipped += 1
    guard skipped >= stride else { return }
    skipped = 0
    values.append(value)
    guard values.count >= Self.capacity else { return }
    values = Swift.stride(from: 0, to: values.count, by: 2).map { values[$0] }
    stride *= 2
  }

  /// The values at these shares (0 to 1) of the sorted samples, by nearest rank.
  func percentiles(_ shares: [Double]) -> [Double] {
    guard !values.isEmpty else { return shares.map { _ in 0 } }
    let sorted = values.sorted()
    return shares.map { share in
      let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
      return sorted[min(max(rank, 0), sorted.count - 1)]
    }
  }
}
