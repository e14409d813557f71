import RouterCore
import Wire

/// Orders and cancels over the private socket, and the answers to them.
struct KrakenOrderEntry {
  private struct Pending {
    let requestID: Int64
    let isCancel: Bool
    let child: ChildOrderID
    /// When an answer is no longer to be expected.
    let deadline: Timestamp
    var isOverdue = false
  }

  private struct WaitingCancel {
    let child: ChildReference
    var attempts: Int
    var dueAt: Timestamp
  }

  private static let graceMilliseconds: Int64 = 3000
  private static let forgottenMilliseconds: Int64 = 120_000
  private static let cancelRetryMilliseconds: Int64 = 2000
  private static let cancelAttempts = 8

  private var messages: KrakenOrderMessages
  private var pending: [Pending] = []
  private var cancels: [WaitingCancel] = []

  init(_ account: KrakenAccount) {
    messages = KrakenOrderMessages(account.listings)
  }

  /// Whether an order was sent whose venue id we do not know yet.
  var hasUnansweredOrder: Bool { pending.contains { !$0.isCancel } }

  /// When the next answer is overdue.
  var answerDeadline: Timestamp { pending.first { !$0.isOverdue }?.deadline ?? .distantFuture }

  /// When the next cancel wants to be sent, if it can be.
  var cancelDeadline: Timestamp { cancels.reduce(.distantFuture) { min($0, $1.dueAt) } }
}

// MARK: - Encoding

extension KrakenOrderEntry {
  /// Sends a new order with a deadline, so that a delayed one can not execute late.
  mutating func send(
    _ order: NewChildOrder, requestID: Int64, token: String, deadline: Int64, at time: Timestamp,
    account: KrakenAccount, into output: inout AdapterOutput
  ) {
    guard
      let message = messages.addOrder(
        order, requestID: requestID, token: token, deadline: deadline, to: &output.prepared)
    else { return output.append(.childReport(account.report(.notSent, order.id))) }
    note(requestID, isCancel: false, order.id, at: time, account)
    output.send(
      prepared: message, on: .privateStream,
      tag: RequestTag(
        .newOrder, number: UInt64(requestID), child: order.id, listing: order.listing))
  }

  /// Whether the venue has such orders; post-only ones rest.
  static func takes(_ order: NewChildOrder) -> Bool {
    KrakenOrderMessages.name(of: order.timeInForce) != nil
      && (!order.isPostOnly || order.timeInForce == .goodTillCancel)
  }

  /// Sends a cancel, by the venue's id where it is known.
  mutating func sendCancel(
    _ child: ChildReference, requestID: Int64, token: String, at time: Timestamp,
    account: KrakenAccount, into output: inout AdapterOutput
  ) {
    let message = messages.cancelOrder(
      child, requestID: requestID, token: token, to: &output.prepared)
    note(requestID, isCancel: true, child.id, at: time, account)
    output.send(
      prepared: message, on: .privateStream,
      tag: RequestTag(
        .cancel, number: UInt64(requestID), child: child.id, listing: child.listing))
  }

  private mutating func note(
    _ requestID: Int64, isCancel: Bool, _ child: ChildOrderID, at time: Timestamp,
    _ account: KrakenAccount
  ) {
    let wait = account.requestWindowMilliseconds + Self.graceMilliseconds
    pending.append(
      Pending(
        requestID: requestID, isCancel: isCancel, child: child,
        deadline: time.adding(milliseconds: wait)))
  }
}

// MARK: - Cancels that wait

extension KrakenOrderEntry {
  /// Keeps a cancel until it can be sent; repeating a cancel is harmless.
  mutating func wait(with cancel: ChildReference, until time: Timestamp) {
    if let index = cancels.firstIndex(where: { $0.child.id == cancel.id }) {
      cancels[index].dueAt = min(cancels[index].dueAt, time)
    } else {
      cancels.append(WaitingCancel(child: cancel, attempts: 0, dueAt: time))
    }
  }

  /// Takes the cancels that are due; each stays known until it is answered for good.
  mutating func takeDueCancels(at time: Timestamp) -> [ChildReference] {
    var due: [ChildReference] = []
    for index in cancels.indices where cancels[index].dueAt <= time {
      cancels[index].attempts += 1
      cancels[index].dueAt = .distantFuture
      due.append(cancels[index].child)
    }
    return due
  }

  /// Puts a refused cancel back; false if it has been tried often enough.
  private mutating func retryCancel(_ child: ChildOrderID, at time: Timestamp) -> Bool {
    guard let index = cancels.firstIndex(where: { $0.child.id == child }) else { return false }
    guard cancels[index].attempts < Self.cancelAttempts else {
      cancels.remove(at: index)
      return false
    }
    cancels[index].dueAt = time.adding(milliseconds: Self.cancelRetryMilliseconds)
    return true
  }

  private mutating func forgetCancel(_ child: ChildOrderID) {
    cancels.removeAll { $0.child.id == child }
  }
}

// MARK: - Answers

