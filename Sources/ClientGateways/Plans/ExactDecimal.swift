internal import RouterCore
internal import Wire

/// A decimal as a document writes it, at the least scale that holds it.
struct ExactDecimal: Sendable, Hashable {
  enum Flaw: Error {
    case malformed
    case tooLong
  }

  /// Neither more digits nor more of them after the point.
  private static let maximumDigits = 38

  let mantissa: Int128
  let scale: Int

  static let zero = ExactDecimal(mantissa: 0, scale: 0)

  private init(mantissa: Int128, scale: Int) {
    self.mantissa = mantissa
    self.scale = scale
  }

  init(_ text: String) throws(Flaw) {
    guard Self.isDecimal(text.utf8) else { throw .malformed }
    let scale = Self.fractionDigits(text.utf8)
    guard scale <= Self.maximumDigits, let mantissa = DecimalText.parse128(text, scale: scale)
    else { throw .tooLong }
    self.init(mantissa: mantissa, scale: scale)
  }

  /// The number in units of `10^-scale`, rounded where it is finer; `nil` if 128 bits do not hold it.
  func mantissa(at target: Int, roundingUp: Bool) -> Int128? {
    guard target < scale else { return exactMantissa(at: target) }
    return mantissa.divided(by: powerOfTen(scale - target), roundingUp: roundingUp)
  }

  /// The number in units of `10^-scale`; `nil` if it is finer or 128 bits do not hold it.
  func exactMantissa(at target: Int) -> Int128? {
    if mantissa == 0 { return 0 }
    guard target >= scale else { return nil }
    var result = mantissa
    for _ in scale..<target {
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      result = product
    }
    return result
  }

  /// An optional `-`, digits, and optionally a point with digits after it.
  private static func isDecimal(_ text: String.UTF8View) -> Bool {
    let unsigned = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
    let parts = unsigned.split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      !part.isEmpty && part.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
  }

  /// Digits after the point without the zeros at the end.
  private static func fractionDigits(_ text: String.UTF8View) -> Int {
    guard let point = text.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
    let fraction = text[point...].dropFirst()
    return fraction.count - fraction.reversed().prefix { $0 == UInt8(ascii: "0") }.count
  }
}
