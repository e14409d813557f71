import RouterCore

/// What really happened at the venues: the judge of a simulated run.
///
/// An order that arrives trades at once and is over, or rests until it is full or canceled. Reports
/// of it are late, doubled, shuffled or lost. Only queries, asked again and again, tell all.
struct VenueTruth {
  struct Execution {
    var id: String
    var quantity: Int64
    var price: Int64
    var fee: Int64
  }

  struct Order {
    var order: NewChildOrder
    var executions: [Execution]
    var isRejected: Bool
    var isCanceled = false
    var filled: Int64 { executions.reduce(0) { $0 + $1.quantity } }
    var leaves: Int64 { isOpen ? order.quantity.mantissa - filled : 0 }
    /// Whether it rests.
    var isOpen: Bool {
      order.isPostOnly && !isRejected && !isCanceled && filled < order.quantity.mantissa
    }
  }

  struct Delivery {
    var at: Timestamp
    var report: VenueExecutionReport
  }

  /// In the order of arrival, to keep a run the same every time.
  private(set) var orders: [Order] = []
  private var onTheWay: [(at: Timestamp, order: NewChildOrder)] = []
  private var deliveries: [Delivery] = []
  /// Orders that left twice.
  private(set) var repeated = 0
  /// Cents and units that each venue holds for us, and the lowest either ever was.
  var dollars: [Int64]
  var coins: [Int64]
  private(set) var lowest: Int64 = 0
  private var executionCount = 0
  var random: SeededRandom
  var isFaulty = true

  init(venues: Int, dollars: Int64, coins: Int64, seed: UInt64) {
    self.dollars = Array(repeating: dollars, count: venues)
    self.coins = Array(repeating: coins, count: venues)
    random = SeededRandom(seed: seed)
  }

  /// Whether nothing is on its way in either direction.
  var isIdle: Bool { onTheWay.isEmpty && deliveries.isEmpty }

  func find(_ id: ChildOrderID) -> Order? { orders.first { $0.order.id == id } }

  // What the core sends.

  /// Takes a released order; the report that the gateway makes at once.
  mutating func send(_ order: NewChildOrder, at now: Timestamp) -> VenueExecutionReport.Kind {
    guard isFaulty else {
      arrive(order, at: now, isSilent: false)
      return .sent
    }
    switch random.next(in: 0...9) {
    case 0: return .notSent
    case 1: return .outcomeUnknown
    case 2:
      arrive(order, at: now, isSilent: true)
      return .outcomeUnknown
    case 3:
      onTheWay.append((now.adding(milliseconds: random.next(in: 1...3000)), order))
      return random.chance(50) ? .outcomeUnknown : .sent
    default:
      arrive(order, at: now, isSilent: false)
      return .sent
    }
  }

  mutating func query(_ child: ChildReference, at now: Timestamp) {
    if isFaulty && random.chance(20) {
      return deliver(.init(venue: child.venue, child: child.id, kind: .queryFailed), now)
    }
    guard let order = find(child.id) else {
      var report = VenueExecutionReport(venue: child.venue, child: child.id, kind: .notFound)
      report.queriedAt = now
      return deliver(report, now)
    }
    for report in reports(of: order, queriedAt: now) { deliver(report, now, isOrdered: true) }
  }

  /// Takes a cancel, if it arrives; one for an order that does not rest is refused.
  mutating func cancel(_ child: ChildReference, at now: Timestamp) {
    if isFaulty && random.chance(20) { return }
    guard let index = orders.firstIndex(where: { $0.order.id == child.id }),
      orders[index].isOpen
    else {
      return deliver(.init(venue: child.venue, child: child.id, kind: .cancelRejected), now)
    }
    orders[index].isCanceled = true
    guard let end = reports(of: orders[index], queriedAt: nil).last else { return }
    if !isFaulty || !random.chance(20) { deliver(end, now) }
  }

  /// What the venue holds back for resting orders.
  func held(_ venue: Int) -> (dollars: Int64, coins: Int64) {
    var held: (dollars: Int64, coins: Int64) = (0, 0)
    for order in orders where order.order.venue.index == venue && order.isOpen {
      let notional = order.leaves * order.order.limitPrice.mantissa
      if order.order.side == .buy {
        held.dollars += notional + (notional + 999) / 1000
      } else {
        held.coins += order.leaves
      }
    }
    return held
  }

  // Time.

