import RouterCore
import Wire

/// The user data stream: what happens to our orders and balances, as the venue tells it unasked.
struct BinanceDropCopy: Sendable {
  /// What the owner of the connection has to do about an event.
  enum Consequence: Hashable {
    case nothing
    /// The stream speaks of this child.
    case heard(ChildOrderID)
    case refreshBalances
    case streamTerminated
    case serverShutdown
  }

  let context: BinanceContext

  func received(
    _ event: JSONValue, at time: Timestamp, into output: inout AdapterOutput
  ) -> Consequence {
    switch event["e"]?.string {
    case "executionReport":
      return executionReport(event, into: &output)
    case "outboundAccountPosition":
      accountPosition(event, at: time, into: &output)
      return .nothing
    case "balanceUpdate", "externalLockUpdate":
      // A change without the balance that it leaves.
      return .refreshBalances
    case "eventStreamTerminated":
      return .streamTerminated
    case "serverShutdown":
      return .serverShutdown
    case "listStatus":
      return .nothing
    case let kind:
      output.incident(.notice, "user data: event \(kind ?? "without a kind") is not in the sheet")
      return .nothing
    }
  }

  // MARK: Orders

  private func executionReport(
    _ event: JSONValue, into output: inout AdapterOutput
  ) -> Consequence {
    guard let child = child(event) else { return .nothing }
    guard let binding = event["s"]?.string.flatMap(context.binding(symbol:)) else {
      output.incident(
        .alarm,
        "order \(child.short.string) is ours, but symbol "
          + "\(event["s"]?.string ?? "is missing and") is not")
      context.unknown(child, "report without a known symbol", into: &output)
      return .nothing
    }
    do throws(BinanceProblem) {
      try executionReport(event, child, binding, into: &output)
    } catch {
      output.incident(
        .warning,
        "\(binding.definition.symbol): field \(error.field) in a report on order "
          + "\(child.short.string) can not be used, asking")
      context.unknown(child, "field \(error.field)", into: &output)
    }
    return .heard(child)
  }

  /// On a cancel `c` is the id of the cancel request and `C` the order's own; otherwise `C` is
  /// empty.
  private func child(_ event: JSONValue) -> ChildOrderID? {
    context.child(event["C"]?.string) ?? context.child(event["c"]?.string)
  }

  private func executionReport(
    _ event: JSONValue, _ child: ChildOrderID, _ binding: ListingBinding,
    into output: inout AdapterOutput
  ) throws(BinanceProblem) {
    let fields = BinanceFields(value: event)
    let status = BinanceOrderStatus(try fields.text("X"))
    switch try fields.text("x") {
    case "NEW":
      context.acknowledge(
        child, orderID: try fields.integer("i"), time: try time(fields), into: &output)
    case "TRADE":
      let fill = try BinanceFill(report: event, binding.instrument)
      let cumulative = try fields.quantity("z", binding.instrument)
      context.fill(child, fill, binding, cumulative: cumulative, into: &output)
      try end(fields, child, binding, status == .filled ? .filled : status.terminal, into: &output)
    case "CANCELED":
      try end(fields, child, binding, .canceled, into: &output)
    case "EXPIRED":
      try end(fields, child, binding, .expired, into: &output)
    case "REJECTED":
      context.refuse(
        .rejected, child, Self.rejectReason(try fields.text("r")), try fields.text("r"),
        into: &output)
    case "TRADE_PREVENTION":
      output.incident(
        .warning, "\(binding.definition.symbol): order \(child.short.string) met one of our own")
      try end(fields, child, binding, status.terminal, into: &output)
    case let kind:
      // REPLACED, since we never amend, and whatever the venue adds.
      output.incident(
        .warning,
        "\(binding.definition.symbol): execution type \(kind) for order \(child.short.string), "
          + "asking")
      context.unknown(child, kind, into: &output)
    }
  }

  private func end(
    _ fields: BinanceFields, _ child: ChildOrderID, _ binding: ListingBinding,
    _ kind: VenueExecutionReport.Kind?, into output: inout AdapterOutput
  ) throws(BinanceProblem) {
    guard let kind else { return }
    context.end(
      kind, child, orderID: try fields.integer("i"),
      executed: try fields.quantity("z", binding.instrument),
      note: fields.value["eR"]?.string ?? "", time: try time(fields), into: &output)
  }

  private func time(_ fields: BinanceFields) throws(BinanceProblem) -> Timestamp {
    BinanceTime.timestamp(try fields.integer("T"))
  }

  private static func rejectReason(_ text: String) -> RejectReason {
    switch text {
    case "INSUFFICIENT_BALANCES": .insufficientFunds
    case "WOULD_MATCH_IMMEDIATELY": .postOnlyWouldTake
    default: .venueRule
    }
  }

  // MARK: Balances

  private func accountPosition(
    _ event: JSONValue, at time: Timestamp, into output: inout AdapterOutput
  ) {
    guard let balances = event["B"]?.array else {
      return output.incident(.warning, "user data: field B of an account position is missing")
    }
    for balance in balances {
      guard let name = balance["a"]?.string, let asset = context.asset(name) else { continue }
      observe(balance, name, asset, free: "f", locked: "l", at: time, into: &output)
    }
  }

  /// The account's balances in the answer to a query.
  ///
  /// Assets that the answer leaves out are empty: it was asked to omit those.
  func account(_ value: JSONValue, askedAt: Timestamp, into output: inout AdapterOutput) -> Bool {
    guard let balances = value["balances"]?.array else { return false }
    for asset in context.setup.assets {
      guard let balance = balances.first(where: { $0["asset"]?.string == asset.name }) else {
        observe(asset.id, .zero, .zero, at: askedAt, into: &output)
        continue
      }
      observe(
        balance, asset.name, asset.id, free: "free", locked: "locked", at: askedAt, into: &output)
    }
    return true
  }

  private func observe(
    _ balance: JSONValue, _ name: String, _ asset: AssetID, free: String, locked: String,
    at time: Timestamp, into output: inout AdapterOutput
  ) {
    let fields = BinanceFields(value: balance)
    do throws(BinanceProblem) {
      let available = try fields.amount(free)
      observe(asset, available, available + (try fields.amount(locked)), at: time, into: &output)
    } catch {
      output.incident(.warning, "balance of \(name): field \(error.field) can not be used")
    }
  }

  private func observe(
    _ asset: AssetID, _ available: Amount, _ total: Amount, at time: Timestamp,
    into output: inout AdapterOutput
  ) {
    output.append(
      .balanceObserved(
        BalanceObservation(
          venue: context.setup.venue, asset: asset, available: available, total: total,
          observedAt: time)))
  }
}
