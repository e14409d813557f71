/// A quantity that may rest for a while before it is taken.
package struct PassiveRequest: Sendable, BitwiseCopyable {
  package var side: Side
  package var quantity: Quantity
  /// The worst price at which to rest; `nil` for none.
  package var limitPrice: Price?
  /// What a unit costs if all is taken now: the cost of the exact plan by its quantity, in units of
  /// `10^-(priceScale + 8)`; net proceeds on a sell.
  package var takeUnit: Int128
  /// How much worse a unit becomes that is taken after it has rested in vain.
  package var adverseMove: FeeRate
  /// How long an order can rest at the venue.
  package var horizonNanoseconds: Int64
  package var maximumRests: Int

  package init(
    side: Side, quantity: Quantity, limitPrice: Price?, takeUnit: Int128, adverseMove: FeeRate,
    horizonNanoseconds: Int64, maximumRests: Int = PassiveDecision.capacity
  ) {
    self.side = side
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.takeUnit = takeUnit
    self.adverseMove = adverseMove
    self.horizonNanoseconds = horizonNanoseconds
    self.maximumRests = maximumRests
  }
}

/// A listing at which an order may rest: its touch, its rules and how its queue moves.
package struct PassiveVenue: Sendable, BitwiseCopyable {
  package var listing: ListingID
  package var venue: VenueID
  /// The best level of the order's own side; its quantity is the queue ahead.
  package var touch: BookLevel
  package var oppositeTouch: Price
  package var priceIncrement: Price
  package var quantityIncrement: Quantity
  package var minimumQuantity: Quantity
  /// The least of the venue's own, the caller's caps and what the balance allows.
  package var maximumQuantity: Quantity
  package var minimumNotional: Notional
  package var makerFee: FeeRate
  package var outflow: OutflowRate

  package init(
    _ listing: Listing, touch: BookLevel, oppositeTouch: Price, maximumQuantity: Quantity,
    outflow: OutflowRate
  ) {
    self.listing = listing.id
    venue = listing.venue
    self.touch = touch
    self.oppositeTouch = oppositeTouch
    priceIncrement = listing.priceIncrement
    quantityIncrement = listing.quantityIncrement
    minimumQuantity = listing.minimumQuantity
    self.maximumQuantity = min(maximumQuantity, listing.maximumQuantity)
    minimumNotional = listing.minimumNotional
    makerFee = listing.makerFee
    self.outflow = outflow
  }
}
