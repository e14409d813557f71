internal import Platform
package import RouterCore

/// Reads a journal without changing it, also while another process writes it.
package enum JournalReader {
  /// Verifies everything that is there, and hands every fact of the segments to `body`, in order.
  ///
  /// Segments at the beginning may have been deleted if a snapshot stands for them.
  ///
  /// - Parameters:
  ///   - directory: Where the journal's files are.
  ///   - storage: What holds them.
  ///   - index: Facts up to this one are verified where their segment is still there, but not
  ///     handed over.
  ///   - onSegment: Told after each segment where the journal stands, and how many segments there
  ///     are.
  ///   - body: Takes the index of a fact, and the fact.
  /// - Returns: Where the journal ends; empty if there is none.
  /// - Throws: `JournalError` if anything but an interrupted write at the very end is wrong.
  package static func read(
    directory: String, storage: any JournalStorage = SystemStorage(), after index: UInt64 = 0,
    onSegment: (JournalTail, Int) -> Void = { _, _ in }, _ body: (UInt64, Fact) -> Void
  ) throws(JournalError) -> JournalTail {
    guard storage.exists(directory) else { return JournalTail() }
    let files = JournalDirectory(path: directory, storage: storage)
    let segments = try files.segments()
    let snapshots = try verifiedSnapshots(files, segments)
    var tail = JournalTail()
    var start = index
    if let first = segments.first?.number, first > 1 {
      // What comes before is known from a snapshot that reaches at least to here.
      if let snapshot = snapshots.first(where: { $0.segmentNumber == first - 1 }) {
        tail = snapshot.tail
      } else if snapshots.contains(where: { $0.segmentNumber >= first }) {
        start = .max - 1
      }
    }
    for (position, segment) in segments.enumerated() {
      let reading = SegmentReading(
        segment: segment, storage: storage, isLast: position == segments.count - 1)
      try unsafe reading.read(continuing: &tail, directory: directory, after: start) {
        (frame, payload, offset) throws(JournalError) in
        let fact = try unsafe frame.fact(payload, file: segment.path, offset: offset)
        if let fact, frame.index > index { body(frame.index, fact) }
      }
      try check(snapshots, at: tail, files)
      onSegment(tail, segments.count)
    }
    return tail
  }

  /// Hands over the facts that come to the journal's state: those of its newest snapshot that is
  /// whole, and those behind it.
  ///
  /// - Throws: `JournalError`; what was handed over must not be used then.
  package static func recover(
    directory: String, storage: any JournalStorage = SystemStorage(), _ body: (Fact) -> Void
  ) throws(JournalError) -> JournalRecovery {
    guard storage.exists(directory) else { return JournalRecovery() }
    let files = JournalDirectory(path: directory, storage: storage)
    let (history, refused) = try JournalHistory.newest(in: files)
    var recovery = JournalRecovery()
    recovery.tail = try history.read { (_, fact) throws(JournalError) in
      recovery.factCount += 1
      body(fact)
    }
    recovery.snapshot = history.snapshot.map { SnapshotSummary($0.header, file: $0.path) }
    recovery.refusedSnapshots = refused
    return recovery
  }

  /// The snapshots that are there, the oldest first.
  package static func snapshots(
    directory: String, storage: any JournalStorage = SystemStorage()
  ) throws(JournalError) -> [SnapshotSummary] {
    var summaries: [SnapshotSummary] = []
    for file in try JournalDirectory(path: directory, storage: storage).snapshots() {
      let header = try Snapshot(file, storage: storage).header
      summaries.append(SnapshotSummary(header, file: file.path))
    }
    return summaries
  }

  /// Hands over the facts of one snapshot, each with the index that it has in the journal, or 0.
  package static func read(
    _ snapshot: SnapshotSummary, storage: any JournalStorage = SystemStorage(),
    _ body: (UInt64, Fact) -> Void
  ) throws(JournalError) {
    let file = JournalDirectory.Segment(number: snapshot.segmentNumber, path: snapshot.file)
    try Snapshot(file, storage: storage).read { index, fact in body(index, fact) }
  }

  private static func verifiedSnapshots(
    _ files: JournalDirectory, _ segments: [JournalDirectory.Segment]
  ) throws(JournalError) -> [SnapshotHeader] {
    var headers: [SnapshotHeader] = []
    for file in try files.snapshots() {
      let snapshot = try Snapshot(file, storage: files.storage)
      try snapshot.read { _, _ in }
      guard segments.contains(where: { $0.number == file.number + 1 }) else {
        throw .missingFile(
          files.segmentPath(file.number + 1), detail: "\(file.path) is continued by it")
      }
      headers.append(snapshot.header)
    }
    return headers
  }

  /// A snapshot must stand for the very bytes that are here.
  private static func check(
    _ snapshots: [SnapshotHeader], at tail: JournalTail, _ files: JournalDirectory
  ) throws(JournalError) {
    for snapshot in snapshots where snapshot.segmentNumber == tail.segmentNumber {
      guard snapshot.hash == tail.hash, snapshot.lastIndex == tail.lastIndex else {
        throw .tampered(
          file: files.snapshotPath(snapshot.segmentNumber), offset: 40, expected: tail.hash,
          found: snapshot.hash)
      }
    }
  }
}

/// A snapshot as it lies in its directory.
package struct SnapshotSummary: Sendable, Equatable {
  package let file: String
  /// The last segment that it covers, and the last fact there.
  package let segmentNumber: UInt64
  package let lastIndex: UInt64
  package let factCount: UInt64
  package let byteCount: UInt64

  init(_ header: SnapshotHeader, file: String) {
    self.file = file
    segmentNumber = header.segmentNumber
    lastIndex = header.lastIndex
    factCount = header.factCount
    byteCount = UInt64(SnapshotHeader.byteCount) + header.framesByteCount
  }
}

/// How the state of a journal was found.
package struct JournalRecovery: Sendable, Equatable {
  package var tail = JournalTail()
  /// The snapshot that was used; its facts come first.
  package var snapshot: SnapshotSummary?
  /// Why newer snapshots were not.
  package var refusedSnapshots: [JournalError] = []
  package var factCount = 0

  package var snapshotFile: String? { snapshot?.file }

  package init() {}
}
