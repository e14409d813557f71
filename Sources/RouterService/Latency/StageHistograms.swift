internal import RouterCore
internal import Wire

/// One set of histograms: of every stage for each venue, and of the ways measured whole.
///
/// It is written by one thread and handed whole to another. A venue costs 13 histograms of two
/// digits, 30 KiB each; the three ways have three digits, 216 KiB each.
final class StageHistograms: @unchecked Sendable {
  static let highestNanoseconds: Int64 = 60_000_000_000
  private static let stageCount = Stage.allCases.count

  private var stages: [Histogram] = []
  private var paths = StagePath.allCases.map { _ in
    Histogram(highestTrackableValue: highestNanoseconds, significantDigits: 3)
  }

  var venueCount: Int { stages.count / Self.stageCount }

  var byteCount: Int {
    let counters =
      stages.count * (stages.first?.layout.counterCount ?? 0)
      + paths.count * (paths.first?.layout.counterCount ?? 0)
    return counters * 8
  }

  /// Makes room for venues; nothing is allocated once they are there.
  func prepare(venueCount count: Int) {
    while venueCount < count {
      stages += Stage.allCases.map { _ in
        Histogram(highestTrackableValue: Self.highestNanoseconds, significantDigits: 2)
      }
    }
  }

  func record(_ stage: Stage, _ venue: VenueID, _ nanoseconds: Int64) {
    let index = venue.index * Self.stageCount + stage.rawValue
    guard index < stages.count else { return }
    stages[index].record(nanoseconds)
  }

  func record(_ path: StagePath, _ nanoseconds: Int64) {
    paths[path.rawValue].record(nanoseconds)
  }

  func histogram(_ stage: Stage, venue: Int) -> Histogram {
    stages[venue * Self.stageCount + stage.rawValue]
  }

  func histogram(_ path: StagePath) -> Histogram { paths[path.rawValue] }

  /// Adds what another set counted.
  func add(_ other: StageHistograms) {
    prepare(venueCount: other.venueCount)
    for index in other.stages.indices where other.stages[index].totalCount > 0 {
      stages[index].add(other.stages[index])
    }
    for index in paths.indices where other.paths[index].totalCount > 0 {
      paths[index].add(other.paths[index])
    }
  }

  func reset() {
    for index in stages.indices where stages[index].totalCount > 0 { stages[index].reset() }
    for index in paths.indices where paths[index].totalCount > 0 { paths[index].reset() }
  }

  /// The same counts under another owner.
  func copy() -> StageHistograms {
    let copy = StageHistograms()
    copy.stages = stages
    copy.paths = paths
    return copy
  }
}
