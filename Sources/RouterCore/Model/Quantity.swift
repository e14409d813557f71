/// An amount of the base asset, exact.
///
/// The mantissa counts units of `10^-quantityScale` of the instrument (`Instrument.quantityScale`).
public struct Quantity: Sendable, Hashable, Comparable, BitwiseCopyable {
  public var mantissa: Int64

  @inlinable public init(mantissa: Int64) {
    self.mantissa = mantissa
  }

  @inlinable public static func < (a: Quantity, b: Quantity) -> Bool { a.mantissa < b.mantissa }
  @inlinable public static func + (a: Quantity, b: Quantity) -> Quantity {
    Quantity(mantissa: a.mantissa + b.mantissa)
  }
  @inlinable public static func - (a: Quantity, b: Quantity) -> Quantity {
    Quantity(mantissa: a.mantissa - b.mantissa)
  }
  @inlinable public static func += (a: inout Quantity, b: Quantity) { a = a + b }
  @inlinable public static func -= (a: inout Quantity, b: Quantity) { a = a - b }

  public static let zero = Quantity(mantissa: 0)

  /// The sum of two quantities that are not negative, or the greatest quantity if it does not fit.
  ///
  /// For sums over what venues report, which must never trap whatever they report.
  @inlinable package func addingSaturated(_ other: Quantity) -> Quantity {
    let (sum, overflow) = mantissa.addingReportingOverflow(other.mantissa)
    return Quantity(mantissa: overflow ? .max : sum)
  }

  /// The greatest multiple of `increment` that is not above this quantity.
  @inlinable public func roundedDown(to increment: Quantity) -> Quantity {
    guard increment.mantissa > 1 else { return self }
    return Quantity(mantissa: mantissa - mantissa % increment.mantissa)
  }
}
