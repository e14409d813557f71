import RouterCore

/// What really happened at the venues: the judge of a simulated run.
///
/// Every order that arrives trades at once and is over; reports of it are late, doubled, shuffled
/// or lost. Only queries, asked again and again, tell all.
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
    var filled: Int64 { executions.reduce(0) { $0 + $1.quantity } }
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

  // Time.

  /// Reports that have come by `now`, in the order of their coming.
  mutating func due(at now: Timestamp) -> [VenueExecutionReport] {
    for late in onTheWay where late.at <= now {
      arrive(late.order, at: now, isSilent: random.chance(50))
    }
    onTheWay.removeAll { $0.at <= now }
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
    if !executed.isRejected { execute(&executed) }
    orders.append(executed)
    guard !isSilent else { return }
    for report in reports(of: executed, queriedAt: nil) where !isFaulty || !random.chance(15) {
      deliver(report, now)
      if isFaulty && random.chance(20) { deliver(report, now) }
    }
  }

  private mutating func execute(_ executed: inout Order) {
    var rest = executed.order.quantity.mantissa
    let venue = executed.order.venue.index
    for number in 0..<random.next(in: isFaulty ? 0...3 : 1...2) where rest > 0 {
      let isLast = !isFaulty && number == 0
      let quantity = isLast ? rest : random.next(in: 1...rest)
      rest -= quantity
      let price = executed.order.limitPrice.mantissa
      let fee = quantity * price / 1000
      let id = "T\(orders.count)-\(number)"
      executed.executions.append(Execution(id: id, quantity: quantity, price: price, fee: fee))
      let isBuy = executed.order.side == .buy
      dollars[venue] += (isBuy ? -quantity : quantity) * price - fee
      coins[venue] += isBuy ? quantity : -quantity
      lowest = min(lowest, dollars[venue], coins[venue])
    }
  }

  private func reports(of order: Order, queriedAt: Timestamp?) -> [VenueExecutionReport] {
    func make(_ kind: VenueExecutionReport.Kind) -> VenueExecutionReport {
      var report = VenueExecutionReport(
        venue: order.order.venue, child: order.order.id, kind: kind)
      report.venueOrderID = ShortText(truncating: "V\(order.order.id.parent.rawValue)")
      if let queriedAt { report.queriedAt = queriedAt }
      return report
    }
    if order.isRejected { return [make(.rejected)] }
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
    var end = make(order.filled == order.order.quantity.mantissa ? .filled : .expired)
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
