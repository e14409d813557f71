internal import RouterCore
internal import Wire

/// Writes a parent's routing options, and its plans with all the evidence that they were made on.
struct PlanEvidenceRenderer {
  let renderer: Renderer
  let instrument: Instrument

  func write(_ options: RoutingOptions, to json: inout JSONWriter) {
    json.beginObject()
    json.field("strategy", options.strategy.name)
    json.field("objective", options.objective.name)
    json.field("arrival", options.arrival.name)
    json.field("max_participation", decimal: Int64(options.maximumParticipation), scale: 4)
    if options.maximumChildQuantity > .zero {
      json.field(
        "max_child_quantity", renderer.quantity(options.maximumChildQuantity, instrument))
    }
    if options.sizeJitter > 0 {
      json.field("size_jitter", decimal: Int64(options.sizeJitter), scale: 4)
    }
    if options.jitterTolerance > 0 {
      json.field("jitter_tolerance_bps", decimal: Int64(options.jitterTolerance), scale: 2)
    }
    if options.waveIntervalMilliseconds > 0 {
      json.field("wave_interval_ms", integer: Int64(options.waveIntervalMilliseconds))
    }
    if options.passiveMilliseconds > 0 {
      json.field("passive_ms", integer: Int64(options.passiveMilliseconds))
    }
    json.field("residual", options.residual.name)
    if options.overRouting > 0 {
      json.field("over_routing", decimal: Int64(options.overRouting), scale: 4)
    }
    json.endObject()
  }

  func write(_ plan: PlanView, side: Side, to json: inout JSONWriter) {
    let made = plan.made
    json.beginObject()
    json.field("wave", integer: Int64(made.wave))
    json.field("at", renderer.time(made.at))
    json.field("strategy", made.strategy.name)
    json.field("objective", made.objective.name)
    json.key("quantity")
    json.beginObject()
    json.field("requested", renderer.quantity(made.requested, instrument))
    json.field("planned", renderer.quantity(made.planned, instrument))
    json.field("residual", renderer.quantity(made.requested - made.planned, instrument))
    json.endObject()
    json.field("cost", renderer.amount(made.totalCost))
    json.field("objective_cost", renderer.amount(made.objectiveCost))
    writeBound(made, to: &json)
    writeSingleVenue(made, side, to: &json)
    if made.objective == .expectedCost {
      json.key("estimates")
      json.beginObject()
      json.field("replacement_price", renderer.price(made.replacementPrice, instrument))
      json.field(
        "adverse_move_bps", decimal: made.adverseMove.partsPerHundredMillion, scale: 4)
      json.endObject()
    }
    json.key("venues")
    json.beginArray()
    for leg in plan.legs { write(leg, to: &json) }
    json.endArray()
    if !plan.rests.isEmpty { write(plan.rests, to: &json) }
    json.endObject()
  }

  /// The certificate: a bound of what was minimised.
  private func writeBound(_ made: PlanMade, to json: inout JSONWriter) {
    json.key("bound")
    json.beginObject()
    json.field("cost", renderer.amount(made.bound))
    json.field("root_cost", renderer.amount(made.rootBound))
    renderer.writeOptional("gap_bps", gap(made), &json)
    json.field("marginal_price", renderer.price(made.marginalPrice, instrument))
    json.field("proven_optimal", bool: made.isProven)
    json.field("nodes", integer: Int64(made.nodes))
    json.endObject()
  }

  private func gap(_ made: PlanMade) -> String? {
    let (cost, bound) = (made.objectiveCost.mantissa, made.bound.mantissa)
    // The journal's amounts are rounded apart, so that what is proven may seem to have a gap.
    if made.isProven || cost == bound { return "0" }
    return DecimalQuotient.basisPoints(from: bound, to: cost).map { text in
      text.first == "-" ? String(text.dropFirst()) : text
    }
  }

  private func writeSingleVenue(_ made: PlanMade, _ side: Side, to json: inout JSONWriter) {
    json.key("best_single_venue")
    guard made.singleQuantity > .zero else { return json.null() }
    json.beginObject()
    json.field("venue", renderer.directory.venueName(made.singleVenue))
    json.field("quantity", renderer.quantity(made.singleQuantity, instrument))
    json.field("cost", renderer.amount(made.singleCost))
    json.field("objective_cost", renderer.amount(made.singleObjectiveCost))
    renderer.writeOptional("improvement_bps", improvement(made, side), &json)
    json.endObject()
  }

  /// In terms of what was minimised; `nil` where the two do not plan the same quantity.
  private func improvement(_ made: PlanMade, _ side: Side) -> String? {
    guard made.singleQuantity == made.planned else { return nil }
    let (single, plan) = (made.singleObjectiveCost.mantissa, made.objectiveCost.mantissa)
    return side == .buy
      ? DecimalQuotient.basisPoints(from: single, to: plan)
      : DecimalQuotient.basisPoints(from: -single, to: -plan)
  }

  /// What rests beside the plan, and what made that look better than taking it.
  private func write(_ rests: [RestPlanned], to json: inout JSONWriter) {
    json.key("resting")
    json.beginArray()
    for rest in rests {
      json.beginObject()
      json.field("venue", renderer.directory.venueName(of: rest.listing))
      json.field("quantity", renderer.quantity(rest.quantity, instrument))
      json.field("price", renderer.price(rest.price, instrument))
      json.field("queue_ahead", renderer.quantity(rest.queueAhead, instrument))
      json.field("fill_probability", decimal: Int64(rest.fillProbability), scale: 4)
      json.field("expected_price", renderer.price(rest.expectedPrice, instrument))
      json.field("take_price", renderer.price(rest.takePrice, instrument))
      json.field(
        "adverse_move_bps", decimal: rest.adverseMove.partsPerHundredMillion, scale: 4)
      json.field("until", renderer.time(rest.until))
      json.endObject()
    }
    json.endArray()
  }

  private func write(_ leg: PlanLeg, to json: inout JSONWriter) {
    json.beginObject()
    json.field("venue", renderer.directory.venueName(of: leg.listing))
    json.field("quantity", renderer.quantity(leg.quantity, instrument))
    if leg.quantity > .zero {
      json.field("limit_price", renderer.price(leg.limitPrice, instrument))
      json.field("notional", renderer.notional(leg.notional, instrument))
      json.field("cost", renderer.amount(leg.cost))
      json.field("order_cost", renderer.amount(leg.orderCost))
      json.field("levels", integer: Int64(leg.levelsUsed))
    } else {
      json.field("excluded", leg.exclusion.name)
    }
    json.field("best_price", renderer.price(leg.bestPrice, instrument))
    json.field("quote_age_us", integer: leg.quoteAgeNanoseconds / 1000)
    json.field("effective_age_us", integer: leg.effectiveAgeNanoseconds / 1000)
    json.field("latency_us", integer: leg.latencyNanoseconds / 1000)
    json.field("fill_probability", decimal: Int64(leg.fillProbability), scale: 4)
    json.endObject()
  }
}
