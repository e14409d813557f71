internal import Platform
package import RouterCore

/// The journal's writing end without threads, for simulations.
///
/// All that `JournalWriter` does, and in its order, with its code; when a sync begins and ends, and
/// when the next segment is made, is the owner's.
package final class BareJournal {
  package let epoch: UInt32
  package private(set) var lastIndex: UInt64
  /// The last fact that the kernel has.
  package private(set) var writtenIndex: UInt64
  /// The last fact that a power cut does not lose.
  package private(set) var durableIndex: UInt64
  private let directory: JournalDirectory
  private let instance: UInt32
  /// Held as long as this is.
  private let lock: any JournalFile
  private let segment: SegmentWriter
  private var segmentNumber: UInt64
  private let next: NextSegment
  private let makeSalt: () -> UInt32
  private var prepared: (any JournalFile)?
  private var shortage: PlatformError?
  /// What the next sync is to cover, and the one that runs.
  private var wanted: SyncRequest
  private var running: SyncRequest?

  /// Opens a journal for writing, behind its last fact; see `prepareNext`.
  package init(
    directory path: String, storage: any JournalStorage, instance: UInt32, segmentByteCount: Int,
    makeSalt: @escaping () -> UInt32
  ) throws(JournalError) {
    let directory = JournalDirectory(path: path, storage: storage)
    let next = NextSegment(directory: directory, byteCount: Int64(segmentByteCount))
    let start = try JournalStart(directory: directory, instance: instance, salt: makeSalt()) {
      () throws(JournalError) in
      do throws(PlatformError) {
        return try next.make()
      } catch {
        throw .outOfSpace(error)
      }
    }
    self.directory = directory
    self.instance = instance
    self.next = next
    self.makeSalt = makeSalt
    lock = start.lock
    epoch = start.epoch
    segmentNumber = start.header.number
    let last = start.header.firstIndex - 1
    (lastIndex, writtenIndex, durableIndex) = (last, last, last)
    segment = SegmentWriter(start.file, header: start.header, byteCount: segmentByteCount)
    wanted = SyncRequest(file: start.file, target: last)
  }

  // MARK: The next segment

  /// Whether the last try to make the next segment found no room.
  package var isShortOfSpace: Bool { shortage != nil }

  /// Whether the next fact needs a segment that is not there yet.
  package var waitsForSegment: Bool { segment.isFull && prepared == nil }

  /// Whether a complete segment waits to be synced, and the one behind it for its name.
  package var isSealing: Bool { wanted.sealing != nil || running?.sealing != nil }

  /// Makes the next segment, unless it is there or the last one has no name yet.
  package func prepareNext() {
    guard prepared == nil, !isSealing else { return }
    do throws(PlatformError) {
      prepared = try next.make()
      shortage = nil
    } catch {
      shortage = error
    }
  }

  // MARK: Facts

  package func append(_ fact: Fact) throws(JournalError) -> UInt64 {
    if segment.isFull { try roll() }
    let (index, durableIndex, epoch) = (lastIndex + 1, durableIndex, epoch)
    try segment.append(fact) { type in
      Frame(
        index: index, durableIndex: durableIndex, epoch: epoch, type: type.rawValue,
        version: type.version, flags: Frame.criticalFlag)
    }
    lastIndex = index
    return index
  }

  /// Hands what was added to the kernel.
  package func write() throws(JournalError) {
    try segment.write()
    writtenIndex = lastIndex
    wanted.file = segment.file
    wanted.target = lastIndex
  }

  private func roll() throws(JournalError) {
    try segment.write()
    guard let file = prepared else {
      throw shortage.map { .outOfSpace($0) } ?? .closed
    }
    let header = SegmentHeader(
      instance: instance, number: segmentNumber + 1, firstIndex: lastIndex + 1,
      previousChain: segment.chain, salt: makeSalt(), previousHash: segment.hash)
    try platform { () throws(PlatformError) in try file.write(header.encoded, at: 0) }
    let old = segment.file
    segment.move(to: file, header: header)
    segmentNumber += 1
    prepared = nil
    writtenIndex = lastIndex
    wanted = SyncRequest(
      file: file, target: lastIndex,
      sealing: SyncRequest.Sealing(
        old: old, next: file, name: directory.segmentPath(segmentNumber)))
  }

  // MARK: Syncs

  /// Begins a sync of all that was written; at most one runs.
  ///
  /// - Returns: The files that it covers; none if there is nothing to sync.
  package func beginSync() -> [any JournalFile] {
    guard running == nil, wanted.sealing != nil || wanted.target > durableIndex else { return [] }
    running = wanted
    wanted.sealing = nil
    return [running?.sealing?.old, running?.file].compactMap { $0 }
  }

  /// The running sync has come to its end.
  ///
  /// - Returns: Whether it has sealed a segment.
  package func endSync() throws(JournalError) -> Bool {
    guard let request = running else { return false }
    running = nil
    try platform { () throws(PlatformError) in try request.carryOut(in: directory) }
    durableIndex = max(durableIndex, request.target)
    return request.sealing != nil
  }
}
