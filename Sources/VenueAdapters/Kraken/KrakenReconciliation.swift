import RouterCore
import Wire

/// Finds out over REST what became of orders.
///
/// Asks by the venue's id where it is known, otherwise by client id among open and then closed
/// orders, or for all of those if several are missing. The trades of what was found are asked for by
/// their ids, the history of trades only for what was not: an order counts as not found only if
/// that shows none either, as far back as the lists of orders may lag. Each trade of an order that
/// nobody here knows is traced to its owner, and one whose owner the venue does not name leaves the
/// question open.
/// Up to fifty orders share one round, since the venue counts calls. What is certain is reported at
/// once, and a round that has got somewhere is not given up for an answer that fails in passing.
struct KrakenReconciliation {
  struct Target {
    let child: ChildReference
    var order: KrakenFoundOrder?
    var isReported = false
  }

  private enum Step: Equatable {
    case byOrderID
    case open(Int)
    case closed(Int)
    case allOpen
    case allClosed(offset: Int)
    case tradesByID([String])
    case trades(offset: Int)
    case owners([String])
  }

  private enum Phase {
    case search, tradesByID, history, owners, end
  }

  struct Trade {
    let id: String
    let orderID: String
    let row: JSONValue
  }

  private static let batch = 50
  /// As many are searched for one by one; for more, the lists cost less.
  private static let maximumSearches = 3
  /// Orders are searched for together if they were sent no further apart: the lists of closed orders
  /// are as long as the time that they cover.
  private static let togetherMilliseconds: Int64 = 10 * 60_000
  /// A list of orders shows what happened so long ago; nobody has seen one lag by a tenth of it.
  private static let lagMilliseconds: Int64 = 15 * 60_000
  private static let page = 50
  private static let maximumTrades = 5_000
  /// As many trades can be asked for by their ids at once.
  private static let tradesAtOnce = 20
  /// As many trades are asked for by their ids in one round; more are in the history.
  private static let maximumTradesByID = 100
  /// Requests for owners in one round; the next one goes on behind them.
  private static let maximumOwnerRequests = 10
  private static let maximumRepetitions = 6

  private let requestWindow: Int64
  /// Since when the private stream tells of every order.
  var sessionUpSince = Timestamp.distantFuture
  private var waiting: [ChildReference] = []
  var targets: [Target] = []
  private var steps: [Step] = []
  /// The times of the list or history that is paged through: they must not change between pages.
  private var window: [(String, String)] = []
  private var phase = Phase.end
  var trades: [Trade] = []
  /// Whether the owner of some trade could not be found out.
  var hasUnclear = false
  private var owners = OrderOwners<String>()
  private var answers = 0
  private var repetitions = 0
  var queriedAt = Timestamp.distantPast
  private var stamp = RequestStamp(time: .distantPast, venueNanoseconds: 0, nonce: 0)

  init(requestWindowMilliseconds: Int64) {
    requestWindow = requestWindowMilliseconds
  }

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
  mutating func nextRequest(at stamp: RequestStamp) -> KrakenRequest? {
    self.stamp = stamp
    if steps.isEmpty { begin() }
    return steps.first.map(request)
  }

  /// Takes back a question that has not been asked yet.
  mutating func withdraw(_ child: ChildOrderID) { waiting.removeAll { $0.id == child } }

  /// The request of the step has been handed over.
  mutating func started(at time: Timestamp) {
    if queriedAt == .distantPast { queriedAt = time }
  }

  private mutating func begin() {
    guard !waiting.isEmpty else { return }
    targets = takeBatch().map { Target(child: $0) }
    phase = .search
    trades.removeAll()
    hasUnclear = false
    answers = 0
    repetitions = 0
    queriedAt = .distantPast
    if !targets[0].child.venueOrderID.isEmpty {
      steps = [.byOrderID]
    } else {
      planSearch()
    }
  }

