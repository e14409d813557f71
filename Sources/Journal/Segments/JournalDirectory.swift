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
  private static let zero = UInt8(ascii: "0")

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

  /// The number in a name that is written as `filePath` writes it; `nil` for any other name.
  private func number(of name: String, _ prefix: String) -> UInt64? {
    guard name.hasPrefix(prefix), name.hasSuffix(Self.suffix) else { return nil }
    let text = name.utf8.dropFirst(prefix.utf8.count).dropLast(Self.suffix.utf8.count)
    guard text.count == Self.digits || (text.count > Self.digits && text.first != Self.zero) else {
      return nil
    }
    var number: UInt64 = 0
    for byte in text {
      guard byte >= Self.zero, byte <= Self.zero + 9 else { return nil }
      let (tens, isTooMuch) = number.multipliedReportingOverflow(by: 10)
      let (sum, isOverflow) = tens.addingReportingOverflow(UInt64(byte - Self.zero))
      guard !isTooMuch, !isOverflow else { return nil }
      number = sum
    }
    return number
  }
}
