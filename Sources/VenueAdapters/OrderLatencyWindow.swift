import RouterCore

/// The last latencies of orders over one way: the newest 64, none older than a quarter of an hour.
///
/// They are kept in the order of time and in the order of size, so that a quantile is one look and a
/// new sample moves a few words. Takes memory once.
struct OrderLatencyWindow: Sendable {
  static let capacity = 64
  static let ageMilliseconds: Int64 = 15 * 60_000

  private struct Sample {
    var nanoseconds: Int64
    var at: Timestamp
  }

  /// A ring: the oldest sample stands at `first`.
  private var ring: [Sample]
  private var first = 0
  /// The same latencies, the least first.
  private var sorted: [Int64] = []

  init() {
    ring = [Sample](
      repeating: Sample(nanoseconds: 0, at: .distantPast), count: Self.capacity)
    sorted.reserveCapacity(Self.capacity)
  }

  var count: Int { sorted.count }

  mutating func add(_ nanoseconds: Int64, at time: Timestamp) {
    forgetOld(at: time)
    if count == Self.capacity { forgetOldest() }
    ring[(first + count) % Self.capacity] = Sample(nanoseconds: nanoseconds, at: time)
    sorted.insert(nanoseconds, at: place(of: nanoseconds))
  }

  mutating func forgetOld(at time: Timestamp) {
    let oldest = time.adding(milliseconds: -Self.ageMilliseconds)
    while count > 0, ring[first].at < oldest { forgetOldest() }
  }

  mutating func removeAll() {
    first = 0
    sorted.removeAll(keepingCapacity: true)
  }

  /// The least latency that `percent` of the samples do not exceed; 0 without samples.
  func percentile(_ percent: Int) -> Int64 {
    guard count > 0 else { return 0 }
    return sorted[max((count * percent + 99) / 100, 1) - 1]
  }

  private mutating func forgetOldest() {
    sorted.remove(at: place(of: ring[first].nanoseconds))
    first = (first + 1) % Self.capacity
  }

  /// The first place whose latency is not below.
  private func place(of nanoseconds: Int64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < nanoseconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
