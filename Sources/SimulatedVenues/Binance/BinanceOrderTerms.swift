import Simulation
import Wire

/// What an order request says, read and checked as Binance does before the engine sees it.
struct BinanceOrderTerms {
  enum ResponseType: String {
    case ack = "ACK"
    case result = "RESULT"
    case full = "FULL"
  }

  let symbol: BinanceSymbol
  private(set) var order: NewOrder
  let responseType: ResponseType

  /// Reads every parameter of an order; `fallbackID` names one that names itself not.
  init(
    _ parameters: BinanceParameters, _ symbol: BinanceSymbol, fallbackID: String
  ) throws(BinanceError) {
    self.symbol = symbol
    let side = try Self.side(parameters)
    let type = try parameters.required("type").uppercased()
    guard ["LIMIT", "LIMIT_MAKER", "MARKET"].contains(type) else {
      throw BinanceError(-1116, "Invalid orderType.")
    }
    order = NewOrder(
      instrument: symbol.instrument, side: side, kind: type == "MARKET" ? .market : .limit)
    order.isPostOnly = type == "LIMIT_MAKER"
    order.clientOrderID = try Self.clientOrderID(parameters, "newClientOrderId") ?? fallbackID
    responseType = try Self.responseType(parameters, type)
    let label = try Self.label(type, parameters)
    order.label = label.text
    order.selfTradePrevention = label.engineMode
    try readLifetime(parameters, type)
    try readSizes(parameters, type)
    for name in ["stopPrice", "trailingDelta"] where parameters[name] != nil {
      throw .notRequired(name)
    }
    if parameters["icebergQty"] != nil { throw .filter("ICEBERG_PARTS") }
  }

  // MARK: - Parts

  private static func side(_ parameters: BinanceParameters) throws(BinanceError) -> OrderSide {
    switch try parameters.required("side").uppercased() {
    case "BUY": return .buy
    case "SELL": return .sell
    default: throw BinanceError(-1117, "Invalid side.")
    }
  }

  /// A client order id of the form that the venue takes.
  static func clientOrderID(
    _ parameters: BinanceParameters, _ name: String
  ) throws(BinanceError) -> String? {
    guard let id = parameters[name] else { return nil }
    let isLegal = id.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    guard isLegal, (1...36).contains(id.utf8.count) else {
      throw .illegal(name, "^[a-zA-Z0-9-_]{1,36}$")
    }
    return id
  }

  private static func responseType(
    _ parameters: BinanceParameters, _ type: String
  ) throws(BinanceError) -> ResponseType {
    guard let text = parameters["newOrderRespType"] else {
      return type == "LIMIT_MAKER" ? .ack : .full
    }
    guard let type = ResponseType(rawValue: text.uppercased()) else {
      throw BinanceError(-1104, "Invalid newOrderRespType.")
    }
    return type
  }

  private static func label(
    _ type: String, _ parameters: BinanceParameters
  ) throws(BinanceError) -> BinanceOrderLabel {
    let mode = parameters["selfTradePreventionMode"]?.uppercased() ?? BinanceOrderLabel.defaultMode
    guard BinanceOrderLabel.modes.contains(mode) else {
      throw BinanceError(
        -1013, "This symbol does not allow the specified self-trade prevention mode.")
    }
    let strategyType = try parameters.integer("strategyType")
    guard strategyType ?? 1_000_000 >= 1_000_000 else {
      throw BinanceError(-1128, "Combination of optional parameters invalid.")
    }
    return BinanceOrderLabel(
      type: type, mode: mode, strategyID: try parameters.integer("strategyId"),
      strategyType: strategyType)
  }

  private mutating func readLifetime(
    _ parameters: BinanceParameters, _ type: String
  ) throws(BinanceError) {
    guard type == "LIMIT" else {
      if parameters["timeInForce"] != nil { throw .notRequired("timeInForce") }
      return
    }
    switch try parameters.required("timeInForce").uppercased() {
    case "GTC": order.lifetime = .goodTillCancel
    case "IOC": order.lifetime = .immediateOrCancel
    case "FOK": order.lifetime = .fillOrKill
    default: throw BinanceError(-1115, "Invalid timeInForce.")
    }
  }

  private mutating func readSizes(
    _ parameters: BinanceParameters, _ type: String
  ) throws(BinanceError) {
    let terms = symbol.terms
    if order.kind == .limit {
      order.price = try BinanceSymbol.read(
        try parameters.required("price"), "price", scale: terms.priceScale, filter: "PRICE_FILTER")
      if parameters["quoteOrderQty"] != nil { throw .notRequired("quoteOrderQty") }
    } else {
      if parameters["price"] != nil { throw .notRequired("price") }
      if let text = parameters["quoteOrderQty"] {
        if parameters["quantity"] != nil {
          throw BinanceError(-1128, "Combination of optional parameters invalid.")
        }
        let units = try BinanceSymbol.read(
          text, "quoteOrderQty", scale: BinanceSymbol.digits, filter: "NOTIONAL")
        order.quoteQuantity = Amount(mantissa: units, scale: BinanceSymbol.digits)
        return
      }
    }
    order.quantity = try BinanceSymbol.read(
      try parameters.required("quantity"), "quantity", scale: terms.quantityScale,
      filter: "LOT_SIZE")
  }

  /// PERCENT_PRICE_BY_SIDE: no more than five times the reference, no less than a fifth of it.
  func checkPriceRange(reference: Int64) throws(BinanceError) {
    guard order.kind == .limit else { return }
    let isInside =
      Int128(order.price) <= Int128(reference) * 5 && Int128(order.price) * 5 >= Int128(reference)
    guard isInside else { throw .filter("PERCENT_PRICE_BY_SIDE") }
  }
}

/// The words of an order that the engine has no place for, kept with it as one text.
struct BinanceOrderLabel {
  static let defaultMode = "EXPIRE_MAKER"
  static let modes = ["NONE", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT"]

  var type: String
  var mode: String
  var strategyID: Int64?
  var strategyType: Int64?

  init(type: String, mode: String, strategyID: Int64?, strategyType: Int64?) {
    self.type = type
    self.mode = mode
    self.strategyID = strategyID
    self.strategyType = strategyType
  }

  init(_ order: SimulatedOrder) {
    let words = order.terms.label.split(separator: " ").map(String.init)
    type = words.first ?? (order.terms.kind == .market ? "MARKET" : "LIMIT")
    mode = words.count > 1 ? words[1] : Self.defaultMode
    strategyID = words.count > 2 ? Int64(words[2]) : nil
    strategyType = words.count > 3 ? Int64(words[3]) : nil
  }

  var text: String {
    [type, mode, strategyID.map { "\($0)" } ?? "-", strategyType.map { "\($0)" } ?? "-"]
      .joined(separator: " ")
  }

  var engineMode: SelfTradePrevention {
    switch mode {
    case "EXPIRE_TAKER": .cancelNewest
    case "EXPIRE_MAKER": .cancelOldest
    case "EXPIRE_BOTH": .cancelBoth
    case "DECREMENT": .decrement
    default: .none
    }
  }
}
