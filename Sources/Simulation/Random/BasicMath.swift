/// Logarithm and exponential from IEEE basic operations, without a math library.
///
/// So every machine agrees on them.
package enum BasicMath {
  private static let logarithmOfTwo = 0.693_147_180_559_945_3

  /// The natural logarithm of a positive finite number; good to about twelve digits.
  package static func naturalLogarithm(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return -745 }
    let ratio = (value.significand - 1.414_213_562) / (value.significand + 1.414_213_562)
    let square = ratio * ratio
    var term = ratio
    var sum = 0.0
    for divisor in stride(from: 1.0, through: 21.0, by: 2.0) {
      sum += term / divisor
      term *= square
    }
    return 2 * sum + 0.346_573_590_101_222_3 + Double(value.exponent) * logarithmOfTwo
  }

  /// The greatest integer not above a number, which is cut off at ±10^18.
  package static func floor(_ value: Double) -> Int64 {
    let bounded = Swift.max(-1e18, Swift.min(1e18, value))
    let truncated = Int64(bounded)
    return Double(truncated) > bounded ? truncated - 1 : truncated
  }

  /// The square root of a positive number, good to about twelve digits.
  package static func squareRoot(_ value: Double) -> Double {
    exponential(naturalLogarithm(value) / 2)
  }

  /// The exponential function; arguments beyond ±700 are cut off there.
  package static func exponential(_ value: Double) -> Double {
    let bounded = Swift.max(-700, Swift.min(700, value))
    let power = Double(floor(bounded / logarithmOfTwo + 0.5))
    let rest = bounded - power * logarithmOfTwo
    var term = 1.0
    var sum = 1.0
    for divisor in 1...16 {
      term *= rest / Double(divisor)
      sum += term
    }
    return Double(sign: .plus, exponent: Int(power), significand: 1) * sum
  }
}
