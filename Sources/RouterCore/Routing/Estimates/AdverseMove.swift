/// How far the price has moved against us when an order missed, on average.
///
/// Misses are not chance: they happen because the price is leaving, so what was missed is bought
/// later at a worse price than the book showed (`routing.md` 3.1).
package struct AdverseMove: Sendable, BitwiseCopyable {
  /// No single move counts for more, so that one stray quote does not spoil the mean.
  static let largest: Int64 = FeeRate.one / 100

  private let prior: Double
  private let priorWeight: Double
  private let halfLife: Int64
  private var sum = 0.0
  private var weight = 0.0
  private var updatedAt: Int64 = .min

  /// The prior counts for `priorWeight` misses.
  package init(
    prior: FeeRate = .zero, priorWeight: Int = 10, halfLifeMilliseconds: Int64 = 300_000
  ) {
    self.prior = Double(min(max(prior.partsPerHundredMillion, 0), FeeRate.one))
    self.priorWeight = Double(min(max(priorWeight, 1), 1_000_000))
    halfLife = Decay.nanoseconds(milliseconds: halfLifeMilliseconds)
  }

  /// Learns from a miss: the best price to take when it was planned, and when it had ended.
  package mutating func record(planned: Price, later: Price, side: Side, at now: Timestamp) {
    guard planned > .zero, later > .zero else { return }
    let left = decay(until: now)
    sum = sum * left + Double(Self.move(planned, later, side))
    weight = weight * left + 1
    updatedAt = max(updatedAt, now.nanoseconds)
  }

  /// Never negative: a price that came to us is no reason to wait for more.
  package func estimate(at now: Timestamp) -> FeeRate {
    let left = decay(until: now)
    let mean = (priorWeight * prior + sum * left) / (priorWeight + weight * left)
    return FeeRate(partsPerHundredMillion: mean.whole(in: 0...FeeRate.one))
  }

  private static func move(_ planned: Price, _ later: Price, _ side: Side) -> Int64 {
    let moved = Int128(later.mantissa) - Int128(planned.mantissa)
    let parts = moved * Int128(FeeRate.one) / Int128(planned.mantissa)
    let bounded = Int64(min(max(parts, -Int128(largest)), Int128(largest)))
    return side == .buy ? bounded : -bounded
  }

  private func decay(until now: Timestamp) -> Double {
    Decay.factor(from: updatedAt, to: now.nanoseconds, halfLife: halfLife)
  }
}
