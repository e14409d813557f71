/// A cost with its fees, exact.
///
/// The mantissa counts units of `10^-(priceScale + quantityScale + 8)` of the quote asset: a
/// notional times a fee in parts per hundred million.
public struct AllInCost: Sendable, Hashable, Comparable, BitwiseCopyable {
  public static let feeDigits = 8

  public var mantissa: Int128

  @inlinable public init(mantissa: Int128) {
    self.mantissa = mantissa
  }

  @inlinable public static func < (a: AllInCost, b: AllInCost) -> Bool { a.mantissa < b.mantissa }

  public static let zero = AllInCost(mantissa: 0)

  /// This cost as an amount of the quote asset, rounded up or down where it is finer than that.
  public func amount(of instrument: Instrument, roundingUp: Bool) -> Amount {
    let excess = instrument.notionalScale + Self.feeDigits - Amount.scale
    guard excess > 0 else { return Amount(mantissa: mantissa * powerOfTen(-excess)) }
    return Amount(mantissa: mantissa.divided(by: powerOfTen(excess), roundingUp: roundingUp))
  }
}

extension Int128 {
  /// The quotient by a positive divisor, rounded towards plus or minus infinity.
  package func divided(by divisor: Int128, roundingUp: Bool) -> Int128 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    if remainder == 0 { return quotient }
    if roundingUp { return remainder > 0 ? quotient + 1 : quotient }
    return remainder < 0 ? quotient - 1 : quotient
  }
}

/// The exact product; 128 bits always suffice.
@inline(__always) func product(_ a: Int64, _ b: Int64) -> Int128 {
  Int128(a) &* Int128(b)
}

/// How far a key stands above the least one; `.max` if that does not fit a word, or if there is no
/// key, which is `.max` too.
@inline(__always) func keyDistance(_ key: Int128, from least: Int128) -> Int64 {
  let distance = UInt128(truncatingIfNeeded: key &- least)
  return distance < UInt128(Int64.max) ? Int64(truncatingIfNeeded: distance) : .max
}
