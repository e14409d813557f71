import RouterCore
import Wire

/// Orders and cancels over REST, written in place from what was made ready before.
///
/// What is signed - time, method, target and body, as sent - is written first and the request then
/// made of its parts, so that it can not say anything else.
struct CoinbaseExchangeOrderRequests {
  private struct Product {
    /// In JSON, with its quotes.
    let symbol: [UInt8]
    /// The query of a cancel, escaped as it is sent.
    let query: [UInt8]
    let priceScale: Int
    let quantityScale: Int
  }

  private let products: [Product]
  private var apiKey = ""
  private var passphrase = ""
  /// The headers that are the same in every request of an account.
  private var headers: [UInt8] = []
  /// What is signed; kept for its memory.
  private var signed: [UInt8] = []

  init(_ listings: [ListingBinding]) {
    products = listings.map { binding in
      var writer = JSONWriter()
      writer.string(binding.definition.symbol)
      var query: [UInt8] = []
      HTTPSerializer.append(target: "?product_id=\(binding.definition.symbol)", to: &query)
      return Product(
        symbol: writer.bytes, query: query,
        priceScale: Int(binding.instrument.priceScale),
        quantityScale: Int(binding.instrument.quantityScale))
    }
    signed.reserveCapacity(512)
  }

  /// Whether the venue has such orders; it takes `post_only` with nothing but those that rest.
  static func takes(_ order: NewChildOrder) -> Bool {
    name(of: order.timeInForce) != nil
      && (!order.isPostOnly || order.timeInForce == .goodTillCancel)
  }

  /// Appends a new order that the venue takes.
  mutating func place(
    _ order: NewChildOrder, product: Int, at stamp: RequestStamp, signer: any VenueSigner,
    to bytes: inout [UInt8]
  ) -> PreparedRequest {
    refresh(signer)
    let time = begin(stamp)
    signed.append(literal: "POST/orders")
    let body = signed.count
    write(order, products[product])
    let signature = signer.hmacSHA256(of: signed.span)
    let start = bytes.count
    bytes.append(literal: "POST /orders HTTP/1.1\r\n")
    let headers = bytes.count
    append(signature, time, to: &bytes)
    bytes.append(literal: "Content-Type: application/json\r\nContent-Length: ")
    bytes.append(integer: Int64(signed.count - body))
    bytes.append(literal: "\r\n\r\n")
    bytes.append(contentsOf: signed[body...])
    return PreparedRequest(.post, start: start, headers: headers, end: bytes.count)
  }

  /// Appends a cancel; without its product the venue finds the order as well.
  mutating func cancel(
    _ child: ChildOrderID, product: Int?, at stamp: RequestStamp, signer: any VenueSigner,
    to bytes: inout [UInt8]
  ) -> PreparedRequest {
    refresh(signer)
    let time = begin(stamp)
    signed.append(literal: "DELETE")
    let target = signed.count
    signed.append(literal: "/orders/client:")
    child.appendUUID(to: &signed)
    if let product { signed.append(contentsOf: products[product].query) }
    let signature = signer.hmacSHA256(of: signed.span)
    let start = bytes.count
    bytes.append(literal: "DELETE ")
    bytes.append(contentsOf: signed[target...])
    bytes.append(literal: " HTTP/1.1\r\n")
    let headers = bytes.count
    append(signature, time, to: &bytes)
    bytes.append(literal: "\r\n")
    return PreparedRequest(.delete, start: start, headers: headers, end: bytes.count)
  }

  // MARK: Parts

  /// A key that was exchanged signs under its own name and passphrase from now on.
  private mutating func refresh(_ signer: any VenueSigner) {
    let (apiKey, passphrase) = (signer.apiKey, signer.passphrase)
    guard apiKey != self.apiKey || passphrase != self.passphrase || headers.isEmpty else { return }
    (self.apiKey, self.passphrase) = (apiKey, passphrase)
    headers.removeAll(keepingCapacity: true)
    HTTPSerializer.append(name: "Accept", value: "application/json", to: &headers)
    HTTPSerializer.append(
      name: "User-Agent", value: CoinbaseExchangeAuthentication.userAgent, to: &headers)
    HTTPSerializer.append(name: "CB-ACCESS-KEY", value: apiKey, to: &headers)
    HTTPSerializer.append(name: "CB-ACCESS-PASSPHRASE", value: passphrase, to: &headers)
  }

  /// Begins what is signed, and says where the time stands in it.
  private mutating func begin(_ stamp: RequestStamp) -> Range<Int> {
    signed.removeAll(keepingCapacity: true)
    DecimalText.append(stamp.venueMilliseconds, scale: 3, to: &signed)
    return 0..<signed.count
  }

  private func append(_ signature: SHA256Signature, _ time: Range<Int>, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: headers)
    bytes.append(literal: "CB-ACCESS-SIGN: ")
    Base64.append(signature.span, to: &bytes)
    bytes.append(literal: "\r\nCB-ACCESS-TIMESTAMP: ")
    bytes.append(contentsOf: signed[time])
    bytes.append(literal: "\r\n")
  }

  /// Self-trade prevention `cn`: a new child never silently shortens an older one.
  private mutating func write(_ order: NewChildOrder, _ product: Product) {
    signed.append(literal: "{\"client_oid\":\"")
    order.id.appendUUID(to: &signed)
    signed.append(literal: order.isPostOnly ? "\",\"post_only\":true" : "\"")
    signed.append(literal: ",\"price\":\"")
    DecimalText.append(order.limitPrice.mantissa, scale: product.priceScale, to: &signed)
    signed.append(literal: "\",\"product_id\":")
    signed.append(contentsOf: product.symbol)
    signed.append(literal: order.side == .buy ? ",\"side\":\"buy\"" : ",\"side\":\"sell\"")
    signed.append(literal: ",\"size\":\"")
    DecimalText.append(order.quantity.mantissa, scale: product.quantityScale, to: &signed)
    signed.append(literal: "\",\"stp\":\"cn\",\"time_in_force\":\"")
    signed.append(literal: Self.name(of: order.timeInForce) ?? "GTC")
    signed.append(literal: "\",\"type\":\"limit\"}")
  }

  private static func name(of timeInForce: TimeInForce) -> StaticString? {
    switch timeInForce {
    case .goodTillCancel: "GTC"
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    case .goodTillDate: nil
    }
  }
}
