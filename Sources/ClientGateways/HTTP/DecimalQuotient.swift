/// A quotient of exact decimals, to twelve places, half to even.
enum DecimalQuotient {
  static let places = 12

  /// `numerator / denominator * 10^exponent`, digit by digit, so that nothing overflows on the way.
  ///
  /// - Precondition: The denominator is greater than zero.
  static func text(_ numerator: Int128, over denominator: Int128, exponent: Int = 0) -> String {
    precondition(denominator > 0)
    let fraction = max(places + 1 + exponent, 0)
    let digits = digits(numerator.magnitude, over: denominator.magnitude, fraction: fraction)
    let text = format(rounded(digits, dropping: fraction - exponent - places))
    return numerator < 0 && text != "0" ? "-\(text)" : text
  }

  /// `10,000 * (from - to) / |from|`: how much better `to` is, in basis points.
  static func basisPoints(from: Int128, to: Int128) -> String? {
    guard from != 0, from != .min else { return nil }
    let (difference, overflow) = from.subtractingReportingOverflow(to)
    return overflow ? nil : text(difference, over: abs(from), exponent: 4)
  }

  /// Decimal digits, the most significant one first.
  private struct Digits {
    var values: [UInt8]
    /// Whether something greater than zero follows the last digit.
    var isInexact = false
  }

  private static func digits(
    _ numerator: UInt128, over denominator: UInt128, fraction: Int
  ) -> Digits {
    let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
    var digits = Digits(values: String(whole).utf8.map { $0 - UInt8(ascii: "0") })
    var remainder = rest
    for _ in 0..<fraction { digits.values.append(nextDigit(&remainder, denominator)) }
    digits.isInexact = remainder > 0
    return digits
  }

  /// The whole part of ten times a proper fraction, whose numerator it leaves behind.
  private static func nextDigit(_ remainder: inout UInt128, _ denominator: UInt128) -> UInt8 {
    var digit: UInt8 = 0
    var sum: UInt128 = 0
    for _ in 0..<10 {
      // Both are below the denominator, and that is below 2^127.
      sum += remainder
      if sum >= denominator {
        sum -= denominator
        digit += 1
      }
    }
    remainder = sum
    return digit
  }

  /// The digits without the last `count`, which is at least one.
  private static func rounded(_ digits: Digits, dropping count: Int) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: max(count - digits.values.count, 0))
    let values = padding + digits.values
    var kept = Array(values.dropLast(count))
    let dropped = values.suffix(count)
    guard let first = dropped.first else { return kept }
    let hasMore = digits.isInexact || dropped.dropFirst().contains { $0 != 0 }
    let isOdd = (kept.last ?? 0) % 2 == 1
    if first > 5 || (first == 5 && (hasMore || isOdd)) { increment(&kept) }
    return kept
  }

  private static func increment(_ digits: inout [UInt8]) {
    var place = digits.count - 1
    while place >= 0 {
      if digits[place] < 9 {
        digits[place] += 1
        return
      }
      digits[place] = 0
      place -= 1
    }
    digits.insert(1, at: 0)
  }

  /// The text of a number of units of `10^-places`.
  private static func format(_ digits: [UInt8]) -> String {
    var bytes = digits.map { $0 + UInt8(ascii: "0") }
    let missing = places + 1 - bytes.count
    if missing > 0 {
      bytes.insert(contentsOf: [UInt8](repeating: UInt8(ascii: "0"), count: missing), at: 0)
    }
    var fraction = bytes.suffix(places)
    while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
    let whole = bytes.dropLast(places).drop { $0 == UInt8(ascii: "0") }
    let start = whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self)
    return fraction.isEmpty ? start : "\(start).\(String(decoding: fraction, as: UTF8.self))"
  }
}
