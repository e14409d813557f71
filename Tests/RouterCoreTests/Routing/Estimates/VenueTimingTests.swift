import RouterCore
import Testing

private let start: Int64 = 1_800_000_000_000_000_000

private func time(milliseconds: Int64) -> Timestamp {
  Timestamp(nanoseconds: start + milliseconds * 1_000_000)
}

struct LatencyModelTests {
  private let venue = VenueID(1)

  @Test func `the settings count until eight orders are measured`() {
    var priors = VenuePriors()
    priors.orderLatencyNanoseconds = 7_000_000
    priors.orderLatencyTailNanoseconds = 9_000_000
    var model = LatencyModel(venues: 2)
    model.configure(venue, priors)
    for _ in 0..<7 {
      model.record(venue, roundTripNanoseconds: 40_000_000, at: time(milliseconds: 0))
    }
    let before = model.oneWay(venue, at: time(milliseconds: 0))
    #expect(!before.isMeasured)
    #expect(before.medianNanoseconds == 7_000_000 && before.tailNanoseconds == 9_000_000)
    model.record(venue, roundTripNanoseconds: 40_000_000, at: time(milliseconds: 0))
    let after = model.oneWay(venue, at: time(milliseconds: 0))
    #expect(after.isMeasured)
    #expect(abs(after.medianNanoseconds - 20_000_000) < 1_500_000)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `the quantiles are within a bucket of the sorted samples`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var model = LatencyModel(venues: 2, halfLifeMilliseconds: 1_000_000_000)
    var samples: [Int64] = []
    for _ in 0..<500 {
      let spread = random.chance(10) ? 20 : 2 as Int64
      let roundTrip = random.next(in: 2_000_000...(2_000_000 * spread))
      samples.append(roundTrip / 2)
      model.record(venue, roundTripNanoseconds: roundTrip, at: time(milliseconds: 0))
    }
    samples.sort()
    let latency = model.oneWay(venue, at: time(milliseconds: 0))
    #expect(abs(Double(latency.medianNanoseconds) / Double(samples[249]) - 1) < 0.07)
    #expect(abs(Double(latency.tailNanoseconds) / Double(samples[474]) - 1) < 0.13)
    #expect(abs(Double(latency.farTailNanoseconds) / Double(samples[494]) - 1) < 0.13)
    #expect(model.sampleCount(venue, at: time(milliseconds: 0)) == 500)
  }

  @Test
  func `a tail that no slow order confirms fades to the settings, and one more brings it back`() {
    var priors = VenuePriors()
    (priors.orderLatencyNanoseconds, priors.orderLatencyTailNanoseconds) = (2_000_000, 5_000_000)
    var model = LatencyModel(venues: 2)
    model.configure(venue, priors)
    #expect(model.tailForDeadlines(venue, at: time(milliseconds: 0)) == 5_000_000)
    for index in 0..<1000 {
      let roundTrip: Int64 = index % 20 == 0 ? 800_000_000 : 4_000_000
      model.record(venue, roundTripNanoseconds: roundTrip, at: time(milliseconds: 0))
    }
    let tail = model.oneWay(venue, at: time(milliseconds: 0)).farTailNanoseconds
    #expect(tail > 300_000_000)
    #expect(model.tailForDeadlines(venue, at: time(milliseconds: 0)) == tail)
    // Quick orders confirm nothing.
    for second in 1...20 as ClosedRange<Int64> {
      model.record(venue, roundTripNanoseconds: 4_000_000, at: time(milliseconds: second * 1000))
    }
    let later = time(milliseconds: 20_000)
    #expect(model.tailForDeadlines(venue, at: later) < tail / 12)
    #expect(model.tailForDeadlines(venue, at: later) >= 5_000_000)
    #expect(model.oneWay(venue, at: later).farTailNanoseconds > tail / 2)
    model.record(venue, roundTripNanoseconds: 800_000_000, at: later)
    #expect(model.tailForDeadlines(venue, at: later) > tail / 2)
  }

  @Test func `a lasting change shows and silence brings the settings back`() {
    var model = LatencyModel(venues: 2)
    for index in 0..<100 {
      model.record(
        venue, roundTripNanoseconds: 4_000_000, at: time(milliseconds: Int64(index) * 1000))
    }
    for index in 100..<1000 {
      model.record(
        venue, roundTripNanoseconds: 80_000_000, at: time(milliseconds: Int64(index) * 1000))
    }
    let changed = model.oneWay(venue, at: time(milliseconds: 1_000_000))
    #expect(changed.medianNanoseconds > 35_000_000 && changed.isMeasured)
    let silent = model.oneWay(venue, at: time(milliseconds: 3_600_000))
    #expect(!silent.isMeasured && silent.medianNanoseconds == 50_000_000)
  }