  /// Reports that have come by `now`, in the order of their coming.
  mutating func due(at now: Timestamp) -> [VenueExecutionReport] {
    for late in onTheWay where late.at <= now {
      arrive(late.order, at: now, isSilent: random.chance(50))
    }
    onTheWay.removeAll { $0.at <= now }
    tradeResting(at: now)
    let due = deliveries.filter { $0.at <= now }
    deliveries.removeAll { $0.at <= now }
    return due.map(\.report)
  }

  /// A crash of ours: what was on its way to us is gone.
  mutating func loseDeliveries() { deliveries = [] }

  // At the venue.

  private mutating func arrive(_ order: NewChildOrder, at now: Timestamp, isSilent: Bool) {
    if find(order.id) != nil { repeated += 1 }
    var executed = Order(order: order, executions: [], isRejected: isFaulty && random.chance(10))
    if !executed.isRejected && !order.isPostOnly { execute(&executed) }
    orders.append(executed)
    noteLowest(order.venue.index)
    guard !isSilent else { return }
    for report in reports(of: executed, queriedAt: nil) where !isFaulty || !random.chance(15) {
      deliver(report, now)
      if isFaulty && random.chance(20) { deliver(report, now) }
    }
  }

  /// Resting orders trade now and then.
  private mutating func tradeResting(at now: Timestamp) {
    for index in orders.indices where orders[index].isOpen && random.chance(4) {
      let quantity = random.next(in: 1...orders[index].leaves)
      var order = orders[index]
      add(quantity, to: &order)
      orders[index] = order
      noteLowest(order.order.venue.index)
      var news = reports(of: orders[index], queriedAt: nil)
      if news.last?.kind == .fill { news = [news[news.count - 1]] } else { news.removeFirst() }
      for report in news where !isFaulty || !random.chance(15) { deliver(report, now) }
    }
  }

  private mutating func execute(_ executed: inout Order) {
    var rest = executed.order.quantity.mantissa
    for number in 0..<random.next(in: isFaulty ? 0...3 : 1...2) where rest > 0 {
      let isLast = !isFaulty && number == 0
      let quantity = isLast ? rest : random.next(in: 1...rest)
      rest -= quantity
      add(quantity, to: &executed)
    }
  }

  private mutating func add(_ quantity: Int64, to executed: inout Order) {
    let venue = executed.order.venue.index
    let price = executed.order.limitPrice.mantissa
    let fee = quantity * price / 1000
    executionCount += 1
    executed.executions.append(
      Execution(id: "T\(executionCount)", quantity: quantity, price: price, fee: fee))
    let isBuy = executed.order.side == .buy
    dollars[venue] += (isBuy ? -quantity : quantity) * price - fee
    coins[venue] += isBuy ? quantity : -quantity
  }

  /// What was ever left beside the holds of resting orders.
  private mutating func noteLowest(_ venue: Int) {
    let held = held(venue)
    lowest = min(lowest, dollars[venue] - held.dollars, coins[venue] - held.coins)
  }

  private func reports(of order: Order, queriedAt: Timestamp?) -> [VenueExecutionReport] {
    func make(_ kind: VenueExecutionReport.Kind) -> VenueExecutionReport {
      var report = VenueExecutionReport(
        venue: order.order.venue, child: order.order.id, kind: kind)
      report.venueOrderID = ShortText(truncating: "V\(order.order.id.parent.rawValue)")
      if let queriedAt { report.queriedAt = queriedAt }
      return report
    }
    if order.isRejected {
      var refusal = make(.rejected)
      refusal.rejectReason = order.order.isPostOnly ? .postOnlyWouldTake : .venueRule
      return [refusal]
    }
    var all = [make(.acknowledged)]
    for execution in order.executions {
      var report = make(.fill)
      report.executionID = ShortText(truncating: execution.id)
      report.lastQuantity = Quantity(mantissa: execution.quantity)
      report.lastPrice = Price(mantissa: execution.price)
      report.fee = Amount(mantissa: Int128(execution.fee) * 10_000_000_000)
      report.feeAsset = CoreHarness.usd
      all.append(report)
    }
    if order.isOpen { return queriedAt == nil ? all : all + [make(.stillOpen)] }
    let isFull = order.filled == order.order.quantity.mantissa
    var end = make(isFull ? .filled : order.isCanceled ? .canceled : .expired)
    end.cumulativeQuantity = Quantity(mantissa: order.filled)
    return all + [end]
  }

  private mutating func deliver(
    _ report: VenueExecutionReport, _ now: Timestamp, isOrdered: Bool = false
  ) {
    let delay = isFaulty && !isOrdered ? random.next(in: 0...400) : 1
    deliveries.append(Delivery(at: now.adding(milliseconds: delay), report: report))
    deliveries.sort { $0.at < $1.at }
  }
}
