internal import RouterCore
internal import Simulation

/// Orders on their way, at the venue, and their fills.
extension ModelVenue {
  // Sending.

  func submit(_ order: NewChildOrder) {
    epoch = max(epoch, order.id.epoch)
    guard isOrderEntryUp, !strikes(.notSent) else {
      return report(order.id, .notSent, after: Int64(random.below(1000)))
    }
    guard strikes(.slowSend) else { return send(order) }
    queue.add(.send(order), at: later(Int64(random.below(3_000_000))))
  }

  /// The order has waited for its connection.
  func sendNow(_ order: NewChildOrder) {
    guard mayStillSend?(order.id) ?? true, isOrderEntryUp else {
      return report(order.id, .notSent, after: 0)
    }
    send(order)
  }

  /// The bytes leave.
  ///
  /// Nothing arrives later than 2.5 seconds after this: that and the oldest copy that a query reads
  /// are what `absenceProofMilliseconds` allows for.
  private func send(_ order: NewChildOrder) {
    if strikes(.lostRequest) {
      return report(order.id, .outcomeUnknown, after: Int64(random.below(2_000_000)))
    }
    let isLate = strikes(.lateArrival)
    let isSilent = strikes(.lostAnswer)
    let isUncertain = isSilent || (isLate && random.below(2) == 0)
    report(order.id, isUncertain ? .outcomeUnknown : .sent, after: Int64(random.below(1000)))
    let travel = isLate ? Int64(random.below(2_500_000)) : latency
    queue.add(.arrival(order, isSilent: isSilent), at: later(travel))
  }

  // Arriving.

  func arrive(_ order: NewChildOrder, isSilent: Bool) {
    if isDown { return report(order.id, .outcomeUnknown, after: latency) }
    if refuses {
      // As an error of the server, which may mean anything, or in clear words.
      if random.below(2) == 0 { return report(order.id, .outcomeUnknown, after: latency) }
      return reject(order, .venueUnavailable, isSilent)
    }
    if strikes(.ambiguousAnswer) {
      report(order.id, .outcomeUnknown, after: latency)
      if random.below(2) == 0 { accept(order, isSilent: true) }
      return
    }
    if strikes(.reject) {
      let reasons: [RejectReason] = [
        .venueRule, .rateLimited, .insufficientFunds, .belowMinimum, .venueUnavailable,
        .clockSkew,
      ]
      return reject(order, reasons[random.below(reasons.count)], isSilent)
    }
    if order.isPostOnly && random.below(10) == 0 {
      return reject(order, .postOnlyWouldTake, isSilent)
    }
    let (missing, asset) = shortage(order)
    guard missing <= 0 else {
      account.noteShortage(of: asset, missing)
      return reject(order, .insufficientFunds, isSilent)
    }
    accept(order, isSilent: isSilent)
  }

  private func reject(_ order: NewChildOrder, _ reason: RejectReason, _ isSilent: Bool) {
    guard !isSilent else { return }
    report(order.id, .rejected, after: latency) { $0.rejectReason = reason }
  }

  private func accept(_ order: NewChildOrder, isSilent: Bool) {
    orders.append(ModelOrder(order: order, number: orders.count, acceptedAt: now))
    let index = orders.count - 1
    if strikes(.lateReject) {
      if !isSilent { tell(index, .acknowledged) }
      orders[index].end(.rejected, at: now)
      if !isSilent { tell(index, .rejected) }
      return
    }
    if !isSilent { tell(index, .acknowledged) }
    let rests = order.timeInForce == .goodTillCancel || order.timeInForce == .goodTillDate
    if !order.isPostOnly { take(index, rests: rests, isSilent) }
    guard rests else { return endTaking(index, isSilent) }
    scheduleTrade(index)
  }

  private func take(_ index: Int, rests: Bool, _ isSilent: Bool) {
    let order = orders[index].order
    guard random.below(100) >= missRate || !areFaultsOn else { return }
    if rests && random.below(2) == 0 { return }
    var rest = order.quantity.mantissa
    if order.timeInForce == .fillOrKill || random.below(2) == 0 {
      return fill(index, rest, isMaker: false, isSilent)
    }
    for _ in 0..<(1 + random.below(3)) where rest > 0 {
      let quantity = 1 + Int64(random.below(Int(rest)))
      rest -= quantity
      fill(index, quantity, isMaker: false, isSilent)
    }
  }

  private func endTaking(_ index: Int, _ isSilent: Bool) {
    guard orders[index].state == .open else { return }
    end(index, random.below(4) == 0 ? .canceled : .expired, isSilent)
  }

  func end(_ index: Int, _ state: ModelOrder.State, _ isSilent: Bool) {
    orders[index].end(state, at: now)
    if !isSilent { tell(index, state == .canceled ? .canceled : .expired) }
    if strikes(.lateFill), orders[index].filled < orders[index].order.quantity.mantissa {
      queue.add(.lateFill(index), at: later(Int64(50_000 + random.below(3_000_000))))
    }
  }

  // Filling.

  private func fill(_ index: Int, _ quantity: Int64, isMaker: Bool, _ isSilent: Bool) {
    book(index, quantity, isMaker: isMaker)
    if !isSilent { tellFill(index) }
    guard orders[index].filled >= orders[index].order.quantity.mantissa else { return }
    if strikes(.overfill) {
      lie(index, Int64(1 + random.below(10)), isMaker: isMaker)
    }
    guard orders[index].state == .open else { return }
    orders[index].end(.filled, at: now)
    if !isSilent { tell(index, .filled) }
  }

