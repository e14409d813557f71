import RouterCore
import Wire

/// The private socket: logging on, orders, and what the venue tells of them.
extension KrakenAdapter {
  /// Orders may be sent: the account's reports are subscribed and known to be complete.
  var isSessionReady: Bool { privateLink.isUsable && !token.isEmpty && dropCopy.isSynchronized }

  func loseSession(into output: inout AdapterOutput) {
    if isSessionUp {
      output.append(.linkChanged(account.venue, .orderEntry, isUp: false))
      output.append(.linkChanged(account.venue, .dropCopy, isUp: false))
    }
    isSessionUp = false
    questions.sessionUpSince = .distantFuture
    token = ""
    wantsToken = false
    sessionDueAt = .distantFuture
    dropCopy.reset()
  }

  private static let sessionMilliseconds: Int64 = 10_000

  /// The token has come: subscribe with it.
  func logOn(at stamp: RequestStamp, into output: inout AdapterOutput) {
    guard privateLink.isUsable else { return }
    sessionDueAt = stamp.time.adding(milliseconds: Self.sessionMilliseconds)
    output.send(
      KrakenSubscriptionMessages.executions(token: token, requestID: nextRequestID()),
      on: .privateStream, tag: RequestTag(.session))
    output.send(
      KrakenSubscriptionMessages.balances(token: token, requestID: nextRequestID()),
      on: .privateStream, tag: RequestTag(.session))
  }

  /// Heartbeats alone keep a socket open on which a subscription was lost.
  func endLateSession(at time: Timestamp, into output: inout AdapterOutput) {
    guard time >= sessionDueAt else { return }
    sessionDueAt = .distantFuture
    resynchronize("the subscriptions are not answered", into: &output)
  }

  // MARK: - Orders

  func send(_ order: NewChildOrder, at stamp: RequestStamp, into output: inout AdapterOutput) {
    guard isSessionReady, account.has(order.listing), KrakenOrderEntry.takes(order)
    else {
      var report = account.report(.notSent, order.id)
      report.rejectReason = isSessionReady ? .unsupportedOrderType : .none
      return output.append(.childReport(report))
    }
    let index = orders.add(order.id, order.listing, sentAt: stamp.time)
    orders[index].timeInForce = order.timeInForce
    let window = account.requestWindowMilliseconds * 1_000_000
    let deadline = clock.venueNanoseconds(at: stamp) &+ window
    orderEntry.send(
      order, requestID: nextRequestID(), token: token, deadline: deadline, at: stamp.time,
      account: account, into: &output)
  }

  /// The venue has no such order and will have none.
  func forget(_ child: ChildOrderID) {
    if let index = orders.index(of: child) { orders[index].isClosed = true }
  }

  /// The child with the venue's id, if we have learned it since the command was made.
  func named(_ child: ChildReference) -> ChildReference {
    guard child.venueOrderID.isEmpty, let index = orders.index(of: child.id) else { return child }
    var child = child
    child.venueOrderID = orders[index].venueOrderID
    return child
  }

  func sendDueCancels(at stamp: RequestStamp, into output: inout AdapterOutput) {
    guard isSessionReady else { return }
    for child in orderEntry.takeDueCancels(at: stamp.time) {
      orderEntry.sendCancel(
        named(child), requestID: nextRequestID(), token: token, at: stamp.time, account: account,
        into: &output)
    }
  }

  // MARK: - Messages

  func receivedPrivate(
    _ message: UnsafeRawBufferPointer, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    guard let message = try? unsafe JSONValue(parsing: message) else {
      return resynchronize("a private message that is no JSON", into: &output)
    }
    observeClock(message, at: stamp)
    switch message["channel"]?.string {
    case "executions": receivedExecutions(message, at: stamp, into: &output)
    case "balances": take(dropCopy.receivedBalances(message), into: &output)
    case "heartbeat": if dropCopy.heartbeat() { sessionUp(at: stamp.time, into: &output) }
    case "status": break
    default: receivedAnswer(message, at: stamp, into: &output)
    }
    if dropCopy.takeWantsBalances() { wantsBalances = true }
    askAboutDoubtful(at: stamp)
  }

