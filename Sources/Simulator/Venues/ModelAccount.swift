internal import RouterCore

/// What a model venue holds for us, in units of `Amount`; its own arithmetic.
struct ModelAccount {
  private(set) var totals: [Int128]
  /// What our own orders have moved.
  private(set) var changes: [Int128]
  /// What somebody else's orders hold.
  private(set) var foreignHolds: [Int128]
  /// Whether anybody else has touched the account, or it took a fee that nobody could expect.
  var isTouched = false
  private(set) var overdraws = 0
  /// What executions have taken that must not have been, by their ids, until we are told of them.
  private var untold: [(executionID: ShortText, taken: [Int128])] = []

  init(_ totals: [Int128]) {
    self.totals = totals
    changes = [Int128](repeating: 0, count: totals.count)
    foreignHolds = changes
  }

  mutating func move(_ asset: AssetID, by amount: Int128) {
    totals[asset.index] += amount
    changes[asset.index] += amount
  }

  mutating func moveForeign(_ asset: Int, by amount: Int128) {
    isTouched = true
    totals[asset] = max(totals[asset] + amount, 0)
  }

  mutating func holdForeign(_ asset: Int, _ amount: Int128) {
    isTouched = true
    foreignHolds[asset] = amount
  }

  /// An order is refused for want of `missing`.
  ///
  /// A router can not know what a venue has taken for an order that it called over, before it tells.
  mutating func noteShortage(of asset: AssetID, _ missing: Int128) {
    let excused = untold.reduce(0) { $0 + $1.taken[asset.index] }
    if !isTouched && missing > excused { overdraws += 1 }
  }

  mutating func noteLie(_ executionID: ShortText, since before: [Int128]) {
    untold.append((executionID, zip(before, totals).map { max($0 - $1, 0) }))
  }

  mutating func told(_ executionID: ShortText) {
    untold.removeAll { $0.executionID == executionID }
  }

  static func scale(_ exponent: Int) -> Int128 {
    var result: Int128 = 1
    for _ in 0..<exponent { result *= 10 }
    return result
  }

  static func notional(_ price: Int64, _ quantity: Int64, _ instrument: Instrument) -> Int128 {
    Int128(price) * Int128(quantity)
      * scale(16 - Int(instrument.priceScale) - Int(instrument.quantityScale))
  }

  static func base(_ quantity: Int64, _ instrument: Instrument) -> Int128 {
    Int128(quantity) * scale(16 - Int(instrument.quantityScale))
  }

  /// A part in hundred-millionths, rounded up.
  static func part(_ amount: Int128, _ rate: Int64) -> Int128 {
    (amount * Int128(rate) + 99_999_999) / 100_000_000
  }
}
