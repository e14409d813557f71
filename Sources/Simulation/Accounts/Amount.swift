/// An exact amount of one asset, counted in units of 10^-16.
package struct Amount: Sendable, Hashable, Comparable, AdditiveArithmetic {
  package static let scale = 16
  package static let zero = Amount(units: 0)

  package var units: Int128

  package init(units: Int128) { self.units = units }

  /// The amount `mantissa` x 10^-`scale`; a scale beyond 16 is our own mistake.
  package init(mantissa: Int128, scale: Int) {
    precondition(scale >= 0 && scale <= Self.scale)
    units = mantissa * Self.powerOfTen(Self.scale - scale)
  }

  package init(mantissa: Int64, scale: Int) {
    self.init(mantissa: Int128(mantissa), scale: scale)
  }

  package static func + (left: Amount, right: Amount) -> Amount {
    Amount(units: left.units + right.units)
  }

  package static func - (left: Amount, right: Amount) -> Amount {
    Amount(units: left.units - right.units)
  }

  package static func < (left: Amount, right: Amount) -> Bool { left.units < right.units }

  package static func powerOfTen(_ exponent: Int) -> Int128 {
    var power: Int128 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
  }

  /// The amount rounded to so many decimals.
  package func rounded(toDigits digits: Int, _ rounding: FeeRounding) -> Amount {
    let step = Self.powerOfTen(Self.scale - min(max(digits, 0), Self.scale))
    let rest = units % step
    guard rest != 0 else { return self }
    let below = units - (rest < 0 ? rest + step : rest)
    switch rounding {
    case .down: return Amount(units: below)
    case .up: return Amount(units: below + step)
    case .nearest: return Amount(units: (units - below) * 2 < step ? below : below + step)
    }
  }
}

package enum FeeRounding: UInt8, Sendable {
  case down, up, nearest
}

/// A fraction in units of 10^-8: 0.4 % is 400,000.
package struct FeeRate: Sendable, Hashable {
  package static let scale = 8
  package var units: Int64

  package init(units: Int64) { self.units = units }

  /// The rate of so many hundredths of a basis point.
  package init(hundredthBasisPoints: Int64) { units = hundredthBasisPoints * 100 }

  package func of(_ amount: Amount) -> Amount {
    let whole = amount.units / 100_000_000
    let rest = amount.units % 100_000_000
    return Amount(units: whole * Int128(units) + rest * Int128(units) / 100_000_000)
  }
}
