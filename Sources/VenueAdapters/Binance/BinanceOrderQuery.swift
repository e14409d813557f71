import RouterCore
import Wire

/// Finds out what became of one order: by client id, then by open orders, then by trades.
///
/// A plan of questions, one at a time. "Not found" takes more than the venue's first word for it,
/// since its queries read a copy that may lag the engine (-2013 right after sending is common). The
/// trades that are searched are those of the time in which the order can have traded.
struct BinanceOrderQuery: Sendable {
  enum Step: Sendable { case order, openOrders, trades, candidate }

  /// What to do after an answer.
  enum Next { case ask(BinanceRequest, RequestTag.Purpose), done }

  static let tradesLimit = 1000
  private static let maximumPages = 100
  /// Orders that one query looks up; the next one goes on behind them.
  private static let maximumLookUps = 60

  let reference: ChildReference
  /// When the first question was asked.
  let startedAt: Timestamp
  /// The order can not have traded before this; the venue's milliseconds.
  private let tradesSince: Int64?
  /// Nor after this.
  private let tradesUntil: Int64?
  private(set) var step = Step.order
  private var state: BinanceOrderState?
  private var fills: [BinanceFill] = []
  private var candidates: [Int64] = []
  /// Whether an order that traded could not be looked at: the query's read model lags.
  private var hasUnclear = false
  private var pages = 0
  private var lookUps = 0

  init(
    _ reference: ChildReference, at stamp: RequestStamp, requestWindowMilliseconds: Int64 = 0
  ) {
    self.reference = reference
    startedAt = stamp.time
    tradesSince = Self.milliseconds(OrderLife.venueStart(reference.sentAt, at: stamp))
    let end = OrderLife.end(
      of: reference, requestWindowMilliseconds: requestWindowMilliseconds)
    tradesUntil =
      end == .distantFuture ? nil : Self.milliseconds(OrderLife.venueEnd(end, at: stamp))
  }

  private static func milliseconds(_ time: Timestamp) -> Int64? {
    time.nanoseconds > 0 ? time.nanoseconds / 1_000_000 : nil
  }

  func firstRequest(_ binding: ListingBinding) -> BinanceRequest {
    var request = Self.request("order.status", "/api/v3/order", binding)
    request.add("origClientOrderId", reference.id.short.string)
    return request
  }

  /// Takes the answer to the question that was asked last.
  mutating func advance(
    _ reply: BinanceReply, _ binding: ListingBinding, _ context: BinanceContext,
    _ owners: inout OrderOwners<BinanceOrderKey>, into output: inout AdapterOutput
  ) -> Next {
    do throws(BinanceProblem) {
      switch reply {
      case .result(let value):
        return try advance(value, binding, context, &owners, into: &output)
      case .refused(let refusal):
        return refused(refusal, binding, context, into: &output)
      case .unreadable(let text):
        return fail(text, context, into: &output)
      }
    } catch {
      output.incident(
        .warning,
        "\(binding.definition.symbol): field \(error.field) in an answer about order "
          + "\(reference.id.short.string) can not be used")
      return fail("field \(error.field)", context, into: &output)
    }
  }

  /// The question was not answered; that says nothing about the order.
  @discardableResult
  func fail(_ text: String, _ context: BinanceContext, into output: inout AdapterOutput) -> Next {
    var report = context.report(.queryFailed, reference.id)
    report.queriedAt = startedAt
    report.text = ShortText(truncating: text)
    output.append(.childReport(report))
    return .done
  }
}

// MARK: - Answers

extension BinanceOrderQuery {
  private mutating func advance(
    _ value: JSONValue, _ binding: ListingBinding, _ context: BinanceContext,
    _ owners: inout OrderOwners<BinanceOrderKey>, into output: inout AdapterOutput
  ) throws(BinanceProblem) -> Next {
    switch step {
    case .order:
      let found = try BinanceOrderState(value, binding)
      guard context.child(found.clientOrderID) == reference.id else {
        throw BinanceProblem(field: "clientOrderId")
      }
      return foundOrder(found, binding, context, into: &output)
    case .openOrders:
      return try openOrders(value, binding, context, into: &output)
    case .trades:
      return try trades(value, binding, context, owners, into: &output)
    case .candidate:
      let found = try BinanceOrderState(value, binding)
      let owner = context.child(found.clientOrderID)
      owners.note(BinanceOrderKey(binding.listing, found.orderID), of: owner)
      guard owner == reference.id else { return nextCandidate(binding, context, into: &output) }
      fills.removeAll()
      return foundOrder(found, binding, context, into: &output)
    }
  }

