internal import RouterCore

/// Makes the next snapshot out of the last one and the segments that were sealed since.
struct SnapshotMaker {
  let directory: JournalDirectory
  let configuration: CoreConfiguration
  /// Asked now and then whether to give up.
  var isCanceled: @Sendable () -> Bool = { false }

  /// - Parameter sealed: The last segment to cover; one that is written no more.
  /// - Returns: The new snapshot's header.
  /// - Throws: `JournalError`; nothing of it is left then.
  func make(through sealed: UInt64) throws(JournalError) -> SnapshotHeader {
    let history = try JournalHistory.newest(in: directory).history.through(sealed)
    var compaction = Compaction(configuration)
    let tail = try history.read { (index, fact) throws(JournalError) in
      try checkCanceled(index)
      compaction.note(fact, index: index)
    }
    guard !compaction.hasOverflowed else {
      throw .snapshot(detail: "the journal holds more open orders than the tables of this build")
    }
    let writer = try SnapshotWriter(directory, covering: tail)
    do throws(JournalError) {
      return try write(history, &compaction, to: writer)
    } catch {
      writer.abandon()
      throw error
    }
  }

  private func write(
    _ history: JournalHistory, _ compaction: inout Compaction, to writer: SnapshotWriter
  ) throws(JournalError) -> SnapshotHeader {
    let keep: Compaction.Keep = { (fact, index) throws(JournalError) in
      try writer.append(fact, index: index)
    }
    try compaction.keepSettings(keep)
    _ = try history.read { (index, fact) throws(JournalError) in
      try checkCanceled(index)
      try compaction.keep(fact, index: index, keep)
    }
    try compaction.keepRest(keep)
    guard compaction.isFaithful else {
      throw .snapshot(detail: "its facts do not come to the state of the whole journal")
    }
    return try writer.finish(oldestOpenIndex: compaction.oldestOpenIndex)
  }

  private func checkCanceled(_ index: UInt64) throws(JournalError) {
    if index % 1024 == 0, isCanceled() { throw .closed }
  }
}
