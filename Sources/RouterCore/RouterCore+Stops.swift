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
    checkTriggers(trade.listing, now, onlyOnTrades: true, &outbox)
  }

  /// Shows a book that has changed to the stop orders of its instrument: at once, since a price
  /// that is gone by the next review counts as well.
  mutating func checkTriggers(
    _ listing: ListingID, _ now: Timestamp, onlyOnTrades: Bool = false, _ outbox: inout Outbox
  ) {
    guard let instrument = markets.listing(listing)?.instrument,
      var work = orders.armed.first(of: instrument), let prices = stopPrices(listing, now)
    else { return }
    while true {
      let entry = orders.armed[work]
      let next = orders.armed.next(after: work)
      // Most stops are far away, and nothing but the entry is looked at.
      if !onlyOnTrades || entry.trigger == .last,
        entry.crossedSince < .distantFuture || prices.mayFire(entry),
        orders.parents[Int(entry.parent)].status == .armed
      {
        checkTrigger(Int(entry.parent), listing, now, &outbox)
      }
      guard let next else { return }
      work = next
    }
  }

  /// What a listing shows to stop orders; `nil` if nothing of it can be trusted.
  private func stopPrices(_ id: ListingID, _ now: Timestamp) -> StopPrices? {
    guard let listing = markets.listing(id),
      markets.exclusion(
        listing, at: now, maximumAgeMilliseconds: limits.maximumBookAgeMilliseconds) == .none,
      let bid = markets.books.bestBid(of: id)?.price,
      let ask = markets.books.bestAsk(of: id)?.price
    else { return nil }
    return StopPrices(bid: bid, ask: ask, last: markets.lastTrade(id))
  }

  /// Fires an armed order if what a listing now shows completes the evidence.
  private mutating func checkTrigger(
    _ parent: Int, _ listing: ListingID, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    let order = orders.parents[parent]
    let work = Int(order.links.working)
    guard let price = triggerPrice(listing, order, now) else { return }
    guard isBeyondStop(price, order) else {
      orders.armed.setCrossed(work, since: .distantFuture)
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
    guard let prices = stopPrices(id, now) else { return nil }
    if order.order.trigger == .last && !counts(prices.last, order, now) { return nil }
    return prices.price(order.order.trigger, order.order.side)
  }

  /// Whether a trade came after the order was accepted, and is no older than a book may be.
  private func counts(_ trade: Markets.LastTrade, _ order: ParentOrder, _ now: Timestamp) -> Bool {
    let oldest = now.adding(milliseconds: -limits.maximumBookAgeMilliseconds)
    return trade.receivedAt > order.acceptedAt && trade.receivedAt >= oldest
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
      orders.armed.setCrossed(work, since: .distantFuture)
      return survey.confirming >= 2
    }
    guard orders.armed[work].crossedSince < .distantFuture else {
      orders.armed.setCrossed(work, since: now)
      return false
    }
    return now
      >= orders.armed[work].crossedSince.adding(milliseconds: Self.soleVenueMilliseconds)
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

/// What a venue shows at one moment, as stop orders look at it.
private struct StopPrices {
  let bid: Price
  let ask: Price
  let last: Markets.LastTrade

  func price(_ trigger: TriggerSource, _ side: Side) -> Price {
    switch trigger {
    case .bidAsk: side == .buy ? ask : bid
    case .mid: Price(mantissa: bid.mantissa + (ask.mantissa - bid.mantissa) / 2)
    case .last: last.price
    }
  }

  /// Whether an armed order's price is reached, if what it looks at counts at all.
  func mayFire(_ entry: WatchList.Entry) -> Bool {
    let price = price(entry.trigger, entry.side)
    return entry.side == .buy ? price >= entry.limit : price <= entry.limit
  }
}
