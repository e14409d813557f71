/// What a unit costs on average when a part of it misses and is bought later.
///
/// Unit costs are those of `RoutePlan.marginalUnit`: all-in, in units of `10^-(priceScale + 8)`,
/// net proceeds on a sell. `routing.md` 3.1.
package enum ExpectedCost {
  /// What a missed unit costs: the marginal unit of the plan, made worse by the adverse move.
  package static func replacement(
    marginalUnit: Int128, adverseMove: FeeRate, side: Side
  ) -> Int128 {
    let move = Int128(min(max(adverseMove.partsPerHundredMillion, 0), FeeRate.one))
    let factor = side == .buy ? Int128(FeeRate.one) + move : Int128(FeeRate.one) - move
    return (bounded(marginalUnit) * factor).divided(
      by: Int128(FeeRate.one), roundingUp: side == .buy)
  }

  /// What intending a unit is expected to save against the replacement price.
  package static func saving(
    unit: Int128, replacement: Int128, fillProbability: Int, side: Side
  ) -> Int128 {
    let (cost, later) = (bounded(unit), bounded(replacement))
    let saving = side == .buy ? later - cost : cost - later
    return (saving * Int128(min(max(fillProbability, 0), Parts.one)))
      .divided(by: Int128(Parts.one), roundingUp: false)
  }

  /// No price times a fee comes near it, and its product with a hundred million does not overflow.
  private static func bounded(_ unit: Int128) -> Int128 {
    min(max(unit, -(1 << 96)), 1 << 96)
  }
}
