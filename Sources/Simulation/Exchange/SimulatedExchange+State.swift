extension SimulatedExchange {
  /// Rebuilds accounts, orders and fills from stored records, then puts open orders back in the book.
  ///
  /// To be called once, before anything else happens.
  package func restore(_ stored: [StateRecord]) {
    for record in stored { apply(record) }
    closeUnfinishedOrders()
    for index in openIndices {
      let instrument = orders[index].terms.instrument
      var terms = engineOrder(orders[index].id, orders[index].account)
      terms.isPostOnly = false
      markets[instrument].engine.submit(terms, into: &matchEvents)
    }
    // The events only repeat what the records said; the books start afresh.
    matchEvents.removeAll()
    for index in openIndices { orders[index].isResting = true }
  }

  /// An order that never rests but is still open was caught by the end of the log.
  private func closeUnfinishedOrders() {
    for index in openIndices {
      let terms = orders[index].terms
      guard terms.kind == .market || terms.lifetime != .goodTillCancel else { continue }
      commit(.close(id: orders[index].id, .canceledByVenue, time: now))
    }
  }

  func apply(_ record: StateRecord) {
    switch record {
    case .account(let name):
      _ = ledger.openAccount()
      accountNames.append(name)
    case .deposit(let account, let asset, let amount):
      guard account < ledger.accountCount, asset < ledger.assets.count else { return }
      ledger.deposit(amount, to: account, asset)
    case .request(let clientOrderID): count(clientOrderID)
    case .order(let id, let account, let terms, let feeAsset, let hold, let time):
      openOrder(id, account, terms, feeAsset, hold, time)
    case .fill(
      let id, let tradeID, let isMaker, let price, let quantity, let fee, let quote, let time):
      guard let index = orderIndices[id] else { return }
      applyFill(
        index, tradeID, isMaker: isMaker, price, quantity, fee, isFeeInQuote: quote, time)
    case .reduction(let id, let remaining, let time):
      guard let index = orderIndices[id] else { return }
      orders[index].remaining = remaining
      touch(index, time)
    case .amendment(let id, let price, let quantity, let remaining, let hold, let time):
      guard let index = orderIndices[id] else { return }
      orders[index].terms.price = price
      orders[index].terms.quantity = quantity
      orders[index].remaining = remaining
      orders[index].isAmended = true
      orders[index].updatedAt = time
      setHold(index, hold)
    case .close(let id, let reason, let time):
      guard let index = orderIndices[id] else { return }
      closeOrder(index, reason, time)
    }
  }

  private func count(_ clientOrderID: String) {
    let seen = requestCounts[clientOrderID] ?? 0
    if seen == 0 { seenClientIDs.append(clientOrderID) }
    requestCounts[clientOrderID] = seen + 1
  }

  private func openOrder(
    _ id: UInt64, _ account: Int, _ terms: NewOrder, _ feeAsset: FeeAsset, _ hold: Amount,
    _ time: Int64
  ) {
    guard account < ledger.accountCount, markets.indices.contains(terms.instrument) else { return }
    orders.append(
      SimulatedOrder(
        id: id, account: account, terms: terms, feeAsset: feeAsset, createdAt: time,
        updatedAt: time, remaining: terms.quantity))
    let index = orders.count - 1
    orderIndices[id] = index
    if !terms.clientOrderID.isEmpty {
      clientIDIndices[clientKey(account, terms.clientOrderID)] = index
    }
    openIndices.append(index)
    nextOrderID = max(nextOrderID, id + 1)
    setHold(index, hold)
  }

  private func applyFill(
    _ index: Int, _ tradeID: UInt64, isMaker: Bool, _ price: Int64, _ quantity: Int64,
    _ fee: Amount, isFeeInQuote: Bool, _ time: Int64
  ) {
    let terms = orders[index].terms
    let account = orders[index].account
    let market = markets[terms.instrument]
    let notional = market.instrument.notional(price: price, quantity: quantity)
    let base = market.instrument.baseAmount(quantity)
    orders[index].executed += quantity
    orders[index].executedNotional += notional
    orders[index].fees += fee
    orders[index].updatedAt = time
    orders[index].fillIndices.append(fills.count)
    if terms.quoteQuantity == .zero { orders[index].remaining -= quantity }
    move(account, market, terms.side, base, notional)
    ledger.transfer(
      fee, of: isFeeInQuote ? market.quoteAsset : market.baseAsset, from: account,
      to: SystemAccount.fees)
    shrinkHold(index, notional: notional, base: base)
    fills.append(
      SimulatedFill(
        index: fills.count, orderID: orders[index].id, account: account,
        instrument: terms.instrument, tradeID: tradeID, side: terms.side, isMaker: isMaker,
        price: price, quantity: quantity, notional: notional, fee: fee,
        isFeeInQuote: isFeeInQuote, time: time,
        baseBalance: ledger.balance(account, market.baseAsset).total,
        quoteBalance: ledger.balance(account, market.quoteAsset).total))
  }

  private func move(
    _ account: Int, _ market: Market, _ side: OrderSide, _ base: Amount, _ notional: Amount
  ) {
    let buyer = side == .buy ? account : SystemAccount.liquidity
    let seller = side == .buy ? SystemAccount.liquidity : account
    ledger.transfer(base, of: market.baseAsset, from: seller, to: buyer)
    ledger.transfer(notional, of: market.quoteAsset, from: buyer, to: seller)
  }

  /// Keeps reserved what the rest of a limit order needs; a market order frees what it has spent.
  private func shrinkHold(_ index: Int, notional: Amount, base: Amount) {
    let order = orders[index]
    if order.terms.kind == .limit {
      setHold(
        index,
        requiredHold(
          order.terms, remaining: order.remaining, order.feeAsset, order.account))
    } else {
      let spent = order.terms.side == .buy ? notional : base
      setHold(index, max(.zero, order.hold - spent))
    }
  }

  private func setHold(_ index: Int, _ hold: Amount) {
    let order = orders[index]
    ledger.changeHold(order.account, fundingAsset(order.terms), by: hold - order.hold)
    orders[index].hold = hold
  }

  private func touch(_ index: Int, _ time: Int64) {
    orders[index].updatedAt = time
    if orders[index].terms.kind == .limit {
      let order = orders[index]
      setHold(
        index,
        requiredHold(
          order.terms, remaining: order.remaining, order.feeAsset, order.account))
    }
  }

  private func closeOrder(_ index: Int, _ reason: CloseReason, _ time: Int64) {
    guard orders[index].isOpen else { return }
    setHold(index, .zero)
    orders[index].status =
      reason == .filled ? .filled : (reason == .expired ? .expired : .canceled)
    orders[index].closeReason = reason
    orders[index].closedAt = time
    orders[index].updatedAt = time
    orders[index].isResting = false
    openIndices.removeAll { $0 == index }
  }
}
