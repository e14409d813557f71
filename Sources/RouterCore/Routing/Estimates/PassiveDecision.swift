/// How much rests where, and how much is taken at once.
package struct PassiveDecision: Sendable {
  package static let capacity = 32

  /// For the exact planner, now; all of the quantity if resting is not worth its risk.
  package internal(set) var takeNow = Quantity.zero
  /// What the whole is expected to cost (a sell: to bring), the rests that miss taken later.
  package internal(set) var expectedCost = AllInCost.zero
  /// What it costs (a sell: brings) if all is taken now.
  package internal(set) var takeCost = AllInCost.zero
  package internal(set) var restCount = 0
  private var rests = InlineArray<32, PassiveRest>(repeating: PassiveRest())

  package init() {}

  package subscript(index: Int) -> PassiveRest {
    precondition(index >= 0 && index < restCount)
    return rests[index]
  }

  mutating func append(_ rest: PassiveRest) {
    rests[restCount] = rest
    restCount += 1
  }
}

/// An order that is to rest.
package struct PassiveRest: Sendable, Hashable, BitwiseCopyable {
  package internal(set) var listing = ListingID(0)
  package internal(set) var venue = VenueID(0)
  package internal(set) var price = Price.zero
  package internal(set) var quantity = Quantity.zero
  /// One tick better than the touch, with nobody ahead; else at the touch.
  package internal(set) var isInside = false
  package internal(set) var queueAhead = Quantity.zero
  /// The part of it that is expected to fill, in parts per ten thousand.
  package internal(set) var fillProbability = 0
  /// What a unit of it is expected to cost in the end, as `PassiveRequest.takeUnit`.
  package internal(set) var expectedUnit: Int128 = 0
}
