import Simulation
import Wire

/// One symbol, and how its numbers are written.
struct BinanceSymbol {
  /// Decimals of every price, quantity and amount on the wire.
  static let digits = 8

  let instrument: Int
  let name: String
  let streamName: String
  let terms: SimulatedInstrument

  init(_ instrument: Int, _ terms: SimulatedInstrument) {
    self.instrument = instrument
    self.terms = terms
    name = terms.base + terms.quote
    streamName = name.lowercased()
  }

  func price(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.priceScale, fractionDigits: Self.digits)
  }

  func quantity(_ mantissa: Int64) -> String {
    DecimalText.format(mantissa, scale: terms.quantityScale, fractionDigits: Self.digits)
  }

  static func amount(_ amount: Amount) -> String {
    DecimalText.format(
      amount.rounded(toDigits: digits, .down).units, scale: Amount.scale, fractionDigits: digits)
  }

  /// A decimal parameter in units of `scale`; digits beyond it fail the filter that covers it.
  static func read(
    _ text: String, _ name: String, scale: Int, filter: String
  ) throws(BinanceError) -> Int64 {
    let range = #"^([0-9]{1,20})(\.[0-9]{1,20})?$"#
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let isDecimal =
      (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        (1...20).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
      }
    guard isDecimal else { throw .illegal(name, range) }
    guard DecimalText.parse128(text, scale: digits) != nil else { throw .precision(name) }
    guard let value = DecimalText.parse(text, scale: scale) else { throw .filter(filter) }
    return value
  }
}

/// The unit of times in answers: milliseconds, or microseconds if the client asks for them.
struct BinanceTime {
  var isMicroseconds = false

  func of(_ nanoseconds: Int64) -> Int64 {
    nanoseconds / (isMicroseconds ? 1_000 : 1_000_000)
  }
}
