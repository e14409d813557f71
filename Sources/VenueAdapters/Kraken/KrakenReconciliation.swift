import RouterCore
import Wire

/// Finds out over REST what became of orders.
///
/// Asks by the venue's id where it is known, otherwise by client id among open and then closed
/// orders, or for all of those if several are missing; then the trades of the time in which the order can have traded. An order counts as not
/// found only if trades found none either: each trade of an order that nobody here knows is traced to
/// its owner, and one whose owner the venue does not name leaves the question open.
/// Up to fifty orders share one round, since the venue counts calls.
struct KrakenReconciliation {
  struct Request {
    let method: String
    let fields: [(String, String)]
    /// What it costs at the venue's call counter.
    let calls: Int64
    let purpose: RequestTag.Purpose
  }

  struct Target {
    let child: ChildReference
    var order: KrakenFoundOrder?

    var needsTrades: Bool { order.map { $0.executed != .zero } ?? true }
  }

  private enum Step: Equatable {
    case byOrderID
    case open(Int)
    case closed(Int)
    case allOpen
    case allClosed(offset: Int)
    case trades(offset: Int)
    case owners([String])
  }

  private static let batch = 50
  /// As many are searched for one by one; for more, the lists cost less.
  private static let maximumSearches = 3
  private static let maximumClosed = 2_000
  private static let page = 50
  private static let maximumTrades = 5_000
  /// Requests for owners in one round; the next one goes on behind them.
  private static let maximumOwnerRequests = 10

  private var waiting: [ChildReference] = []
  private var targets: [Target] = []
  private var steps: [Step] = []
  private var trades: [(id: String, orderID: String, row: JSONValue)] = []
  private var tracedOwners = false
  /// Whether the owner of some trade could not be found out.
  private var hasUnclear = false
  private var owners = OrderOwners<String>()
  private var queriedAt = Timestamp.distantPast
  private var stamp = RequestStamp(time: .distantPast, venueNanoseconds: 0, nonce: 0)

  var isIdle: Bool { waiting.isEmpty && steps.isEmpty }

  /// Adds a question; a round that has already begun does not answer it.
  mutating func ask(_ child: ChildReference) {
    if let index = waiting.firstIndex(where: { $0.id == child.id }) {
      if !child.venueOrderID.isEmpty { waiting[index] = child }
    } else {
      waiting.append(child)
    }
  }

  /// The request that comes next, or `nil` if nothing is to be asked.
  mutating func nextRequest(at stamp: RequestStamp) -> Request? {
    self.stamp = stamp
    if steps.isEmpty { begin() }
    guard let step = steps.first else { return nil }
    return request(for: step)
  }

  /// The request of the step has been handed over.
  mutating func started(at time: Timestamp) {
    if queriedAt == .distantPast { queriedAt = time }
  }

  private mutating func begin() {
    guard !waiting.isEmpty else { return }
    targets.removeAll()
    targets = waiting.prefix(Self.batch).map { Target(child: $0) }
    waiting.removeFirst(targets.count)
    trades.removeAll()
    tracedOwners = false
    hasUnclear = false
    queriedAt = .distantPast
    if targets.contains(where: { !$0.child.venueOrderID.isEmpty }) {
      steps = [.byOrderID]
    } else {
      planSearch()
    }
  }

  /// Steps for what the question by the venue's id has not answered.
  private mutating func planSearch() {
    let missing = targets.indices.filter { targets[$0].order == nil }
    if missing.count > Self.maximumSearches {
      // In this order: one that ends in between is in the second list.
      steps += [.allOpen, .allClosed(offset: 0)]
    } else {
      for index in missing { steps += [.open(index), .closed(index)] }
    }
    steps.append(.trades(offset: 0))
  }
}

// MARK: - Requests

