import RouterCore
import Wire

/// What an error text of Kraken's means for the request that got it.
///
/// Texts have the form `E<Category>:<text>[:<detail>]`; details vary, so that only category and
/// beginning are looked at. A text proves that an order was not accepted only if it is on the list
/// of those that say so; every other one leaves the outcome open.
enum KrakenErrorMeaning: Equatable {
  /// Not executed, and would not be if sent again.
  case refused(RejectReason)
  /// Not executed; nothing more may be asked for that long.
  case throttled(milliseconds: Int64)
  /// Nothing more may be asked for that long; no document says that this one was not executed.
  case busy(milliseconds: Int64)
  /// Not executed: the nonce was not above the last one.
  case invalidNonce
  /// Not executed: key, signature or permission; repeating it leads to a lockout.
  case unauthorized
  /// The token of the socket is no longer valid; what became of the request has to be found out.
  case sessionExpired
  /// The order of a cancel is done or was never there.
  case unknownOrder
  /// May have been executed.
  case ambiguous

  init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let category = parts.first ?? ""
    let detail = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
    self = Self.texts.first { $0.0 == category && detail.hasPrefix($0.1) }?.2 ?? .ambiguous
  }

  /// `EService:Unavailable`, `Busy` and `Deadline elapsed` and `EGeneral:Internal error` are left out:
  /// they were seen with the order live in the book.
  private static let texts: [(String, String, KrakenErrorMeaning)] = [
    ("EOrder", "Insufficient funds", .refused(.insufficientFunds)),
    ("EOrder", "Order minimum not met", .refused(.belowMinimum)),
    ("EOrder", "Cost minimum not met", .refused(.belowMinimum)),
    ("EOrder", "Tick size check failed", .refused(.incrementViolation)),
    ("EOrder", "Invalid price", .refused(.incrementViolation)),
    ("EOrder", "Rate limit exceeded", .refused(.rateLimited)),
    ("EOrder", "Domain rate limit exceeded", .refused(.rateLimited)),
    ("EOrder", "Orders limit exceeded", .refused(.tooManyOrders)),
    ("EOrder", "Post only order", .refused(.postOnlyWouldTake)),
    ("EOrder", "Unknown order", .unknownOrder),
    ("EGeneral", "Invalid arguments", .refused(.malformedRequest)),
    ("EGeneral", "Permission denied", .unauthorized),
    ("EGeneral", "Temporary lockout", .busy(milliseconds: 15 * 60_000)),
    ("EGeneral", "Too many requests", .busy(milliseconds: 5000)),
    ("EService", "Market in", .refused(.marketClosed)),
    // `Throttled: <time>` names the moment; a pause does.
    ("EService", "Throttled", .busy(milliseconds: 5000)),
    ("EAPI", "Invalid nonce", .invalidNonce),
    ("EAPI", "Invalid key", .unauthorized),
    ("EAPI", "Invalid signature", .unauthorized),
    ("EAPI", "Rate limit exceeded", .throttled(milliseconds: 15_000)),
    ("EAuth", "Account", .unauthorized),
    ("EAuth", "Too many requests", .busy(milliseconds: 15_000)),
    ("EAuth", "Rate limit exceeded", .busy(milliseconds: 15_000)),
    ("EAccount", "", .unauthorized),
    ("ESession", "Invalid session", .sessionExpired),
    ("EQuery", "Unknown asset pair", .refused(.malformedRequest)),
    ("ETrade", "Invalid request", .refused(.venueRule)),
    ("EBM", "limit exceeded", .refused(.venueRule)),
  ]

  /// Why a new order was certainly not accepted; `nil` if it may have been.
  var rejectReason: RejectReason? {
    switch self {
    case .refused(let reason): reason
    case .throttled: .rateLimited
    case .invalidNonce, .unauthorized: .authentication
    case .busy, .sessionExpired, .unknownOrder, .ambiguous: nil
    }
  }

  /// The same for a question of start-up.
  func fault(_ text: String) -> VenueFault {
    switch self {
    case .throttled(let milliseconds), .busy(let milliseconds):
      .rateLimited(retryAfterMilliseconds: milliseconds, text)
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
