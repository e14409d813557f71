import Simulation
import Wire

/// Reads a new order from the body of `POST /orders`.
struct CoinbaseOrderTerms {
  let body: JSONValue
  let product: CoinbaseProduct
  let now: Int64

  func read() throws(CoinbaseError) -> NewOrder {
    for field in ["stop", "stop_price", "stop_limit_price", "max_floor"] {
      if let value = body[field], !value.isNull { throw .invalid(field) }
    }
    guard let side = CoinbaseWord.side(body["side"]?.string) else { throw .invalid("side") }
    var order = NewOrder(instrument: product.instrument, side: side, kind: try kind())
    try readLifetime(&order)
    try readSize(&order)
    order.isPostOnly = try flag("post_only")
    guard !order.isPostOnly || (order.kind == .limit && order.lifetime == .goodTillCancel) else {
      throw .invalid("post_only")
    }
    guard let prevention = CoinbaseWord.selfTradePrevention(body["stp"]?.string ?? "dc") else {
      throw .invalid("stp")
    }
    order.selfTradePrevention = prevention
    // An id of another form is accepted and forgotten, without a word.
    if let id = body["client_oid"]?.string, CoinbaseIdentifier.isKept(id) {
      order.clientOrderID = id
    }
    return order
  }

  private func kind() throws(CoinbaseError) -> OrderKind {
    switch body["type"]?.string ?? "limit" {
    case "limit": return .limit
    case "market": return .market
    default: throw .invalid("type")
    }
  }

  private func flag(_ name: String) throws(CoinbaseError) -> Bool {
    switch body[name] {
    case nil, .null?: return false
    case .bool(let value)?: return value
    case .string("true")?: return true
    case .string("false")?: return false
    default: throw .invalid(name)
    }
  }

  private func readLifetime(_ order: inout NewOrder) throws(CoinbaseError) {
    let word = body["time_in_force"]?.string ?? "GTC"
    switch word {
    case "GTC", "GTT": order.lifetime = .goodTillCancel
    case "IOC": order.lifetime = .immediateOrCancel
    case "FOK": order.lifetime = .fillOrKill
    default: throw .invalid("time_in_force")
    }
    let seconds: Int64?
    switch body["cancel_after"]?.string {
    case nil: seconds = nil
    case "min": seconds = 60
    case "hour": seconds = 3600
    case "day": seconds = 86_400
    default: throw .invalid("cancel_after")
    }
    guard (word == "GTT") == (seconds != nil) else { throw .invalid("cancel_after") }
    if let seconds { order.expiresAt = now + seconds * 1_000_000_000 }
  }

  private func readSize(_ order: inout NewOrder) throws(CoinbaseError) {
    let hasSize = body["size"]?.text != nil
    let funds = try readFunds()
    guard hasSize != (funds != nil) else {
      throw CoinbaseError(400, "exactly one of size and funds is required")
    }
    if order.kind == .limit {
      order.price = try decimal("price", product.terms.priceScale, "price too precise")
    }
    if hasSize {
      order.quantity = try decimal("size", product.terms.quantityScale, "size is too precise")
    } else if let funds, order.kind == .market {
      order.quoteQuantity = Amount(mantissa: funds, scale: product.terms.priceScale)
    } else if let funds {
      order.quantity = try size(of: funds, at: order.price)
    }
  }

  /// An amount of the quote currency, counted in price steps.
  private func readFunds() throws(CoinbaseError) -> Int64? {
    guard body["funds"]?.text != nil else { return nil }
    return try decimal("funds", product.terms.priceScale, "funds is too accurate")
  }

  private func size(of funds: Int64, at price: Int64) throws(CoinbaseError) -> Int64 {
    let units = Int128(funds) * Amount.powerOfTen(product.terms.quantityScale) / Int128(price)
    guard let size = Int64(exactly: units) else { throw .invalid("funds") }
    return size - size % product.terms.lot
  }

  private func decimal(
    _ name: String, _ scale: Int, _ tooPrecise: String
  ) throws(CoinbaseError) -> Int64 {
    guard let text = body[name]?.text else { throw .invalid(name) }
    if let value = DecimalText.parse(text, scale: scale) {
      guard value > 0 else {
        throw value < 0 ? .invalid(name) : CoinbaseError(400, "\(name) is too small")
      }
      return value
    }
    // Readable with more digits, so the digits are what is wrong.
    guard DecimalText.parse128(text, scale: 18) != nil else { throw .invalid(name) }
    throw CoinbaseError(400, tooPrecise)
  }
}