extension KrakenReconciliation {
  private func request(for step: Step) -> Request {
    switch step {
    case .byOrderID:
      let ids = targets.map(\.child.venueOrderID).filter { !$0.isEmpty }.map(\.string)
      return orders(ids, .orderQuery)
    case .owners(let ids): return orders(ids, .orderQueryStep)
    case .open(let index):
      return Request(
        method: "OpenOrders", fields: [("cl_ord_id", clientOrderID(index))], calls: 1,
        purpose: .orderQuery)
    case .closed(let index):
      let fields = [("cl_ord_id", clientOrderID(index)), ("without_count", "true")]
      return Request(
        method: "ClosedOrders", fields: fields + start(targets[index].child.sentAt), calls: 2,
        purpose: .orderQueryStep)
    case .allOpen:
      return Request(method: "OpenOrders", fields: [], calls: 1, purpose: .orderQuery)
    case .allClosed(let offset):
      let since = targets.filter { $0.order == nil }.map(\.child.sentAt).min() ?? .distantPast
      let page = offset > 0 ? [("ofs", "\(offset)")] : []
      return Request(
        method: "ClosedOrders", fields: [("without_count", "true")] + start(since) + page, calls: 2,
        purpose: .orderQueryStep)
    case .trades(let offset):
      let since = targets.filter(\.needsTrades).map(\.child.sentAt).min() ?? .distantPast
      // Consolidated fills would have other ids and amounts than those on the stream.
      var fields = [("consolidate_taker", "false"), ("without_count", "true")] + start(since)
      if let end { fields.append(("end", "\(end)")) }
      if offset > 0 { fields.append(("ofs", "\(offset)")) }
      return Request(method: "TradesHistory", fields: fields, calls: 4, purpose: .tradesQuery)
    }
  }

  private func orders(_ ids: [String], _ purpose: RequestTag.Purpose) -> Request {
    Request(
      method: "QueryOrders", fields: [("txid", ids.joined(separator: ","))], calls: 1,
      purpose: purpose)
  }

  private func clientOrderID(_ index: Int) -> String { targets[index].child.id.uuid.string }

  /// The second after which no target can have traded.
  private var end: Int64? {
    let ends = targets.filter(\.needsTrades).map { OrderLife.end(of: $0.child) }
    guard let last = ends.max(), last < .distantFuture else { return nil }
    return OrderLife.venueEnd(last, at: stamp).nanoseconds / 1_000_000_000
  }

  private func start(_ sentAt: Timestamp) -> [(String, String)] {
    let seconds = OrderLife.venueStart(sentAt, at: stamp).nanoseconds / 1_000_000_000
    return seconds > 0 ? [("start", "\(seconds)")] : []
  }
}

// MARK: - Answers

extension KrakenReconciliation {
  /// Takes in the answer to the step's request, and reports when the round is complete.
  mutating func answered(
    _ result: JSONValue, orders: inout KrakenOrderTable, account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    guard let step = steps.first else { return }
    steps.removeFirst()
    switch step {
    case .byOrderID:
      adopt(result.members ?? [], account)
      planSearch()
    case .open, .allOpen: adopt(result["open"]?.members ?? [], account)
    case .allClosed(let offset):
      guard takeClosed(result["closed"]?.members ?? [], offset: offset, account) else {
        return failed("too many closed orders to page through", account: account, into: &output)
      }
    case .closed: adopt(result["closed"]?.members ?? [], account)
    case .owners(let ids):
      note(ids, result.members ?? [], account)
      adopt(result.members ?? [], account)
    case .trades(let offset):
      guard take(result, offset: offset) else {
        return failed("too many trades to page through", account: account, into: &output)
      }
    }
    skipNeedless(account)
    if steps.isEmpty { planOwners(orders, account) }
    if steps.isEmpty { finish(&orders, account, into: &output) }
  }

  /// The venue knows no such order: an answer to a list of ids, where it may be about any of them.
  mutating func answeredUnknown(
    orders: inout KrakenOrderTable, account: KrakenAccount, into output: inout AdapterOutput
  ) {
    switch steps.first {
    case .byOrderID, .owners:
      answered(.object([]), orders: &orders, account: account, into: &output)
    case .open, .closed, .allOpen, .allClosed, .trades, nil:
      failed("an unknown order in answer to a search", account: account, into: &output)
    }
  }

  /// Whose the orders asked for are; one that the answer leaves out may be anybody's.
  private mutating func note(
    _ ids: [String], _ members: [JSONMember], _ account: KrakenAccount
  ) {
    for id in ids {
      guard let order = members.first(where: { $0.name == id })?.value else {
        hasUnclear = true
        continue
      }
      owners.note(id, of: order["cl_ord_id"]?.string.flatMap(account.child))
    }
  }

