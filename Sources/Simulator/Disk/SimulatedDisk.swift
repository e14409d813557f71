internal import Journal
internal import Platform
internal import RouterCore
internal import Simulation

/// A disk on which writes and syncs are two things, for bytes and for names, with the faults of both.
///
/// What was written survives a crash of the process. A power cut keeps what was synced, and of the
/// sectors written and the names changed since, none, the first ones, or any. Every change passes
/// `onStep`, at which the process may die.
final class SimulatedDisk: JournalStorage, @unchecked Sendable {
  static let directory = "journal"
  static let sectorByteCount = 512

  private struct Name {
    var path: String
    var file: SimulatedFile
  }

  private enum Change {
    case add(Name)
    case rename(Name, from: String)
    case remove(String)
  }

  private var names: [Name] = []
  /// Names that survive a power cut, and what was changed since.
  private var syncedNames: [Name] = []
  private var changes: [Change] = []
  /// Snapshots that a fault has damaged.
  private(set) var damaged: [SimulatedFile] = []
  var now = Timestamp.distantPast
  /// Bytes that are left; `nil` for plenty.
  var room: Int?
  var failsNextWrite = false
  /// The next sync fails, and all after it.
  var failsNextSync = false
  private var hasFailed = false
  /// Whether the process lives on after the next change; asked before it.
  var onStep: () -> Bool = { true }
  /// The process has died: whatever it still tries changes nothing.
  private var isProcessDead = false

  var files: [SimulatedFile] { names.map(\.file) }

  private func find(_ path: String) -> SimulatedFile? { names.first { $0.path == path }?.file }

  // MARK: Faults

  func processBegins() {
    (hasFailed, failsNextSync, failsNextWrite, isProcessDead) = (false, false, false, false)
    for name in names { name.file.forgetSync() }
  }

  func processEnded() { isProcessDead = true }

  /// Takes away what no sync has reached.
  func cutPower(_ random: inout SeededRandom) {
    let mode = random.below(3)
    let keptCount = random.below(changes.count + 1)
    for (position, change) in changes.enumerated() {
      let isKept = mode == 0 ? false : mode == 1 ? position < keptCount : random.below(2) == 0
      if isKept { Self.apply(change, to: &syncedNames) }
    }
    changes = []
    names = syncedNames
    for name in names {
      name.file.path = name.path
      name.file.losePower(&random)
    }
    processEnded()
  }

  /// Damages the newest snapshot if a start can do without it.
  func damageSnapshot(_ random: inout SeededRandom) {
    let snapshots = self.snapshots
    guard let newest = snapshots.last else { return }
    let others = snapshots.dropLast().filter { other in !damaged.contains { $0 === other } }
    let hasAll = names.contains { $0.path.hasSuffix("segment-0000000001.journal") }
    guard !others.isEmpty || hasAll else { return }
    newest.damage(&random)
    damaged.append(newest)
  }

  /// The snapshots, the oldest first.
  var snapshots: [SimulatedFile] { files(named: "snapshot-") }

  func files(named prefix: String) -> [SimulatedFile] {
    names.filter { $0.path.hasPrefix("\(Self.directory)/\(prefix)") && !$0.path.hasSuffix(".tmp") }
      .sorted { $0.path < $1.path }.map(\.file)
  }

  private static func apply(_ change: Change, to names: inout [Name]) {
    switch change {
    case .add(let name):
      names.removeAll { $0.path == name.path }
      names.append(name)
    case .rename(let name, let old):
      names.removeAll { $0.path == name.path || ($0.path == old && $0.file === name.file) }
      names.append(name)
    case .remove(let path): names.removeAll { $0.path == path }
    }
  }

  private func change(_ change: Change) {
    Self.apply(change, to: &names)
    changes.append(change)
  }

  // MARK: Steps

  /// Lets a change happen, unless the process dies right before it.
  func pass(_ operation: String) throws(PlatformError) {
    if isProcessDead || !onStep() {
      throw PlatformError(operation: operation, detail: "the process has died")
    }
  }

  func passWrite() throws(PlatformError) {
    try pass("write")
    defer { failsNextWrite = false }
    if failsNextWrite { throw PlatformError(operation: "write", code: 5) }
  }

  func passSync() throws(PlatformError) {
    try pass("sync")
    if failsNextSync { hasFailed = true }
    failsNextSync = false
    if hasFailed { throw PlatformError(operation: "sync", code: 5) }
  }

  func takeRoom(_ byteCount: Int) throws(PlatformError) {
    guard let left = room else { return }
    guard byteCount <= left else { throw PlatformError(operation: "write", code: 28) }
    room = left - byteCount
  }

  // MARK: JournalStorage

  func exists(_ path: String) -> Bool { path == Self.directory || find(path) != nil }

  func listDirectory(_ path: String) throws(PlatformError) -> [String] {
    names.map { String(Substring($0.path.utf8.dropFirst(path.utf8.count + 1))) }.sorted()
  }

  func createDirectories(_ path: String) throws(PlatformError) {}

  func open(_ path: String, _ mode: DurableFile.Mode) throws(PlatformError) -> any JournalFile {
    if let file = find(path) {
      guard case .create = mode else { return file }
      throw PlatformError(operation: "open \(path)", code: 17)
    }
    if case .read = mode { throw PlatformError(operation: "open \(path)", code: 2) }
    try pass("create")
    if room == 0 { throw PlatformError(operation: "open \(path)", code: 28) }
    let file = SimulatedFile(path, on: self)
    change(.add(Name(path: path, file: file)))
    return file
  }

  func rename(_ path: String, to newPath: String) throws(PlatformError) {
    try pass("rename")
    guard let file = find(path) else { throw PlatformError(operation: "rename", code: 2) }
    change(.rename(Name(path: newPath, file: file), from: path))
    file.path = newPath
  }

  func remove(_ path: String) throws(PlatformError) {
    try pass("remove")
    guard let file = find(path) else { throw PlatformError(operation: "remove", code: 2) }
    if let left = room { room = left + file.byteCount }
    change(.remove(path))
  }

  func synchronizeDirectory(_ path: String) throws(PlatformError) {
    try passSync()
    syncedNames = names
    changes = []
  }

  func ageSeconds(of path: String) throws(PlatformError) -> Int64 {
    guard let file = find(path) else { throw PlatformError(operation: "look", code: 2) }
    return now.since(file.writtenAt) / 1_000_000_000
  }
}
