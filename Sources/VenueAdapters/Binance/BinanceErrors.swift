import RouterCore
import Wire

/// A field of a message that is missing or makes no sense.
struct BinanceProblem: Error, Sendable, Hashable {
  var field: String
}

/// The venue's answer to a request, whichever API it came through.
enum BinanceReply {
  case result(JSONValue)
  case refused(BinanceRefusal)
  /// Nothing that we can rely on.
  case unreadable(String)

  /// An answer of the WebSocket API: `{"id","status","result"}` or `{"id","status","error"}`.
  init(socketMessage message: JSONValue) {
    let status = Int(truncatingIfNeeded: message["status"]?.int64 ?? 0)
    if status == 200, let result = message["result"] {
      self = .result(result)
    } else if let refusal = BinanceRefusal(message["error"], status: status) {
      self = .refused(refusal)
    } else {
      self = .unreadable("status \(status)")
    }
  }

  init(_ response: HTTPResponse) {
    let status = response.status
    let body = try? JSONValue(parsing: response.body)
    if status == 200, let body {
      self = .result(body)
    } else if var refusal = BinanceRefusal(body, status: status) ?? BinanceRefusal(bare: status) {
      refusal.retryAfterMilliseconds = BinanceRefusal.retryAfter(response.headers)
      self = .refused(refusal)
    } else {
      self = .unreadable("HTTP \(status)\(body == nil ? ", not JSON" : "")")
    }
  }
}

/// `{"code":-2010,"msg":"..."}`: codes are stable, words are not.
struct BinanceRefusal: Sendable, Hashable {
  var code: Int64
  var message: String
  var status: Int
  /// How long to be silent; REST says seconds, the WebSocket API a time.
  var retryAfterMilliseconds: Int64?
  var retryAtVenueMilliseconds: Int64?

  init(code: Int64, message: String, status: Int) {
    self.code = code
    self.message = message
    self.status = status
  }

  init?(_ value: JSONValue?, status: Int) {
    guard let value, let code = value["code"]?.int64 else { return nil }
    self.init(code: code, message: value["msg"]?.string ?? "", status: status)
    retryAtVenueMilliseconds = value["data"]?["retryAfter"]?.int64
  }

  /// A status that asks for silence, whatever stands under it: some server before the venue's own may
  /// have said it, in words of its own.
  init?(bare status: Int) {
    guard status == 429 || status == 418 else { return nil }
    self.init(code: 0, message: "HTTP \(status), not JSON", status: status)
  }

  /// Code and message for people; code 0 is none.
  var words: String { code == 0 ? message : "\(code) \(message)" }

  static func retryAfter(_ headers: HTTPHeaders) -> Int64? {
    guard let seconds = headers["Retry-After"].flatMap({ DecimalText.parse($0, scale: 0) }),
      seconds >= 0, seconds < 1_000_000
    else { return nil }
    return seconds * 1000
  }
}

extension BinanceRefusal {
  /// What a refusal says about the request.
  enum Meaning: Hashable {
    /// It was not done and will not be.
    case rejected(RejectReason)
    /// It may have been done.
    case unknown
    /// An open order has this client id already.
    case duplicate
    /// There is no order of that name, as far as the venue's read model knows.
    case notFound
    /// An old order that ended without a fill.
    case archived
    /// The order can not be cancelled: it is done, or was never there.
    case cancelRejected
  }

  /// A refusal proves that nothing was done only if it is on the documentation's list of those that
  /// say so; every other one leaves the outcome open.
  var meaning: Meaning {
    // The documentation: any 5xx leaves the execution status unknown. A status that is no refusal
    // contradicts its own body.
    guard (400..<500).contains(status) else { return .unknown }
    switch code {
    case -2013: return .notFound
    case -2026: return .archived
    case -2011: return .cancelRejected
    case -2010: return Self.engineRejection(message)
    // It did not reach the engine.
    case -1013: return .rejected(Self.filterFailure(message))
    case -1015: return .rejected(.rateLimited)
    case -1020: return .rejected(.venueUnavailable)
    case -1021: return .rejected(.clockSkew)
    case -1002, -1022, -2014, -2015: return .rejected(.authentication)
    case -1111: return .rejected(.incrementViolation)
    case -1121: return .rejected(.unknownInstrument)
    case -1122, -1220: return .rejected(.marketClosed)
    case -1106 ... -1100, -1108, -1119 ... -1114, -1128, -1130: return .rejected(.malformedRequest)
    // -1000, -1001, -1006, -1007 and -1008 are documented as open. For -1003 (too many requests) and
    // -1016 (shutting down) no document says that the request was not executed.
    default: return .unknown
    }
  }

  /// Whether the venue will refuse everything until somebody mends key, permission or address.
  var isAuthentication: Bool { meaning == .rejected(.authentication) || status == 401 }

  /// Whether the venue asks for silence.
  var isThrottle: Bool { code == -1003 || status == 418 || (status == 429 && code != -1015) }

  /// -2010 says why in words only; these are the documented ones.
  private static func engineRejection(_ message: String) -> Meaning {
    if contains(message, "Duplicate order") { return .duplicate }
    if contains(message, "Filter failure") { return .rejected(filterFailure(message)) }
    return engineTexts.first { contains(message, $0.0) }.map { .rejected($0.1) } ?? .unknown
  }

  private static let engineTexts: [(String, RejectReason)] = [
    ("insufficient balance", .insufficientFunds), ("Market is closed", .marketClosed),
    ("immediately match and take", .postOnlyWouldTake), ("trigger immediately", .venueRule),
    ("zero or less", .belowMinimum), ("not permitted for this account", .venueRule),
    ("may not place or cancel orders", .venueRule),
    ("book liquidity is less than", .cannotFillNow),
  ]

  private static func filterFailure(_ message: String) -> RejectReason {
    if contains(message, "NOTIONAL") { return .belowMinimum }
    if contains(message, "LOT_SIZE") || contains(message, "PRICE_FILTER") {
      return .incrementViolation
    }
    return contains(message, "closed") ? .marketClosed : .venueRule
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8)
    let part = Array(part.utf8)
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { start in
      text[start..<start + part.count].elementsEqual(part)
    }
  }
}
