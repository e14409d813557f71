/// The masking of RFC 6455, section 5.3, eight bytes at a time.
struct WebSocketMask {
  /// The key twice, first byte lowest, turned so that its lowest byte is for the next payload byte.
  private var pattern: UInt64

  /// - Parameter key: The four bytes as they stand in the frame, first one highest.
  init(key: UInt32) {
    let lowFirst = UInt64(key.byteSwapped)
    pattern = lowFirst << 32 | lowFirst
  }

  /// Masks or unmasks the next bytes of a payload in place.
  mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
    var offset = 0
    while offset &+ 8 <= bytes.count {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let masked = word ^ UInt64(littleEndian: pattern)
      unsafe bytes.storeBytes(of: masked, toByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
    while offset < bytes.count {
      unsafe bytes[offset] ^= UInt8(truncatingIfNeeded: pattern)
      pattern = pattern >> 8 | pattern << 56
      offset &+= 1
    }
  }
}
