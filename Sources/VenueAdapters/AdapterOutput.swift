package import RouterCore
package import Wire

/// What an adapter wants done, in order; reused, so that it stops allocating for market data.
package struct AdapterOutput {
  package enum Action {
    /// The events of `batch` from `count` on, up to the next action's, are already in place; this
    /// marks where the requests stand among them.
    case send(VenueChannel, [UInt8], tag: RequestTag?)
    /// The same with a message that stands in `prepared`.
    case sendPrepared(VenueChannel, Range<Int>, tag: RequestTag)
    /// Through the client that sends exactly once: orders, cancels, queries about unknown orders.
    case order(HTTPRequest, tag: RequestTag)
    /// The same with a request that stands in `prepared`.
    case orderPrepared(PreparedRequest, tag: RequestTag)
    /// Through libcurl, which may repeat it: snapshots, tokens, balances.
    case fetch(HTTPRequest, tag: RequestTag)
    /// Close the socket and connect it again after back-off.
    case reconnect(VenueChannel, reason: String)
    /// Something to tell an operator: which venue sent what.
    case incident(Incident)
  }

  package struct Incident: Sendable, Hashable {
    package enum Severity: UInt8, Sendable { case notice, warning, alarm }
    package var severity: Severity
    /// What happened, naming the symbol, identifier or field; never a secret.
    package var message: String

    package init(_ severity: Severity, _ message: String) {
      self.severity = severity
      self.message = message
    }
  }

  /// Events for the core, with the levels of their book updates.
  package var batch: EventBatch
  package private(set) var actions: [Action] = []
  /// The bytes of orders and cancels, one behind the other; who sends them takes them from here, so
  /// that none needs memory of its own.
  package var prepared: [UInt8] = []

  package init() { batch = EventBatch() }

  /// An output that stands for one that was moved away, and so takes no memory.
  package init(holdingNothing: Void) {
    batch = EventBatch(eventCapacity: 0, levelCapacity: 0)
  }

  package mutating func append(_ event: Event) { batch.append(event) }

  package mutating func send(_ bytes: [UInt8], on channel: VenueChannel, tag: RequestTag? = nil) {
    actions.append(.send(channel, bytes, tag: tag))
  }

  package mutating func order(_ request: HTTPRequest, tag: RequestTag) {
    actions.append(.order(request, tag: tag))
  }

  package mutating func send(
    prepared message: Range<Int>, on channel: VenueChannel, tag: RequestTag
  ) {
    actions.append(.sendPrepared(channel, message, tag: tag))
  }

  package mutating func order(prepared request: PreparedRequest, tag: RequestTag) {
    actions.append(.orderPrepared(request, tag: tag))
  }

  package mutating func fetch(_ request: HTTPRequest, tag: RequestTag) {
    actions.append(.fetch(request, tag: tag))
  }

  package mutating func reconnect(_ channel: VenueChannel, reason: String) {
    actions.append(.reconnect(channel, reason: reason))
  }

  package mutating func incident(_ severity: Incident.Severity, _ message: String) {
    actions.append(.incident(Incident(severity, message)))
  }

  package mutating func removeAll() {
    batch.removeAll()
    actions.removeAll(keepingCapacity: true)
    prepared.removeAll(keepingCapacity: true)
  }
}

extension AdapterOutput {
  /// The actions with what they send in them, for who keeps them longer than the output.
  package var ownedActions: [Action] {
    actions.map { action in
      switch action {
      case .sendPrepared(let channel, let message, let tag):
        return .send(channel, Array(prepared[message]), tag: tag)
      case .orderPrepared(let request, let tag):
        guard let request = HTTPRequest(request, in: prepared.span) else {
          preconditionFailure("an adapter prepared what is no request")
        }
        return .order(request, tag: tag)
      case .send, .order, .fetch, .reconnect, .incident: return action
      }
    }
  }
}
