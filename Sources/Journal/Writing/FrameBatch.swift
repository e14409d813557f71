internal import Platform
internal import RouterCore

/// Frames in memory, each continuing the one before: the new ones are written in one call, and those
/// that are written wait until there is time to digest them.
@safe final class FrameBatch {
  /// Room for the largest frame, and for the closing mark behind it.
  static let reservedByteCount =
    Frame.byteCount(payload: FactCodec.maximumByteCount) + Frame.smallestByteCount
  private static let capacity = 256 << 10

  private let memory: UnsafeMutableRawBufferPointer
  private var count = 0
  private var writtenCount = 0
  /// The CRC of the last frame, which the next one continues.
  var chain: UInt32

  init(continuing chain: UInt32) {
    self.chain = chain
    unsafe memory = .allocate(byteCount: Self.capacity, alignment: 8)
  }

  deinit {
    unsafe memory.deallocate()
  }

  var hasRoom: Bool { count + Self.reservedByteCount <= Self.capacity }
  var newByteCount: Int { count - writtenCount }

  var newBytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[writtenCount..<count])
  }

  var writtenBytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[..<writtenCount])
  }

  func noteWritten() { writtenCount = count }

  func removeWritten() {
    guard writtenCount > 0 else { return }
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<newByteCount]).copyMemory(
      from: newBytes)
    count = newByteCount
    writtenCount = 0
  }

  /// - Precondition: There is room.
  func append(_ fact: Fact, _ makeFrame: (FactType) -> Frame) {
    let start = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...])
    var fields = unsafe FieldWriter(
      UnsafeMutableRawBufferPointer(rebasing: start[Frame.headerByteCount...]))
    fields.fact(fact)
    unsafe seal(makeFrame(FactType(fact)), start, payload: fields.count)
  }

  func append(mark frame: Frame) {
    unsafe seal(frame, UnsafeMutableRawBufferPointer(rebasing: memory[count...]), payload: 0)
  }

  private func seal(_ frame: Frame, _ start: UnsafeMutableRawBufferPointer, payload: Int) {
    let size = Frame.byteCount(payload: payload)
    chain = unsafe frame.seal(
      UnsafeMutableRawBufferPointer(rebasing: start[..<size]), payload: payload, continuing: chain)
    count += size
  }
}
