package import RouterCore

/// What clients may read, built from facts, live and from the journal alike.
///
/// It belongs to the thread of the client gateways, so that no read ever touches the core.
package struct ReadModel: Sendable {
  /// Closed orders beyond this number are forgotten, oldest first; the journal keeps them.
  private static let closedOrderLimit = 200_000
  private static let executionLimit = 1_000_000
  private static let orphanLimit = 200

  package private(set) var directory = Directory()
  package private(set) var orders: [ParentOrderID: OrderView] = [:]
  /// In the order of acceptance.
  package private(set) var orderIDs: [ParentOrderID] = []
  package private(set) var executions: [ExecutionView] = []
  private var executionCount = 0
  package private(set) var positions: [PositionKey: Amount] = [:]
  package private(set) var isHalted = false
  package private(set) var haltedVenues: [VenueID: RejectReason] = [:]
  /// Why everything is halted, if it was not an operator.
  package private(set) var haltReason: String?
  /// The last ones.
  package private(set) var orphans: [OrphanView] = []
  package private(set) var epoch: UInt32 = 0
  private var byClientOrderID: [ShortText: ParentOrderID] = [:]

  package init() {}

  package func order(clientOrderID: String) -> OrderView? {
    ShortText(clientOrderID).flatMap { byClientOrderID[$0] }.flatMap { orders[$0] }
  }

  package mutating func apply(_ fact: Fact) {
    directory.apply(fact)
    switch fact {
    case .epochStarted(let epoch, _): self.epoch = epoch
    case .haltChanged(let isHalted, _):
      self.isHalted = isHalted
      if !isHalted { haltReason = nil }
    case .orphanFound(let found): note(found)
    case .orphanAdopted(let child, _):
      if let place = orphans.lastIndex(where: { $0.found.child == child }) {
        orphans[place].isAdopted = true
      }
    case .venueHaltChanged(let venue, let isHalted, let reason, _):
      haltedVenues[venue] = isHalted ? reason : nil
    case .parentAccepted(let accepted): accept(accepted)
    case .planMade(let plan):
      update(plan.parent, at: plan.at) { $0.plans.append(PlanView(made: plan)) }
    case .planLeg(let leg):
      update(leg.parent, at: nil) { order in
        guard !order.plans.isEmpty else { return }
        order.plans[order.plans.count - 1].legs.append(leg)
      }
    case .restPlanned(let rest):
      update(rest.parent, at: rest.at) { order in
        guard !order.plans.isEmpty else { return }
        order.plans[order.plans.count - 1].rests.append(rest)
      }
    case .parentCancelRequested(let parent, let at):
      update(parent, at: at) { $0.isCancelRequested = true }
    case .parentTriggered(let triggered):
      update(triggered.parent, at: triggered.at) { $0.trigger(triggered) }
    case .parentReplaceRequested(let replacement):
      update(replacement.parent, at: replacement.at) { $0.replacing = replacement }
    case .parentReplaced(let replacement):
      update(replacement.parent, at: replacement.at) { $0.replace(replacement) }
    case .parentClosed(let closed): close(closed)
    case .fillRecorded(let fill): record(fill)
    case .positionCarried(let carried):
      positions[PositionKey(venue: carried.venue, asset: carried.asset), default: .zero] +=
        carried.amount
    case .executionsCarried(let count): executionCount = Int(clamping: count)
    default: applyToChild(fact)
    }
  }

  private mutating func accept(_ accepted: ParentAccepted) {
    orders[accepted.id] = OrderView(accepted)
    orderIDs.append(accepted.id)
    byClientOrderID[accepted.order.clientOrderID] = accepted.id
    if orderIDs.count > Self.closedOrderLimit { forgetOldest() }
  }

  private mutating func close(_ closed: ParentClosed) {
    update(closed.parent, at: closed.at) { order in
      order.closed = closed
      order.replacing = nil
    }
  }

  private mutating func note(_ found: OrphanFound) {
    if found.verdict == .otherRouter { haltReason = OrphanFound.otherRouterWords }
    orphans.append(OrphanView(found))
    if orphans.count > Self.orphanLimit { orphans.removeFirst() }
  }

  private mutating func forgetOldest() {
    guard let place = orderIDs.firstIndex(where: { orders[$0]?.closed != nil }) else { return }
    let id = orderIDs.remove(at: place)
    if let order = orders.removeValue(forKey: id) {
      byClientOrderID[order.accepted.order.clientOrderID] = nil
    }
  }

  private mutating func applyToChild(_ fact: Fact) {
    switch fact {
    case .childIntended(let intended):
      update(intended.order.id.parent, at: intended.at) { $0.children.append(ChildView(intended)) }
    case .childSent(let id, let at):
      updateChild(id, at: at) {
        $0.sentAt = at
        if $0.status == "intended" { $0.status = "sent" }
      }
    case .childAbandoned(let id, let reason, let at):
      updateChild(id, at: at) {
        $0.status = "abandoned"
        $0.reason = reason
        $0.closedAt = at
      }
    case .childAcknowledged(let id, let venueOrderID, let at):
      updateChild(id, at: at) {
        $0.venueOrderID = venueOrderID.string
        $0.acknowledgedAt = $0.acknowledgedAt ?? at
        if $0.closedAt == nil { $0.status = "open" }
      }
    case .childUnknown(let id, let at): updateChild(id, at: at) { $0.status = "unknown" }
    case .cancelIntended(let id, let at): updateChild(id, at: at) { $0.status = "canceling" }
    case .childClosed(let closed):
      updateChild(closed.child, at: closed.at) {
        $0.status = closed.outcome.name
        $0.reason = closed.reason
        $0.text = closed.text.string
        $0.closedAt = closed.at
      }
    default: break
    }
  }

  private mutating func record(_ fill: FillRecorded) {
    guard let instrument = directory.instrument(of: fill.listing),
      let venue = directory.listings[fill.listing]?.venue
    else { return }
    let notional = fill.price * fill.quantity
    update(fill.child.parent, at: fill.at) { order in
      order.filled += fill.quantity
      order.notional += notional
      order.addFee(fill.fee, fill.feeAsset)
      order.value(fill, instrument)
    }
    updateChild(fill.child, at: fill.at) { child in
      child.filled += fill.quantity
      child.notional += notional
      child.firstFillAt = child.firstFillAt ?? fill.at
      child.lastFillAt = fill.at
      if let place = child.fees.firstIndex(where: { $0.asset == fill.feeAsset }) {
        child.fees[place].amount += fill.fee
      } else {
        child.fees.append((fill.feeAsset, fill.fee))
      }
    }
    let base = fill.quantity.amount(of: instrument)
    let quote = notional.amount(of: instrument)
    let sign: (Amount, Amount) = fill.side == .buy ? (base, -quote) : (-base, quote)
    positions[PositionKey(venue: venue, asset: instrument.base), default: .zero] += sign.0
    positions[PositionKey(venue: venue, asset: instrument.quote), default: .zero] += sign.1
    positions[PositionKey(venue: venue, asset: fill.feeAsset), default: .zero] -= fill.fee
    executionCount += 1
    executions.append(ExecutionView(number: executionCount, venue: venue, fill: fill))
    if executions.count > Self.executionLimit {
      executions.removeFirst(Self.executionLimit / 10)
    }
  }

  private mutating func update(
    _ id: ParentOrderID, at: Timestamp?, _ body: (inout OrderView) -> Void
  ) {
    guard let place = orders.index(forKey: id) else { return }
    body(&orders.values[place])
    if let at { orders.values[place].updatedAt = at }
  }

  private mutating func updateChild(
    _ id: ChildOrderID, at: Timestamp, _ body: (inout ChildView) -> Void
  ) {
    update(id.parent, at: at) { order in
      guard let place = order.children.lastIndex(where: { $0.intended.order.id == id }) else {
        return
      }
      body(&order.children[place])
    }
  }
}

package struct PositionKey: Sendable, Hashable {
  package var venue: VenueID
  package var asset: AssetID
}

/// One fill with its place in the order in which we learned of them.
package struct ExecutionView: Sendable {
  package var number: Int
  package var venue: VenueID
  package var fill: FillRecorded
}

extension ChildClosed.Outcome {
  var name: String {
    switch self {
    case .filled: "filled"
    case .canceled: "canceled"
    case .expired: "expired"
    case .rejected: "rejected"
    case .neverAccepted: "never_accepted"
    }
  }
}
