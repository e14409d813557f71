extension RouterCore {
  /// Makes a fact true; the only way in which durable state changes.
  ///
  /// Total: a fact that does not fit the state changes nothing.
  package mutating func apply(_ fact: Fact) {
    switch fact {
    case .epochStarted(let epoch, _): self.epoch = max(self.epoch, epoch)
    case .venueDefined(let venue): define(venue)
    case .assetDefined(let asset): markets.define(asset)
    case .instrumentDefined(let instrument): markets.define(instrument)
    case .listingChanged(let listing): define(listing)
    case .riskLimitsChanged(let limits): self.limits = limits
    case .venueRoutingChanged(let routing): define(routing)
    case .venueThrottleChanged(let throttle): define(throttle)
    case .venueMaintenanceChanged(let windows): markets.define(windows)
    case .haltChanged(let isHalted, _): self.isHalted = isHalted
    case .venueHaltChanged(let venue, let isHalted, let reason, _):
      markets.setHalt(venue, isHalted: isHalted, reason: reason)
    case .parentAccepted(let accepted): applyAccepted(accepted)
    case .parentRefused(let refused): applyRefused(refused)
    case .planMade(let plan): applyPlan(plan)
    case .planLeg, .restPlanned: break
    case .parentCancelRequested(let id, _): applyCancelRequest(id)
    case .parentClosed(let closed): applyParentClosed(closed)
    case .parentTriggered(let triggered):
      if let parent = orders.slot(of: triggered.parent) {
        orders.trigger(parent, triggered)
      }
    case .parentReplaceRequested(let replacement):
      if let parent = orders.slot(of: replacement.parent) {
        orders.parents[parent].requestReplacement(replacement)
      }
    case .parentReplaced(let replacement):
      if let parent = orders.slot(of: replacement.parent) {
        orders.replace(parent, replacement)
      }
    case .childIntended(let intended): applyIntended(intended)
    case .positionCarried(let carried):
      ledger.carry(carried.venue, carried.asset, carried.amount)
    case .requestRemembered(let entry): orders.requests.remember(entry)
    case .parentsForgotten(let forgotten): orders.note(forgotten)
    case .executionsCarried, .throttleEngaged: break
    case .orphanFound(let orphan): strangers.insert(orphan.child)
    case .venueBreakerChanged(let settings): define(settings)
    // Windows and states are of one run; the fact says why orders went elsewhere.
    case .breakerChanged: break
    default: applyToChild(fact)
    }
  }

  private mutating func applyToChild(_ fact: Fact) {
    switch fact {
    case .childSent(let id, let time):
      if let child = orders.slot(of: id) { orders.children[child].send(at: time) }
    case .childAcknowledged(let id, let venueOrderID, let time):
      if let child = orders.slot(of: id) {
        change(child) { $0.acknowledge(venueOrderID, at: time) }
      }
    case .childUnknown(let id, _):
      if let child = orders.slot(of: id) { change(child) { $0.doubt() } }
      #if MUTATIONS
        if Mutation.unknownFreesItsReserve.isActive { freeCharge(of: id) }
      #endif
    case .cancelIntended(let id, _):
      if let child = orders.slot(of: id) { orders.children[child].intendCancel() }
    case .fillRecorded(let fill): applyFill(fill)
    case .childAbandoned(let id, let reason, let time):
      applyEnd(of: id, at: time) { $0.abandon(reason, at: time) }
    case .childClosed(let closed):
      applyEnd(of: closed.child, at: closed.at) {
        $0.close(closed.outcome, closed.reason, at: closed.at)
      }
    default: break
    }
  }

  // Parents.

  private mutating func applyAccepted(_ accepted: ParentAccepted) {
    guard orders.accept(accepted) != nil else { return }
    orders.requests.remember(
      ClientOrderMemory.Entry(
        clientOrderID: accepted.order.clientOrderID, requestDigest: accepted.order.requestDigest,
        parent: accepted.id, reason: .none, at: accepted.at))
  }

  private mutating func applyRefused(_ refused: ParentRefused) {
    orders.requests.remember(
      ClientOrderMemory.Entry(
        clientOrderID: refused.clientOrderID, requestDigest: refused.requestDigest, parent: nil,
        reason: refused.reason, at: refused.at))
  }

  private mutating func applyPlan(_ plan: PlanMade) {
    guard let parent = orders.slot(of: plan.parent) else { return }
    orders.parents[parent].plan(wave: plan.wave)
  }

  private mutating func applyCancelRequest(_ id: ParentOrderID) {
    guard let parent = orders.slot(of: id) else { return }
    orders.parents[parent].requestCancel()
  }

  private mutating func applyParentClosed(_ closed: ParentClosed) {
    guard let parent = orders.slot(of: closed.parent), orders.parents[parent].isOpen else { return }
    timers.remove(parentTimer(Int(orders.parents[parent].links.working)))
    orders.close(parent, closed)
  }

  // Children.

  private mutating func applyIntended(_ intended: ChildIntended) {
    guard let child = orders.intend(intended), let asset = givenAsset(child) else { return }
    ledger.reserve(intended.order.venue, asset, intended.reserved)
    orders.children[child].tracking.charge = intended.reserved
  }

  #if MUTATIONS
    private mutating func freeCharge(of id: ChildOrderID) {
      guard let child = orders.slot(of: id), let asset = givenAsset(child) else { return }
      let order = orders.children[child]
      ledger.uncharge(order.order.venue, asset, order.tracking.charge)
      orders.children[child].tracking.charge = .zero
    }
  #endif

  /// Changes a child's state, and what its parent counts of it.
  private mutating func change(_ child: Int, _ body: (inout ChildOrder) -> Void) {
    let wasDoubtful = orders.children[child].isDoubtfulTaker
    body(&orders.children[child])
    let isDoubtful = orders.children[child].isDoubtfulTaker
    let parent = Int(orders.children[child].links.parent)
    guard isDoubtful != wasDoubtful, parent >= 0 else { return }
    if isDoubtful {
      orders.parents[parent].takerDoubted()
    } else {
      orders.parents[parent].takerDoubtEnded()
    }
  }

  /// Closes a child and gives back what it reserved, once.
  private mutating func applyEnd(
    of id: ChildOrderID, at time: Timestamp, _ close: (inout ChildOrder) -> Void
  ) {
    guard let child = orders.slot(of: id), orders.children[child].isOpen else { return }
    let leaves = orders.children[child].leavesQuantity
    dequeueOrder(child)
    change(child, close)
    orders.release(child, leaves: leaves)
    timers.remove(childTimer(child))
    guard let asset = givenAsset(child) else { return }
    let venue = orders.children[child].order.venue
    ledger.unreserve(venue, asset, orders.children[child].reserved)
    let tracking = orders.children[child].tracking
    guard !tracking.isInBalance else { return }
    ledger.uncharge(venue, asset, tracking.charge)
    orders.children[child].tracking.charge = .zero
    #if MUTATIONS
      if Mutation.closedOrderFreesItsMoneyAtOnce.isActive { return }
    #endif
    ledger.settle(venue, asset, orders.children[child].spent, at: time)
  }

  private mutating func applyFill(_ fill: FillRecorded) {
    guard let child = orders.slot(of: fill.child), orders.remember(fill, of: child),
      let instrument = instrument(of: child)
    else { return }
    let wasOpen = orders.children[child].isOpen
    let before = orders.children[child].leavesQuantity
    let spent = book(fill, instrument, orders.children[child].order.venue)
    orders.children[child].record(fill.quantity, spent: spent)
    let parent = Int(orders.children[child].links.parent)
    orders.parents[parent].record(fill.quantity, fill.price)
    orders.parents[parent].changeLeaves(
      of: orders.children[child].role, from: before, to: orders.children[child].leavesQuantity)
    if !wasOpen, let asset = givenAsset(child) {
      ledger.settle(orders.children[child].order.venue, asset, spent, at: fill.at)
    }
  }

  /// Moves positions by a fill and its fee; what it took of the asset that is given away.
  private mutating func book(
    _ fill: FillRecorded, _ instrument: Instrument, _ venue: VenueID
  ) -> Amount {
    let base = fill.quantity.amount(of: instrument)
    let quote = (fill.price * fill.quantity).amount(of: instrument)
    let isBuy = fill.side == .buy
    ledger.move(venue, instrument.base, by: isBuy ? base : -base)
    ledger.move(venue, instrument.quote, by: isBuy ? -quote : quote)
    ledger.move(venue, fill.feeAsset, by: -fill.fee)
    let given = isBuy ? instrument.quote : instrument.base
    let feeInGiven = fill.feeAsset == given ? max(fill.fee, .zero) : .zero
    return (isBuy ? quote : base) + feeInGiven
  }

  func instrument(of child: Int) -> Instrument? {
    guard let listing = markets.listing(orders.children[child].order.listing) else { return nil }
    return markets.instrument(listing.instrument)?.instrument
  }

  /// The asset that a child gives away.
  func givenAsset(_ child: Int) -> AssetID? {
    guard let instrument = instrument(of: child) else { return nil }
    return orders.children[child].order.side == .buy ? instrument.quote : instrument.base
  }

  // The hash.

  /// A digest of the durable state: equal after a replay of the same facts.
  package var stateHash: UInt64 {
    var hasher = StateHasher()
    hasher.combine(UInt64(epoch) << 1 | (isHalted ? 1 : 0))
    hasher.combine(limits)
    markets.hash(into: &hasher)
    orders.hash(into: &hasher)
    ledger.hash(into: &hasher)
    return hasher.value
  }
}
