import RouterCore
import Wire

/// Orders and cancels over REST, and whether they can be sent at all.
struct CoinbaseExchangeOrderEntry {
  private enum Limit {
    /// How long the stream may take to show an order that REST has accepted.
    static let streamMilliseconds: Int64 = 3000
    static let probeMilliseconds: Int64 = 5000
    /// A wrong key does not mend itself; ask seldom.
    static let refusedProbeMilliseconds: Int64 = 60_000
  }

  private let account: CoinbaseExchangeAccount
  private var requests: CoinbaseExchangeOrderRequests
  private(set) var budget = CoinbaseExchangeBudget()
  private var isUp = false
  /// The venue did not echo a client id: orders could not be found again.
  private var isBroken = false
  private var probeAt = Timestamp.distantFuture
  /// A refusal said that our view of the balances is wrong.
  private var wantsBalances = false

  init(_ account: CoinbaseExchangeAccount) {
    self.account = account
    requests = CoinbaseExchangeOrderRequests(account.products.bindings)
  }

  var nextDeadline: Timestamp { probeAt }

  mutating func spend(at now: Timestamp) { budget.spend(at: now) }

  // MARK: The link

  /// Orders can be sent once a signed request has been answered: key, signature and clock hold.
  mutating func proved(into output: inout AdapterOutput) {
    probeAt = .distantFuture
    guard !isUp, !isBroken else { return }
    isUp = true
    output.append(.linkChanged(account.venue, .orderEntry, isUp: true))
  }

  /// Whether a probe is due; asking for balances is one.
  mutating func takeProbe(at now: Timestamp) -> Bool {
    guard probeAt <= now else { return false }
    probeAt = now.adding(milliseconds: Limit.probeMilliseconds)
    return true
  }

  /// Whether the balances have to be asked for after a refusal.
  mutating func takeBalancesWanted() -> Bool {
    defer { wantsBalances = false }
    return wantsBalances
  }

  mutating func requestProbe(at now: Timestamp) {
    if !isUp { probeAt = now }
  }

  mutating func probeFailed(
    _ meaning: CoinbaseExchangeErrors.Meaning, _ text: String, at now: Timestamp,
    into output: inout AdapterOutput
  ) {
    switch meaning {
    case .throttled: budget.exhaust(at: now)
    case .refused(let reason): takeDown(reason, text, at: now, into: &output)
    case .maintenance: takeDown(.venueUnavailable, text, at: now, into: &output)
    default: break
    }
    if !isUp && probeAt == .distantFuture {
      probeAt = now.adding(milliseconds: Limit.probeMilliseconds)
    }
  }

  /// Stops orders if the reason concerns all of them.
  private mutating func takeDown(
    _ reason: RejectReason, _ text: String, at now: Timestamp, into output: inout AdapterOutput
  ) {
    let pause: Int64
    switch reason {
    case .authentication, .clockSkew: pause = Limit.refusedProbeMilliseconds
    case .venueUnavailable: pause = Limit.probeMilliseconds
    default: return
    }
    probeAt = now.adding(milliseconds: pause)
    output.incident(.alarm, "\(account.name): orders stopped: \(text)")
    if isUp { output.append(.linkChanged(account.venue, .orderEntry, isUp: false)) }
    isUp = false
  }

  // MARK: New orders

  mutating func encode(
    _ order: NewChildOrder, _ orders: inout CoinbaseExchangeOrders, at stamp: RequestStamp,
    signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    guard let product = account.products.index(of: order.listing),
      CoinbaseExchangeOrderRequests.takes(order)
    else {
      return output.append(
        .childReport(account.report(order.id, .notSent, reason: .malformedRequest)))
    }
    guard budget.spendOnNewOrder(at: stamp.time) else {
      output.append(.venueBusy(account.venue, until: budget.roomForOrder(after: stamp.time)))
      return output.append(
        .childReport(account.report(order.id, .notSent, reason: .rateLimited)))
    }
    let index = orders.add(order.id, product: product)
    orders[index].sentAt = stamp.time
    orders[index].quantity = order.quantity
    orders[index].timeInForce = order.timeInForce
    orders[index].isPostOnly = order.isPostOnly
    orders[index].tradesUntil = OrderLife.end(of: order, sentAt: stamp.time)
    let request = requests.place(
      order, product: product, at: stamp, signer: signer, to: &output.prepared)
    output.order(
      prepared: request,
      tag: RequestTag(.newOrder, child: order.id, listing: order.listing))
  }

