/// What a lasting limit order can not take now rests at its limit.
///
/// It goes to the eligible venue with the least maker fee and stays there, keeping its place in the
/// queue, until it fills, the order ends or changes, the venue stops being eligible, or another
/// venue's book comes inside the limit: then it is given up, and what is left is taken.
extension RouterCore {
  /// How long a venue may be out of reach before what rests there is moved.
  private static var residualPatienceMilliseconds: Int64 { 30_000 }
  /// What could not be placed is tried again after this.
  private static var residualRetryMilliseconds: Int64 { 1000 }

  func restsResidual(_ parent: Int) -> Bool {
    let order = orders.parents[parent]
    // A market outside the limit leaves nothing to improve: it may rest before any passive phase.
    let phase = orders.working[Int(order.links.working)].passivePhase
    return order.order.hasLimit && order.order.isLasting && order.order.routing.residual == .rest
      && phase != .resting
  }

  /// Whether what is left is too little for every venue, now and later.
  func isDust(_ parent: Int) -> Bool {
    let order = orders.parents[parent]
    guard order.openChildren == 0 else { return false }
    var hasListing = false
    var next = markets.firstListing(of: order.order.instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id) else { continue }
      hasListing = true
      let least = max(listing.minimumQuantity, listing.quantityIncrement)
      if order.plannableQuantity >= least { return false }
    }
    return hasListing
  }

  // Placing.

  /// Why a residual can not go to a listing at the moment, or `.none`; an old book is no reason.
  func restingExclusion(_ listing: Listing) -> Exclusion {
    guard let venue = markets.venue(listing.venue) else { return .linkDown }
    if venue.isHalted { return .venueHalted }
    if listing.status == .cancelOnly || listing.status == .halted { return .listingNotTrading }
    if !venue.areLinksUp { return .linkDown }
    if venue.isFeedDoubted { return .breakerOpen }
    return markets.books[listing.id].isLive ? .none : .bookInvalid
  }

  /// A venue where a residual could rest.
  private struct RestingPlace {
    var leg: RouteLeg
    var makerFee: FeeRate
  }

  /// The whole of a post-only order: rests, or is refused if it would take wherever it could go.
  mutating func restWhole(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    if isDust(parent) { return close(parent, .expired, .belowMinimum, now, &outbox) }
    if restResidual(parent, now, &outbox) { return }
    let order = orders.parents[parent]
    if order.childCount == 0 && wouldTake(order) {
      return close(parent, .rejected, .postOnlyWouldTake, now, &outbox)
    }
    setParentTimer(parent, now.adding(milliseconds: Self.residualRetryMilliseconds))
  }

  /// Sends what can not be taken to rest; whether anything was sent.
  mutating func restResidual(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) -> Bool {
    let work = Int(orders.parents[parent].links.working)
    guard !isAnyBookOutdated(parent, work, now) else { return false }
    var hasSent = false
    while let place = bestPlace(parent, work, now) {
      guard
        emitChild(parent, place.leg, .goodTillCancel, .residual, now, &outbox) != nil
      else { break }
      hasSent = true
    }
    guard hasSent else { return false }
    if orders.working[work].nextTakeAt > now {
      reviewResidual(work, by: orders.working[work].nextTakeAt)
    }
    let isPlaced = orders.parents[parent].plannableQuantity == .zero
    setParentTimer(
      parent,
      isPlaced ? .distantFuture : now.adding(milliseconds: Self.residualRetryMilliseconds))
    return true
  }

  /// Whether a book does not show yet what our last child there took: it may still be marketable.
  private func isAnyBookOutdated(_ parent: Int, _ work: Int, _ now: Timestamp) -> Bool {
    var next = markets.firstListing(of: orders.parents[parent].order.instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id), restingExclusion(listing) == .none else { continue }
      let receivedAt = markets.books[id].receivedAt
      if orders.working[work].isOutdated(receivedAt, at: listing.venue, now) { return true }
    }
    return false
  }

  /// The least maker fee, then the price nearest to the limit, then the order of listings.
  private func bestPlace(_ parent: Int, _ work: Int, _ now: Timestamp) -> RestingPlace? {
    let order = orders.parents[parent]
    guard order.plannableQuantity > .zero, childBudget(order) > 0, orders.children.free > 0 else {
      return nil
    }
    let limit = risk(for: order.order.instrument, at: now).planLimit(order)
    var best: RestingPlace?
    var next = markets.firstListing(of: order.order.instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id), orders.working[work].mayRest(at: listing.venue, now),
        order.order.routing.maximumChildQuantity == .zero || !restsAt(listing.venue, parent),
        mayPlace(at: listing.venue, for: order, now),
        let place = place(order, listing, limit), isAllowed(place.leg, parent, now),
        isCovered(place.leg, order)
      else { continue }
      if best.map({ isBetter(place, $0, order.order.side) }) ?? true { best = place }
    }
    return best
  }

  /// Whether a venue's pace and the time that is left let something go there to rest.
  private func mayPlace(at venue: VenueID, for order: ParentOrder, _ now: Timestamp) -> Bool {
    orderExclusion(venue, at: now) == .none && !isClosing(venue, at: now)
      && !isTooSlow(venue, for: order, at: now) && !isThinnedOut(venue, order, at: now)
  }

  private func isBetter(_ a: RestingPlace, _ b: RestingPlace, _ side: Side) -> Bool {
    if a.makerFee != b.makerFee { return a.makerFee < b.makerFee }
    return side == .buy
      ? a.leg.limitPrice > b.leg.limitPrice : a.leg.limitPrice < b.leg.limitPrice
  }

  /// As much as a venue lets rest at the limit without taking; `nil` if that is nothing.
  private func place(_ order: ParentOrder, _ listing: Listing, _ limit: Price) -> RestingPlace? {
    guard restingExclusion(listing) == .none,
      let instrument = markets.instrument(listing.instrument)?.instrument
    else { return nil }
    let price = restingPrice(listing, limit, order.order.side)
    guard price > .zero, !isMarketable(price, listing.id, order.order.side) else { return nil }
    let isBuy = order.order.side == .buy
    var quantity = min(order.plannableQuantity, listing.maximumQuantity)
    quantity = min(quantity, affordableQuantity(listing, price, isBuy))
    if breakers.state(listing.venue, .newOrders) == .halfOpen {
      quantity = min(quantity, listing.smallestChild(at: price))
    }
    let cap = order.order.routing.maximumChildQuantity
    if cap > .zero { quantity = min(quantity, cap) }
    let step = listing.quantityIncrement.mantissa
    quantity = Quantity(mantissa: quantity.mantissa - quantity.mantissa % step)
    guard quantity > .zero else { return nil }
    var leg = RouteLeg()
    leg.listing = listing.id
    leg.venue = listing.venue
    leg.quantity = quantity
    leg.limitPrice = price
    leg.hold =
      isBuy
      ? restingHold(price, quantity, listing, instrument) : quantity.amount(of: instrument)
    return RestingPlace(leg: leg, makerFee: listing.makerFee)
  }

  /// The limit on a venue's own price grid, never beyond it.
  private func restingPrice(_ listing: Listing, _ limit: Price, _ side: Side) -> Price {
    let tick = listing.priceIncrement.mantissa
    let below = limit.mantissa - limit.mantissa % tick
    guard side == .sell, below < limit.mantissa else { return Price(mantissa: below) }
    let (above, overflow) = below.addingReportingOverflow(tick)
    return overflow ? .zero : Price(mantissa: above)
  }

  /// Whether an order at `price` would trade at once.
  private func isMarketable(_ price: Price, _ listing: ListingID, _ side: Side) -> Bool {
    if side == .buy {
      return markets.books[listing].bestAsk.map { $0.price <= price } ?? false
    }
    return markets.books[listing].bestBid.map { $0.price >= price } ?? false
  }

  /// Whether a limit would trade at once at some venue where it could rest otherwise.
  private func wouldTake(_ order: ParentOrder) -> Bool {
    var next = markets.firstListing(of: order.order.instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id), restingExclusion(listing) == .none else { continue }
      let price = restingPrice(listing, order.effectiveLimit, order.order.side)
      if isMarketable(price, id, order.order.side) { return true }
    }
    return false
  }

  // Keeping.

  /// Gives up what rests where it may not, and all of it if more can be had by taking.
  ///
  /// - Returns: Whether the parent waits for the end of what it gave up.
  mutating func reviewResidual(
    _ parent: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) -> Bool {
    guard orders.parents[parent].residualLeaves > .zero else { return false }
    var isWaiting = false
    var next = orders.firstChild(of: parent)
    while let child = next {
      next = orders.nextChild(after: child)
      guard orders.children[child].isOpen, orders.children[child].role == .residual else {
        continue
      }
      if !orders.children[child].isCancelPending && !mayStay(child, now) {
        cancelChild(child, now, &outbox)
      }
      isWaiting = isWaiting || orders.children[child].isCancelPending
    }
    if !isWaiting { isWaiting = takeInstead(parent, now, &outbox) }
    if isWaiting { setParentTimer(parent, .distantFuture) }
    return isWaiting
  }

  private func mayStay(_ child: Int, _ now: Timestamp) -> Bool {
    guard mayBeAtVenue(orders.children[child]) else { return true }
    guard mayRest(child, now), let listing = markets.listing(orders.children[child].order.listing),
      let venue = markets.venue(listing.venue)
    else { return false }
    if listing.status == .cancelOnly || listing.status == .halted { return false }
    return venue.areLinksUp
      || now < venue.linksDownSince.adding(milliseconds: Self.residualPatienceMilliseconds)
  }

  /// Looks at a residual again when its venue has been out of reach for too long.
  mutating func reviewLater(_ child: Int, _ now: Timestamp) {
    let work = Int(orders.parents[Int(orders.children[child].links.parent)].links.working)
    guard work >= 0 else { return }
    reviewResidual(work, by: now.adding(milliseconds: Self.residualPatienceMilliseconds))
  }

  private mutating func reviewResidual(_ work: Int, by time: Timestamp) {
    orders.working[work].reviewAt = min(orders.working[work].reviewAt, time)
    timers.setNoLater(parentTimer(work), than: time)
  }

  /// A residual ended; a venue that ended it unasked is left alone for a while.
  mutating func noteResidualEnd(_ child: Int, _ now: Timestamp) {
    let order = orders.children[child]
    let work = Int(orders.parents[Int(order.links.parent)].links.working)
    guard work >= 0 else { return }
    if order.cumulativeQuantity > .zero {
      orders.working[work].noteRestSuccess(at: order.order.venue)
    } else if !order.isCancelPending {
      orders.working[work].noteRestFailure(at: order.order.venue, now)
    }
  }

  // Taking instead.

  /// Whether a change of the market could be a reason to give up what rests.
  func mayTakeInstead(_ order: ParentOrder, _ work: Int, _ now: Timestamp) -> Bool {
    order.residualLeaves > .zero && order.status == .working && !order.order.isPostOnly
      && now >= orders.working[work].nextTakeAt
  }

  /// Cancels what rests if a plan for it finds something elsewhere; it is taken once that is over.
  private mutating func takeInstead(
    _ parent: Int, _ now: Timestamp, _ outbox: inout Outbox
  ) -> Bool {
    let order = orders.parents[parent]
    let work = Int(order.links.working)
    guard mayTakeInstead(order, work, now), isRunning, !isHalted,
      var request = planRequest(parent, now)
    else { return false }
    request.quantity = order.plannableQuantity.addingSaturated(order.residualLeaves)
    resetCaps(to: order.order.routing.maximumChildQuantity)
    leaveOutRestingVenues(parent)
    _ = runPlanner(request, work, now)
    guard plan.planned > .zero else { return false }
    orders.working[work].noteTakeInstead(at: now)
    cancelResting(of: parent, now, &outbox)
    return true
  }

  /// A venue where we rest trades with us by itself when it comes inside the limit.
  private mutating func leaveOutRestingVenues(_ parent: Int) {
    var index = 0
    var next = markets.firstListing(of: orders.parents[parent].order.instrument)
    while let id = next, index < RoutePlan.maximumLegs {
      next = markets.listing(after: id)
      guard let listing = markets.listing(id) else { continue }
      if restsAt(listing.venue, parent) { legCaps.value[index] = .zero }
      index += 1
    }
  }

  private func restsAt(_ venue: VenueID, _ parent: Int) -> Bool {
    var next = orders.firstChild(of: parent)
    while let child = next {
      next = orders.nextChild(after: child)
      let order = orders.children[child]
      if order.isOpen && order.role == .residual && order.order.venue == venue { return true }
    }
    return false
  }
}
