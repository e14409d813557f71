internal import CPlatform
internal import Glibc
internal import Synchronization

/// A file written at given places and synced on request, for what must survive a power cut.
@safe
package final class DurableFile: Sendable {
  package enum Mode: Sendable {
    /// Reads an existing file.
    case read
    /// Reads and writes a file, made if it is absent.
    case write
    /// Makes a file that must not exist yet.
    case create

    fileprivate var flags: Int32 {
      switch self {
      case .read: O_RDONLY | O_CLOEXEC
      case .write: O_RDWR | O_CREAT | O_CLOEXEC
      case .create: O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
      }
    }
  }

  package let path: String
  private let descriptor: Int32
  private let mayMap: Bool
  private let mappingAddress = Atomic<UInt>(0)
  private let mappedByteCount = Atomic<Int64>(0)

  private var mapping: OpaquePointer? {
    unsafe OpaquePointer(bitPattern: mappingAddress.load(ordering: .acquiring))
  }

  /// Opens a file; one that is made can be read by its owner only.
  ///
  /// Without `mayMap` every write is a system call, whatever `map` is asked.
  package init(_ path: String, _ mode: Mode, mayMap: Bool = true) throws(PlatformError) {
    self.path = path
    self.mayMap = mayMap
    descriptor = unsafe open(path, mode.flags, 0o600)
    guard descriptor >= 0 else { throw .last("open \(path)") }
  }

  deinit {
    if let mapping = unsafe mapping { unsafe sluice_unmap_file(mapping) }
    close(descriptor)
  }

  package func size() throws(PlatformError) -> Int64 {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last("look at \(path)") }
    return Int64(status.st_size)
  }

  /// Takes the file for this process until it is closed.
  ///
  /// - Returns: False if another process, or another file object of ours, has it.
  package func lock() throws(PlatformError) -> Bool {
    let result = sluice_lock_file(descriptor)
    if result == -EWOULDBLOCK { return false }
    try PlatformError.check(result, "lock \(path)")
    return true
  }

  /// Reserves room and fills it with zeros, so that later writes change data and no metadata.
  package func preallocate(_ byteCount: Int64) throws(PlatformError) {
    try reserve(byteCount)
    try writeZeros(byteCount, at: 0)
  }

  /// Takes room on the device; the bytes read as zeros.
  package func reserve(_ byteCount: Int64) throws(PlatformError) {
    try PlatformError.check(
      sluice_preallocate(descriptor, byteCount), "reserve \(byteCount) bytes for \(path)")
  }

  package func writeZeros(_ byteCount: Int64, at start: Int64) throws(PlatformError) {
    let zeros = [UInt8](repeating: 0, count: Int(min(byteCount, 1 << 18)))
    var offset: Int64 = 0
    while offset < byteCount {
      let count = Int(min(Int64(zeros.count), byteCount - offset))
      try write(zeros, count: count, at: start + offset)
      offset += Int64(count)
    }
  }

  /// Lets writes within the first `byteCount` bytes go through memory, where the file system can:
  /// without a system call, and as safe from the end of this process as those that make one.
  ///
  /// The file must have the bytes already, written and not only reserved. To be called once.
  package func map(_ byteCount: Int64) {
    guard mayMap, unsafe mapping == nil,
      let length = try? size(), length >= byteCount,
      let new = unsafe sluice_map_file(descriptor, byteCount)
    else { return }
    mappedByteCount.store(byteCount, ordering: .releasing)
    mappingAddress.store(UInt(bitPattern: new), ordering: .releasing)
  }

  /// Makes the next `byteCount` bytes behind the last write ready to be written through memory.
  ///
  /// The first write to a page after a sync enters the kernel, for as long as a call would take.
  /// Whoever has time does that ahead; any thread may.
  package func prepareWrites(_ byteCount: Int) {
    guard let mapping = unsafe mapping else { return }
    _ = unsafe sluice_mapping_prepare(mapping, byteCount)
  }

  package func truncate(to byteCount: Int64) throws(PlatformError) {
    if let mapping = unsafe mapping {
      unsafe sluice_mapping_end(mapping)
      mappedByteCount.store(0, ordering: .releasing)
    }
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw .last("cut \(path) to \(byteCount) bytes")
    }
  }

  /// Writes all bytes at an offset.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(PlatformError) {
    if try unsafe writeToMemory(bytes, at: offset) { return }
    var done = 0
    while done < bytes.count {
      guard let base = bytes.baseAddress else { return }
      let count = unsafe pwrite(
        descriptor, base + done, bytes.count - done, off_t(offset) + off_t(done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .last("write \(path) at \(offset + Int64(done))") }
      done += count
    }
  }

  private func writeToMemory(
    _ bytes: UnsafeRawBufferPointer, at offset: Int64
  ) throws(PlatformError) -> Bool {
    guard let mapping = unsafe mapping else { return false }
    let result = unsafe sluice_mapping_write(mapping, offset, bytes.baseAddress, bytes.count)
    guard result >= 0 else {
      throw PlatformError(operation: "write \(path) at \(offset)", code: -result)
    }
    return result > 0
  }

  package func write(_ bytes: [UInt8], at offset: Int64) throws(PlatformError) {
    try write(bytes, count: bytes.count, at: offset)
  }

  /// Fills the buffer from an offset.
  ///
  /// - Returns: The number of bytes read; less than asked for only at the end of the file.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(PlatformError) -> Int {
    var done = 0
    while done < buffer.count {
      guard let base = buffer.baseAddress else { return 0 }
      let count = unsafe pread(
        descriptor, base + done, buffer.count - done, off_t(offset) + off_t(done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .last("read \(path) at \(offset + Int64(done))") }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// All bytes from the start to the end of the file.
  package func contents() throws(PlatformError) -> [UInt8] {
    let byteCount = Int(try size())
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(PlatformError) in try unsafe read(into: buffer, at: 0) }
    }
    bytes.removeLast(byteCount - (try result.get()))
    return bytes
  }

  /// Waits until the data is on the device.
  ///
  /// A failure is final: the kernel may already have marked the lost pages clean, so that a second
  /// call would succeed without having written them.
  package func synchronizeData() throws(PlatformError) {
    guard fdatasync(descriptor) == 0 else { throw .last("sync \(path)") }
    try checkLength()
  }

  /// Waits until the data and the metadata are on the device.
  package func synchronize() throws(PlatformError) {
    guard fsync(descriptor) == 0 else { throw .last("sync \(path)") }
  }

  /// What is written to memory behind the end of a file that somebody has cut is lost.
  private func checkLength() throws(PlatformError) {
    let expected = mappedByteCount.load(ordering: .acquiring)
    guard expected > 0, try size() < expected else { return }
    throw PlatformError(operation: "sync \(path)", detail: "somebody has cut the file")
  }

  private func write(
    _ bytes: [UInt8], count: Int, at offset: Int64
  ) throws(PlatformError) {
    let result = unsafe bytes.withUnsafeBytes { buffer in
      Result { () throws(PlatformError) in
        try unsafe write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
      }
    }
    try result.get()
  }
}
