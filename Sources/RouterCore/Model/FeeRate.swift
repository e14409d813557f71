/// A fee as a fraction of the notional, in parts per hundred million; negative is a rebate.
///
/// 10 bps are 100,000 parts. Finer rates than 1e-8 are not published by any venue we know.
public struct FeeRate: Sendable, Hashable, Comparable, BitwiseCopyable {
  public static let one: Int64 = 100_000_000

  public var partsPerHundredMillion: Int64

  @inlinable public init(partsPerHundredMillion: Int64) {
    self.partsPerHundredMillion = partsPerHundredMillion
  }

  @inlinable public static func < (a: FeeRate, b: FeeRate) -> Bool {
    a.partsPerHundredMillion < b.partsPerHundredMillion
  }

  public static let zero = FeeRate(partsPerHundredMillion: 0)
}
