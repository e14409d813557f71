internal import Platform

/// One record in a segment.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 2 + 2 | length of the payload, and its complement |
/// | 4 | 4 | CRC-32C of all else in the frame, continuing the CRC of the frame before |
/// | 8 | 8 | index of the fact |
/// | 16 | 8 | index that was durable when the frame was written |
/// | 24 | 4 | epoch |
/// | 28 | 1 + 1 + 2 | type, version, flags |
/// | 32 | | payload, zeros, and an end mark in the last of a multiple of 8 bytes |
///
/// A length never straddles a sector, and the end mark is never zero. So in a segment that was
/// filled with zeros, a frame that was not written in full can be told from one that has changed.
struct Frame: Equatable {
  static let headerByteCount = 32
  static let smallestByteCount = 40
  static let endMark: UInt8 = 0xA5
  static let maximumPayloadByteCount = 16_384
  /// A reader that does not know the type must refuse the journal.
  static let criticalFlag: UInt16 = 1
  /// The type of the mark that says that all before it was synced and the journal closed.
  static let closingMark: UInt8 = 0

  var index: UInt64
  var durableIndex: UInt64
  var epoch: UInt32
  var type: UInt8
  var version: UInt8
  var flags: UInt16

  /// The bytes that a frame with such a payload takes.
  static func byteCount(payload: Int) -> Int {
    (headerByteCount + payload + 8) & ~7
  }

  /// Writes the header and the end of a frame around a payload that stands in its place already.
  ///
  /// - Returns: The frame's CRC, which the next frame continues.
  func seal(
    _ bytes: UnsafeMutableRawBufferPointer, payload: Int, continuing chain: UInt32
  ) -> UInt32 {
    precondition(payload <= Self.maximumPayloadByteCount)
    precondition(bytes.count == Self.byteCount(payload: payload))
    for offset in Self.headerByteCount + payload..<bytes.count - 1 { unsafe bytes[offset] = 0 }
    unsafe bytes[bytes.count - 1] = Self.endMark
    let length = UInt16(payload)
    unsafe bytes.storeLittleEndian(length, at: 0)
    unsafe bytes.storeLittleEndian(~length, at: 2)
    unsafe bytes.storeLittleEndian(index, at: 8)
    unsafe bytes.storeLittleEndian(durableIndex, at: 16)
    unsafe bytes.storeLittleEndian(epoch, at: 24)
    unsafe bytes.storeLittleEndian(type, at: 28)
    unsafe bytes.storeLittleEndian(version, at: 29)
    unsafe bytes.storeLittleEndian(flags, at: 30)
    let checksum = unsafe Self.checksum(UnsafeRawBufferPointer(bytes), continuing: chain)
    unsafe bytes.storeLittleEndian(checksum, at: 4)
    return checksum
  }

  /// Reads the fields of a frame whose checksum was verified, or that is only a candidate.
  init(_ bytes: UnsafeRawBufferPointer) {
    index = unsafe bytes.loadLittleEndian(at: 8)
    durableIndex = unsafe bytes.loadLittleEndian(at: 16)
    epoch = unsafe bytes.loadLittleEndian(at: 24)
    type = unsafe bytes.loadLittleEndian(at: 28)
    version = unsafe bytes.loadLittleEndian(at: 29)
    flags = unsafe bytes.loadLittleEndian(at: 30)
  }

  init(
    index: UInt64, durableIndex: UInt64, epoch: UInt32, type: UInt8, version: UInt8, flags: UInt16
  ) {
    self.index = index
    self.durableIndex = durableIndex
    self.epoch = epoch
    self.type = type
    self.version = version
    self.flags = flags
  }

  /// The payload's length if the two copies of it agree.
  static func payloadByteCount(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
    let length: UInt16 = unsafe bytes.loadLittleEndian(at: offset)
    let complement: UInt16 = unsafe bytes.loadLittleEndian(at: offset + 2)
    guard length == ~complement, Int(length) <= maximumPayloadByteCount else { return nil }
    return Int(length)
  }

  static func storedChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    unsafe bytes.loadLittleEndian(at: 4)
  }

  /// The CRC of a whole frame without the place where it is kept.
  static func checksum(_ bytes: UnsafeRawBufferPointer, continuing chain: UInt32) -> UInt32 {
    let length = unsafe Checksum.crc32c(
      UnsafeRawBufferPointer(rebasing: bytes[..<4]), continuing: chain)
    return unsafe Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[8...]), continuing: length)
  }
}
