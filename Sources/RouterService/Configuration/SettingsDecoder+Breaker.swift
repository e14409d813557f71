internal import RouterCore

extension SettingsDecoder {
  /// When a venue's circuit breakers open; all of it may be left out.
  func breaker(_ reader: SettingsReader) -> VenueBreakerSettings {
    var breaker = VenueBreakerSettings(venue: VenueID(0))
    let known = [
      "enabled", "window_calls", "window_seconds", "minimum_calls", "failure_rate",
      "slow_call_rate", "slow_call_ms", "timeout_ms", "open_ms", "open_cap_ms", "half_open_probes",
    ]
    guard let values = reader.optionalObject("breaker", known: known) else { return breaker }
    breaker.isEnabled = values.bool("enabled", standard: breaker.isEnabled)
    decodeWindow(values, into: &breaker)
    breaker.slowCallMilliseconds = values.integer(
      "slow_call_ms", standard: breaker.slowCallMilliseconds, 1...600_000)
    breaker.timeoutMilliseconds = values.integer(
      "timeout_ms", standard: breaker.timeoutMilliseconds, 1...600_000)
    if breaker.timeoutMilliseconds < breaker.slowCallMilliseconds {
      values.fault("timeout_ms", "must not be less than slow_call_ms")
    }
    breaker.openMilliseconds = values.integer(
      "open_ms", standard: breaker.openMilliseconds, 1...3_600_000)
    breaker.openCapMilliseconds = values.integer(
      "open_cap_ms", standard: breaker.openCapMilliseconds, 1...86_400_000)
    if breaker.openCapMilliseconds < breaker.openMilliseconds {
      values.fault("open_cap_ms", "must not be less than open_ms")
    }
    breaker.halfOpenProbes = UInt8(
      values.integer("half_open_probes", standard: Int64(breaker.halfOpenProbes), 0...20))
    return breaker
  }

  private func decodeWindow(_ values: SettingsReader, into breaker: inout VenueBreakerSettings) {
    let most = Int64(CallWindow.capacity)
    breaker.windowCalls = UInt16(
      values.integer("window_calls", standard: Int64(breaker.windowCalls), 1...most))
    breaker.windowSeconds = UInt32(
      values.integer("window_seconds", standard: Int64(breaker.windowSeconds), 1...3600))
    breaker.minimumCalls = UInt16(
      values.integer("minimum_calls", standard: Int64(breaker.minimumCalls), 1...10_000))
    breaker.failureRate = share(values, "failure_rate", breaker.failureRate)
    breaker.slowCallRate = share(values, "slow_call_rate", breaker.slowCallRate)
  }

  /// A share as a decimal of up to four places, in parts per ten thousand.
  private func share(_ values: SettingsReader, _ name: String, _ standard: UInt16) -> UInt16 {
    let parts = values.decimal(name, scale: 4, standard: Int128(standard))
    guard (1...10_000).contains(parts) else {
      values.fault(name, "must be a decimal above 0 and at most 1")
      return standard
    }
    return UInt16(parts)
  }
}
