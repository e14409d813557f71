/// Everything the core can say in answer to events; reused, so that it stops allocating.
///
/// Facts come first: a command may leave only when every fact that stands before it is safe.
package struct Outbox: Sendable {
  /// What has become true, in order; written to the journal.
  package var facts: [Fact] = []
  /// What venues must do, each with the number of facts of this outbox that must be safe first.
  package var commands: [PendingCommand] = []
  /// Answers to client requests; told only when the facts that stand before them are safe.
  package var replies: [PendingReply] = []
  /// Listings whose book needs a fresh snapshot.
  package var snapshotRequests: [ListingID] = []

  package struct PendingCommand: Sendable, BitwiseCopyable {
    package var command: VenueCommand
    package var factCount: Int
  }

  package struct PendingReply: Sendable, BitwiseCopyable {
    package var reply: ClientReply
    package var factCount: Int
  }

  package init() {
    facts.reserveCapacity(256)
    commands.reserveCapacity(64)
    replies.reserveCapacity(64)
  }

  package var isEmpty: Bool {
    facts.isEmpty && commands.isEmpty && replies.isEmpty && snapshotRequests.isEmpty
  }

  package mutating func append(_ fact: Fact) {
    facts.append(fact)
  }

  package mutating func append(_ command: VenueCommand) {
    commands.append(PendingCommand(command: command, factCount: facts.count))
  }

  package mutating func append(_ reply: ClientReply) {
    replies.append(PendingReply(reply: reply, factCount: facts.count))
  }

  /// Drops all but the snapshot requests.
  mutating func removeWritten() {
    facts.removeAll(keepingCapacity: true)
    commands.removeAll(keepingCapacity: true)
    replies.removeAll(keepingCapacity: true)
  }

  package mutating func removeAll() {
    facts.removeAll(keepingCapacity: true)
    commands.removeAll(keepingCapacity: true)
    replies.removeAll(keepingCapacity: true)
    snapshotRequests.removeAll(keepingCapacity: true)
  }
}

/// What the core asks a venue to do.
package enum VenueCommand: Sendable, Hashable, BitwiseCopyable {
  /// Passes `RouterCore.release` once more before it leaves.
  case newOrder(NewChildOrder)
  case cancel(ChildReference)
  /// Ask what became of it: by client id, then trades.
  case query(ChildReference)
  /// Ask for the account's balances.
  case refreshBalances(VenueID)
  /// Ask for the account's open orders, ours or not.
  case listOpenOrders(VenueID)

  package var venue: VenueID {
    switch self {
    case .newOrder(let order): order.venue
    case .cancel(let child), .query(let child): child.venue
    case .refreshBalances(let venue), .listOpenOrders(let venue): venue
    }
  }
}

/// An order for one venue, exact in the venue's own increments.
package struct NewChildOrder: Sendable, Hashable, BitwiseCopyable {
  package var id: ChildOrderID
  package var venue: VenueID
  package var listing: ListingID
  package var side: Side
  /// A child always has a limit: no unbounded market order is ever sent.
  package var limitPrice: Price
  package var quantity: Quantity
  package var timeInForce: TimeInForce
  /// Whether the venue must refuse it rather than let it take; only with `.goodTillCancel`.
  package var isPostOnly: Bool

  package init(
    id: ChildOrderID, venue: VenueID, listing: ListingID, side: Side, limitPrice: Price,
    quantity: Quantity, timeInForce: TimeInForce, isPostOnly: Bool = false
  ) {
    self.id = id
    self.venue = venue
    self.listing = listing
    self.side = side
    self.limitPrice = limitPrice
    self.quantity = quantity
    self.timeInForce = timeInForce
    self.isPostOnly = isPostOnly
  }
}

/// Enough to name a child to its venue.
package struct ChildReference: Sendable, Hashable, BitwiseCopyable {
  package var id: ChildOrderID
  package var venue: VenueID
  package var listing: ListingID
  /// Empty if the venue has not told it.
  package var venueOrderID: ShortText
  package var sentAt: Timestamp
  /// Tells how long it can trade: what does not rest is over soon after it was sent.
  package var timeInForce: TimeInForce

  package init(
    id: ChildOrderID, venue: VenueID, listing: ListingID, venueOrderID: ShortText,
    sentAt: Timestamp, timeInForce: TimeInForce = .goodTillCancel
  ) {
    self.id = id
    self.venue = venue
    self.listing = listing
    self.venueOrderID = venueOrderID
    self.sentAt = sentAt
    self.timeInForce = timeInForce
  }
}

/// The core's answer to one client request.
package enum ClientReply: Sendable, Hashable, BitwiseCopyable {
  case accepted(requestID: UInt64, parent: ParentOrderID)
  /// The same client order id and the same request came before.
  case repeated(requestID: UInt64, parent: ParentOrderID)
  case refused(requestID: UInt64, reason: RejectReason)
  case cancelAccepted(requestID: UInt64, parent: ParentOrderID)
  /// The replacement stands, or will once nothing is out that contradicts it.
  case replaceAccepted(requestID: UInt64, parent: ParentOrderID)
  case done(requestID: UInt64)
}

extension ClientReply {
  /// The request that it answers.
  package var requestID: UInt64 {
    switch self {
    case .accepted(let id, _), .repeated(let id, _), .refused(let id, _),
      .cancelAccepted(let id, _), .replaceAccepted(let id, _), .done(let id):
      id
    }
  }
}
