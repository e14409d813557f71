internal import RouterCore

/// The stamps of one child, in nanoseconds of the core's clock.
struct StageStamps: Sendable {
  /// Zero: not stamped.
  private var times = InlineArray<15, Int64>(repeating: 0)

  subscript(point: StagePoint) -> Int64? {
    let time = times[point.rawValue]
    return time == 0 ? nil : time
  }

  /// - Returns: Whether the time had to be moved: no stamp is earlier than the one before it.
  mutating func set(_ point: StagePoint, _ time: Int64) -> Bool {
    let floor = latest(before: point) ?? time
    times[point.rawValue] = max(time, floor)
    return time < floor
  }

  /// The last stamp before a point.
  func latest(before point: StagePoint) -> Int64? {
    for index in stride(from: point.rawValue - 1, through: 0, by: -1) where times[index] != 0 {
      return times[index]
    }
    return nil
  }

  /// How long the step that ends at a point took; `nil` if it was not stamped or begins the way.
  func duration(to point: StagePoint) -> Int64? {
    guard let end = self[point], let start = latest(before: point) else { return nil }
    return end - start
  }

  func duration(from start: StagePoint, to end: StagePoint) -> Int64? {
    guard let start = self[start], let end = self[end] else { return nil }
    return end - start
  }

  /// The last stamp of all.
  var last: StagePoint? {
    StagePoint.allCases.last { self[$0] != nil }
  }
}

/// What set a decision off.
enum StageCause: UInt8, Sendable {
  case frame = 0
  case request
  /// A venue's report: what was left is planned again.
  case report
  case timer

  var name: String {
    switch self {
    case .frame: "market_data"
    case .request: "request"
    case .report: "report"
    case .timer: "timer"
    }
  }
}

struct ChildStages: Sendable {
  var id: ChildOrderID
  var venue: VenueID
  var cause: StageCause
  /// The first child of a parent that a request has just made.
  var isFirstOfRequest: Bool
  var isClosed = false
  /// The slot of the parent's child before this one; -1 if there is none.
  var previous: Int32 = -1
  var stamps = StageStamps()
}

struct ParentStages: Sendable {
  var id: ParentOrderID
  var deadline: Timestamp
  var requestRead: Int64 = 0
  var taken: Int64 = 0
  /// The slot of its last child; -1 if there is none.
  var lastChild: Int32 = -1
  var childCount = 0
  var isClosed = false
  /// Which stage spent an overrun.
  var overrun: Stage?
}
