internal import Platform
package import RouterCore
internal import Synchronization

/// The one writer of a journal: facts go to the kernel in batches and to the device in groups.
///
/// `append` and `commit` belong to one thread. `durableIndex` may be read by any.
@safe package final class JournalWriter: FactLog, @unchecked Sendable {
  package static let defaultSegmentByteCount = 64 << 20

  /// The number of this start, stored before `init` returned.
  package let epoch: UInt32
  package let durability: Durability
  /// The last fact that the kernel has: a crash of this process does not lose it.
  package private(set) var writtenIndex: UInt64

  private let directory: JournalDirectory
  private let instance: UInt32
  /// Held until `close`: no other process writes this journal.
  private var lock: (any JournalFile)?
  private let supply: SegmentSupply
  private let syncer: JournalSyncer
  private let thread: WorkerThread
  private let segment: SegmentWriter
  private var segmentNumber: UInt64
  private var lastIndex: UInt64
  private var failure: JournalError?
  /// Whether something was committed whose sync has not been asked for.
  private var isSyncWanted = false

  /// Opens a journal for writing, behind its last fact.
  ///
  /// What an interrupted write left at the end is cut off first. `onDurable` runs on the journal's
  /// thread after each sync, with the last index that a power cut does not lose; `onFailure` runs
  /// there when a sync has failed, and nothing is safe after it. `onSealed`
  /// there when a segment is complete and the next one has its name. The epoch is no less than
  /// `epochFloor`, which `EpochFile.floor` takes from a clock.
  package init(
    directory path: String, storage: any JournalStorage = SystemStorage(), instance: UInt32,
    durability: Durability, epochFloor: UInt32 = 1,
    segmentByteCount: Int = JournalWriter.defaultSegmentByteCount,
    onDurable: @escaping @Sendable (UInt64) -> Void,
    onFailure: @escaping @Sendable (JournalError) -> Void = { _ in },
    onSealed: @escaping @Sendable () -> Void = {}
  ) throws(JournalError) {
    precondition(segmentByteCount >= SegmentWriter.minimumSegmentByteCount)
    let files = JournalDirectory(path: path, storage: storage)
    let supply = SegmentSupply(directory: files, byteCount: Int64(segmentByteCount))
    let start = try JournalStart(directory: files, instance: instance, epochFloor: epochFloor) {
      () throws(JournalError) in
      supply.prepare()
      return try supply.take()
    }
    directory = start.directory
    lock = start.lock
    epoch = start.epoch
    segmentNumber = start.header.number
    lastIndex = start.header.firstIndex - 1
    writtenIndex = start.header.firstIndex - 1
    segment = SegmentWriter(start.file, header: start.header, byteCount: segmentByteCount)
    let syncer = try JournalSyncer(
      directory: start.directory, file: start.file, durableIndex: start.header.firstIndex - 1,
      events: JournalSyncer.Events(
        onDurable: onDurable, onFailure: onFailure,
        onSealed: {
          supply.prepare()
          onSealed()
        }))
    self.supply = supply
    self.syncer = syncer
    self.instance = instance
    self.durability = durability
    thread = WorkerThread(name: "journal") { syncer.run() }
    thread.start()
    supply.prepare()
  }

  deinit {
    supply.cancel()
    syncer.finish()
    thread.join()
  }

  /// The last fact that a power cut does not lose.
  package var durableIndex: UInt64 { syncer.durableIndex }

  /// The last fact that may be acted on under the durability that was chosen.
  package var safeIndex: UInt64 { durability == .power ? durableIndex : writtenIndex }

  /// Whether there is no room for another segment: only cancels, fills and halts should be written
  /// now, into what is left of this one.
  package var isShortOfSpace: Bool { supply.isShort }

  /// Adds a fact to the batch.
  ///
  /// - Returns: Its index, counted from 1.
  @discardableResult
  package func append(_ fact: Fact) throws(JournalError) -> UInt64 {
    try checkHealth()
    do {
      if segment.isFull { try roll() }
      try segment.append(fact) { type in
        Frame(
          index: lastIndex + 1, durableIndex: durableIndex, epoch: epoch, type: type.rawValue,
          version: type.version, flags: Frame.criticalFlag)
      }
    } catch {
      failure = .closed
      throw error
    }
    lastIndex += 1
    return lastIndex
  }

  /// Hands the batch to the kernel and asks for a sync: at once where facts wait for it.
  ///
  /// Where they do not, the sync is asked for by `endTurn`, when nothing urgent is left to do.
  package func commit() throws(JournalError) {
    try checkHealth()
    guard lastIndex > writtenIndex else { return }
    do {
      try segment.write()
    } catch {
      failure = .closed
      throw error
    }
    writtenIndex = lastIndex
    syncer.note(segment.file, upTo: lastIndex)
    isSyncWanted = true
    if durability == .power { endTurn() }
  }

  /// Takes work off the next commit; to be called when one is expected and there is time.
  package func prepareCommit() { segment.file.prepareWrites(Self.usualCommitByteCount) }

  private static let usualCommitByteCount = 2048

  /// Asks for the sync of what was committed, if that has not been done.
  package func endTurn() {
    guard isSyncWanted else { return }
    isSyncWanted = false
    syncer.wake()
    segment.digestWritten()
  }

  /// Writes and syncs what is left, marks the end, and gives the journal free.
  ///
  /// After an error it only gives the journal free.
  package func close() throws(JournalError) {
    defer {
      failure = failure ?? .closed
      supply.cancel()
      lock = nil
    }
    if failure == nil { try commit() }
    endTurn()
    syncer.finish()
    thread.join()
    try checkHealth()
    segment.append(
      closingMark: Frame(
        index: lastIndex, durableIndex: durableIndex, epoch: epoch, type: Frame.closingMark,
        version: 1, flags: 0))
    try segment.write()
    try segment.trim()
    logEnd()
  }

  /// Tells the log, which is kept elsewhere, what stands for the journal up to here.
  private func logEnd() {
    Log.info(
      "journal", "segment ends",
      [
        "file": directory.segmentPath(segmentNumber), "last_index": String(lastIndex),
        "sha256": segment.hash.description,
      ])
  }

  private func checkHealth() throws(JournalError) {
    if let failure = failure ?? syncer.failure { throw failure }
  }

  /// Goes on in the next segment.
  ///
  /// It gets its name on the journal's thread, when the old one is synced, so that damage anywhere
  /// but in the last segment is never a torn write. Until then it is `next.tmp`, which a start takes
  /// over if it continues the last segment.
  private func roll() throws(JournalError) {
    try segment.write()
    let prepared = try supply.take { syncer.failure }
    let header = SegmentHeader(
      instance: instance, number: segmentNumber + 1, firstIndex: lastIndex + 1,
      previousChain: segment.chain, salt: JournalStart.makeSalt(), previousHash: segment.hash)
    try platform { () throws(PlatformError) in try prepared.write(header.encoded, at: 0) }
    logEnd()
    let old = segment.file
    segment.move(to: prepared, header: header)
    segmentNumber += 1
    writtenIndex = lastIndex
    syncer.seal(
      old, continuedBy: prepared, named: directory.segmentPath(segmentNumber), upTo: lastIndex)
  }
}