  /// The question that waits longest, and those that are best asked with it.
  private mutating func takeBatch() -> [ChildReference] {
    let first = waiting[0]
    func distance(_ child: ChildReference) -> UInt64 {
      child.sentAt.since(first.sentAt).magnitude
    }
    var others = Array(waiting[1...])
    if first.venueOrderID.isEmpty {
      others.removeAll { distance($0) > UInt64(Self.togetherMilliseconds * 1_000_000) }
      others.sort { distance($0) < distance($1) }
    }
    let batch = [first] + others.prefix(Self.batch - 1)
    waiting.removeAll { child in batch.contains { $0.id == child.id } }
    return batch
  }

  private var missing: [Int] { targets.indices.filter { targets[$0].order == nil } }

  /// Steps for what the question by the venue's id has not answered.
  private mutating func planSearch() {
    let missing = missing
    guard missing.count > Self.maximumSearches else {
      for index in missing { steps += [.open(index), .closed(index)] }
      return
    }
    // In this order: one that ends in between is in the second list.
    steps += [.allOpen, .allClosed(offset: 0)]
    window = openingTimes(missing)
  }
}

// MARK: - Requests

extension KrakenReconciliation {
  private func request(for step: Step) -> KrakenRequest {
    switch step {
    case .byOrderID:
      return orders(targets.map(\.child.venueOrderID.string), .orderQuery)
    case .owners(let ids): return orders(ids, .orderQueryStep)
    case .open(let index):
      return list("OpenOrders", [("cl_ord_id", clientOrderID(index))], calls: 1, .orderQuery)
    case .closed(let index):
      let fields = [("cl_ord_id", clientOrderID(index)), ("without_count", "true")]
      return list(
        "ClosedOrders", fields + start(targets[index].child.sentAt), calls: 2, .orderQueryStep)
    case .allOpen: return list("OpenOrders", [], calls: 1, .orderQuery)
    case .allClosed(let offset):
      let page = offset > 0 ? [("ofs", "\(offset)")] : []
      return list(
        "ClosedOrders", [("without_count", "true")] + window + page, calls: 2,
        .orderQueryStep)
    case .tradesByID(let ids):
      return KrakenRequest(
        method: "QueryTrades", fields: [("txid", ids.joined(separator: ","))], calls: 4,
        purpose: .tradesQuery)
    case .trades(let offset):
      // Consolidated fills would have other ids and amounts than those on the stream.
      var fields = [("consolidate_taker", "false"), ("without_count", "true")] + window
      if offset > 0 { fields.append(("ofs", "\(offset)")) }
      return KrakenRequest(method: "TradesHistory", fields: fields, calls: 4, purpose: .tradesQuery)
    }
  }

  private func orders(_ ids: [String], _ purpose: RequestTag.Purpose) -> KrakenRequest {
    list("QueryOrders", [("txid", ids.joined(separator: ","))], calls: 1, purpose)
  }

  /// Orders with the ids of their trades, each of them by itself as on the stream.
  private func list(
    _ method: String, _ fields: [(String, String)], calls: Int64, _ purpose: RequestTag.Purpose
  ) -> KrakenRequest {
    var fields = fields + [("trades", "true")]
    if method != "OpenOrders" { fields.append(("consolidate_taker", "false")) }
    return KrakenRequest(method: method, fields: fields, calls: calls, purpose: purpose)
  }

  private func clientOrderID(_ index: Int) -> String { targets[index].child.id.uuid.string }

  private func start(_ sentAt: Timestamp) -> [(String, String)] {
    let time = OrderLife.venueStart(sentAt, at: stamp)
    return time.nanoseconds > 0 ? [("start", seconds(time))] : []
  }

  private func seconds(_ time: Timestamp) -> String { "\(time.nanoseconds / 1_000_000_000)" }

  /// The time in which orders can have been accepted, however long they then rested.
  private func openingTimes(_ missing: [Int]) -> [(String, String)] {
    let sent = missing.map { targets[$0].child.sentAt }
    guard let first = sent.min(), let last = sent.max(), first > .distantPast else { return [] }
    let end = OrderLife.venueEnd(
      OrderLife.lastOpening(sentAt: last, requestWindowMilliseconds: requestWindow), at: stamp)
    return [("closetime", "open")] + start(first) + [("end", seconds(end))]
  }

