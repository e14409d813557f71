extension SimulatedExchange {
  /// Turns what the engine reported into fills, closes, public trades and level changes.
  func settleEvents(of instrument: Int) {
    for index in matchEvents.indices { settle(matchEvents[index], instrument) }
    matchEvents.removeAll(keepingCapacity: true)
  }

  private func settle(_ event: MatchEvent, _ instrument: Int) {
    switch event {
    case .accepted, .rejected: break
    case .level(let change): markets[instrument].levelChanges.append(change)
    case .trade(let trade): settle(trade, instrument)
    case .rested(let id, _): if isClient(id) { noteRested(id) }
    case .reduced(let id, let remaining): if isClient(id) { reduce(id, remaining) }
    case .done(let id, let reason, _): if isClient(id) { close(id, reason) }
    }
  }

  private func isClient(_ id: UInt64) -> Bool { id & SyntheticMarket.idBit == 0 }

  private func settle(_ trade: EngineTrade, _ instrument: Int) {
    publish(trade, instrument)
    if isClient(trade.takerID) {
      markets[instrument].synthetic.clientTook(trade.takerSide.opposite, at: now)
      fill(trade.takerID, trade, isMaker: false)
    }
    if isClient(trade.makerID) { fill(trade.makerID, trade, isMaker: true) }
  }

  private func publish(_ trade: EngineTrade, _ instrument: Int) {
    let print = PublicTrade(
      tradeID: trade.tradeID, price: trade.price, quantity: trade.quantity,
      takerSide: trade.takerSide, makerOrderID: trade.makerID, takerOrderID: trade.takerID,
      time: now)
    markets[instrument].freshTrades.append(print)
    markets[instrument].trades.append(print)
    if markets[instrument].trades.count > options.publicTradeHistory * 2 {
      markets[instrument].trades.removeFirst(options.publicTradeHistory)
    }
  }

  private func fill(_ id: UInt64, _ trade: EngineTrade, isMaker: Bool) {
    guard let index = orderIndices[id] else { return }
    let order = orders[index]
    let instrument = markets[order.terms.instrument].instrument
    let isQuote = FeePolicy.isQuote(order.feeAsset, order.terms.side)
    let notional = instrument.notional(price: trade.price, quantity: trade.quantity)
    let charged = isQuote ? notional : instrument.baseAmount(trade.quantity)
    commit(
      .fill(
        orderID: id, tradeID: trade.tradeID, isMaker: isMaker, price: trade.price,
        quantity: trade.quantity, fee: options.fees.fee(on: charged, isMaker: isMaker),
        isFeeInQuote: isQuote, time: now))
    if let fill = fills.last { emit(.fill(fill), id) }
  }

  private func noteRested(_ id: UInt64) {
    guard let index = orderIndices[id] else { return }
    orders[index].isResting = true
    emit(.rested, id)
  }

  private func reduce(_ id: UInt64, _ remaining: Int64) {
    commit(.reduction(id: id, remaining: remaining, time: now))
    emit(.reduced, id)
  }

  private func close(_ id: UInt64, _ reason: CloseReason) {
    commit(.close(id: id, reason, time: now))
    emit(.closed, id)
  }

  func emit(_ kind: UserEvent.Kind, _ id: UInt64) {
    guard let index = orderIndices[id] else { return }
    let order = orders[index]
    userEvents.append(UserEvent(kind: kind, account: order.account, order: order, time: now))
  }
}
