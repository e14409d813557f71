/// A price-time priority matching engine for one instrument, in the venue's own integer units.
package struct MatchingEngine: Sendable {
  struct RestingOrder: Sendable {
    var id: UInt64
    var account: Int
    var side: OrderSide
    var price: Int64
    var remaining: Int64
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  var bids = BookHalf(side: .buy)
  var asks = BookHalf(side: .sell)
  private var orders: [RestingOrder] = []
  private var freeSlots: [Int32] = []
  private var slots = FlatTable<Int32>(minimumCapacity: 1024)
  package private(set) var nextTradeID: UInt64
  /// The sequence of the last level change.
  package private(set) var sequence: UInt64

  package init(firstTradeID: UInt64 = 1, sequence: UInt64 = 0) {
    nextTradeID = firstTradeID
    self.sequence = sequence
  }

  // MARK: Reading

  package var bestBid: BookLevel? { bids.best(1).first }
  package var bestAsk: BookLevel? { asks.best(1).first }
  package var restingOrderCount: Int { slots.count }

  /// The best levels of a side, best first.
  package func levels(_ side: OrderSide, depth: Int) -> [BookLevel] {
    half(side).best(depth)
  }

  package func quantity(_ side: OrderSide, at price: Int64) -> Int64 {
    half(side).quantity(at: price)
  }

  /// What is left of a resting order; nil if it does not rest.
  package func remaining(of id: UInt64) -> Int64? {
    slots[id].map { orders[Int($0)].remaining }
  }

  /// Whether an order of this side and limit price would trade at once.
  package func wouldTrade(_ side: OrderSide, limit: Int64) -> Bool {
    let opposite = half(side.opposite)
    return opposite.best.map { opposite.satisfies($0.price, limit: limit) } ?? false
  }

  /// What taking from the book would give: the quantity, and its cost in price times quantity units.
  package func sweep(
    _ side: OrderSide, quantity: Int64, quoteQuantity: Int128 = 0, limit: Int64, lot: Int64 = 1
  ) -> (quantity: Int64, cost: Int128) {
    let opposite = half(side.opposite)
    var taken: Int64 = 0
    var cost: Int128 = 0
    for level in opposite.levels.reversed() {
      guard opposite.satisfies(level.price, limit: limit) else { break }
      let wanted =
        quoteQuantity > 0
        ? Self.affordable(quoteQuantity - cost, at: level.price, lot: lot) : quantity - taken
      let part = min(wanted, level.quantity)
      guard part > 0 else { break }
      taken += part
      cost += Int128(part) * Int128(level.price)
    }
    return (taken, cost)
  }

  // MARK: Commands

  /// Matches an order and rests what is left if its terms allow.
  package mutating func submit(_ order: EngineOrder, into events: inout [MatchEvent]) {
    if let refusal = refusal(of: order) {
      events.append(.rejected(id: order.id, refusal))
      return
    }
    events.append(.accepted(id: order.id))
    if order.lifetime == .fillOrKill, !canFill(order) {
      events.append(.done(id: order.id, .fillOrKill, remaining: order.quantity))
      return
    }
    var taker = TakerState(order)
    match(&taker, into: &events)
    finish(taker, into: &events)
  }

  /// Takes a resting order out of the book.
  ///
  /// - Returns: False if no such order rests.
  @discardableResult
  package mutating func cancel(
    _ id: UInt64, reason: CloseReason = .canceledByUser, into events: inout [MatchEvent]
  ) -> Bool {
    guard let slot = slots[id] else { return false }
    let order = orders[Int(slot)]
    unlink(slot, reducingLevelBy: order.remaining)
    events.append(.done(id: id, reason, remaining: order.remaining))
    reportLevel(order.side, order.price, into: &events)
    return true
  }

  /// Shortens a resting order in place; it keeps its priority.
  ///
  /// - Returns: False unless the order rests and the new quantity is positive and not larger.
  @discardableResult
  package mutating func reduce(
    _ id: UInt64, toRemaining remaining: Int64, into events: inout [MatchEvent]
  ) -> Bool {
    guard let slot = slots[id], remaining > 0 else { return false }
    let order = orders[Int(slot)]
    guard remaining <= order.remaining else { return false }
    shrink(slot, by: order.remaining - remaining)
    reportLevel(order.side, order.price, into: &events)
    return true
  }

  // MARK: Matching

  private struct TakerState {
    let order: EngineOrder
    var remaining: Int64
    var remainingQuote: Int128
    var stop: CloseReason?

    init(_ order: EngineOrder) {
      self.order = order
      remaining = order.quantity
      remainingQuote = order.quoteQuantity
    }

    var isByQuote: Bool { order.quoteQuantity > 0 }

    func wanted(at price: Int64) -> Int64 {
      isByQuote ? MatchingEngine.affordable(remainingQuote, at: price, lot: order.lot) : remaining
    }

    mutating func took(_ quantity: Int64, at price: Int64) {
      if isByQuote {
        remainingQuote -= Int128(quantity) * Int128(price)
      } else {
        remaining -= quantity
      }
    }
  }

  private static func affordable(_ quote: Int128, at price: Int64, lot: Int64) -> Int64 {
    guard price > 0, quote > 0 else { return 0 }
    let quantity = quote / Int128(price)
    return Int64(clamping: quantity - quantity % Int128(max(lot, 1)))
  }

  private func refusal(of order: EngineOrder) -> EngineRefusal? {
    let hasSize = order.quantity > 0 || (order.kind == .market && order.quoteQuantity > 0)
    guard hasSize, order.quantity >= 0, order.price >= 0 else { return .invalid }
    guard order.kind == .market || order.price > 0 else { return .invalid }
    guard slots[order.id] == nil else { return .duplicateID }
    if order.isPostOnly, wouldTrade(order.side, limit: order.price) { return .wouldTake }
    return nil
  }

  private func canFill(_ order: EngineOrder) -> Bool {
    guard order.quantity > 0 else { return true }
    return sweep(order.side, quantity: order.quantity, limit: order.price).quantity
      == order.quantity
  }

  private mutating func match(_ taker: inout TakerState, into events: inout [MatchEvent]) {
    let side = taker.order.side.opposite
    while taker.stop == nil, let level = half(side).best,
      half(side).satisfies(level.price, limit: taker.order.price),
      taker.wanted(at: level.price) > 0
    {
      takeLevel(&taker, level.price, level.head, into: &events)
      reportLevel(side, level.price, into: &events)
    }
  }

  private mutating func takeLevel(
    _ taker: inout TakerState, _ price: Int64, _ head: Int32, into events: inout [MatchEvent]
  ) {
    var slot = head
    while slot >= 0, taker.stop == nil {
      let wanted = taker.wanted(at: price)
      guard wanted > 0 else { return }
      let following = orders[Int(slot)].next
      let maker = orders[Int(slot)]
      if maker.account == taker.order.account, taker.order.selfTradePrevention != .none {
        preventSelfTrade(&taker, slot, wanted, into: &events)
      } else {
        trade(&taker, slot, min(wanted, maker.remaining), into: &events)
      }
      slot = following
    }
  }

  private mutating func trade(
    _ taker: inout TakerState, _ slot: Int32, _ quantity: Int64, into events: inout [MatchEvent]
  ) {
    let maker = orders[Int(slot)]
    events.append(
      .trade(
        EngineTrade(
          tradeID: nextTradeID, takerID: taker.order.id, takerAccount: taker.order.account,
          takerSide: taker.order.side, makerID: maker.id, makerAccount: maker.account,
          price: maker.price, quantity: quantity)))
    nextTradeID += 1
    taker.took(quantity, at: maker.price)
    take(quantity, from: slot, closing: .filled, into: &events)
  }

  private mutating func preventSelfTrade(
    _ taker: inout TakerState, _ slot: Int32, _ wanted: Int64, into events: inout [MatchEvent]
  ) {
    let maker = orders[Int(slot)]
    switch taker.order.selfTradePrevention {
    case .none, .cancelNewest: taker.stop = .selfTrade
    case .cancelOldest: take(maker.remaining, from: slot, closing: .selfTrade, into: &events)
    case .cancelBoth:
      take(maker.remaining, from: slot, closing: .selfTrade, into: &events)
      taker.stop = .selfTrade
    case .decrement:
      let quantity = min(wanted, maker.remaining)
      taker.took(quantity, at: maker.price)
      take(quantity, from: slot, closing: .selfTrade, into: &events)
      if taker.wanted(at: maker.price) == 0 {
        taker.stop = .selfTrade
      } else {
        events.append(.reduced(id: taker.order.id, remaining: taker.remaining))
      }
    }
  }

  /// Takes quantity out of a resting order and reports the order's end, or its reduction.
  private mutating func take(
    _ quantity: Int64, from slot: Int32, closing reason: CloseReason,
    into events: inout [MatchEvent]
  ) {
    let maker = orders[Int(slot)]
    guard maker.remaining == quantity else {
      shrink(slot, by: quantity)
      if reason == .selfTrade {
        events.append(.reduced(id: maker.id, remaining: maker.remaining - quantity))
      }
      return
    }
    unlink(slot, reducingLevelBy: quantity)
    let rest = reason == .filled ? 0 : quantity
    events.append(.done(id: maker.id, reason, remaining: rest))
  }

  private mutating func finish(_ taker: TakerState, into events: inout [MatchEvent]) {
    let order = taker.order
    if let stop = taker.stop {
      events.append(.done(id: order.id, stop, remaining: taker.remaining))
    } else if taker.isByQuote {
      events.append(.done(id: order.id, quoteOutcome(taker), remaining: 0))
    } else if taker.remaining == 0 {
      events.append(.done(id: order.id, .filled, remaining: 0))
    } else if order.kind == .limit, order.lifetime == .goodTillCancel {
      rest(order, taker.remaining, into: &events)
    } else {
      events.append(.done(id: order.id, leftoverReason(order), remaining: taker.remaining))
    }
  }

  private func quoteOutcome(_ taker: TakerState) -> CloseReason {
    let opposite = half(taker.order.side.opposite)
    guard let best = opposite.best else { return .insufficientLiquidity }
    return opposite.satisfies(best.price, limit: taker.order.price) ? .filled : .priceBound
  }

  private func leftoverReason(_ order: EngineOrder) -> CloseReason {
    guard order.kind == .market else {
      return order.lifetime == .fillOrKill ? .fillOrKill : .immediateOrCancel
    }
    return half(order.side.opposite).best == nil ? .insufficientLiquidity : .priceBound
  }

  // MARK: Structure

  private func half(_ side: OrderSide) -> BookHalf { side == .buy ? bids : asks }

  private mutating func updateHalf<R>(_ side: OrderSide, _ body: (inout BookHalf) -> R) -> R {
    side == .buy ? body(&bids) : body(&asks)
  }

  private mutating func rest(
    _ order: EngineOrder, _ remaining: Int64, into events: inout [MatchEvent]
  ) {
    var resting = RestingOrder(
      id: order.id, account: order.account, side: order.side, price: order.price,
      remaining: remaining)
    let tail = updateHalf(order.side) { half in
      let index = half.obtainLevel(order.price)
      return half.levels[index].tail
    }
    resting.previous = tail
    let slot = store(resting)
    if tail >= 0 { orders[Int(tail)].next = slot }
    updateHalf(order.side) { half in
      half.update(half.obtainLevel(order.price)) { level in
        if level.head < 0 { level.head = slot }
        level.tail = slot
        level.quantity += remaining
      }
    }
    slots[order.id] = slot
    events.append(.rested(id: order.id, remaining: remaining))
    reportLevel(order.side, order.price, into: &events)
  }

  private mutating func store(_ order: RestingOrder) -> Int32 {
    if let slot = freeSlots.popLast() {
      orders[Int(slot)] = order
      return slot
    }
    orders.append(order)
    return Int32(orders.count - 1)
  }

  private mutating func shrink(_ slot: Int32, by quantity: Int64) {
    orders[Int(slot)].remaining -= quantity
    let order = orders[Int(slot)]
    updateHalf(order.side) { half in
      guard let index = half.index(of: order.price) else { return }
      half.update(index) { $0.quantity -= quantity }
    }
  }

  private mutating func unlink(_ slot: Int32, reducingLevelBy quantity: Int64) {
    let order = orders[Int(slot)]
    if order.previous >= 0 { orders[Int(order.previous)].next = order.next }
    if order.next >= 0 { orders[Int(order.next)].previous = order.previous }
    updateHalf(order.side) { half in
      guard let index = half.index(of: order.price) else { return }
      half.update(index) { level in
        level.quantity -= quantity
        if level.head == slot { level.head = order.next }
        if level.tail == slot { level.tail = order.previous }
      }
      half.removeLevelIfEmpty(index)
    }
    slots[order.id] = nil
    freeSlots.append(slot)
  }

  private mutating func reportLevel(
    _ side: OrderSide, _ price: Int64, into events: inout [MatchEvent]
  ) {
    sequence += 1
    events.append(
      .level(
        LevelChange(
          sequence: sequence, side: side, price: price,
          quantity: half(side).quantity(at: price))))
  }
}
