/// Builds a `JSONValue` by recursive descent, with depth and size bounded.
@safe struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private let limits: JSONLimits
  private let count: Int
  private var offset = 0
  private var depth = 0

  init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
    unsafe self.bytes = bytes
    self.limits = limits
    count = bytes.count
  }

  mutating func parse() throws(JSONError) -> JSONValue {
    guard count <= limits.maximumBytes else { throw JSONError(.tooLarge, at: 0) }
    let value = try value()
    if peek() != nil { throw error(.expectedEnd) }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"): return try nested { (parser) throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { (parser) throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case let byte? where byte == UInt8(ascii: "-") || ASCII.isDigit(byte): return try number()
    default: throw error(.expectedValue)
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    guard depth < limits.maximumDepth else { throw error(.tooDeep) }
    depth += 1
    offset += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value())
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw error(.expectedCommaOrBracket) }
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    var members: [JSONMember] = []
    var offsets: [Int] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw error(.expectedName) }
      offsets.append(offset)
      let name = try string()
      guard take(UInt8(ascii: ":")) else { throw error(.expectedColon) }
      members.append(JSONMember(name: name, value: try value()))
      if take(UInt8(ascii: "}")) { break }
      guard take(UInt8(ascii: ",")) else { throw error(.expectedCommaOrBrace) }
    }
    if !limits.allowsDuplicateNames, let duplicate = Self.firstDuplicate(members) {
      throw JSONError(.duplicateName, at: offsets[duplicate])
    }
    return .object(members)
  }

  /// The index of a member whose name has come before.
  ///
  /// Sorted rather than compared in pairs, because a peer chooses how many members there are.
  private static func firstDuplicate(_ members: [JSONMember]) -> Int? {
    let order = members.indices.sorted {
      members[$0].name == members[$1].name ? $0 < $1 : members[$0].name < members[$1].name
    }
    return zip(order, order.dropFirst())
      .filter { members[$0].name == members[$1].name }
      .map(\.1)
      .min()
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
    var scanner = unsafe JSONScanner(rest)
    guard let lexeme = unsafe scanner.text() else { throw error(.malformedNumber) }
    offset += scanner.offset
    return .number(unsafe String(decoding: lexeme, as: UTF8.self))
  }

  private mutating func literal(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset...])
    var scanner = unsafe JSONScanner(rest)
    guard scanner.skipLiteral(text) else { throw error(.expectedValue) }
    offset += scanner.offset
    return value
  }

  /// The next byte that is not blank, left in place.
  private mutating func peek() -> UInt8? {
    while offset < count {
      let byte = unsafe bytes[offset]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
      offset += 1
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    offset += 1
    return true
  }

  private func error(_ problem: JSONError.Problem) -> JSONError {
    JSONError(problem, at: offset)
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws(JSONError) -> String {
    let start = offset + 1
    offset = start
    while offset < count {
      let byte = unsafe bytes[offset]
      if byte == UInt8(ascii: "\"") {
        let content = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
        let text = unsafe String(validating: content, as: UTF8.self)
        guard let text else { throw JSONError(.malformedUTF8, at: start) }
        offset += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw error(.controlCharacter) }
      offset += 1
    }
    throw error(.unterminatedString)
  }

  /// The slower way, from the first escape on.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var content = unsafe Array(bytes[start..<offset])
    while offset < count {
      let byte = unsafe bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw JSONError(.malformedUTF8, at: start)
        }
        offset += 1
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw error(.controlCharacter)
      default:
        content.append(byte)
        offset += 1
      }
    }
    throw error(.unterminatedString)
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    guard offset + 1 < count else { throw error(.unterminatedString) }
    let letter = unsafe bytes[offset + 1]
    if letter == UInt8(ascii: "u") {
      let scalar = try unicodeScalar()
      content.append(contentsOf: String(Character(scalar)).utf8)
      return
    }
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    default: throw error(.malformedEscape)
    }
    offset += 2
  }

  private mutating func unicodeScalar() throws(JSONError) -> Unicode.Scalar {
    let start = offset
    var value = try codeUnit()
    if 0xd800...0xdbff ~= value {
      let low = try codeUnit()
      guard 0xdc00...0xdfff ~= low else { throw JSONError(.malformedEscape, at: start) }
      value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw JSONError(.malformedEscape, at: start) }
    return scalar
  }

  /// One `\uXXXX`.
  private mutating func codeUnit() throws(JSONError) -> UInt32 {
    guard count - offset >= 6, unsafe bytes[offset] == UInt8(ascii: "\\"),
      unsafe bytes[offset + 1] == UInt8(ascii: "u")
    else { throw error(.malformedEscape) }
    var value: UInt32 = 0
    for index in offset + 2..<offset + 6 {
      guard let digit = unsafe Hex.value(bytes[index]) else { throw error(.malformedEscape) }
      value = value << 4 | UInt32(digit)
    }
    offset += 6
    return value
  }
}
