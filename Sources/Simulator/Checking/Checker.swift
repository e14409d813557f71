internal import Journal
internal import RouterCore

/// Judges a history after every event: a second, plain account of what may be true.
///
/// It sees the facts as the core emits them, every command as it leaves, every reply as it is told,
/// what the venues themselves have, and what the disk holds; it shares no code with the core.
struct Checker {
  var orders = NaiveOrders()
  /// Every fact of the journal and of those that wait to be written, by index from 1.
  var facts: [Fact] = []
  private(set) var violation: Violation?
  /// Facts told to clients' copies so far.
  var publishedCount = 0
  /// Replies that were told: client order ids with their parents.
  var told: [(id: ShortText, parent: ParentOrderID)] = []
  /// Ids of orders whose bytes may have left, in any run.
  var leftIDs: [ChildOrderID] = []
  /// Ids of which a gateway has said that no byte left.
  private var unsentIDs: [ChildOrderID] = []
  /// How many accepted orders of each venue were looked at.
  var seenAccepted = [Int](repeating: 0, count: Universe.greatestVenueCount)
  let hasLies: Bool
  /// Whether a venue does not know an order any more that has ended without a fill.
  let forgetsUnfilled: Bool
  var markets = NaiveMarkets()
  var breakers = NaiveBreakers()
  /// The legs of the last plan of each parent.
  private var legs: [[PlanLeg]] = []
  /// Parents that the facts of this event have touched.
  var touched: [Int] = []
  /// Reports about orders that nobody knows, which must stop a venue.
  var expectedHalt: VenueID?
  /// When new orders left to each venue, since its throttle or the process is new.
  var leftTimes = [[Timestamp]](repeating: [], count: Universe.greatestVenueCount)
  private var strangers: [ChildOrderID] = []
  // Totals.
  var fillCount = 0
  var unknownCount = 0
  var childCount = 0
  /// How often a breaker of new orders has opened.
  private(set) var tripCount = 0

  init(hasLies: Bool, forgetsUnfilled: Bool) {
    self.hasLies = hasLies
    self.forgetsUnfilled = forgetsUnfilled
  }

  mutating func fail(_ invariant: Int, _ detail: @autoclosure () -> String) {
    if violation == nil { violation = Violation(invariant, detail()) }
  }

  mutating func require(
    _ condition: Bool, _ invariant: Int, _ detail: @autoclosure () -> String
  ) {
    if !condition { fail(invariant, detail()) }
  }

  /// Takes note of what the router is about to be told.
  mutating func received(_ event: Event) {
    markets.note(event)
    if case .childReport(let report) = event { breakers.note(report) }
    if case .childReport(let report) = event, report.kind == .notSent {
      unsentIDs.append(report.child)
    }
    guard case .childReport(let report) = event, report.child.instance == Universe.instance,
      orders.child(report.child) == nil
    else { return }
    // One that is only open is looked up in the venue's list, and canceled.
    guard report.kind == .fill || report.kind == .filled, !strangers.contains(report.child) else {
      return
    }
    strangers.append(report.child)
    expectedHalt = report.venue
  }

  // MARK: Facts

  /// Takes facts that the core has just emitted.
  mutating func emitted(
    _ new: ArraySlice<Fact>, venues: [any VenueLinkage], at now: Timestamp
  ) {
    for fact in new {
      let index = UInt64(facts.count + 1)
      judge(fact, venues, now)
      orders.apply(fact, index: index)
      facts.append(fact)
      if case .childIntended(let intended) = fact { noteSize(intended) }
    }
  }

  /// Whether an order a lot smaller would break the listing's rules.
  private mutating func noteSize(_ intended: ChildIntended) {
    let order = intended.order
    guard let place = orders.child(order.id), let listing = orders.listings[order.listing.index]
    else { return }
    var price = order.limitPrice
    if order.side == .buy, intended.role == .taker, place.parent < legs.count,
      let leg = legs[place.parent].first(where: { $0.listing == order.listing })
    {
      price = min(price, leg.bestPrice)
    }
    let smaller = order.quantity.mantissa - listing.quantityIncrement.mantissa
    orders.parents[place.parent].children[place.child].isSmallest =
      smaller < max(listing.minimumQuantity.mantissa, 1)
      || Int128(price.mantissa) * Int128(smaller) < listing.minimumNotional.mantissa
  }

