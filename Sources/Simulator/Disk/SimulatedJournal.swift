internal import Journal
internal import Platform
internal import RouterCore
internal import Simulation

/// The journal of one run of the router process, on a simulated disk.
///
/// Like the real one it syncs in groups: what is committed during a sync shares the next one.
final class SimulatedJournal: FactLog {
  let durability: Durability
  let disk: SimulatedDisk
  private let journal: BareJournal
  private let segmentByteCount: Int
  private var random: SeededRandom
  /// Draws how long a sync takes.
  private let syncLatency: (inout SeededRandom) -> Int64
  private var sync: Sync?
  private var requested: UInt64
  var now = Timestamp.distantPast
  /// No room is left for another segment.
  var isShortOfSpace: Bool { disk.isFull }

  private struct Sync {
    var target: UInt64
    var file: SimulatedFile
    var byteCount: Int
    var end: Timestamp
  }

  init(
    after tail: JournalTail, on disk: SimulatedDisk, epoch: UInt32, durability: Durability,
    segmentByteCount: Int, random: SeededRandom,
    syncLatency: @escaping (inout SeededRandom) -> Int64
  ) throws(JournalError) {
    self.disk = disk
    self.durability = durability
    self.segmentByteCount = segmentByteCount
    self.random = random
    self.syncLatency = syncLatency
    do throws(JournalError) {
      journal = try BareJournal(
        after: tail, directory: SimulatedDisk.directory, storage: disk,
        instance: Universe.instance, epoch: epoch,
        salt: UInt32(truncatingIfNeeded: self.random.next()), segmentByteCount: segmentByteCount)
    } catch {
      throw disk.isFull ? .outOfSpace(PlatformError(operation: "make segment", code: 28)) : error
    }
    requested = journal.lastIndex
  }

  var epoch: UInt32 { journal.epoch }
  var lastIndex: UInt64 { journal.lastIndex }
  var writtenIndex: UInt64 { journal.writtenIndex }
  var durableIndex: UInt64 { journal.durableIndex }
  var safeIndex: UInt64 { durability == .power ? durableIndex : writtenIndex }
  /// When the running sync returns.
  var nextEventTime: Timestamp { sync?.end ?? .distantFuture }

  func append(_ fact: Fact) throws(JournalError) -> UInt64 {
    if journal.isFull { try roll() }
    return try journal.append(fact)
  }

  func commit() throws(JournalError) {
    try journal.write()
    requested = journal.writtenIndex
    if sync == nil { beginSync() }
  }

  private func roll() throws(JournalError) {
    if disk.isFull { throw .outOfSpace(PlatformError(operation: "make segment", code: 28)) }
    try journal.roll(salt: UInt32(truncatingIfNeeded: random.next()))
  }

  private func beginSync() {
    guard requested > journal.durableIndex, let file = disk.find(journal.path) else { return }
    sync = Sync(
      target: requested, file: file, byteCount: file.bytes.count,
      end: Timestamp(nanoseconds: now.nanoseconds + syncLatency(&random)))
  }

  /// Ends a sync that is over by now.
  func advance(to now: Timestamp) throws(JournalError) {
    self.now = now
    guard let sync, sync.end <= now else { return }
    self.sync = nil
    do throws(PlatformError) {
      try sync.file.finishSync(of: sync.byteCount)
    } catch {
      throw .storage(error)
    }
    journal.durableIndex = max(journal.durableIndex, sync.target)
    beginSync()
  }
}
