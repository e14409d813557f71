internal import Platform

/// Walks the frames of one segment, in the order in which they were written.
@safe struct SegmentScanner {
  /// Where a segment stops.
  enum End: Equatable {
    /// Only zeros follow.
    case clean
    /// A frame, or the start of one, that was not written in full; nothing safe follows.
    case torn
  }

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  private(set) var position: Int
  private(set) var chain: UInt32
  private(set) var nextIndex: UInt64
  private(set) var epoch: UInt32
  /// Whether the last frame is a closing mark.
  private(set) var isClosed = false

  /// Starts behind the header; `epoch` is that of the last frame before this segment.
  init(_ bytes: UnsafeRawBufferPointer, header: SegmentHeader, file: String, epoch: UInt32) {
    unsafe self.init(
      bytes, from: header.byteCount, continuing: header.chain, firstIndex: header.firstIndex,
      file: file, epoch: epoch)
  }

  init(
    _ bytes: UnsafeRawBufferPointer, from position: Int, continuing chain: UInt32,
    firstIndex: UInt64, file: String, epoch: UInt32
  ) {
    unsafe self.bytes = bytes
    self.file = file
    self.epoch = epoch
    self.position = position
    self.chain = chain
    nextIndex = firstIndex
  }

  /// Hands every frame to `body` and stops where they end.
  ///
  /// - Throws: `JournalError` at a frame that was complete and has changed, and at any damage in a
  ///   segment that is not the last one.
  mutating func scan(
    isLast: Bool,
    _ body: (Frame, UnsafeRawBufferPointer, _ offset: Int) throws(JournalError) -> Void
  ) throws(JournalError) -> End {
    while let size = frameByteCount {
      let whole = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + size])
      let found = unsafe Frame.storedChecksum(whole)
      let expected = unsafe Frame.checksum(whole, continuing: chain)
      guard expected == found else {
        return try judge(isLast: isLast, size: size, checksums: (expected, found))
      }
      let frame = unsafe Frame(whole)
      try checkOrder(frame)
      let payload = unsafe whole[Frame.headerByteCount...].prefix(
        Frame.payloadByteCount(bytes, at: position) ?? 0)
      try unsafe body(frame, UnsafeRawBufferPointer(rebasing: payload), position)
      pass(frame, size: size, checksum: found)
    }
    if unsafe Damage.isZero(bytes[position...]) { return .clean }
    return try judge(isLast: isLast, size: nil, checksums: nil)
  }

  /// The size of the frame at the position, if there is a whole one.
  private var frameByteCount: Int? {
    guard unsafe bytes.count - position >= Frame.smallestByteCount,
      let payload = unsafe Frame.payloadByteCount(bytes, at: position)
    else { return nil }
    let size = Frame.byteCount(payload: payload)
    return unsafe bytes.count - position >= size ? size : nil
  }

  private mutating func pass(_ frame: Frame, size: Int, checksum: UInt32) {
    position += size
    chain = checksum
    epoch = frame.epoch
    isClosed = frame.type == Frame.closingMark
    if !isClosed { nextIndex += 1 }
  }

  private func checkOrder(_ frame: Frame) throws(JournalError) {
    let isMark = frame.type == Frame.closingMark
    guard frame.index == (isMark ? nextIndex - 1 : nextIndex), frame.epoch >= epoch else {
      throw .corrupt(
        file: file, offset: position,
        detail: "index \(frame.index) of epoch \(frame.epoch) where \(nextIndex) should follow")
    }
  }

  private func judge(
    isLast: Bool, size: Int?, checksums: (expected: UInt32, found: UInt32)?
  ) throws(JournalError) -> End {
    let damage = unsafe Damage(
      bytes: bytes, position: position, size: size, expectedIndex: nextIndex, epoch: epoch)
    let reason = isLast ? damage.reasonToRefuse : "only the last segment may end in a torn write"
    guard let reason else { return .torn }
    guard let checksums else { throw .corrupt(file: file, offset: position, detail: reason) }
    throw .checksum(
      file: file, offset: position, expected: checksums.expected, found: checksums.found,
      detail: reason)
  }
}
