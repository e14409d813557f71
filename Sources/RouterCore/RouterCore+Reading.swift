/// Reading, for the service, for reports and for tests; nothing here changes anything durable.
extension RouterCore {
  package func parent(_ id: ParentOrderID) -> ParentOrder? {
    orders.slot(of: id).map { orders.parents[$0] }
  }

  package func parent(clientOrderID: ShortText) -> ParentOrder? {
    orders.requests.find(clientOrderID)?.parent.flatMap { parent($0) }
  }

  package func child(_ id: ChildOrderID) -> ChildOrder? {
    orders.slot(of: id).map { orders.children[$0] }
  }

  /// A parent's children in the order in which they were intended.
  package func children(of id: ParentOrderID) -> [ChildOrder] {
    guard let parent = orders.slot(of: id) else { return [] }
    var children: [ChildOrder] = []
    var next = orders.firstChild(of: parent)
    while let child = next {
      next = orders.nextChild(after: child)
      children.append(orders.children[child])
    }
    return children
  }

  /// Every child that is not closed.
  package func openChildren() -> [ChildOrder] {
    var children: [ChildOrder] = []
    for index in 0..<configuration.venueCapacity {
      var next = orders.firstOpen(at: VenueID(UInt8(index)))
      while let child = next {
        next = orders.nextOpen(after: child)
        children.append(orders.children[child])
      }
    }
    return children
  }

  package var openParentCount: Int { orders.openParentCount }

  /// Whether the journal holds more than the tables; then nothing new is accepted or sent.
  package var hasOverflowed: Bool { orders.hasOverflowed }

  /// What fills and fees have moved since the journal began; `.unlisted` sums unnamed assets.
  package func position(_ venue: VenueID, _ asset: AssetID) -> Amount {
    ledger.account(venue, asset).position
  }

  package func account(_ venue: VenueID, _ asset: AssetID) -> Ledger.Account {
    ledger.account(venue, asset)
  }

  package func venue(_ id: VenueID) -> Markets.Venue? { markets.venue(id) }
  package func asset(_ id: AssetID) -> AssetDefinition? { markets.asset(id) }
  package func instrument(_ id: InstrumentID) -> InstrumentDefinition? { markets.instrument(id) }
  package func listing(_ id: ListingID) -> Listing? { markets.listing(id) }

  package func listings(of instrument: InstrumentID) -> [Listing] {
    var listings: [Listing] = []
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      if let listing = markets.listing(id) { listings.append(listing) }
    }
    return listings
  }

  package func bookStatus(_ listing: ListingID) -> BookStatus {
    markets.books.contains(listing) ? markets.books[listing].status : .empty
  }

  package func bookTop(_ listing: ListingID) -> BookTop? {
    markets.books.contains(listing) ? markets.books[listing].top : nil
  }

  /// A listing's levels, best first; `.buy` names the bids.
  package func bookLevels(_ listing: ListingID, _ side: Side, limit: Int) -> [BookLevel] {
    markets.books.contains(listing) ? markets.books[listing].levels(side, limit: limit) : []
  }

  package func consolidatedBook(
    _ instrument: InstrumentID, at now: Timestamp
  ) -> ConsolidatedBook {
    ConsolidatedBook(
      instrument, at: now, maximumAgeMilliseconds: limits.maximumBookAgeMilliseconds)
  }

  /// The best levels over all usable listings by all-in price; `.buy` names the bids.
  package func ladder(
    _ instrument: InstrumentID, _ side: Side, limit: Int, at now: Timestamp
  ) -> [ConsolidatedBook.LadderLevel] {
    consolidatedBook(instrument, at: now).ladder(side, limit: limit, markets)
  }

  /// Touches the memory that the next children and fills will be written to; nothing changes.
  package mutating func prepareMemory() { orders.prepareMemory() }

  /// Plans for a waiting order as if the market had come to it, and forgets the plan.
  ///
  /// What a decision for it reads has then been read lately; nothing changes. The plan is for twice
  /// what lies at the touch: the depths of the books would only push out what is wanted soon.
  package mutating func previewWaiting(_ turn: Int, at now: Timestamp) {
    let count = orders.working.highWater
    guard count > 0, orders.working.contains(turn % count) else { return }
    let parent = Int(orders.working[turn % count].parent)
    guard !orders.parents[parent].waitsForTaker, var request = planRequest(parent, now),
      request.quantity > .zero
    else { return }
    let touch = touchQuantity(request)
    request.quantity = min(request.quantity, touch.addingSaturated(touch))
    request.limitPrice = nil
    request.nodeBudget = 1
    resetCaps(to: .zero)
    _ = runPlanner(request, nil, now)
  }

  /// What all venues together show at their best price.
  private func touchQuantity(_ request: PlanRequest) -> Quantity {
    var sum = Quantity.zero
    var next = markets.firstListing(of: request.instrument.id)
    while let id = next {
      next = markets.listing(after: id)
      let best =
        request.side == .buy ? markets.books.bestAsk(of: id) : markets.books.bestBid(of: id)
      if let best { sum = sum.addingSaturated(best.quantity) }
    }
    return sum
  }

  /// What a plan would be now, without any order.
  package mutating func previewPlan(_ request: PlanRequest, at now: Timestamp) -> RoutePlan {
    resetCaps(to: .zero)
    _ = runPlanner(request, nil, now)
    return plan
  }
}
