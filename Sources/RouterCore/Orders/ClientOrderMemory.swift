/// Client order ids with the answers that were given to them, oldest first to be forgotten.
package struct ClientOrderMemory: ~Copyable, Sendable {
  package struct Entry: Sendable, Hashable, BitwiseCopyable {
    package var clientOrderID: ShortText
    package var requestDigest: UInt64
    /// `nil` if the order was refused.
    package var parent: ParentOrderID?
    package var reason: RejectReason
    package var at: Timestamp

    package init(
      clientOrderID: ShortText, requestDigest: UInt64, parent: ParentOrderID?,
      reason: RejectReason, at: Timestamp
    ) {
      self.clientOrderID = clientOrderID
      self.requestDigest = requestDigest
      self.parent = parent
      self.reason = reason
      self.at = at
    }
  }

  private var entries: Pool<Entry>
  private var slots: HashTable<ShortText>
  private let retentionMilliseconds: Int64
  /// Slots are used round and round, so that the oldest entry is the next to be overwritten.
  private var next = 0

  package init(capacity: Int, retentionMilliseconds: Int64) {
    entries = Pool(capacity: capacity)
    slots = HashTable(capacity: capacity)
    self.retentionMilliseconds = retentionMilliseconds
  }

  package var count: Int { entries.count }

  package func find(_ clientOrderID: ShortText) -> Entry? {
    slot(of: clientOrderID).map { entries[$0] }
  }

  private func slot(of clientOrderID: ShortText) -> Int? {
    slots.find(clientOrderID, in: entries) { $0.clientOrderID }
  }

  /// Whether one more id fits without forgetting one that must be kept.
  package func hasRoom(at now: Timestamp) -> Bool {
    guard entries.free == 0 else { return true }
    return entries.capacity > 0
      && entries[next].at.adding(milliseconds: retentionMilliseconds) <= now
  }

  /// Remembers an answer, in place of the oldest one if the memory is full.
  package mutating func remember(_ entry: Entry) {
    guard entries.capacity > 0, slot(of: entry.clientOrderID) == nil else { return }
    if entries.free == 0 {
      slots.remove(entries[next].clientOrderID, slot: next, in: entries) { $0.clientOrderID }
      entries[next] = entry
    } else {
      _ = entries.insert(entry)
    }
    _ = slots.insert(entry.clientOrderID, slot: next)
    next = (next + 1) % entries.capacity
  }

  /// From the oldest on, whatever slot it has.
  package func hash(into hasher: inout StateHasher) {
    hasher.combine(entries.count)
    let oldest = entries.free == 0 ? next : 0
    for position in 0..<entries.count {
      let slot = (oldest + position) % entries.capacity
      hasher.combine(entries[slot].clientOrderID)
      hasher.combine(entries[slot].requestDigest)
      hasher.combine(entries[slot].parent?.rawValue ?? 0)
      hasher.combine(UInt64(entries[slot].reason.rawValue))
      hasher.combine(entries[slot].at)
    }
  }
}