  /// Whether not finding an order could be taken for its absence; before that, four calls for the
  /// history would be wasted.
  func mayProve(_ target: Target) -> Bool {
    let reference = max(sessionUpSince, target.child.sentAt)
    let wait = KrakenDialect.absenceProofMilliseconds + requestWindow
    return target.child.venueOrderID.isEmpty && queriedAt >= reference.adding(milliseconds: wait)
  }

  /// The time in which trades that are still to be found can have been made; `nil` if there is none.
  ///
  /// An order that no list shows can have been accepted no longer ago than lists may lag, or it has
  /// traded since then and is not yet among the closed ones.
  private func tradingTimes(_ account: KrakenAccount) -> [(String, String)]? {
    let now = Timestamp(nanoseconds: stamp.venueNanoseconds)
    let lagStart = now.adding(milliseconds: -Self.lagMilliseconds)
    var first = Timestamp.distantFuture
    var last = Timestamp.distantPast
    for target in targets where !isCertain(target, account) {
      guard target.order != nil || mayProve(target) else { continue }
      var start = OrderLife.venueStart(target.child.sentAt, at: stamp)
      if target.order == nil { start = max(start, lagStart) }
      let end = OrderLife.venueEnd(OrderLife.end(of: target.child), at: stamp)
      guard start <= end else { continue }
      first = min(first, start)
      last = max(last, end)
    }
    guard first <= last else { return nil }
    let start = first.nanoseconds > 0 ? [("start", seconds(first))] : []
    return start + (last < .distantFuture ? [("end", seconds(last))] : [])
  }
}

// MARK: - Answers

extension KrakenReconciliation {
  /// Takes in the answer to the step's request, and reports what is certain.
  mutating func answered(
    _ result: JSONValue, orders: inout KrakenOrderTable, account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    guard let step = steps.first else { return }
    steps.removeFirst()
    answers += 1
    repetitions = 0
    switch step {
    case .byOrderID:
      adopt(result.members ?? [], account)
      planSearch()
    case .open, .allOpen: adopt(result["open"]?.members ?? [], account)
    case .allClosed(let offset):
      takeClosed(result["closed"]?.members ?? [], offset: offset, account)
    case .closed: adopt(result["closed"]?.members ?? [], account)
    case .owners(let ids):
      note(ids, result.members ?? [], account)
      adopt(result.members ?? [], account)
    case .tradesByID: take(result.members ?? [])
    case .trades(let offset):
      guard takeHistory(result, offset: offset) else {
        return failed("too many trades to page through", account: account, into: &output)
      }
    }
    goOn(&orders, account, into: &output)
  }

  /// Reports what is certain by now, and plans the steps that are still needed.
  private mutating func goOn(
    _ orders: inout KrakenOrderTable, _ account: KrakenAccount, into output: inout AdapterOutput
  ) {
    reportCertain(&orders, account, into: &output)
    while let step = steps.first, isNeedless(step, account) { steps.removeFirst() }
    while steps.isEmpty && phase != .end {
      switch phase {
      case .search:
        phase = .tradesByID
        planTradesByID(account)
      case .tradesByID:
        phase = .history
        if let times = tradingTimes(account) {
          window = times
          steps = [.trades(offset: 0)]
        }
      case .history:
        phase = .owners
        planOwners(orders, account)
      case .owners, .end:
        phase = .end
        finish(&orders, account, into: &output)
      }
    }
  }

  /// The venue knows no such order: an answer to a list of ids, where it may be about any of them.
  mutating func answeredUnknown(
    orders: inout KrakenOrderTable, account: KrakenAccount, into output: inout AdapterOutput
  ) {
    switch steps.first {
    case .byOrderID, .owners:
      answered(.object([]), orders: &orders, account: account, into: &output)
    case .open, .closed, .allOpen, .allClosed, .tradesByID, .trades, nil:
      failed("an unknown order in answer to a search", account: account, into: &output)
    }
  }

  /// The venue refuses the step's request, or does not answer it however often it is repeated.
  ///
  /// What it will not tell of trades by their ids may be in their history.
  mutating func refused(
    _ reason: String, orders: inout KrakenOrderTable, account: KrakenAccount,
    into output: inout AdapterOutput
  ) {
    guard phase == .tradesByID else {
      return failed(reason, account: account, into: &output)
    }
    steps.removeAll()
    goOn(&orders, account, into: &output)
  }

