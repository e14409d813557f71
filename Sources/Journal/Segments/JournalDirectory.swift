internal import Platform

/// The files of one journal.
struct JournalDirectory {
  struct Segment: Equatable {
    let number: UInt64
    let path: String
  }

  private static let segmentPrefix = "segment-"
  private static let snapshotPrefix = "snapshot-"
  private static let suffix = ".journal"
  /// Files under construction; they hold nothing and are removed at a start.
  static let temporarySuffix = ".tmp"
  private static let digits = 10

  let path: String
  let storage: any JournalStorage

  init(path: String, storage: any JournalStorage) {
    self.path = path
    self.storage = storage
  }

  var lockPath: String { "\(path)/lock" }
  var epochPath: String { "\(path)/epoch" }
  /// The segment that is being made, or that waits for the one before it to be synced.
  var nextPath: String { "\(path)/next\(Self.temporarySuffix)" }

  func segmentPath(_ number: UInt64) -> String { filePath(Self.segmentPrefix, number) }

  /// The snapshot of all up to the end of a segment.
  func snapshotPath(_ number: UInt64) -> String { filePath(Self.snapshotPrefix, number) }

  /// The segments, in order.
  func segments() throws(JournalError) -> [Segment] { try files(Self.segmentPrefix) }

  /// The snapshots by the last segment that each covers, in order.
  func snapshots() throws(JournalError) -> [Segment] { try files(Self.snapshotPrefix) }

  func removeTemporaryFiles() throws(JournalError) {
    for name in try names() where name.hasSuffix(Self.temporarySuffix) {
      try platform { () throws(PlatformError) in try storage.remove("\(path)/\(name)") }
    }
  }

  private func names() throws(JournalError) -> [String] {
    try platform { () throws(PlatformError) in try storage.listDirectory(path) }
  }

  private func filePath(_ prefix: String, _ number: UInt64) -> String {
    let text = String(number)
    let zeros = String(repeating: "0", count: max(0, Self.digits - text.utf8.count))
    return "\(path)/\(prefix)\(zeros)\(text)\(Self.suffix)"
  }

  private func files(_ prefix: String) throws(JournalError) -> [Segment] {
    try names().compactMap { name in
      number(of: name, prefix).map { Segment(number: $0, path: "\(path)/\(name)") }
    }
    .sorted { $0.number < $1.number }
  }

  private func number(of name: String, _ prefix: String) -> UInt64? {
    guard name.hasPrefix(prefix), name.hasSuffix(Self.suffix) else { return nil }
    let number = UInt64(name.dropFirst(prefix.count).dropLast(Self.suffix.count))
    return number.flatMap { filePath(prefix, $0) == "\(path)/\(name)" ? $0 : nil }
  }
}
