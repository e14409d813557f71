import RouterCore
import Testing

@testable import RouterService

struct RehearsalTests {
  @Test func `the whole way is gone again and again, down to what would leave`() {
    var now = Timestamp(nanoseconds: 1_000_000_000_000)
    let rehearsal = Rehearsal(at: now)
    for _ in 0..<30_000 {
      rehearsal.advance(at: now)
      now = Timestamp(nanoseconds: now.nanoseconds + 700_000)
    }
    #expect(rehearsal.completedCount == 5000)
    #expect(rehearsal.releasedCount >= 5000)
    #expect(rehearsal.isBetweenOrders)
  }
}
