/// Checks that bytes are UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing past
/// U+10FFFF.
package enum UTF8Text {
  package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var validator = UTF8Validator()
    return unsafe validator.validate(bytes) && validator.isComplete
  }
}

/// The same check for text that arrives in pieces, which may split a character.
package struct UTF8Validator: Sendable {
  /// Continuation bytes that the character in hand still needs.
  private var needed = 0
  /// What the next continuation byte may be; narrower after the leads E0, ED, F0 and F4.
  private var allowed: ClosedRange<UInt8> = 0x80...0xbf

  package init() {}

  /// Whether the text may end here.
  package var isComplete: Bool { needed == 0 }

  /// Takes the next piece; false at the first byte that no valid text can have there.
  package mutating func validate(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < bytes.count {
      if needed == 0 {
        unsafe Self.skipASCII(bytes, &offset)
        if offset == bytes.count { return true }
      }
      let byte = unsafe bytes[offset]
      guard needed == 0 ? begin(byte) : proceed(byte) else { return false }
      offset &+= 1
    }
    return true
  }

  private mutating func begin(_ lead: UInt8) -> Bool {
    allowed = 0x80...0xbf
    switch lead {
    case 0xc2...0xdf: needed = 1
    case 0xe0...0xef:
      needed = 2
      if lead == 0xe0 { allowed = 0xa0...0xbf }
      if lead == 0xed { allowed = 0x80...0x9f }
    case 0xf0...0xf4:
      needed = 3
      if lead == 0xf0 { allowed = 0x90...0xbf }
      if lead == 0xf4 { allowed = 0x80...0x8f }
    default: return false
    }
    return true
  }

  private mutating func proceed(_ byte: UInt8) -> Bool {
    guard allowed.contains(byte) else { return false }
    allowed = 0x80...0xbf
    needed -= 1
    return true
  }

  private static func skipASCII(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) {
    while offset &+ 8 <= bytes.count,
      unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        & 0x8080_8080_8080_8080 == 0
    { offset &+= 8 }
    while offset < bytes.count, unsafe bytes[offset] < 0x80 { offset &+= 1 }
  }
}