  func fillLate(_ index: Int) {
    let rest = orders[index].order.quantity.mantissa - orders[index].filled
    guard rest > 0, orders[index].state != .open else { return }
    lie(index, 1 + Int64(random.below(Int(rest))), isMaker: true)
  }

  /// An execution that must not be.
  private func lie(_ index: Int, _ quantity: Int64, isMaker: Bool) {
    orders[index].isLie = true
    let before = account.totals
    book(index, quantity, isMaker: isMaker)
    if let execution = orders[index].executions.last {
      account.noteLie(Self.executionID(execution.number), since: before)
    }
    tellFill(index)
  }

  /// Moves the money of one execution.
  private func book(_ index: Int, _ quantity: Int64, isMaker: Bool) {
    let order = orders[index].order
    let instrument = Universe.instrument(of: order.listing)
    let isBuy = order.side == .buy
    let better = Int64(random.below(3))
    let limit = order.limitPrice.mantissa
    let price = isMaker ? limit : isBuy ? max(limit - better, 1) : limit + better
    let notional = ModelAccount.notional(price, quantity, instrument)
    let base = ModelAccount.base(quantity, instrument)
    let listing = listings[order.listing.index % Universe.instruments.count]
    var rate = (isMaker ? listing.makerFee : listing.takerFee).partsPerHundredMillion
    var (feeAsset, fee) = (instrument.quote, Int128(0))
    if listing.feeAsset == .received && isBuy {
      feeAsset = instrument.base
      fee = base * Int128(rate) / 100_000_000
    } else {
      fee = notional * Int128(rate) / 100_000_000
    }
    if strikes(.oddFee) {
      account.isTouched = true
      rate = Int64(random.below(400_000)) - 50_000
      fee = notional * Int128(rate) / 100_000_000
      feeAsset = random.below(3) == 0 ? Universe.eth : instrument.quote
    }
    account.move(instrument.base, by: isBuy ? base : -base)
    account.move(instrument.quote, by: isBuy ? -notional : notional)
    account.move(feeAsset, by: -fee)
    executionCount += 1
    orders[index].filled += quantity
    orders[index].executions.append(
      ModelOrder.Execution(
        number: executionCount, quantity: quantity, price: price, fee: fee, feeAsset: feeAsset,
        isMaker: isMaker, at: now))
  }

  // Resting.

  private func scheduleTrade(_ index: Int) {
    guard orders[index].leaves > 0 else { return }
    queue.add(.trade(index), at: later(Int64(20_000 + random.below(8_000_000))))
  }

  func tradeResting(_ index: Int) {
    guard orders[index].leaves > 0, !isDown else { return }
    let quantity = 1 + Int64(random.below(Int(orders[index].leaves)))
    fill(index, random.below(2) == 0 ? orders[index].leaves : quantity, isMaker: true, false)
    scheduleTrade(index)
  }

  // Cancels.

  func cancel(_ child: ChildReference) {
    guard isOrderEntryUp, !strikes(.cancelLoss) else { return }
    queue.add(.cancel(child.id), at: later(latency))
  }

  func cancelArrived(_ id: ChildOrderID) {
    guard !isDown else { return }
    strangers.removeAll { $0.child == id }
    guard let index = orders.firstIndex(where: { $0.order.id == id && $0.state == .open }) else {
      return report(id, .cancelRejected, after: latency)
    }
    // A fill may be faster than the cancel.
    if random.below(5) == 0 {
      fill(index, 1 + Int64(random.below(Int(orders[index].leaves))), isMaker: true, false)
    }
    guard orders[index].state == .open else {
      return report(id, .cancelRejected, after: latency)
    }
    end(index, .canceled, false)
  }

  // Money.

  private func hold(_ order: ModelOrder, _ quantity: Int64) -> (asset: AssetID, amount: Int128) {
    let instrument = Universe.instrument(of: order.order.listing)
    guard order.order.side == .buy else {
      return (instrument.base, ModelAccount.base(quantity, instrument))
    }
    let notional = ModelAccount.notional(
      order.order.limitPrice.mantissa, quantity, instrument)
    let listing = listings[order.order.listing.index % Universe.instruments.count]
    guard listing.feeAsset == .quote else { return (instrument.quote, notional) }
    let rate =
      order.order.isPostOnly
      ? listing.makerFee.partsPerHundredMillion
      : listing.takerFee.partsPerHundredMillion
    return (instrument.quote, notional + ModelAccount.part(notional, rate))
  }

  func held(_ asset: AssetID) -> Int128 {
    var sum = account.foreignHolds[asset.index]
    for order in orders where order.leaves > 0 {
      let (held, amount) = hold(order, order.leaves)
      if held == asset { sum += amount }
    }
    return sum
  }

  /// What the account lacks for an order; nothing or less if it is covered.
  private func shortage(_ order: NewChildOrder) -> (missing: Int128, asset: AssetID) {
    let need = hold(
      ModelOrder(order: order, number: 0, acceptedAt: now), order.quantity.mantissa)
    return (need.amount - (account.totals[need.asset.index] - held(need.asset)), need.asset)
  }
}
