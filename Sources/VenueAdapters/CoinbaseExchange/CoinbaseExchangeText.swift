/// Bytes of a message compared with text of ours, without making a `String`.
enum CoinbaseExchangeText {
  static func equal(_ bytes: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    guard bytes.count == literal.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where unsafe bytes[index] != literal.utf8Start[index] {
      return false
    }
    return true
  }

  static func contains(_ text: String, anyOf parts: [String]) -> Bool {
    parts.contains { contains(text, $0) }
  }

  /// Whether `part`, which is lower case, stands somewhere in `text`, whatever the case.
  static func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.lowercased().utf8)
    let part = Array(part.utf8)
    guard text.count >= part.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
