internal import Platform

/// The files of one journal.
struct JournalDirectory {
  struct Segment: Equatable {
    let number: UInt64
    let path: String
  }

  private static let prefix = "segment-"
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

  func segmentPath(_ number: UInt64) -> String {
    let text = String(number)
    let zeros = String(repeating: "0", count: max(0, Self.digits - text.utf8.count))
    return "\(path)/\(Self.prefix)\(zeros)\(text)\(Self.suffix)"
  }

  /// The segments, in order.
  func segments() throws(JournalError) -> [Segment] {
    try names().compactMap { name in
      number(of: name).map { Segment(number: $0, path: "\(path)/\(name)") }
    }
    .sorted { $0.number < $1.number }
  }

  func removeTemporaryFiles() throws(JournalError) {
    for name in try names() where name.hasSuffix(Self.temporarySuffix) {
      try platform { () throws(PlatformError) in try storage.remove("\(path)/\(name)") }
    }
  }

  private func names() throws(JournalError) -> [String] {
    try platform { () throws(PlatformError) in try storage.listDirectory(path) }
  }

  private func number(of name: String) -> UInt64? {
    guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
    let number = UInt64(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
    return number.flatMap { segmentPath($0) == "\(path)/\(name)" ? $0 : nil }
  }
}
