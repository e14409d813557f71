/// Appends fields, little-endian, to memory that its owner keeps large enough.
@safe struct FieldWriter {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private(set) var count = 0

  /// - Precondition: The memory is written through this writer only, while it lives.
  init(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { preconditionFailure("a writer needs memory") }
    unsafe self.base = base
    capacity = buffer.count
  }

  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    let width = MemoryLayout<T>.size
    precondition(capacity - count >= width)
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: count, as: T.self)
    count += width
  }

  mutating func bool(_ value: Bool) {
    integer(value ? 1 as UInt8 : 0)
  }

  mutating func value<T: RawRepresentable<UInt8>>(_ value: T) {
    integer(value.rawValue)
  }
}
