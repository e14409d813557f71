extension DecimalText {
  /// The shortest exact text, padded with zeros to `fractionDigits` digits after the point.
  package static func format(_ mantissa: Int64, scale: Int, fractionDigits: Int = 0) -> String {
    var bytes: [UInt8] = []
    append(mantissa, scale: scale, fractionDigits: fractionDigits, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func format(_ mantissa: Int128, scale: Int, fractionDigits: Int = 0) -> String {
    var bytes: [UInt8] = []
    append(mantissa, scale: scale, fractionDigits: fractionDigits, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func append(
    _ mantissa: Int64, scale: Int, fractionDigits: Int = 0, to bytes: inout [UInt8]
  ) {
    if mantissa < 0 { bytes.append(UInt8(ascii: "-")) }
    append(Digits(mantissa.magnitude), scale: scale, fractionDigits: fractionDigits, to: &bytes)
  }

  package static func append(
    _ mantissa: Int128, scale: Int, fractionDigits: Int = 0, to bytes: inout [UInt8]
  ) {
    if mantissa < 0 { bytes.append(UInt8(ascii: "-")) }
    append(Digits(mantissa.magnitude), scale: scale, fractionDigits: fractionDigits, to: &bytes)
  }

  private static func append(
    _ digits: Digits, scale: Int, fractionDigits: Int, to bytes: inout [UInt8]
  ) {
    precondition(scale >= 0, "a scale counts digits after the point")
    // A value below one has no digit before the point, but its text needs one.
    for place in stride(from: max(digits.count - 1, scale), through: scale, by: -1) {
      bytes.append(digits[place])
    }
    let shortest = scale - min(digits.trailingZeros, scale)
    let fraction = max(shortest, fractionDigits)
    guard fraction > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    for index in 1...fraction { bytes.append(digits[scale - index]) }
  }
}

/// The decimal digits of a magnitude, least significant first, in place.
private struct Digits {
  private var storage = InlineArray<39, UInt8>(repeating: UInt8(ascii: "0"))
  private(set) var count = 0
  private(set) var trailingZeros = 0

  init(_ magnitude: UInt64) {
    var rest = magnitude
    while rest > 0 {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
      append(UInt8(truncatingIfNeeded: remainder))
      rest = quotient
    }
    if magnitude == 0 { trailingZeros = Int.max }
  }

  init(_ magnitude: UInt128) {
    var rest = magnitude
    while rest > UInt128(UInt64.max) {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
      append(UInt8(truncatingIfNeeded: remainder))
      rest = quotient
    }
    var low = UInt64(truncatingIfNeeded: rest)
    while low > 0 {
      let (quotient, remainder) = low.quotientAndRemainder(dividingBy: 10)
      append(UInt8(truncatingIfNeeded: remainder))
      low = quotient
    }
    if magnitude == 0 { trailingZeros = Int.max }
  }

  /// The digit at a power of ten, zero outside of what the number has.
  subscript(_ place: Int) -> UInt8 {
    place >= 0 && place < count ? storage[place] : UInt8(ascii: "0")
  }

  private mutating func append(_ digit: UInt8) {
    if digit == 0 && trailingZeros == count { trailingZeros += 1 }
    storage[count] = UInt8(ascii: "0") + digit
    count += 1
  }
}
