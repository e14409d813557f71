internal import Platform

/// The start of a segment: where it belongs, and what came before it.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | magic |
/// | 8 | 4 + 4 | format version, instance |
/// | 16 | 8 + 8 | number of the segment, index of its first fact |
/// | 32 | 4 + 4 | CRC chain at the end of the segment before, salt |
/// | 40 | 32 | from version 2 on: chain hash at the end of the segment before |
/// | 60 or 124 | 4 | CRC-32C of all above, in version 1 at 60 |
struct SegmentHeader: Equatable {
  static let formatVersion: UInt32 = 2
  private static let magic: [UInt8] = Array("SLUICEJ\n".utf8)
  private static let hashOffset = 40

  /// 1 has no chain hash and only 64 bytes; it is read, and no longer written.
  let version: UInt32
  let instance: UInt32
  let number: UInt64
  /// The index of the first fact in this segment.
  let firstIndex: UInt64
  /// The chain at the end of the segment before: a lost tail there is seen here.
  let previousChain: UInt32
  /// Random, so that frames of a file that once had this place cannot pass for ours.
  let salt: UInt32
  let previousHash: ChainHash

  var byteCount: Int { Self.byteCount(version) }

  static func byteCount(_ version: UInt32) -> Int { version == 1 ? 64 : 128 }

  /// Where the chain of this segment's frames begins: the checksum of all above.
  ///
  /// Not the CRC of the whole header: over bytes and their own CRC it is the same for any bytes.
  var chain: UInt32 {
    let bytes = encoded
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadLittleEndian(at: byteCount - 4) }
  }

  var encoded: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe buffer.copyBytes(from: Self.magic)
      unsafe buffer.storeLittleEndian(version, at: 8)
      unsafe buffer.storeLittleEndian(instance, at: 12)
      unsafe buffer.storeLittleEndian(number, at: 16)
      unsafe buffer.storeLittleEndian(firstIndex, at: 24)
      unsafe buffer.storeLittleEndian(previousChain, at: 32)
      unsafe buffer.storeLittleEndian(salt, at: 36)
      if version > 1 {
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[Self.hashOffset...])
          .copyBytes(from: previousHash.bytes)
      }
      let checksum = unsafe Checksum.crc32c(
        UnsafeRawBufferPointer(rebasing: buffer[..<(byteCount - 4)]))
      unsafe buffer.storeLittleEndian(checksum, at: byteCount - 4)
    }
    return bytes
  }

  init(
    instance: UInt32, number: UInt64, firstIndex: UInt64, previousChain: UInt32, salt: UInt32,
    previousHash: ChainHash
  ) {
    version = Self.formatVersion
    self.instance = instance
    self.number = number
    self.firstIndex = firstIndex
    self.previousChain = previousChain
    self.salt = salt
    self.previousHash = previousHash
  }

  /// Reads the header of `file`, whose name says that it is segment `number`.
  init(
    _ bytes: UnsafeRawBufferPointer, file: String, number: UInt64
  ) throws(JournalError) {
    version = try unsafe Self.checkedVersion(bytes, file: file)
    instance = unsafe bytes.loadLittleEndian(at: 12)
    self.number = unsafe bytes.loadLittleEndian(at: 16)
    firstIndex = unsafe bytes.loadLittleEndian(at: 24)
    previousChain = unsafe bytes.loadLittleEndian(at: 32)
    salt = unsafe bytes.loadLittleEndian(at: 36)
    let hash = unsafe bytes[Self.hashOffset..<Self.hashOffset + RunningDigest.byteCount]
    previousHash = unsafe version == 1 ? .none : ChainHash(bytes: Array(hash))
    guard self.number == number, firstIndex > 0 else {
      throw .corrupt(
        file: file, offset: 16, detail: "the header says segment \(self.number), not \(number)")
    }
  }

  /// The version of a header that is whole and unchanged.
  private static func checkedVersion(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws(JournalError) -> UInt32 {
    guard bytes.count >= byteCount(1), unsafe bytes.prefix(8).elementsEqual(magic) else {
      throw .corrupt(file: file, offset: 0, detail: "this is no journal segment")
    }
    let version: UInt32 = unsafe bytes.loadLittleEndian(at: 8)
    guard version >= 1 && version <= formatVersion else {
      throw .tooNew(file: file, offset: 8, what: "journal format \(version)")
    }
    let checkedCount = byteCount(version) - 4
    guard bytes.count >= checkedCount + 4 else {
      throw .corrupt(file: file, offset: 0, detail: "the segment's header is cut")
    }
    let found: UInt32 = unsafe bytes.loadLittleEndian(at: checkedCount)
    let expected = unsafe Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[..<checkedCount]))
    guard expected == found else {
      throw .checksum(
        file: file, offset: 0, expected: expected, found: found, detail: "the segment's header")
    }
    return version
  }
}

extension UnsafeMutableRawBufferPointer {
  func storeLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }
}

extension UnsafeRawBufferPointer {
  func loadLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> T {
    unsafe T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
