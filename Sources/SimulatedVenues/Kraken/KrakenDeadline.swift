import Wire

/// Times that a client sends with a request.
enum KrakenDeadline {
  /// Refuses a request that came too late, or whose deadline is out of bounds.
  static func check(
    _ parameters: KrakenParameters, isSocket: Bool, at now: Int64
  ) throws(KrakenError) {
    guard let text = parameters["deadline"], !text.isEmpty else { return }
    guard let deadline = RFC3339.parse(text) else { throw .invalidArguments("deadline") }
    guard deadline > now else { throw .deadlineElapsed }
    // The clocks of both sides may differ a little.
    guard deadline - now <= 62_000_000_000 else { throw .invalidArguments("deadline") }
  }

  /// Unix seconds, "+n" seconds from now, or on the WebSocket an RFC 3339 time.
  static func expiry(_ text: String, isSocket: Bool, at now: Int64) -> Int64? {
    if isSocket { return RFC3339.parse(text) }
    let isRelative = text.hasPrefix("+") || text.hasPrefix(" ")
    guard let seconds = Int64(isRelative ? String(text.dropFirst()) : text), seconds >= 0,
      seconds < 9_000_000_000
    else { return nil }
    guard !isRelative || seconds < 100_000_000 else { return nil }
    return isRelative ? now + seconds * 1_000_000_000 : seconds * 1_000_000_000
  }
}
