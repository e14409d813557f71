internal import Wire

/// A quotient of exact decimals, to twelve places, half to even.
enum DecimalQuotient {
  static let places = 12

  /// `numerator / denominator`, digit by digit, so that nothing overflows on the way.
  ///
  /// - Precondition: The denominator is greater than zero and below `Int128.max / 10`.
  static func text(_ numerator: Int128, over denominator: Int128) -> String {
    precondition(denominator > 0 && denominator < Int128.max / 20)
    let magnitude = numerator < 0 ? -numerator : numerator
    var whole = magnitude / denominator
    var remainder = magnitude % denominator
    var fraction: Int128 = 0
    for _ in 0..<places {
      remainder *= 10
      fraction = fraction * 10 + remainder / denominator
      remainder %= denominator
    }
    let twice = remainder * 2
    if twice > denominator || (twice == denominator && fraction % 2 == 1) { fraction += 1 }
    if fraction == 1_000_000_000_000 {
      fraction = 0
      whole += 1
    }
    let sign = numerator < 0 && (whole != 0 || fraction != 0) ? "-" : ""
    let digits = DecimalText.format(fraction, scale: places)
    return "\(sign)\(whole)\(digits.dropFirst(1))"
  }

  /// `10,000 * (from - to) / from`: how much better `to` is, in basis points.
  static func basisPoints(from: Int128, to: Int128) -> String? {
    guard from > 0 else { return nil }
    return text((from - to) * 10_000, over: from)
  }
}
