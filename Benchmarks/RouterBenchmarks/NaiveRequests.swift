import Platform
import RouterCore
import VenueAdapters
import Wire

/// What a first version does with an order: text after text, and a key that is hashed anew each time.
struct NaiveRequests {
  let apiKey: String
  let passphrase: String
  let secret: [UInt8]

  func binance(_ order: NewChildOrder, _ binding: ListingBinding, _ stamp: RequestStamp) -> [UInt8]
  {
    var parameters = [
      ("symbol", binding.definition.symbol), ("side", order.side == .buy ? "BUY" : "SELL"),
      ("type", "LIMIT"), ("timeInForce", "IOC"), ("quantity", quantity(order, binding)),
      ("price", price(order, binding)), ("newClientOrderId", order.id.short.string),
      ("newOrderRespType", "FULL"), ("apiKey", apiKey), ("recvWindow", "2000"),
      ("timestamp", "\(stamp.venueMilliseconds)"),
    ]
    parameters.sort { $0.0 < $1.0 }
    let payload = parameters.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    let signature = Hex.encode(sign(payload))
    let fields = parameters.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    let text =
      "{\"id\":\"1\",\"method\":\"order.place\",\"params\":{\(fields),\"signature\":\"\(signature)\"}}"
    return Array(text.utf8)
  }

  func binanceHTTP(
    _ order: NewChildOrder, _ binding: ListingBinding, _ stamp: RequestStamp
  ) -> [UInt8] {
    let parameters = [
      ("symbol", binding.definition.symbol), ("side", order.side == .buy ? "BUY" : "SELL"),
      ("type", "LIMIT"), ("timeInForce", "IOC"), ("quantity", quantity(order, binding)),
      ("price", price(order, binding)), ("newClientOrderId", order.id.short.string),
      ("newOrderRespType", "FULL"), ("recvWindow", "2000"),
      ("timestamp", "\(stamp.venueMilliseconds)"),
    ]
    let query = parameters.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    let signature = Hex.encode(sign(query))
    let headers = [
      "POST /api/v3/order?\(query)&signature=\(signature) HTTP/1.1", "Host: api.binance.com",
      "X-MBX-APIKEY: \(apiKey)", "User-Agent: sluice", "Content-Length: 0",
    ]
    return Array("\(headers.joined(separator: "\r\n"))\r\n\r\n".utf8)
  }

  func kraken(_ order: NewChildOrder, _ binding: ListingBinding, _ stamp: RequestStamp) -> [UInt8] {
    let deadline = RFC3339.format(stamp.venueNanoseconds + 2_000_000_000, fractionDigits: 3)
    let fields = [
      "\"order_type\":\"limit\"", "\"side\":\"\(order.side == .buy ? "buy" : "sell")\"",
      "\"symbol\":\"\(binding.definition.streamSymbol)\"",
      "\"order_qty\":\(quantity(order, binding))", "\"limit_price\":\(price(order, binding))",
      "\"time_in_force\":\"ioc\"", "\"cl_ord_id\":\"\(order.id.uuid.string)\"",
      "\"fee_preference\":\"quote\"", "\"deadline\":\"\(deadline)\"", "\"token\":\"TOKEN\"",
    ].joined(separator: ",")
    return Array("{\"method\":\"add_order\",\"params\":{\(fields)},\"req_id\":1}".utf8)
  }

  func coinbase(_ order: NewChildOrder, _ binding: ListingBinding, _ stamp: RequestStamp) -> [UInt8]
  {
    let fields = [
      "\"client_oid\":\"\(order.id.uuid.string)\"", "\"price\":\"\(price(order, binding))\"",
      "\"product_id\":\"\(binding.definition.symbol)\"",
      "\"side\":\"\(order.side == .buy ? "buy" : "sell")\"",
      "\"size\":\"\(quantity(order, binding))\"", "\"stp\":\"cn\"", "\"time_in_force\":\"IOC\"",
      "\"type\":\"limit\"",
    ]
    let body = "{\(fields.joined(separator: ","))}"
    let time = DecimalText.format(stamp.venueMilliseconds, scale: 3)
    let headers = [
      "POST /orders HTTP/1.1", "Host: api.exchange.coinbase.com", "Accept: application/json",
      "User-Agent: sluice/1", "CB-ACCESS-KEY: \(apiKey)", "CB-ACCESS-PASSPHRASE: \(passphrase)",
      "CB-ACCESS-SIGN: \(Base64.encode(sign("\(time)POST/orders\(body)")))",
      "CB-ACCESS-TIMESTAMP: \(time)", "Content-Type: application/json",
      "Content-Length: \(body.utf8.count)",
    ]
    return Array("\(headers.joined(separator: "\r\n"))\r\n\r\n\(body)".utf8)
  }

  private func sign(_ text: String) -> [UInt8] {
    HMACKey(.sha256, key: Secret(secret)).sign(Array(text.utf8))
  }

  private func price(_ order: NewChildOrder, _ binding: ListingBinding) -> String {
    DecimalText.format(order.limitPrice.mantissa, scale: Int(binding.instrument.priceScale))
  }

  private func quantity(_ order: NewChildOrder, _ binding: ListingBinding) -> String {
    DecimalText.format(order.quantity.mantissa, scale: Int(binding.instrument.quantityScale))
  }
}
