internal import Platform
internal import RouterCore

/// One round of upkeep: a snapshot if enough was sealed since the last, then deletions.
struct JournalUpkeep {
  let directory: JournalDirectory
  let configuration: CoreConfiguration
  let retention: JournalRetention
  var isCanceled: @Sendable () -> Bool = { false }

  /// - Returns: The new snapshot's header, or nil if it is not worth one yet.
  func makeSnapshot() throws(JournalError) -> SnapshotHeader? {
    guard let sealed = try directory.segments().dropLast().last else { return nil }
    let last = try directory.snapshots().last
    let covered = last?.number ?? 0
    var uncovered: Int64 = 0
    for segment in try directory.segments().dropLast() where segment.number > covered {
      uncovered += try size(of: segment)
    }
    let previous = try last.map { (file) throws(JournalError) in try size(of: file) } ?? 0
    guard uncovered >= max(retention.snapshotByteCount, previous) else { return nil }
    let maker = SnapshotMaker(
      directory: directory, configuration: configuration, isCanceled: isCanceled)
    return try maker.make(through: sealed.number)
  }

  /// Deletes snapshots but the two newest, and segments that neither of those, nor an open order,
  /// nor the time of retention needs.
  ///
  /// - Returns: What was deleted.
  func deleteUnneeded() throws(JournalError) -> [String] {
    var deleted: [String] = []
    let snapshots = try directory.snapshots()
    for file in snapshots.dropLast(2) { deleted.append(try delete(file)) }
    guard snapshots.count >= 2, let newest = snapshots.last else { return deleted }
    let header = try Snapshot(newest, storage: directory.storage).header
    let covered = snapshots[snapshots.count - 2].number
    let segments = try directory.segments()
    for (segment, next) in zip(segments, segments.dropFirst()) {
      guard segment.number <= covered, try isOldEnough(segment),
        try isBelowOpenOrders(next, header)
      else { break }
      deleted.append(try delete(segment))
    }
    return deleted
  }

  /// The oldest goes first and each deletion is synced, so that no power cut can leave a gap.
  private func delete(_ file: JournalDirectory.Segment) throws(JournalError) -> String {
    try platform { () throws(PlatformError) in
      try directory.storage.remove(file.path)
      try directory.storage.synchronizeDirectory(directory.path)
    }
    return file.path
  }

  private func isOldEnough(_ segment: JournalDirectory.Segment) throws(JournalError) -> Bool {
    let age = try platform { () throws(PlatformError) in
      try directory.storage.ageSeconds(of: segment.path)
    }
    return age >= retention.retainSeconds
  }

  /// Whether all facts before the segment `next` are older than every order that is open.
  private func isBelowOpenOrders(
    _ next: JournalDirectory.Segment, _ header: SnapshotHeader
  ) throws(JournalError) -> Bool {
    guard header.oldestOpenIndex > 0 else { return true }
    let bytes = try platform { () throws(PlatformError) in
      let file = try directory.storage.open(next.path, .read)
      var bytes = [UInt8](repeating: 0, count: 128)
      let result = unsafe bytes.withUnsafeMutableBytes { buffer in
        Result { () throws(PlatformError) in try unsafe file.read(into: buffer, at: 0) }
      }
      bytes.removeLast(bytes.count - (try result.get()))
      return bytes
    }
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(JournalError) in
        try unsafe SegmentHeader(buffer, file: next.path, number: next.number)
      }
    }
    return try result.get().firstIndex <= header.oldestOpenIndex
  }

  private func size(of file: JournalDirectory.Segment) throws(JournalError) -> Int64 {
    try platform { () throws(PlatformError) in
      try directory.storage.open(file.path, .read).size()
    }
  }
}