  /// After how many milliseconds to repeat a request that failed in a way that passes; `nil` if it is
  /// to be given up.
  ///
  /// A round that has learned nothing yet is, so that its asker knows at once.
  mutating func pauseToRepeat() -> Int64? {
    guard answers > 0, repetitions < Self.maximumRepetitions else { return nil }
    repetitions += 1
    return 250 << Int64(repetitions - 1)
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

  /// Takes a page of closed orders; when further ones would take more calls than searching for the
  /// missing orders one by one, those are searched for.
  ///
  /// The newest come first: what ends meanwhile moves orders to later pages, so none is missed.
  private mutating func takeClosed(
    _ members: [JSONMember], offset: Int, _ account: KrakenAccount
  ) {
    adopt(members, account)
    guard members.count >= Self.page else { return }
    let missing = missing
    if offset / Self.page + 1 < missing.count {
      steps.insert(.allClosed(offset: offset + Self.page), at: 0)
    } else {
      steps.insert(contentsOf: missing.map { .closed($0) }, at: 0)
    }
  }

  private mutating func take(_ members: [JSONMember]) {
    for member in members where !hasTrade(member.name) {
      trades.append(
        Trade(
          id: member.name, orderID: member.value["ordertxid"]?.string ?? "", row: member.value))
    }
  }

  private func hasTrade(_ id: String) -> Bool { trades.contains { $0.id == id } }

  private mutating func takeHistory(_ result: JSONValue, offset: Int) -> Bool {
    let members = result["trades"]?.members ?? []
    take(members)
    guard members.count >= Self.page else { return true }
    guard offset + Self.page < Self.maximumTrades else { return false }
    steps.insert(.trades(offset: offset + Self.page), at: 0)
    return true
  }

  private func isNeedless(_ step: Step, _ account: KrakenAccount) -> Bool {
    switch step {
    case .open(let index), .closed(let index): targets[index].order != nil
    case .allOpen, .allClosed: targets.allSatisfy { $0.order != nil }
    case .trades: targets.allSatisfy { isCertain($0, account) }
    case .byOrderID, .tradesByID, .owners: false
    }
  }

  /// Whether an order is found, with trades that make up what it has executed.
  func isCertain(_ target: Target, _ account: KrakenAccount) -> Bool {
    guard let order = target.order, let executed = order.executed,
      let binding = account.binding(target.child.listing)
    else { return false }
    guard executed != .zero else { return true }
    var sum = Quantity.zero
    for trade in trades where trade.orderID == order.venueOrderID.string {
      sum = sum.addingSaturated(KrakenExecution.quantity(trade.row["vol"], binding) ?? .zero)
    }
    return sum >= executed
  }

  private mutating func planTradesByID(_ account: KrakenAccount) {
    var ids: [String] = []
    for target in targets where !isCertain(target, account) {
      ids += target.order?.tradeIDs.filter { isID($0) && !hasTrade($0) } ?? []
      guard ids.count <= Self.maximumTradesByID else { return }
    }
    while !ids.isEmpty {
      steps.append(.tradesByID(Array(ids.prefix(Self.tradesAtOnce))))
      ids.removeFirst(min(Self.tradesAtOnce, ids.count))
    }
  }

  /// Traces trades of unknown orders while a target is missing.
  private mutating func planOwners(_ orders: KrakenOrderTable, _ account: KrakenAccount) {
    guard targets.contains(where: { $0.order == nil }) else { return }
    var unknown: [String] = []
    for trade in trades
    where !isKnown(trade.orderID, orders) && !isAnothers(trade.orderID)
      && !unknown.contains(trade.orderID)
    {
      guard isID(trade.orderID) else {
        hasUnclear = true
        continue
      }
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

  /// Whether a text can be an id of the venue; it stands in requests and reports.
  private func isID(_ text: String) -> Bool { ShortText(text)?.isEmpty == false }

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
    for target in targets where !target.isReported {
      var report = account.report(.queryFailed, target.child.id)
      report.text = ShortText(truncating: reason)
      output.append(.childReport(report))
    }
    targets.removeAll()
    steps.removeAll()
    phase = .end
  }
}
