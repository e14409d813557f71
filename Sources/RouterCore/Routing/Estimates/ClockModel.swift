/// How far each venue's clock is from ours, and so how old its quotes are.
///
/// A question sent at `a` and answered at `d` with the venue's time `b` says that its clock is
/// `b - (a + d) / 2` ahead, within half the round trip; of the last sixteen answers the quickest
/// counts (`routing.md` section 8).
package struct ClockModel: ~Copyable, Sendable {
  private static let samplesKept = 16
  private static let windowNanoseconds: Int64 = 600_000_000_000
  /// A clock further off than a day is not a clock.
  private static let largestOffset: Int64 = 86_400_000_000_000

  package struct Sample: Sendable, BitwiseCopyable {
    var offset: Int64 = 0
    var roundTrip: Int64 = 0
    var receivedAt: Int64 = .min
  }

  package struct Venue: Sendable, BitwiseCopyable {
    var prior: ClockOffset
    var sampleCount = 0
    var negativeAges: UInt64 = 0
  }

  private var venues: FixedBuffer<Venue>
  private var samples: FixedBuffer<Sample>

  package init(venues count: Int) {
    venues = FixedBuffer(repeating: Venue(prior: ClockOffset(VenuePriors())), count: count)
    samples = FixedBuffer(repeating: Sample(), count: count * Self.samplesKept)
  }

  package mutating func configure(_ venue: VenueID, _ priors: VenuePriors) {
    guard venue.index < venues.count else { return }
    venues[venue.index].prior = ClockOffset(priors)
  }

  /// Learns from an answer that names the venue's time; `distantPast` names none.
  package mutating func record(
    _ venue: VenueID, sent: Timestamp, venueTime: Timestamp, received: Timestamp
  ) {
    guard venueTime > .distantPast, sent > .distantPast, venue.index < venues.count else { return }
    let (roundTrip, isTooLong) = received.nanoseconds.subtractingReportingOverflow(sent.nanoseconds)
    guard !isTooLong, roundTrip >= 0 else { return }
    let middle = sent.nanoseconds + roundTrip / 2
    let (offset, isTooFar) = venueTime.nanoseconds.subtractingReportingOverflow(middle)
    guard !isTooFar, abs(Int128(offset)) <= Int128(Self.largestOffset) else { return }
    let slot = venues[venue.index].sampleCount % Self.samplesKept
    samples[venue.index * Self.samplesKept + slot] = Sample(
      offset: offset, roundTrip: roundTrip, receivedAt: received.nanoseconds)
    venues[venue.index].sampleCount += 1
  }

  /// From the quickest answer of the last ten minutes, or from the settings.
  package func offset(_ venue: VenueID, at now: Timestamp) -> ClockOffset {
    guard venue.index < venues.count else { return ClockOffset(VenuePriors()) }
    var best: Sample?
    for slot in 0..<min(venues[venue.index].sampleCount, Self.samplesKept) {
      let sample = samples[venue.index * Self.samplesKept + slot]
      let (age, isAncient) = now.nanoseconds.subtractingReportingOverflow(sample.receivedAt)
      guard !isAncient, age <= Self.windowNanoseconds else { continue }
      if best.map({ sample.roundTrip < $0.roundTrip }) ?? true { best = sample }
    }
    return best.map {
      ClockOffset(
        nanoseconds: $0.offset, uncertaintyNanoseconds: $0.roundTrip / 2, isMeasured: true)
    } ?? venues[venue.index].prior
  }

  /// How old a quote is now: the time since it came, and what it took to come.
  ///
  /// A quote cannot come before it was made. If the clocks say so, it counts as made when it came,
  /// and is counted if the clocks' uncertainty does not explain it.
  package mutating func quoteAge(
    _ venue: VenueID, venueTime: Timestamp, receivedAt: Timestamp, now: Timestamp
  ) -> Int64 {
    let held = max(saturated(Int128(now.nanoseconds) - Int128(receivedAt.nanoseconds)), 0)
    guard venueTime > .distantPast, venue.index < venues.count else { return held }
    let clock = offset(venue, at: now)
    let made = Int128(venueTime.nanoseconds) - Int128(clock.nanoseconds)
    let journey = Int128(receivedAt.nanoseconds) - made
    if journey < -Int128(clock.uncertaintyNanoseconds) { venues[venue.index].negativeAges &+= 1 }
    return saturated(Int128(held) + max(journey, 0))
  }

  /// How many quotes seemed to come before they were made.
  package func negativeAges(_ venue: VenueID) -> UInt64 {
    venue.index < venues.count ? venues[venue.index].negativeAges : 0
  }

  private func saturated(_ value: Int128) -> Int64 {
    Int64(clamping: value)
  }
}

/// How far a venue's clock is ahead of ours.
package struct ClockOffset: Sendable, Hashable, BitwiseCopyable {
  package let nanoseconds: Int64
  package let uncertaintyNanoseconds: Int64
  /// Whether it was measured; else the settings say so.
  package let isMeasured: Bool

  init(nanoseconds: Int64, uncertaintyNanoseconds: Int64, isMeasured: Bool) {
    self.nanoseconds = nanoseconds
    self.uncertaintyNanoseconds = uncertaintyNanoseconds
    self.isMeasured = isMeasured
  }

  init(_ priors: VenuePriors) {
    nanoseconds = priors.clockOffsetNanoseconds
    uncertaintyNanoseconds = max(priors.clockUncertaintyNanoseconds, 0)
    isMeasured = false
  }
}
