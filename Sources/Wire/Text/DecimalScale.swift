/// A number of decimals, prepared for reading many numbers: the powers of ten that it needs.
@usableFromInline
package struct DecimalScale: Sendable {
  @usableFromInline let scale: Int
  /// How many of the first eight digits after the point count, and ten to the power of it.
  @usableFromInline let leading: Int
  @usableFromInline let leadingFactor: UInt64
  /// Ten to the power of the decimals that are missing after those eight.
  @usableFromInline let missingFactor: UInt64

  /// - Precondition: `scale` is from 0 to 18.
  package init(_ scale: Int) {
    precondition(scale >= 0 && scale <= 18)
    self.scale = scale
    leading = min(scale, 8)
    leadingFactor = DecimalText.powerOfTen(leading)
    missingFactor = DecimalText.powerOfTen(scale - leading)
  }

  /// How many bytes `scanEightDecimals` reads at most.
  @usableFromInline static let window = 17

  /// Reads up to seven digits, a point and eight digits, as most venues write all their numbers.
  ///
  /// Both runs are read in one step each, without a loop. `nil` for any other form, and where the
  /// value does not fit: `DecimalText.scan` decides about those.
  ///
  /// - Precondition: `window` bytes from `start` on can be read.
  @inlinable @inline(always)
  func scanEightDecimals(
    _ start: UnsafePointer<UInt8>
  ) -> (value: Int64, next: UnsafePointer<UInt8>)? {
    let text = unsafe UInt64(
      littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self))
    let digits = text &- 0x3030_3030_3030_3030
    // The lowest byte that is no digit is marked; a borrow or a carry spoils only those above it.
    let marks = ((text &+ 0x4646_4646_4646_4646) | digits) & 0x8080_8080_8080_8080
    let count = marks.trailingZeroBitCount / 8
    guard count > 0, count < 8, unsafe start[count] == UInt8(ascii: ".") else { return nil }
    let whole = DecimalText.join(digits &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count))
    let fraction = unsafe start + count + 1
    guard let decimals = unsafe DecimalText.eightDigits(fraction, keeping: leading),
      unsafe fraction[8] &- UInt8(ascii: "0") >= 10
    else { return nil }
    let (value, overflow) = (whole &* leadingFactor &+ decimals)
      .multipliedReportingOverflow(by: missingFactor)
    guard !overflow, value >> 63 == 0 else { return nil }
    return unsafe (Int64(truncatingIfNeeded: value), fraction + 8)
  }
}
