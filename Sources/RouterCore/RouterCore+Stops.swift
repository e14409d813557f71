/// Stop orders: armed until the market shows their price, and not only one quote of it.
///
/// A price counts at a venue whose book is live, fresh and not crossed. Two such venues must show
/// it; where one venue alone is usable it must show it twice, some time apart. So neither a stale
/// book nor one outlying quote fires a stop. `docs/orders.md` states the rule for clients.
extension RouterCore {
  /// The least time between the two prices of a venue that nobody can confirm.
  private static var soleVenueMilliseconds: Int64 { 250 }

  /// What the venues say about an armed order's stop price.
  private struct Survey {
    var usable = 0
    var confirming = 0
    /// Of the confirming prices the one nearest to the stop price.
    var price = Price.zero
  }

  /// A public trade: remembered, and shown to the stop orders that look at trades.
  mutating func traded(_ trade: MarketTrade, _ now: Timestamp, _ outbox: inout Outbox) {
    markets.note(trade)
    guard let instrument = markets.listing(trade.listing)?.instrument else { return }
    var next = orders.armed.first(of: instrument)
    while let work = next {
      next = orders.armed.next(after: work)
      let parent = Int(orders.armed[work].parent)
      guard orders.parents[parent].status == .armed, orders.parents[parent].order.trigger == .last
      else { continue }
      checkTrigger(parent, trade.listing, now, &outbox)
    }
  }

  /// Shows a book that has changed to the stop orders of its instrument: at once, since a price
  /// that is gone by the next review counts as well.
  mutating func checkTriggers(
    _ listing: ListingID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let instrument = markets.listing(listing)?.instrument else { return }
    var next = orders.armed.first(of: instrument)
    while let work = next {
      next = orders.armed.next(after: work)
      let parent = Int(orders.armed[work].parent)
      guard orders.parents[parent].status == .armed else { continue }
      checkTrigger(parent, listing, now, &outbox)
    }
  }

  /// Fires an armed order if what a listing now shows completes the evidence.
  private mutating func checkTrigger(
    _ parent: Int, _ listing: ListingID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.parents[parent]
    let work = Int(order.links.working)
    guard let price = triggerPrice(listing, order, now) else { return }
    guard isBeyondStop(price, order) else {
      orders.working[work].crossedSince = .distantFuture
      return
    }
    guard isRunning, !isHalted else { return }
    let survey = survey(order, now)
    guard isConfirmed(survey, work, now) else { return }
    fire(parent, survey, now, &outbox)
  }

  private func isBeyondStop(_ price: Price, _ order: ParentOrder) -> Bool {
    guard let stop = order.order.stopPrice else { return false }
    return order.order.side == .buy ? price >= stop : price <= stop
  }

  /// The price of a listing that an order's trigger looks at, if it can be trusted at all.
  private func triggerPrice(
    _ id: ListingID, _ order: ParentOrder, _ now: Timestamp
  ) -> Price? {
    guard let listing = markets.listing(id),
      markets.exclusion(
        listing, at: now, maximumAgeMilliseconds: limits.maximumBookAgeMilliseconds) == .none,
      let bid = markets.books[id].bestBid?.price, let ask = markets.books[id].bestAsk?.price
    else { return nil }
    switch order.order.trigger {
    case .bidAsk: return order.order.side == .buy ? ask : bid
    case .mid: return Price(mantissa: bid.mantissa + (ask.mantissa - bid.mantissa) / 2)
    case .last: return lastPrice(id, order, now)
    }
  }

  /// The last trade since the order was accepted, while it is no older than a book may be.
  private func lastPrice(_ id: ListingID, _ order: ParentOrder, _ now: Timestamp) -> Price? {
    let trade = markets.lastTrade(id)
    let oldest = now.adding(milliseconds: -limits.maximumBookAgeMilliseconds)
    return trade.receivedAt > order.acceptedAt && trade.receivedAt >= oldest ? trade.price : nil
  }

  private func survey(_ order: ParentOrder, _ now: Timestamp) -> Survey {
    var survey = Survey()
    let isBuy = order.order.side == .buy
    var next = markets.firstListing(of: order.order.instrument)
    while let id = next {
      next = markets.listing(after: id)
      guard let price = triggerPrice(id, order, now) else { continue }
      survey.usable += 1
      guard isBeyondStop(price, order) else { continue }
      let isFirst = survey.confirming == 0
      survey.confirming += 1
      survey.price =
        isFirst ? price : isBuy ? min(survey.price, price) : max(survey.price, price)
    }
    return survey
  }

  private mutating func isConfirmed(_ survey: Survey, _ work: Int, _ now: Timestamp) -> Bool {
    guard survey.usable == 1 else {
      orders.working[work].crossedSince = .distantFuture
      return survey.confirming >= 2
    }
    guard orders.working[work].crossedSince < .distantFuture else {
      orders.working[work].crossedSince = now
      return false
    }
    return now
      >= orders.working[work].crossedSince.adding(milliseconds: Self.soleVenueMilliseconds)
  }

  /// Makes an armed order a market or limit order and works it.
  private mutating func fire(
    _ parent: Int, _ survey: Survey, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.parents[parent]
    let collar = risk(for: order.order.instrument, at: now).collar(order.order.side)
    guard let limit = order.order.type == .stop ? collar : order.order.limitPrice else { return }
    var deadline = order.deadline
    if order.order.type == .stop && deadline == .distantFuture {
      deadline = now.adding(milliseconds: Self.marketOrderMilliseconds)
    }
    emit(
      .parentTriggered(
        ParentTriggered(
          parent: order.id, price: survey.price,
          confirmingVenues: UInt8(clamping: survey.confirming),
          usableVenues: UInt8(clamping: survey.usable), effectiveLimit: limit, deadline: deadline,
          at: now)), &outbox)
    advance(parent, now, &outbox)
  }
}
