internal import Journal
internal import RouterCore

/// The core's state against the naive account, and both against the venues.
extension Checker {
  /// After an event: what it has touched must agree.
  mutating func compare(_ core: borrowing RouterCore, _ venues: [any VenueLinkage]) {
    for index in touched { compare(index, core) }
    touched.removeAll(keepingCapacity: true)
    require(core.isHalted == orders.isHalted, 12, "the core's halt differs")
    if let venue = expectedHalt {
      require(
        orders.haltedVenues[venue.index] || orders.isHalted, 18,
        "venue \(venue.index) trades on although it has an order of ours that nobody knows")
      expectedHalt = nil
    }
  }

  private mutating func compare(_ index: Int, _ core: borrowing RouterCore) {
    let naive = orders.parents[index]
    let name = "parent \(index + 1)"
    guard let parent = core.parent(naive.accepted.id) else {
      // Only closed parents may be forgotten.
      return require(!naive.isOpen, 7, "\(name) is open and forgotten")
    }
    let (filled, leaves) = (naive.filled, naive.leaves)
    require(parent.filledQuantity.mantissa == filled, 1, "\(name): filled differs")
    require(parent.openLeaves.mantissa == leaves, 1, "\(name): leaves differ")
    require(parent.isOpen == naive.isOpen, 7, "\(name): open differs")
    require(
      filled + leaves <= naive.allowed, 1,
      "\(name): \(filled) filled and \(leaves) open of \(naive.allowed)")
    for child in naive.children where child.excess > 0 {
      require(hasLies, 2, "\(name): child \(child.order.id.child) overfilled")
    }
    compareAccounts(naive, core, name)
  }

  private mutating func compareAccounts(
    _ naive: NaiveParent, _ core: borrowing RouterCore, _ name: String
  ) {
    let instrument = Universe.instruments[naive.accepted.order.instrument.index]
    for venue in 0..<Universe.greatestVenueCount {
      let venue = VenueID(UInt8(venue))
      for asset in [instrument.base, instrument.quote] {
        let account = core.account(venue, asset)
        require(
          account.position.mantissa == orders.positions[NaiveOrders.place(venue, asset)], 9,
          "\(name): position of asset \(asset.rawValue) at venue \(venue.index) differs")
        require(
          account.reserved.mantissa == reserved(venue, asset), 8,
          "\(name): reserve of asset \(asset.rawValue) at venue \(venue.index) differs")
      }
    }
  }

  private func reserved(_ venue: VenueID, _ asset: AssetID) -> Int128 {
    var sum: Int128 = 0
    for parent in orders.parents where parent.isOpen {
      let instrument = Universe.instruments[parent.accepted.order.instrument.index]
      let given = parent.accepted.order.side == .buy ? instrument.quote : instrument.base
      guard given == asset else { continue }
      for child in parent.children where child.isOpen && child.order.venue == venue {
        sum += child.reserved
      }
    }
    return sum
  }

  /// Every order that a venue has taken since the last look must have been intended, once.
  mutating func checkAccepted(_ venues: [any VenueLinkage]) {
    for venue in venues {
      let count = venue.acceptedOrderCount
      while seenAccepted[venue.venue.index] < count {
        let order = venue.acceptedOrder(at: seenAccepted[venue.venue.index])
        seenAccepted[venue.venue.index] += 1
        checkAccepted(order, venue.venue)
      }
      require(
        venue.overdraws == 0, 8, "venue \(venue.venue.index) was asked for more than is there")
    }
  }

  private mutating func checkAccepted(_ order: VenueTruth.Order, _ venue: VenueID) {
    let name = "order \(order.id.parent.rawValue)/\(order.id.child)"
    require(order.copies == 1, 5, "venue \(venue.index) has \(name) \(order.copies) times")
    guard let place = orders.child(order.id) else {
      return fail(18, "venue \(venue.index) has \(name), which nobody intended")
    }
    let child = orders.parents[place.parent].children[place.child]
    require(child.order.venue == venue, 18, "\(name) is at another venue")
    require(child.order.quantity == order.quantity, 5, "\(name) has another quantity")
    require(child.isOpen, 6, "\(name) arrived after it was closed")
  }

  // MARK: Crashes

  /// A process has ended; facts that no disk has are as if they had never been.
  mutating func ended() {
    markets = NaiveMarkets()
    touched = []
    leftTimes = [[Timestamp]](repeating: [], count: Universe.greatestVenueCount)
  }

