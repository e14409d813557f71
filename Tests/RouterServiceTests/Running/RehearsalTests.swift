import RouterCore
import Testing

@testable import RouterService

struct RehearsalTests {
  @Test func `the whole way is gone again and again, down to what would leave`() {
    var now = Timestamp(nanoseconds: 1_000_000_000_000)
    let rehearsal = Rehearsal(at: now)
    for _ in 0..<40_000 {
      rehearsal.advance(at: now)
      now = Timestamp(nanoseconds: now.nanoseconds + 700_000)
    }
    #expect(rehearsal.completedCount == 5000)
    #expect(rehearsal.releasedCount >= 5000)
    #expect(rehearsal.isBetweenOrders)
  }

  @Test func `the last bytes go over TLS and come back`() throws {
    let now = Timestamp(nanoseconds: 1_000_000_000_000)
    let link = try RehearsalLink()
    let rehearsal = Rehearsal(at: now, link: link)
    while rehearsal.completedCount < 100 { rehearsal.advance(at: now) }
    // The handshake's last message may take the first order's turn.
    #expect(link.received >= 400 * 98 && link.received <= 400 * 100)
  }
}