  private mutating func judge(_ change: BreakerTransition) {
    if change.operation == .newOrders && change.to == .open { tripCount += 1 }
    let state = breakers.state(change.venue, change.operation)
    require(
      change.from == state && change.to != state, 25,
      "a breaker goes from \(change.from) to \(change.to), but it was \(state)")
    breakers.note(change)
  }

  private mutating func note(_ plan: PlanMade) {
    guard let index = orders.parent(plan.parent) else { return }
    while legs.count <= index { legs.append([]) }
    legs[index] = []
  }

  private mutating func note(_ leg: PlanLeg) {
    guard let index = orders.parent(leg.parent), index < legs.count else { return }
    legs[index].append(leg)
  }

  var hasFoundOtherRouter: Bool {
    facts.contains { fact in
      guard case .orphanFound(let orphan) = fact else { return false }
      return orphan.verdict == .otherRouter
    }
  }

  private mutating func judge(_ fact: Fact, _ venues: [any VenueLinkage], _ now: Timestamp) {
    switch fact {
    case .epochStarted(let epoch, _):
      let last = orders.epoch
      require(epoch > last, 14, "epoch \(epoch) after \(last)")
    case .parentAccepted(let accepted): judge(accepted)
    case .parentRefused(let refused):
      require(
        !orders.clientOrders.contains { $0.id == refused.clientOrderID }, 15,
        "client order id \(refused.clientOrderID) was answered before")
    case .venueThrottleChanged(let throttle): leftTimes[throttle.venue.index] = []
    case .parentClosed(let closed): judge(closed)
    case .parentCancelRequested(let id, _): touch(id)
    case .parentReplaceRequested(let replacement), .parentReplaced(let replacement):
      touch(replacement.parent)
    case .parentTriggered(let triggered): touch(triggered.parent)
    case .childIntended(let intended): judge(intended, now)
    case .childSent(let id, _), .childAcknowledged(let id, _, _), .cancelIntended(let id, _):
      judgeKnown(id)
    case .childUnknown(let id, _):
      unknownCount += 1
      judgeKnown(id)
    case .fillRecorded(let fill): judge(fill, venues)
    case .childAbandoned(let id, _, _): judgeAbandoned(id)
    case .childClosed(let closed): judge(closed, venues)
    case .planMade(let plan): note(plan)
    case .planLeg(let leg): note(leg)
    case .venueBreakerChanged: breakers.recover(fact)
    case .breakerChanged(let change): judge(change)
    default: break
    }
  }

  private mutating func touch(_ id: ParentOrderID) {
    guard let parent = orders.parent(id) else { return fail(7, "no parent \(id.rawValue)") }
    touch(parent)
  }

  mutating func touch(_ parent: Int) {
    if !touched.contains(parent) { touched.append(parent) }
  }

  private mutating func judge(_ accepted: ParentAccepted) {
    let number = Int(accepted.id.rawValue)
    let count = orders.parents.count
    require(number == count + 1, 19, "parent \(number) follows \(count)")
    require(
      !orders.clientOrders.contains { $0.id == accepted.order.clientOrderID }, 15,
      "client order id \(accepted.order.clientOrderID) was answered before")
    require(!orders.isHalted, 12, "parent \(number) accepted during a halt")
    require(accepted.order.quantity > .zero, 10, "parent \(number) of nothing")
    if let limit = accepted.order.limitPrice, !accepted.order.isStop {
      require(accepted.effectiveLimit == limit, 10, "parent \(number) has another limit")
    }
    judgeConsent(accepted)
    touch(number - 1)
  }

