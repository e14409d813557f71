import RouterCore
import Wire

/// Reads products, fees, balances and open orders from REST answers.
enum CoinbaseExchangeReferenceData {
  /// The longest product name for which an execution id still fits a `ShortText`.
  static let maximumSymbolLength = 17

  static func serverTime(_ body: JSONValue) throws(VenueFault) -> Int64 {
    guard let epoch = body["epoch"]?.text, let nanoseconds = DecimalText.parse(epoch, scale: 9)
    else { throw .malformed("/time: epoch") }
    return nanoseconds
  }

  static func listings(
    _ pairs: [PairName], _ body: JSONValue
  ) throws(VenueFault) -> [ListingDefinition] {
    guard let products = body.array else { throw .malformed("/products: not an array") }
    var listings: [ListingDefinition] = []
    for pair in pairs {
      guard let product = products.first(where: { isPair(pair, $0) }) else {
        throw .refused("product \(pair.description) is not listed")
      }
      listings.append(try listing(pair, product))
    }
    return listings
  }

  static func listing(
    _ pair: PairName, _ product: JSONValue
  ) throws(VenueFault) -> ListingDefinition {
    guard let id = product["id"]?.string, !id.isEmpty else { throw .malformed("/products: id") }
    guard id.utf8.count <= maximumSymbolLength else {
      throw .refused("product \(id): its name is too long for execution ids")
    }
    let priceIncrement = try increment("quote_increment", id, product)
    let quantityIncrement = try increment("base_increment", id, product)
    return ListingDefinition(
      pair: pair, symbol: id, streamSymbol: id, priceIncrement: priceIncrement,
      quantityIncrement: quantityIncrement,
      // `base_min_size` and `base_max_size` were withdrawn in 2022 and must not be relied on.
      minimumQuantity: quantityIncrement, maximumQuantity: nil,
      minimumNotional: try decimal("min_market_funds", id, product),
      status: status(product), feeAsset: .quote, priceDigits: priceIncrement.scale,
      quantityDigits: quantityIncrement.scale)
  }

  /// What a product lets us do; a flag that is absent is off, an unknown status is not trading.
  static func status(_ product: JSONValue) -> ListingStatus {
    func isSet(_ flag: String) -> Bool { product[flag]?.bool ?? false }
    guard product["status"]?.string == "online", !isSet("trading_disabled") else { return .halted }
    // In a call auction nothing matches, and the published book may look crossed.
    if isSet("auction_mode") { return .halted }
    if isSet("cancel_only") { return .cancelOnly }
    if isSet("post_only") { return .postOnly }
    return isSet("limit_only") ? .limitOnly : .trading
  }

  static func feeRates(
    _ listings: [ListingDefinition], _ body: JSONValue
  ) throws(VenueFault) -> [FeeRates] {
    let taker = try rate("taker_fee_rate", body)
    let maker = try rate("maker_fee_rate", body)
    return listings.map { FeeRates(pair: $0.pair, taker: taker, maker: maker) }
  }

  static func balances(_ body: JSONValue) throws(VenueFault) -> [NamedBalance] {
    guard let accounts = body.array else { throw .malformed("/accounts: not an array") }
    var balances: [NamedBalance] = []
    for account in accounts {
      guard let currency = account["currency"]?.string else {
        throw .malformed("/accounts: currency")
      }
      balances.append(
        NamedBalance(
          asset: currency, available: try amount("available", currency, account),
          total: try amount("balance", currency, account)))
    }
    return balances
  }

  static func openOrders(_ response: HTTPResponse) throws(VenueFault) -> [OpenOrder] {
    guard let orders = try json(response).array else { throw .malformed("/orders: not an array") }
    // A full page may hide orders, and then "not among them" would be no answer.
    guard orders.count < 1000 else { throw .unavailable("/orders: 1,000 or more open orders") }
    var open: [OpenOrder] = []
    for order in orders {
      guard let id = order["id"]?.string, let symbol = order["product_id"]?.string else {
        throw .malformed("/orders: id or product_id")
      }
      let clientOrderID = order["client_oid"]?.string ?? ""
      open.append(
        OpenOrder(
          child: ChildOrderID(uuid: Array(clientOrderID.utf8)), clientOrderID: clientOrderID,
          venueOrderID: id, symbol: symbol, side: order["side"]?.string == "sell" ? .sell : .buy,
          quantity: order["size"]?.text ?? "", limitPrice: order["price"]?.text ?? "",
          filled: order["filled_size"]?.text ?? ""))
    }
    return open
  }

  static func json(_ response: HTTPResponse) throws(VenueFault) -> JSONValue {
    guard (200..<300).contains(response.status) else {
      throw CoinbaseExchangeErrors.fault(response)
    }
    guard let value = try? JSONValue(parsing: response.body) else {
      throw .malformed("answer is not JSON")
    }
    return value
  }

  private static func isPair(_ pair: PairName, _ product: JSONValue) -> Bool {
    product["base_currency"]?.string == pair.base && product["quote_currency"]?.string == pair.quote
  }

  private static func increment(
    _ name: String, _ id: String, _ product: JSONValue
  ) throws(VenueFault) -> WrittenDecimal {
    let value = try decimal(name, id, product)
    guard value.mantissa > 0 else { throw .malformed("product \(id): \(name) is not positive") }
    return value
  }

  private static func decimal(
    _ name: String, _ id: String, _ product: JSONValue
  ) throws(VenueFault) -> WrittenDecimal {
    guard let text = product[name]?.text, let value = DecimalText.parse(text),
      value.mantissa >= 0
    else { throw .malformed("product \(id): \(name)") }
    return WrittenDecimal(mantissa: value.mantissa, scale: value.scale)
  }

  private static func rate(_ name: String, _ body: JSONValue) throws(VenueFault) -> FeeRate {
    guard let text = body[name]?.text, let parts = DecimalText.parse(text, scale: 8) else {
      throw .malformed("/fees: \(name)")
    }
    return FeeRate(partsPerHundredMillion: parts)
  }

  private static func amount(
    _ name: String, _ currency: String, _ account: JSONValue
  ) throws(VenueFault) -> Amount {
    guard let text = account[name]?.text,
      let mantissa = DecimalText.parse128(text, scale: Amount.scale)
    else { throw .malformed("/accounts: \(name) of \(currency)") }
    return Amount(mantissa: mantissa)
  }
}
