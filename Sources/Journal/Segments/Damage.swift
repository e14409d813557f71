/// Tells a write that a power cut interrupted from bytes that have changed since.
///
/// A segment is filled with zeros before use and sectors are written whole, so what a power cut
/// leaves out reads as zeros: from some byte on, or in whole sectors. Anything else has changed, and
/// cutting it off would lose facts that were acted on.
@safe struct Damage {
  private static let sectorByteCount = 512

  let bytes: UnsafeRawBufferPointer
  let position: Int
  /// The size of the frame at the position, if its length can be read.
  let size: Int?
  let expectedIndex: UInt64
  let epoch: UInt32

  init(
    bytes: UnsafeRawBufferPointer, position: Int, size: Int?, expectedIndex: UInt64, epoch: UInt32
  ) {
    unsafe self.bytes = bytes
    self.position = position
    self.size = size
    self.expectedIndex = expectedIndex
    self.epoch = epoch
  }

  /// Why the tail must not be cut off here, or nil if it may be.
  var reasonToRefuse: String? {
    guard isTorn else { return "the frame was written in full and has changed" }
    guard let later = laterFrame else { return nil }
    if later.durableIndex >= expectedIndex {
      return "the frame at a later offset proves that index \(expectedIndex) was synced"
    }
    // Pages of one unsynced batch may reach the device in any order; nobody acted on it yet.
    return nil
  }

  static func isZero(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    unsafe isZero(UnsafeRawBufferPointer(rebasing: bytes))
  }

  static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var position = 0
    while bytes.count - position >= 8 {
      if unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) != 0 { return false }
      position += 8
    }
    return unsafe bytes[position...].allSatisfy { $0 == 0 }
  }

  private var isTorn: Bool {
    guard let size else { return isUnreadableStartTorn }
    if unsafe bytes[position + size - 1] == 0 { return true }
    let sectors = (position..<position + size).sectors(Self.sectorByteCount)
    return sectors.contains { sector in unsafe Self.isZero(bytes[sector]) }
  }

  /// A start whose length cannot be read: its sector is missing, its bytes end in the middle, or the
  /// file is shorter than the frame.
  private var isUnreadableStartTorn: Bool {
    let left = unsafe bytes.count - position
    if left < Frame.smallestByteCount { return true }
    if unsafe Frame.payloadByteCount(bytes, at: position) != nil { return true }
    if unsafe Self.isZero(bytes[position..<position + 8]) { return true }
    return unsafe Self.isZero(bytes[(position + 4)...])
  }

  /// A frame behind the damage that continues this journal.
  ///
  /// Its checksum cannot be verified, because it continues the one that is lost; so whatever looks
  /// like our next frames counts, and the doubt is on the side of refusing.
  private var laterFrame: Frame? {
    var best: Frame?
    var offset = position + 8
    while unsafe offset + Frame.smallestByteCount <= bytes.count {
      if let frame = candidate(at: offset), frame.durableIndex >= best?.durableIndex ?? 0 {
        best = frame
      }
      offset += 8
    }
    return best
  }

  private func candidate(at offset: Int) -> Frame? {
    guard let payload = unsafe Frame.payloadByteCount(bytes, at: offset) else { return nil }
    let end = offset + Frame.byteCount(payload: payload)
    guard unsafe end <= bytes.count, unsafe bytes[end - 1] == Frame.endMark else { return nil }
    let frame = unsafe Frame(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
    let isOurs = frame.epoch >= epoch && frame.durableIndex <= frame.index
    return isOurs && frame.index >= expectedIndex && frame.index - expectedIndex < 1 << 32
      ? frame : nil
  }
}

extension Range<Int> {
  /// The parts of the range in each sector that it touches.
  fileprivate func sectors(_ byteCount: Int) -> [Range<Int>] {
    (lowerBound / byteCount...(upperBound - 1) / byteCount).map { sector in
      (sector * byteCount..<(sector + 1) * byteCount).clamped(to: self)
    }
  }
}
