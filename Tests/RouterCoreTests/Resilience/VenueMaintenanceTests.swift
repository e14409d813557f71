import RouterCore
import Testing

/// When windows that come again every week are open; day 0 of the Unix epoch is a Thursday.
struct VenueMaintenanceTests {
  private static let sunday: UInt8 = 1 << 6

  private func maintenance(_ windows: MaintenanceWindow...) -> VenueMaintenance {
    var maintenance = VenueMaintenance(venue: VenueID(0))
    for (index, window) in windows.enumerated() { maintenance[index] = window }
    return maintenance
  }

  private func time(day: Int64, _ hour: Int64, _ minute: Int64, _ second: Int64 = 0) -> Timestamp {
    Timestamp(
      nanoseconds: (day * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000)
  }

  @Test func `a daily window is open every day from its start to its end`() {
    let daily = maintenance(
      MaintenanceWindow(days: MaintenanceWindow.daily, startMinute: 22 * 60, minutes: 30))
    for day: Int64 in [-3, 0, 1, 19_000] {
      #expect(daily.activeUntil(time(day: day, 21, 59, 59)) == nil)
      #expect(daily.activeUntil(time(day: day, 22, 0)) == time(day: day, 22, 30))
      #expect(daily.activeUntil(time(day: day, 22, 29, 59)) == time(day: day, 22, 30))
      #expect(daily.activeUntil(time(day: day, 22, 30)) == nil)
      #expect(daily.nextStart(after: time(day: day, 22, 0)) == time(day: day + 1, 22, 0))
    }
  }

  @Test func `a window of one day opens on that day only`() {
    let weekly = maintenance(
      MaintenanceWindow(days: Self.sunday, startMinute: 60, minutes: 60))
    // Thursday, 1 January 1970; the first Sunday is the 4th.
    #expect(weekly.nextStart(after: time(day: 0, 0, 0)) == time(day: 3, 1, 0))
    #expect(weekly.activeUntil(time(day: 3, 1, 30)) == time(day: 3, 2, 0))
    for day: Int64 in [0, 1, 2, 4, 5, 6] {
      #expect(weekly.activeUntil(time(day: day, 1, 30)) == nil)
    }
    #expect(weekly.nextStart(after: time(day: 3, 1, 0)) == time(day: 10, 1, 0))
  }

  @Test func `a window may last over midnight`() {
    let late = maintenance(
      MaintenanceWindow(days: Self.sunday, startMinute: 23 * 60 + 50, minutes: 20))
    #expect(late.activeUntil(time(day: 4, 0, 9, 59)) == time(day: 4, 0, 10))
    #expect(late.activeUntil(time(day: 4, 0, 10)) == nil)
    #expect(late.activeUntil(time(day: 3, 0, 5)) == nil)
  }

  @Test func `what rests is to be gone some time before, also on the day before`() {
    let early = maintenance(
      MaintenanceWindow(days: Self.sunday, startMinute: 0, minutes: 10, beforeSeconds: 90))
    #expect(!early.isClosing(time(day: 2, 23, 58, 29)))
    #expect(early.isClosing(time(day: 2, 23, 58, 30)))
    #expect(early.activeUntil(time(day: 2, 23, 59)) == nil)
    #expect(early.isClosing(time(day: 3, 0, 9, 59)))
    #expect(!early.isClosing(time(day: 3, 0, 10)))
  }

  @Test func `changes come one after the other`() {
    let daily = maintenance(
      MaintenanceWindow(days: MaintenanceWindow.daily, startMinute: 600, minutes: 5))
    var now = time(day: 5, 0, 0)
    var changes: [Timestamp] = []
    for _ in 0..<4 {
      now = daily.nextChange(after: now)
      changes.append(now)
    }
    #expect(
      changes == [
        time(day: 5, 9, 59), time(day: 5, 10, 0), time(day: 5, 10, 5), time(day: 6, 9, 59),
      ])
  }

  @Test func `windows that overlap end with the last of them`() {
    let both = maintenance(
      MaintenanceWindow(days: MaintenanceWindow.daily, startMinute: 60, minutes: 30),
      MaintenanceWindow(days: MaintenanceWindow.daily, startMinute: 70, minutes: 60))
    #expect(both.activeUntil(time(day: 9, 1, 15)) == time(day: 9, 2, 10))
  }

  @Test func `no window is never open`() {
    let none = VenueMaintenance(venue: VenueID(0))
    let empty = maintenance(MaintenanceWindow(days: 0, startMinute: 0, minutes: 100))
    for windows in [none, empty] {
      #expect(windows.isEmpty)
      #expect(windows.nextChange(after: time(day: 1, 0, 0)) == .distantFuture)
      #expect(!windows.isClosing(.distantPast) && windows.nextStart(after: .distantFuture) == nil)
    }
  }

  @Test func `times at the ends of the calendar trap nothing`() {
    let daily = maintenance(
      MaintenanceWindow(days: 0xFF, startMinute: .max, minutes: .max, beforeSeconds: .max))
    for now in [Timestamp.distantPast, .distantFuture] {
      _ = daily.activeUntil(now)
      _ = daily.nextChange(after: now)
    }
  }
}