  /// More than the quantity may be asked for only by the terms on which a client can take it.
  private mutating func judgeConsent(_ accepted: ParentAccepted) {
    let (order, options) = (accepted.order, accepted.order.routing)
    guard options.overRouting > 0 else { return }
    require(
      options.overRouting <= 1000 && options.usesExpectedCost && options.strategy == .bestPrice
        && options.arrival == .spray && options.sizeJitter == 0 && !order.isPostOnly
        && order.timeInForce != .fillOrKill, 10,
      "parent \(accepted.id.rawValue) may not ask for more than its quantity")
  }

  private mutating func judge(_ closed: ParentClosed) {
    guard let index = orders.parent(closed.parent) else {
      return fail(7, "closed an unknown parent")
    }
    let parent = orders.parents[index]
    require(parent.isOpen, 7, "parent \(closed.parent.rawValue) closed twice")
    require(
      parent.children.allSatisfy { !$0.isOpen }, 7,
      "parent \(closed.parent.rawValue) closed before its children")
    require(
      (closed.outcome == .filled) == (parent.filled >= parent.quantity), 7,
      "parent \(closed.parent.rawValue) closed as \(closed.outcome) with \(parent.filled) of"
        + " \(parent.quantity)")
    touch(index)
  }

  // MARK: Children

  private mutating func judgeKnown(_ id: ChildOrderID) {
    guard let place = orders.child(id) else { return fail(3, "a fact of unknown child \(id)") }
    require(
      orders.parents[place.parent].children[place.child].isOpen, 3,
      "a closed child lives on: \(id.parent.rawValue)/\(id.child)")
    touch(place.parent)
  }

  private mutating func judge(_ intended: ChildIntended, _ now: Timestamp) {
    let order = intended.order
    let name = "child \(order.id.parent.rawValue)/\(order.id.child)"
    childCount += 1
    guard let index = orders.parent(order.id.parent) else {
      return fail(1, "\(name) of an unknown parent")
    }
    let parent = orders.parents[index]
    touch(index)
    require(order.id.epoch == orders.epoch, 14, "\(name) of epoch \(order.id.epoch)")
    require(Int(order.id.child) == parent.children.count + 1, 19, "\(name) out of order")
    require(!leftIDs.contains(order.id), 19, "\(name) has an id that left before")
    require(parent.isOpen && !parent.isCancelRequested && !parent.isArmed, 7, "\(name) too late")
    require(!orders.isHalted, 12, "\(name) during a halt")
    require(
      parent.filled < max(parent.quantity, parent.pending?.quantity.mantissa ?? 0), 7,
      "\(name) although nothing is missing")
    judgeTerms(order, parent, name)
    judgeReserve(intended, name)
  }

  /// The parent's limit and the listing's rules.
  private mutating func judgeTerms(
    _ order: NewChildOrder, _ parent: NaiveParent, _ name: String
  ) {
    let isInside =
      order.side == .buy ? order.limitPrice <= parent.limit : order.limitPrice >= parent.limit
    require(isInside, 10, "\(name) at \(order.limitPrice) beyond \(parent.limit)")
    require(order.side == parent.accepted.order.side, 10, "\(name) on the wrong side")
    guard let listing = orders.listings[order.listing.index] else {
      return fail(10, "\(name) of an unknown listing")
    }
    let quantity = order.quantity.mantissa
    require(
      quantity > 0 && quantity % listing.quantityIncrement.mantissa == 0
        && quantity >= listing.minimumQuantity.mantissa
        && quantity <= listing.maximumQuantity.mantissa, 10, "\(name): quantity \(quantity)")
    require(
      order.limitPrice.mantissa > 0
        && order.limitPrice.mantissa % listing.priceIncrement.mantissa == 0, 10,
      "\(name): price \(order.limitPrice.mantissa)")
    require(
      Int128(order.limitPrice.mantissa) * Int128(quantity) >= listing.minimumNotional.mantissa,
      10, "\(name): below the least notional")
    let cap = parent.accepted.order.routing.maximumChildQuantity.mantissa
    require(cap == 0 || quantity <= cap, 10, "\(name): above its cap")
  }

