package import Wire

/// What `sluice latency venues` has found, for people and programs.
package struct MeasurementReport: Sendable {
  package struct Venue: Sendable {
    package let name: String
    package let dialect: String
    package let clock: ClockBounds
    package let series: [ProbeSeries]
    package let notes: [String]
    /// Client ids of orders that could not be ended.
    package let openOrders: [String]

    package init(
      name: String, dialect: String, clock: ClockBounds, series: [ProbeSeries],
      notes: [String] = [], openOrders: [String] = []
    ) {
      self.name = name
      self.dialect = dialect
      self.clock = clock
      self.series = series
      self.notes = notes
      self.openOrders = openOrders
    }
  }

  /// One venue's figures of one kind beside those of the best.
  struct Row {
    let venue: Venue
    let series: ProbeSeries
    /// Medians and 99th percentiles over the least of any venue; nil for want of values.
    let medianRatio: Double?
    let tailRatio: Double?
    /// From the venue with the least median; nil for that one.
    let difference: MedianDifference?
  }

  static let percentiles: [(name: String, percentile: Double)] = [
    ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99),
  ]

  package let mode: String
  package let startNanoseconds: Int64
  package let seconds: Int
  package let rate: Double
  package let venues: [Venue]
  package let unreachable: [String]
  package let log: HistogramLog

  package init(
    mode: String, startNanoseconds: Int64, seconds: Int, rate: Double, venues: [Venue],
    unreachable: [String] = [], log: HistogramLog
  ) {
    self.mode = mode
    self.startNanoseconds = startNanoseconds
    self.seconds = seconds
    self.rate = rate
    self.venues = venues
    self.unreachable = unreachable
    self.log = log
  }

  /// 0, or 1 if a venue was not reached, nothing was answered, or an order was left.
  package var exitStatus: Int32 {
    let isWhole =
      unreachable.isEmpty
      && venues.allSatisfy { venue in
        venue.openOrders.isEmpty && venue.series.contains { $0.answered > 0 }
      }
    return isWhole ? 0 : 1
  }

  /// The venues that measured a kind, each beside the best.
  func rows(of probe: VenueProbe) -> [Row] {
    let found = venues.compactMap { venue in
      venue.series.first { $0.probe == probe }.map { (venue: venue, series: $0) }
    }
    let counted = found.map(\.series).filter { $0.count > 0 }
    let best = counted.min { Self.value($0, 50) < Self.value($1, 50) }
    let leastMedian = counted.map { Self.value($0, 50) }.min() ?? 0
    let leastTail = counted.map { Self.value($0, 99) }.min() ?? 0
    return found.map { venue, series in
      let isBest = found.count == 1 || series.latency == best?.latency
      return Row(
        venue: venue, series: series,
        medianRatio: Self.ratio(Self.value(series, 50), leastMedian),
        tailRatio: Self.ratio(Self.value(series, 99), leastTail),
        difference: isBest
          ? nil : best.flatMap { MedianDifference(series.latency, less: $0.latency) })
    }
  }

  private static func value(_ series: ProbeSeries, _ percentile: Double) -> Int64 {
    series.latency.value(atPercentile: percentile)
  }

  private static func ratio(_ value: Int64, _ least: Int64) -> Double? {
    least > 0 && value > 0 ? Double(value) / Double(least) : nil
  }
}
