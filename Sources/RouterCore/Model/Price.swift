/// A price in quote currency per unit of base, exact.
///
/// The mantissa counts units of `10^-priceScale` of the instrument (`Instrument.priceScale`).
public struct Price: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var mantissa: Int64

  @inlinable public init(mantissa: Int64) {
    self.mantissa = mantissa
  }

  @inlinable public static func < (a: Price, b: Price) -> Bool { a.mantissa < b.mantissa }

  public static let zero = Price(mantissa: 0)
}
