import RouterCore
import Testing

/// What may leave, and when.
struct EffectQueueTests {
  private struct Full: Error {}

  /// A log whose syncs the test makes.
  private final class Log: FactLog {
    var writtenIndex: UInt64 = 0
    var safeIndex: UInt64 = 0
    var added: UInt64 = 0
    var isFull = false

    func append(_ fact: Fact) throws(Full) -> UInt64 {
      if isFull { throw Full() }
      added += 1
      return added
    }

    func commit() throws(Full) { writtenIndex = added }
  }

  private static let child = ChildOrderID(
    instance: 7, epoch: 1, parent: ParentOrderID(1), child: 1)
  private static let fact = Fact.haltChanged(isHalted: true, at: Timestamp(nanoseconds: 1))
  private static let order = VenueCommand.newOrder(
    NewChildOrder(
      id: child, venue: VenueID(0), listing: ListingID(0), side: .buy,
      limitPrice: Price(mantissa: 1), quantity: Quantity(mantissa: 1),
      timeInForce: .immediateOrCancel))
  private static let cancel = VenueCommand.cancel(
    ChildReference(
      id: child, venue: VenueID(0), listing: ListingID(0), venueOrderID: ShortText(),
      sentAt: .distantPast))

  private func outbox(_ fill: (inout Outbox) -> Void) -> Outbox {
    var outbox = Outbox()
    fill(&outbox)
    return outbox
  }

  private func names(_ queue: inout EffectQueue, _ log: Log) -> [String] {
    var names: [String] = []
    while let effect = queue.next(in: log) {
      switch effect {
      case .publish(let facts): names.append("publish \(facts.count)")
      case .answer: names.append("answer")
      case .execute(.newOrder): names.append("order")
      case .execute: names.append("cancel")
      }
    }
    return names
  }

  @Test func `a cancel leaves once it is written, all else once it is safe`() throws {
    let log = Log()
    var queue = EffectQueue()
    var outbox = outbox {
      $0.append(Self.fact)
      $0.append(Self.order)
      $0.append(Self.cancel)
      $0.append(ClientReply.done(requestID: 1))
    }
    try queue.write(&outbox, to: log)
    #expect(outbox.isEmpty)
    #expect(names(&queue, log) == ["cancel"])
    log.safeIndex = 1
    #expect(names(&queue, log) == ["order", "publish 1", "answer"])
    #expect(queue.isEmpty)
  }

  @Test func `an order waits for the facts before it, not for those after it`() throws {
    let log = Log()
    var queue = EffectQueue()
    var outbox = outbox {
      $0.append(Self.fact)
      $0.append(Self.order)
      $0.append(Self.fact)
      $0.append(ClientReply.done(requestID: 1))
    }
    try queue.write(&outbox, to: log)
    log.safeIndex = 1
    #expect(names(&queue, log) == ["order", "publish 1"])
    log.safeIndex = 2
    #expect(names(&queue, log) == ["publish 1", "answer"])
  }

  @Test func `nothing new leaves after the log has failed, but every cancel does`() throws {
    let log = Log()
    var queue = EffectQueue()
    var first = outbox {
      $0.append(Self.fact)
      $0.append(Self.order)
      $0.append(ClientReply.done(requestID: 1))
    }
    try queue.write(&first, to: log)
    log.isFull = true
    var second = outbox {
      $0.append(Self.fact)
      $0.append(Self.cancel)
      $0.append(Self.order)
    }
    #expect(throws: Full.self) { try queue.write(&second, to: log) }
    log.safeIndex = 9
    #expect(names(&queue, log) == ["cancel"])
    #expect(queue.isStopped)
    var third = outbox { $0.append(Self.order) }
    try queue.write(&third, to: log)
    #expect(queue.isEmpty && third.isEmpty)
  }
}
