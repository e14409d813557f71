/// What is assumed about a venue until our own orders and its books have taught us better.
package struct VenueRouting: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  /// How long an order takes to reach the matching engine.
  package var latencyNanoseconds: Int64
  /// The venue's clock less ours.
  package var clockOffsetNanoseconds: Int64
  /// The part of a child that fills if its book has no age, in parts per ten thousand.
  package var fillProbability: UInt16
  /// How fast that part shrinks with the book's age, in parts per ten thousand and second.
  package var fadePerSecond: UInt32
  /// How far the market has moved away, on average, when a child misses.
  package var adverseMove: FeeRate
  /// How much of the displayed touch trades or leaves in a second, in parts per ten thousand.
  package var touchTurnover: UInt32

  package init(
    venue: VenueID, latencyNanoseconds: Int64 = 25_000_000, clockOffsetNanoseconds: Int64 = 0,
    fillProbability: UInt16 = 9500, fadePerSecond: UInt32 = 1000,
    adverseMove: FeeRate = FeeRate(partsPerHundredMillion: 10_000),
    touchTurnover: UInt32 = 1000
  ) {
    self.venue = venue
    self.latencyNanoseconds = latencyNanoseconds
    self.clockOffsetNanoseconds = clockOffsetNanoseconds
    self.fillProbability = fillProbability
    self.fadePerSecond = fadePerSecond
    self.adverseMove = adverseMove
    self.touchTurnover = touchTurnover
  }
}