  private mutating func refused(
    _ refusal: BinanceRefusal, _ binding: ListingBinding, _ context: BinanceContext,
    into output: inout AdapterOutput
  ) -> Next {
    switch (refusal.meaning, step) {
    case (.notFound, .order):
      step = .openOrders
      return .ask(Self.request("openOrders.status", "/api/v3/openOrders", binding), .orderQueryStep)
    case (.notFound, .candidate):
      // It has traded, so it exists, and it may be the one.
      hasUnclear = true
      return nextCandidate(binding, context, into: &output)
    case (.archived, .order):
      // Only orders that ended without a fill are put away.
      var report = context.report(.canceled, reference.id)
      report.cumulativeQuantity = .zero
      report.queriedAt = startedAt
      report.text = ShortText(truncating: refusal.message)
      output.append(.childReport(report))
      return .done
    default:
      return fail(refusal.words, context, into: &output)
    }
  }

  private mutating func openOrders(
    _ value: JSONValue, _ binding: ListingBinding, _ context: BinanceContext,
    into output: inout AdapterOutput
  ) throws(BinanceProblem) -> Next {
    guard let orders = value.array else { throw BinanceProblem(field: "openOrders") }
    for order in orders where context.child(order["clientOrderId"]?.string) == reference.id {
      return foundOrder(
        try BinanceOrderState(order, binding), binding, context, into: &output)
    }
    return askTrades(binding)
  }

  private mutating func foundOrder(
    _ found: BinanceOrderState, _ binding: ListingBinding, _ context: BinanceContext,
    into output: inout AdapterOutput
  ) -> Next {
    state = found
    guard found.executed > .zero else { return conclude(binding, context, into: &output) }
    return askTrades(binding)
  }

  /// The venue's id of the order, if anybody has told it.
  private var orderID: Int64? {
    state?.orderID ?? BinanceOrderEntry.orderID(reference.venueOrderID)
  }

  /// The first page begins with the order's time, each further one behind the last trade.
  private mutating func askTrades(_ binding: ListingBinding, from tradeID: Int64? = nil) -> Next {
    step = .trades
    if tradeID == nil { pages = 0 }
    pages += 1
    var request = Self.request("myTrades", "/api/v3/myTrades", binding)
    if let orderID {
      request.add("orderId", orderID)
    } else if tradeID == nil, let tradesSince {
      request.add("startTime", tradesSince)
      // The venue refuses a longer time than a day.
      if let tradesUntil, tradesUntil - tradesSince < 86_400_000 {
        request.add("endTime", tradesUntil)
      }
    }
    if let tradeID { request.add("fromId", tradeID) }
    request.add("limit", Int64(Self.tradesLimit))
    return .ask(request, .tradesQuery)
  }

  private mutating func trades(
    _ value: JSONValue, _ binding: ListingBinding, _ context: BinanceContext,
    _ owners: OrderOwners<BinanceOrderKey>, into output: inout AdapterOutput
  ) throws(BinanceProblem) -> Next {
    guard let trades = value.array else { throw BinanceProblem(field: "myTrades") }
    var last: BinanceFill?
    for trade in trades {
      let fill = try BinanceFill(trade: trade, binding.instrument)
      if fill.tradeID >= last?.tradeID ?? 0 { last = fill }
      take(fill, binding, owners)
    }
    if trades.count >= Self.tradesLimit, let last, !isTooLate(last) {
      guard pages < Self.maximumPages, last.tradeID < .max else {
        return fail("too many trades", context, into: &output)
      }
      return askTrades(binding, from: last.tradeID + 1)
    }
    return state == nil
      ? withoutOrder(binding, context, into: &output) : conclude(binding, context, into: &output)
  }

