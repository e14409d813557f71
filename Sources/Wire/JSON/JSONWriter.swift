/// Writes compact JSON; commas are its own business.
package struct JSONWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  /// Whether a value has just ended, so that the next one needs a comma.
  private var isAfterValue = false

  package init() {}

  package init(reservingCapacity capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  /// Begins anew and keeps the memory.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    isAfterValue = false
  }

  package mutating func beginObject() { begin(UInt8(ascii: "{")) }
  package mutating func endObject() { end(UInt8(ascii: "}")) }
  package mutating func beginArray() { begin(UInt8(ascii: "[")) }
  package mutating func endArray() { end(UInt8(ascii: "]")) }

  package mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    isAfterValue = false
  }

  package mutating func string(_ text: String) {
    separate()
    quote(text)
    isAfterValue = true
  }

  /// A number as its text stands, such as one that `DecimalText` has made.
  package mutating func number(_ lexeme: String) {
    raw(lexeme)
  }

  package mutating func integer(_ value: Int64) {
    separate()
    DecimalText.append(value, scale: 0, to: &bytes)
    isAfterValue = true
  }

  /// An exact decimal in quotes, as venues and our own API write prices and quantities.
  package mutating func decimal(_ mantissa: Int64, scale: Int, fractionDigits: Int = 0) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    DecimalText.append(mantissa, scale: scale, fractionDigits: fractionDigits, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
    isAfterValue = true
  }

  package mutating func bool(_ value: Bool) {
    raw(value ? "true" : "false")
  }

  package mutating func null() {
    raw("null")
  }

  /// A value that is JSON already.
  package mutating func raw(_ json: String) {
    separate()
    bytes.append(contentsOf: json.utf8)
    isAfterValue = true
  }

  package mutating func raw(_ json: [UInt8]) {
    separate()
    bytes.append(contentsOf: json)
    isAfterValue = true
  }

  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .number(let lexeme): number(lexeme)
    case .string(let text): string(text)
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .object(let members):
      beginObject()
      for member in members { field(member.name, member.value) }
      endObject()
    }
  }
}

// MARK: - Members

extension JSONWriter {
  package mutating func field(_ name: String, _ string: String) {
    key(name)
    self.string(string)
  }

  package mutating func field(_ name: String, _ value: JSONValue) {
    key(name)
    self.value(value)
  }

  package mutating func field(_ name: String, integer value: Int64) {
    key(name)
    integer(value)
  }

  package mutating func field(_ name: String, bool value: Bool) {
    key(name)
    bool(value)
  }

  package mutating func field(_ name: String, number lexeme: String) {
    key(name)
    number(lexeme)
  }

  package mutating func field(
    _ name: String, decimal mantissa: Int64, scale: Int, fractionDigits: Int = 0
  ) {
    key(name)
    decimal(mantissa, scale: scale, fractionDigits: fractionDigits)
  }
}

// MARK: - Writing

extension JSONWriter {
  private mutating func begin(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    isAfterValue = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    isAfterValue = true
  }

  private mutating func separate() {
    if isAfterValue { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      } else if byte < 0x20 {
        escapeControl(byte)
      } else {
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escapeControl(_ byte: UInt8) {
    switch byte {
    case 0x08: bytes.append(contentsOf: "\\b".utf8)
    case 0x09: bytes.append(contentsOf: "\\t".utf8)
    case 0x0a: bytes.append(contentsOf: "\\n".utf8)
    case 0x0c: bytes.append(contentsOf: "\\f".utf8)
    case 0x0d: bytes.append(contentsOf: "\\r".utf8)
    default:
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(Hex.digit(byte >> 4))
      bytes.append(Hex.digit(byte & 0x0f))
    }
  }
}