  mutating func newOrderAnswered(
    _ child: ChildOrderID, _ response: HTTPResponse, _ orders: inout CoinbaseExchangeOrders,
    at now: Timestamp, into output: inout AdapterOutput
  ) {
    let (meaning, text) = CoinbaseExchangeErrors.classify(response)
    switch meaning {
    case .succeeded: accepted(child, response, &orders, at: now, into: &output)
    case .refused(.postOnlyWouldTake)
    where orders.index(of: child).map { !orders[$0].isPostOnly } ?? true:
      // No such refusal is documented for an order that may take.
      output.append(.childReport(account.report(child, .outcomeUnknown, text: text)))
    case .refused(let reason):
      refused(child, reason, text, &orders, into: &output)
      takeDown(reason, text, at: now, into: &output)
    case .throttled:
      budget.exhaust(at: now)
      output.append(.venueBusy(account.venue, until: budget.roomForOrder(after: now)))
      refused(child, .rateLimited, text, &orders, into: &output)
    case .orderGone, .ambiguous, .maintenance:
      output.append(.childReport(account.report(child, .outcomeUnknown, text: text)))
      if meaning == .maintenance { takeDown(.venueUnavailable, text, at: now, into: &output) }
    }
  }

  private mutating func refused(
    _ child: ChildOrderID, _ reason: RejectReason, _ text: String,
    _ orders: inout CoinbaseExchangeOrders, into output: inout AdapterOutput
  ) {
    if let index = orders.index(of: child) { orders.finish(index) }
    output.append(.childReport(account.report(child, .rejected, reason: reason, text: text)))
    switch reason {
    case .insufficientFunds: wantsBalances = true
    case .incrementViolation, .belowMinimum, .malformedRequest, .authentication:
      output.incident(.alarm, "\(account.name): order \(child.uuid) refused: \(text)")
    default: break
    }
  }

  private mutating func accepted(
    _ child: ChildOrderID, _ response: HTTPResponse, _ orders: inout CoinbaseExchangeOrders,
    at now: Timestamp, into output: inout AdapterOutput
  ) {
    guard let index = orders.index(of: child),
      let value = try? JSONValue(parsing: response.body),
      let venueOrderID = CoinbaseExchangeDropCopy.orderID(value["id"])
    else {
      // Accepted by the look of it, in words we can not read: rule U.
      return output.append(
        .childReport(account.report(child, .outcomeUnknown, text: "unreadable reply")))
    }
    if account.child(value["client_oid"]?.string) != child {
      // A client id that the venue ignores is in no later reply: such orders can not be followed.
      isBroken = true
      isUp = false
      output.append(.linkChanged(account.venue, .orderEntry, isUp: false))
      output.incident(.alarm, "\(account.name): order \(child.uuid): client id was not echoed")
      // The reply may be another order's: nothing is bound to it, and the child is asked after.
      return output.append(
        .childReport(account.report(child, .outcomeUnknown, text: "client id not echoed")))
    }
    orders[index].venueOrderID = venueOrderID
    if value["status"]?.string == "rejected" || value["done_reason"]?.string == "rejected" {
      let text = value["reject_reason"]?.string ?? "rejected"
      return refused(child, CoinbaseExchangeErrors.reason(text), text, &orders, into: &output)
    }
    if !orders[index].isDone {
      var report = account.report(child, .acknowledged)
      report.venueOrderID = venueOrderID
      output.append(.childReport(report))
    }
    if !orders[index].isFollowed && !orders[index].isDone {
      orders[index].streamDueAt = now.adding(milliseconds: Limit.streamMilliseconds)
    }
    orders.watch(index, from: now)
    if value["status"]?.string == "done" && !orders[index].isFollowed { orders.wantQuery(child) }
  }

  // MARK: Cancels

  mutating func cancel(
    _ child: ChildReference, at stamp: RequestStamp, signer: any VenueSigner,
    into output: inout AdapterOutput
  ) {
    budget.spend(at: stamp.time)
    let request = requests.cancel(
      child.id, product: account.products.index(of: child.listing), at: stamp, signer: signer,
      to: &output.prepared)
    output.order(
      prepared: request, tag: RequestTag(.cancel, child: child.id, listing: child.listing))
  }

  /// Success means only that the engine took it; the end comes on the stream, and if it does not,
  /// a query finds it.
  mutating func cancelAnswered(
    _ child: ChildOrderID, _ response: HTTPResponse, _ orders: inout CoinbaseExchangeOrders,
    at now: Timestamp, into output: inout AdapterOutput
  ) {
    let (meaning, text) = CoinbaseExchangeErrors.classify(response)
    switch meaning {
    case .succeeded:
      guard let index = orders.index(of: child), !orders[index].isDone else { return }
      orders[index].reconcileAt = now.adding(milliseconds: Limit.streamMilliseconds)
    case .orderGone:
      output.append(.childReport(account.report(child, .cancelRejected, text: text)))
      orders.wantQuery(child)
    case .refused(let reason):
      output.append(
        .childReport(account.report(child, .cancelRejected, reason: reason, text: text)))
      takeDown(reason, text, at: now, into: &output)
      orders.wantQuery(child)
    case .throttled:
      budget.exhaust(at: now)
      orders.wantQuery(child)
    case .maintenance:
      takeDown(.venueUnavailable, text, at: now, into: &output)
      orders.wantQuery(child)
    case .ambiguous: orders.wantQuery(child)
    }
  }
}
