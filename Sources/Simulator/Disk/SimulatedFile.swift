internal import Journal
internal import Platform
internal import RouterCore
internal import Simulation

/// A file of a simulated disk: what the kernel has of it, and what the device has.
final class SimulatedFile: JournalFile, @unchecked Sendable {
  var path: String
  /// What was written; up to `byteCount` zeros follow.
  private(set) var bytes: [UInt8] = []
  private(set) var byteCount = 0
  private(set) var writtenAt: Timestamp
  // What survives a power cut: the first bytes, or others if more than the end has changed since.
  private var syncedCount = 0
  private var syncedByteCount = 0
  private var syncedBytes: [UInt8]?
  /// Where the file ended when the sync that runs began.
  private var syncLimit: Int?
  private unowned let disk: SimulatedDisk

  init(_ path: String, on disk: SimulatedDisk) {
    self.path = path
    self.disk = disk
    writtenAt = disk.now
  }

  var checksum: UInt64 {
    UInt64(unsafe bytes.withUnsafeBytes { unsafe Checksum.crc32c($0) })
  }

  /// A sync begins that will end later; what is written meanwhile is not its business.
  func beginSync() { syncLimit = bytes.count }

  /// Whoever waited for the end of a sync has died.
  func forgetSync() { syncLimit = nil }

  // MARK: Faults

  /// Of what no sync has reached, the device has no sector, the first ones, or any.
  func losePower(_ random: inout SeededRandom) {
    syncLimit = nil
    guard syncedBytes != nil || syncedCount < bytes.count || syncedByteCount != byteCount else {
      return
    }
    let old = syncedBytes ?? Array(bytes.prefix(syncedCount))
    if byteCount != syncedByteCount, random.below(2) == 0 { byteCount = syncedByteCount }
    let unsure = syncedBytes == nil ? syncedCount : 0
    bytes = Self.mixed(old, bytes, from: unsure, &random)
    bytes.removeLast(max(bytes.count - byteCount, 0))
    markSynced()
  }

  /// Sectors from a place on are old or new; one that the old file did not have is zeros then.
  private static func mixed(
    _ old: [UInt8], _ new: [UInt8], from start: Int, _ random: inout SeededRandom
  ) -> [UInt8] {
    let size = SimulatedDisk.sectorByteCount
    let count = max(old.count, new.count)
    var mixed = new + [UInt8](repeating: 0, count: count - new.count)
    guard start < count else { return mixed }
    let sectors = start / size...(count - 1) / size
    let mode = random.below(3)
    let keptCount = random.below(sectors.count + 1)
    for (position, sector) in sectors.enumerated() {
      let isNew = mode == 0 ? false : mode == 1 ? position < keptCount : random.below(2) == 0
      guard !isNew else { continue }
      for index in max(sector * size, start)..<min((sector + 1) * size, count) {
        mixed[index] = index < old.count ? old[index] : 0
      }
    }
    return mixed
  }

  /// Changes what the device has: a byte, a sector, or all from some byte on.
  ///
  /// A version is left alone: what a newer build wrote must not be passed over.
  func damage(_ random: inout SeededRandom) {
    guard bytes.count > 16 else { return }
    let place = 12 + random.below(bytes.count - 12)
    switch random.below(3) {
    case 0: bytes[place] ^= UInt8(1 + random.below(255))
    case 1:
      let start = place / SimulatedDisk.sectorByteCount * SimulatedDisk.sectorByteCount
      let end = min(start + SimulatedDisk.sectorByteCount, bytes.count)
      for index in start..<end { bytes[index] = 0 }
    default:
      bytes.removeLast(bytes.count - place)
      byteCount = place
    }
    markSynced()
  }

  private func markSynced() {
    (syncedCount, syncedByteCount, syncedBytes) = (bytes.count, byteCount, nil)
  }

  // MARK: JournalFile

  func size() throws(PlatformError) -> Int64 { Int64(byteCount) }

  func lock() throws(PlatformError) -> Bool { true }

  func reserve(_ count: Int64) throws(PlatformError) {
    try disk.pass("reserve")
    try grow(to: Int(count))
  }

  func writeZeros(_ count: Int64, at start: Int64) throws(PlatformError) {
    precondition(Int(start) >= bytes.count, "zeros come first")
    try disk.pass("write")
    try grow(to: Int(start + count))
  }

  private func grow(to count: Int) throws(PlatformError) {
    guard count > byteCount else { return }
    try disk.takeRoom(count - byteCount)
    byteCount = count
  }

  func write(_ new: UnsafeRawBufferPointer, at offset: Int64) throws(PlatformError) {
    try disk.passWrite()
    let start = Int(offset)
    try grow(to: start + new.count)
    writtenAt = disk.now
    if start > bytes.count { bytes += [UInt8](repeating: 0, count: start - bytes.count) }
    guard start < bytes.count else { return unsafe bytes.append(contentsOf: new) }
    keepSynced(upTo: start)
    let end = min(start + new.count, bytes.count)
    unsafe bytes.replaceSubrange(start..<end, with: new)
  }

  /// Keeps what the device has apart before it is overwritten in memory.
  private func keepSynced(upTo start: Int) {
    if syncedBytes == nil, start < syncedCount { syncedBytes = Array(bytes.prefix(syncedCount)) }
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(PlatformError) -> Int {
    let start = Int(offset)
    let count = max(min(buffer.count, byteCount - start), 0)
    let written = max(min(count, bytes.count - start), 0)
    if written > 0 {
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<written])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + written]))
      }
    }
    if written < count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[written..<count])
      unsafe rest.initializeMemory(as: UInt8.self, repeating: 0)
    }
    return count
  }

  func truncate(to count: Int64) throws(PlatformError) {
    try disk.pass("truncate")
    keepSynced(upTo: Int(count))
    bytes.removeLast(max(bytes.count - Int(count), 0))
    syncedCount = min(syncedCount, bytes.count)
    byteCount = Int(count)
  }

  func synchronizeData() throws(PlatformError) {
    try disk.passSync()
    let limit = syncLimit ?? bytes.count
    syncLimit = nil
    syncedBytes = nil
    syncedCount = max(syncedCount, min(limit, bytes.count))
    syncedByteCount = byteCount
  }

  func synchronize() throws(PlatformError) { try synchronizeData() }
}
