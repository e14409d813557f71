import RouterCore

/// What the adapter remembers of one child order, to bind the venue's id to ours.
///
/// Only the owner's `received` message and REST replies carry the client id; everything later on
/// the stream names the venue's id alone.
struct CoinbaseExchangeOrder {
  let id: ChildOrderID
  let product: Int
  var venueOrderID = ShortText()
  var sentAt = Timestamp.distantPast
  /// Until when it can have traded; `distantFuture` for an order that may rest.
  var tradesUntil = Timestamp.distantFuture
  /// As ordered, less what self-trade prevention took away; `nil` if not known.
  var quantity: Quantity?
  var timeInForce: TimeInForce?
  var isPostOnly = false
  /// Whether this connection of the stream has shown the order from its beginning.
  var isFollowed = false
  var isDone = false
  /// REST does not show it, so it need not be kept for ever; whatever is heard of it ends that.
  var isMissing = false
  /// Until when the stream must have shown an order that REST has accepted.
  var streamDueAt = Timestamp.distantFuture
  /// When to compare with REST again: a hole in the stream can not be seen.
  var reconcileAt = Timestamp.distantFuture

  var deadline: Timestamp { min(streamDueAt, reconcileAt) }
}

/// The orders of ours that the venue may still speak about.
///
/// Beside the orders stands what is looked through at every request: a word of each id and the
/// earliest time of each order, so that this touches 8 KiB and not a hundred.
struct CoinbaseExchangeOrders {
  /// Orders that have ended are kept for late messages, as many as fit.
  private static let capacity = 512
  /// So many of the oldest leave at a time.
  private static let leaving = 64
  static let reconcileMilliseconds: Int64 = 20_000

  private(set) var entries: [CoinbaseExchangeOrder] = []
  private var keys: [UInt64] = []
  private var deadlines: [Timestamp] = []
  /// Orders whose true state has to be asked for; the adapter starts the queries.
  var queriesWanted: [ChildOrderID] = []

  init() {
    entries.reserveCapacity(Self.capacity)
    keys.reserveCapacity(Self.capacity)
    deadlines.reserveCapacity(Self.capacity)
  }

  func index(of id: ChildOrderID) -> Int? {
    let key = Self.key(id)
    var index = keys.count - 1
    while index >= 0 {
      if keys[index] == key && entries[index].id == id { return index }
      index -= 1
    }
    return nil
  }

  func index(ofVenueOrder id: ShortText) -> Int? {
    guard !id.isEmpty else { return nil }
    return entries.lastIndex { $0.venueOrderID == id }
  }

  subscript(index: Int) -> CoinbaseExchangeOrder {
    get { entries[index] }
    _modify {
      yield &entries[index]
      deadlines[index] = entries[index].deadline
    }
  }

  /// The place of this order, made if it is new; places held from before are void then.
  mutating func add(_ id: ChildOrderID, product: Int) -> Int {
    if let index = index(of: id) { return index }
    if entries.count >= Self.capacity { makeRoom() }
    let order = CoinbaseExchangeOrder(id: id, product: product)
    entries.append(order)
    keys.append(Self.key(id))
    deadlines.append(order.deadline)
    return entries.count - 1
  }

  private mutating func makeRoom() {
    var left = Self.leaving
    entries.removeAll { order in
      guard left > 0, order.isDone || order.isMissing else { return false }
      left -= 1
      return true
    }
    keys.removeAll(keepingCapacity: true)
    deadlines.removeAll(keepingCapacity: true)
    for order in entries {
      keys.append(Self.key(order.id))
      deadlines.append(order.deadline)
    }
  }

  /// Parent and number of the child; two ids with one word belong to different epochs.
  private static func key(_ id: ChildOrderID) -> UInt64 { UInt64(truncatingIfNeeded: id.bits) }

  mutating func wantQuery(_ id: ChildOrderID) {
    if !queriesWanted.contains(id) { queriesWanted.append(id) }
  }

  /// The venue works on it; compare with REST from time to time.
  mutating func watch(_ index: Int, from now: Timestamp) {
    self[index].isMissing = false
    guard !entries[index].isDone else { return }
    self[index].reconcileAt = now.adding(milliseconds: Self.reconcileMilliseconds)
  }

  mutating func finish(_ index: Int) {
    self[index].isDone = true
    self[index].streamDueAt = .distantFuture
    self[index].reconcileAt = .distantFuture
  }

  /// REST does not show it; the core asks again for as long as it wants to know.
  mutating func miss(_ index: Int) {
    self[index].isMissing = true
    self[index].reconcileAt = .distantFuture
  }

  /// The stream is gone: what it showed is no longer the whole story.
  mutating func loseStream() {
    for index in entries.indices {
      self[index].isFollowed = false
      self[index].streamDueAt = .distantFuture
    }
  }

  var nextDeadline: Timestamp {
    deadlines.reduce(.distantFuture) { min($0, $1) }
  }
}
