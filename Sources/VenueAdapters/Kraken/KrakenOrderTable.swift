import RouterCore

/// An order of ours as far as the private stream needs it: its reports name it by the venue's id
/// alone, after the first.
struct KrakenOrder {
  let child: ChildOrderID
  let listing: ListingID
  let sentAt: Timestamp
  /// Empty until the venue has told it.
  fileprivate(set) var venueOrderID = ShortText()
  var timeInForce = TimeInForce.goodTillCancel
  var isAcknowledged = false
  /// Whether a terminal report has been seen.
  var isClosed = false
  /// REST does not show it, so it need not be kept for ever; it may still turn up.
  var isMissing = false

  var mayLeave: Bool { isClosed || isMissing }

  func reference(_ venue: VenueID) -> ChildReference {
    ChildReference(
      id: child, venue: venue, listing: listing, venueOrderID: venueOrderID, sentAt: sentAt,
      timeInForce: timeInForce)
  }
}

/// The orders of this account, found by our id or by the venue's.
///
/// Closed orders stay for a while, since fills may come late; the oldest leave when the table is
/// full, the open ones never. What was refused or never left is closed, too.
struct KrakenOrderTable {
  private static let closedKept = 4096

  private var orders: [KrakenOrder] = []
  private var byChild = KrakenIndex()
  private var byVenueOrderID = KrakenIndex()
  private let limit: Int

  init(limit: Int = 32_768) {
    self.limit = max(limit, 2 * Self.closedKept)
  }

  var count: Int { orders.count }
  var openIndices: [Int] { orders.indices.filter { !orders[$0].isClosed } }

  subscript(index: Int) -> KrakenOrder {
    get { orders[index] }
    _modify { yield &orders[index] }
  }

  func index(of child: ChildOrderID) -> Int? {
    byChild.find(Self.hash(child)) { orders[$0].child == child }
  }

  func index(ofVenueOrderID id: ShortText) -> Int? {
    guard !id.isEmpty else { return nil }
    return byVenueOrderID.find(Self.hash(id)) { orders[$0].venueOrderID == id }
  }

  /// Adds an order, or finds it if it is there; indices held from before are void.
  mutating func add(_ child: ChildOrderID, _ listing: ListingID, sentAt: Timestamp) -> Int {
    if let index = index(of: child) { return index }
    if orders.count >= limit { compact() }
    orders.append(KrakenOrder(child: child, listing: listing, sentAt: sentAt))
    byChild.insert(Self.hash(child), orders.count - 1)
    return orders.count - 1
  }

  /// Notes the venue's id of an order.
  ///
  /// - Returns: Whether it was not known before.
  mutating func bind(_ index: Int, to id: ShortText) -> Bool {
    guard !id.isEmpty, orders[index].venueOrderID.isEmpty else { return false }
    orders[index].venueOrderID = id
    byVenueOrderID.insert(Self.hash(id), index)
    return true
  }

  private mutating func compact() {
    var closedToDrop = orders.count(where: \.mayLeave) - Self.closedKept
    orders.removeAll { order in
      guard order.mayLeave, closedToDrop > 0 else { return false }
      closedToDrop -= 1
      return true
    }
    byChild = KrakenIndex()
    byVenueOrderID = KrakenIndex()
    for (index, order) in orders.enumerated() {
      byChild.insert(Self.hash(order.child), index)
      if !order.venueOrderID.isEmpty { byVenueOrderID.insert(Self.hash(order.venueOrderID), index) }
    }
  }

  private static func hash(_ child: ChildOrderID) -> UInt64 {
    mixed(UInt64(truncatingIfNeeded: child.bits) ^ UInt64(truncatingIfNeeded: child.bits >> 64))
  }

  private static func hash(_ text: ShortText) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for position in 0..<text.count {
      hash = (hash ^ UInt64(text[position])) &* 0x100_0000_01b3
    }
    return mixed(hash)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

/// Hash to place, by linear probing; the same in every process.
private struct KrakenIndex {
  private var slots = [Int32](repeating: -1, count: 256)
  private var hashes = [UInt64](repeating: 0, count: 256)
  private var count = 0

  func find(_ hash: UInt64, _ matches: (Int) -> Bool) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 {
      if hashes[slot] == hash && matches(Int(slots[slot])) { return Int(slots[slot]) }
      slot = (slot + 1) & mask
    }
    return nil
  }

  mutating func insert(_ hash: UInt64, _ index: Int) {
    if 2 * (count + 1) > slots.count { grow() }
    place(hash, Int32(index))
    count += 1
  }

  private mutating func place(_ hash: UInt64, _ index: Int32) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] >= 0 { slot = (slot + 1) & mask }
    slots[slot] = index
    hashes[slot] = hash
  }

  private mutating func grow() {
    let entries = slots.indices.filter { slots[$0] >= 0 }.map { (hashes[$0], slots[$0]) }
    slots = [Int32](repeating: -1, count: 2 * slots.count)
    hashes = [UInt64](repeating: 0, count: slots.count)
    for (hash, index) in entries { place(hash, index) }
  }
}
