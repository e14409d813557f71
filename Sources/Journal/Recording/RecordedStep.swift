package import RouterCore

/// One call into the core: what went in, and everything that came out.
package struct RecordedStep: Sendable, Equatable {
  package enum Input: Sendable, Equatable {
    /// Durable state of before the run, applied and not decided on.
    case initialFact(Fact)
    case epochStarted(UInt32)
    case reconciliationBegun
    /// An event with the levels of its book update, which lie from zero on.
    case event(RecordedEvent)
    case released(NewChildOrder, mayLeave: Bool)
    case askedAgain(ChildOrderID, mayLeave: Bool)
    /// Facts up to this index became safe to act on; decides when things leave, not what.
    case factsSafe(UInt64)
    /// All events of one turn of the loop are through.
    case turnEnded
    /// Nothing more was recorded, though the run may have gone on.
    case recordingEnded(RecordingEnd)
  }

  /// What the core asked for; the number of the step's facts that each waits for beside it.
  package struct Output: Sendable, Equatable {
    package var facts: [Fact] = []
    package var commands: [Waiting<VenueCommand>] = []
    package var replies: [Waiting<ClientReply>] = []
    package var snapshotRequests: [ListingID] = []

    package init() {}

    package var isEmpty: Bool {
      facts.isEmpty && commands.isEmpty && replies.isEmpty && snapshotRequests.isEmpty
    }
  }

  package struct Waiting<Value: Sendable & Equatable>: Sendable, Equatable {
    package var value: Value
    package var factCount: Int
  }

  package var input: Input
  package var at: Timestamp
  package var output: Output

  package init(_ input: Input, at: Timestamp, output: Output = Output()) {
    self.input = input
    self.at = at
    self.output = output
  }
}

/// Why a recording ends.
package enum RecordingEnd: UInt8, Sendable {
  /// The service ended.
  case closed = 1
  /// The recording could not keep up, and the core does not wait for it.
  case overrun = 2
}

/// An event on its own, its levels cut out of the batch it came in.
package struct RecordedEvent: Sendable {
  package let event: Event
  package let levels: [BookLevel]

  package init(_ event: Event, levels: [BookLevel]) {
    guard case .book(var update) = event,
      let bids = Self.part(of: levels, update.bidStart, update.bidCount),
      let asks = Self.part(of: levels, update.askStart, update.askCount)
    else {
      self.event = event
      self.levels = []
      return
    }
    self.levels = Array(bids) + asks
    update.bidStart = 0
    update.askStart = update.bidCount
    self.event = .book(update)
  }

  /// `nil` if it is not within the levels; the core ignores such an update.
  private static func part(
    of levels: [BookLevel], _ start: Int32, _ count: Int32
  ) -> ArraySlice<BookLevel>? {
    guard start >= 0, count >= 0, Int(count) <= levels.count - Int(start) else { return nil }
    return levels[Int(start)..<Int(start) + Int(count)]
  }
}

extension RecordedEvent: Equatable {
  /// Events have no equality of their own; what is recorded of them has.
  package static func == (a: RecordedEvent, b: RecordedEvent) -> Bool {
    var (left, right) = (RecordBytes(), RecordBytes())
    left.event(a)
    right.event(b)
    return left.bytes == right.bytes
  }
}

extension RecordedStep.Output {
  /// How much of an outbox stood there before a step.
  package struct Mark: Sendable {
    var facts: Int
    var commands: Int
    var replies: Int
    var snapshotRequests: Int

    package init(_ outbox: borrowing Outbox) {
      facts = outbox.facts.count
      commands = outbox.commands.count
      replies = outbox.replies.count
      snapshotRequests = outbox.snapshotRequests.count
    }
  }

  /// What a step has added to an outbox since the mark.
  package init(_ outbox: borrowing Outbox, since mark: Mark) {
    facts = Array(outbox.facts[mark.facts...])
    commands = outbox.commands[mark.commands...].map {
      RecordedStep.Waiting(value: $0.command, factCount: $0.factCount - mark.facts)
    }
    replies = outbox.replies[mark.replies...].map {
      RecordedStep.Waiting(value: $0.reply, factCount: $0.factCount - mark.facts)
    }
    snapshotRequests = Array(outbox.snapshotRequests[mark.snapshotRequests...])
  }
}
