/// An amount of any asset - a balance, a fee, a position - at one scale for all assets.
///
/// The mantissa counts units of `10^-16`: wide enough for every fee a venue computes (notional
/// digits plus fee digits), and 128 bits leave room for 1.7e22 whole units.
public struct Amount: Sendable, Hashable, Comparable, BitwiseCopyable {
  public static let scale = 16

  public var mantissa: Int128

  @inlinable public init(mantissa: Int128) {
    self.mantissa = mantissa
  }

  @inlinable public static func < (a: Amount, b: Amount) -> Bool { a.mantissa < b.mantissa }
  @inlinable public static func + (a: Amount, b: Amount) -> Amount {
    Amount(mantissa: a.mantissa + b.mantissa)
  }
  @inlinable public static func - (a: Amount, b: Amount) -> Amount {
    Amount(mantissa: a.mantissa - b.mantissa)
  }
  @inlinable public static prefix func - (a: Amount) -> Amount { Amount(mantissa: -a.mantissa) }
  @inlinable public static func += (a: inout Amount, b: Amount) { a = a + b }
  @inlinable public static func -= (a: inout Amount, b: Amount) { a = a - b }

  public static let zero = Amount(mantissa: 0)
}

extension Quantity {
  /// This quantity as an amount of the base asset; exact.
  @inlinable public func amount(of instrument: Instrument) -> Amount {
    Amount(mantissa: Int128(mantissa) * powerOfTen(Amount.scale - Int(instrument.quantityScale)))
  }
}
