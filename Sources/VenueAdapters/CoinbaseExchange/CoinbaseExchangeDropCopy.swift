import RouterCore
import Wire

/// The `user` channel: the full feed of our own orders.
///
/// It gives no snapshot and no sequence of its own, so a lost message can not be seen: orders are
/// compared with REST every 20 s and at once after a connection (by the core).
struct CoinbaseExchangeDropCopy {
  private enum Limit {
    static let tickMilliseconds: Int64 = 1000
    static let silenceMilliseconds: Int64 = 5000
    static let subscriptionMilliseconds: Int64 = 10_000
    static let unclaimed = 64
  }

  private let account: CoinbaseExchangeAccount
  private var isOpen = false
  private var isSubscribed = false
  private var openedAt = Timestamp.distantPast
  private var receivedAt = Timestamp.distantPast
  private var nextTick = Timestamp.distantFuture
  /// Messages about orders not bound yet: a fill may overtake the reply that names its order.
  private var unclaimed: [JSONValue] = []

  init(_ account: CoinbaseExchangeAccount) {
    self.account = account
  }

  var nextDeadline: Timestamp { nextTick }

  // MARK: Connection

  mutating func opened(
    at stamp: RequestStamp, signer: any VenueSigner, into output: inout AdapterOutput
  ) {
    isOpen = true
    isSubscribed = false
    openedAt = stamp.time
    receivedAt = stamp.time
    nextTick = stamp.time.adding(milliseconds: Limit.tickMilliseconds)
    output.send(
      CoinbaseExchangeAuthentication.subscription(
        "subscribe", channels: ["user", "heartbeat"], products: account.products.symbols,
        at: stamp, signer: signer),
      on: .privateStream)
  }

  mutating func closed(
    _ orders: inout CoinbaseExchangeOrders, into output: inout AdapterOutput
  ) {
    isOpen = false
    isSubscribed = false
    nextTick = .distantFuture
    unclaimed.removeAll()
    orders.loseStream()
    output.append(.linkChanged(account.venue, .dropCopy, isUp: false))
  }

  mutating func timerExpired(
    _ orders: inout CoinbaseExchangeOrders, at now: Timestamp, into output: inout AdapterOutput
  ) {
    checkOrders(&orders, at: now, into: &output)
    guard isOpen, now >= nextTick else { return }
    nextTick = now.adding(milliseconds: Limit.tickMilliseconds)
    if !isSubscribed, now > openedAt.adding(milliseconds: Limit.subscriptionMilliseconds) {
      output.reconnect(.privateStream, reason: "user channel not confirmed")
    } else if now > receivedAt.adding(milliseconds: Limit.silenceMilliseconds) {
      loseTrust("silent", into: &output)
    }
  }

  private func checkOrders(
    _ orders: inout CoinbaseExchangeOrders, at now: Timestamp, into output: inout AdapterOutput
  ) {
    for index in orders.entries.indices {
      let order = orders[index]
      if order.reconcileAt <= now {
        orders.watch(index, from: now)
        orders.wantQuery(order.id)
      }
      if order.streamDueAt <= now {
        // REST took the order and the stream does not know it: it only looks healthy.
        orders[index].streamDueAt = .distantFuture
        orders.wantQuery(order.id)
        loseTrust("order \(order.id.uuid) was accepted and not shown", into: &output)
      }
    }
  }

  private func loseTrust(_ reason: String, into output: inout AdapterOutput) {
    output.append(.linkChanged(account.venue, .dropCopy, isUp: false))
    output.incident(.warning, "\(account.name): user channel: \(reason)")
    output.reconnect(.privateStream, reason: "user channel: \(reason)")
  }

  // MARK: Messages

  mutating func received(
    _ message: UnsafeRawBufferPointer, _ orders: inout CoinbaseExchangeOrders,
    at stamp: RequestStamp, into output: inout AdapterOutput
  ) {
    receivedAt = stamp.time
    guard let value = unsafe try? JSONValue(parsing: message), let type = value["type"]?.string
    else {
      // It could have been about any of them.
      for order in orders.entries where !order.isDone { orders.wantQuery(order.id) }
      return output.incident(.alarm, "\(account.name): user channel: malformed message")
    }
    switch type {
    case "subscriptions": subscriptionsListed(value, into: &output)
    case "error": refused(value, into: &output)
    case "received": received(value, &orders, at: stamp.time, into: &output)
    case "match", "done", "change": followUp(value, &orders, into: &output)
    default: break
    }
  }

