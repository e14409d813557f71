internal import Journal
internal import RouterCore

/// What leaves the router: orders, cancels, answers and published facts.
extension Checker {
  /// The bytes of a new order are about to leave.
  mutating func leaving(_ order: NewChildOrder, disk: DiskState, at now: Timestamp) {
    let name = "order \(order.id.parent.rawValue)/\(order.id.child)"
    require(!leftIDs.contains(order.id), 5, "\(name) leaves twice")
    leftIDs.append(order.id)
    require(order.id.epoch == orders.epoch, 14, "\(name) of another epoch leaves")
    require(!orders.isHalted, 12, "\(name) leaves during a halt")
    guard let place = orders.child(order.id) else {
      return fail(4, "\(name) leaves without an intent")
    }
    orders.parents[place.parent].children[place.child].hasLeft = true
    let (parent, child) = (
      orders.parents[place.parent], orders.parents[place.parent].children[place.child]
    )
    require(child.intentIndex <= disk.safeIndex, 4, "\(name) leaves before its intent is safe")
    require(child.order == order, 5, "\(name) is not what was intended")
    require(child.isOpen && parent.isOpen && !parent.isCancelRequested, 7, "\(name) is over")
    require(
      parent.accepted.order.deadline == .distantFuture || parent.accepted.order.isStop
        || now < parent.accepted.order.deadline, 11, "\(name) leaves after its deadline")
    judgeMarket(order, child.role, name, now)
    if let objection = breakers.objection(to: order, isSmallest: child.isSmallest) {
      fail(25, "\(name) leaves to venue \(order.venue.index) \(objection)")
    }
    breakers.left(order)
    judgePace(order.venue, name, now)
  }

  private mutating func judgeMarket(
    _ order: NewChildOrder, _ role: ChildRole, _ name: String, _ now: Timestamp
  ) {
    require(markets.areLinksUp(order.venue), 11, "\(name) leaves with a link down")
    require(!orders.haltedVenues[order.venue.index], 11, "\(name) leaves to a halted venue")
    let status = orders.listings[order.listing.index]?.status ?? .halted
    require(
      status == .trading || status == .limitOnly || (status == .postOnly && role == .residual), 11,
      "\(name) leaves although the listing is \(status)")
    guard let age = markets.bookAge(order.listing, at: now) else {
      return fail(11, "\(name) leaves without a book")
    }
    // What only rests at the client's own limit needs a book, but not a young one.
    require(
      role == .residual || age <= orders.limits.maximumBookAgeMilliseconds * 1_000_000, 11,
      "\(name) leaves on a book that is \(age / 1_000_000) ms old")
  }

  mutating func leaving(_ command: VenueCommand) {
    guard case .cancel(let reference) = command else {
      if case .query(let reference) = command { count(reference.id) { $0.queryCount += 1 } }
      return
    }
    count(reference.id) { $0.cancelCount += 1 }
  }

  private mutating func count(_ id: ChildOrderID, _ body: (inout NaiveChild) -> Void) {
    guard let place = orders.child(id) else { return }
    body(&orders.parents[place.parent].children[place.child])
  }

  /// A client is told something.
  mutating func answering(_ reply: ClientReply, to clientOrderID: ShortText?, disk: DiskState) {
    switch reply {
    case .accepted(_, let parent):
      guard let clientOrderID, let index = orders.parent(parent) else {
        return fail(15, "an unknown parent \(parent.rawValue) is accepted")
      }
      require(
        orders.parents[index].acceptIndex <= disk.safeIndex, 15,
        "parent \(parent.rawValue) is told before it is safe")
      tell(clientOrderID, parent)
    case .repeated(_, let parent):
      if let clientOrderID { tell(clientOrderID, parent) }
    case .refused(_, let reason):
      guard let clientOrderID, reason != .duplicateClientOrderID else { return }
      require(
        !told.contains { $0.id == clientOrderID }, 15,
        "order \(clientOrderID) is refused (\(reason)) after it was accepted")
    default: break
    }
  }

  private mutating func tell(_ id: ShortText, _ parent: ParentOrderID) {
    if let before = told.first(where: { $0.id == id }) {
      return require(
        before.parent == parent, 15,
        "order \(id) was parent \(before.parent.rawValue) and is now \(parent.rawValue)")
    }
    told.append((id, parent))
  }

  /// Clients' copies get facts.
  mutating func publishing(_ new: [Fact], disk: DiskState) {
    for fact in new {
      let place = publishedCount
      require(
        place < facts.count && facts[place] == fact, 16,
        "fact \(place + 1) is published out of order")
      publishedCount += 1
    }
    let count = publishedCount
    require(
      UInt64(count) <= disk.safeIndex, 16, "fact \(count) is published before it is safe")
  }
}

/// What the disk would give back, by the chosen durability.
struct DiskState {
  var safeIndex: UInt64
}
