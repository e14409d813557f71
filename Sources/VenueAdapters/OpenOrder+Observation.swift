package import RouterCore
internal import Wire

extension OpenOrder {
  /// The order in the core's numbers; `nil` if its id is not one of this instance's.
  ///
  /// A number that does not fit the listing's scales is zero, so that the core takes nothing from
  /// it.
  package func observation(
    venue: VenueID, instance: UInt32, listings: [ListingBinding], askedAt: Timestamp
  ) -> OpenOrderObservation? {
    guard let child, child.instance == instance else { return nil }
    let binding = listings.first { $0.definition.symbol == symbol }
    return OpenOrderObservation(
      venue: venue, child: child, venueOrderID: ShortText(venueOrderID) ?? ShortText(),
      listing: binding?.listing, side: side,
      quantity: Quantity(mantissa: Self.mantissa(quantity, binding?.instrument.quantityScale)),
      limitPrice: Price(mantissa: Self.mantissa(limitPrice, binding?.instrument.priceScale)),
      cumulativeQuantity: Quantity(
        mantissa: Self.mantissa(filled, binding?.instrument.quantityScale)),
      askedAt: askedAt)
  }

  private static func mantissa(_ text: String, _ scale: UInt8?) -> Int64 {
    guard let scale, let mantissa = DecimalText.parse(text, scale: Int(scale)) else { return 0 }
    return max(mantissa, 0)
  }
}

extension AdapterOutput {
  /// A venue's open orders: those of ours, and that it was all of them.
  package mutating func append(
    openOrders orders: [OpenOrder], venue: VenueID, instance: UInt32, listings: [ListingBinding],
    askedAt: Timestamp
  ) {
    for order in orders {
      let observation = order.observation(
        venue: venue, instance: instance, listings: listings, askedAt: askedAt)
      if let observation { append(.openOrderObserved(observation)) }
    }
    append(.openOrdersListed(venue))
  }
}
