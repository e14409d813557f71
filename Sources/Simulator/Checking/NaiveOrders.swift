internal import RouterCore

/// A child as the checker remembers it.
struct NaiveChild {
  var order: NewChildOrder
  var role: ChildRole
  var reserved: Int128
  var intentIndex: UInt64
  var fills: [Int64] = []
  var spent: Int128 = 0
  var isOpen = true
  var isAcknowledged = false
  var acknowledgedAt = Timestamp.distantPast
  var neverExisted = false
  var closedAt = Timestamp.distantPast
  var lateSpent: [(amount: Int128, at: Timestamp)] = []
  /// Whether its bytes may have left in any run.
  var hasLeft = false
  var cancelCount = 0
  var queryCount = 0
  /// Whether the listing took nothing smaller when it was intended.
  var isSmallest = false

  var filled: Int64 { fills.reduce(0, +) }
  var leaves: Int64 { isOpen ? max(order.quantity.mantissa - filled, 0) : 0 }
  var excess: Int64 { max(filled - order.quantity.mantissa, 0) }
}

/// A parent as the checker remembers it.
struct NaiveParent {
  var accepted: ParentAccepted
  var acceptIndex: UInt64
  var quantity: Int64
  var limit: Price
  var isArmed: Bool
  var isOpen = true
  var isCancelRequested = false
  var pending: ParentReplacement?
  var children: [NaiveChild] = []
  /// Whether children have asked for more than was missing.
  var wasOverRouted = false
  /// What venues have filled beyond what they were asked, or after they had said that it was over.
  var lie: Int64 = 0

  var filled: Int64 { children.reduce(0) { $0 + $1.filled } }
  var leaves: Int64 { children.reduce(0) { $0 + $1.leaves } }
  /// During a replacement the greater quantity counts, and what the client takes beyond it.
  var allowed: Int64 {
    let most = max(quantity, pending?.quantity.mantissa ?? 0)
    let share = Int128(accepted.order.routing.overRouting)
    return most + Int64(Int128(most) * share / 10_000) + lie
  }
}

/// All that the facts say, kept again in the plainest way: lists that grow, and sums made anew.
struct NaiveOrders {
  var parents: [NaiveParent] = []
  var epoch: UInt32 = 0
  var isHalted = false
  var haltedVenues = [Bool](repeating: false, count: Universe.greatestVenueCount)

  /// What is open, in words that go behind a message; empty if nothing is.
  var openText: String {
    let open = parents.filter(\.isOpen).map { parent in
      let children = parent.children.filter(\.isOpen).map { child in
        "child \(child.order.id.child) of \(child.leaves) at venue \(child.order.venue.index)"
          + (child.isAcknowledged ? "" : ", unacknowledged")
          + ", \(child.cancelCount) cancels, \(child.queryCount) queries"
      }
      return "order \(parent.accepted.id.rawValue) (\(children.joined(separator: "; ")))"
    }
    return open.isEmpty ? "" : ": " + open.joined(separator: ", ")
  }
  var listings = [Listing?](
    repeating: nil, count: Universe.greatestVenueCount * Universe.instruments.count)
  var limits = RiskLimits.closed
  /// Executions seen at each venue.
  var executionIDs = [[ShortText]](repeating: [], count: Universe.greatestVenueCount)
  /// Client order ids with the parent they became, or nil.
  var clientOrders: [(id: ShortText, parent: Int?, index: UInt64)] = []
  var throttles = [VenueThrottle?](repeating: nil, count: Universe.greatestVenueCount)
  var windows = [VenueMaintenance?](repeating: nil, count: Universe.greatestVenueCount)
  /// What fills and fees have moved, by venue and asset.
  var positions = [Int128](
    repeating: 0, count: Universe.greatestVenueCount * (Universe.assets.count + 1))

  func parent(_ id: ParentOrderID) -> Int? {
    let index = Int(id.rawValue) - 1
    return index >= 0 && index < parents.count ? index : nil
  }

  func child(_ id: ChildOrderID) -> (parent: Int, child: Int)? {
    guard let parent = parent(id.parent) else { return nil }
    let index = Int(id.child) - 1
    guard index >= 0, index < parents[parent].children.count,
      parents[parent].children[index].order.id == id
    else { return nil }
    return (parent, index)
  }

  static func place(_ venue: VenueID, _ asset: AssetID) -> Int {
    venue.index * (Universe.assets.count + 1) + min(asset.index, Universe.assets.count)
  }

