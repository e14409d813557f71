internal import Platform

/// The first 64 bytes of a segment: where it belongs, and what came before it.
struct SegmentHeader: Equatable {
  static let byteCount = 64
  static let formatVersion: UInt32 = 1
  private static let magic: [UInt8] = Array("SLUICEJ\n".utf8)
  private static let checkedCount = 60

  let instance: UInt32
  let number: UInt64
  /// The index of the first fact in this segment.
  let firstIndex: UInt64
  /// The chain at the end of the segment before: a lost tail there is seen here.
  let previousChain: UInt32
  /// Random, so that frames of a file that once had this place cannot pass for ours.
  let salt: UInt32

  /// Where the chain of this segment's frames begins: the checksum of all above.
  ///
  /// Not the CRC of the whole header: over bytes and their own CRC it is the same for any bytes.
  var chain: UInt32 {
    let bytes = encoded
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadLittleEndian(at: Self.checkedCount) }
  }

  var encoded: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe buffer.copyBytes(from: Self.magic)
      unsafe buffer.storeLittleEndian(Self.formatVersion, at: 8)
      unsafe buffer.storeLittleEndian(instance, at: 12)
      unsafe buffer.storeLittleEndian(number, at: 16)
      unsafe buffer.storeLittleEndian(firstIndex, at: 24)
      unsafe buffer.storeLittleEndian(previousChain, at: 32)
      unsafe buffer.storeLittleEndian(salt, at: 36)
      let checksum = unsafe Checksum.crc32c(
        UnsafeRawBufferPointer(rebasing: buffer[..<Self.checkedCount]))
      unsafe buffer.storeLittleEndian(checksum, at: Self.checkedCount)
    }
    return bytes
  }

  init(
    instance: UInt32, number: UInt64, firstIndex: UInt64, previousChain: UInt32, salt: UInt32
  ) {
    self.instance = instance
    self.number = number
    self.firstIndex = firstIndex
    self.previousChain = previousChain
    self.salt = salt
  }

  /// Reads the header of `file`, whose name says that it is segment `number`.
  init(
    _ bytes: UnsafeRawBufferPointer, file: String, number: UInt64
  ) throws(JournalError) {
    guard bytes.count >= Self.byteCount, unsafe bytes.prefix(8).elementsEqual(Self.magic) else {
      throw .corrupt(file: file, offset: 0, detail: "this is no journal segment")
    }
    let version: UInt32 = unsafe bytes.loadLittleEndian(at: 8)
    guard version == Self.formatVersion else {
      throw .tooNew(file: file, offset: 8, what: "journal format \(version)")
    }
    let found: UInt32 = unsafe bytes.loadLittleEndian(at: Self.checkedCount)
    let expected = unsafe Checksum.crc32c(
      UnsafeRawBufferPointer(rebasing: bytes[..<Self.checkedCount]))
    guard expected == found else {
      throw .checksum(
        file: file, offset: 0, expected: expected, found: found, detail: "the segment's header")
    }
    instance = unsafe bytes.loadLittleEndian(at: 12)
    self.number = unsafe bytes.loadLittleEndian(at: 16)
    firstIndex = unsafe bytes.loadLittleEndian(at: 24)
    previousChain = unsafe bytes.loadLittleEndian(at: 32)
    salt = unsafe bytes.loadLittleEndian(at: 36)
    guard self.number == number, firstIndex > 0 else {
      throw .corrupt(
        file: file, offset: 16, detail: "the header says segment \(self.number), not \(number)")
    }
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
