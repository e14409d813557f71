/// Where facts are written, as far as the order of effects depends on it.
package protocol FactLog {
  associatedtype Failure: Error

  /// The last fact that a crash of this process does not lose.
  var writtenIndex: UInt64 { get }
  /// The last fact that may be acted on.
  var safeIndex: UInt64 { get }

  /// Adds a fact and returns its index.
  func append(_ fact: Fact) throws(Failure) -> UInt64
  /// Hands over what was added, so that it becomes safe some time later.
  func commit() throws(Failure)
}

/// Holds what the core wants to happen until the facts that it rests on are safe.
///
/// The one place that decides what may leave, and when: `write` hands facts to the log, then `next`
/// gives out, in order, what may happen now. Cancels and queries wait until their facts are written,
/// but not for a sync. What goes to venues goes first: there every microsecond counts. After `stop`
/// only cancels and queries leave.
package struct EffectQueue: Sendable {
  package enum Effect: Sendable {
    /// Facts that are safe, for the copies that clients read.
    case publish([Fact])
    case answer(ClientReply)
    /// A new order passes `RouterCore.release` once more before it leaves.
    case execute(VenueCommand)
  }

  private var facts = PendingQueue<Fact>()
  private var replies = PendingQueue<ClientReply>()
  private var newOrders = PendingQueue<VenueCommand>()
  private var otherCommands = PendingQueue<VenueCommand>()
  /// The log can not be trusted any more.
  package private(set) var isStopped = false

  package init() {}

  package var isEmpty: Bool {
    facts.isEmpty && replies.isEmpty && newOrders.isEmpty && otherCommands.isEmpty
  }

  /// How much waits, of all kinds.
  package var count: Int {
    facts.count + replies.count + newOrders.count + otherCommands.count
  }

  /// Writes the facts of `outbox`, then takes over what waits for them; leaves snapshot requests.
  ///
  /// - Throws: The log's failure; the queue has stopped then.
  package mutating func write<Log: FactLog>(
    _ outbox: inout Outbox, to log: Log
  ) throws(Log.Failure) {
    guard !isStopped else { return outbox.removeAll() }
    let before = log.writtenIndex
    do throws(Log.Failure) {
      for fact in outbox.facts { facts.append(fact, after: try log.append(fact)) }
      if !outbox.facts.isEmpty { try log.commit() }
    } catch {
      stop(&outbox)
      throw error
    }
    for pending in outbox.commands {
      append(pending.command, after: before + UInt64(pending.factCount))
    }
    for pending in outbox.replies {
      replies.append(pending.reply, after: before + UInt64(pending.factCount))
    }
    outbox.removeWritten()
  }

  private mutating func append(_ command: VenueCommand, after index: UInt64) {
    if case .newOrder = command {
      newOrders.append(command, after: index)
    } else {
      otherCommands.append(command, after: index)
    }
  }

  /// What may happen now; `nil` if all the rest has to wait.
  package mutating func next<Log: FactLog>(in log: Log) -> Effect? {
    guard !isStopped else { return otherCommands.next(upTo: .max).map { .execute($0) } }
    let safe = log.safeIndex
    #if MUTATIONS
      if let effect = nextUnsafe(upTo: log.writtenIndex) { return effect }
    #endif
    if let command = otherCommands.next(upTo: log.writtenIndex) { return .execute(command) }
    if let order = newOrders.next(upTo: safe) { return .execute(order) }
    let published = facts.all(upTo: safe)
    if !published.isEmpty { return .publish(published) }
    return replies.next(upTo: safe).map { .answer($0) }
  }

  #if MUTATIONS
    private mutating func nextUnsafe(upTo written: UInt64) -> Effect? {
      if Mutation.ordersLeaveBeforeTheSync.isActive, let order = newOrders.next(upTo: written) {
        return .execute(order)
      }
      if Mutation.repliesLeaveBeforeTheSync.isActive, let reply = replies.next(upTo: written) {
        return .answer(reply)
      }
      guard Mutation.factsArePublishedBeforeTheSync.isActive else { return nil }
      let published = facts.all(upTo: written)
      return published.isEmpty ? nil : .publish(published)
    }
  #endif

  /// Nothing new leaves any more; cancels and queries that wait still do.
  package mutating func stop(_ outbox: inout Outbox) {
    isStopped = true
    (facts, replies, newOrders) = (PendingQueue(), PendingQueue(), PendingQueue())
    for pending in outbox.commands {
      if case .newOrder = pending.command { continue }
      otherCommands.append(pending.command, after: 0)
    }
    outbox.removeAll()
  }
}

/// Things in order, each waiting for a fact to be safe.
private struct PendingQueue<Element: Sendable>: Sendable {
  private var elements: [(element: Element, index: UInt64)] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }

  mutating func append(_ element: Element, after index: UInt64) {
    elements.append((element, index))
  }

  /// The next element if its fact is safe.
  mutating func next(upTo safe: UInt64) -> Element? {
    guard head < elements.count, elements[head].index <= safe else { return nil }
    defer {
      head += 1
      if head == elements.count {
        elements.removeAll(keepingCapacity: true)
        head = 0
      }
    }
    return elements[head].element
  }

  /// All elements whose facts are safe.
  mutating func all(upTo safe: UInt64) -> [Element] {
    var end = head
    while end < elements.count, elements[end].index <= safe { end += 1 }
    var all: [Element] = []
    all.reserveCapacity(end - head)
    while let element = next(upTo: safe) { all.append(element) }
    return all
  }
}
