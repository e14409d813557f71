internal import RouterCore
internal import Wire

/// Turns the read model into JSON: decimals as strings, times RFC 3339 with nanoseconds.
struct Renderer {
  let directory: Directory

  func price(_ price: Price, _ instrument: Instrument) -> String {
    DecimalText.format(price.mantissa, scale: Int(instrument.priceScale))
  }

  func quantity(_ quantity: Quantity, _ instrument: Instrument) -> String {
    DecimalText.format(quantity.mantissa, scale: Int(instrument.quantityScale))
  }

  func notional(_ notional: Notional, _ instrument: Instrument) -> String {
    DecimalText.format(notional.mantissa, scale: instrument.notionalScale)
  }

  func amount(_ amount: Amount) -> String {
    DecimalText.format(amount.mantissa, scale: Amount.scale)
  }

  func time(_ time: Timestamp) -> String { RFC3339.format(time.nanoseconds) }

  /// Average price of a notional over a quantity; `nil` for nothing.
  func average(_ notional: Notional, over quantity: Quantity, _ instrument: Instrument) -> String? {
    guard quantity > .zero else { return nil }
    return DecimalQuotient.text(
      notional.mantissa,
      over: Int128(quantity.mantissa) * powerOfTen(Int(instrument.priceScale)))
  }

  /// What the fills cost with their fees in the quote asset (a sell: what they brought).
  func allIn(_ order: OrderView, _ instrument: Instrument) -> Amount {
    let notional = order.notional.amount(of: instrument)
    return order.accepted.order.side == .buy
      ? notional + order.feesInQuote : notional - order.feesInQuote
  }

  func write(_ order: OrderView, children: Bool, to json: inout JSONWriter) {
    let terms = order.accepted.order
    guard let instrument = directory.instruments[terms.instrument]?.instrument else { return }
    json.beginObject()
    json.field("id", "\(order.accepted.id.rawValue)")
    json.field("client_order_id", terms.clientOrderID.string)
    json.field("symbol", directory.symbol(terms.instrument))
    json.field("side", terms.side.name)
    json.field("type", terms.type.name)
    json.field("time_in_force", terms.timeInForce.name)
    writeTerms(of: order, instrument, to: &json)
    json.field("status", order.status)
    if let closed = order.closed, closed.reason != .none {
      json.field("reason", closed.reason.name)
    }
    writeExecution(of: order, instrument, to: &json)
    json.field("created_at", time(order.accepted.at))
    json.field("updated_at", time(order.updatedAt))
    if let closed = order.closed { json.field("closed_at", time(closed.at)) }
    if order.terms.deadline != .distantFuture {
      json.field("expires_at", time(order.terms.deadline))
    }
    writeChanges(of: order, instrument, to: &json)
    json.key("routing")
    PlanEvidenceRenderer(renderer: self, instrument: instrument).write(terms.routing, to: &json)
    if children {
      json.key("children")
      json.beginArray()
      for child in order.children { write(child, instrument, to: &json) }
      json.endArray()
    }
    json.endObject()
  }

  private func writeExecution(
    of order: OrderView, _ instrument: Instrument, to json: inout JSONWriter
  ) {
    json.field("filled_quantity", quantity(order.filled, instrument))
    json.field("leaves_quantity", quantity(order.leaves, instrument))
    json.field("notional", notional(order.notional, instrument))
    writeOptional("average_price", average(order.notional, over: order.filled, instrument), &json)
    let total = allIn(order, instrument)
    json.field("cost", amount(total))
    let allInPrice =
      order.filled > .zero && !order.hasOtherFees
      ? DecimalQuotient.text(
        total.mantissa,
        over: order.filled.amount(of: instrument).mantissa) : nil
    writeOptional("all_in_price", allInPrice, &json)
    write(order.fees, to: &json)
    writeComparison(of: order, instrument, to: &json)
  }

  /// The first plan's promise: the best single venue, and how much better the plan was.
  private func writeComparison(
    of order: OrderView, _ instrument: Instrument, to json: inout JSONWriter
  ) {
    json.key("comparison")
    guard let plan = order.plans.first?.made, plan.singleQuantity > .zero else {
      json.null()
      return
    }
    json.beginObject()
    json.field("best_single_venue", directory.venueName(plan.singleVenue))
    json.field("single_venue_quantity", quantity(plan.singleQuantity, instrument))
    json.field("single_venue_cost", amount(plan.singleCost))
    json.field("planned_quantity", quantity(plan.planned, instrument))
    json.field("planned_cost", amount(plan.totalCost))
    let improvement = plan.singleQuantity == plan.planned ? self.improvement(plan, order) : nil
    writeOptional("improvement_bps", improvement, &json)
    json.endObject()
  }

