/// Price times quantity, exact in 128 bits.
///
/// The mantissa counts units of `10^-(priceScale + quantityScale)` of the quote asset.
public struct Notional: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var mantissa: Int128

  @inlinable public init(mantissa: Int128) {
    self.mantissa = mantissa
  }

  @inlinable public static func < (a: Notional, b: Notional) -> Bool { a.mantissa < b.mantissa }
  @inlinable public static func + (a: Notional, b: Notional) -> Notional {
    Notional(mantissa: a.mantissa + b.mantissa)
  }
  @inlinable public static func - (a: Notional, b: Notional) -> Notional {
    Notional(mantissa: a.mantissa - b.mantissa)
  }
  @inlinable public static func += (a: inout Notional, b: Notional) { a = a + b }
  @inlinable public static func -= (a: inout Notional, b: Notional) { a = a - b }

  public static let zero = Notional(mantissa: 0)

  /// This notional as an amount of the quote asset.
  ///
  /// Exact, because an instrument's two scales never add up to more than `Amount.scale`.
  @inlinable public func amount(of instrument: Instrument) -> Amount {
    Amount(mantissa: mantissa * powerOfTen(Amount.scale - instrument.notionalScale))
  }
}

@inlinable public func * (price: Price, quantity: Quantity) -> Notional {
  Notional(mantissa: Int128(price.mantissa) * Int128(quantity.mantissa))
}

/// `10^exponent` for an exponent from 0 to 38.
@inlinable public func powerOfTen(_ exponent: Int) -> Int128 {
  precondition(exponent >= 0 && exponent <= 38)
  var result: Int128 = 1
  for _ in 0..<exponent { result *= 10 }
  return result
}
