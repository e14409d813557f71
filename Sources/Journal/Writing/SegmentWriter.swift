internal import Glibc
internal import Platform
internal import RouterCore

/// Collects frames and writes them to the current segment in one call.
@safe final class SegmentWriter {
  /// Room for the largest frame, and for the closing mark behind it.
  static let reservedByteCount =
    Frame.byteCount(payload: FactCodec.maximumByteCount) + Frame.smallestByteCount
  static let minimumSegmentByteCount = 4096
  private static let batchByteCount = 256 << 10

  private(set) var file: any JournalFile
  private let byteCount: Int
  private let batch: UnsafeMutableRawBufferPointer
  private var batched = 0
  private var offset: Int
  private(set) var chain: UInt32
  private let digest: SegmentDigest

  /// Starts behind the header of a segment, which was written and synced.
  init(_ file: any JournalFile, header: SegmentHeader, byteCount: Int) {
    self.file = file
    self.byteCount = byteCount
    chain = header.chain
    offset = header.byteCount
    digest = SegmentDigest(header)
    unsafe batch = .allocate(byteCount: Self.batchByteCount, alignment: 8)
  }

  deinit {
    unsafe batch.deallocate()
  }

  /// Stands for the journal up to what the kernel has.
  var hash: ChainHash { digest.hash }

  /// Whether the segment has no room for another fact.
  var isFull: Bool { offset + batched + Self.reservedByteCount > byteCount }

  /// Adds a fact to the batch, which is written out first if it has no room.
  func append(_ fact: Fact, _ makeFrame: (FactType) -> Frame) throws(JournalError) {
    if unsafe batched + Self.reservedByteCount > batch.count { try write() }
    let start = unsafe UnsafeMutableRawBufferPointer(rebasing: batch[batched...])
    var fields = unsafe FieldWriter(
      UnsafeMutableRawBufferPointer(rebasing: start[Frame.headerByteCount...]))
    fields.fact(fact)
    unsafe seal(makeFrame(FactType(fact)), start, payload: fields.count)
  }

  /// Adds the mark of an orderly end.
  func append(closingMark frame: Frame) {
    let start = unsafe UnsafeMutableRawBufferPointer(rebasing: batch[batched...])
    unsafe seal(frame, start, payload: 0)
  }

  private func seal(_ frame: Frame, _ start: UnsafeMutableRawBufferPointer, payload: Int) {
    let size = Frame.byteCount(payload: payload)
    chain = unsafe frame.seal(
      UnsafeMutableRawBufferPointer(rebasing: start[..<size]), payload: payload, continuing: chain)
    batched += size
  }

  /// Hands the batch to the kernel.
  func write() throws(JournalError) {
    guard batched > 0 else { return }
    let frames = unsafe UnsafeRawBufferPointer(rebasing: batch[..<batched])
    try platform { () throws(PlatformError) in
      try unsafe file.write(frames, at: Int64(offset))
    }
    unsafe digest.add(frames)
    offset += batched
    batched = 0
  }

  /// Goes on in a new segment; the old one must be complete and synced.
  func move(to file: any JournalFile, header: SegmentHeader) {
    precondition(batched == 0)
    self.file = file
    chain = header.chain
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
