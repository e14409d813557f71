internal import Platform

/// The start of a snapshot: which part of the journal it stands for.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | magic |
/// | 8 | 4 + 4 | format version, instance |
/// | 16 | 8 + 8 | number of the last segment that it covers, index of the last fact there |
/// | 32 | 4 + 4 | CRC chain at the end of that segment, epoch of its last fact |
/// | 40 | 32 | chain hash at the end of that segment |
/// | 72 | 8 | index of the first fact of the oldest parent that is open; 0 if there is none |
/// | 80 | 8 + 8 | number of facts, number of bytes of their frames |
/// | 96 | 32 | SHA-256 of the 96 bytes above and of all frames |
/// | 156 | 4 | CRC-32C of all above |
struct SnapshotHeader: Equatable {
  static let formatVersion: UInt32 = 1
  static let byteCount = 160
  private static let magic: [UInt8] = Array("SLUICES\n".utf8)
  private static let digestOffset = 96
  private static let checksumOffset = 156

  let instance: UInt32
  let segmentNumber: UInt64
  let lastIndex: UInt64
  let chain: UInt32
  let epoch: UInt32
  let hash: ChainHash
  let oldestOpenIndex: UInt64
  let factCount: UInt64
  let framesByteCount: UInt64

  /// Where the journal stood; what the segment after it must continue.
  var tail: JournalTail {
    var tail = JournalTail()
    tail.instance = instance
    tail.segmentNumber = segmentNumber
    tail.lastIndex = lastIndex
    tail.lastEpoch = epoch
    tail.chain = chain
    tail.hash = hash
    return tail
  }

  init(
    covering tail: JournalTail, oldestOpenIndex: UInt64, factCount: UInt64, framesByteCount: UInt64
  ) {
    instance = tail.instance ?? 0
    segmentNumber = tail.segmentNumber
    lastIndex = tail.lastIndex
    chain = tail.chain
    epoch = tail.lastEpoch
    hash = tail.hash
    self.oldestOpenIndex = oldestOpenIndex
    self.factCount = factCount
    self.framesByteCount = framesByteCount
  }

  /// The fields that the SHA-256 covers.
  private var fields: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.digestOffset)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe buffer.copyBytes(from: Self.magic)
      unsafe buffer.storeLittleEndian(Self.formatVersion, at: 8)
      unsafe buffer.storeLittleEndian(instance, at: 12)
      unsafe buffer.storeLittleEndian(segmentNumber, at: 16)
      unsafe buffer.storeLittleEndian(lastIndex, at: 24)
      unsafe buffer.storeLittleEndian(chain, at: 32)
      unsafe buffer.storeLittleEndian(epoch, at: 36)
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[40...]).copyBytes(from: hash.bytes)
      unsafe buffer.storeLittleEndian(oldestOpenIndex, at: 72)
      unsafe buffer.storeLittleEndian(factCount, at: 80)
      unsafe buffer.storeLittleEndian(framesByteCount, at: 88)
    }
    return bytes
  }

  /// The SHA-256 that stands for the header and the frames.
  ///
  /// The frames come first, so that they can be written before their number is known.
  func digest(overFrames frames: ChainHash) -> ChainHash {
    ChainHash(bytes: Digest.sha256(fields + frames.bytes))
  }

  func encoded(framesDigest: ChainHash) -> [UInt8] {
    var bytes = fields + digest(overFrames: framesDigest).bytes
    bytes += [UInt8](repeating: 0, count: Self.byteCount - bytes.count)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      let checksum = unsafe Checksum.crc32c(
        UnsafeRawBufferPointer(rebasing: buffer[..<Self.checksumOffset]))
      unsafe buffer.storeLittleEndian(checksum, at: Self.checksumOffset)
    }
    return bytes
  }

  /// Reads the header of `file`, whose name says that it covers segment `number`, and the digest in
  /// it.
  static func read(
    _ bytes: UnsafeRawBufferPointer, file: String, number: UInt64
  ) throws(JournalError) -> (header: SnapshotHeader, digest: ChainHash) {
    guard bytes.count >= byteCount, unsafe bytes.prefix(8).elementsEqual(magic) else {
      throw .corrupt(file: file, offset: 0, detail: "this is no snapshot of a journal")
    }
    let version: UInt32 = unsafe bytes.loadLittleEndian(at: 8)
    guard version == formatVersion else {
      throw .tooNew(file: file, offset: 8, what: "snapshot format \(version)")
    }
    let found: UInt32 = unsafe bytes.loadLittleEndian(at: checksumOffset)
    let expected = unsafe Checksum.crc32c(
      UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
    guard expected == found else {
      throw .checksum(
        file: file, offset: 0, expected: expected, found: found, detail: "the snapshot's header")
    }
    let header = unsafe SnapshotHeader(bytes)
    guard header.segmentNumber == number else {
      throw .corrupt(
        file: file, offset: 16,
        detail: "the header says segment \(header.segmentNumber), not \(number)")
    }
    let digest = unsafe Array(bytes[digestOffset..<digestOffset + RunningDigest.byteCount])
    return (header, ChainHash(bytes: digest))
  }

  private init(_ bytes: UnsafeRawBufferPointer) {
    instance = unsafe bytes.loadLittleEndian(at: 12)
    segmentNumber = unsafe bytes.loadLittleEndian(at: 16)
    lastIndex = unsafe bytes.loadLittleEndian(at: 24)
    chain = unsafe bytes.loadLittleEndian(at: 32)
    epoch = unsafe bytes.loadLittleEndian(at: 36)
    hash = unsafe ChainHash(bytes: Array(bytes[40..<40 + RunningDigest.byteCount]))
    oldestOpenIndex = unsafe bytes.loadLittleEndian(at: 72)
    factCount = unsafe bytes.loadLittleEndian(at: 80)
    framesByteCount = unsafe bytes.loadLittleEndian(at: 88)
  }
}
