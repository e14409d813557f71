internal import Platform
internal import RouterCore

/// Collects frames and writes them to the current segment in one call.
final class SegmentWriter {
  static let minimumSegmentByteCount = 4096
  /// So much behind the last fact is kept ready to be written through memory.
  static let preparedByteCount = 16 << 10

  private(set) var file: any JournalFile
  private let byteCount: Int
  private let batch: FrameBatch
  private var offset: Int
  private let digest: SegmentDigest

  /// Starts behind the header of a segment, which was written and synced.
  init(_ file: any JournalFile, header: SegmentHeader, byteCount: Int) {
    self.file = file
    self.byteCount = byteCount
    offset = header.byteCount
    digest = SegmentDigest(header)
    batch = FrameBatch(continuing: header.chain)
    file.map(Int64(byteCount))
    file.prepareWrites(Self.preparedByteCount)
  }

  /// The CRC that the next segment continues.
  var chain: UInt32 { batch.chain }

  /// Stands for the journal up to what the kernel has.
  var hash: ChainHash {
    digestWritten()
    return digest.hash
  }

  /// Whether the segment has no room for another fact.
  var isFull: Bool { offset + batch.newByteCount + FrameBatch.reservedByteCount > byteCount }

  /// Adds a fact to the batch, which is written out first if it has no room.
  func append(_ fact: Fact, _ makeFrame: (FactType) -> Frame) throws(JournalError) {
    if !batch.hasRoom {
      try write()
      digestWritten()
    }
    batch.append(fact, makeFrame)
  }

  /// Adds the mark of an orderly end.
  func append(closingMark frame: Frame) {
    batch.append(mark: frame)
  }

  /// Hands the batch to the kernel.
  func write() throws(JournalError) {
    guard batch.newByteCount > 0 else { return }
    try platform { () throws(PlatformError) in
      try unsafe file.write(batch.newBytes, at: Int64(offset))
    }
    offset += batch.newByteCount
    batch.noteWritten()
  }

  /// Takes what was written into the chain of hashes, when nothing urgent is left to do.
  func digestWritten() {
    unsafe digest.add(batch.writtenBytes)
    batch.removeWritten()
  }

  /// Goes on in a new segment; the old one must be complete.
  func move(to file: any JournalFile, header: SegmentHeader) {
    precondition(batch.newByteCount == 0)
    digestWritten()
    self.file = file
    batch.chain = header.chain
    digest.begin(header)
    offset = header.byteCount
  }

  /// Gives back the room that was reserved and not needed.
  func trim() throws(JournalError) {
    try platform { () throws(PlatformError) in
      try file.truncate(to: Int64(offset))
      try file.synchronize()
    }
  }
}
