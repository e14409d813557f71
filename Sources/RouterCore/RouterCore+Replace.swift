/// Changing an order while it is worked: new terms stand once no child contradicts them.
///
/// Until then nothing new is planned, and the worst case stays within the old quantity; what is
/// filled meanwhile counts. A quantity below what is filled ends the order there.
extension RouterCore {
  mutating func replace(
    _ request: OrderReplaceRequest, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let parent = orders.slot(of: request.parent) else {
      return outbox.append(.refused(requestID: request.requestID, reason: .unknownOrder))
    }
    let order = orders.parents[parent]
    if let reason = obstacle(to: request, order) {
      return outbox.append(.refused(requestID: request.requestID, reason: reason))
    }
    switch judged(request, order, now) {
    case .failure(let refusal):
      outbox.append(.refused(requestID: request.requestID, reason: refusal.reason))
    case .success(let replacement):
      emit(.parentReplaceRequested(replacement), &outbox)
      outbox.append(.replaceAccepted(requestID: request.requestID, parent: order.id))
      settleReplacement(parent, now, &outbox)
      advance(parent, now, &outbox)
    }
  }

  private func obstacle(
    to request: OrderReplaceRequest, _ order: ParentOrder
  ) -> RejectReason? {
    guard order.isOpen else { return .orderAlreadyClosed }
    guard order.status != .cancelPending else { return .cancelPending }
    guard isRunning else { return .notRecovered }
    guard order.order.isLasting || order.status == .armed else { return .notReplaceable }
    if request.limitPrice != nil && !order.order.hasLimit { return .invalidPrice }
    if request.stopPrice != nil && order.status != .armed { return .invalidStop }
    return nil
  }

  /// The whole new terms if they pass the gate that a new order with them would have to pass.
  private func judged(
    _ request: OrderReplaceRequest, _ order: ParentOrder, _ now: Timestamp
  ) -> Result<ParentReplacement, RiskRefusal> {
    guard let instrument = markets.instrument(order.order.instrument)?.instrument else {
      return .failure(RiskRefusal(.unknownInstrument))
    }
    let pending = order.pendingReplacement
    var terms = order.order
    terms.quantity = request.quantity ?? pending?.quantity ?? terms.quantity
    terms.limitPrice = request.limitPrice ?? pending?.limitPrice ?? terms.limitPrice
    terms.stopPrice = request.stopPrice ?? pending?.stopPrice ?? terms.stopPrice
    var risk = risk(for: terms.instrument, at: now)
    // It is open already and takes no other's place.
    risk.openParents -= 1
    return risk.check(terms, instrument).map { limit in
      ParentReplacement(
        parent: order.id, quantity: terms.quantity, limitPrice: terms.limitPrice,
        stopPrice: terms.stopPrice,
        effectiveLimit: terms.hasLimit ? limit : order.effectiveLimit, at: now)
    }
  }

  /// Lets pending terms stand, or cancels what rests against them.
  mutating func settleReplacement(_ parent: Int, _ now: Timestamp, _ outbox: inout Outbox) {
    let order = orders.parents[parent]
    guard var replacement = order.pendingReplacement else { return }
    // A venue may have filled more than was ordered; that is not undone.
    replacement.quantity = max(replacement.quantity, order.filledQuantity)
    let worst = order.filledQuantity.addingSaturated(order.openLeaves)
    #if MUTATIONS
      if Mutation.replacementIgnoresOpenChildren.isActive {
        return emit(.parentReplaced(replacement), &outbox)
      }
    #endif
    let isRepriced = replacement.effectiveLimit != order.effectiveLimit
    if order.openChildren > 0 && (isRepriced || worst > replacement.quantity) {
      return cancelResting(of: parent, now, &outbox)
    }
    replacement.at = now
    emit(.parentReplaced(replacement), &outbox)
    orders.working[Int(order.links.working)].noteNewTerms()
  }
}
