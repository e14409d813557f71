internal import RouterCore
internal import Wire

// What an order asks for: the terms that stand, the trigger of a stop, and what was replaced.
extension Renderer {
  func writeTerms(of order: OrderView, _ instrument: Instrument, to json: inout JSONWriter) {
    let request = order.accepted.order
    write(order.terms, instrument, to: &json)
    if order.terms.effectiveLimit > .zero {
      json.field("effective_limit_price", price(order.terms.effectiveLimit, instrument))
    }
    if request.type.needsStop { json.field("trigger", request.trigger.name) }
    json.field("post_only", bool: request.isPostOnly)
    if request.timeInForce == .fillOrKill {
      json.field("fok", request.allowsSplit ? "best_effort" : "whole")
    }
  }

  /// The trigger's evidence, the terms that wait to stand, and the former ones.
  func writeChanges(of order: OrderView, _ instrument: Instrument, to json: inout JSONWriter) {
    if let triggered = order.triggered { write(triggered, instrument, to: &json) }
    if let replacing = order.replacing {
      json.key("replacing")
      json.beginObject()
      write(OrderTermsView(replacing, deadline: .distantFuture), instrument, to: &json)
      json.field("requested_at", time(replacing.at))
      json.endObject()
    }
    guard !order.formerTerms.isEmpty else { return }
    json.key("replaced")
    json.beginArray()
    for terms in order.formerTerms {
      json.beginObject()
      write(terms, instrument, to: &json)
      json.field("since", time(terms.since))
      if let endedAt = terms.endedAt { json.field("until", time(endedAt)) }
      json.endObject()
    }
    json.endArray()
  }

  private func write(
    _ terms: OrderTermsView, _ instrument: Instrument, to json: inout JSONWriter
  ) {
    json.field("quantity", quantity(terms.quantity, instrument))
    if let limit = terms.limitPrice { json.field("limit_price", price(limit, instrument)) }
    if let stop = terms.stopPrice { json.field("stop_price", price(stop, instrument)) }
  }

  private func write(
    _ triggered: ParentTriggered, _ instrument: Instrument, to json: inout JSONWriter
  ) {
    json.key("triggered")
    json.beginObject()
    json.field("at", time(triggered.at))
    json.field("price", price(triggered.price, instrument))
    json.field("confirming_venues", integer: Int64(triggered.confirmingVenues))
    json.field("usable_venues", integer: Int64(triggered.usableVenues))
    json.endObject()
  }
}
