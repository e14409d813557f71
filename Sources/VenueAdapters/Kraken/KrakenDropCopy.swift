import RouterCore
import Wire

/// The private channels: `executions`, which says what becomes of our orders, and `balances`.
///
/// Rows are deltas: only the first row of an order has its client id and symbol, later ones just
/// the venue's id. Rows of an id that nobody has told us yet are kept until someone does.
struct KrakenDropCopy {
  enum Need: Equatable {
    case nothing
    /// Reports may be missing: connect anew and ask about every order.
    case resynchronize(String)
  }

  private static let orphanLimit = 256

  /// Whether the subscription is confirmed and its snapshot has been taken in.
  private(set) var isSynchronized = false
  private var isSubscribed = false
  private var executionSequence: Int64?
  private var balanceSequence: Int64?
  private var orphans: [(venueOrderID: ShortText, row: JSONValue)] = []
  /// Children about which a report was unreadable.
  private(set) var doubtful: [ChildOrderID] = []
  /// Set when the account changed other than by a trade of ours.
  private(set) var wantsBalances = false

  mutating func reset() {
    self = KrakenDropCopy()
  }

  mutating func takeDoubtful() -> [ChildOrderID] {
    defer { doubtful.removeAll() }
    return doubtful
  }

  mutating func takeWantsBalances() -> Bool {
    defer { wantsBalances = false }
    return wantsBalances
  }

  mutating func subscriptionConfirmed() { isSubscribed = true }

  /// A heartbeat comes only when nothing else does: then there is no snapshot to wait for.
  ///
  /// - Returns: Whether that made the stream synchronized.
  mutating func heartbeat() -> Bool {
    guard isSubscribed, !isSynchronized else { return false }
    isSynchronized = true
    return true
  }
}

// MARK: - Executions

extension KrakenDropCopy {
  mutating func receivedExecutions(
    _ message: JSONValue, orders: inout KrakenOrderTable, account: KrakenAccount,
    hasUnansweredOrder: Bool, at time: Timestamp, into output: inout AdapterOutput
  ) -> Need {
    let isSnapshot = message["type"]?.string == "snapshot"
    guard let rows = message["data"]?.array else {
      return .resynchronize("an executions message without data")
    }
    // Behind a gap too, what did come counts.
    let gap = Self.gap(message, &executionSequence, isSnapshot)
    for row in rows {
      received(
        row, orders: &orders, account: account, keepsOrphans: hasUnansweredOrder, at: time,
        into: &output)
    }
    if isSnapshot { isSynchronized = true }
    return gap ?? .nothing
  }

  /// `nil` if the message is the next one of its subscription.
  private static func gap(
    _ message: JSONValue, _ last: inout Int64?, _ isSnapshot: Bool
  ) -> Need? {
    guard let sequence = message["sequence"]?.int64 else { return nil }
    defer { last = sequence }
    // Whether the numbers start anew with a snapshot is not documented, so a snapshot sets them.
    guard let last, !isSnapshot, sequence != last &+ 1 else { return nil }
    return .resynchronize("sequence \(sequence) after \(last)")
  }

  private mutating func received(
    _ row: JSONValue, orders: inout KrakenOrderTable, account: KrakenAccount,
    keepsOrphans: Bool, at time: Timestamp, into output: inout AdapterOutput
  ) {
    guard let id = row["order_id"]?.string.flatMap({ ShortText($0) }), !id.isEmpty else {
      if let child = row["cl_ord_id"]?.string.flatMap(account.child) { doubtful.append(child) }
      return output.incident(.warning, "\(account.venueName): an execution without order_id")
    }
    guard let index = index(of: row, id, orders: &orders, account: account, at: time) else {
      return keep(row, id, account, keepsOrphans: keepsOrphans, into: &output)
    }
    if orders.bind(index, to: id) {
      takeOrphans(of: id, index, &orders, account, into: &output)
    }
    report(row, index, &orders, account, into: &output)
  }

  /// A row of an order that nobody has named yet; one with a foreign client id is not ours.
  private mutating func keep(
    _ row: JSONValue, _ id: ShortText, _ account: KrakenAccount, keepsOrphans: Bool,
    into output: inout AdapterOutput
  ) {
    if let child = row["cl_ord_id"]?.string.flatMap(account.child) {
      return output.incident(
        .alarm, "\(account.venueName) \(child.uuid): an order of ours in a pair of no listing")
    }
    guard keepsOrphans, row["cl_ord_id"] == nil, orphans.count < Self.orphanLimit else { return }
    orphans.append((id, row))
  }

  private func index(
    of row: JSONValue, _ id: ShortText, orders: inout KrakenOrderTable, account: KrakenAccount,
    at time: Timestamp
  ) -> Int? {
    if let index = orders.index(ofVenueOrderID: id) { return index }
    guard let child = row["cl_ord_id"]?.string.flatMap(account.child) else { return nil }
    if let index = orders.index(of: child) { return index }
    // Sent by an earlier run.
    guard let binding = row["symbol"]?.string.flatMap({ account.binding(symbol: $0) }) else {
      return nil
    }
    return orders.add(child, binding.listing, sentAt: time)
  }

