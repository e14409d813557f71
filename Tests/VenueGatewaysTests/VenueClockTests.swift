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

  @Test func `a clock without an answer has no offset`() {
    #expect(VenueClock().offsetNanoseconds == 0)
  }
}
