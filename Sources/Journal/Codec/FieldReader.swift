/// Why the payload of a frame is no fact, although its checksum holds.
enum FactFault: Error, Equatable {
  case truncated
  case trailingBytes
  case outOfRange
  case unknownType
  case unknownVersion
}

/// Takes fields, little-endian, from the payload of a frame.
@safe struct FieldReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.bytes = bytes
  }

  var isAtEnd: Bool { unsafe position == bytes.count }

  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type = T.self
  ) throws(FactFault) -> T {
    let width = MemoryLayout<T>.size
    guard unsafe bytes.count - position >= width else { throw .truncated }
    let value = unsafe bytes.loadUnaligned(fromByteOffset: position, as: T.self)
    position += width
    return T(littleEndian: value)
  }

  mutating func bool() throws(FactFault) -> Bool {
    switch try integer(UInt8.self) {
    case 0: false
    case 1: true
    default: throw .outOfRange
    }
  }

  mutating func value<T: RawRepresentable<UInt8>>(_: T.Type = T.self) throws(FactFault) -> T {
    guard let value = T(rawValue: try integer()) else { throw .outOfRange }
    return value
  }

  /// The next `count` bytes; the pointer is valid as long as the payload is.
  mutating func take(_ count: Int) throws(FactFault) -> UnsafeRawBufferPointer {
    guard unsafe bytes.count - position >= count else { throw .truncated }
    let taken = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    position += count
    return unsafe taken
  }
}
