import RouterCore
import Wire

/// What an answer that is not 2xx means for the request it answers.
///
/// No official list of texts exists; the known ones are matched on parts, whatever the case. A
/// refusal proves that nothing was done only if its text is known or its status says so (401, 403 and
/// 429); every other one leaves the outcome open.
enum CoinbaseExchangeErrors {
  enum Meaning: Hashable {
    case succeeded
    /// Not executed, and the same request would be refused again.
    case refused(RejectReason)
    /// Not executed because of a limit on requests.
    case throttled
    /// The order named is done or was never there: a race, not an error.
    case orderGone
    /// The venue is down for maintenance; the request may have been executed before.
    case maintenance
    /// May or may not have been executed.
    case ambiguous
  }

  /// The meaning, and the venue's own words.
  static func classify(_ response: HTTPResponse) -> (meaning: Meaning, text: String) {
    let message = message(of: response)
    let text = message ?? "HTTP \(response.status)"
    switch response.status {
    case 200..<300: return (.succeeded, text)
    case 429: return (.throttled, text)
    // Timeouts and conflicts on the way say nothing about what the engine did.
    case 408, 409, 425, 499: return (.ambiguous, text)
    case 400..<500:
      // A page of the network in front of the venue says nothing about the order.
      guard let message else { return (.ambiguous, text) }
      return (meaning(of: message, status: response.status), text)
    default: return (.ambiguous, text)
    }
  }

  /// The reason for a refusal in the venue's words, as in `reject_reason` of an order.
  static func reason(_ text: String) -> RejectReason {
    if let reason = listedReason(text) { return reason }
    if has(text, ["fill or kill", "fok", "insufficient liquidity"]) { return .cannotFillNow }
    return .venueRule
  }

  /// The reason that a known text stands for.
  private static func listedReason(_ text: String) -> RejectReason? {
    texts.first { has(text, $0.0) }?.1
  }

  /// The first that fits counts: "post only mode" is the product's state, not our flag.
  private static let texts: [([String], RejectReason)] = [
    (["insufficient funds"], .insufficientFunds),
    (["too small", "below minimum"], .belowMinimum),
    (["too precise", "too accurate", "precise"], .incrementViolation),
    (["post only mode", "cancel only", "limit only", "trading pair not available"], .marketClosed),
    (["invalid signature", "invalid api key", "invalid passphrase"], .authentication),
    (["timestamp expired"], .clockSkew),
    (["product not found", "invalid order id"], .malformedRequest),
    (["post only", "post_only"], .postOnlyWouldTake),
  ]

  static func message(of response: HTTPResponse) -> String? {
    guard let value = try? JSONValue(parsing: response.body) else { return nil }
    return value["message"]?.string
  }

  /// What a start-up question's failure means to the operator.
  static func fault(_ response: HTTPResponse) -> VenueFault {
    let (meaning, text) = classify(response)
    switch meaning {
    case .throttled: return .rateLimited(retryAfterMilliseconds: 1000, text)
    case .ambiguous, .maintenance, .succeeded: return .unavailable(text)
    case .orderGone: return .refused(text)
    case .refused(.clockSkew): return .clockSkew(text)
    case .refused(let reason):
      let isKey = reason == .authentication || response.status == 401 || response.status == 403
      return isKey ? .unauthorized(text) : .refused(text)
    }
  }

  private static func meaning(of message: String, status: Int) -> Meaning {
    if has(message, ["rate limit"]) { return .throttled }
    if has(message, ["already done", "order not found", "notfound"]) { return .orderGone }
    if has(message, ["maintenance"]) { return .maintenance }
    // An order with our id exists: it can only be the one asked for.
    if has(message, ["duplicate", "client_oid"]) { return .ambiguous }
    if let reason = listedReason(message) { return .refused(reason) }
    // The status itself says that the request was not let in.
    return status == 401 || status == 403 ? .refused(.authentication) : .ambiguous
  }

  private static func has(_ text: String, _ parts: [String]) -> Bool {
    CoinbaseExchangeText.contains(text, anyOf: parts)
  }
}
