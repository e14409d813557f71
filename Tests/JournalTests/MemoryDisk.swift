import Foundation
import Journal
import Platform
import RouterCore
import Synchronization

/// A disk in memory that knows what was synced, fails on request, and can lose its power.
final class MemoryDisk: JournalStorage {
  enum Operation: Equatable {
    case create, write, sync, syncDirectory, rename, remove, truncate, reserve
  }

  /// Asked before each operation on a path; an error stops it.
  typealias Rule = @Sendable (Operation, _ path: String, _ byteCount: Int) -> PlatformError?

  fileprivate struct Inode {
    var bytes: [UInt8] = []
    var synced: [UInt8] = []
    var ageSeconds: Int64 = 0
    var isLocked = false
  }

  fileprivate enum NameChange {
    case set(String, Int)
    case rename(String, String)
    case remove(String)
  }

  struct State {
    fileprivate var inodes: [Int: Inode] = [:]
    fileprivate var names: [String: Int] = [:]
    fileprivate var syncedNames: [String: Int] = [:]
    fileprivate var unsynced: [NameChange] = []
    fileprivate var nextInode = 1
  }

  private let state: Mutex<State>
  private let rule = Mutex<Rule?>(nil)
  /// Told before each sync, and may then take the disk as it is.
  private let onSync = Mutex<(@Sendable (() -> State) -> Void)?>(nil)

  init(_ state: State = State()) {
    self.state = Mutex(state)
  }

  func setRule(_ rule: Rule?) { self.rule.withLock { $0 = rule } }
  func setOnSync(_ body: (@Sendable (() -> State) -> Void)?) { onSync.withLock { $0 = body } }
  var current: State { state.withLock { $0 } }

  // What a crash leaves.

  /// The process died; the kernel has all that was written.
  static func afterCrash(_ state: State) -> MemoryDisk {
    var after = state
    for inode in after.inodes.keys { after.inodes[inode]?.isLocked = false }
    return MemoryDisk(after)
  }

  /// The power went: what was synced is there, of the rest some sectors and some names.
  static func afterPowerCut(_ state: State, seed: UInt64) -> MemoryDisk {
    var random = SeededRandom(seed: seed)
    var after = State()
    after.nextInode = state.nextInode
    after.names = state.syncedNames
    let kept = Int(random.next(below: UInt64(state.unsynced.count + 1)))
    for change in state.unsynced.prefix(kept) { apply(change, to: &after.names) }
    after.syncedNames = after.names
    let share = [0, 50, 100][Int(random.next(below: 3))]
    for (number, inode) in state.inodes.sorted(by: { $0.key < $1.key }) {
      let bytes = damaged(inode, share, &random)
      after.inodes[number] = Inode(bytes: bytes, synced: bytes, ageSeconds: inode.ageSeconds)
    }
    return MemoryDisk(after)
  }

  private static func damaged(
    _ inode: Inode, _ share: Int, _ random: inout SeededRandom
  ) -> [UInt8] {
    var bytes = inode.synced
    let isResized = inode.bytes.count != bytes.count && random.next(below: 2) == 0
    if isResized {
      bytes = Array(bytes.prefix(inode.bytes.count))
      bytes += [UInt8](repeating: 0, count: inode.bytes.count - bytes.count)
    }
    for start in stride(from: 0, to: min(bytes.count, inode.bytes.count), by: 512) {
      guard random.next(below: 100) < share else { continue }
      let sector = start..<min(start + 512, bytes.count, inode.bytes.count)
      bytes.replaceSubrange(sector, with: inode.bytes[sector])
    }
    return bytes
  }

  private static func apply(_ change: NameChange, to names: inout [String: Int]) {
    switch change {
    case .set(let name, let inode): names[name] = inode
    case .rename(let old, let new): names[new] = names.removeValue(forKey: old)
    case .remove(let name): names[name] = nil
    }
  }

  // Tampering and looking.

  var names: [String] { state.withLock { $0.names.keys.sorted() } }

  func bytes(_ path: String) -> [UInt8] {
    state.withLock { state in state.names[path].flatMap { state.inodes[$0]?.bytes } ?? [] }
  }

  func replace(_ path: String, _ bytes: [UInt8]) {
    state.withLock { state in
      guard let inode = state.names[path] else { return }
      state.inodes[inode] = Inode(bytes: bytes, synced: bytes)
    }
  }

  func age(_ path: String, seconds: Int64) {
    state.withLock { state in
      if let inode = state.names[path] { state.inodes[inode]?.ageSeconds = seconds }
    }
  }

  // Storage.

  fileprivate func check(
    _ operation: Operation, _ path: String, _ byteCount: Int = 0
  ) throws(PlatformError) {
    if operation == .sync || operation == .syncDirectory {
      if let body = onSync.withLock({ $0 }) { body { current } }
    }
    if let error = rule.withLock({ $0 })?(operation, path, byteCount) { throw error }
  }

