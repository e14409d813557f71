/// Fractions in parts per ten thousand.
package enum Parts {
  package static let one = 10_000
  /// A part can be a hundred times its whole and still be told.
  package static let maximum = 1_000_000

  /// How much `part` is of `whole`; zero if the whole is nothing.
  package static func of(_ part: Quantity, in whole: Quantity) -> Int {
    guard whole > .zero, part > .zero else { return 0 }
    let parts = product(part.mantissa, Int64(one)) / Int128(whole.mantissa)
    return Int(min(parts, Int128(maximum)))
  }

  static func fraction(_ parts: Int) -> Double {
    Double(Swift.min(Swift.max(parts, 0), one)) / Double(one)
  }

  static func parts(_ fraction: Double) -> Int {
    Int((fraction * Double(one)).whole(in: 0...Int64(one)))
  }
}
