/// How many calls there were, and what became of them.
package struct CallCounts: Sendable, Hashable, BitwiseCopyable {
  package var calls: UInt32
  package var failures: UInt32
  package var slowCalls: UInt32

  package init(calls: UInt32 = 0, failures: UInt32 = 0, slowCalls: UInt32 = 0) {
    self.calls = calls
    self.failures = failures
    self.slowCalls = slowCalls
  }
}

/// The latest calls of one kind to a venue, counted by number and by time.
///
/// A ring keeps the last 64 with their times; ten buckets count all calls of the last seconds,
/// however many there are. Nothing is allocated.
package struct CallWindow: Sendable, BitwiseCopyable {
  package static let capacity = 64
  package static let bucketCount: Int64 = 10

  /// What became of one call, as bits.
  private static let failed: UInt8 = 1
  private static let slow: UInt8 = 2

  private struct Bucket: Sendable, BitwiseCopyable {
    var number = Int64.min
    var counts = CallCounts()
  }

  private var times = InlineArray<64, Int64>(repeating: .min)
  private var marks = InlineArray<64, UInt8>(repeating: 0)
  private var buckets = InlineArray<10, Bucket>(repeating: Bucket())
  private let bucketNanoseconds: Int64
  /// The number of the next call, and of the first one that still counts.
  private var nextCall: UInt64 = 0
  private var firstCall: UInt64 = 0

  /// - Parameter nanoseconds: How far back both windows reach.
  package init(nanoseconds: Int64) {
    bucketNanoseconds = max(nanoseconds / Self.bucketCount, 1)
  }

  /// Counts one call; its number, by which it can be changed.
  package mutating func record(isFailed: Bool, isSlow: Bool, at now: Timestamp) -> UInt64 {
    let number = nextCall
    let place = Int(number % UInt64(Self.capacity))
    times[place] = now.nanoseconds
    marks[place] = (isFailed ? Self.failed : 0) | (isSlow ? Self.slow : 0)
    nextCall += 1
    let bucket = bucket(of: now.nanoseconds)
    let slot = slot(of: bucket)
    if buckets[slot].number != bucket { buckets[slot] = Bucket(number: bucket) }
    buckets[slot].counts.calls &+= 1
    if isFailed { buckets[slot].counts.failures &+= 1 }
    if isSlow { buckets[slot].counts.slowCalls &+= 1 }
    return number
  }

  /// A call that was counted before has failed after all, as far as it still counts.
  package mutating func markFailed(_ number: UInt64) {
    guard number >= firstCall, number < nextCall, nextCall - number <= UInt64(Self.capacity) else {
      return
    }
    let place = Int(number % UInt64(Self.capacity))
    guard marks[place] & Self.failed == 0 else { return }
    marks[place] |= Self.failed
    let bucket = bucket(of: times[place])
    let slot = slot(of: bucket)
    if buckets[slot].number == bucket { buckets[slot].counts.failures &+= 1 }
  }

  /// The last `count` calls that are not older than the window.
  package func last(_ count: Int, at now: Timestamp) -> CallCounts {
    var counts = CallCounts()
    let oldest = now.nanoseconds &- bucketNanoseconds * Self.bucketCount
    var number = nextCall
    for _ in 0..<min(max(count, 1), Self.capacity) where number > firstCall {
      number -= 1
      let place = Int(number % UInt64(Self.capacity))
      guard times[place] > oldest else { break }
      counts.calls += 1
      if marks[place] & Self.failed != 0 { counts.failures += 1 }
      if marks[place] & Self.slow != 0 { counts.slowCalls += 1 }
    }
    return counts
  }

  /// All calls of this bucket of time and the nine before it.
  package func recent(at now: Timestamp) -> CallCounts {
    var counts = CallCounts()
    let current = bucket(of: now.nanoseconds)
    for slot in 0..<Int(Self.bucketCount) {
      let bucket = buckets[slot]
      guard bucket.number <= current, bucket.number > current &- Self.bucketCount else { continue }
      counts.calls &+= bucket.counts.calls
      counts.failures &+= bucket.counts.failures
      counts.slowCalls &+= bucket.counts.slowCalls
    }
    return counts
  }

  package mutating func removeAll() {
    firstCall = nextCall
    buckets = InlineArray(repeating: Bucket())
  }

  private func bucket(of nanoseconds: Int64) -> Int64 { nanoseconds / bucketNanoseconds }

  private func slot(of bucket: Int64) -> Int {
    Int(bucket.magnitude % UInt64(Self.bucketCount))
  }
}
