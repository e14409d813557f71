internal import RouterCore
internal import Wire

/// Writes a plan as `sluice plan` and `POST /v1/plans` answer it; products are exact.
struct PlanRenderer {
  let plan: RoutePlan
  let labels: PlanLabels

  var json: [UInt8] {
    var json = JSONWriter()
    write(to: &json)
    return json.bytes
  }

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.field("status", status)
    writeQuantity(to: &json)
    json.key("children")
    json.beginArray()
    for index in 0..<plan.legCount where plan[index].quantity > .zero {
      writeChild(index, to: &json)
    }
    json.endArray()
    writeCost(to: &json)
    writeBound(to: &json)
    writeComparison(to: &json)
    writeExcluded(to: &json)
    json.endObject()
  }

  private var status: String {
    if plan.planned == .zero { return "none" }
    return plan.residual == .zero ? "complete" : "partial"
  }

  // Numbers.

  private var costScale: Int {
    labels.priceScale + labels.quantityScale + AllInCost.feeDigits
  }

  private func quantity(_ quantity: Quantity) -> String {
    DecimalText.format(quantity.mantissa, scale: labels.quantityScale)
  }

  private func cost(_ mantissa: Int128) -> String {
    DecimalText.format(mantissa, scale: costScale)
  }

  /// A cost for each unit of a quantity.
  private func unit(_ cost: Int128, _ quantity: Quantity) -> String? {
    guard quantity > .zero else { return nil }
    return DecimalQuotient.text(
      cost, over: Int128(quantity.mantissa), exponent: -labels.priceScale - AllInCost.feeDigits)
  }

  /// The notional in the unit of costs.
  private func notional(_ leg: RouteLeg) -> Int128 {
    leg.notional.mantissa * Int128(FeeRate.one)
  }

  private func fee(_ leg: RouteLeg) -> Int128 {
    plan.side == .buy ? leg.cost.mantissa - notional(leg) : notional(leg) - leg.cost.mantissa
  }

  private func sum(_ part: (RouteLeg) -> Int128) -> Int128 {
    (0..<plan.legCount).lazy.map { plan[$0] }.filter { $0.quantity > .zero }.map(part)
      .reduce(0, +)
  }

  // Sections.

  private func writeQuantity(to json: inout JSONWriter) {
    json.key("quantity")
    json.beginObject()
    json.field("requested", quantity(plan.requested))
    json.field("planned", quantity(plan.planned))
    json.field("residual", quantity(plan.residual))
    let takesFeeInBase = (0..<plan.legCount).contains {
      plan[$0].quantity > .zero && feeIsTakenFromBase($0)
    }
    if takesFeeInBase {
      let received = (0..<plan.legCount).map(received).reduce(0, +)
      json.field("received_base", receivedText(received))
    }
    json.endObject()
  }

  private func feeIsTakenFromBase(_ index: Int) -> Bool {
    plan.side == .buy && labels.venues[index].feeAsset == .received
  }

  /// The base that a buy brings, in units of `10^-(quantityScale + feeDigits)`.
  private func received(_ index: Int) -> Int128 {
    let fee = feeIsTakenFromBase(index) ? labels.venues[index].fee.partsPerHundredMillion : 0
    return Int128(plan[index].quantity.mantissa) * Int128(FeeRate.one - fee)
  }

  private func receivedText(_ mantissa: Int128) -> String {
    DecimalText.format(mantissa, scale: labels.quantityScale + AllInCost.feeDigits)
  }

  private func writeChild(_ index: Int, to json: inout JSONWriter) {
    let leg = plan[index]
    let venue = labels.venues[index]
    json.beginObject()
    json.field("venue", venue.name)
    json.field("side", plan.side.name)
    json.field("quantity", quantity(leg.quantity))
    json.field(
      "limit_price", decimal: leg.limitPrice.mantissa, scale: labels.priceScale,
      fractionDigits: venue.pricePlaces)
    writeOptional("average_price", unit(notional(leg), leg.quantity), &json)
    json.field("fee", cost(fee(leg)))
    json.field("cost", cost(leg.cost.mantissa))
    if feeIsTakenFromBase(index) {
      json.field("received_base", receivedText(received(index)))
    }
    json.endObject()
  }

  private func writeCost(to json: inout JSONWriter) {
    json.key("cost")
    json.beginObject()
    json.field("total", cost(plan.cost.mantissa))
    writeOptional("average_price", unit(sum(notional), plan.planned), &json)
    writeOptional("all_in_price", unit(plan.cost.mantissa, plan.planned), &json)
    json.field("fees", cost(sum(fee)))
    json.field("order_cost", cost(sum { $0.orderCost.mantissa }))
    json.endObject()
  }

  private func writeBound(to json: inout JSONWriter) {
    json.key("bound")
    json.beginObject()
    json.field("cost", cost(plan.bound.mantissa))
    json.field("root_cost", cost(plan.rootBound.mantissa))
    writeOptional("gap_bps", gap, &json)
    let marginal = DecimalText.format(
      plan.marginalUnit, scale: labels.priceScale + AllInCost.feeDigits)
    writeOptional("marginal_price", plan.planned > .zero ? marginal : nil, &json)
    json.field("proven_optimal", bool: plan.isProvenOptimal)
    json.field("nodes", integer: Int64(plan.nodes))
    json.endObject()
  }

  private var gap: String? {
    let (total, bound) = (plan.cost.mantissa, plan.bound.mantissa)
    if total == bound { return "0" }
    return DecimalQuotient.basisPoints(from: bound, to: total).map { text in
      text.first == "-" ? String(text.dropFirst()) : text
    }
  }

  private func writeComparison(to json: inout JSONWriter) {
    json.key("comparison")
    json.beginObject()
    json.key("best_single_venue")
    writeSingleVenue(to: &json)
    json.endObject()
  }

  private func writeSingleVenue(to json: inout JSONWriter) {
    let single = plan.single
    let index = (0..<plan.legCount).first { plan[$0].venue == single.venue }
    guard single.quantity > .zero, let index else { return json.null() }
    json.beginObject()
    json.field("venue", labels.venues[index].name)
    json.field("quantity", quantity(single.quantity))
    json.field("cost", cost(single.cost.mantissa))
    writeOptional("improvement_bps", improvement, &json)
    json.endObject()
  }

  /// How much better than the best single venue; `nil` where the two do not plan the same.
  private var improvement: String? {
    guard plan.single.quantity == plan.planned else { return nil }
    let (single, total) = (plan.single.cost.mantissa, plan.cost.mantissa)
    if single == total { return "0" }
    return plan.side == .buy
      ? DecimalQuotient.basisPoints(from: single, to: total)
      : DecimalQuotient.basisPoints(from: -single, to: -total)
  }

  private func writeExcluded(to json: inout JSONWriter) {
    json.key("excluded")
    json.beginArray()
    for index in 0..<plan.legCount where plan[index].quantity == .zero {
      json.beginObject()
      json.field("venue", labels.venues[index].name)
      json.field("reason", plan[index].exclusion.name)
      json.endObject()
    }
    json.endArray()
  }

  private func writeOptional(_ name: String, _ text: String?, _ json: inout JSONWriter) {
    json.key(name)
    if let text { json.string(text) } else { json.null() }
  }
}
