/// Stages one after the other as bars over time, for a terminal or a document.
///
/// A bar begins where the medians of the stages before it end; `#` reaches to its own median and `.`
/// on to its 90th percentile.
struct StagePicture {
  struct Stage {
    var name: String
    var p50: Int64
    var p90: Int64
  }

  private static let columns = 60
  /// The longest tail; one that is cut ends in `>`.
  private static let tailColumns = 24

  private let stages: [Stage]
  private let total: Int64

  /// Stages in their order; times in nanoseconds.
  init(_ stages: [Stage]) {
    self.stages = stages
    total = stages.reduce(0) { $0 + $1.p50 }
  }

  /// A line for each stage; nothing if nothing was measured.
  var lines: [String] {
    guard total > 0 else { return [] }
    let width = stages.map(\.name.count).max() ?? 0
    var before: Int64 = 0
    return stages.map { stage in
      let start = column(before)
      before += stage.p50
      let name = stage.name + String(repeating: " ", count: width - stage.name.count)
      let body = String(repeating: "#", count: max(column(before) - start, 1))
      return "\(name) |\(String(repeating: " ", count: start))\(body)\(tail(stage))"
    }
  }

  private func tail(_ stage: Stage) -> String {
    let length = column(min(max(stage.p90 - stage.p50, 0), total))
    guard length > Self.tailColumns else { return String(repeating: ".", count: length) }
    return String(repeating: ".", count: Self.tailColumns - 1) + ">"
  }

  private func column(_ time: Int64) -> Int {
    Int((Double(time) * Double(Self.columns) / Double(total)).rounded())
  }
}
