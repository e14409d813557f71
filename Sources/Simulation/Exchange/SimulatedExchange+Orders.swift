extension SimulatedExchange {
  /// Checks an order, reserves its funds and matches it.
  package func place(
    _ terms: NewOrder, account: Int, at time: Int64
  ) throws(OrderRefusal) -> SimulatedOrder {
    now = max(now, time)
    try check(terms, account)
    let feeAsset = terms.feeAsset ?? options.fees.asset
    let hold = requiredHold(terms, remaining: terms.quantity, feeAsset, account)
    guard hold <= ledger.balance(account, fundingAsset(terms)).available else {
      shortages += 1
      throw .insufficientFunds
    }
    guard hold > .zero else { throw .notionalTooSmall }
    let id = nextOrderID
    commit(
      .order(id: id, account: account, terms: terms, feeAsset: feeAsset, hold: hold, time: now))
    emit(.accepted, id)
    markets[terms.instrument].engine.submit(engineOrder(id, account), into: &matchEvents)
    settleEvents(of: terms.instrument)
    return orders[orderIndices[id] ?? 0]
  }

  /// Runs the checks of `place` and changes nothing.
  package func validate(_ terms: NewOrder, account: Int) throws(OrderRefusal) {
    try check(terms, account)
  }

  /// Takes an open order off the book.
  @discardableResult
  package func cancel(
    _ id: UInt64, account: Int, reason: CloseReason = .canceledByUser, at time: Int64
  ) throws(OrderRefusal) -> SimulatedOrder {
    now = max(now, time)
    guard let index = orderIndices[id], orders[index].account == account else {
      throw .unknownOrder
    }
    guard orders[index].isOpen else { throw .orderClosed }
    let instrument = orders[index].terms.instrument
    guard status(of: instrument) != .halted else { throw .marketHalted }
    markets[instrument].engine.cancel(id, reason: reason, into: &matchEvents)
    settleEvents(of: instrument)
    return orders[index]
  }

  /// Changes price or total quantity of an open order, keeping its id and its fills.
  ///
  /// Less quantity at the same price keeps the place in the queue; anything else loses it. A total
  /// that is already filled cancels the rest.
  @discardableResult
  package func amend(
    _ id: UInt64, account: Int, price: Int64? = nil, quantity: Int64? = nil, postOnly: Bool = false,
    at time: Int64
  ) throws(OrderRefusal) -> SimulatedOrder {
    now = max(now, time)
    guard let index = orderIndices[id], orders[index].account == account else {
      throw .unknownOrder
    }
    guard orders[index].isOpen else { throw .orderClosed }
    let order = orders[index]
    var terms = order.terms
    terms.price = price ?? terms.price
    terms.quantity = quantity ?? terms.quantity
    guard terms.quantity > order.executed else {
      return try cancel(id, account: account, at: time)
    }
    try checkTradable(terms)
    try checkSizes(terms)
    if postOnly || terms.isPostOnly,
      markets[terms.instrument].engine.wouldTrade(terms.side, limit: terms.price)
    {
      throw .wouldTake
    }
    return try applyAmendment(order, terms)
  }

  private func applyAmendment(
    _ order: SimulatedOrder, _ terms: NewOrder
  ) throws(OrderRefusal) -> SimulatedOrder {
    let remaining = order.remaining + (terms.quantity - order.terms.quantity)
    guard remaining > 0 else { throw .invalid }
    let hold = requiredHold(terms, remaining: remaining, order.feeAsset, order.account)
    let available = ledger.balance(order.account, fundingAsset(terms)).available
    guard hold - order.hold <= available else { throw .insufficientFunds }
    let keepsPlace = terms.price == order.terms.price && remaining <= order.remaining
    commit(
      .amendment(
        id: order.id, price: terms.price, quantity: terms.quantity, remaining: remaining,
        hold: hold, time: now))
    emit(.amended, order.id)
    if keepsPlace {
      markets[terms.instrument].engine.reduce(
        order.id, toRemaining: remaining, into: &matchEvents)
    } else {
      requeue(order.id, order.account, terms.instrument)
    }
    settleEvents(of: terms.instrument)
    return orders[orderIndices[order.id] ?? 0]
  }

  /// Takes an order out of the book and submits it again under its new terms.
  private func requeue(_ id: UInt64, _ account: Int, _ instrument: Int) {
    var discarded: [MatchEvent] = []
    markets[instrument].engine.cancel(id, into: &discarded)
    matchEvents += discarded.filter { event in
      if case .level = event { true } else { false }
    }
    markets[instrument].engine.submit(engineOrder(id, account), into: &matchEvents)
  }

  func engineOrder(_ id: UInt64, _ account: Int) -> EngineOrder {
    let order = orders[orderIndices[id] ?? 0]
    let instrument = markets[order.terms.instrument].instrument
    var engineOrder = EngineOrder(
      id: id, account: account, side: order.terms.side, price: order.terms.price,
      quantity: order.remaining)
    engineOrder.kind = order.terms.kind
    engineOrder.lifetime = order.terms.lifetime
    engineOrder.isPostOnly = order.terms.isPostOnly
    engineOrder.selfTradePrevention = order.terms.selfTradePrevention
    engineOrder.lot = instrument.lot
    engineOrder.quoteQuantity =
      order.terms.quoteQuantity.units
      / Amount.powerOfTen(Amount.scale - instrument.priceScale - instrument.quantityScale)
    return engineOrder
  }

  // MARK: Checks

  private func check(_ terms: NewOrder, _ account: Int) throws(OrderRefusal) {
    guard markets.indices.contains(terms.instrument) else { throw .unknownInstrument }
    try checkTradable(terms)
    try checkSizes(terms)
    if !terms.clientOrderID.isEmpty, options.refusesDuplicateOpenIDs,
      order(account: account, clientOrderID: terms.clientOrderID)?.isOpen == true
    {
      throw .duplicateClientOrderID
    }
    guard openCount(account, terms.instrument) < options.openOrderLimit else {
      throw .tooManyOpenOrders
    }
    if terms.isPostOnly,
      markets[terms.instrument].engine.wouldTrade(terms.side, limit: terms.price)
    {
      throw .wouldTake
    }
  }

  private func openCount(_ account: Int, _ instrument: Int) -> Int {
    var count = 0
    for index in openIndices
    where orders[index].account == account && orders[index].terms.instrument == instrument {
      count += 1
    }
    return count
  }

  private func checkTradable(_ terms: NewOrder) throws(OrderRefusal) {
    switch status(of: terms.instrument) {
    case .online: break
    case .halted: throw .marketHalted
    case .cancelOnly: throw .cancelOnly
    case .postOnly: if !terms.isPostOnly { throw .postOnlyMode }
    case .limitOnly: if terms.kind == .market { throw .limitOnlyMode }
    }
  }

  private func checkSizes(_ terms: NewOrder) throws(OrderRefusal) {
    let instrument = markets[terms.instrument].instrument
    guard terms.price >= 0, terms.quantity >= 0 else { throw .invalid }
    if terms.kind == .limit {
      guard terms.price > 0, terms.quoteQuantity == .zero else { throw .invalid }
      guard terms.price % instrument.tick == 0 else { throw .priceOffTick }
    } else if terms.isPostOnly {
      throw .invalid
    }
    if terms.quoteQuantity > .zero {
      guard terms.quantity == 0 else { throw .invalid }
      guard terms.quoteQuantity <= instrument.maximumNotional else { throw .quantityTooLarge }
      guard terms.quoteQuantity >= instrument.minimumNotional else { throw .notionalTooSmall }
      return
    }
    guard terms.quantity > 0, terms.quantity >= instrument.minimumQuantity else {
      throw .quantityTooSmall
    }
    guard terms.quantity % instrument.lot == 0 else { throw .quantityOffLot }
    guard terms.quantity <= instrument.maximumQuantity else { throw .quantityTooLarge }
    let price = terms.kind == .limit ? terms.price : lastPrice(terms.instrument)
    guard instrument.isAffordable(price: price, quantity: terms.quantity) else {
      throw .quantityTooLarge
    }
    guard instrument.notional(price: price, quantity: terms.quantity) >= instrument.minimumNotional
    else { throw .notionalTooSmall }
  }

  // MARK: Holds

  /// The asset an order spends, and which is therefore reserved.
  func fundingAsset(_ terms: NewOrder) -> Int {
    terms.side == .buy
      ? markets[terms.instrument].quoteAsset : markets[terms.instrument].baseAsset
  }

  /// What the venue reserves for an order of which `remaining` still works.
  func requiredHold(
    _ terms: NewOrder, remaining: Int64, _ feeAsset: FeeAsset, _ account: Int
  ) -> Amount {
    let market = markets[terms.instrument]
    let instrument = market.instrument
    if terms.side == .sell {
      guard terms.quoteQuantity > .zero else {
        return baseHold(instrument.baseAmount(remaining), feeAsset)
      }
      let scale = Amount.scale - instrument.priceScale - instrument.quantityScale
      let swept = market.engine.sweep(
        .sell, quantity: 0, quoteQuantity: terms.quoteQuantity.units / Amount.powerOfTen(scale),
        limit: terms.price, lot: instrument.lot)
      return baseHold(instrument.baseAmount(swept.quantity), feeAsset)
    }
    let quote = ledger.balance(account, market.quoteAsset)
    if terms.quoteQuantity > .zero { return withFee(terms.quoteQuantity, feeAsset, .buy) }
    guard terms.kind == .market else {
      return withFee(
        instrument.notional(price: terms.price, quantity: remaining), feeAsset, .buy)
    }
    if options.holds.marketBuyHoldsWholeBalance { return quote.available }
    let swept = market.engine.sweep(.buy, quantity: remaining, limit: terms.price)
    return withFee(instrument.quoteAmount(swept.cost), feeAsset, .buy)
  }

  private func baseHold(_ amount: Amount, _ feeAsset: FeeAsset) -> Amount {
    feeAsset == .base ? amount + feeReserve(amount) : amount
  }

  private func withFee(_ amount: Amount, _ feeAsset: FeeAsset, _ side: OrderSide) -> Amount {
    FeePolicy.isQuote(feeAsset, side) ? amount + feeReserve(amount) : amount
  }

  /// The fee as a taker, rounded up.
  private func feeReserve(_ amount: Amount) -> Amount {
    let fee = options.fees.taker.of(amount)
    guard fee > .zero else { return .zero }
    return fee.rounded(toDigits: options.fees.digits, .up)
  }
}