  /// Notes the venue's id of an order, told by the answer to its request.
  mutating func bind(
    _ child: ChildOrderID, to id: ShortText, orders: inout KrakenOrderTable,
    account: KrakenAccount, into output: inout AdapterOutput
  ) {
    guard let index = orders.index(of: child) else { return }
    let isNew = orders.bind(index, to: id)
    acknowledge(index, &orders, account, into: &output)
    if isNew { takeOrphans(of: id, index, &orders, account, into: &output) }
  }

  private mutating func takeOrphans(
    of id: ShortText, _ index: Int, _ orders: inout KrakenOrderTable, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    let rows = orphans.filter { $0.venueOrderID == id }
    guard !rows.isEmpty else { return }
    orphans.removeAll { $0.venueOrderID == id }
    for orphan in rows { report(orphan.row, index, &orders, account, into: &output) }
  }
}

// MARK: - Reports

extension KrakenDropCopy {
  private mutating func report(
    _ row: JSONValue, _ index: Int, _ orders: inout KrakenOrderTable, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    acknowledge(index, &orders, account, into: &output)
    switch row["exec_type"]?.string {
    case "trade": fill(row, index, &orders, account, into: &output)
    case "filled": end(.filled, row, index, &orders, account, into: &output)
    case "canceled": end(.canceled, row, index, &orders, account, into: &output)
    case "expired": end(.expired, row, index, &orders, account, into: &output)
    case "pending_new", "new", "amended", "restated", "status", "iceberg_refill":
      byStatus(row, index, &orders, account, into: &output)
    default:
      output.incident(
        .warning,
        "\(account.venueName) \(orders[index].child.uuid): exec_type \(row["exec_type"]?.text ?? "-")"
      )
      doubtful.append(orders[index].child)
    }
  }

  /// Rows that only tell a state: live, or already over.
  private mutating func byStatus(
    _ row: JSONValue, _ index: Int, _ orders: inout KrakenOrderTable, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    switch row["order_status"]?.string {
    case "filled": end(.filled, row, index, &orders, account, into: &output)
    case "canceled": end(.canceled, row, index, &orders, account, into: &output)
    case "expired": end(.expired, row, index, &orders, account, into: &output)
    default: return
    }
  }

  private func acknowledge(
    _ index: Int, _ orders: inout KrakenOrderTable, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    guard !orders[index].isAcknowledged else { return }
    orders[index].isAcknowledged = true
    orders[index].isMissing = false
    var report = account.report(.acknowledged, orders[index].child)
    report.venueOrderID = orders[index].venueOrderID
    output.append(.childReport(report))
  }

  private mutating func fill(
    _ row: JSONValue, _ index: Int, _ orders: inout KrakenOrderTable, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    let order = orders[index]
    guard let binding = account.binding(order.listing) else { return }
    let execution: KrakenExecution
    do {
      execution = try KrakenExecution(row: row, of: order.venueOrderID, binding, account)
    } catch {
      guard case .field(let field) = error else { return }
      output.incident(
        .alarm, "\(account.venueName) \(order.child.uuid): a fill with an unreadable \(field)")
      return doubtful.append(order.child)
    }
    if execution.feeAsset == .unlisted {
      output.incident(
        .alarm, "\(account.venueName) \(order.child.uuid): a fee in an asset no setting names")
    }
    var report = execution.report(order.child, order.venueOrderID, account)
    report.cumulativeQuantity = KrakenExecution.quantity(row["cum_qty"], binding)
    output.append(.childReport(report))
  }

  private mutating func end(
    _ kind: VenueExecutionReport.Kind, _ row: JSONValue, _ index: Int,
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    let order = orders[index]
    guard let binding = account.binding(order.listing) else { return }
    orders[index].isClosed = true
    var report = account.report(kind, order.child)
    report.venueOrderID = order.venueOrderID
    report.cumulativeQuantity = KrakenExecution.quantity(row["cum_qty"], binding)
    report.venueTime = KrakenExecution.time(row["timestamp"])
    let reason = row["reason"]?.string ?? row["cancel_reason"]?.string ?? ""
    report.text = ShortText(truncating: reason)
    if reason.hasPrefix("Post only") { report.rejectReason = .postOnlyWouldTake }
    output.append(.childReport(report))
    // A row without its running total can not be checked against our fills.
    if report.cumulativeQuantity == nil { doubtful.append(order.child) }
  }
}

// MARK: - Balances

extension KrakenDropCopy {
  /// A balance here is a total that open orders are not taken off, so it only tells when to ask.
  mutating func receivedBalances(_ message: JSONValue) -> Need {
    let isSnapshot = message["type"]?.string == "snapshot"
    if let need = Self.gap(message, &balanceSequence, isSnapshot) { return need }
    guard !isSnapshot else { return .nothing }
    let rows = message["data"]?.array ?? []
    if rows.contains(where: { $0["type"]?.string != "trade" }) { wantsBalances = true }
    return .nothing
  }
}
