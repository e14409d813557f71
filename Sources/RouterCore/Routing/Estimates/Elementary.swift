/// Exponential and logarithm from the basic operations alone.
///
/// The C library's differ in the last bit from one release to the next. These use nothing but
/// addition, multiplication, division and comparison, which IEEE 754 rounds in one way only, and
/// Swift does not contract a product and a sum. So they give the same bits on every machine.
enum Elementary {
  /// `ln 2` in two parts; the first has its last 21 bits clear, so that a product with an exponent
  /// is exact.
  private static let ln2High = Double(bitPattern: 0x3FE6_2E42_FEE0_0000)
  private static let ln2Low = Double(bitPattern: 0x3DEA_39EF_3579_3C76)
  private static let log2e = Double(bitPattern: 0x3FF7_1547_652B_82FE)
  private static let ln2 = Double(bitPattern: 0x3FE6_2E42_FEFA_39EF)

  /// `2^x`, within 4e-16 of its value; 0 below -1022, `2^1023` above 1023, and 0 for a NaN.
  static func exp2(_ x: Double) -> Double {
    guard x >= -1022 else { return 0 }
    guard x <= 1023 else { return scaled(1, by: 1023) }
    let whole = nearest(x)
    return scaled(smallExponential((x - Double(whole)) * ln2), by: whole)
  }

  /// `e^x`, within 4e-16 of its value; 0 below -708, `e^708` above 708, and 0 for a NaN.
  static func exp(_ x: Double) -> Double {
    guard x >= -708 else { return 0 }
    let bounded = x < 708 ? x : 708
    let whole = nearest(bounded * log2e)
    let exponent = Double(whole)
    return scaled(smallExponential((bounded - exponent * ln2High) - exponent * ln2Low), by: whole)
  }

  /// The natural logarithm, within 4e-16 of its value or 2e-16; minus infinity unless `x > 0`.
  static func log(_ x: Double) -> Double {
    guard x > 0 else { return -.infinity }
    guard x < .infinity else { return .infinity }
    guard x >= .leastNormalMagnitude else { return log(x * 0x1p54) - 54 * ln2 }
    var exponent = Int(x.bitPattern >> 52) - 1023
    var fraction = Double(bitPattern: x.bitPattern & (1 << 52 - 1) | 1023 << 52)
    if fraction > 1.4142135623730951 {
      fraction *= 0.5
      exponent += 1
    }
    return Double(exponent) * ln2High + (smallLogarithm(fraction) + Double(exponent) * ln2Low)
  }

  /// `e^x` for `|x| <= 0.35` by its series; the first term left out is below 2e-16.
  private static func smallExponential(_ x: Double) -> Double {
    var sum = 1.0
    var term = 13.0
    while term > 0 {
      sum = 1 + x / term * sum
      term -= 1
    }
    return sum
  }

  /// `ln x` for x between the roots of a half and of two, as twice the area tangent of `(x-1)/(x+1)`.
  private static func smallLogarithm(_ x: Double) -> Double {
    let ratio = (x - 1) / (x + 1)
    let square = ratio * ratio
    var sum = 0.0
    var odd = 21.0
    while odd >= 3 {
      sum = (sum + 1 / odd) * square
      odd -= 2
    }
    return 2 * ratio + 2 * ratio * sum
  }

  private static func nearest(_ x: Double) -> Int {
    Int(x < 0 ? x - 0.5 : x + 0.5)
  }

  /// `x * 2^exponent` for an exponent from -1022 to 1023.
  private static func scaled(_ x: Double, by exponent: Int) -> Double {
    x * Double(bitPattern: UInt64(exponent + 1023) << 52)
  }
}

extension Double {
  /// The nearest whole number within a range; its lower bound for a NaN.
  func whole(in range: ClosedRange<Int64>) -> Int64 {
    guard self > Double(range.lowerBound) else { return range.lowerBound }
    guard self < Double(range.upperBound) else { return range.upperBound }
    return Int64(self < 0 ? self - 0.5 : self + 0.5)
  }

  /// The nearest whole number, within what a cost can be; 0 for a NaN.
  var wholeCost: Int128 {
    guard self == self else { return 0 }
    let bounded = Swift.min(Swift.max(self, -0x1p126), 0x1p126)
    return Int128(bounded < 0 ? bounded - 0.5 : bounded + 0.5)
  }
}

/// How much of what was learned is left after a time.
enum Decay {
  /// `2^(-elapsed / halfLife)`; 1 if no time or less than none has passed.
  static func factor(from earlier: Int64, to now: Int64, halfLife: Int64) -> Double {
    let (elapsed, overflow) = now.subtractingReportingOverflow(earlier)
    if overflow { return now > earlier ? 0 : 1 }
    guard elapsed > 0 else { return 1 }
    return Elementary.exp2(-Double(elapsed) / Double(Swift.max(halfLife, 1)))
  }

  static func nanoseconds(milliseconds: Int64) -> Int64 {
    let bounded = Swift.min(Swift.max(milliseconds, 1), 1_000_000_000_000)
    return bounded * 1_000_000
  }
}