  private mutating func subscriptionsListed(_ value: JSONValue, into output: inout AdapterOutput) {
    let names = (value["channels"]?.array ?? []).map { $0.string ?? $0["name"]?.string ?? "" }
    guard !isSubscribed, names.contains("user") else { return }
    isSubscribed = true
    output.append(.linkChanged(account.venue, .dropCopy, isUp: true))
  }

  private func refused(_ value: JSONValue, into output: inout AdapterOutput) {
    let text = "\(value["message"]?.string ?? "error"): \(value["reason"]?.string ?? "")"
    output.append(.linkChanged(account.venue, .dropCopy, isUp: false))
    output.incident(.alarm, "\(account.name): user channel refused: \(text)")
    output.reconnect(.privateStream, reason: "user channel refused")
  }

  /// The engine has the order; the only message with the client id.
  private mutating func received(
    _ value: JSONValue, _ orders: inout CoinbaseExchangeOrders, at now: Timestamp,
    into output: inout AdapterOutput
  ) {
    guard let child = account.child(value["client_oid"]?.string) else { return }
    guard let product = product(value), let venueOrderID = Self.orderID(value["order_id"]) else {
      orders.wantQuery(child)
      return output.incident(.alarm, "\(account.name): received message: product_id or order_id")
    }
    let index = orders.add(child, product: product)
    let isKnown = orders[index].isFollowed
    orders[index].venueOrderID = venueOrderID
    orders[index].streamDueAt = .distantFuture
    orders[index].isFollowed = true
    if !isKnown { orders[index].quantity = account.quantity(value["size"]?.text, product) }
    orders.watch(index, from: now)
    var report = account.report(child, .acknowledged)
    report.venueOrderID = venueOrderID
    report.venueTime = account.time(value["time"]) ?? .distantPast
    output.append(.childReport(report))
    claim(venueOrderID, &orders, into: &output)
  }

  /// Plays back what came about an order before we knew that it is ours.
  mutating func claim(
    _ venueOrderID: ShortText, _ orders: inout CoinbaseExchangeOrders,
    into output: inout AdapterOutput
  ) {
    let waiting = unclaimed.filter { Self.names($0, venueOrderID) }
    guard !waiting.isEmpty else { return }
    unclaimed.removeAll { Self.names($0, venueOrderID) }
    for message in waiting { followUp(message, &orders, into: &output) }
  }

  private mutating func followUp(
    _ value: JSONValue, _ orders: inout CoinbaseExchangeOrders, into output: inout AdapterOutput
  ) {
    var isClaimed = false
    for field in ["order_id", "maker_order_id", "taker_order_id"] {
      guard let id = Self.orderID(value[field]), let index = orders.index(ofVenueOrder: id) else {
        continue
      }
      isClaimed = true
      switch (value["type"]?.string, field) {
      case ("match", "maker_order_id"), ("match", "taker_order_id"):
        matched(value, index, isMaker: field == "maker_order_id", &orders, into: &output)
      case ("done", "order_id"): done(value, index, &orders, into: &output)
      case ("change", "order_id"): changed(value, index, &orders, into: &output)
      default: break
      }
    }
    guard !isClaimed else { return }
    if unclaimed.count >= Limit.unclaimed { unclaimed.removeFirst() }
    unclaimed.append(value)
  }

  // MARK: One order

  private func matched(
    _ value: JSONValue, _ index: Int, isMaker: Bool, _ orders: inout CoinbaseExchangeOrders,
    into output: inout AdapterOutput
  ) {
    let order = orders[index]
    guard let fill = fill(value, order, isMaker: isMaker),
      let report = account.report(fill, of: order.id, product: order.product)
    else {
      // Without a fee rate, or not as documented: `/fills` has the whole of it.
      orders.wantQuery(order.id)
      return output.incident(
        .notice, account.incident("match of \(order.id.uuid) taken from /fills", order.product))
    }
    output.append(.childReport(report))
  }

  private func fill(
    _ value: JSONValue, _ order: CoinbaseExchangeOrder, isMaker: Bool
  ) -> CoinbaseExchangeFill? {
    guard product(value) == order.product, let tradeID = value["trade_id"]?.int64,
      let size = account.quantity(value["size"]?.text, order.product), size > .zero,
      let price = account.price(value["price"]?.text, order.product), price > .zero,
      let makerSide = Self.side(value["side"]),
      let rate = value[isMaker ? "maker_fee_rate" : "taker_fee_rate"]?.text,
      let fee = account.fee(price, size, rate: rate, order.product)
    else { return nil }
    // `side` is the maker's.
    return CoinbaseExchangeFill(
      orderID: order.venueOrderID, tradeID: tradeID, quantity: size, price: price, fee: fee,
      side: isMaker ? makerSide : makerSide.opposite, liquidity: isMaker ? .maker : .taker,
      time: account.time(value["time"]) ?? .distantPast)
  }

