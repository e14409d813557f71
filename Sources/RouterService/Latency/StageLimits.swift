internal import RouterCore
internal import Wire

/// What the stages usually take at most: their p99, by venue.
struct StageLimits: Sendable {
  /// A p99 of fewer values is none.
  static let leastCount: Int64 = 20

  /// `Int64.max` where too little was measured.
  private var nanoseconds: [Int64] = []

  init() {}

  init(_ histograms: StageHistograms) {
    for venue in 0..<histograms.venueCount {
      for stage in Stage.allCases {
        let histogram = histograms.histogram(stage, venue: venue)
        nanoseconds.append(
          histogram.totalCount < Self.leastCount ? .max : histogram.value(atPercentile: 99))
      }
    }
  }

  subscript(stage: Stage, venue: VenueID) -> Int64 {
    let index = venue.index * Stage.allCases.count + stage.rawValue
    return index < nanoseconds.count ? nanoseconds[index] : .max
  }

  /// The stage that took longest beyond its p99 in any of a parent's children, the one that has not
  /// ended counted up to `endedAt`; `nil` if none did.
  func spender(of children: [ChildStages], endedAt: Int64) -> Stage? {
    var worst: (stage: Stage, excess: Int64)?
    for child in children {
      for (stage, duration) in Self.durations(of: child, endedAt: endedAt) {
        let excess = duration - self[stage, child.venue]
        if excess > worst?.excess ?? 0 { worst = (stage, excess) }
      }
    }
    return worst?.stage
  }

  private static func durations(
    of child: ChildStages, endedAt: Int64
  ) -> [(stage: Stage, nanoseconds: Int64)] {
    var durations: [(Stage, Int64)] = []
    for point in StagePoint.allCases {
      guard let stage = point.stage, let duration = child.stamps.duration(to: point) else {
        continue
      }
      durations.append((stage, duration))
    }
    guard !child.isClosed, let last = child.stamps.last, let since = child.stamps[last],
      let next = StagePoint(rawValue: last.rawValue + 1)?.stage
    else { return durations }
    return durations + [(next, max(0, endedAt - since))]
  }
}

/// What the tracker counts beside times.
struct StageCounters: Sendable {
  /// Stamps that came out earlier than the one before, and were moved up to it.
  var clampedStamps: Int64 = 0
  /// Frames of one turn beyond those that are kept as causes.
  var droppedFrames: Int64 = 0
  /// Open ones that had to make room.
  var forgottenChildren: Int64 = 0
  var forgottenParents: Int64 = 0
  /// Parents that ended past their deadline or as stale.
  private(set) var lateParents: Int64 = 0
  /// Those of them with every stage within its p99.
  private(set) var unexplainedOverruns: Int64 = 0
  private(set) var overruns = [Int64](repeating: 0, count: Stage.allCases.count)

  mutating func note(overrun stage: Stage?) {
    lateParents += 1
    if let stage { overruns[stage.rawValue] += 1 } else { unexplainedOverruns += 1 }
  }
}

extension RejectReason {
  /// Given up because it was too late, 31 and 47 at the decision and at the last gate.
  var isStale: Bool { self == .deadlinePassed || rawValue == 31 || rawValue == 47 }
}
