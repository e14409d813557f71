/// What a synthetic market looks like: prices, spreads, depths and rates.
///
/// The defaults imitate BTC and ETH books recorded at several venues.
package struct MarketShape: Sendable {
  /// The price around which the common reference moves, in quote units.
  package var referencePrice: Double
  /// How far the reference moves within a second, in basis points.
  package var volatilityBasisPoints = 1.4
  /// How far this venue strays from the reference.
  package var dispersionBasisPoints = 0.6
  package var spreadBasisPoints = 0.7
  package var levelsPerSide = 140
  package var depthBasisPoints = 48.0
  /// Median notional of the best level and of one behind it, in quote units.
  package var touchNotional = 26_000.0
  package var levelNotional = 11_000.0
  package var levelChangesPerSecond = 70.0
  package var tradesPerSecond = 0.8
  package var tradeNotional = 220.0
  /// How long the touch stays thin after a client has taken it.
  package var recoveryMilliseconds = 300

  package init(referencePrice: Double) { self.referencePrice = referencePrice }
}
