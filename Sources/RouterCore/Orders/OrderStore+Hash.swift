extension OrderStore {
  /// Where an order stands in its table does not count: a snapshot fills the tables anew.
  ///
  /// The order in which closed parents will be forgotten does.
  package func hash(into hasher: inout StateHasher) {
    hasher.combine(lastParent)
    hasher.combine(lastForgotten)
    hasher.combine(sum(parents) { hash($0, into: &$1) })
    hasher.combine(sum(children) { hash($0, into: &$1) })
    hasher.combine(sum(fills) { hash($0, into: &$1) })
    forEachClosed { hasher.combine($0.rawValue) }
    requests.hash(into: &hasher)
  }

  private func sum<Element>(
    _ pool: borrowing Pool<Element>, _ hash: (Element, inout StateHasher) -> Void
  ) -> UInt64 {
    var sum: UInt64 = 0
    for slot in 0..<pool.highWater where pool.contains(slot) {
      var hasher = StateHasher()
      hash(pool[slot], &hasher)
      sum &+= mixed(hasher.value)
    }
    return sum
  }

  private func hash(_ fill: Fill, into hasher: inout StateHasher) {
    hasher.combine(fill.key.tableHash)
    hasher.combine(fill.quantity.mantissa)
    hasher.combine(fill.price.mantissa)
  }

  private func hash(_ parent: ParentOrder, into hasher: inout StateHasher) {
    hasher.combine(parent.id.rawValue)
    hasher.combine(parent.order.clientOrderID)
    hasher.combine(parent.order.requestDigest)
    hasher.combine(parent.order.quantity.mantissa)
    hasher.combine(parent.order.deadline)
    hasher.combine(parent.order.routing)
    hasher.combine(parent.order.limitPrice?.mantissa ?? -1)
    hasher.combine(parent.order.stopPrice?.mantissa ?? -1)
    hasher.combine(UInt64(parent.order.trigger.rawValue))
    hasher.combine((parent.order.isPostOnly ? 2 : 0) | (parent.order.allowsSplit ? 1 : 0))
    hasher.combine(parent.triggeredAt)
    hash(parent.pendingReplacement, into: &hasher)
    hasher.combine(parent.effectiveLimit.mantissa)
    hasher.combine(UInt64(parent.order.side.rawValue) << 8 | UInt64(parent.status.rawValue))
    hasher.combine(UInt64(parent.outcome?.rawValue ?? 0) << 8 | UInt64(parent.closeReason.rawValue))
    hasher.combine(parent.filledQuantity.mantissa)
    hasher.combine(parent.filledNotional.mantissa)
    hasher.combine(parent.openLeaves.mantissa)
    hasher.combine(parent.residualLeaves.mantissa)
    hasher.combine(Int64(parent.openChildren))
    hasher.combine(Int64(parent.openResting))
    hasher.combine(UInt64(parent.childCount) << 16 | UInt64(parent.wave))
    hasher.combine(parent.closedAt)
  }

  private func hash(_ replacement: ParentReplacement?, into hasher: inout StateHasher) {
    guard let replacement else { return hasher.combine(0) }
    hasher.combine(replacement.quantity.mantissa)
    hasher.combine(replacement.limitPrice?.mantissa ?? -1)
    hasher.combine(replacement.stopPrice?.mantissa ?? -1)
    hasher.combine(replacement.effectiveLimit.mantissa)
  }

  private func hash(_ child: ChildOrder, into hasher: inout StateHasher) {
    hasher.combine(child.id)
    hasher.combine(child.order.limitPrice.mantissa)
    hasher.combine(child.order.quantity.mantissa)
    hasher.combine(child.reserved.mantissa)
    hasher.combine(UInt64(child.status.rawValue) << 8 | UInt64(child.outcome?.rawValue ?? 0))
    hasher.combine(UInt64(child.closeReason.rawValue) << 8 | (child.isCancelPending ? 1 : 0))
    hasher.combine((child.order.isPostOnly ? 1 : 0) | Int(child.role.rawValue) << 1)
    hasher.combine(child.cumulativeQuantity.mantissa)
    hasher.combine(child.spent.mantissa)
    hasher.combine(child.venueOrderID)
    hasher.combine(child.sentAt)
    hasher.combine(child.acknowledgedAt)
    hasher.combine(child.closedAt)
  }
}
