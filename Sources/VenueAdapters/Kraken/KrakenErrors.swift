import RouterCore
import Wire

/// What an error text of Kraken's means for the request that got it.
///
/// Texts have the form `E<Category>:<text>[:<detail>]`; details vary, so that only category and
/// beginning are looked at.
enum KrakenErrorMeaning: Equatable {
  /// Not executed, and would not be if sent again.
  case refused(RejectReason)
  /// Not executed; nothing more may be asked for that long.
  case throttled(milliseconds: Int64)
  /// Not executed: the nonce was not above the last one.
  case invalidNonce
  /// Not executed: key, signature or permission; repeating it leads to a lockout.
  case unauthorized
  /// Not executed: the token of the socket is no longer valid.
  case sessionExpired
  /// The order of a cancel is done or was never there.
  case unknownOrder
  /// May have been executed.
  case ambiguous

  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let category = parts.first ?? ""
    let detail = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
    switch category {
    case "EOrder": self = Self.order(detail)
    case "EGeneral": self = Self.general(detail)
    case "EService": self = Self.service(detail)
    case "EAPI": self = Self.api(detail)
    case "EAuth", "EAccount": self = Self.account(detail)
    case "ESession": self = .sessionExpired
    case "EQuery": self = .refused(.malformedRequest)
    case "ETrade", "EFunding", "EBM": self = .refused(.venueRule)
    // Nothing is known about a text without a category of ours: it may have been executed.
    default: self = .ambiguous
    }
  }

  private static func order(_ text: Substring) -> KrakenErrorMeaning {
    for (beginning, meaning) in orderTexts where text.hasPrefix(beginning) { return meaning }
    return .refused(.venueRule)
  }

  private static let orderTexts: [(String, KrakenErrorMeaning)] = [
    ("Insufficient funds", .refused(.insufficientFunds)),
    ("Insufficient margin", .refused(.insufficientFunds)),
    ("Order minimum not met", .refused(.belowMinimum)),
    ("Cost minimum not met", .refused(.belowMinimum)),
    ("Tick size check failed", .refused(.incrementViolation)),
    ("Invalid price", .refused(.incrementViolation)),
    ("Rate limit exceeded", .refused(.rateLimited)),
    ("Domain rate limit exceeded", .refused(.rateLimited)),
    ("Orders limit exceeded", .refused(.tooManyOrders)),
    ("Post only order", .refused(.postOnlyWouldTake)),
    ("Unknown order", .unknownOrder),
    ("Invalid order", .unknownOrder),
    ("Trading agreement required", .unauthorized),
  ]

  private static func general(_ text: Substring) -> KrakenErrorMeaning {
    if text.hasPrefix("Permission denied") { return .unauthorized }
    if text.hasPrefix("Temporary lockout") { return .throttled(milliseconds: 15 * 60_000) }
    if text.hasPrefix("Too many requests") { return .throttled(milliseconds: 5000) }
    if text.hasPrefix("Internal error") { return .ambiguous }
    return .refused(.malformedRequest)
  }

  private static func service(_ text: Substring) -> KrakenErrorMeaning {
    if text.hasPrefix("Market in") { return .refused(.marketClosed) }
    // `Throttled: <time>` names the moment; a pause does, since nothing was executed.
    if text.hasPrefix("Throttled") { return .throttled(milliseconds: 5000) }
    // `Unavailable`, `Busy`, `Deadline elapsed`: seen with the order live in the book.
    return .ambiguous
  }

  private static func api(_ text: Substring) -> KrakenErrorMeaning {
    if text.hasPrefix("Invalid nonce") { return .invalidNonce }
    if text.hasPrefix("Rate limit exceeded") { return .throttled(milliseconds: 15_000) }
    return .unauthorized
  }

  private static func account(_ text: Substring) -> KrakenErrorMeaning {
    if text.hasPrefix("Too many requests") || text.hasPrefix("Rate limit exceeded") {
      return .throttled(milliseconds: 15_000)
    }
    return .unauthorized
  }

  /// Why a new order was certainly not accepted; `nil` if it may have been.
  var rejectReason: RejectReason? {
    switch self {
    case .refused(let reason): reason
    case .throttled: .rateLimited
    case .invalidNonce, .unauthorized, .sessionExpired: .authentication
    case .unknownOrder: .venueRule
    case .ambiguous: nil
    }
  }

  /// The same for a question of start-up.
  func fault(_ text: String) -> VenueFault {
    switch self {
    case .throttled(let milliseconds): .rateLimited(retryAfterMilliseconds: milliseconds, text)
    case .invalidNonce: .clockSkew(text)
    case .unauthorized, .sessionExpired: .unauthorized(text)
    case .ambiguous: .unavailable(text)
    case .refused, .unknownOrder: .refused(text)
    }
  }
}

/// The body of a REST answer, which is `{"error":[...],"result":...}` with status 200 even for
/// a refusal.
struct KrakenReply {
  enum Failure: Error, Equatable {
    /// Another status: the request may not have reached the API, or the answer not us.
    case status(Int)
    case malformed(String)
    case refused(String)
  }

  let result: JSONValue

  init(_ response: HTTPResponse) throws(Failure) {
    guard response.status == 200 else { throw .status(response.status) }
    guard let body = try? JSONValue(parsing: response.body), let errors = body["error"]?.array
    else { throw .malformed("an answer that is no reply of the API") }
    // A text that begins with `W` is a warning beside a result.
    if let error = errors.first(where: { !($0.string ?? "E").hasPrefix("W") }) {
      throw .refused(error.string ?? "an error that is no text")
    }
    guard let result = body["result"] else { throw .malformed("an answer without a result") }
    self.result = result
  }
}

extension KrakenReply.Failure {
  var text: String {
    switch self {
    case .status(let status): "HTTP status \(status)"
    case .malformed(let text), .refused(let text): text
    }
  }

  var fault: VenueFault {
    switch self {
    case .status(let status):
      status == 429
        ? .rateLimited(retryAfterMilliseconds: 15_000, text) : .unavailable(text)
    case .malformed(let text): .malformed(text)
    case .refused(let text): KrakenErrorMeaning(text).fault(text)
    }
  }
}
