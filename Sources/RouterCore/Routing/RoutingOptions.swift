/// How a client wants an order to be routed; the default is the best all-in price, all at once.
package struct RoutingOptions: Sendable, Hashable, BitwiseCopyable {
  package var strategy = RoutingStrategy.bestPrice
  /// Whether plans minimise the expected cost instead of the cost of sure levels.
  package var usesExpectedCost = false
  package var arrival = ArrivalMode.spray
  /// How much of each displayed level may be taken, in parts per ten thousand; 1 to 10,000.
  package var maximumParticipation: UInt16 = 10_000
  /// The greatest child; zero for no cap.
  package var maximumChildQuantity = Quantity.zero
  /// By how much a child may be made smaller at random, in parts per ten thousand.
  package var sizeJitter: UInt16 = 0
  /// How much worse than the bound a randomised plan may be, in hundredths of a basis point.
  package var jitterTolerance: UInt16 = 0
  /// The least time from one wave to the next.
  package var waveIntervalMilliseconds: UInt32 = 0
  /// How long `priceImprovement` rests before it takes.
  package var passiveMilliseconds: UInt32 = 0
  /// What becomes of the part of a lasting limit order that can not be taken now.
  package var residual = ResidualPolicy.rest
  /// How much more than the order's quantity the client agrees to get, in parts per ten thousand.
  ///
  /// Up to that, children may together ask for more than is missing.
  package var overRouting: UInt16 = 0

  /// A tenth of the quantity.
  package static let maximumOverRouting: UInt16 = 1000

  package init() {}

  package var objective: RoutingObjective { usesExpectedCost ? .expectedCost : .cost }

  /// Whether the options make sense for an order with this time in force.
  func isValid(for timeInForce: TimeInForce) -> Bool {
    guard maximumParticipation >= 1, maximumParticipation <= 10_000, sizeJitter < 10_000,
      maximumChildQuantity >= .zero, overRouting == 0 || mayOverRoute(timeInForce)
    else { return false }
    // Only an order that may stay open can rest; nothing else has a passive phase.
    let mayRest = timeInForce == .goodTillCancel || timeInForce == .goodTillDate
    return (strategy == .priceImprovement) == (passiveMilliseconds > 0)
      && (mayRest || strategy != .priceImprovement)
  }

  /// Only where misses are expected, and where all children are out at once.
  private func mayOverRoute(_ timeInForce: TimeInForce) -> Bool {
    overRouting <= Self.maximumOverRouting && usesExpectedCost && strategy == .bestPrice
      && arrival == .spray && sizeJitter == 0 && timeInForce != .fillOrKill
  }
}

/// Where an order's children go; a closed set.
package enum RoutingStrategy: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// The exact split with the best all-in cost.
  case bestPrice = 1
  /// As few venues as can take the same quantity, and the best split over them.
  case fewestVenues = 2
  /// One venue for each wave, the best one.
  case singleVenue = 3
  /// Each venue in proportion to what it displays within the limit.
  case proRata = 4
  /// Rests where that is expected to cost less than taking, then takes what is left.
  case priceImprovement = 5
}

/// What becomes of what a good-till-cancel or good-till-date limit order can not take now.
package enum ResidualPolicy: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// Rests at the parent's limit at the venue with the least maker cost.
  case rest = 1
  /// Stays in the router until some book comes inside the limit.
  case hold = 2
}

/// When the children of one plan leave.
package enum ArrivalMode: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  /// All at once.
  case spray = 1
  /// The one with the largest saving first; the rest is planned again after its answer.
  case sequential = 2
  /// So that all of them arrive together: nearer venues later.
  case synchronized = 3
}

/// What a plan of an order minimised.
package enum RoutingObjective: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case cost = 1
  case expectedCost = 2
}
