/// Intended start times at a fixed rate, whatever became of the requests before.
///
/// A closed loop does not send while it waits, so a stall costs it one bad sample where its clients
/// would have had many ("coordinated omission"). Here a request that has no room starts late and is
/// measured from when it should have started. Times are monotonic nanoseconds and passed in.
package struct OpenLoopSchedule: Sendable {
  private let start: Int64
  private let interval: Int64
  private let limit: Int
  private var count: Int
  private var next = 0
  package private(set) var inFlight = 0

  /// A schedule of `count` starts, of which at most `limit` are under way at any time.
  package init(start: Int64, intervalNanoseconds: Int64, count: Int, limit: Int) {
    precondition(intervalNanoseconds > 0 && count >= 0 && limit > 0)
    self.start = start
    interval = intervalNanoseconds
    self.count = count
    self.limit = limit
  }

  /// Takes the next start that is due, if there is room for it.
  ///
  /// - Returns: When it should have started.
  package mutating func take(at now: Int64) -> Int64? {
    guard next < count, inFlight < limit, intended(next) <= now else { return nil }
    next += 1
    inFlight += 1
    return intended(next - 1)
  }

  /// Notes that a request is over, whatever became of it.
  package mutating func finish() {
    precondition(inFlight > 0, "more requests ended than were started")
    inFlight -= 1
  }

  /// When to ask again; nil if only an answer can help, or nothing is left.
  package var wakeTime: Int64? {
    next < count && inFlight < limit ? intended(next) : nil
  }

  package var hasEnded: Bool { next == count && inFlight == 0 }

  /// Ends the schedule.
  ///
  /// - Returns: The starts that were due at `end` and never had room.
  package mutating func close(at end: Int64) -> [Int64] {
    var omitted: [Int64] = []
    while next < count, intended(next) <= end {
      omitted.append(intended(next))
      next += 1
    }
    count = next
    return omitted
  }

  private func intended(_ index: Int) -> Int64 {
    start + Int64(index) * interval
  }
}