  /// Orders of an answer that are targets of ours, by the venue's id or by client id.
  private mutating func adopt(_ members: [JSONMember], _ account: KrakenAccount) {
    for member in members {
      let child = member.value["cl_ord_id"]?.string.flatMap { ChildOrderID(uuid: $0.utf8) }
      let index = targets.firstIndex {
        $0.child.id == child
          || !$0.child.venueOrderID.isEmpty && $0.child.venueOrderID.string == member.name
      }
      guard let index, let binding = account.binding(targets[index].child.listing) else { continue }
      targets[index].order = KrakenFoundOrder(member, binding)
    }
  }

  /// A page of closed orders, the newest first: what ends meanwhile moves orders to later pages, so
  /// none is missed.
  private mutating func takeClosed(
    _ members: [JSONMember], offset: Int, _ account: KrakenAccount
  ) -> Bool {
    adopt(members, account)
    guard members.count >= Self.page else { return true }
    guard offset + Self.page < Self.maximumClosed else { return false }
    steps.insert(.allClosed(offset: offset + Self.page), at: 0)
    return true
  }

  private mutating func take(_ result: JSONValue, offset: Int) -> Bool {
    let members = result["trades"]?.members ?? []
    for member in members where !trades.contains(where: { $0.id == member.name }) {
      trades.append((member.name, member.value["ordertxid"]?.string ?? "", member.value))
    }
    guard members.count >= Self.page else { return true }
    guard offset + Self.page < Self.maximumTrades else { return false }
    steps.insert(.trades(offset: offset + Self.page), at: 0)
    return true
  }

  private mutating func skipNeedless(_ account: KrakenAccount) {
    while let step = steps.first, isNeedless(step, account) { steps.removeFirst() }
  }

  private func isNeedless(_ step: Step, _ account: KrakenAccount) -> Bool {
    switch step {
    case .open(let index), .closed(let index): targets[index].order != nil
    case .allOpen, .allClosed: targets.allSatisfy { $0.order != nil }
    case .trades(offset: 0): !targets.contains(where: \.needsTrades)
    case .trades: targets.allSatisfy { isAccounted($0, account) }
    case .byOrderID, .owners: false
    }
  }

  /// Whether the trades read so far make up what an order has executed.
  private func isAccounted(_ target: Target, _ account: KrakenAccount) -> Bool {
    guard let order = target.order, let executed = order.executed,
      let binding = account.binding(target.child.listing)
    else { return false }
    var sum = Quantity.zero
    for trade in trades where trade.orderID == order.venueOrderID.string {
      sum = sum.addingSaturated(KrakenExecution.quantity(trade.row["vol"], binding) ?? .zero)
    }
    return sum >= executed
  }

  /// Traces trades of unknown orders while a target is missing.
  private mutating func planOwners(_ orders: KrakenOrderTable, _ account: KrakenAccount) {
    guard !tracedOwners, targets.contains(where: { $0.order == nil }) else { return }
    tracedOwners = true
    var unknown: [String] = []
    for trade in trades
    where !isKnown(trade.orderID, orders) && !isAnothers(trade.orderID)
      && !unknown.contains(trade.orderID)
    {
      unknown.append(trade.orderID)
    }
    while !unknown.isEmpty {
      guard steps.count < Self.maximumOwnerRequests else {
        hasUnclear = true
        return
      }
      steps.append(.owners(Array(unknown.prefix(Self.batch))))
      unknown.removeFirst(min(Self.batch, unknown.count))
    }
  }

  /// Whether an order is known to be none of those that are missing.
  private func isAnothers(_ orderID: String) -> Bool {
    targets.allSatisfy { $0.order != nil || owners.isAnothers(orderID, than: $0.child.id) }
  }

  private func isKnown(_ orderID: String, _ orders: KrakenOrderTable) -> Bool {
    if targets.contains(where: { $0.order?.venueOrderID.string == orderID }) { return true }
    return ShortText(orderID).flatMap { orders.index(ofVenueOrderID: $0) } != nil
  }

  /// The round can not go on; nothing is proved.
  mutating func failed(
    _ reason: String, account: KrakenAccount, into output: inout AdapterOutput
  ) {
    for target in targets {
      var report = account.report(.queryFailed, target.child.id)
      report.text = ShortText(truncating: reason)
      output.append(.childReport(report))
    }
    targets.removeAll()
    steps.removeAll()
  }
}

