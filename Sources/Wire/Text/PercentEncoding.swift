/// Percent-encoding of text for a URL (RFC 3986, section 2.1).
package enum PercentEncoding {
  /// Keeps the unreserved characters and writes every other UTF-8 byte as `%XX`.
  package static func encode(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if isUnreserved(byte) {
        bytes.append(byte)
      } else {
        appendEscape(byte, to: &bytes)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text behind the escapes; `nil` for a broken escape or a result that is not UTF-8.
  ///
  /// A `+` stays a `+`: turning it into a blank belongs to HTML forms, not to URLs.
  package static func decode(_ text: String) -> String? {
    let source = Array(text.utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      guard source[index] == UInt8(ascii: "%") else {
        bytes.append(source[index])
        index += 1
        continue
      }
      guard index + 2 < source.count, let high = Hex.value(source[index + 1]),
        let low = Hex.value(source[index + 2])
      else { return nil }
      bytes.append(high << 4 | low)
      index += 3
    }
    return String(validating: bytes, as: UTF8.self)
  }

  static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "%"))
    bytes.append(upperCaseDigit(byte >> 4))
    bytes.append(upperCaseDigit(byte & 0x0f))
  }

  private static func upperCaseDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
    default: ASCII.isLetter(byte) || ASCII.isDigit(byte)
    }
  }
}
