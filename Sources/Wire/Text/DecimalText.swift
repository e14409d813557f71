/// Exact decimal numbers as text, to and from an integer at a power-of-ten scale.
///
/// The grammar is an optional `-`, digits, and optionally a point with digits on both sides. An
/// exponent, a `+`, a blank, or a digit that the scale cannot hold is refused, never rounded.
@usableFromInline
package enum DecimalText {
  /// The number times ten to the power of `scale`.
  ///
  /// - Returns: `nil` if the text is malformed, has a non-zero digit past the scale, or overflows.
  @inlinable
  package static func parse(_ bytes: UnsafeRawBufferPointer, scale: Int) -> Int64? {
    guard let start = bytes.baseAddress else { return nil }
    let first = unsafe start.assumingMemoryBound(to: UInt8.self)
    let end = unsafe first + bytes.count
    guard let scanned = unsafe scan(first, end: end, scale: scale), unsafe scanned.next == end
    else { return nil }
    return unsafe scanned.value
  }

  package static func parse(_ text: String, scale: Int) -> Int64? {
    var text = text
    return text.withUTF8 { unsafe parse(UnsafeRawBufferPointer($0), scale: scale) }
  }

  package static func parse128(_ text: String, scale: Int) -> Int128? {
    var text = text
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return nil }
      let end = unsafe start + bytes.count
      guard let scanned = unsafe scanWide(start, end: end, scale: scale),
        unsafe scanned.next == end
      else { return nil }
      return unsafe scanned.value
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
  /// Reads the number that begins at `start`, and says where it ends; what follows it is the
  /// caller's business.
  ///
  /// The place is kept in a local that no call gets the address of, so that it stays in a register.
  @inlinable @inline(always)
  static func scan(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, scale: Int
  ) -> (value: Int64, next: UnsafePointer<UInt8>)? {
    var position = unsafe start
    let isNegative = unsafe position < end && position.pointee == UInt8(ascii: "-")
    if isNegative { unsafe position += 1 }

    var magnitude: UInt64 = 0
    let whole = unsafe position
    while unsafe position < end {
      let digit = unsafe position.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      magnitude = magnitude &* 10 &+ UInt64(digit)
      unsafe position += 1
    }
    var digits = unsafe position - whole
    guard digits > 0, scale >= 0 else { return nil }

    var missing = scale
    if unsafe position < end && position.pointee == UInt8(ascii: ".") {
      unsafe position += 1
      let fraction = unsafe position
      let kept = unsafe position + min(scale, end - position)
      // Eight digits after the point is how most venues write, so they are taken in one step.
      let leading = min(scale, 8)
      if unsafe end - position >= 8, let value = unsafe eightDigits(position, keeping: leading) {
        magnitude = magnitude &* powerOfTen(leading) &+ value
        unsafe position += 8
      }
      while unsafe position < kept {
        let digit = unsafe position.pointee &- UInt8(ascii: "0")
        guard digit < 10 else { break }
        magnitude = magnitude &* 10 &+ UInt64(digit)
        unsafe position += 1
      }
      let count = unsafe min(position, kept) - fraction
      digits += count
      missing -= count
      guard let next = unsafe skipZeros(position, end: end, from: fraction) else { return nil }
      unsafe position = next
    }
    // Nineteen digits always fit 64 unsigned bits; a longer text may still, if it starts with zeros.
    guard digits <= 19 else { return unsafe scanLong(start, end: end, scale: scale) }
    guard let value = signed(magnitude, isNegative: isNegative, timesTenToThe: missing) else {
      return nil
    }
    return unsafe (value, position)
  }

  /// The value of the first `count` of eight digits; `nil` if one of the eight bytes is no digit, or
  /// one of the others not zero.
  @inlinable @inline(always)
  static func eightDigits(_ start: UnsafePointer<UInt8>, keeping count: Int) -> UInt64? {
    let text = unsafe UInt64(
      littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self))
    let digits = text &- 0x3030_3030_3030_3030
    // A byte below "0" borrows and one above "9" carries; either sets a high bit.
    guard ((text &+ 0x4646_4646_4646_4646) | digits) & 0x8080_8080_8080_8080 == 0,
      digits >> (8 &* count) == 0
    else { return nil }
    // What is kept moves to the end, so that zeros stand before it.
    return join(digits << (64 &- 8 &* count))
  }

  /// The number that eight digits make, the first in the lowest byte.
  ///
  /// Pairs, then fours, then all eight are joined by one multiplication each.
  @inlinable @inline(always)
  static func join(_ digits: UInt64) -> UInt64 {
    let pairs = digits &* 10 &+ digits >> 8
    let even = (pairs & 0x0000_00ff_0000_00ff) &* 0x000f_4240_0000_0064
    let odd = ((pairs >> 16) & 0x0000_00ff_0000_00ff) &* 0x0000_2710_0000_0001
    return (even &+ odd) >> 32
  }

  /// Passes the zeros that a scale need not hold; `nil` if a digit stands after them, or if the
  /// fraction has no digit at all.
  @inlinable @inline(always)
  static func skipZeros(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, from fraction: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var position = unsafe start
    // Most numbers end here, so the zeros are looked for only where a digit follows.
    if unsafe position < end && position.pointee &- UInt8(ascii: "0") < 10 {
      while unsafe end - position >= 8 {
        let word = unsafe UnsafeRawPointer(position).loadUnaligned(as: UInt64.self)
        let differing = UInt64(littleEndian: word) ^ 0x3030_3030_3030_3030
        unsafe position += differing.trailingZeroBitCount / 8
        if differing != 0 { break }
      }
      while unsafe position < end && position.pointee == UInt8(ascii: "0") {
        unsafe position += 1
      }
      if unsafe position < end && position.pointee &- UInt8(ascii: "0") < 10 { return nil }
    }
    return unsafe position > fraction ? position : nil
  }

  @inlinable @inline(always)
  static func signed(
    _ magnitude: UInt64, isNegative: Bool, timesTenToThe exponent: Int
  ) -> Int64? {
    var scaled = magnitude
    if exponent > 0 && magnitude > 0 {
      guard exponent <= 19 else { return nil }
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: powerOfTen(exponent))
      if overflow { return nil }
      scaled = product
    }
    guard isNegative else { return Int64(exactly: scaled) }
    return scaled <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- scaled) : nil
  }

  /// Ten to the power of an exponent from 0 to 19.
  ///
  /// A switch, because the optimiser makes it a constant table without a check for first use.
  @inlinable @inline(always)
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

  /// The way for numbers of more than 19 digits.
  @usableFromInline @inline(never)
  static func scanLong(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, scale: Int
  ) -> (value: Int64, next: UnsafePointer<UInt8>)? {
    guard let wide = unsafe scanWide(start, end: end, scale: scale),
      let value = unsafe Int64(exactly: wide.value)
    else { return nil }
    return unsafe (value, wide.next)
  }

  /// The same grammar with 128 bits and every step checked.
  static func scanWide(
    _ start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, scale: Int
  ) -> (value: Int128, next: UnsafePointer<UInt8>)? {
    var position = unsafe start
    let isNegative = unsafe position < end && position.pointee == UInt8(ascii: "-")
    if isNegative { unsafe position += 1 }
    var value: Int128 = 0
    guard let whole = unsafe appendWide(&value, &position, end: end, isNegative), whole > 0,
      scale >= 0
    else { return nil }
    var missing = scale
    if unsafe position < end && position.pointee == UInt8(ascii: ".") {
      unsafe position += 1
      let fraction = unsafe position
      let kept = unsafe position + min(scale, end - position)
      guard let count = unsafe appendWide(&value, &position, end: kept, isNegative) else {
        return nil
      }
      missing -= count
      guard let next = unsafe skipZeros(position, end: end, from: fraction) else { return nil }
      unsafe position = next
    }
    guard let result = scaled(value, timesTenToThe: missing) else { return nil }
    return unsafe (result, position)
  }

  /// Takes digits into `value` and says how many; `nil` if it overflows.
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
