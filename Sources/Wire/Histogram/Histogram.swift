/// Counts of values with a fixed relative error: the histogram that HdrHistogram publishes.
///
/// All memory is taken when it is made, 8 bytes for each counter; recording takes constant time and
/// allocates nothing. Histograms are merged by `add`; percentiles must never be averaged.
package struct Histogram: Sendable {
  package let layout: HistogramLayout
  private(set) var counts: [Int64]
  package private(set) var totalCount: Int64 = 0
  /// How many values were below zero or above the highest trackable one, and counted as that.
  package private(set) var clampedCount: Int64 = 0
  private var leastAboveZero = Int64.max
  private var greatest: Int64 = 0

  package init(
    lowestDiscernibleValue: Int64 = 1, highestTrackableValue: Int64, significantDigits: Int
  ) {
    let layout = HistogramLayout(
      lowest: lowestDiscernibleValue, highest: highestTrackableValue,
      significantDigits: significantDigits)
    guard let layout else { preconditionFailure("no histogram has such a range and precision") }
    self.init(layout: layout)
  }

  package init(layout: HistogramLayout) {
    self.layout = layout
    counts = [Int64](repeating: 0, count: layout.counterCount)
  }

  package mutating func record(_ value: Int64) {
    record(value, count: 1)
  }

  package mutating func record(_ value: Int64, count: Int64) {
    guard count > 0 else { return }
    let tracked = min(max(value, 0), layout.highestTrackableValue)
    if tracked != value { clampedCount = clampedCount.addingSaturated(count) }
    recordTracked(tracked, count)
  }

  /// Records a value of a closed loop, and those that the loop left out while it waited for it.
  ///
  /// Whoever sends only after the answer came does not send while the answer is late; the phantom
  /// values `value - expectedInterval`, `value - 2 * expectedInterval` and so on stand for what was
  /// not sent.
  ///
  /// - Complexity: O(value / expectedInterval).
  package mutating func recordCorrected(_ value: Int64, expectedInterval: Int64) {
    record(value)
    guard expectedInterval > 0 else { return }
    var phantom = min(value, layout.highestTrackableValue) - expectedInterval
    while phantom >= expectedInterval {
      record(phantom)
      phantom -= expectedInterval
    }
  }

  /// Adds what another histogram counted; by value where its layout is another.
  ///
  /// - Complexity: O(counters).
  package mutating func add(_ other: Histogram) {
    guard other.totalCount > 0 else { return }
    let clampedBefore = clampedCount
    if layout == other.layout {
      addCounters(of: other)
    } else {
      for (index, count) in other.counts.enumerated() where count > 0 {
        record(other.layout.value(at: index), count: count)
      }
    }
    clampedCount = max(clampedCount, clampedBefore.addingSaturated(other.clampedCount))
  }

  package mutating func reset() {
    for index in counts.indices { counts[index] = 0 }
    totalCount = 0
    clampedCount = 0
    leastAboveZero = .max
    greatest = 0
  }

  /// Sets a counter that was read; the values behind it are known to its precision only.
  mutating func restore(_ count: Int64, at index: Int) {
    guard count > 0 else { return }
    counts[index] = count
    totalCount = totalCount.addingSaturated(count)
    let lowest = layout.value(at: index)
    greatest = max(greatest, layout.highestEquivalent(to: lowest))
    if index > 0 { leastAboveZero = min(leastAboveZero, lowest) }
  }

  private mutating func recordTracked(_ value: Int64, _ count: Int64) {
    let index = layout.index(of: value)
    counts[index] = counts[index].addingSaturated(count)
    totalCount = totalCount.addingSaturated(count)
    if value > greatest { greatest = value }
    if value < leastAboveZero && value > 0 { leastAboveZero = value }
  }

  private mutating func addCounters(of other: Histogram) {
    for index in counts.indices where other.counts[index] > 0 {
      counts[index] = counts[index].addingSaturated(other.counts[index])
    }
    totalCount = totalCount.addingSaturated(other.totalCount)
    greatest = max(greatest, other.greatest)
    leastAboveZero = min(leastAboveZero, other.leastAboveZero)
  }
}

// MARK: - Reading

extension Histogram {
  /// The least value recorded, to the precision; zero if there is none.
  package var minimum: Int64 {
    guard totalCount > 0, counts[0] == 0 else { return 0 }
    return layout.lowestEquivalent(to: leastAboveZero)
  }

  /// The greatest value that can not be told from the greatest recorded; zero if there is none.
  package var maximum: Int64 {
    greatest == 0 ? 0 : layout.highestEquivalent(to: greatest)
  }

  /// The mean of the middles of what shares a counter; zero if nothing was recorded.
  package var mean: Double {
    guard totalCount > 0 else { return 0 }
    var sum = 0.0
    for (index, count) in counts.enumerated() where count > 0 {
      sum += Double(layout.medianEquivalent(to: layout.value(at: index))) * Double(count)
    }
    return sum / Double(totalCount)
  }

  package var standardDeviation: Double {
    guard totalCount > 0 else { return 0 }
    let mean = mean
    var sum = 0.0
    for (index, count) in counts.enumerated() where count > 0 {
      let distance = Double(layout.medianEquivalent(to: layout.value(at: index))) - mean
      sum += distance * distance * Double(count)
    }
    return (sum / Double(totalCount)).squareRoot()
  }

  /// The greatest value that can not be told from the one which `percentile` per cent reach.
  ///
  /// The rank is rounded up, so that at least that share of the values is at or below the answer;
  /// one unit in the last place is taken off first, lest 99.9 % of 1,000 become rank 1,000. This is
  /// `getValueAtPercentile` of HdrHistogram, which answers percentile zero with the least value.
  package func value(atPercentile percentile: Double) -> Int64 {
    let asked = min(max(percentile.nextDown, 0), 100)
    let rank = max((asked * Double(totalCount) / 100).rounded(.up), 1)
    var reached: Int64 = 0
    for (index, count) in counts.enumerated() where count > 0 {
      reached = reached.addingSaturated(count)
      guard Double(reached) >= rank else { continue }
      let value = layout.value(at: index)
      return percentile == 0 ? value : layout.highestEquivalent(to: value)
    }
    return 0
  }

  /// How many values were at or below `value`, those that can not be told from it included.
  package func count(atOrBelow value: Int64) -> Int64 {
    guard value >= 0 else { return 0 }
    let last = min(layout.index(of: value), counts.count - 1)
    var sum: Int64 = 0
    for count in counts[...last] { sum = sum.addingSaturated(count) }
    return sum
  }

  /// The counters that are not zero, lowest value first.
  package func forEachCount(_ body: (_ lowestValue: Int64, _ count: Int64) -> Void) {
    for (index, count) in counts.enumerated() where count > 0 {
      body(layout.value(at: index), count)
    }
  }
}

extension Histogram: Equatable {
  /// Whether both count the same in the same layout; what was clamped is not compared, since no
  /// encoding carries it.
  package static func == (left: Histogram, right: Histogram) -> Bool {
    left.layout == right.layout && left.counts == right.counts
  }
}

extension Int64 {
  /// The sum, or the greatest number: a counter that is full stays full.
  @inline(__always)
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
