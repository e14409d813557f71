import Testing
import VenueGateways

struct VenueClockTests {
  @Test func `the offset is the venue's time against the middle of the round trip`() {
    var clock = VenueClock()
    clock.record(sentAt: 1000, venueTime: 1_000_050, receivedAt: 1100)
    #expect(clock.offsetNanoseconds == 999_000)
    #expect(clock.uncertaintyNanoseconds == 50)
  }

  @Test func `the answer with the shortest round trip counts`() {
    var clock = VenueClock()
    clock.record(sentAt: 0, venueTime: 900, receivedAt: 1000)
    clock.record(sentAt: 10_000, venueTime: 10_105, receivedAt: 10_010)
    clock.record(sentAt: 20_000, venueTime: 20_700, receivedAt: 21_000)
    #expect(clock.offsetNanoseconds == 100)
    #expect(clock.uncertaintyNanoseconds == 5)
  }

  @Test func `old answers are forgotten`() {
    var clock = VenueClock()
    clock.record(sentAt: 0, venueTime: 0, receivedAt: 0)
    for round in 1...8 {
      let sent = Int64(round) * 1000
      clock.record(sentAt: sent, venueTime: sent + 550, receivedAt: sent + 100)
    }
    #expect(clock.offsetNanoseconds == 500)
  }

  @Test func `a step of our own clock makes the samples before it worthless`() {
    var clock = VenueClock()
    clock.record(sentAt: 0, venueTime: 500, receivedAt: 10, wallBase: 0)
    let step: Int64 = 30_000_000_000
    clock.record(sentAt: step, venueTime: 1000, receivedAt: step + 1000, wallBase: step)
    #expect(clock.offsetNanoseconds == 1000 - (step + 500))
  }

  @Test func `a clock that begins at 1970 learns what time it is`() {
    var clock = VenueClock()
    clock.record(sentAt: 0, venueTime: 1_795_000_000_000_000_000, receivedAt: 0)
    #expect(clock.offsetNanoseconds == 1_795_000_000_000_000_000)
  }

  @Test func `a clock that was set is found out before the next answer`() {
    var clock = VenueClock()
    #expect(!clock.isOutdated(by: 7_000_000_000))
    clock.record(sentAt: 0, venueTime: 500, receivedAt: 10, wallBase: 0)
    #expect(!clock.isOutdated(by: 40_000_000) && !clock.isOutdated(by: -40_000_000))
    #expect(clock.isOutdated(by: 60_000_000) && clock.isOutdated(by: -60_000_000))
  }

  @Test func `an absurd venue time is bounded and does not trap`() {
    for time in [Int64.max, Int64.min] {
      var clock = VenueClock()
      clock.record(sentAt: -1000, venueTime: time, receivedAt: 1000)
      #expect(abs(clock.offsetNanoseconds) == 60 * 365 * 86_400_000_000_000)
    }
  }

  @Test func `a clock without an answer has no offset`() {
    #expect(VenueClock().offsetNanoseconds == 0)
  }
}