  private func improvement(_ plan: PlanMade, _ order: OrderView) -> String? {
    let (single, total) = (plan.singleCost.mantissa, plan.totalCost.mantissa)
    guard order.accepted.order.side == .sell else {
      return DecimalQuotient.basisPoints(from: single, to: total)
    }
    return DecimalQuotient.basisPoints(from: -single, to: -total)
  }

  private func write(_ fees: [(asset: AssetID, amount: Amount)], to json: inout JSONWriter) {
    json.key("fees")
    json.beginArray()
    for fee in fees {
      json.beginObject()
      json.field("asset", directory.assetName(fee.asset))
      json.field("amount", amount(fee.amount))
      json.endObject()
    }
    json.endArray()
  }

  func write(_ child: ChildView, _ instrument: Instrument, to json: inout JSONWriter) {
    let order = child.intended.order
    json.beginObject()
    json.field("id", order.id.uuid.string)
    json.field("venue", directory.venueName(order.venue))
    json.field("role", "\(child.intended.role)")
    json.field("wave", integer: Int64(child.intended.wave))
    json.field("side", order.side.name)
    json.field("time_in_force", order.timeInForce.name)
    json.field("post_only", bool: order.isPostOnly)
    json.field("quantity", quantity(order.quantity, instrument))
    json.field("limit_price", price(order.limitPrice, instrument))
    json.field("status", child.status)
    json.field("filled_quantity", quantity(child.filled, instrument))
    writeOptional("average_price", average(child.notional, over: child.filled, instrument), &json)
    write(child.fees, to: &json)
    if !child.venueOrderID.isEmpty { json.field("venue_order_id", child.venueOrderID) }
    if child.reason != .none { json.field("reason", child.reason.name) }
    if !child.text.isEmpty { json.field("text", child.text) }
    json.field("intended_at", time(child.intended.at))
    if let at = child.sentAt { json.field("sent_at", time(at)) }
    if let at = child.acknowledgedAt { json.field("acknowledged_at", time(at)) }
    if let at = child.lastFillAt { json.field("last_fill_at", time(at)) }
    if let at = child.closedAt { json.field("closed_at", time(at)) }
    if let latency = child.latencyNanoseconds {
      json.field("latency_us", integer: latency / 1000)
    }
    json.endObject()
  }

  func write(_ execution: ExecutionView, to json: inout JSONWriter) {
    let fill = execution.fill
    guard let instrument = directory.instrument(of: fill.listing) else { return }
    json.beginObject()
    json.field("number", integer: Int64(execution.number))
    json.field("order_id", "\(fill.child.parent.rawValue)")
    json.field("child_id", fill.child.uuid.string)
    json.field("venue", directory.venueName(execution.venue))
    json.field("symbol", directory.symbol(instrument.id))
    json.field("execution_id", fill.executionID.string)
    json.field("side", fill.side.name)
    json.field("quantity", quantity(fill.quantity, instrument))
    json.field("price", price(fill.price, instrument))
    json.field("fee", amount(fill.fee))
    json.field("fee_asset", directory.assetName(fill.feeAsset))
    json.field("liquidity", "\(fill.liquidity)")
    json.field("at", time(fill.at))
    json.endObject()
  }

  func writeOptional(_ name: String, _ text: String?, _ json: inout JSONWriter) {
    json.key(name)
    if let text { json.string(text) } else { json.null() }
  }
}

extension Side {
  var name: String { self == .buy ? "buy" : "sell" }
}

extension RejectReason {
  /// The case in snake case, as in `order_value_limit`.
  package var name: String { snakeCase("\(self)") }
}

extension Exclusion {
  var name: String { snakeCase("\(self)") }
}

func snakeCase(_ text: String) -> String {
  var result = ""
  for character in text {
    if character.isUppercase { result.append("_") }
    result.append(contentsOf: character.lowercased())
  }
  return result.replacingIdentifier()
}

extension String {
  /// `order_i_d` reads `order_id`.
  fileprivate func replacingIdentifier() -> String {
    hasSuffix("_i_d") ? String(dropLast(4)) + "_id" : self
  }
}
