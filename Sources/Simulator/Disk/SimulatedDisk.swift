internal import Journal
internal import Platform
internal import Simulation

/// A disk on which writes and syncs are two things, with the faults of both.
///
/// What was written survives a crash of the process. A power cut keeps what was synced, and of the
/// sectors written since, none, the first ones, or any.
final class SimulatedDisk: JournalStorage, @unchecked Sendable {
  static let directory = "journal"
  static let sectorByteCount = 512

  private(set) var files: [SimulatedFile] = []
  /// The number in the epoch file, which is replaced at once or not at all.
  private(set) var epoch: UInt32?
  /// There is no room for another segment; those that exist were made with their room.
  var isFull = false
  var failsNextWrite = false
  /// The next sync fails, and all after it.
  var failsNextSync = false
  private var hasFailed = false

  func store(epoch: UInt32) { self.epoch = epoch }

  func find(_ path: String) -> SimulatedFile? { files.last { $0.path == path } }

  // MARK: Faults

  /// The process has ended: the kernel writes out what it has.
  func processEnded() {
    (hasFailed, failsNextSync, failsNextWrite) = (false, false, false)
    // A file that lost even its header never got its name.
    files.removeAll { $0.syncedByteCount == 0 }
  }

  /// Takes away what no sync has reached.
  func cutPower(_ random: inout SeededRandom) {
    for file in files where file.syncedByteCount < file.bytes.count {
      file.loseSectors(&random)
    }
    processEnded()
  }

  func writeFailure() -> PlatformError? {
    defer { failsNextWrite = false }
    return failsNextWrite ? PlatformError(operation: "write", code: 5) : nil
  }

  func syncFailure() -> PlatformError? {
    if failsNextSync { hasFailed = true }
    failsNextSync = false
    return hasFailed ? PlatformError(operation: "sync", code: 5) : nil
  }

  // MARK: JournalStorage

  func exists(_ path: String) -> Bool { path == Self.directory || find(path) != nil }

  func listDirectory(_ path: String) throws(PlatformError) -> [String] {
    files.map { String($0.path.dropFirst(path.utf8.count + 1)) }.sorted()
  }

  func createDirectories(_ path: String) throws(PlatformError) {}

  func open(_ path: String, _ mode: DurableFile.Mode) throws(PlatformError) -> any JournalFile {
    if let file = find(path) { return file }
    guard case .create = mode else { throw PlatformError(operation: "open \(path)", code: 2) }
    if isFull { throw PlatformError(operation: "open \(path)", code: 28) }
    let file = SimulatedFile(path, on: self)
    files.append(file)
    return file
  }

  func rename(_ path: String, to newPath: String) throws(PlatformError) {
    find(path)?.path = newPath
  }

  func remove(_ path: String) throws(PlatformError) { files.removeAll { $0.path == path } }

  func synchronizeDirectory(_ path: String) throws(PlatformError) {}

  func ageSeconds(of path: String) throws(PlatformError) -> Int64 { 0 }
}
