import RouterCore

/// Requests that were sent over a socket, and new orders whichever way, that were not answered yet.
///
/// An order's entry outlives its time limit: the core has been told that the outcome is unknown,
/// but an answer that comes late is still an answer.
struct BinanceRequestTable {
  struct Entry {
    var tag: RequestTag
    var deadline: Timestamp
    var transport = OrderTransport.socket
    /// When it was handed over to be sent.
    var startedAt = Timestamp.distantPast
    /// Whether the time limit has passed and been reported.
    var isLate = false
    /// Whether a new order's latency still has to be taken.
    var isTimed = false
  }

  private static let lateMilliseconds: Int64 = 60_000
  private(set) var entries: [Entry] = []

  mutating func insert(_ entry: Entry) { entries.append(entry) }

  mutating func insert(_ tag: RequestTag, deadline: Timestamp) {
    entries.append(Entry(tag: tag, deadline: deadline))
  }

  mutating func remove(_ number: UInt64) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.tag.number == number }) else { return nil }
    return entries.remove(at: index)
  }

  /// Removes what went over the socket; for a connection that is gone.
  mutating func removeAllOfSocket() -> [Entry] {
    let all = entries.filter { $0.transport == .socket }
    entries.removeAll { $0.transport == .socket }
    return all
  }

  /// Starts the time limit of a request that had to wait for a connection.
  mutating func setDeadline(_ deadline: Timestamp, of number: UInt64) {
    guard let index = entries.firstIndex(where: { $0.tag.number == number }) else { return }
    entries[index].deadline = deadline
  }

  /// When a new order was handed over.
  func startedAt(_ number: UInt64) -> Timestamp? {
    entries.first { $0.tag.number == number }?.startedAt
  }

  /// The unanswered order whose latency is taken now; it is taken once.
  mutating func takeTimed(_ child: ChildOrderID) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.isTimed && $0.tag.child == child }) else {
      return nil
    }
    entries[index].isTimed = false
    var entry = entries[index]
    entry.isTimed = true
    return entry
  }

  /// The requests whose time limit has just passed; orders stay, to be heard late.
  mutating func expire(at time: Timestamp) -> [Entry] {
    var expired: [Entry] = []
    for index in entries.indices where entries[index].deadline <= time {
      if !entries[index].isLate { expired.append(entries[index]) }
      let wasLate = entries[index].isLate || !entries[index].tag.isOrderRequest
      entries[index].isLate = true
      entries[index].isTimed = false
      entries[index].deadline =
        wasLate ? .distantPast : time.adding(milliseconds: Self.lateMilliseconds)
    }
    entries.removeAll { $0.deadline == .distantPast }
    return expired
  }

  var nextDeadline: Timestamp {
    entries.reduce(.distantFuture) { min($0, $1.deadline) }
  }

  var hasOrderRequests: Bool {
    entries.contains { !$0.isLate && $0.tag.isOrderRequest }
  }
}

extension RequestTag {
  /// Whether the request changes something at the venue.
  var isOrderRequest: Bool { purpose == .newOrder || purpose == .cancel }
}
