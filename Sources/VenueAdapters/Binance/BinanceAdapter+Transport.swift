package import RouterCore
import Wire

// The two ways of a new order, and how long each takes.
extension BinanceAdapter {
  /// Sends an order that has passed all checks, over one way and that only.
  func send(
    _ order: NewChildOrder, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    let transport = transports.next(mayExplore: !order.isPostOnly, at: stamp.time)
    let tag = nextTag(.newOrder, child: order.id, listing: order.listing)
    switch transport {
    case .socket:
      let message = messages.place(
        order, number: tag.number, at: stamp, signer: signer, to: &output.prepared)
      guard let message else { preconditionFailure("an order for a listing of another venue") }
      output.send(prepared: message, on: .privateStream, tag: tag)
    case .http:
      let request = orderRequests.place(order, at: stamp, signer: signer, to: &output.prepared)
      guard let request else { preconditionFailure("an order for a listing of another venue") }
      output.order(prepared: request, tag: tag)
    }
    // Over HTTP it may wait for a connection; its time limit begins when its bytes leave.
    let deadline = transport == .http ? Timestamp.distantFuture : orderDeadline(from: stamp.time)
    requests.insert(
      BinanceRequestTable.Entry(
        tag: tag, deadline: deadline, transport: transport, startedAt: stamp.time, isTimed: true))
  }

  func orderDeadline(from time: Timestamp) -> Timestamp {
    time.adding(milliseconds: orderLimitMilliseconds)
  }

  /// Whether an order's request can still arrive within the window it was signed for.
  ///
  /// One that has waited half of it for a connection stays here: the rest may be needed on the way,
  /// and what arrives later is refused as if our clock were off.
  package func mayLeave(_ tag: RequestTag, at stamp: RequestStamp) -> Bool {
    guard tag.purpose == .newOrder, let startedAt = requests.startedAt(tag.number) else {
      return true
    }
    return stamp.time < startedAt.adding(milliseconds: window / 2)
  }

  package func sent(
    _ tag: RequestTag, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    guard tag.purpose == .newOrder else { return }
    requests.setDeadline(orderDeadline(from: stamp.time), of: tag.number)
    reschedule()
  }

  /// An order over HTTP was answered.
  func answeredOrder(
    _ tag: RequestTag, _ response: HTTPResponse, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    let reply = BinanceReply(response)
    if let entry = requests.remove(tag.number) {
      measure(entry, reply, at: stamp.time, into: &output)
    }
    answeredRequest(tag, reply, at: stamp, signer: signer, into: &output)
  }

  /// A new order was not answered, or could not be sent.
  func failedOrder(
    _ tag: RequestTag, _ failure: TransportFailure, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard let child = tag.child else { return }
    let entry = requests.remove(tag.number)
    switch failure {
    case .notSent(let text):
      if entry?.transport == .http {
        let isLeft = transports.couldNotSend(over: .http)
        note(change: isLeft, ", since HTTP took no order", at: time, into: &output)
      }
      context.refuse(.notSent, child, .linkDown, text, into: &output)
    case .unknown(let text):
      if let entry { measureUnanswered(entry, at: time, into: &output) }
      // Once only: what is late has been reported.
      if entry?.isLate != true { context.unknown(child, text, into: &output) }
    }
  }

  // MARK: Measuring

  /// Takes an answer's latency; one that leaves the outcome open is none.
  func measure(
    _ entry: BinanceRequestTable.Entry, _ reply: BinanceReply, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    switch reply {
    case .result:
      record(entry, entry.waited(until: time), at: time, into: &output)
    case .refused(let refusal) where refusal.isThrottle:
      // Both ways draw on one budget: it says nothing about either.
      break
    case .refused(let refusal) where refusal.meaning != .unknown:
      record(entry, entry.waited(until: time), at: time, into: &output)
    case .refused, .unreadable:
      measureUnanswered(entry, at: time, into: &output)
    }
  }

  /// No definite answer: it counts with the time limit at least, since a way that fails soon is not
  /// a fast one.
  func measureUnanswered(
    _ entry: BinanceRequestTable.Entry, at time: Timestamp, into output: inout AdapterOutput
  ) {
    record(
      entry, max(entry.waited(until: time), orderLimitMilliseconds * 1_000_000), at: time,
      into: &output)
  }

  /// The stream may tell an order's fate before its own answer does.
  func measure(_ child: ChildOrderID, at time: Timestamp, into output: inout AdapterOutput) {
    guard let entry = requests.takeTimed(child) else { return }
    record(entry, entry.waited(until: time), at: time, into: &output)
  }

  private func record(
    _ entry: BinanceRequestTable.Entry, _ nanoseconds: Int64, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard entry.isTimed else { return }
    let isBetter = transports.record(nanoseconds, over: entry.transport, at: time)
    note(change: isBetter, "", at: time, into: &output)
  }

  private func note(
    change: Bool, _ reason: String, at time: Timestamp, into output: inout AdapterOutput
  ) {
    guard change else { return }
    output.incident(
      .notice,
      "new orders take the \(transports.chosen.name) way now\(reason): "
        + transports.words(at: time))
  }

  package func orderTransports(at time: Timestamp) -> OrderTransportReading? {
    transports.reading(at: time)
  }
}

extension BinanceRequestTable.Entry {
  fileprivate func waited(until time: Timestamp) -> Int64 { max(time.since(startedAt), 0) }
}
