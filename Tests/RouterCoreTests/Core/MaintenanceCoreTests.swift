import RouterCore
import Testing

/// Maintenance windows as the core keeps them; the harness begins on a Thursday at 00:16:40.
struct MaintenanceCoreTests {
  /// From 00:20 to 00:30; what rests goes at 00:19.
  private func harness(venues: Int = 2) -> CoreHarness {
    let harness = CoreHarness(venues: venues)
    var windows = VenueMaintenance(venue: VenueID(0))
    windows[0] = MaintenanceWindow(days: MaintenanceWindow.daily, startMinute: 20, minutes: 10)
    harness.process(.venueMaintenanceChanged(windows))
    show(harness)
    return harness
  }

  /// Fresh books; venue 0 is the cheapest.
  private func show(_ harness: CoreHarness) {
    for index in 0..<2 {
      harness.book(index, bids: [(9_990, 100)], asks: [(10_010 + Int64(index), 100)])
    }
  }

  private func advance(_ harness: CoreHarness, toSecond second: Int64) {
    harness.pass(milliseconds: second * 1000 - harness.now.nanoseconds / 1_000_000)
  }

  @Test func `a plan leaves out a venue in its window and takes it before and after`() {
    let harness = harness()
    for (second, expected): (Int64, Exclusion) in [
      (1199, .none), (1200, .maintenance), (1799, .maintenance), (1800, .none),
    ] {
      advance(harness, toSecond: second)
      show(harness)
      harness.submit(
        harness.order("o\(second)", 10, limit: 10_020, timeInForce: .immediateOrCancel))
      #expect(harness.lastExclusions.first == expected, "second \(second)")
    }
  }

  @Test func `nothing is released within a window`() throws {
    let harness = harness()
    advance(harness, toSecond: 1199)
    show(harness)
    harness.submit(harness.order("a", 10, limit: 10_020))
    let child = try #require(harness.unreleased.first)
    advance(harness, toSecond: 1200)
    #expect(!harness.release(child))
    #expect(harness.child(child)?.closeReason == .maintenance)
    harness.unreleased = []
    harness.pass(milliseconds: 50)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
  }

  @Test func `an order waits for the end of the window`() {
    let harness = harness(venues: 1)
    advance(harness, toSecond: 1300)
    show(harness)
    harness.submit(harness.order("a", 10, limit: 10_020))
    #expect(harness.unreleased.isEmpty)
    advance(harness, toSecond: 1799)
    harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 100)])
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 1000)
    #expect(harness.releaseAll().count == 1)
  }

  @Test func `what rests is cancelled before the window and rests elsewhere`() throws {
    let harness = harness()
    harness.submit(harness.order("a", 10, limit: 9_000) { $0.residual = .rest })
    let child = try #require(harness.releaseAll().first)
    #expect(child.venue == VenueID(0))
    harness.acknowledge(child)
    advance(harness, toSecond: 1139)
    #expect(harness.canceled.isEmpty)
    advance(harness, toSecond: 1140)
    #expect(harness.canceled == [child.id])
    harness.report(child, .canceled) { $0.cumulativeQuantity = .zero }
    harness.pass(milliseconds: 2000)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
  }

  @Test func `a window that is open when it is set counts at once`() throws {
    let harness = CoreHarness(venues: 2)
    harness.submit(harness.order("a", 10, limit: 9_000) { $0.residual = .rest })
    let child = try #require(harness.releaseAll().first)
    harness.acknowledge(child)
    var windows = VenueMaintenance(venue: VenueID(0))
    windows[3] = MaintenanceWindow(days: MaintenanceWindow.daily, startMinute: 0, minutes: 60)
    harness.process(.venueMaintenanceChanged(windows))
    harness.pass(milliseconds: 1)
    #expect(harness.canceled == [child.id])
    let reading = harness.core.maintenanceReading(of: VenueID(0), at: harness.now)
    #expect(reading.activeUntil == Timestamp(nanoseconds: 3_600_000_000_000))
  }

  @Test func `windows survive a restart and still cancel what rests`() throws {
    let harness = harness()
    harness.submit(harness.order("a", 10, limit: 9_000) { $0.residual = .rest })
    let child = try #require(harness.releaseAll().first)
    harness.acknowledge(child)
    harness.restart()
    #expect(harness.hash == harness.recoveredHash)
    for link in VenueLink.allCases { harness.process(.linkChanged(VenueID(0), link, isUp: true)) }
    advance(harness, toSecond: 1139)
    #expect(harness.canceled.isEmpty)
    advance(harness, toSecond: 1140)
    #expect(harness.canceled == [child.id])
  }
}
