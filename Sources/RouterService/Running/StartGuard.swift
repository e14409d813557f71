internal import Foundation
internal import Platform

/// Notices a service that starts and dies again and again, so that it does not go on trading in a
/// loop that nobody watches.
///
/// Each start leaves its time in a file; getting ready, and an orderly end, remove it.
struct StartGuard {
  /// So many starts in a row that did not get ready, all within the window, make the next one halt.
  static let limit = 5
  static let windowSeconds = 60

  private let path: String

  init(stateDirectory: String) {
    path = "\(stateDirectory)/starts"
  }

  /// Counts this start.
  ///
  /// - Returns: Whether the starts before it were too many.
  func begin(at now: Date = Date()) throws(PlatformError) -> Bool {
    let seconds = Int64(now.timeIntervalSince1970)
    let earlier = recorded.filter { abs(seconds - $0) <= Self.windowSeconds }
    let lines = (earlier + [seconds]).suffix(Self.limit + 1).map { "\($0)\n" }
    try FileSystem.writeFileAtomically(path, Array(lines.joined().utf8))
    return earlier.count >= Self.limit
  }

  /// The start has succeeded, or was ended in order.
  func end() {
    guard FileSystem.exists(path) else { return }
    try? FileSystem.remove(path)
  }

  /// What can not be read counts as nothing: the guard must not be what stops a start.
  private var recorded: [Int64] {
    guard let bytes = try? FileSystem.readFile(path) else { return [] }
    return String(decoding: bytes.prefix(4096), as: UTF8.self).split(separator: "\n")
      .compactMap { Int64($0) }
  }
}