  func exists(_ path: String) -> Bool {
    state.withLock { state in
      state.names.keys.contains { $0 == path || $0.hasPrefix(path + "/") }
    }
  }

  func listDirectory(_ path: String) throws(PlatformError) -> [String] {
    names.filter { $0.hasPrefix(path + "/") }.map { String($0.dropFirst(path.count + 1)) }
  }

  func createDirectories(_ path: String) throws(PlatformError) {}

  func open(
    _ path: String, _ mode: DurableFile.Mode
  ) throws(PlatformError) -> any JournalFile {
    let known = state.withLock { $0.names[path] }
    if case .read = mode, known == nil {
      throw PlatformError(operation: "open \(path)", detail: "No such file or directory")
    }
    if let known { return MemoryFile(self, path, known) }
    try check(.create, path)
    let inode = state.withLock { state in
      let inode = state.nextInode
      state.nextInode += 1
      state.inodes[inode] = Inode()
      state.names[path] = inode
      state.unsynced.append(.set(path, inode))
      return inode
    }
    return MemoryFile(self, path, inode)
  }

  func rename(_ path: String, to newPath: String) throws(PlatformError) {
    try check(.rename, path)
    state.withLock { state in
      let change = NameChange.rename(path, newPath)
      Self.apply(change, to: &state.names)
      state.unsynced.append(change)
    }
  }

  func remove(_ path: String) throws(PlatformError) {
    try check(.remove, path)
    state.withLock { state in
      let change = NameChange.remove(path)
      Self.apply(change, to: &state.names)
      state.unsynced.append(change)
    }
  }

  func synchronizeDirectory(_ path: String) throws(PlatformError) {
    try check(.syncDirectory, path)
    state.withLock { state in
      state.syncedNames = state.names
      state.unsynced = []
    }
  }

  func ageSeconds(of path: String) throws(PlatformError) -> Int64 {
    state.withLock { state in state.names[path].flatMap { state.inodes[$0]?.ageSeconds } ?? 0 }
  }

  fileprivate func with<R: Sendable>(
    _ inode: Int, _ body: (inout Inode) -> R
  ) -> R? {
    state.withLock { state in
      guard var found = state.inodes[inode] else { return nil }
      let result = body(&found)
      state.inodes[inode] = found
      return result
    }
  }
}

private final class MemoryFile: JournalFile {
  let path: String
  private let disk: MemoryDisk
  private let inode: Int
  private let hasLock = Mutex(false)

  init(_ disk: MemoryDisk, _ path: String, _ inode: Int) {
    (self.disk, self.path, self.inode) = (disk, path, inode)
  }

  deinit {
    if hasLock.withLock({ $0 }) { _ = disk.with(inode) { $0.isLocked = false } }
  }

  func size() throws(PlatformError) -> Int64 { disk.with(inode) { Int64($0.bytes.count) } ?? 0 }

  func lock() throws(PlatformError) -> Bool {
    let isOurs = disk.with(inode) { inode in
      defer { inode.isLocked = true }
      return !inode.isLocked
    }
    hasLock.withLock { $0 = isOurs == true }
    return isOurs == true
  }

  func reserve(_ byteCount: Int64) throws(PlatformError) {
    try disk.check(.reserve, path, Int(byteCount))
    resize(to: Int(byteCount))
  }

  func writeZeros(_ byteCount: Int64, at start: Int64) throws(PlatformError) {
    try put([UInt8](repeating: 0, count: Int(byteCount)), at: Int(start))
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(PlatformError) {
    try put(Array(bytes), at: Int(offset))
  }

  private func put(_ bytes: [UInt8], at offset: Int) throws(PlatformError) {
    try disk.check(.write, path, bytes.count)
    _ = disk.with(inode) { inode in
      let missing = offset + bytes.count - inode.bytes.count
      if missing > 0 { inode.bytes += [UInt8](repeating: 0, count: missing) }
      inode.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(PlatformError) -> Int {
    let bytes = disk.with(inode) { $0.bytes } ?? []
    let part = bytes.dropFirst(Int(offset)).prefix(buffer.count)
    buffer.copyBytes(from: part)
    return part.count
  }

  func truncate(to byteCount: Int64) throws(PlatformError) {
    try disk.check(.truncate, path)
    resize(to: Int(byteCount))
  }

  private func resize(to byteCount: Int) {
    _ = disk.with(inode) { inode in
      let missing = byteCount - inode.bytes.count
      if missing > 0 { inode.bytes += [UInt8](repeating: 0, count: missing) }
      inode.bytes.removeLast(max(0, -missing))
    }
  }

  func synchronizeData() throws(PlatformError) {
    try disk.check(.sync, path)
    _ = disk.with(inode) { $0.synced = $0.bytes }
  }

  func synchronize() throws(PlatformError) { try synchronizeData() }
}

/// SplitMix64.
struct SeededRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  mutating func next(below limit: UInt64) -> UInt64 { next() % limit }
  mutating func chance(_ percent: UInt64) -> Bool { next(below: 100) < percent }
}