  @Test func `no number traps`() {
    for extreme: Int64 in [.min, -1, 0, 1, .max] {
      var priors = VenuePriors()
      priors.orderLatencyNanoseconds = extreme
      priors.orderLatencyTailNanoseconds = extreme
      var model = LatencyModel(venues: 2, halfLifeMilliseconds: extreme)
      model.configure(venue, priors)
      for now in [Timestamp.distantFuture, .distantPast, time(milliseconds: 0), .distantFuture] {
        for roundTrip: Int64 in [.min, -1, 0, 1, .max] {
          for _ in 0..<9 { model.record(venue, roundTripNanoseconds: roundTrip, at: now) }
          let latency = model.oneWay(venue, at: now)
          #expect(latency.medianNanoseconds >= 0)
          #expect(latency.tailNanoseconds >= latency.medianNanoseconds)
          let age = EffectiveAge(quoteAgeNanoseconds: extreme, latency: latency)
          #expect(age.total >= age.latencyNanoseconds)
        }
      }
      model.record(VenueID(9), roundTripNanoseconds: extreme, at: .distantFuture)
      #expect(!model.oneWay(VenueID(9), at: .distantPast).isMeasured)
    }
  }
}

struct ClockModelTests {
  private let venue = VenueID(0)

  @Test func `the quickest answer of the window counts`() {
    var model = ClockModel(venues: 1)
    #expect(model.offset(venue, at: time(milliseconds: 0)).isMeasured == false)
    // The venue is 300 ms ahead; the way there takes longer than the way back.
    for (roundTrip, there) in [(80, 60), (10, 5), (120, 20)] as [(Int64, Int64)] {
      model.record(
        venue, sent: time(milliseconds: 0), venueTime: time(milliseconds: there + 300),
        received: time(milliseconds: roundTrip))
    }
    let offset = model.offset(venue, at: time(milliseconds: 200))
    #expect(offset.isMeasured)
    #expect(offset.nanoseconds == 300_000_000 && offset.uncertaintyNanoseconds == 5_000_000)
    #expect(!model.offset(venue, at: time(milliseconds: 700_000)).isMeasured)
  }

  @Test func `the settings' offset counts until a clock is measured`() {
    var priors = VenuePriors()
    priors.clockOffsetNanoseconds = -2_000_000_000
    var model = ClockModel(venues: 1)
    model.configure(venue, priors)
    // Made at 1000 by our clock, which is two seconds ahead of the venue's.
    let age = model.quoteAge(
      venue, venueTime: time(milliseconds: -1000), receivedAt: time(milliseconds: 1040),
      now: time(milliseconds: 1100))
    #expect(age == 100_000_000)
  }

  @Test func `a quote's age is the time it took to come and the time since`() {
    var model = ClockModel(venues: 1)
    model.record(
      venue, sent: time(milliseconds: 0), venueTime: time(milliseconds: 505),
      received: time(milliseconds: 10))
    let age = model.quoteAge(
      venue, venueTime: time(milliseconds: 1500), receivedAt: time(milliseconds: 1030),
      now: time(milliseconds: 1050))
    #expect(age == 50_000_000)
    let unnamed = model.quoteAge(
      venue, venueTime: .distantPast, receivedAt: time(milliseconds: 1030),
      now: time(milliseconds: 1050))
    #expect(unnamed == 20_000_000)
    #expect(model.negativeAges(venue) == 0)
  }

  @Test func `a quote that seems to come before it was made is clamped and counted`() {
    var model = ClockModel(venues: 1)
    model.record(
      venue, sent: time(milliseconds: 0), venueTime: time(milliseconds: 5),
      received: time(milliseconds: 10))
    let within = model.quoteAge(
      venue, venueTime: time(milliseconds: 1003), receivedAt: time(milliseconds: 1000),
      now: time(milliseconds: 1000))
    #expect(within == 0 && model.negativeAges(venue) == 0)
    let beyond = model.quoteAge(
      venue, venueTime: time(milliseconds: 1100), receivedAt: time(milliseconds: 1000),
      now: time(milliseconds: 1007))
    #expect(beyond == 7_000_000 && model.negativeAges(venue) == 1)
  }

  @Test func `a nonsensical answer is not learned from and no time traps`() {
    var model = ClockModel(venues: 1)
    let times = [
      Timestamp.distantPast, Timestamp(nanoseconds: .min + 1), Timestamp(nanoseconds: 0),
      time(milliseconds: 0), .distantFuture,
    ]
    for sent in times {
      for venueTime in times {
        for received in times {
          model.record(venue, sent: sent, venueTime: venueTime, received: received)
          model.record(VenueID(7), sent: sent, venueTime: venueTime, received: received)
          for now in times {
            let age = model.quoteAge(venue, venueTime: venueTime, receivedAt: received, now: now)
            #expect(age >= 0)
            let offset = model.offset(venue, at: now)
            #expect(offset.nanoseconds.magnitude <= 86_400_000_000_000)
          }
        }
      }
    }
    var strict = ClockModel(venues: 1)
    strict.record(
      venue, sent: time(milliseconds: 10), venueTime: time(milliseconds: 0),
      received: time(milliseconds: 0))
    strict.record(
      venue, sent: time(milliseconds: 0), venueTime: time(milliseconds: 172_800_000),
      received: time(milliseconds: 1))
    #expect(!strict.offset(venue, at: time(milliseconds: 1)).isMeasured)
  }
}
