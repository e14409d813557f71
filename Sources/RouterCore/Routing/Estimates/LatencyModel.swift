/// How long orders take to reach each venue: half the time to their acknowledgement.
///
/// A histogram with eight buckets an octave from 65 us to 17 s, whose old samples fade, gives the
/// quantiles to within 6 % of their value; until eight samples count, the settings do.
package struct LatencyModel: ~Copyable, Sendable {
  private static let lowestExponent = 16
  private static let octaves = 18
  private static let buckets = octaves * 8
  private static let samplesNeeded = 8.0
  /// How fast the belief in a tail goes that no slow order confirms.
  private static let doubtHalfLife = Decay.nanoseconds(milliseconds: 5000)

  package struct Venue: Sendable, BitwiseCopyable {
    var prior: OrderLatency
    var measured: OrderLatency
    /// Weight of a sample taken at `updatedAt`; it grows instead of all the others shrinking.
    var unit = 1.0
    var total = 0.0
    var updatedAt: Int64 = .min
    /// When an order last took at least half of the far tail.
    var confirmedAt: Int64 = .min
  }

  private var venues: FixedBuffer<Venue>
  private var histogram: FixedBuffer<Double>
  private let halfLife: Int64

  package init(venues count: Int, halfLifeMilliseconds: Int64 = 120_000) {
    let prior = OrderLatency(VenuePriors())
    venues = FixedBuffer(repeating: Venue(prior: prior, measured: prior), count: count)
    histogram = FixedBuffer(repeating: 0, count: count * Self.buckets)
    halfLife = Decay.nanoseconds(milliseconds: halfLifeMilliseconds)
  }

  package mutating func configure(_ venue: VenueID, _ priors: VenuePriors) {
    guard venue.index < venues.count else { return }
    venues[venue.index].prior = OrderLatency(priors)
  }

  /// Learns from an order, from its last byte sent to its acknowledgement.
  package mutating func record(
    _ venue: VenueID, roundTripNanoseconds: Int64, at now: Timestamp
  ) {
    guard venue.index < venues.count, roundTripNanoseconds >= 0 else { return }
    fade(venue.index, until: now)
    let unit = venues[venue.index].unit
    histogram[venue.index * Self.buckets + Self.bucket(roundTripNanoseconds / 2)] += unit
    venues[venue.index].total += unit
    let farTail = quantile(0.99, of: venue.index)
    venues[venue.index].measured = OrderLatency(
      medianNanoseconds: quantile(0.5, of: venue.index),
      tailNanoseconds: quantile(0.95, of: venue.index), farTailNanoseconds: farTail,
      isMeasured: true)
    guard roundTripNanoseconds / 2 >= farTail / 2 else { return }
    venues[venue.index].confirmedAt = max(venues[venue.index].confirmedAt, now.nanoseconds)
  }

  /// What to hold against deadlines: the far tail, as long as slow orders confirm it.
  ///
  /// A venue that is left out for its tail gets no orders that could show that it is quick again, so
  /// that without them the tail is believed less and less, down to what the settings say.
  package func tailForDeadlines(_ venue: VenueID, at now: Timestamp) -> Int64 {
    let latency = oneWay(venue, at: now)
    guard latency.isMeasured else { return latency.farTailNanoseconds }
    let state = venues[venue.index]
    let least = min(state.prior.farTailNanoseconds, latency.farTailNanoseconds)
    let belief = Decay.factor(
      from: state.confirmedAt, to: now.nanoseconds, halfLife: Self.doubtHalfLife)
    let doubtful = latency.farTailNanoseconds - least
    return least + (Double(doubtful) * belief).whole(in: 0...doubtful)
  }

  package func oneWay(_ venue: VenueID, at now: Timestamp) -> OrderLatency {
    guard venue.index < venues.count else { return OrderLatency(VenuePriors()) }
    let state = venues[venue.index]
    return weight(state, at: now) >= Self.samplesNeeded ? state.measured : state.prior
  }

  /// How many samples count, those that have faded in part.
  package func sampleCount(_ venue: VenueID, at now: Timestamp) -> Int64 {
    guard venue.index < venues.count else { return 0 }
    return weight(venues[venue.index], at: now).whole(in: 0...Int64(Int32.max))
  }

  private func weight(_ state: Venue, at now: Timestamp) -> Double {
    state.total / state.unit * decay(state, until: now)
  }

  private mutating func fade(_ index: Int, until now: Timestamp) {
    let left = decay(venues[index], until: now)
    if left < 1e-9 {
      rescale(index, by: 0)
    } else if left < 1 {
      venues[index].unit /= left
      if venues[index].unit > 1e100 { rescale(index, by: 1 / venues[index].unit) }
    }
    venues[index].updatedAt = max(venues[index].updatedAt, now.nanoseconds)
  }

  private mutating func rescale(_ index: Int, by factor: Double) {
    for bucket in index * Self.buckets..<(index + 1) * Self.buckets { histogram[bucket] *= factor }
    venues[index].total *= factor
    venues[index].unit = 1
  }

  private func decay(_ state: Venue, until now: Timestamp) -> Double {
    Decay.factor(from: state.updatedAt, to: now.nanoseconds, halfLife: halfLife)
  }

  private func quantile(_ level: Double, of index: Int) -> Int64 {
    var rest = venues[index].total * level
    var last = 0
    for bucket in 0..<Self.buckets {
      let weight = histogram[index * Self.buckets + bucket]
      guard weight > 0 else { continue }
      last = bucket
      if weight >= rest { return Self.value(bucket, rest / weight) }
      rest -= weight
    }
    return Self.value(last, 1)
  }

  private static func bucket(_ nanoseconds: Int64) -> Int {
    let lowest: Int64 = 1 << Int64(lowestExponent)
    let highest: Int64 = 1 << Int64(lowestExponent + octaves) - 1
    let bounded = min(max(nanoseconds, lowest), highest)
    let exponent = 63 - bounded.leadingZeroBitCount
    return (exponent - lowestExponent) * 8 + Int(bounded >> Int64(exponent - 3)) & 7
  }

  /// The latency at a part of a bucket's width.
  private static func value(_ bucket: Int, _ part: Double) -> Int64 {
    let width: Int64 = 1 << Int64(lowestExponent + bucket / 8 - 3)
    let start = Int64(8 + bucket % 8) * width
    return start + (part * Double(width)).whole(in: 0...width)
  }
}

