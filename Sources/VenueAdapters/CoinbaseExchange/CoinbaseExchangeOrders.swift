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
}

/// The orders of ours that the venue may still speak about.
struct CoinbaseExchangeOrders {
  /// Orders that have ended are kept for late messages, as many as fit.
  private static let capacity = 512
  static let reconcileMilliseconds: Int64 = 20_000

  private(set) var entries: [CoinbaseExchangeOrder] = []
  /// Orders whose true state has to be asked for; the adapter starts the queries.
  var queriesWanted: [ChildOrderID] = []

  func index(of id: ChildOrderID) -> Int? {
    entries.lastIndex { $0.id == id }
  }

  func index(ofVenueOrder id: ShortText) -> Int? {
    guard !id.isEmpty else { return nil }
    return entries.lastIndex { $0.venueOrderID == id }
  }

  subscript(index: Int) -> CoinbaseExchangeOrder {
    get { entries[index] }
    set { entries[index] = newValue }
  }

  /// The place of this order, made if it is new.
  mutating func add(_ id: ChildOrderID, product: Int) -> Int {
    if let index = index(of: id) { return index }
    if entries.count >= Self.capacity,
      let oldest = entries.firstIndex(where: { $0.isDone || $0.isMissing })
    {
      entries.remove(at: oldest)
    }
    entries.append(CoinbaseExchangeOrder(id: id, product: product))
    return entries.count - 1
  }

  mutating func wantQuery(_ id: ChildOrderID) {
    if !queriesWanted.contains(id) { queriesWanted.append(id) }
  }

  /// The venue works on it; compare with REST from time to time.
  mutating func watch(_ index: Int, from now: Timestamp) {
    entries[index].isMissing = false
    guard !entries[index].isDone else { return }
    entries[index].reconcileAt = now.adding(milliseconds: Self.reconcileMilliseconds)
  }

  mutating func finish(_ index: Int) {
    entries[index].isDone = true
    entries[index].streamDueAt = .distantFuture
    entries[index].reconcileAt = .distantFuture
  }

  /// REST does not show it; the core asks again for as long as it wants to know.
  mutating func miss(_ index: Int) {
    entries[index].isMissing = true
    entries[index].reconcileAt = .distantFuture
  }

  /// The stream is gone: what it showed is no longer the whole story.
  mutating func loseStream() {
    for index in entries.indices {
      entries[index].isFollowed = false
      entries[index].streamDueAt = .distantFuture
    }
  }

  var nextDeadline: Timestamp {
    entries.reduce(.distantFuture) { min($0, $1.streamDueAt, $1.reconcileAt) }
  }
}
