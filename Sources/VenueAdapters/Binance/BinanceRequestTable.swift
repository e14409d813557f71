import RouterCore

/// Requests that were sent over a socket and not answered yet.
///
/// An order's entry outlives its time limit: the core has been told that the outcome is unknown,
/// but an answer that comes late is still an answer.
struct BinanceRequestTable {
  struct Entry {
    var tag: RequestTag
    var deadline: Timestamp
    /// Whether the time limit has passed and been reported.
    var isLate = false
  }

  private static let lateMilliseconds: Int64 = 60_000
  private(set) var entries: [Entry] = []

  mutating func insert(_ tag: RequestTag, deadline: Timestamp) {
    entries.append(Entry(tag: tag, deadline: deadline))
  }

  mutating func remove(_ number: UInt64) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.tag.number == number }) else { return nil }
    return entries.remove(at: index)
  }

  /// Removes everything; for a connection that is gone.
  mutating func removeAll() -> [Entry] {
    let all = entries
    entries.removeAll(keepingCapacity: true)
    return all
  }

  /// The requests whose time limit has just passed; orders stay, to be heard late.
  mutating func expire(at time: Timestamp) -> [Entry] {
    var expired: [Entry] = []
    for index in entries.indices where entries[index].deadline <= time {
      if !entries[index].isLate { expired.append(entries[index]) }
      let wasLate = entries[index].isLate || !entries[index].tag.isOrderRequest
      entries[index].isLate = true
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