  /// A new process has read the journal: facts of a snapshot, which stand for those up to some
  /// index, and all facts behind it.
  mutating func recovered(
    _ read: [Fact], _ recovery: JournalRecovery, atLeast floor: UInt64
  ) {
    let (known, published) = (facts.count, publishedCount)
    let last = Int(recovery.tail.lastIndex)
    require(last >= Int(floor), 17, "\(last) facts recovered of \(floor) that were safe")
    require(last >= published, 16, "fact \(published) was published and is lost")
    let first = Int(recovery.snapshot?.lastIndex ?? 0)
    let behind = read.dropFirst(Int(recovery.snapshot?.factCount ?? 0))
    guard last <= known, last == first + behind.count else {
      return fail(17, "\(last) facts recovered of \(known), \(behind.count) behind \(first)")
    }
    for (place, fact) in behind.enumerated() where facts[first + place] != fact {
      return fail(17, "fact \(first + place + 1) has changed")
    }
    publishedCount = last
    facts.removeLast(known - last)
    goOn()
  }

  /// What a new process knows must be what the whole journal says, whatever was left out of it.
  mutating func recovered(
    _ core: borrowing RouterCore, _ recovery: JournalRecovery, damagedSnapshots: Int
  ) {
    require(
      recovery.refusedSnapshots.count <= damagedSnapshots, 17,
      "a snapshot that nothing has damaged was passed over: \(recovery.refusedSnapshots)")
    guard recovery.snapshot != nil else { return }
    var whole = RouterCore(Universe.configuration)
    for fact in facts { whole.apply(fact) }
    let count = facts.count
    require(
      whole.stateHash == core.stateHash, 17,
      "a snapshot and what follows do not come to the state of all \(count) facts")
  }

  /// Takes the facts as all there is, with what the venues have got in any run.
  private mutating func goOn() {
    let left = leftMarks
    orders = NaiveOrders()
    breakers = NaiveBreakers()
    for fact in facts { breakers.recover(fact) }
    for (index, fact) in facts.enumerated() { orders.apply(fact, index: UInt64(index + 1)) }
    for id in left {
      guard let place = orders.child(id) else {
        fail(4, "order \(id.parent.rawValue)/\(id.child) has left and its intent is lost")
        continue
      }
      orders.parents[place.parent].children[place.child].hasLeft = true
    }
    for (id, parent) in told {
      require(
        orders.clientOrders.contains { $0.id == id && $0.parent == Int(parent.rawValue) - 1 }, 15,
        "order \(id) was accepted and is lost")
    }
  }

  private var leftMarks: [ChildOrderID] { leftIDs }

  // MARK: The end

  /// With all faults off for long enough everything has ended and adds up.
  mutating func settled(_ core: borrowing RouterCore, _ venues: [any VenueLinkage]) {
    checkAccepted(venues)
    let open = orders.openText
    require(open.isEmpty, 21, "what never ended\(open)")
    for parent in orders.parents {
      for child in parent.children { checkEnd(child) }
    }
    require(core.openParentCount == 0, 21, "the core has open parents")
    for venue in venues { checkLedger(venue, core) }
  }

  private mutating func checkEnd(_ child: NaiveChild) {
    let name = "child \(child.order.id.parent.rawValue)/\(child.order.id.child)"
    require(!child.isOpen, 21, "\(name) never ended")
    require(child.cancelCount < 200, 21, "\(name) was canceled \(child.cancelCount) times")
    require(child.queryCount < 400, 21, "\(name) was queried \(child.queryCount) times")
  }

  private mutating func checkLedger(_ venue: any VenueLinkage, _ core: borrowing RouterCore) {
    for asset in Universe.assets {
      let position = core.position(venue.venue, asset).mantissa
      require(
        position == venue.change(of: asset), 9,
        "asset \(asset.rawValue) at venue \(venue.venue.index) moved by"
          + " \(venue.change(of: asset)), the router says \(position)")
      require(
        core.account(venue.venue, asset).reserved == .zero, 8,
        "something stays reserved at venue \(venue.venue.index)")
    }
    let known = orders.executionIDs[venue.venue.index]
    require(
      venue.executions.count == known.count, 2,
      "venue \(venue.venue.index) has \(venue.executions.count) executions, the router"
        + " \(known.count)")
    // A venue on the wire does not say what its adapter makes of its numbers.
    for execution in venue.executions
    where !execution.executionID.isEmpty && !known.contains(execution.executionID) {
      fail(2, "execution \(execution.executionID) at venue \(venue.venue.index) is unknown")
    }
  }
}
