import Simulation

/// Kraken's ids of orders and executions: `OABCDE-FGHIJ-KLMNOP`, `TABCDE-FGHIJ-KLMNOP`.
enum KrakenIdentifier {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  static func order(_ id: UInt64) -> String { text("O", id) }

  static func execution(_ fill: SimulatedFill) -> String {
    text("T", SeededRandom.hash(fill.orderID ^ SeededRandom.hash(fill.tradeID &* 2 &+ side(fill))))
  }

  static func ledger(_ fill: SimulatedFill, isBase: Bool) -> String {
    text("L", SeededRandom.hash(UInt64(fill.index) &* 2 &+ (isBase ? 1 : 0) ^ fill.orderID))
  }

  static func amendment(_ id: UInt64, at time: Int64) -> String {
    text("T", SeededRandom.hash(id ^ UInt64(bitPattern: time)))
  }

  /// Reads an order id back; nil if it is not one.
  static func parseOrder(_ text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 19, bytes[0] == UInt8(ascii: "O"), bytes[6] == UInt8(ascii: "-"),
      bytes[12] == UInt8(ascii: "-")
    else { return nil }
    var id: UInt64 = 0
    for byte in bytes[1...] where byte != UInt8(ascii: "-") {
      guard let digit = alphabet.firstIndex(of: byte) else { return nil }
      guard id.leadingZeroBitCount >= 5 else { return nil }
      id = id << 5 | UInt64(digit)
    }
    return id
  }

  private static func side(_ fill: SimulatedFill) -> UInt64 { fill.isMaker ? 1 : 0 }

  private static func text(_ prefix: String, _ id: UInt64) -> String {
    var digits = [UInt8](repeating: alphabet[0], count: 16)
    var rest = id
    for index in stride(from: 15, through: 0, by: -1) {
      digits[index] = alphabet[Int(rest & 31)]
      rest >>= 5
    }
    let text = String(decoding: digits, as: UTF8.self)
    let first = text.index(text.startIndex, offsetBy: 5)
    let second = text.index(first, offsetBy: 5)
    return "\(prefix)\(text[..<first])-\(text[first..<second])-\(text[second...])"
  }
}
