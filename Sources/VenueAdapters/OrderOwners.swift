import RouterCore

/// Whose the venue's orders are, as far as that was told or looked up.
///
/// A search for a lost order follows trades to their orders. On a busy account most of those are
/// somebody else's, or of children that are not in question; remembering them makes each search go
/// on where the last one stopped. When full, the older half is forgotten, which costs a look-up.
struct OrderOwners<ID: Comparable & Sendable>: Sendable {
  private struct Entry: Sendable {
    var id: ID
    /// `nil`: not an order of this router.
    var child: ChildOrderID?
  }

  // Each sorted by id.
  private var young: [Entry] = []
  private var old: [Entry] = []
  private let half: Int

  init(capacity: Int = 16_384) {
    half = max(capacity / 2, 1)
  }

  /// Notes the owner of an order; `nil` for nobody here.
  mutating func note(_ id: ID, of child: ChildOrderID?) {
    let place = Self.place(of: id, in: young)
    if place < young.count, young[place].id == id {
      young[place].child = child
      return
    }
    young.insert(Entry(id: id, child: child), at: place)
    guard young.count >= half else { return }
    old = young
    young = []
  }

  /// Whether the order is known to be another's than `child`.
  func isAnothers(_ id: ID, than child: ChildOrderID) -> Bool {
    guard let entry = Self.find(id, in: young) ?? Self.find(id, in: old) else { return false }
    return entry.child != child
  }

  private static func find(_ id: ID, in entries: [Entry]) -> Entry? {
    let place = place(of: id, in: entries)
    return place < entries.count && entries[place].id == id ? entries[place] : nil
  }

  /// The first place whose id is not below `id`.
  private static func place(of id: ID, in entries: [Entry]) -> Int {
    // Ids mostly grow, so the end is looked at first.
    guard let last = entries.last, last.id >= id else { return entries.count }
    var (low, high) = (0, entries.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// When an order can have traded, by what it is and when it was sent.
enum OrderLife {
  /// From the sending of an order that does not rest to its last trade, beyond the request's own
  /// window: its intent may be older than its sending, and the engine may be slow.
  static let allowanceMilliseconds: Int64 = 90_000

  /// The latest time at which it can trade; `distantFuture` for an order that may rest.
  static func end(
    of child: ChildReference, requestWindowMilliseconds: Int64 = 0
  ) -> Timestamp {
    end(child.timeInForce, sentAt: child.sentAt, requestWindowMilliseconds)
  }

  /// The latest time at which a venue can have accepted an order, whether it rests or not.
  static func lastOpening(sentAt: Timestamp, requestWindowMilliseconds: Int64) -> Timestamp {
    sentAt.adding(milliseconds: allowanceMilliseconds + requestWindowMilliseconds)
  }

  static func end(of order: NewChildOrder, sentAt: Timestamp) -> Timestamp {
    end(order.timeInForce, sentAt: sentAt, 0)
  }

  /// Our clock may be off by so much while orders leave: no bound of the settings is wider.
  private static let clockMilliseconds: Int64 = 60_000

  /// A time at the venue before which an order can not have traded.
  ///
  /// Its stamp is of our clock, perhaps of an earlier run when that was set otherwise, so the offset
  /// of now may be the wrong one for it: both readings count.
  static func venueStart(_ sentAt: Timestamp, at stamp: RequestStamp) -> Timestamp {
    guard sentAt > .distantPast else { return .distantPast }
    return min(sentAt, shifted(sentAt, stamp)).adding(milliseconds: -clockMilliseconds)
  }

  /// A time at the venue after which an order that ends by then can not have traded.
  static func venueEnd(_ end: Timestamp, at stamp: RequestStamp) -> Timestamp {
    guard end < .distantFuture else { return .distantFuture }
    return max(end, shifted(end, stamp)).adding(milliseconds: clockMilliseconds)
  }

  private static func shifted(_ time: Timestamp, _ stamp: RequestStamp) -> Timestamp {
    let offset = stamp.venueNanoseconds.subtractingReportingOverflow(stamp.time.nanoseconds)
    let shifted = time.nanoseconds.addingReportingOverflow(offset.partialValue)
    return offset.overflow || shifted.overflow ? time : Timestamp(nanoseconds: shifted.partialValue)
  }

  private static func end(
    _ timeInForce: TimeInForce, sentAt: Timestamp, _ requestWindowMilliseconds: Int64
  ) -> Timestamp {
    switch timeInForce {
    case .immediateOrCancel, .fillOrKill:
      guard sentAt > .distantPast else { return .distantFuture }
      return lastOpening(sentAt: sentAt, requestWindowMilliseconds: requestWindowMilliseconds)
    case .goodTillCancel, .goodTillDate: return .distantFuture
    }
  }
}
