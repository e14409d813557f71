/// Exact decimal numbers as text, to and from an integer at a power-of-ten scale.
///
/// The grammar is an optional `-`, digits, and optionally a point with digits on both sides. An
/// exponent, a `+`, a blank, or a digit that the scale cannot hold is refused, never rounded.
package enum DecimalText {
  /// The number times ten to the power of `scale`.
  ///
  /// - Returns: `nil` if the text is malformed, has a non-zero digit past the scale, or overflows.
  @inlinable
  package static func parse(_ bytes: UnsafeRawBufferPointer, scale: Int) -> Int64? {
    guard let start = bytes.baseAddress else { return nil }
    var position = unsafe start.assumingMemoryBound(to: UInt8.self)
    let end = unsafe position + bytes.count
    guard let value = unsafe scan(&position, end: end, scale: scale), unsafe position == end else {
      return nil
    }
    return value
  }

  package static func parse(_ text: String, scale: Int) -> Int64? {
    var text = text
    return text.withUTF8 { unsafe parse(UnsafeRawBufferPointer($0), scale: scale) }
  }

  package static func parse128(_ text: String, scale: Int) -> Int128? {
    var text = text
    return text.withUTF8 { bytes in
      guard var position = bytes.baseAddress else { return nil }
      let end = unsafe position + bytes.count
      guard let value = unsafe scanWide(&position, end: end, scale: scale), unsafe position == end
      else { return nil }
      return value
    }
  }

  /// The number as written, with the smallest scale that holds it: `"0.0100"` is 1 at scale 2.
  package static func parse(_ text: String) -> (mantissa: Int64, scale: Int)? {
    var scale = 0
    if let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
      let fraction = text.utf8[point...].dropFirst()
      let zeros = fraction.reversed().prefix { $0 == UInt8(ascii: "0") }.count
      scale = fraction.count - zeros
    }
    guard let mantissa = parse(text, scale: scale) else { return nil }
    return (mantissa, scale)
  }
}

// MARK: - Scanning

extension DecimalText {
  /// Reads a number at `position` and leaves `position` after its last digit.
  ///
  /// What follows the number is the caller's business.
  @inlinable
  static func scan(
    _ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, scale: Int
  ) -> Int64? {
    guard scale >= 0 else { return nil }
    let start = unsafe position
    let isNegative = unsafe position < end && position.pointee == UInt8(ascii: "-")
    if isNegative { unsafe position += 1 }

    var magnitude: UInt64 = 0
    let whole = unsafe position
    unsafe appendDigits(&magnitude, &position, end: end)
    var digits = unsafe position - whole
    guard digits > 0 else { return nil }

    var missing = scale
    if unsafe position < end && position.pointee == UInt8(ascii: ".") {
      unsafe position += 1
      let fraction = unsafe position
      let kept = unsafe position + min(scale, end - position)
      unsafe appendDigits(&magnitude, &position, end: kept)
      let count = unsafe position - fraction
      digits += count
      missing -= count
      guard unsafe skipZeros(&position, end: end, from: fraction) else { return nil }
    }
    // Nineteen digits always fit 64 unsigned bits; a longer text may still, if it starts with zeros.
    guard digits <= 19 else {
      unsafe position = start
      return unsafe scanWide(&position, end: end, scale: scale).flatMap { Int64(exactly: $0) }
    }
    return signed(magnitude, isNegative: isNegative, timesTenToThe: missing)
  }

  @inlinable
  static func appendDigits(
    _ value: inout UInt64, _ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) {
    while unsafe position < end {
      let digit = unsafe position.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { return }
      value = value &* 10 &+ UInt64(digit)
      unsafe position += 1
    }
  }

  /// Passes the zeros that a scale need not hold; false if a digit stands after them, or if the
  /// fraction has no digit at all.
  @inlinable
  static func skipZeros(
    _ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>,
    from fraction: UnsafePointer<UInt8>
  ) -> Bool {
    while unsafe position < end && position.pointee == UInt8(ascii: "0") { unsafe position += 1 }
    if unsafe position < end && position.pointee &- UInt8(ascii: "0") < 10 { return false }
    return unsafe position > fraction
  }

  @inlinable
  static func signed(
    _ magnitude: UInt64, isNegative: Bool, timesTenToThe exponent: Int
  ) -> Int64? {
    if magnitude == 0 { return 0 }
    guard exponent <= 19 else { return nil }
    let (scaled, overflow) = magnitude.multipliedReportingOverflow(by: powerOfTen(exponent))
    if overflow { return nil }
    guard isNegative else { return Int64(exactly: scaled) }
    return scaled <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- scaled) : nil
  }

  /// Ten to the power of an exponent from 0 to 19.
  ///
  /// A switch, because the optimiser makes it a constant table without a check for first use.
  @inlinable
  static func powerOfTen(_ exponent: Int) -> UInt64 {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1000
    case 4: 10000
    case 5: 100000
    case 6: 1_000_000
    case 7: 10_000_000
    case 8: 100_000_000
    case 9: 1_000_000_000
    case 10: 10_000_000_000
    case 11: 100_000_000_000
    case 12: 1_000_000_000_000
    case 13: 10_000_000_000_000
    case 14: 100_000_000_000_000
    case 15: 1_000_000_000_000_000
    case 16: 10_000_000_000_000_000
    case 17: 100_000_000_000_000_000
    case 18: 1_000_000_000_000_000_000
    default: 10_000_000_000_000_000_000
    }
  }

  /// The same grammar with 128 bits and every step checked, for the long numbers.
  @usableFromInline
  static func scanWide(
    _ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, scale: Int
  ) -> Int128? {
    guard scale >= 0 else { return nil }
    let isNegative = unsafe position < end && position.pointee == UInt8(ascii: "-")
    if isNegative { unsafe position += 1 }
    var value: Int128 = 0
    guard let whole = unsafe appendWide(&value, &position, end: end, isNegative), whole > 0 else {
      return nil
    }
    var missing = scale
    if unsafe position < end && position.pointee == UInt8(ascii: ".") {
      unsafe position += 1
      let fraction = unsafe position
      let kept = unsafe position + min(scale, end - position)
      guard let count = unsafe appendWide(&value, &position, end: kept, isNegative) else {
        return nil
      }
      missing -= count
      guard unsafe skipZeros(&position, end: end, from: fraction) else { return nil }
    }
    return scaled(value, timesTenToThe: missing)
  }

  private static func appendWide(
    _ value: inout Int128, _ position: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>,
    _ isNegative: Bool
  ) -> Int? {
    let start = unsafe position
    while unsafe position < end {
      let digit = unsafe position.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      // Counting down for a negative number reaches the smallest value without a special case.
      let step = isNegative ? -Int128(digit) : Int128(digit)
      let (sum, carry) = shifted.addingReportingOverflow(step)
      if overflow || carry { return nil }
      value = sum
      unsafe position += 1
    }
    return unsafe position - start
  }

  private static func scaled(_ value: Int128, timesTenToThe exponent: Int) -> Int128? {
    if value == 0 { return 0 }
    var value = value
    for _ in 0..<exponent {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = product
    }
    return value
  }
}
