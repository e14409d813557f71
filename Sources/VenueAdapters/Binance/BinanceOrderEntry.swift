import RouterCore
import Wire

/// Orders and cancels: what to ask, and what the answers mean.
struct BinanceOrderEntry: Sendable {
  let context: BinanceContext

  // MARK: Requests
  // As REST takes them: in what the venue only checks, and in cancels while the socket is down. What
  // goes over the socket is written by `BinanceOrderMessages`.

  func place(_ order: NewChildOrder, _ binding: ListingBinding) -> BinanceRequest {
    var request = BinanceRequest(
      socketMethod: "order.place", verb: "POST", path: "/api/v3/order", parameters: [])
    let instrument = binding.instrument
    request.add("symbol", binding.definition.symbol)
    request.add("side", order.side == .buy ? "BUY" : "SELL")
    // LIMIT_MAKER rests until it is cancelled and takes no time in force; it is refused if it would take.
    request.add("type", order.isPostOnly ? "LIMIT_MAKER" : "LIMIT")
    if !order.isPostOnly { request.add("timeInForce", Self.timeInForce(order.timeInForce)) }
    request.add(
      "quantity",
      DecimalText.format(order.quantity.mantissa, scale: Int(instrument.quantityScale)))
    request.add(
      "price", DecimalText.format(order.limitPrice.mantissa, scale: Int(instrument.priceScale)))
    request.add("newClientOrderId", order.id.short.string)
    // The default for LIMIT, but said, since ACK, the default for LIMIT_MAKER, hides fills and status.
    request.add("newOrderRespType", "FULL")
    return request
  }

  /// By the venue's id where we know it: the faster way.
  func cancel(_ child: ChildReference, _ binding: ListingBinding) -> BinanceRequest {
    var request = BinanceRequest(
      socketMethod: "order.cancel", verb: "DELETE", path: "/api/v3/order", parameters: [])
    request.add("symbol", binding.definition.symbol)
    if let orderID = Self.orderID(child.venueOrderID) {
      request.add("orderId", orderID)
    } else {
      request.add("origClientOrderId", child.id.short.string)
    }
    return request
  }

  /// The venue's number of an order; `nil` if the text is none.
  static func orderID(_ text: ShortText) -> Int64? {
    guard !text.isEmpty else { return nil }
    var value: Int64 = 0
    for position in 0..<text.count {
      let digit = text[position] &- UInt8(ascii: "0")
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int64(digit))
      guard digit < 10, !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  private static func timeInForce(_ value: TimeInForce) -> String {
    switch value {
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    // The core ends a good-till-date order itself; at the venue it rests.
    case .goodTillCancel, .goodTillDate: "GTC"
    }
  }

  // MARK: Answers

  /// - Returns: The venue's order id, if the order is at the venue and rests.
  @discardableResult
  func placed(
    _ child: ChildOrderID, _ binding: ListingBinding, _ reply: BinanceReply,
    into output: inout AdapterOutput
  ) -> Int64? {
    switch reply {
    case .result(let value):
      return accepted(child, binding, value, into: &output)
    case .refused(let refusal):
      refused(child, binding, refusal, into: &output)
    case .unreadable(let text):
      context.unknown(child, text, into: &output)
    }
    return nil
  }

  private func accepted(
    _ child: ChildOrderID, _ binding: ListingBinding, _ value: JSONValue,
    into output: inout AdapterOutput
  ) -> Int64? {
    do throws(BinanceProblem) {
      let state = try BinanceOrderState(value, binding)
      guard context.child(state.clientOrderID) == child else {
        throw BinanceProblem(field: "clientOrderId")
      }
      context.acknowledge(child, orderID: state.orderID, time: state.time, into: &output)
      return report(state, child, binding, into: &output)
    } catch {
      output.incident(
        .warning,
        "\(binding.definition.symbol): field \(error.field) in the reply to order "
          + "\(child.short.string) can not be used, asking")
      context.unknown(child, "field \(error.field)", into: &output)
      return nil
    }
  }

  private func report(
    _ state: BinanceOrderState, _ child: ChildOrderID, _ binding: ListingBinding,
    into output: inout AdapterOutput
  ) -> Int64? {
    for fill in state.fills { context.fill(child, fill, binding, into: &output) }
    if let kind = state.status.terminal {
      context.end(
        kind, child, orderID: state.orderID, executed: state.executed, note: state.note,
        time: state.time, into: &output)
      return nil
    }
    if state.status == .unknown {
      context.unknown(child, "a status that is not in the sheet", into: &output)
      return nil
    }
    return state.orderID
  }

  private func refused(
    _ child: ChildOrderID, _ binding: ListingBinding, _ refusal: BinanceRefusal,
    into output: inout AdapterOutput
  ) {
    switch refusal.meaning {
    case .rejected(let reason):
      context.refuse(.rejected, child, reason, refusal.message, into: &output)
    case .duplicate:
      // An order with our id is open: it is ours, so ask for it.
      context.unknown(child, refusal.message, reason: .duplicateAtVenue, into: &output)
    case .unknown, .notFound, .archived, .cancelRejected:
      context.unknown(child, refusal.words, into: &output)
    }
  }

  func canceled(
    _ child: ChildOrderID, _ binding: ListingBinding, _ reply: BinanceReply,
    into output: inout AdapterOutput
  ) {
    switch reply {
    case .result(let value):
      cancelAccepted(child, binding, value, into: &output)
    case .refused(let refusal) where refusal.meaning == .cancelRejected:
      context.refuse(.cancelRejected, child, .unknownOrder, refusal.message, into: &output)
    case .refused(let refusal):
      context.unknown(child, refusal.words, into: &output)
    case .unreadable(let text):
      context.unknown(child, text, into: &output)
    }
  }

  private func cancelAccepted(
    _ child: ChildOrderID, _ binding: ListingBinding, _ value: JSONValue,
    into output: inout AdapterOutput
  ) {
    guard let state = try? BinanceOrderState(value, binding),
      context.child(state.clientOrderID) == child, let kind = state.status.terminal
    else {
      output.incident(
        .warning,
        "\(binding.definition.symbol): the reply to a cancel of \(child.short.string) "
          + "can not be used, asking")
      return context.unknown(child, "reply to a cancel", into: &output)
    }
    context.end(
      kind, child, orderID: state.orderID, executed: state.executed, note: state.note,
      time: state.time, into: &output)
  }
}
