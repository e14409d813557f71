/// All orders that are known, parents with their children and fills, in tables of fixed size.
///
/// Closed parents stay until their room is needed; the one closed first goes first. A fill is known
/// as long as its parent is, so that a replay of it counts once.
package struct OrderStore: ~Copyable, Sendable {
  package struct Fill: Sendable, BitwiseCopyable {
    package var key: ExecutionKey
    package var quantity: Quantity
    package var price: Price
    var next: Int32
  }

  package internal(set) var parents: Pool<ParentOrder>
  package internal(set) var children: Pool<ChildOrder>
  package private(set) var fills: Pool<Fill>
  var working: Pool<WorkingParent>
  package internal(set) var requests: ClientOrderMemory
  private var parentSlots: HashTable<ParentOrderID>
  private var childSlots: HashTable<ChildOrderID>
  private var fillSlots: HashTable<ExecutionKey>

  /// Working parents that a price can wake.
  private(set) var waiting: WatchList
  /// Stop orders that have not triggered.
  var armed: WatchList
  private let instruments: Int
  private var firstOpen: FixedBuffer<Int32>
  private var firstClosed: Int32 = -1
  private var lastClosed: Int32 = -1

  package private(set) var lastParent: UInt64 = 0
  /// The greatest parent that was forgotten.
  package private(set) var lastForgotten: UInt64 = 0
  /// A fact did not fit: the journal is larger than the tables and nothing may be sent.
  package private(set) var hasOverflowed = false

  package init(_ configuration: CoreConfiguration) {
    parents = Pool(capacity: configuration.parentCapacity)
    children = Pool(capacity: configuration.childCapacity)
    fills = Pool(capacity: configuration.fillCapacity)
    working = Pool(capacity: configuration.openParentCapacity)
    requests = ClientOrderMemory(
      capacity: configuration.clientOrderIDCapacity,
      retentionMilliseconds: configuration.clientOrderIDRetentionMilliseconds)
    parentSlots = HashTable(capacity: configuration.parentCapacity)
    childSlots = HashTable(capacity: configuration.childCapacity)
    fillSlots = HashTable(capacity: configuration.fillCapacity)
    waiting = WatchList(
      capacity: configuration.openParentCapacity, instruments: configuration.instrumentCapacity)
    armed = WatchList(
      capacity: configuration.openParentCapacity, instruments: configuration.instrumentCapacity)
    instruments = configuration.instrumentCapacity
    firstOpen = FixedBuffer(repeating: -1, count: configuration.venueCapacity)
  }

  // Look-up.

  package func slot(of id: ParentOrderID) -> Int? { parentSlots.find(id, in: parents) { $0.id } }
  package func slot(of id: ChildOrderID) -> Int? { childSlots.find(id, in: children) { $0.id } }
  package func contains(_ execution: ExecutionKey) -> Bool {
    fillSlots.find(execution, in: fills) { $0.key } != nil
  }
  package var openParentCount: Int { working.count }

  /// The chain of a venue's open children.
  func firstOpen(at venue: VenueID) -> Int? {
    venue.index < firstOpen.count ? slot(firstOpen[venue.index]) : nil
  }

  func nextOpen(after child: Int) -> Int? { slot(children[child].links.nextOpen) }
  func firstChild(of parent: Int) -> Int? { slot(parents[parent].links.firstChild) }
  func nextChild(after child: Int) -> Int? { slot(children[child].links.nextOfParent) }

  private func slot(_ link: Int32) -> Int? { link < 0 ? nil : Int(link) }

  /// The closed parents in the order in which they will be forgotten.
  func forEachClosed(_ body: (ParentOrderID) -> Void) {
    var next = slot(firstClosed)
    while let parent = next {
      body(parents[parent].id)
      next = slot(parents[parent].links.nextClosed)
    }
  }

  /// Whether a new parent with its children would fit, now or after forgetting closed ones.
  package func hasRoom(at now: Timestamp) -> Bool {
    guard working.free > 0, requests.hasRoom(at: now) else { return false }
    return hasRoomForParent || firstClosed >= 0
  }

  private var hasRoomForParent: Bool {
    parents.free > 0 && children.free > children.capacity / 8 && fills.free > fills.capacity / 8
  }

  // Parents.

  /// Adds a parent; the slot or `nil` if the tables are too small for the journal.
  mutating func accept(_ accepted: ParentAccepted) -> Int? {
    guard slot(of: accepted.id) == nil else { return nil }
    while !hasRoomForParent, forgetOldest() {}
    guard parents.free > 0, working.free > 0,
      accepted.order.instrument.index < instruments
    else {
      hasOverflowed = true
      return nil
    }
    guard let slot = parents.insert(ParentOrder(accepted)),
      let work = working.insert(WorkingParent(parent: slot))
    else { return nil }
    parents[slot].links.working = Int32(work)
    _ = parentSlots.insert(accepted.id, slot: slot)
    watch(slot)
    lastParent = max(lastParent, accepted.id.rawValue)
    return slot
  }

  mutating func prepareMemory() {
    parents.prepare()
    children.prepare()
    fills.prepare()
  }

  mutating func close(_ slot: Int, _ closed: ParentClosed) {
    guard parents[slot].isOpen else { return }
    parents[slot].close(closed)
    let work = Int(parents[slot].links.working)
    unwatch(slot)
    working.remove(work)
    parents[slot].links.working = -1
    if lastClosed < 0 {
      firstClosed = Int32(slot)
    } else {
      parents[Int(lastClosed)].links.nextClosed = Int32(slot)
    }
    lastClosed = Int32(slot)
  }

  mutating func trigger(_ slot: Int, _ triggered: ParentTriggered) {
    guard parents[slot].status == .armed else { return }
    unwatch(slot)
    parents[slot].trigger(triggered)
    watch(slot)
  }

  mutating func replace(_ slot: Int, _ replacement: ParentReplacement) {
    parents[slot].replace(replacement)
    let work = Int(parents[slot].links.working)
    guard work >= 0 else { return }
    if working[work].isArmed {
      armed.setLimit(work, parents[slot].order.stopPrice ?? .zero)
      armed.setCrossed(work, since: .distantFuture)
    } else {
      waiting.setLimit(work, parents[slot].effectiveLimit)
    }
  }

  /// Puts an open parent where a change of the market will find it.
  private mutating func watch(_ slot: Int) {
    let work = Int(parents[slot].links.working)
    let order = parents[slot].order
    working[work].isArmed = parents[slot].status == .armed
    let limit = working[work].isArmed ? order.stopPrice ?? .zero : parents[slot].effectiveLimit
    let entry = WatchList.Entry(
      limit: limit, id: parents[slot].id, parent: slot, side: order.side, trigger: order.trigger)
    if working[work].isArmed {
      armed.insert(work, entry, of: order.instrument)
    } else {
      waiting.insert(work, entry, of: order.instrument)
    }
  }

  private mutating func unwatch(_ slot: Int) {
    let work = Int(parents[slot].links.working)
    if working[work].isArmed {
      armed.remove(work, of: parents[slot].order.instrument)
    } else {
      waiting.remove(work, of: parents[slot].order.instrument)
    }
  }

  /// Forgets the parent that was closed first, with its children and fills.
  private mutating func forgetOldest() -> Bool {
    guard let slot = slot(firstClosed) else { return false }
    firstClosed = parents[slot].links.nextClosed
    if firstClosed < 0 { lastClosed = -1 }
    var next = firstChild(of: slot)
    while let child = next {
      next = nextChild(after: child)
      forget(child)
    }
    lastForgotten = max(lastForgotten, parents[slot].id.rawValue)
    parentSlots.remove(parents[slot].id, slot: slot, in: parents) { $0.id }
    parents.remove(slot)
    return true
  }

  /// Takes over how far parents were numbered and forgotten before a snapshot.
  mutating func note(_ forgotten: ParentsForgotten) {
    lastParent = max(lastParent, forgotten.lastParent)
    lastForgotten = max(lastForgotten, forgotten.lastForgotten)
  }

  private mutating func forget(_ child: Int) {
    var next = slot(children[child].links.firstFill)
    while let fill = next {
      next = slot(fills[fill].next)
      fillSlots.remove(fills[fill].key, slot: fill, in: fills) { $0.key }
      fills.remove(fill)
    }
    childSlots.remove(children[child].id, slot: child, in: children) { $0.id }
    children.remove(child)
  }

  // Children.

  /// Adds a child to its parent; its slot.
  mutating func intend(_ intended: ChildIntended) -> Int? {
    guard let parent = slot(of: intended.order.id.parent),
      slot(of: intended.order.id) == nil, intended.order.venue.index < firstOpen.count
    else { return nil }
    guard let slot = children.insert(ChildOrder(intended)) else {
      hasOverflowed = true
      return nil
    }
    _ = childSlots.insert(intended.order.id, slot: slot)
    children[slot].links.parent = Int32(parent)
    parents[parent].add(children[slot])
    appendToParent(slot, parent)
    pushOpen(slot, intended.order.venue.index)
    return slot
  }

  private mutating func appendToParent(_ child: Int, _ parent: Int) {
    let last = parents[parent].links.lastChild
    if last < 0 {
      parents[parent].links.firstChild = Int32(child)
    } else {
      children[Int(last)].links.nextOfParent = Int32(child)
    }
    parents[parent].links.lastChild = Int32(child)
  }

  private mutating func pushOpen(_ child: Int, _ venue: Int) {
    let first = firstOpen[venue]
    children[child].links.nextOpen = first
    if first >= 0 { children[Int(first)].links.previousOpen = Int32(child) }
    firstOpen[venue] = Int32(child)
  }

  /// Takes a closing child out of its venue's chain and its leaves from its parent.
  mutating func release(_ child: Int, leaves: Quantity) {
    let links = children[child].links
    if links.previousOpen < 0 {
      firstOpen[children[child].order.venue.index] = links.nextOpen
    } else {
      children[Int(links.previousOpen)].links.nextOpen = links.nextOpen
    }
    if links.nextOpen >= 0 {
      children[Int(links.nextOpen)].links.previousOpen = links.previousOpen
    }
    children[child].links.nextOpen = -1
    children[child].links.previousOpen = -1
    parents[Int(links.parent)].changeLeaves(
      of: children[child].role, from: leaves, to: .zero)
    parents[Int(links.parent)].childEnded(isPostOnly: children[child].order.isPostOnly)
  }

  /// Whether one more execution of `child` can be remembered, so that its replay counts once.
  ///
  /// New parents are refused long before (`hasRoom`); a venue that floods one order can still get
  /// here.
  func canRemember(of child: Int) -> Bool {
    guard !hasOverflowed else { return false }
    if fills.free > 0 { return true }
    var closed = slot(firstClosed)
    while let parent = closed, parent != Int(children[child].links.parent) {
      if hasFills(parent) { return true }
      closed = slot(parents[parent].links.nextClosed)
    }
    return false
  }

  private func hasFills(_ parent: Int) -> Bool {
    var next = firstChild(of: parent)
    while let child = next {
      if children[child].links.firstFill >= 0 { return true }
      next = nextChild(after: child)
    }
    return false
  }

  /// Remembers an execution; `false` if it was known.
  mutating func remember(_ fill: FillRecorded, of child: Int) -> Bool {
    let key = ExecutionKey(venue: children[child].order.venue, executionID: fill.executionID)
    guard !contains(key) else { return false }
    while fills.free == 0, forgetOldest(except: child) {}
    let first = children[child].links.firstFill
    let record = Fill(key: key, quantity: fill.quantity, price: fill.price, next: first)
    guard let slot = fills.insert(record) else {
      hasOverflowed = true
      return true
    }
    _ = fillSlots.insert(key, slot: slot)
    children[child].links.firstFill = Int32(slot)
    return true
  }

  private mutating func forgetOldest(except child: Int) -> Bool {
    guard firstClosed >= 0, firstClosed != children[child].links.parent else { return false }
    return forgetOldest()
  }
}
