/// An order that a venue lists as open on our account, under an id in our format.
package struct OpenOrderObservation: Sendable, Hashable, BitwiseCopyable {
  package var venue: VenueID
  package var child: ChildOrderID
  package var venueOrderID: ShortText
  /// `nil`: of a pair that the settings do not name.
  package var listing: ListingID?
  package var side: Side
  package var quantity: Quantity
  package var limitPrice: Price
  package var cumulativeQuantity: Quantity
  /// When the list was asked for.
  package var askedAt: Timestamp

  package init(
    venue: VenueID, child: ChildOrderID, venueOrderID: ShortText, listing: ListingID?, side: Side,
    quantity: Quantity, limitPrice: Price, cumulativeQuantity: Quantity, askedAt: Timestamp
  ) {
    self.venue = venue
    self.child = child
    self.venueOrderID = venueOrderID
    self.listing = listing
    self.side = side
    self.quantity = quantity
    self.limitPrice = limitPrice
    self.cumulativeQuantity = cumulativeQuantity
    self.askedAt = askedAt
  }

  /// What a report about an unknown child tells of it.
  init(_ report: VenueExecutionReport) {
    self.init(
      venue: report.venue, child: report.child, venueOrderID: report.venueOrderID, listing: nil,
      side: .buy, quantity: .zero, limitPrice: .zero,
      cumulativeQuantity: report.cumulativeQuantity ?? .zero, askedAt: .distantPast)
  }
}

/// Evidence of an order under an id of ours that the journal does not know as open.
package struct OrphanFound: Sendable, Hashable, BitwiseCopyable {
  package enum Verdict: UInt8, Sendable, BitwiseCopyable {
    /// Of an earlier run, and the journal does not have it.
    case unknown = 1
    /// The journal has it as ended.
    case ended = 2
    /// Made by another running router with our instance number.
    case otherRouter = 3
  }

  package var venue: VenueID
  package var child: ChildOrderID
  package var venueOrderID: ShortText
  /// `nil` if it is not known; then side, quantity and price say nothing either.
  package var listing: ListingID?
  package var side: Side
  package var quantity: Quantity
  package var limitPrice: Price
  package var cumulativeQuantity: Quantity
  package var verdict: Verdict
  package var at: Timestamp

  package init(_ order: OpenOrderObservation, _ verdict: Verdict, at time: Timestamp) {
    venue = order.venue
    child = order.child
    venueOrderID = order.venueOrderID
    listing = order.listing
    side = order.side
    quantity = order.quantity
    limitPrice = order.limitPrice
    cumulativeQuantity = order.cumulativeQuantity
    self.verdict = verdict
    at = time
  }
}
