import Simulation
import Wire

/// The venue names everything by UUIDs; ours can be read back to the exchange's numbers.
enum CoinbaseIdentifier {
  private static let variant: UInt64 = 1 << 63
  private static let payload: UInt64 = (1 << 62) - 1

  /// The UUID of an order: its number behind a hash of it.
  static func order(_ id: UInt64) -> String { text(high(id), variant | (id & payload)) }

  /// The number of one of our orders, from a UUID with or without hyphens.
  static func parseOrder(_ text: String) -> UInt64? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 32, let bytes = Hex.decode(String(decoding: digits, as: UTF8.self)) else {
      return nil
    }
    let words = [bytes[0..<8], bytes[8..<16]].map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    let id = words[1] & payload
    return words[0] == high(id) && words[1] == variant | id ? id : nil
  }

  /// A UUID that always stands for the same words.
  static func named(_ words: String) -> String {
    let hash = SeededRandom.hash(words)
    return text(high(hash), variant | (hash & payload))
  }

  private static func high(_ id: UInt64) -> UInt64 {
    SeededRandom.hash("order \(id)") & ~0xF000 | 0x4000
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    let digits = Hex.encode(
      [high, low].flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
      })
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }

  /// Whether a `client_oid` is one that the venue keeps: a lower-case, hyphenated UUID version 4.
  static func isKept(_ clientOrderID: String) -> Bool {
    let bytes = Array(clientOrderID.utf8)
    guard bytes.count == 36, bytes[14] == UInt8(ascii: "4"),
      Array("89ab".utf8).contains(bytes[19])
    else { return false }
    return bytes.indices.allSatisfy { index in
      switch index {
      case 8, 13, 18, 23: bytes[index] == UInt8(ascii: "-")
      default: (0x30...0x39).contains(bytes[index]) || (0x61...0x66).contains(bytes[index])
      }
    }
  }
}