  /// Makes a fact true, without judging it.
  mutating func apply(_ fact: Fact, index: UInt64) {
    switch fact {
    case .epochStarted(let epoch, _): self.epoch = epoch
    case .listingChanged(let listing): listings[listing.id.index] = listing
    case .riskLimitsChanged(let limits): self.limits = limits
    case .haltChanged(let isHalted, _): self.isHalted = isHalted
    case .venueHaltChanged(let venue, let isHalted, _, _): haltedVenues[venue.index] = isHalted
    case .venueThrottleChanged(let throttle): throttles[throttle.venue.index] = throttle
    case .venueMaintenanceChanged(let windows): self.windows[windows.venue.index] = windows
    case .parentAccepted(let accepted): accept(accepted, index)
    case .parentRefused(let refused):
      clientOrders.append((refused.clientOrderID, nil, index))
    case .parentTriggered(let triggered):
      change(triggered.parent) {
        $0.isArmed = false
        $0.limit = triggered.effectiveLimit
      }
    case .parentReplaceRequested(let replacement):
      change(replacement.parent) { $0.pending = replacement }
    case .parentReplaced(let replacement):
      change(replacement.parent) {
        $0.pending = nil
        $0.quantity = replacement.quantity.mantissa
        $0.limit = replacement.effectiveLimit
      }
    case .parentCancelRequested(let id, _):
      change(id) {
        $0.isCancelRequested = true
        $0.pending = nil
      }
    case .parentClosed(let closed): change(closed.parent) { $0.isOpen = false }
    default: applyToChild(fact, index)
    }
  }

  private mutating func change(_ id: ParentOrderID, _ body: (inout NaiveParent) -> Void) {
    if let parent = parent(id) { body(&parents[parent]) }
  }

  private mutating func accept(_ accepted: ParentAccepted, _ index: UInt64) {
    clientOrders.append((accepted.order.clientOrderID, parents.count, index))
    parents.append(
      NaiveParent(
        accepted: accepted, acceptIndex: index, quantity: accepted.order.quantity.mantissa,
        limit: accepted.effectiveLimit,
        isArmed: accepted.order.type == .stop || accepted.order.type == .stopLimit))
  }

  private mutating func applyToChild(_ fact: Fact, _ index: UInt64) {
    switch fact {
    case .childIntended(let intended):
      guard let parent = parent(intended.order.id.parent) else { return }
      parents[parent].children.append(
        NaiveChild(
          order: intended.order, role: intended.role, reserved: intended.reserved.mantissa,
          intentIndex: index))
      if parents[parent].filled + parents[parent].leaves > parents[parent].quantity {
        parents[parent].wasOverRouted = true
      }
    case .childAcknowledged(let id, _, let time):
      changeChild(id) {
        if !$0.isAcknowledged { $0.acknowledgedAt = time }
        $0.isAcknowledged = true
      }
    case .childAbandoned(let id, _, let time):
      changeChild(id) {
        $0.isOpen = false
        $0.neverExisted = true
        $0.closedAt = time
      }
    case .childClosed(let closed):
      changeChild(closed.child) {
        $0.isOpen = false
        $0.neverExisted = closed.outcome == .neverAccepted
        $0.closedAt = closed.at
      }
    case .fillRecorded(let fill): record(fill)
    default: break
    }
  }

  private mutating func changeChild(_ id: ChildOrderID, _ body: (inout NaiveChild) -> Void) {
    guard let place = child(id) else { return }
    body(&parents[place.parent].children[place.child])
  }

  private mutating func record(_ fill: FillRecorded) {
    guard let place = child(fill.child) else { return }
    let venue = parents[place.parent].children[place.child].order.venue
    executionIDs[venue.index].append(fill.executionID)
    let instrument = Universe.instrument(of: fill.listing)
    let base = ModelAccount.base(fill.quantity.mantissa, instrument)
    let quote = ModelAccount.notional(fill.price.mantissa, fill.quantity.mantissa, instrument)
    let isBuy = fill.side == .buy
    positions[Self.place(venue, instrument.base)] += isBuy ? base : -base
    positions[Self.place(venue, instrument.quote)] += isBuy ? -quote : quote
    positions[Self.place(venue, fill.feeAsset)] -= fill.fee.mantissa
    let given = isBuy ? instrument.quote : instrument.base
    let spent =
      (isBuy ? quote : base) + (fill.feeAsset == given ? max(fill.fee.mantissa, 0) : 0)
    let before = parents[place.parent].children[place.child]
    if before.isOpen {
      parents[place.parent].children[place.child].spent += spent
    } else {
      parents[place.parent].children[place.child].lateSpent.append((spent, fill.at))
    }
    parents[place.parent].children[place.child].fills.append(fill.quantity.mantissa)
    let excess = parents[place.parent].children[place.child].excess - before.excess
    parents[place.parent].lie += before.isOpen ? excess : fill.quantity.mantissa
  }
}