extension KrakenOrderEntry {
  /// What an `add_order` answer says.
  enum Answer {
    case accepted(child: ChildOrderID, venueOrderID: ShortText)
    /// Certainly not accepted.
    case refused(ChildOrderID)
    /// The token has to be fetched anew.
    case sessionExpired
    case settled
  }

  mutating func receivedNewOrder(
    _ message: JSONValue, account: KrakenAccount, into output: inout AdapterOutput
  ) -> Answer {
    let result = message["result"]
    let known = take(message["req_id"]?.int64)
    guard let child = result?["cl_ord_id"]?.string.flatMap(account.child) ?? known?.child else {
      output.incident(.warning, "\(account.venueName): an add_order answer to nothing of ours")
      return .settled
    }
    if message["success"]?.bool == true {
      if let warnings = result?["warnings"]?.array, !warnings.isEmpty {
        output.incident(
          .notice, "\(account.venueName) \(child.uuid): \(warnings.compactMap(\.string))")
      }
      guard let id = result?["order_id"]?.string.flatMap({ ShortText($0) }), !id.isEmpty else {
        output.append(.childReport(account.report(.outcomeUnknown, child)))
        output.incident(.alarm, "\(account.venueName) \(child.uuid): accepted without order_id")
        return .settled
      }
      return .accepted(child: child, venueOrderID: id)
    }
    return refused(child, message["error"]?.string ?? "", account, into: &output)
  }

  private func refused(
    _ child: ChildOrderID, _ error: String, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) -> Answer {
    let meaning = KrakenErrorMeaning(error)
    var report = account.report(.outcomeUnknown, child)
    report.text = ShortText(truncating: error)
    if let reason = meaning.rejectReason {
      report.kind = .rejected
      report.rejectReason = reason
    }
    output.append(.childReport(report))
    if meaning == .unauthorized {
      output.incident(.alarm, "\(account.venueName): orders are refused, \(error)")
    }
    guard report.kind != .rejected else { return .refused(child) }
    return meaning == .sessionExpired ? .sessionExpired : .settled
  }

  /// An accepted cancel ends nothing: only the private stream says how the order ended.
  mutating func receivedCancel(
    _ message: JSONValue, account: KrakenAccount, at time: Timestamp,
    into output: inout AdapterOutput
  ) -> Answer {
    guard let child = take(message["req_id"]?.int64)?.child else { return .settled }
    if message["success"]?.bool == true {
      forgetCancel(child)
      return .settled
    }
    let error = message["error"]?.string ?? ""
    let meaning = KrakenErrorMeaning(error)
    switch meaning {
    case .unknownOrder:
      forgetCancel(child)
      var report = account.report(.cancelRejected, child)
      report.rejectReason = .unknownOrder
      report.text = ShortText(truncating: error)
      output.append(.childReport(report))
    case .refused(.rateLimited), .throttled, .busy, .ambiguous, .sessionExpired:
      guard !retryCancel(child, at: time) else { break }
      fallthrough
    default:
      forgetCancel(child)
      output.append(.childReport(account.report(.outcomeUnknown, child)))
      output.incident(.alarm, "\(account.venueName) \(child.uuid): cancel refused, \(error)")
    }
    return meaning == .sessionExpired ? .sessionExpired : .settled
  }

  private mutating func take(_ requestID: Int64?) -> Pending? {
    guard let requestID, let index = pending.firstIndex(where: { $0.requestID == requestID })
    else { return nil }
    return pending.remove(at: index)
  }

  // MARK: No answer

  /// A request that the gateway could not hand over, or not surely.
  mutating func failed(
    _ tag: RequestTag, _ failure: TransportFailure, account: KrakenAccount, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard let entry = take(Int64(exactly: tag.number)) else { return }
    if entry.isCancel {
      if retryCancel(entry.child, at: time) { return }
      return output.append(.childReport(account.report(.outcomeUnknown, entry.child)))
    }
    if case .notSent = failure {
      output.append(.childReport(account.report(.notSent, entry.child)))
    } else {
      output.append(.childReport(account.report(.outcomeUnknown, entry.child)))
    }
  }

  /// Requests whose answer is overdue; a late answer is still understood.
  mutating func expire(
    at time: Timestamp, account: KrakenAccount, into output: inout AdapterOutput
  ) {
    for index in pending.indices where !pending[index].isOverdue && pending[index].deadline <= time
    {
      pending[index].isOverdue = true
      let child = pending[index].child
      if pending[index].isCancel && retryCancel(child, at: time) { continue }
      output.append(.childReport(account.report(.outcomeUnknown, child)))
    }
    pending.removeAll {
      $0.isOverdue && time >= $0.deadline.adding(milliseconds: Self.forgottenMilliseconds)
    }
  }

  /// The socket is gone: whatever was not answered may or may not have arrived.
  mutating func closed(
    account: KrakenAccount, at time: Timestamp, into output: inout AdapterOutput
  ) {
    for entry in pending where !entry.isOverdue {
      if entry.isCancel && retryCancel(entry.child, at: time) { continue }
      output.append(.childReport(account.report(.outcomeUnknown, entry.child)))
    }
    pending.removeAll()
  }
}
