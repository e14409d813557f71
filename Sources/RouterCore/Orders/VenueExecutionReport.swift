/// A venue's answer about a child order of ours, FIX message 8 turned towards us.
package struct VenueExecutionReport: Sendable, Hashable, BitwiseCopyable {
  package enum Kind: UInt8, Sendable, BitwiseCopyable {
    /// The last byte of the new order has been handed to the kernel.
    case sent = 1
    /// No byte of the new order has left and none will.
    case notSent = 2
    /// Accepted by the venue; not necessarily live yet.
    case acknowledged = 3
    /// Refused; nothing of it traded or will.
    case rejected = 4
    /// One execution: `executionID`, `lastQuantity`, `lastPrice`, `fee`, `feeAsset`, `liquidity`.
    case fill = 5
    /// Ended by us or by the venue with a remainder.
    case canceled = 6
    /// Ended by its time in force or by a rule of the venue.
    case expired = 7
    /// Ended whole.
    case filled = 8
    /// The request may or may not have reached the venue.
    case outcomeUnknown = 9
    /// A cancel was refused: the order is done or was never there.
    case cancelRejected = 10
    /// A targeted query found it working.
    case stillOpen = 11
    /// A targeted query *and* a trades query, both started at `queriedAt`, found nothing; without that
    /// time only the targeted one was made, which proves nothing.
    case notFound = 12
    /// A query failed; it says nothing.
    case queryFailed = 13
  }

  package var venue: VenueID
  package var child: ChildOrderID
  package var kind: Kind
  package var venueOrderID = ShortText()
  package var executionID = ShortText()
  package var lastQuantity = Quantity.zero
  package var lastPrice = Price.zero
  package var fee = Amount.zero
  package var feeAsset = AssetID.unlisted
  package var liquidity = Liquidity.unknown
  /// The venue's own running total, where it says one; checked against the sum of fills.
  package var cumulativeQuantity: Quantity?
  package var rejectReason = RejectReason.none
  /// The venue's words, cut to fit, for people.
  package var text = ShortText()
  package var venueTime = Timestamp.distantPast
  package var queriedAt = Timestamp.distantPast

  package init(venue: VenueID, child: ChildOrderID, kind: Kind) {
    self.venue = venue
    self.child = child
    self.kind = kind
  }
}

/// Why an order, parent or child, was refused or given up.
package enum RejectReason: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case none = 0
  // Requests.
  case unknownInstrument = 1
  case invalidQuantity = 2
  case invalidPrice = 3
  case unsupportedOrderType = 4
  case duplicateClientOrderID = 5
  case unknownOrder = 6
  case orderAlreadyClosed = 7
  case tooManyOrders = 8
  /// Options that contradict each other or the order's time in force.
  case invalidRouting = 9
  case cancelPending = 10
  /// An order that is over at once can not be changed.
  case notReplaceable = 11
  /// Good till a date that was not named.
  case missingDeadline = 12
  /// A stop price where there must be none, or none where there must be one.
  case invalidStop = 13
  /// Post-only together with something that takes.
  case postOnlyConflict = 14
  // Risk and state.
  case halted = 20
  case orderValueLimit = 21
  case orderQuantityLimit = 22
  case priceCollar = 23
  case noMarket = 24
  case notRecovered = 25
  case journalFailed = 26
  case deadlinePassed = 27
  case noRoute = 28
  case cannotFillWhole = 29
  case openOrdersLimit = 30
  /// At the decision it was too late for every venue to be reached before the deadline.
  case staleAtDecision = 31
  // Release of a child.
  case bookStale = 40
  case linkDown = 41
  case listingNotTrading = 42
  case venueHalted = 43
  case parentClosed = 44
  /// The venue's circuit breaker has opened since the child was intended.
  case breakerOpen = 45
  /// The venue's request budget has no room for a new order.
  case throttled = 46
  /// At the release it was too late for the venue to be reached before the deadline.
  case staleAtRelease = 47
  case maintenance = 48
  // What venues say.
  case insufficientFunds = 60
  case belowMinimum = 61
  case incrementViolation = 62
  case rateLimited = 63
  case authentication = 64
  case venueUnavailable = 65
  case marketClosed = 66
  /// It must rest, and would have traded.
  case postOnlyWouldTake = 67
  case cannotFillNow = 68
  case clockSkew = 69
  case duplicateAtVenue = 70
  case venueRule = 71
  case malformedRequest = 72
}
