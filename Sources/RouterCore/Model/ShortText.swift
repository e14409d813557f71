/// Up to 39 bytes of text held in place: identifiers that come from outside.
///
/// Long enough for a UUID, a Kraken order id and a client order id; copying it allocates nothing.
package struct ShortText: Sendable, Hashable, BitwiseCopyable {
  package static let capacity = 39

  private var word0: UInt64 = 0
  private var word1: UInt64 = 0
  private var word2: UInt64 = 0
  private var word3: UInt64 = 0
  private var word4: UInt64 = 0  // the highest byte holds the count

  package init() {}

  /// The bytes as text, or `nil` if they are more than `capacity`.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count <= Self.capacity else { return nil }
    var position = 0
    for byte in bytes {
      set(byte, at: position)
      position += 1
    }
    word4 |= UInt64(position) << 56
  }

  package init?(_ text: String) {
    self.init(text.utf8)
  }

  /// As much of the text as fits; for messages to people, never for identifiers.
  package init(truncating text: String) {
    self = ShortText(text.utf8.prefix(Self.capacity)) ?? ShortText()
  }

  package var count: Int { Int(word4 >> 56) }
  package var isEmpty: Bool { count == 0 }

  package subscript(position: Int) -> UInt8 {
    precondition(position >= 0 && position < Self.capacity)
    return UInt8(truncatingIfNeeded: word(position >> 3) >> UInt64((position & 7) * 8))
  }

  package var bytes: [UInt8] {
    (0..<count).map { self[$0] }
  }

  package func append(to text: inout [UInt8]) {
    for position in 0..<count { text.append(self[position]) }
  }

  package var string: String {
    String(decoding: bytes, as: UTF8.self)
  }

  func word(_ index: Int) -> UInt64 {
    switch index {
    case 0: word0
    case 1: word1
    case 2: word2
    case 3: word3
    default: word4
    }
  }

  private mutating func set(_ byte: UInt8, at position: Int) {
    let bits = UInt64(byte) << UInt64((position & 7) * 8)
    switch position >> 3 {
    case 0: word0 |= bits
    case 1: word1 |= bits
    case 2: word2 |= bits
    case 3: word3 |= bits
    default: word4 |= bits
    }
  }
}

extension ShortText: CustomStringConvertible {
  package var description: String { string }
}
