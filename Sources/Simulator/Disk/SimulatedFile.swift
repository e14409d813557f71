internal import Journal
internal import Platform
internal import Simulation

/// A file of a simulated disk, which only grows.
final class SimulatedFile: JournalFile, @unchecked Sendable {
  var path: String
  private(set) var bytes: [UInt8] = []
  /// Bytes up to here survive a power cut; behind it a sync is missing.
  private(set) var syncedByteCount = 0
  private unowned let disk: SimulatedDisk

  init(_ path: String, on disk: SimulatedDisk) {
    self.path = path
    self.disk = disk
  }

  var checksum: UInt64 {
    UInt64(unsafe bytes.withUnsafeBytes { unsafe Checksum.crc32c($0) })
  }

  /// A sync that began when the file had `byteCount` bytes has ended.
  func finishSync(of byteCount: Int) throws(PlatformError) {
    if let error = disk.syncFailure() { throw error }
    syncedByteCount = max(syncedByteCount, min(byteCount, bytes.count))
  }

  func loseSectors(_ random: inout SeededRandom) {
    let size = SimulatedDisk.sectorByteCount
    let sectors = syncedByteCount / size...(bytes.count - 1) / size
    let mode = random.below(3)
    let keptCount = random.below(sectors.count + 1)
    for (position, sector) in sectors.enumerated() {
      let isKept = mode == 0 ? false : mode == 1 ? position < keptCount : random.below(2) == 0
      guard !isKept else { continue }
      let start = max(sector * size, syncedByteCount)
      for index in start..<min((sector + 1) * size, bytes.count) { bytes[index] = 0 }
    }
    // What can be read now is on the disk.
    if syncedByteCount > 0 { syncedByteCount = bytes.count }
  }

  // MARK: JournalFile

  /// A segment is made ahead, so that zeros follow what was written.
  func size() throws(PlatformError) -> Int64 {
    Int64(bytes.count + SimulatedDisk.sectorByteCount)
  }

  func lock() throws(PlatformError) -> Bool { true }
  func reserve(_ byteCount: Int64) throws(PlatformError) {}
  func writeZeros(_ byteCount: Int64, at start: Int64) throws(PlatformError) {}

  func write(_ new: UnsafeRawBufferPointer, at offset: Int64) throws(PlatformError) {
    if let error = disk.writeFailure() { throw error }
    precondition(Int(offset) == bytes.count, "a segment only grows")
    unsafe bytes.append(contentsOf: new)
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(PlatformError) -> Int {
    for index in buffer.indices {
      let place = Int(offset) + index
      unsafe buffer[index] = place < bytes.count ? bytes[place] : 0
    }
    return buffer.count
  }

  func truncate(to byteCount: Int64) throws(PlatformError) {
    bytes.removeSubrange(Int(byteCount)...)
    syncedByteCount = min(syncedByteCount, bytes.count)
  }

  func synchronizeData() throws(PlatformError) {
    if let error = disk.syncFailure() { throw error }
    syncedByteCount = bytes.count
  }

  func synchronize() throws(PlatformError) { try synchronizeData() }
}
