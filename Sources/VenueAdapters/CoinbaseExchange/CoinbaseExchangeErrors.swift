import RouterCore
import Wire

/// What an answer that is not 2xx means for the request it answers.
///
/// No official list of texts exists; they are matched on parts, whatever the case, and what is not
/// known falls back on the HTTP class: 4xx was not executed, everything else may have been.
enum CoinbaseExchangeErrors {
  enum Meaning: Hashable {
    case succeeded
    /// Not executed, and the same request would be refused again.
    case refused(RejectReason)
    /// Not executed because of a limit on requests.
    case throttled
    /// The order named is done or was never there: a race, not an error.
    case orderGone
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

  /// The reason for a refusal in the venue's words, also in `reject_reason` of an order.
  static func reason(_ text: String) -> RejectReason {
    if has(text, ["insufficient funds"]) { return .insufficientFunds }
    if has(text, ["too small", "below minimum"]) { return .belowMinimum }
    if has(text, ["too precise", "too accurate", "precise"]) { return .incrementViolation }
    if has(text, ["post only mode", "cancel only", "limit only", "trading pair not available"]) {
      return .marketClosed
    }
    if has(text, ["signature", "api key", "passphrase", "unauthorized", "forbidden"]) {
      return .authentication
    }
    if has(text, ["timestamp expired"]) { return .clockSkew }
    if has(text, ["rate limit"]) { return .rateLimited }
    if has(text, ["maintenance"]) { return .venueUnavailable }
    if has(text, ["product not found", "invalid order id"]) { return .malformedRequest }
    if has(text, ["post only", "post_only"]) { return .postOnlyWouldTake }
    if has(text, ["fill or kill", "fok", "insufficient liquidity"]) { return .cannotFillNow }
    return .venueRule
  }

  static func message(of response: HTTPResponse) -> String? {
    guard let value = try? JSONValue(parsing: response.body) else { return nil }
    return value["message"]?.string
  }

  /// What a start-up question's failure means to the operator.
  static func fault(_ response: HTTPResponse) -> VenueFault {
    let (meaning, text) = classify(response)
    switch meaning {
    case .throttled: return .rateLimited(retryAfterMilliseconds: 1000, text)
    case .ambiguous, .succeeded: return .unavailable(text)
    case .orderGone: return .refused(text)
    case .refused(.clockSkew): return .clockSkew(text)
    case .refused(.venueUnavailable): return .unavailable(text)
    case .refused(let reason):
      let isKey = reason == .authentication || response.status == 401 || response.status == 403
      return isKey ? .unauthorized(text) : .refused(text)
    }
  }

  private static func meaning(of message: String, status: Int) -> Meaning {
    if has(message, ["rate limit"]) { return .throttled }
    if has(message, ["already done", "order not found", "notfound"]) { return .orderGone }
    // An order with our id exists: it can only be the one asked for.
    if has(message, ["duplicate", "client_oid"]) && !has(message, ["invalid"]) {
      return .ambiguous
    }
    let reason = reason(message)
    if reason == .venueRule && (status == 401 || status == 403) { return .refused(.authentication) }
    return .refused(reason)
  }

  private static func has(_ text: String, _ parts: [String]) -> Bool {
    CoinbaseExchangeText.contains(text, anyOf: parts)
  }
}
