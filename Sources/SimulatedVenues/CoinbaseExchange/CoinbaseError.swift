import Simulation
import Wire

/// A refusal: an HTTP status and `{"message":"..."}`.
struct CoinbaseError: Error, Equatable {
  var status: Int
  var message: String

  init(_ status: Int, _ message: String) {
    self.status = status
    self.message = message
  }

  static let notFound = CoinbaseError(404, "NotFound")
  static let unknownOrder = CoinbaseError(404, "order not found")
  static let alreadyDone = CoinbaseError(400, "Order already done")
  static let invalidKey = CoinbaseError(401, "Invalid API Key")
  static let invalidPassphrase = CoinbaseError(401, "Invalid Passphrase")
  static let invalidSignature = CoinbaseError(401, "invalid signature")
  static let expired = CoinbaseError(400, "request timestamp expired")
  static let forbidden = CoinbaseError(403, "Forbidden")
  static let publicRateLimit = CoinbaseError(429, "Public rate limit exceeded")
  static let privateRateLimit = CoinbaseError(429, "Private rate limit exceeded")

  static func required(_ header: String) -> CoinbaseError {
    CoinbaseError(401, "\(header) header is required")
  }

  static func invalid(_ field: String) -> CoinbaseError { CoinbaseError(400, "Invalid \(field)") }

  init(_ refusal: OrderRefusal) {
    switch refusal {
    case .unknownInstrument: self.init(400, "Product not found")
    case .marketHalted: self.init(400, "Trading pair not available")
    case .cancelOnly: self.init(400, "Cancel only mode")
    case .postOnlyMode: self.init(400, "Post only mode")
    case .limitOnlyMode: self.init(400, "Limit only mode")
    case .priceOffTick: self.init(400, "price too precise")
    case .quantityOffLot: self.init(400, "size is too precise")
    case .quantityTooSmall: self.init(400, "size is too small")
    case .quantityTooLarge: self.init(400, "size is too large")
    case .notionalTooSmall: self.init(400, "notional is too small")
    case .insufficientFunds: self.init(400, "Insufficient funds")
    case .duplicateClientOrderID: self.init(400, "Duplicate client_oid")
    case .tooManyOpenOrders: self.init(400, "Too many open orders")
    case .wouldTake: self.init(400, "post only")
    case .invalid: self.init(400, "Invalid order")
    case .unknownOrder: self = .unknownOrder
    case .orderClosed: self = .alreadyDone
    }
  }

  var response: HTTPResponse {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("message", message)
    writer.endObject()
    return .json(status, writer.bytes)
  }
}
