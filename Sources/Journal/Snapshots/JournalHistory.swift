internal import RouterCore

/// What comes to the state of a journal: a snapshot, or the beginning, and the segments behind it.
struct JournalHistory {
  let directory: JournalDirectory
  let snapshot: Snapshot?
  let segments: [JournalDirectory.Segment]
  /// Whether the last segment may still be written, or be torn.
  var isOpen = true

  /// The history with the newest snapshot that is whole.
  ///
  /// One that is damaged is passed over only if the journal can do without it: an older one is
  /// whole, or none is needed, and every segment since is there.
  ///
  /// - Returns: The history, and why newer snapshots were passed over.
  static func newest(
    in directory: JournalDirectory
  ) throws(JournalError) -> (history: JournalHistory, refused: [JournalError]) {
    let segments = try directory.segments()
    let snapshots = try directory.snapshots()
    var refused: [JournalError] = []
    for file in snapshots.reversed() {
      guard segments.contains(where: { $0.number == file.number + 1 }) else {
        throw refused.first
          ?? .missingFile(
            directory.segmentPath(file.number + 1), detail: "\(file.path) is continued by it")
      }
      do throws(JournalError) {
        let snapshot = try Snapshot(file, storage: directory.storage)
        let behind = segments.filter { $0.number > file.number }
        return (JournalHistory(directory: directory, snapshot: snapshot, segments: behind), refused)
      } catch {
        if case .tooNew = error { throw error }
        refused.append(error)
      }
    }
    if let error = refused.first, segments.first?.number != 1 { throw error }
    return (JournalHistory(directory: directory, snapshot: nil, segments: segments), refused)
  }

  /// The history that ends with a segment that is written no more.
  func through(_ last: UInt64) -> JournalHistory {
    JournalHistory(
      directory: directory, snapshot: snapshot, segments: segments.filter { $0.number <= last },
      isOpen: false)
  }

  /// Hands over the facts with their indexes; those of a snapshot keep the ones they had.
  ///
  /// - Returns: Where it ends.
  func read(
    _ body: (UInt64, Fact) throws(JournalError) -> Void
  ) throws(JournalError) -> JournalTail {
    var tail = snapshot?.header.tail ?? JournalTail()
    try snapshot?.read(body)
    for (position, segment) in segments.enumerated() {
      let isLast = isOpen && position == segments.count - 1
      let reading = SegmentReading(segment: segment, storage: directory.storage, isLast: isLast)
      try unsafe reading.read(continuing: &tail, directory: directory.path, after: 0) {
        (frame, payload, offset) throws(JournalError) in
        let fact = try unsafe frame.fact(payload, file: segment.path, offset: offset)
        if let fact { try body(frame.index, fact) }
      }
    }
    return tail
  }
}
