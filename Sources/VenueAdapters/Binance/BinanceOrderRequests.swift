import RouterCore
import Wire

/// New orders for REST, written in place from what was made ready before.
///
/// All parameters stand in the query, percent-encoded, and what is signed is that text where it
/// stands in the request; so it can not say anything else. The body is empty.
struct BinanceOrderRequests {
  private struct Symbol {
    /// `symbol=` with the name as it is sent.
    let parameter: [UInt8]
    let priceScale: Int
    let quantityScale: Int
  }

  private let places: ListingPlaces
  private let symbols: [Symbol]
  private let windowMilliseconds: Int64
  private var apiKey = ""
  /// What follows the request line: the same in every order of an account.
  private var headers: [UInt8] = []

  init(_ listings: [ListingBinding], windowMilliseconds: Int64) {
    places = ListingPlaces(listings)
    symbols = listings.map { binding in
      Symbol(
        parameter: Array("symbol=\(PercentEncoding.encode(binding.definition.symbol))".utf8),
        priceScale: Int(binding.instrument.priceScale),
        quantityScale: Int(binding.instrument.quantityScale))
    }
    self.windowMilliseconds = windowMilliseconds
  }

  /// Appends a new order; `nil` if its listing is not of this venue.
  mutating func place(
    _ order: NewChildOrder, at stamp: RequestStamp, signer: any VenueSigner,
    to bytes: inout [UInt8]
  ) -> PreparedRequest? {
    guard let place = places[order.listing] else { return nil }
    refresh(signer)
    let start = bytes.count
    bytes.append(literal: "POST /api/v3/order?")
    let query = bytes.count
    write(order, symbols[place], at: stamp, to: &bytes)
    Self.sign(from: query, signer, &bytes)
    bytes.append(literal: " HTTP/1.1\r\n")
    let headers = bytes.count
    bytes.append(contentsOf: self.headers)
    return PreparedRequest(.post, start: start, headers: headers, end: bytes.count)
  }

  private func write(
    _ order: NewChildOrder, _ symbol: Symbol, at stamp: RequestStamp, to bytes: inout [UInt8]
  ) {
    bytes.append(contentsOf: symbol.parameter)
    bytes.append(literal: order.side == .buy ? "&side=BUY" : "&side=SELL")
    // LIMIT_MAKER rests until it is cancelled and takes no time in force; it is refused if it would take.
    bytes.append(literal: order.isPostOnly ? "&type=LIMIT_MAKER" : "&type=LIMIT&timeInForce=")
    if !order.isPostOnly {
      bytes.append(literal: BinanceOrderMessages.timeInForce(order.timeInForce))
    }
    bytes.append(literal: "&quantity=")
    DecimalText.append(order.quantity.mantissa, scale: symbol.quantityScale, to: &bytes)
    bytes.append(literal: "&price=")
    DecimalText.append(order.limitPrice.mantissa, scale: symbol.priceScale, to: &bytes)
    bytes.append(literal: "&newClientOrderId=")
    order.id.appendShort(to: &bytes)
    // The default for LIMIT, but said, since ACK, the default for LIMIT_MAKER, hides fills and status.
    bytes.append(literal: "&newOrderRespType=FULL&recvWindow=")
    bytes.append(integer: windowMilliseconds)
    bytes.append(literal: "&timestamp=")
    bytes.append(integer: stamp.venueMilliseconds)
  }

  /// Signs a query that ends the buffer, and appends the signature to it.
  static func sign(from query: Int, _ signer: any VenueSigner, _ bytes: inout [UInt8]) {
    let signature = signer.hmacSHA256(of: bytes.span.extracting(query..<bytes.count))
    bytes.append(literal: "&signature=")
    Hex.append(signature.span, to: &bytes)
  }

  /// A key that was exchanged signs under its own name from now on.
  private mutating func refresh(_ signer: any VenueSigner) {
    let apiKey = signer.apiKey
    guard apiKey != self.apiKey || headers.isEmpty else { return }
    self.apiKey = apiKey
    headers.removeAll(keepingCapacity: true)
    HTTPSerializer.append(name: "X-MBX-APIKEY", value: apiKey, to: &headers)
    HTTPSerializer.append(name: "User-Agent", value: "sluice", to: &headers)
    HTTPSerializer.append(name: "Content-Length", value: "0", to: &headers)
    headers.append(literal: "\r\n")
  }
}
