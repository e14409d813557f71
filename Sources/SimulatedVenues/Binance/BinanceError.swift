import Simulation

/// A refusal in Binance's words: a code that is stable, a text that is not, and an HTTP status.
struct BinanceError: Error, Equatable {
  var code: Int
  var message: String
  var status = 400
  /// When it may be tried again, in the venue's time.
  var retryAt: Int64?
  /// JSON for the member `data`, where the error has one.
  var data: [UInt8]?

  init(_ code: Int, _ message: String, status: Int = 400) {
    self.code = code
    self.message = message
    self.status = status
  }
}

// MARK: - Requests

extension BinanceError {
  static let timeout = BinanceError(
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    status: 504)
  static let unsupported = BinanceError(-1020, "This operation is not supported.", status: 404)
  static let gone = BinanceError(-1020, "This operation is not supported.", status: 410)
  static let ahead = BinanceError(
    -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
  static let late = BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")
  static let signature = BinanceError(-1022, "Signature for this request is not valid.")
  static let duplicateParameter = BinanceError(-1101, "Duplicate values for a parameter detected.")
  static let invalidSymbol = BinanceError(-1121, "Invalid symbol.")
  static let badWindow = BinanceError(-1131, "recvWindow must be less than 60000")
  static let invalidJSON = BinanceError(-1135, "Invalid JSON Request")
  static let keyFormat = BinanceError(-2014, "API-key format invalid.", status: 401)
  static let unauthorized = BinanceError(
    -2015, "Invalid API-key, IP, or permissions for action.", status: 401)
  static let alreadySubscribed = BinanceError(
    -2035, "User Data Stream subscription already active.")
  static let notSubscribed = BinanceError(-2036, "User Data Stream subscription not active.")
  /// The number stands in no document we have.
  static let notEd25519 = BinanceError(-4056, "HMAC_SHA256 API key is not supported.")

  static func missing(_ name: String) -> BinanceError {
    BinanceError(
      -1102, "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
  }

  static func eitherMissing(_ first: String, _ second: String) -> BinanceError {
    BinanceError(
      -1102, "Param '\(first)' or '\(second)' must be sent, but both were empty/null!")
  }

  static func unread(_ read: Int, of sent: Int) -> BinanceError {
    BinanceError(
      -1104,
      "Not all sent parameters were read; read '\(read)' parameter(s) but was sent '\(sent)'.")
  }

  static func notRequired(_ name: String) -> BinanceError {
    BinanceError(-1106, "Parameter '\(name)' sent when not required.")
  }

  static func illegal(_ name: String, _ range: String) -> BinanceError {
    BinanceError(
      -1100, "Illegal characters found in parameter '\(name)'; legal range is '\(range)'.")
  }

  static func precision(_ name: String) -> BinanceError {
    BinanceError(-1111, "Parameter '\(name)' has too much precision.")
  }

  static func filter(_ name: String) -> BinanceError {
    BinanceError(-1013, "Filter failure: \(name)")
  }
}

// MARK: - Orders

extension BinanceError {
  static let noSuchOrder = BinanceError(-2013, "Order does not exist.")
  static let unknownOrder = BinanceError(-2011, "Unknown order sent.")
  static let restricted = BinanceError(
    -2011, "Order was not canceled due to cancel restrictions.")
  static let mismatch = BinanceError(-2039, "Client order ID is not correct for this order ID")

  static func rejected(_ message: String) -> BinanceError { BinanceError(-2010, message) }

  /// Why the engine does not take an order.
  init(_ refusal: OrderRefusal) {
    switch refusal {
    case .unknownInstrument: self = .invalidSymbol
    case .priceOffTick: self = .filter("PRICE_FILTER")
    case .quantityOffLot, .quantityTooSmall, .quantityTooLarge: self = .filter("LOT_SIZE")
    case .notionalTooSmall: self = .filter("NOTIONAL")
    case .tooManyOpenOrders: self = .filter("MAX_NUM_ORDERS")
    case .insufficientFunds:
      self = .rejected("Account has insufficient balance for requested action.")
    case .duplicateClientOrderID: self = .rejected("Duplicate order sent.")
    case .wouldTake: self = .rejected("Order would immediately match and take.")
    case .marketHalted, .cancelOnly, .postOnlyMode, .limitOnlyMode:
      self = .rejected("Market is closed.")
    case .invalid: self = .rejected("Price * QTY is zero or less.")
    case .unknownOrder, .orderClosed: self = .unknownOrder
    }
  }
}