  /// Keeps a trade of the order, or the order of a trade that could be its.
  private mutating func take(
    _ fill: BinanceFill, _ binding: ListingBinding, _ owners: OrderOwners<BinanceOrderKey>
  ) {
    if let orderID {
      if fill.orderID == orderID { fills.append(fill) }
    } else if !isTooLate(fill), !candidates.contains(fill.orderID),
      !owners.isAnothers(BinanceOrderKey(binding.listing, fill.orderID), than: reference.id)
    {
      candidates.append(fill.orderID)
    }
  }

  private func isTooLate(_ fill: BinanceFill) -> Bool {
    guard orderID == nil, let tradesUntil else { return false }
    return fill.time.nanoseconds / 1_000_000 > tradesUntil
  }

  /// The order query found nothing, but trades may speak of it.
  private mutating func withoutOrder(
    _ binding: ListingBinding, _ context: BinanceContext, into output: inout AdapterOutput
  ) -> Next {
    guard orderID != nil else { return nextCandidate(binding, context, into: &output) }
    guard !fills.isEmpty else { return notFound(context, into: &output) }
    for fill in fills {
      context.fill(reference.id, fill, binding, queriedAt: startedAt, into: &output)
    }
    return fail("trades without an order", context, into: &output)
  }

  /// Trades do not tell client ids, so each order that traded meanwhile is asked for its own.
  private mutating func nextCandidate(
    _ binding: ListingBinding, _ context: BinanceContext, into output: inout AdapterOutput
  ) -> Next {
    guard let orderID = candidates.popLast() else {
      guard !hasUnclear else {
        return fail("an order that traded is not shown yet", context, into: &output)
      }
      return notFound(context, into: &output)
    }
    guard lookUps < Self.maximumLookUps else {
      return fail("not all orders that traded are looked at yet", context, into: &output)
    }
    lookUps += 1
    step = .candidate
    var request = Self.request("order.status", "/api/v3/order", binding)
    request.add("orderId", orderID)
    return .ask(request, .orderQueryStep)
  }

  private func notFound(
    _ context: BinanceContext, into output: inout AdapterOutput
  ) -> Next {
    var report = context.report(.notFound, reference.id)
    report.queriedAt = startedAt
    output.append(.childReport(report))
    return .done
  }

  /// Reports what was found, once its fills account for it.
  private func conclude(
    _ binding: ListingBinding, _ context: BinanceContext, into output: inout AdapterOutput
  ) -> Next {
    guard let state else { return fail("no order", context, into: &output) }
    context.acknowledge(
      reference.id, orderID: state.orderID, time: state.time, queriedAt: startedAt, into: &output)
    var sum = Int64(0)
    for fill in fills where fill.orderID == state.orderID {
      let (total, overflow) = sum.addingReportingOverflow(fill.quantity.mantissa)
      sum = overflow ? .max : total
      context.fill(reference.id, fill, binding, queriedAt: startedAt, into: &output)
    }
    // The two answers come from copies that may lag each other.
    guard sum >= state.executed.mantissa else {
      return fail("trades do not yet make up the executed quantity", context, into: &output)
    }
    guard state.status != .unknown else {
      return fail("a status that is not in the sheet", context, into: &output)
    }
    context.end(
      state.status.terminal ?? .stillOpen, reference.id, orderID: state.orderID,
      executed: max(state.executed, Quantity(mantissa: sum)), note: state.note, time: state.time,
      queriedAt: startedAt, into: &output)
    return .done
  }

  private static func request(
    _ socketMethod: String, _ path: String, _ binding: ListingBinding
  ) -> BinanceRequest {
    var request = BinanceRequest(
      socketMethod: socketMethod, verb: "GET", path: path, parameters: [])
    request.add("symbol", binding.definition.symbol)
    return request
  }
}

/// Names an order at the venue: its numbers count per symbol.
struct BinanceOrderKey: Sendable, Comparable {
  var listing: UInt16
  var orderID: Int64

  init(_ listing: ListingID, _ orderID: Int64) {
    self.listing = listing.rawValue
    self.orderID = orderID
  }

  static func < (a: BinanceOrderKey, b: BinanceOrderKey) -> Bool {
    (a.listing, a.orderID) < (b.listing, b.orderID)
  }
}
