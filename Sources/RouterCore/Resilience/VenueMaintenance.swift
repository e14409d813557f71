/// When a venue is down for maintenance, week by week; times are UTC.
package struct VenueMaintenance: Sendable, Hashable, BitwiseCopyable {
  package static let capacity = 4

  package var venue: VenueID
  // Named one by one: a journal shows them, and an inline array has no equality.
  private var first = MaintenanceWindow.none
  private var second = MaintenanceWindow.none
  private var third = MaintenanceWindow.none
  private var fourth = MaintenanceWindow.none

  package init(venue: VenueID) {
    self.venue = venue
  }

  package subscript(index: Int) -> MaintenanceWindow {
    get {
      switch index {
      case 0: first
      case 1: second
      case 2: third
      default: fourth
      }
    }
    set {
      switch index {
      case 0: first = newValue
      case 1: second = newValue
      case 2: third = newValue
      default: fourth = newValue
      }
    }
  }

  package var isEmpty: Bool {
    first.isNever && second.isNever && third.isNever && fourth.isNever
  }

  /// The end of the window that `now` lies in, the last one if there are several.
  package func activeUntil(_ now: Timestamp) -> Timestamp? {
    var until: Timestamp?
    forEach(around: now) { occurrence in
      guard occurrence.start <= now, now < occurrence.end else { return }
      until = max(until ?? occurrence.end, occurrence.end)
    }
    return until
  }

  /// Whether what rests there is to be gone: from a while before a window until its end.
  package func isClosing(_ now: Timestamp) -> Bool {
    var isClosing = false
    forEach(around: now) { isClosing = isClosing || ($0.closing <= now && now < $0.end) }
    return isClosing
  }

  /// The start of the next window after `now`; `nil` if there is none.
  package func nextStart(after now: Timestamp) -> Timestamp? {
    var next: Timestamp?
    forEach(around: now) { if $0.start > now { next = min(next ?? $0.start, $0.start) } }
    return next
  }

  /// When something about it is next different from now.
  package func nextChange(after now: Timestamp) -> Timestamp {
    var next = Timestamp.distantFuture
    func note(_ time: Timestamp) { if time > now { next = min(next, time) } }
    forEach(around: now) { occurrence in
      note(occurrence.closing)
      note(occurrence.start)
      note(occurrence.end)
    }
    return next
  }

  /// One week's window of those that are set.
  private struct Occurrence {
    var closing: Timestamp
    var start: Timestamp
    var end: Timestamp
  }

  /// Every window that began yesterday or begins within the next week.
  private func forEach(around now: Timestamp, _ body: (Occurrence) -> Void) {
    guard !isEmpty else { return }
    let today = Calendar.day(now)
    for index in 0..<Self.capacity where !self[index].isNever {
      let window = self[index]
      for day in (today - 1)...(today + 8) where window.isOn(day) {
        let start = Calendar.time(day, minute: Int64(window.startMinute))
        body(
          Occurrence(
            closing: start.adding(milliseconds: -1000 * Int64(window.beforeSeconds)),
            start: start, end: start.adding(milliseconds: 60_000 * Int64(window.minutes))))
      }
    }
  }
}

/// One window that comes again every week.
package struct MaintenanceWindow: Sendable, Hashable, BitwiseCopyable {
  /// Bit 0 is Monday, bit 6 Sunday.
  package var days: UInt8
  /// Since midnight UTC.
  package var startMinute: UInt16
  package var minutes: UInt16
  /// How long before its start what rests there is cancelled.
  package var beforeSeconds: UInt16

  package static let none = MaintenanceWindow(days: 0, startMinute: 0, minutes: 0, beforeSeconds: 0)
  package static let daily: UInt8 = 0x7F
  package static let standardBeforeSeconds: UInt16 = 60

  package init(
    days: UInt8, startMinute: UInt16, minutes: UInt16,
    beforeSeconds: UInt16 = Self.standardBeforeSeconds
  ) {
    self.days = days
    self.startMinute = startMinute
    self.minutes = minutes
    self.beforeSeconds = beforeSeconds
  }

  var isNever: Bool { days & Self.daily == 0 || minutes == 0 }

  /// Whether it begins on a day, counted from the Unix epoch, which was a Thursday.
  func isOn(_ day: Int64) -> Bool {
    let weekday = ((day + 3) % 7 + 7) % 7
    return days & (1 << UInt8(weekday)) != 0
  }
}

/// Days of the Unix epoch; every one of them has 86,400 seconds.
private enum Calendar {
  private static let nanosecondsPerDay: Int64 = 86_400_000_000_000

  static func day(_ time: Timestamp) -> Int64 {
    let (day, rest) = time.nanoseconds.quotientAndRemainder(dividingBy: nanosecondsPerDay)
    return rest < 0 ? day - 1 : day
  }

  /// A time far outside any calendar is never.
  static func time(_ day: Int64, minute: Int64) -> Timestamp {
    let (midnight, overflow) = day.multipliedReportingOverflow(by: nanosecondsPerDay)
    return overflow
      ? .distantFuture : Timestamp(nanoseconds: midnight).adding(milliseconds: minute * 60_000)
  }
}
