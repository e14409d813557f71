/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
package enum Base64 {
  private static let padding = UInt8(ascii: "=")

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    append(bytes.span, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      appendGroup(bytes, index..<min(index + 3, bytes.count), to: &text)
      index += 3
    }
  }

  /// The bytes behind a canonical encoding; `nil` for anything else.
  ///
  /// Missing padding, blanks, and bits left over that are not zero are all refused, so that one
  /// value has one text.
  package static func decode(_ text: String) -> [UInt8]? {
    let symbols = Array(text.utf8)
    guard symbols.count.isMultiple(of: 4) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(symbols.count / 4 * 3)
    var index = 0
    while index < symbols.count {
      let isLast = index + 4 == symbols.count
      guard decodeGroup(symbols[index..<index + 4], isLast: isLast, into: &bytes) else {
        return nil
      }
      index += 4
    }
    return bytes
  }

  private static func appendGroup(
    _ bytes: Span<UInt8>, _ group: Range<Int>, to text: inout [UInt8]
  ) {
    var bits: UInt32 = 0
    for index in group { bits = bits << 8 | UInt32(bytes[index]) }
    bits <<= 8 * UInt32(3 - group.count)
    for position in 0..<4 {
      let value = UInt8(truncatingIfNeeded: bits >> (18 - 6 * UInt32(position)) & 0x3f)
      text.append(position <= group.count ? symbol(of: value) : padding)
    }
  }

  /// The character of a value below 64.
  private static func symbol(of value: UInt8) -> UInt8 {
    switch value {
    case ..<26: UInt8(ascii: "A") + value
    case ..<52: UInt8(ascii: "a") + (value - 26)
    case ..<62: UInt8(ascii: "0") + (value - 52)
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }

  private static func decodeGroup(
    _ group: ArraySlice<UInt8>, isLast: Bool, into bytes: inout [UInt8]
  ) -> Bool {
    let padded = group.reversed().prefix { $0 == padding }.count
    guard padded == 0 || (isLast && padded <= 2) else { return false }
    var bits: UInt32 = 0
    for symbol in group.dropLast(padded) {
      guard let value = value(of: symbol) else { return false }
      bits = bits << 6 | value
    }
    bits <<= 6 * UInt32(padded)
    // RFC 4648, section 3.5: the bits that padding leaves over must be zero.
    guard bits & (1 << (8 * UInt32(padded)) - 1) == 0 else { return false }
    for position in 0..<(3 - padded) {
      bytes.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * UInt32(position))))
    }
    return true
  }

  private static func value(of symbol: UInt8) -> UInt32? {
    switch symbol {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