  private func done(
    _ value: JSONValue, _ index: Int, _ orders: inout CoinbaseExchangeOrders,
    into output: inout AdapterOutput
  ) {
    let order = orders[index]
    guard !order.isDone else { return }
    orders.finish(index)
    let reason = value["reason"]?.string ?? ""
    let cause = value["cancel_reason"]?.string ?? ""
    guard order.isFollowed, let quantity = order.quantity,
      let kind = Self.outcome(reason, cause, order.timeInForce),
      let remaining = remaining(value, order.product, isFilled: kind == .filled),
      remaining <= quantity
    else {
      // Not followed from its beginning, so fills may be missing: ask for the true state.
      return orders.wantQuery(order.id)
    }
    var report = account.report(
      order.id, kind, reason: Self.reason(reason, cause, isPostOnly: order.isPostOnly), text: cause)
    report.venueOrderID = order.venueOrderID
    report.cumulativeQuantity = quantity - remaining
    report.venueTime = account.time(value["time"]) ?? .distantPast
    output.append(.childReport(report))
  }

  /// Why it ended, where that is more than a cancel of ours or its time in force.
  private static func reason(
    _ reason: String, _ cause: String, isPostOnly: Bool
  ) -> RejectReason {
    let refusal = CoinbaseExchangeErrors.reason(cause)
    if isPostOnly && refusal == .postOnlyWouldTake { return .postOnlyWouldTake }
    return reason == "rejected" ? refusal : .none
  }

  private func remaining(_ value: JSONValue, _ product: Int, isFilled: Bool) -> Quantity? {
    guard let text = value["remaining_size"]?.text else { return isFilled ? .zero : nil }
    return account.quantity(text, product)
  }

  private static func outcome(
    _ reason: String, _ cause: String, _ timeInForce: TimeInForce?
  ) -> VenueExecutionReport.Kind? {
    switch reason {
    case "filled": .filled
    // The stream has shown it from its beginning, so it was there: an end, not a refusal.
    case "rejected": .canceled
    case "canceled": cancellation(cause, timeInForce)
    default: nil
    }
  }

  /// Codes 101 (time in force), 104 (price bound) and 106 (liquidity) are the venue's own rules.
  private static func cancellation(
    _ cause: String, _ timeInForce: TimeInForce?
  ) -> VenueExecutionReport.Kind {
    if cause.isEmpty {
      let isImmediate = timeInForce == .immediateOrCancel || timeInForce == .fillOrKill
      return isImmediate ? .expired : .canceled
    }
    return ["101", "104", "106"].contains { cause.hasPrefix($0) } ? .expired : .canceled
  }

  /// Another order of the account may shorten ours without a fill (self-trade prevention `dc`).
  private func changed(
    _ value: JSONValue, _ index: Int, _ orders: inout CoinbaseExchangeOrders,
    into output: inout AdapterOutput
  ) {
    let order = orders[index]
    guard let old = account.quantity(value["old_size"]?.text, order.product),
      let new = account.quantity(value["new_size"]?.text, order.product), new <= old,
      let quantity = order.quantity, old - new <= quantity
    else {
      orders[index].quantity = nil
      return orders.wantQuery(order.id)
    }
    orders[index].quantity = quantity - (old - new)
    output.incident(
      .warning,
      account.incident("order \(order.id.uuid) was shortened by the venue", order.product))
  }

  // MARK: Fields

  private func product(_ value: JSONValue) -> Int? {
    value["product_id"]?.string.flatMap { account.products.index(of: $0) }
  }

  private static func names(_ value: JSONValue, _ id: ShortText) -> Bool {
    ["order_id", "maker_order_id", "taker_order_id"].contains { orderID(value[$0]) == id }
  }

  static func orderID(_ value: JSONValue?) -> ShortText? {
    guard let text = value?.string, !text.isEmpty else { return nil }
    return ShortText(text)
  }

  static func side(_ value: JSONValue?) -> Side? {
    switch value?.string {
    case "buy": .buy
    case "sell": .sell
    default: nil
    }
  }
}
