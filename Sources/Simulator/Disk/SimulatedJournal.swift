internal import Journal
internal import Platform
internal import RouterCore
internal import Simulation

/// The journal of one run of the router process, on a simulated disk.
///
/// Like the real one it syncs in groups: what is committed during a sync shares the next one. A
/// complete segment is synced and the next one named, and then another is made ahead.
final class SimulatedJournal: FactLog {
  private static let secondTryMilliseconds: Int64 = 1000

  let durability: Durability
  private let journal: BareJournal
  private var random: SeededRandom
  /// Draws how long a sync takes.
  private let syncLatency: (inout SeededRandom) -> Int64
  /// Told when a segment is complete and the next one has its name.
  private let onSealed: () -> Void
  private var syncEnd: Timestamp?
  /// When another try is made to make the next segment.
  private var secondTry = Timestamp.distantFuture
  var now: Timestamp

  private final class Salts {
    var random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    func next() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
  }

  /// Opens the journal as a start of the service does.
  init(
    on disk: SimulatedDisk, durability: Durability, segmentByteCount: Int, random: SeededRandom,
    syncLatency: @escaping (inout SeededRandom) -> Int64, onSealed: @escaping () -> Void
  ) throws(JournalError) {
    self.durability = durability
    self.random = random
    self.syncLatency = syncLatency
    self.onSealed = onSealed
    now = disk.now
    let salts = Salts(SeededRandom(seed: self.random.next()))
    journal = try BareJournal(
      directory: SimulatedDisk.directory, storage: disk, instance: Universe.instance,
      segmentByteCount: segmentByteCount, makeSalt: salts.next)
    prepareNext()
  }

  var epoch: UInt32 { journal.epoch }
  var lastIndex: UInt64 { journal.lastIndex }
  var writtenIndex: UInt64 { journal.writtenIndex }
  var durableIndex: UInt64 { journal.durableIndex }
  var safeIndex: UInt64 { durability == .power ? durableIndex : writtenIndex }
  /// No room is left for another segment.
  var isShortOfSpace: Bool { journal.isShortOfSpace }
  /// Whether nothing waits to be synced.
  var isSettled: Bool { syncEnd == nil }
  /// When the running sync returns, or the next segment is tried again.
  var nextEventTime: Timestamp { min(syncEnd ?? .distantFuture, secondTry) }

  func append(_ fact: Fact) throws(JournalError) -> UInt64 {
    if journal.waitsForSegment { try waitForSegment() }
    return try journal.append(fact)
  }

  func commit() throws(JournalError) {
    try journal.write()
    if syncEnd == nil { beginSync() }
  }

  /// Ends a sync that is over by now, and does what waits for a time.
  func advance(to now: Timestamp) throws(JournalError) {
    self.now = now
    if secondTry <= now { prepareNext() }
    if let end = syncEnd, end <= now { try endSync() }
  }

  /// The caller waits until the last segment is sealed and the next is made, in no time.
  private func waitForSegment() throws(JournalError) {
    while journal.isSealing {
      if syncEnd == nil { beginSync() }
      try endSync()
    }
    prepareNext()
  }

  private func beginSync() {
    let files = journal.beginSync()
    guard !files.isEmpty else { return }
    for case let file as SimulatedFile in files { file.beginSync() }
    syncEnd = Timestamp(nanoseconds: now.nanoseconds + syncLatency(&random))
  }

  private func endSync() throws(JournalError) {
    syncEnd = nil
    if try journal.endSync() {
      prepareNext()
      onSealed()
    }
    beginSync()
  }

  private func prepareNext() {
    journal.prepareNext()
    secondTry =
      journal.isShortOfSpace
      ? now.adding(milliseconds: Self.secondTryMilliseconds) : .distantFuture
  }
}