/// How long an order takes to reach a venue's matching engine.
package struct OrderLatency: Sendable, Hashable, BitwiseCopyable {
  /// For ranking.
  package let medianNanoseconds: Int64
  /// One order in twenty takes longer.
  package let tailNanoseconds: Int64
  /// One order in a hundred takes longer; for deadlines.
  package let farTailNanoseconds: Int64
  /// Whether it was measured; else the settings say so.
  package let isMeasured: Bool

  init(
    medianNanoseconds: Int64, tailNanoseconds: Int64, farTailNanoseconds: Int64, isMeasured: Bool
  ) {
    self.medianNanoseconds = medianNanoseconds
    self.tailNanoseconds = tailNanoseconds
    self.farTailNanoseconds = farTailNanoseconds
    self.isMeasured = isMeasured
  }

  init(_ priors: VenuePriors) {
    let median = min(max(priors.orderLatencyNanoseconds, 0), Self.longest)
    medianNanoseconds = median
    // An assumption is not made more precise by a second one.
    tailNanoseconds = min(max(priors.orderLatencyTailNanoseconds, median), Self.longest)
    farTailNanoseconds = tailNanoseconds
    isMeasured = false
  }

  /// An hour: no setting means more.
  private static let longest: Int64 = 3_600_000_000_000
}
