package import Simulation

/// The markets that the simulated venues list, with prices that agree between venues.
package enum StandardMarkets {
  /// The shape of a pair's market; `activity` scales how much happens at a venue.
  package static func shape(_ base: String, activity: Double = 1, depth: Double = 1) -> MarketShape
  {
    var shape: MarketShape
    switch base {
    case "BTC": shape = MarketShape(referencePrice: 64_200)
    case "ETH":
      shape = MarketShape(referencePrice: 3_150)
      shape.volatilityBasisPoints = 1.6
      shape.spreadBasisPoints = 0.9
      shape.touchNotional = 14_000
      shape.levelNotional = 8_000
      shape.tradesPerSecond = 0.6
    default:
      shape = MarketShape(referencePrice: 152)
      shape.volatilityBasisPoints = 2
      shape.spreadBasisPoints = 2.4
      shape.touchNotional = 6_000
      shape.levelNotional = 4_000
      shape.levelChangesPerSecond = 30
      shape.tradesPerSecond = 0.3
    }
    shape.levelChangesPerSecond *= activity
    shape.tradesPerSecond *= activity
    shape.touchNotional *= depth
    shape.levelNotional *= depth
    return shape
  }
}
