internal import RouterCore
internal import Wire

/// A venue's budget, its maintenance windows, and how long orders take to it and which way.
extension VenueRenderer {
  func writeThrottle(_ view: ThrottleView?, to json: inout JSONWriter) {
    guard let view else { return }
    write(view.pace, to: &json)
    write(view.maintenance, to: &json)
    write(view.latency, to: &json)
  }

  private func write(_ pace: PaceReading, to json: inout JSONWriter) {
    json.key("throttle")
    json.beginObject()
    if pace.intervalNanoseconds > 0 {
      let perSecond = 1_000_000_000_000 / pace.intervalNanoseconds
      json.field("requests_per_second", DecimalText.format(perSecond, scale: 3))
      json.field("burst", integer: pace.burst)
      json.field("cancel_reserve", integer: pace.reserve)
      json.field("tokens", integer: pace.tokens)
    }
    json.field("adaptive", bool: pace.isAdaptive)
    json.field("requests_last_minute", integer: Int64(clamping: pace.requests))
    json.field("accepts_last_minute", integer: Int64(clamping: pace.accepts))
    if let until = pace.engagedUntil { json.field("engaged_until", renderer.time(until)) }
    json.endObject()
  }

  private func write(_ maintenance: MaintenanceReading, to json: inout JSONWriter) {
    guard maintenance.activeUntil != nil || maintenance.nextStart != nil else { return }
    json.key("maintenance")
    json.beginObject()
    if let until = maintenance.activeUntil { json.field("active_until", renderer.time(until)) }
    if let start = maintenance.nextStart { json.field("next_start", renderer.time(start)) }
    json.endObject()
  }

  private func write(_ latency: LatencyReading, to json: inout JSONWriter) {
    json.key("order_latency")
    json.beginObject()
    json.field("median_ms", milliseconds(latency.order.medianNanoseconds))
    json.field("p95_ms", milliseconds(latency.order.tailNanoseconds))
    json.field("p99_ms", milliseconds(latency.order.farTailNanoseconds))
    json.field("samples", integer: latency.sampleCount)
    json.field("measured", bool: latency.order.isMeasured)
    json.field("clock_offset_ms", milliseconds(latency.clock.nanoseconds))
    json.field("clock_uncertainty_ms", milliseconds(latency.clock.uncertaintyNanoseconds))
    json.field("clock_measured", bool: latency.clock.isMeasured)
    json.endObject()
  }

  /// Which way new orders take, where there are two.
  func writeTransport(_ view: OrderTransportView?, to json: inout JSONWriter) {
    guard let view else { return }
    json.key("order_transport")
    json.beginObject()
    json.field("policy", view.policy)
    json.field("chosen", view.chosen)
    json.key("ways")
    json.beginArray()
    for way in view.ways {
      json.beginObject()
      json.field("transport", way.name)
      json.field("samples", integer: Int64(way.samples))
      if way.samples > 0 {
        json.field("p50_ms", milliseconds(way.medianNanoseconds))
        json.field("p95_ms", milliseconds(way.tailNanoseconds))
      }
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }

  private func milliseconds(_ nanoseconds: Int64) -> String {
    DecimalText.format(nanoseconds / 1000, scale: 3)
  }
}
