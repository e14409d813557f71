internal import Platform
package import RouterCore

/// One round of upkeep: a snapshot if enough was sealed since the last, then deletions.
package struct JournalUpkeep {
  private let directory: JournalDirectory
  private let configuration: CoreConfiguration
  private let retention: JournalRetention
  private let isCanceled: @Sendable () -> Bool

  package init(
    directory path: String, storage: any JournalStorage, configuration: CoreConfiguration,
    retention: JournalRetention, isCanceled: @escaping @Sendable () -> Bool = { false }
  ) {
    directory = JournalDirectory(path: path, storage: storage)
    self.configuration = configuration
    self.retention = retention
    self.isCanceled = isCanceled
  }

  /// - Returns: The new snapshot, or nil if it is not worth one yet.
  package func makeSnapshot() throws(JournalError) -> SnapshotSummary? {
    let segments = try directory.segments().dropLast()
    guard let sealed = segments.last else { return nil }
    let last = try directory.snapshots().last
    let covered = last?.number ?? 0
    var uncovered: Int64 = 0
    for segment in segments where segment.number > covered {
      uncovered += try size(of: segment)
    }
    let previous = try last.map { (file) throws(JournalError) in try size(of: file) } ?? 0
    guard uncovered >= max(retention.snapshotByteCount, previous) else { return nil }
    let maker = SnapshotMaker(
      directory: directory, configuration: configuration, isCanceled: isCanceled)
    let header = try maker.make(through: sealed.number)
    return SnapshotSummary(header, file: directory.snapshotPath(header.segmentNumber))
  }

  /// Deletes snapshots before the two newest that are whole, and segments that neither of those, nor
  /// an open order, nor the time of retention needs.
  ///
  /// - Returns: What was deleted.
  package func deleteUnneeded() throws(JournalError) -> [String] {
    let snapshots = try directory.snapshots()
    guard let (header, covered) = try newestTwo(of: snapshots) else { return [] }
    var deleted: [String] = []
    for file in snapshots where file.number < covered { deleted.append(try delete(file)) }
    let segments = try directory.segments()
    #if MUTATIONS
      let excess: UInt64 = Mutation.retentionDeletesOneSegmentTooMany.isActive ? 1 : 0
    #else
      let excess: UInt64 = 0
    #endif
    for (segment, next) in zip(segments, segments.dropFirst()) {
      guard segment.number <= covered + excess, try isOldEnough(segment),
        try isBelowOpenOrders(next, header)
      else { break }
      deleted.append(try delete(segment))
    }
    return deleted
  }

  /// The header of the newest snapshot, and the last segment that the one before covers.
  ///
  /// One that is damaged is none: if the newest is lost as well, a start needs the one before both.
  private func newestTwo(
    of snapshots: [JournalDirectory.Segment]
  ) throws(JournalError) -> (newest: SnapshotHeader, covered: UInt64)? {
    var newest: SnapshotHeader?
    for file in snapshots.reversed() {
      guard let snapshot = try whole(file) else { continue }
      if let newest { return (newest, file.number) }
      newest = snapshot.header
    }
    return nil
  }

  private func whole(
    _ file: JournalDirectory.Segment
  ) throws(JournalError) -> Snapshot? {
    do throws(JournalError) {
      return try Snapshot(file, storage: directory.storage)
    } catch {
      switch error {
      case .corrupt, .checksum: return nil
      default: throw error
      }
    }
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
    #if MUTATIONS
      if Mutation.retentionForgetsOpenOrders.isActive { return true }
    #endif
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
