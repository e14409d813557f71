internal import Platform
internal import RouterCore

/// Writes a snapshot under a temporary name and gives it its own when all of it is synced.
final class SnapshotWriter {
  /// Synced in steps, so that the syncs of the journal do not queue behind one large one.
  private static let syncedStep = 4 << 20

  private let directory: JournalDirectory
  private let tail: JournalTail
  private let temporaryPath: String
  private let file: any JournalFile
  private let batch = FrameBatch(continuing: Snapshot.firstChain)
  private let digest = RunningDigest()
  private var factCount: UInt64 = 0
  private var framesByteCount = 0
  private var unsyncedByteCount = 0

  /// Begins the snapshot of a journal that ends where `tail` says.
  init(_ directory: JournalDirectory, covering tail: JournalTail) throws(JournalError) {
    self.directory = directory
    self.tail = tail
    let path = directory.snapshotPath(tail.segmentNumber) + JournalDirectory.temporarySuffix
    temporaryPath = path
    file = try platform { () throws(PlatformError) in
      if directory.storage.exists(path) { try directory.storage.remove(path) }
      return try directory.storage.open(path, .create)
    }
  }

  func append(_ fact: Fact, index: UInt64) throws(JournalError) {
    if !batch.hasRoom { try write() }
    factCount += 1
    batch.append(fact) { type in
      Frame(
        index: factCount, durableIndex: index, epoch: tail.lastEpoch, type: type.rawValue,
        version: type.version, flags: Frame.criticalFlag)
    }
  }

  /// Writes the header, syncs, and gives the snapshot its name.
  func finish(oldestOpenIndex: UInt64) throws(JournalError) -> SnapshotHeader {
    try write()
    let header = SnapshotHeader(
      covering: tail, oldestOpenIndex: oldestOpenIndex, factCount: factCount,
      framesByteCount: UInt64(framesByteCount))
    let frames = ChainHash(bytes: digest.value)
    let path = directory.snapshotPath(tail.segmentNumber)
    try platform { () throws(PlatformError) in
      try file.write(header.encoded(framesDigest: frames), at: 0)
      try synchronize()
      try directory.storage.rename(temporaryPath, to: path)
      try directory.storage.synchronizeDirectory(directory.path)
    }
    return header
  }

  private func synchronize() throws(PlatformError) {
    #if MUTATIONS
      if Mutation.snapshotIsNamedBeforeItsSync.isActive { return }
    #endif
    try file.synchronize()
  }

  /// Removes what was written.
  func abandon() {
    try? directory.storage.remove(temporaryPath)
  }

  private func write() throws(JournalError) {
    let place = Int64(SnapshotHeader.byteCount + framesByteCount)
    let byteCount = batch.newByteCount
    try platform { () throws(PlatformError) in
      try unsafe file.write(batch.newBytes, at: place)
      unsyncedByteCount += byteCount
      guard unsyncedByteCount >= Self.syncedStep else { return }
      try file.synchronizeData()
      unsyncedByteCount = 0
    }
    framesByteCount += byteCount
    batch.noteWritten()
    unsafe digest.add(batch.writtenBytes)
    batch.removeWritten()
  }
}
