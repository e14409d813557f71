/// The gates an order must pass: the parent before it is planned, each child after.
///
/// Hard blocks with a reason; nothing here can be argued with. An absent limit is zero.
package struct PreTradeRisk: Sendable, BitwiseCopyable {
  package var limits: RiskLimits
  package var isHalted: Bool
  package var openParents: Int
  /// Consolidated best raw prices; zero if there is none.
  package var bid: Price
  package var ask: Price
  package var now: Timestamp

  package init(
    limits: RiskLimits, isHalted: Bool, openParents: Int, touch: (bid: Price, ask: Price),
    now: Timestamp
  ) {
    self.limits = limits
    self.isHalted = isHalted
    self.openParents = openParents
    bid = touch.bid
    ask = touch.ask
    self.now = now
  }

  /// The gate on a parent.
  ///
  /// - Returns: The worst raw price at which it may trade, or why it is refused; zero for a stop
  ///   order without limit, which gets its collar when it triggers.
  package func check(
    _ order: NewOrderSingle, _ instrument: Instrument
  ) -> Result<Price, RiskRefusal> {
    if isHalted || limits == .closed { return .failure(RiskRefusal(.halted)) }
    if let reason = fault(in: order) { return .failure(RiskRefusal(reason)) }
    if openParents >= Int(limits.maximumOpenParents) {
      return .failure(RiskRefusal(.openOrdersLimit))
    }
    let collar = collar(order.side)
    // What waits for a trigger is held to the collar of that time.
    guard let limit = order.limitPrice ?? order.stopPrice ?? collar else {
      return .failure(RiskRefusal(.noMarket))
    }
    if !order.isStop, let collar, isBeyond(limit, collar, order.side) {
      return .failure(RiskRefusal(.priceCollar))
    }
    // A sell fills at its limit or better, so the market's price bounds its value, too.
    let price = order.side == .buy ? limit : max(limit, bid)
    guard let value = value(price, order.worstQuantity, instrument) else {
      return .failure(RiskRefusal(.orderValueLimit))
    }
    if value > limits.maximumOrderValue { return .failure(RiskRefusal(.orderValueLimit)) }
    return .success(order.type == .stop ? .zero : limit)
  }

  /// What is wrong with the request itself.
  private func fault(in order: NewOrderSingle) -> RejectReason? {
    if order.isStop != (order.stopPrice != nil) { return .invalidStop }
    if let stop = order.stopPrice, stop <= .zero { return .invalidStop }
    if order.quantity <= .zero { return .invalidQuantity }
    if order.quantity.mantissa > .max / 4 { return .orderQuantityLimit }
    if order.hasLimit != (order.limitPrice != nil) { return .invalidPrice }
    if let limit = order.limitPrice, limit <= .zero { return .invalidPrice }
    if order.timeInForce == .goodTillDate && order.deadline == .distantFuture {
      return .missingDeadline
    }
    if order.deadline <= now { return .deadlinePassed }
    if order.isPostOnly && !mayBePostOnly(order) { return .postOnlyConflict }
    if order.allowsSplit && order.timeInForce != .fillOrKill { return .invalidRouting }
    if !order.routing.isValid(for: order.timeInForce) { return .invalidRouting }
    if order.routing.overRouting > 0 && order.isPostOnly { return .invalidRouting }
    return nil
  }

  private func mayBePostOnly(_ order: NewOrderSingle) -> Bool {
    order.type == .limit && order.isLasting && order.routing.residual == .rest
      && order.routing.strategy != .priceImprovement
  }

  /// The worst price on this side that the collar around the touch allows; `nil` without a touch.
  package func collar(_ side: Side) -> Price? {
    let touch = side == .buy ? ask : bid
    guard touch > .zero else { return nil }
    let points = Int64(max(limits.collarBasisPoints, 0))
    let factor = side == .buy ? 10_000 + points : max(10_000 - points, 0)
    // Rounded towards the touch.
    let price = product(touch.mantissa, factor).divided(by: 10_000, roundingUp: side == .sell)
    return Price(mantissa: Int64(clamping: price))
  }

  /// The limit for a plan made now: the parent's own, or the collar if that is tighter.
  package func planLimit(_ parent: ParentOrder) -> Price {
    let side = parent.order.side
    guard let collar = collar(side) else { return parent.effectiveLimit }
    return isBeyond(parent.effectiveLimit, collar, side) ? collar : parent.effectiveLimit
  }

  private func isBeyond(_ price: Price, _ limit: Price, _ side: Side) -> Bool {
    side == .buy ? price > limit : price < limit
  }

  private func value(_ price: Price, _ quantity: Quantity, _ instrument: Instrument) -> Amount? {
    let scale = powerOfTen(Amount.scale - instrument.notionalScale)
    let (value, overflow) = (price * quantity).mantissa.multipliedReportingOverflow(by: scale)
    return overflow ? nil : Amount(mantissa: value)
  }

  /// The gate on a leg of a plan; the planner keeps these rules, and this does not believe it.
  package func allows(_ leg: RouteLeg, _ listing: Listing, side: Side, limit: Price)
    -> Bool
  {
    leg.quantity > .zero && leg.limitPrice > .zero
      && leg.quantity.mantissa % listing.quantityIncrement.mantissa == 0
      && leg.limitPrice.mantissa % listing.priceIncrement.mantissa == 0
      && leg.quantity >= listing.minimumQuantity && leg.quantity <= listing.maximumQuantity
      && leg.limitPrice * leg.quantity >= listing.minimumNotional
      && !isBeyond(leg.limitPrice, limit, side)
  }
}

/// Why the gate stays closed.
package struct RiskRefusal: Error, Sendable, Hashable {
  package let reason: RejectReason

  init(_ reason: RejectReason) { self.reason = reason }
}
