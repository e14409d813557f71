internal import RouterCore
internal import Wire

extension VenueRenderer {
  /// How a venue's circuit breakers stand, and on what evidence.
  func writeBreakers(_ breakers: [BreakerView], to json: inout JSONWriter) {
    json.key("breakers")
    json.beginArray()
    for breaker in breakers {
      json.beginObject()
      json.field("operation", snakeCase("\(breaker.operation)"))
      json.field("state", snakeCase("\(breaker.state)"))
      json.field("calls", integer: Int64(breaker.counts.calls))
      json.field("failures", integer: Int64(breaker.counts.failures))
      json.field("slow_calls", integer: Int64(breaker.counts.slowCalls))
      json.field("trips", integer: Int64(breaker.trips))
      if let until = breaker.openUntil { json.field("open_until", renderer.time(until)) }
      if breaker.lastFailure != .none {
        json.field("last_failure", snakeCase("\(breaker.lastFailure)"))
      }
      json.endObject()
    }
    json.endArray()
  }
}
