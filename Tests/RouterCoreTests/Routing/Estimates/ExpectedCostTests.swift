import RouterCore
import Testing

struct ExpectedCostTests {
  /// Prices with two decimals, without fees, as unit costs.
  private func unit(_ cents: Int64) -> Int128 { Int128(cents) * Int128(FeeRate.one) }

  private func expected(_ cents: Int64, _ probability: Int, _ side: Side = .buy) -> Int128 {
    let replacement = unit(60_030_00)
    let saving = ExpectedCost.saving(
      unit: unit(cents), replacement: replacement, fillProbability: probability, side: side)
    return side == .buy ? replacement - saving : replacement + saving
  }

  @Test func `the surer venue costs less although its price is worse`() {
    // routing.md, Example 4.
    #expect(expected(60_000_00, 6_000) == unit(60_012_00))
    #expect(expected(60_006_00, 9_500) == unit(60_007_20))
  }

  @Test func `sending the whole to both venues costs more than to one`() {
    // routing.md, Example 5: need 1, both sent 1, what is too much is sold at 59,985.
    let (a, b, replacement) = (unit(60_000_00), unit(60_006_00), unit(60_030_00))
    let both =
      (57 * (a + b - unit(59_985_00)) + 3 * a + 38 * b + 2 * replacement) / 100
    #expect(both == unit(60_014_85))
    #expect(expected(60_006_00, 9_500) < both)
  }

  @Test func `a certain fill costs its price and a hopeless one the replacement`() {
    #expect(expected(60_000_00, 10_000) == unit(60_000_00))
    #expect(expected(60_000_00, 0) == unit(60_030_00))
    #expect(expected(60_060_00, 5_000, .sell) == unit(60_045_00))
  }

  @Test func `the replacement is worse by the adverse move on either side`() {
    let move = FeeRate(partsPerHundredMillion: 10_000)
    let marginal = unit(60_000_00)
    #expect(
      ExpectedCost.replacement(marginalUnit: marginal, adverseMove: move, side: .buy)
        == unit(60_006_00))
    #expect(
      ExpectedCost.replacement(marginalUnit: marginal, adverseMove: move, side: .sell)
        == unit(59_994_00))
  }

  @Test func `no number traps`() {
    for unit: Int128 in [.min, -1, 0, 1, .max] {
      for parts: Int64 in [.min, 0, .max] {
        let move = FeeRate(partsPerHundredMillion: parts)
        for side in Side.allCases {
          let later = ExpectedCost.replacement(marginalUnit: unit, adverseMove: move, side: side)
          _ = ExpectedCost.saving(
            unit: -1, replacement: later, fillProbability: Int(parts), side: side)
          _ = ExpectedCost.saving(
            unit: unit, replacement: .max, fillProbability: 10_000, side: side)
        }
      }
    }
  }
}

struct AdverseMoveTests {
  private func time(_ seconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: 1_800_000_000_000_000_000 + seconds * 1_000_000_000)
  }

  @Test func `misses move the mean away from the prior and time back to it`() {
    var move = AdverseMove(prior: FeeRate(partsPerHundredMillion: 1_000), priorWeight: 10)
    #expect(move.estimate(at: time(0)).partsPerHundredMillion == 1_000)
    for _ in 0..<10 {
      move.record(
        planned: Price(mantissa: 100_000), later: Price(mantissa: 100_005), side: .buy, at: time(0))
    }
    #expect(move.estimate(at: time(0)).partsPerHundredMillion == 3_000)
    // After a half-life five misses are left: (10 * 1000 + 5 * 5000) / 15.
    #expect(move.estimate(at: time(300)).partsPerHundredMillion == 2_333)
    #expect(move.estimate(at: time(86_400)).partsPerHundredMillion == 1_000)
  }

  @Test func `a falling price is adverse to a sell alone`() {
    var sell = AdverseMove(priorWeight: 1)
    var buy = sell
    let (planned, later) = (Price(mantissa: 100_000), Price(mantissa: 99_990))
    sell.record(planned: planned, later: later, side: .sell, at: time(0))
    buy.record(planned: planned, later: later, side: .buy, at: time(0))
    #expect(sell.estimate(at: time(0)).partsPerHundredMillion == 5_000)
    #expect(buy.estimate(at: time(0)) == .zero)
  }

  @Test func `one stray quote counts one percent at most`() {
    var move = AdverseMove(priorWeight: 9)
    move.record(planned: Price(mantissa: 1), later: Price(mantissa: .max), side: .buy, at: time(0))
    #expect(move.estimate(at: time(0)).partsPerHundredMillion == 100_000)
  }

  @Test func `no number traps`() {
    for extreme: Int64 in [.min, -1, 0, 1, .max] {
      var move = AdverseMove(
        prior: FeeRate(partsPerHundredMillion: extreme), priorWeight: Int(extreme),
        halfLifeMilliseconds: extreme)
      for other: Int64 in [.min, -1, 0, 1, .max] {
        for now in [time(0), .distantFuture, .distantPast] {
          move.record(
            planned: Price(mantissa: extreme), later: Price(mantissa: other), side: .sell, at: now)
          #expect((0...FeeRate.one).contains(move.estimate(at: now).partsPerHundredMillion))
        }
      }
    }
  }
}
