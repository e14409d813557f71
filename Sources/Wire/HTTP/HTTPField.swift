/// The grammar of header fields, with the strict reading (RFC 9110, section 5, RFC 9112, section 5).
enum HTTPField {
  static func header(_ line: ArraySlice<UInt8>) throws(HTTPParseError) -> HTTPHeader {
    if line.first == ASCII.space || line.first == ASCII.tab {
      throw .malformed("a header folded over two lines")
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      throw .malformed("a header line without a colon")
    }
    // A blank before the colon is not a token's character, so it is refused here as well.
    let name = line[..<colon]
    guard !name.isEmpty, name.allSatisfy(isTokenByte) else {
      throw .malformed("a header name that is no token")
    }
    let value = trimmed(line[(colon + 1)...])
    guard value.allSatisfy(isValueByte) else {
      throw .malformed("a control character in a header")
    }
    return HTTPHeader(name: String(decoding: name, as: UTF8.self), value: text(value))
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: ASCII.isLetter(byte) || ASCII.isDigit(byte)
    }
  }

  static func isValueByte(_ byte: UInt8) -> Bool {
    byte == ASCII.tab || (byte >= 0x20 && byte != 0x7f)
  }

  /// UTF-8, or Latin-1 for old servers, so that different bytes stay different.
  static func text(_ bytes: ArraySlice<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }
    var bytes = bytes.drop(while: isBlank)
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }

  /// The host and port of a `Host` header or an absolute target; nothing else may be in it.
  static func isAuthority(_ text: String) -> Bool {
    guard let (_, port) = URLParts.split(authority: Substring(text)) else { return false }
    return port.map { URLParts.port($0) != nil } ?? true
  }
}
