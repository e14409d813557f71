import Simulation

/// A refusal in Kraken's words: `E<category>:<text>`.
struct KrakenError: Error {
  let text: String

  init(_ text: String) { self.text = text }

  static let invalidKey = KrakenError("EAPI:Invalid key")
  static let invalidSignature = KrakenError("EAPI:Invalid signature")
  static let invalidNonce = KrakenError("EAPI:Invalid nonce")
  static let rateLimit = KrakenError("EAPI:Rate limit exceeded")
  static let orderRateLimit = KrakenError("EOrder:Rate limit exceeded")
  static let permissionDenied = KrakenError("EGeneral:Permission denied")
  static let lockout = KrakenError("EGeneral:Temporary lockout")
  static let unknownMethod = KrakenError("EGeneral:Unknown method")
  static let unknownPair = KrakenError("EQuery:Unknown asset pair")
  static let unknownOrder = KrakenError("EOrder:Unknown order")
  static let invalidOrder = KrakenError("EOrder:Invalid order")
  static let deadlineElapsed = KrakenError("EService:Deadline elapsed")
  static let invalidSession = KrakenError("ESession:Invalid session")
  static let unavailable = KrakenError("EService:Unavailable")

  static func invalidArguments(_ field: String) -> KrakenError {
    KrakenError("EGeneral:Invalid arguments:\(field)")
  }

  init(_ refusal: OrderRefusal) {
    text =
      switch refusal {
      case .unknownInstrument: "EQuery:Unknown asset pair"
      case .marketHalted: "EService:Unavailable"
      case .cancelOnly: "EService:Market in cancel_only mode"
      case .postOnlyMode: "EService:Market in post_only mode"
      case .limitOnlyMode: "EService:Market in limit_only mode"
      case .priceOffTick: "EOrder:Tick size check failed"
      case .quantityOffLot, .invalid: "EGeneral:Invalid arguments:volume"
      case .quantityTooSmall: "EOrder:Order minimum not met"
      case .quantityTooLarge: "EGeneral:Invalid arguments:volume maximum"
      case .notionalTooSmall: "EOrder:Cost minimum not met"
      case .insufficientFunds: "EOrder:Insufficient funds"
      case .duplicateClientOrderID: "EOrder:Duplicate client order id"
      case .tooManyOpenOrders: "EOrder:Orders limit exceeded"
      case .wouldTake: "EOrder:Post only order"
      case .unknownOrder, .orderClosed: "EOrder:Unknown order"
      }
  }
}