  /// What the last observed balance leaves, by the rule of `Ledger`, added up anew.
  private mutating func judgeReserve(_ intended: ChildIntended, _ name: String) {
    let order = intended.order
    let instrument = Universe.instrument(of: order.listing)
    let asset = order.side == .buy ? instrument.quote : instrument.base
    guard let balance = markets.balance(order.venue, asset) else {
      return fail(8, "\(name) without a balance")
    }
    var free = balance.available.mantissa
    for parent in orders.parents {
      for child in parent.children where child.order.venue == order.venue {
        let other = Universe.instrument(of: child.order.listing)
        guard (child.order.side == .buy ? other.quote : other.base) == asset else { continue }
        free -= unseen(child, balance.observedAt)
      }
    }
    require(
      intended.reserved.mantissa <= free, 8,
      "\(name) reserves \(intended.reserved.mantissa) of \(free)")
  }

  /// What a balance observed at a time may not show of a child.
  private func unseen(_ child: NaiveChild, _ observedAt: Timestamp) -> Int128 {
    func shows(_ time: Timestamp) -> Bool {
      time.nanoseconds + 1_000_000_000 <= observedAt.nanoseconds
    }
    var sum: Int128 = 0
    let isInBalance = child.isAcknowledged && shows(child.acknowledgedAt)
    if child.isOpen {
      if !isInBalance { sum += child.reserved }
    } else if !isInBalance, !shows(child.closedAt) {
      sum += child.spent
    }
    for late in child.lateSpent where !shows(late.at) { sum += late.amount }
    return sum
  }

  private mutating func judge(_ fill: FillRecorded, _ venues: [any VenueLinkage]) {
    fillCount += 1
    guard let place = orders.child(fill.child) else {
      return fail(2, "a fill of an unknown child")
    }
    touch(place.parent)
    let child = orders.parents[place.parent].children[place.child]
    let venue = child.order.venue
    let name = "execution \(fill.executionID) at venue \(venue.index)"
    require(
      !orders.executionIDs[venue.index].contains(fill.executionID), 2, "\(name) counted twice")
    let truth = venues[venue.index].acceptedOrder(fill.child)
    require(truth != nil, 2, "\(name) of an order that the venue never had")
    let filled = child.filled + fill.quantity.mantissa
    require(filled <= truth?.filled.mantissa ?? 0, 2, "\(name): more than the venue filled")
    require(
      filled <= child.order.quantity.mantissa || truth?.isLie == true, 2,
      "\(name): more than was ordered")
  }

  private mutating func judgeAbandoned(_ id: ChildOrderID) {
    judgeKnown(id)
    require(
      !leftIDs.contains(id) || unsentIDs.contains(id), 6,
      "abandoned child \(id.parent.rawValue)/\(id.child) has left")
  }

  /// An order may be closed only as the venue has it, or will have it for certain.
  private mutating func judge(_ closed: ChildClosed, _ venues: [any VenueLinkage]) {
    judgeKnown(closed.child)
    guard let place = orders.child(closed.child) else { return }
    let child = orders.parents[place.parent].children[place.child]
    let name = "child \(closed.child.parent.rawValue)/\(closed.child.child)"
    guard let truth = venues[child.order.venue.index].acceptedOrder(closed.child) else {
      return require(
        closed.outcome == .rejected || closed.outcome == .neverAccepted, 6,
        "\(name) closed as \(closed.outcome), but the venue never had it")
    }
    require(!truth.isOpen, 6, "\(name) closed although it is open at the venue")
    // Where its acknowledgement was lost and the venue has forgotten it, nobody can know better.
    let isForgotten = forgetsUnfilled && truth.filled == .zero
    require(
      closed.outcome != .neverAccepted || isForgotten, 6,
      "\(name) closed as never accepted, but it was")
    require(
      truth.filled.mantissa == child.filled || truth.isLie, 6,
      "\(name) closed with \(child.filled) of \(truth.filled.mantissa) filled")
  }
}
