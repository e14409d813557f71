internal import ClientGateways
internal import Foundation
internal import Platform
internal import RouterCore
internal import Wire

/// One `.hlog` file of a run, which grows by the histograms of every interval.
///
/// A disk that takes no more costs the log only; that is told once.
final class LatencyLog {
  private let path: String
  private let file: FileHandle
  private let base: Int64
  private var hasFailed = false

  /// - Throws: If the file can not be made.
  init(directory: String, startedAt: Timestamp) throws(PlatformError) {
    try FileSystem.createDirectories(directory)
    let name = RFC3339.format(startedAt.nanoseconds).filter { $0 != ":" }
    path = "\(directory)/sluice-\(name).hlog"
    base = startedAt.nanoseconds
    let header = HistogramLog.header(
      startNanoseconds: base, comments: ["Sluice: nanoseconds of stages, by venue and stage"])
    guard FileManager.default.createFile(atPath: path, contents: Data(header)),
      let file = FileHandle(forWritingAtPath: path)
    else {
      throw PlatformError(
        operation: "create \(path)", detail: "check latency.hlog_directory")
    }
    self.file = file
    _ = try? file.seekToEnd()
  }

  func append(_ window: LatencyView.Window, names: [String]) {
    guard !hasFailed else { return }
    var text: [UInt8] = []
    for interval in window.intervals(names: { $0.index < names.count ? names[$0.index] : nil }) {
      text += HistogramLog.line(interval, baseNanoseconds: base)
    }
    do {
      try file.write(contentsOf: Data(text))
    } catch {
      hasFailed = true
      Log.warning(
        "latency", "the log of histograms ends here",
        ["file": path, "reason": "\(error.localizedDescription)"])
    }
  }
}
