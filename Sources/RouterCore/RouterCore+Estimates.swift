/// What the core learns from its children and from the books, and how plans use it.
extension RouterCore {
  // Settings.

  mutating func define(_ venue: VenueDefinition) {
    markets.define(venue)
    if let routing = markets.venue(venue.id)?.routing { estimates.configure(routing) }
  }

  mutating func define(_ routing: VenueRouting) {
    markets.define(routing)
    guard markets.venue(routing.venue) != nil else { return }
    estimates.configure(routing)
    for index in 0..<configuration.listingCapacity {
      let id = ListingID(UInt16(clamping: index))
      if markets.listing(id)?.venue == routing.venue { estimates.configure(id, routing) }
    }
  }

  mutating func define(_ breaker: VenueBreakerSettings) {
    markets.define(breaker)
    if markets.venue(breaker.venue) != nil { breakers.configure(breaker) }
  }

  mutating func define(_ listing: Listing) {
    markets.define(listing)
    if let routing = markets.venue(listing.venue)?.routing {
      estimates.configure(listing.id, routing)
    }
  }

  // Use.

  /// How old a listing's quote will be when an order arrives, and how long that takes.
  mutating func legEstimate(_ listing: Listing, _ now: Timestamp) -> LegEstimate {
    let latency = estimates.latencies.oneWay(listing.venue, at: now)
    let receivedAt = markets.books[listing.id].receivedAt
    guard receivedAt > .distantPast else {
      return LegEstimate(
        effectiveAgeNanoseconds: .max, latencyNanoseconds: latency.medianNanoseconds)
    }
    let age = estimates.clocks.quoteAge(
      listing.venue, venueTime: markets.books[listing.id].venueTime, receivedAt: receivedAt,
      now: now)
    return LegEstimate(
      effectiveAgeNanoseconds: EffectiveAge(quoteAgeNanoseconds: age, latency: latency).total,
      latencyNanoseconds: latency.medianNanoseconds)
  }

  /// The part of a child that is expected to fill at a venue if all went there.
  func fillProbability(
    _ listing: Listing, _ request: PlanRequest, _ estimate: LegEstimate, _ now: Timestamp
  ) -> Int {
    let side: Side = request.side == .buy ? .sell : .buy
    let wanted = min(request.quantity, listing.maximumQuantity)
    var displayed = Quantity.zero
    for index in 0..<markets.books[listing.id].count(side) where displayed < wanted {
      displayed = sum(displayed, markets.books[listing.id].level(side, index).quantity)
    }
    return estimates.fills.fillProbability(
      listing.venue, request.side, ageNanoseconds: estimate.effectiveAgeNanoseconds,
      relativeSize: Parts.of(min(wanted, displayed), in: displayed), at: now)
  }

  /// How far the market moves away when a child misses: the most that any venue has shown.
  func adverseMove(_ instrument: InstrumentID, _ side: Side, _ now: Timestamp) -> FeeRate {
    var greatest = FeeRate.zero
    var next = markets.firstListing(of: instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let venue = markets.listing(id)?.venue else { continue }
      greatest = max(greatest, estimates.adverseMove(venue, side, at: now))
    }
    return greatest
  }

  func expectation(
    _ leg: RouteLeg, _ side: Side, _ estimate: LegEstimate
  ) -> ChildOrder.Expectation {
    let book: Side = side == .buy ? .sell : .buy
    var displayed = Quantity.zero
    for index in 0..<min(leg.levelsUsed, markets.books[leg.listing].count(book)) {
      displayed = sum(displayed, markets.books[leg.listing].level(book, index).quantity)
    }
    return ChildOrder.Expectation(
      ageNanoseconds: estimate.effectiveAgeNanoseconds,
      relativeSize: Int32(clamping: Parts.of(leg.quantity, in: displayed)),
      bestPrice: leg.bestPrice)
  }

  private func sum(_ a: Quantity, _ b: Quantity) -> Quantity {
    let (sum, overflow) = a.mantissa.addingReportingOverflow(b.mantissa)
    return Quantity(mantissa: overflow ? .max : sum)
  }

  // Learning.

  /// The first answer to a child tells how far away its venue is and what its clock says.
  mutating func learnLatency(
    _ child: Int, _ report: VenueExecutionReport, _ now: Timestamp
  ) {
    let order = orders.children[child]
    guard order.status == .sent, !order.isAcknowledged, order.id.epoch == epoch,
      report.queriedAt == .distantPast
    else { return }
    let venue = order.order.venue
    estimates.latencies.record(venue, roundTripNanoseconds: now.since(order.sentAt), at: now)
    estimates.clocks.record(
      venue, sent: order.sentAt, venueTime: report.venueTime, received: now)
  }

  /// What became of a child that took; what was refused or taken back says nothing.
  mutating func learnOutcome(_ child: Int, _ now: Timestamp) {
    let order = orders.children[child]
    guard let expectation = order.tracking.expectation, order.outcome != .neverAccepted,
      !order.isCancelPending,
      order.outcome != .rejected || order.closeReason == .cannotFillNow
    else { return }
    orders.children[child].tracking.expectation = nil
    estimates.fills.record(
      order.order.venue, order.order.side, ageNanoseconds: expectation.ageNanoseconds,
      relativeSize: Int(expectation.relativeSize),
      filledFraction: min(Parts.of(order.cumulativeQuantity, in: order.order.quantity), Parts.one),
      at: now)
    guard order.cumulativeQuantity < order.order.quantity else { return }
    learnMove(order, expectation.bestPrice, now)
  }

  /// Where the price went that a child missed, once the book has moved on.
  private mutating func learnMove(
    _ order: ChildOrder, _ planned: Price, _ now: Timestamp
  ) {
    let listing = order.order.listing
    guard markets.books[listing].isLive, markets.books[listing].receivedAt > order.sentAt else {
      return
    }
    let isBuy = order.order.side == .buy
    let best = isBuy ? markets.books[listing].bestAsk : markets.books[listing].bestBid
    guard let best else { return }
    estimates.recordMiss(
      order.order.venue, order.order.side, planned: planned, later: best.price, at: now)
  }

  /// How fast the best levels flow off; a book that is not live shows none.
  mutating func watchTouch(_ listing: ListingID, _ now: Timestamp) {
    let isLive = markets.books[listing].isLive
    let none = BookLevel(price: .zero, quantity: .zero)
    let bid = isLive ? markets.books[listing].bestBid ?? none : none
    let ask = isLive ? markets.books[listing].bestAsk ?? none : none
    estimates.outflows.observe(listing, .buy, price: bid.price, quantity: bid.quantity, at: now)
    estimates.outflows.observe(listing, .sell, price: ask.price, quantity: ask.quantity, at: now)
  }
}