  private func receivedExecutions(
    _ message: JSONValue, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    let need = dropCopy.receivedExecutions(
      message, orders: &orders, account: account,
      hasUnansweredOrder: orderEntry.hasUnansweredOrder, at: stamp.time, into: &output)
    take(need, into: &output)
    if dropCopy.isSynchronized && need == .nothing { sessionUp(at: stamp.time, into: &output) }
  }

  private func receivedAnswer(
    _ message: JSONValue, at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    switch message["method"]?.string {
    case "add_order":
      settle(
        orderEntry.receivedNewOrder(message, account: account, into: &output), into: &output)
    case "cancel_order":
      settle(
        orderEntry.receivedCancel(message, account: account, at: stamp.time, into: &output),
        into: &output)
    case "subscribe": receivedSubscription(message, into: &output)
    case "pong", "unsubscribe": break
    default:
      output.incident(
        .warning,
        "\(account.venueName): private message, \(message["error"]?.string ?? "of no known kind")")
    }
  }

  private func settle(_ answer: KrakenOrderEntry.Answer, into output: inout AdapterOutput) {
    switch answer {
    case .accepted(let child, let venueOrderID):
      dropCopy.bind(child, to: venueOrderID, orders: &orders, account: account, into: &output)
    case .refused(let child): forget(child)
    case .sessionExpired: resynchronize("the session's token is no longer valid", into: &output)
    case .settled: break
    }
  }

  private func receivedSubscription(_ message: JSONValue, into output: inout AdapterOutput) {
    guard message["success"]?.bool == true else {
      let error = message["error"]?.string ?? "no reason given"
      output.incident(.alarm, "\(account.venueName): subscription refused, \(error)")
      if KrakenErrorMeaning(error) == .sessionExpired {
        resynchronize("the session's token is not valid", into: &output)
      }
      return
    }
    if message["result"]?["channel"]?.string == "executions" { dropCopy.subscriptionConfirmed() }
  }

  private func take(_ need: KrakenDropCopy.Need, into output: inout AdapterOutput) {
    guard case .resynchronize(let reason) = need else { return }
    resynchronize(reason, into: &output)
  }

  /// Reports may have been missed: connect anew, and ask about every open order afterwards.
  private func resynchronize(_ reason: String, into output: inout AdapterOutput) {
    guard privateLink.isOpen else { return }
    output.incident(.warning, "\(account.venueName): private stream, \(reason)")
    output.reconnect(.privateStream, reason: reason)
    privateLink.condemn()
    loseSession(into: &output)
    hasLostReports = true
  }

  private func sessionUp(at time: Timestamp, into output: inout AdapterOutput) {
    guard !isSessionUp else { return }
    isSessionUp = true
    questions.sessionUpSince = time
    sessionDueAt = .distantFuture
    output.append(.linkChanged(account.venue, .dropCopy, isUp: true))
    output.append(.linkChanged(account.venue, .orderEntry, isUp: true))
    if wasSessionUp || hasLostReports { askAboutOpenOrders() }
    wasSessionUp = true
    hasLostReports = false
  }

  /// Whatever happened while nobody listened: the snapshot shows no more than fifty fills, and
  /// nothing of orders that ended.
  private func askAboutOpenOrders() {
    for index in orders.openIndices where orders[index].isAcknowledged {
      questions.ask(orders[index].reference(account.venue))
    }
  }

  private func askAboutDoubtful(at stamp: RequestStamp) {
    for child in dropCopy.takeDoubtful() {
      guard let index = orders.index(of: child) else { continue }
      questions.ask(orders[index].reference(account.venue))
    }
  }
}