// MARK: - Reports

extension KrakenReconciliation {
  private mutating func finish(
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    for target in targets {
      guard let binding = account.binding(target.child.listing) else { continue }
      let index = orders.add(
        target.child.id, target.child.listing, sentAt: target.child.sentAt)
      if let order = target.order {
        report(order, target, index, binding, &orders, account, into: &output)
      } else {
        reportAbsence(target, orders[index], account, into: &output)
        orders[index].isMissing = !orders[index].isAcknowledged
      }
    }
    targets.removeAll()
    trades.removeAll()
  }

  private func reportAbsence(
    _ target: Target, _ order: KrakenOrder, _ account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    // What the venue has acknowledged exists, however far REST lags behind.
    let exists = order.isAcknowledged || !target.child.venueOrderID.isEmpty
    var report = account.report(
      exists || hasUnclear ? .queryFailed : .notFound, target.child.id)
    report.queriedAt = queriedAt
    if exists {
      report.text = ShortText(truncating: "acknowledged, but REST does not show it")
    } else if hasUnclear {
      report.text = ShortText(truncating: "the owner of a trade is not shown")
    }
    output.append(.childReport(report))
  }

  private func report(
    _ order: KrakenFoundOrder, _ target: Target, _ index: Int, _ binding: ListingBinding,
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    _ = orders.bind(index, to: order.venueOrderID)
    orders[index].isAcknowledged = true
    orders[index].isMissing = false
    var report = account.report(.acknowledged, target.child.id)
    report.venueOrderID = order.venueOrderID
    output.append(.childReport(report))
    let isReadable = reportFills(of: order, index, binding, &orders, account, into: &output)
    output.append(
      .childReport(
        state(of: order, target, isReadable: isReadable, isClosed: orders[index].isClosed, account))
    )
    if order.status.isTerminal { orders[index].isClosed = true }
  }

  /// False if a trade of the order could not be read.
  private func reportFills(
    of order: KrakenFoundOrder, _ index: Int, _ binding: ListingBinding,
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) -> Bool {
    var isReadable = true
    for trade in trades where trade.orderID == order.venueOrderID.string {
      guard
        let execution = try? KrakenExecution(
          trade: trade.row, of: order.venueOrderID, binding)
      else {
        output.incident(.alarm, "\(account.venueName): trade \(trade.id) is unreadable")
        isReadable = false
        continue
      }
      output.append(
        .childReport(execution.report(orders[index].child, order.venueOrderID, account)))
    }
    return isReadable
  }

  private func state(
    of order: KrakenFoundOrder, _ target: Target, isReadable: Bool, isClosed: Bool,
    _ account: KrakenAccount
  ) -> VenueExecutionReport {
    var report = account.report(.queryFailed, target.child.id)
    report.venueOrderID = order.venueOrderID
    report.queriedAt = queriedAt
    report.text = ShortText(truncating: order.reason)
    guard isReadable, let executed = order.executed else { return report }
    report.cumulativeQuantity = executed
    switch order.status {
    // The stream is newer than REST: an order that it ended is not open again.
    case .open: report.kind = isClosed ? .queryFailed : .stillOpen
    case .filled: report.kind = .filled
    case .canceled: report.kind = .canceled
    case .expired: report.kind = .expired
    case .unknown: report.kind = .queryFailed
    }
    return report
  }
}

/// An order as REST describes it.
struct KrakenFoundOrder {
  enum Status {
    case open, filled, canceled, expired
    case unknown

    var isTerminal: Bool { self == .filled || self == .canceled || self == .expired }
  }

  let venueOrderID: ShortText
  let status: Status
  /// `nil` if it could not be read.
  let executed: Quantity?
  let reason: String

  /// `nil` if the id is not an id.
  init?(_ member: JSONMember, _ binding: ListingBinding) {
    guard let id = ShortText(member.name), !id.isEmpty else { return nil }
    venueOrderID = id
    status = Self.status(member.value["status"]?.string)
    executed = KrakenExecution.quantity(member.value["vol_exec"], binding)
    reason = member.value["reason"]?.string ?? ""
  }

  private static func status(_ text: String?) -> Status {
    switch text {
    case "pending", "open": .open
    case "closed": .filled
    case "canceled": .canceled
    case "expired": .expired
    default: .unknown
    }
  }
}
