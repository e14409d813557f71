import RouterCore
import Wire

/// Orders and cancels for the WebSocket API, written in place from what was made ready before.
///
/// A parameter is written to what is signed and to what is sent by one call, in the order of the
/// names, as the venue wants them signed; so neither can say what the other does not.
struct BinanceOrderMessages {
  /// A text as it is signed, and as JSON.
  private struct Text {
    var plain: [UInt8] = []
    var quoted: [UInt8] = []

    init(_ text: String) {
      plain = Array(text.utf8)
      var writer = JSONWriter()
      writer.string(text)
      quoted = writer.bytes
    }
  }

  private struct Symbol {
    let name: Text
    let priceScale: Int
    let quantityScale: Int
  }

  private let places: ListingPlaces
  private let symbols: [Symbol]
  private let windowMilliseconds: Int64
  private var apiKey = ""
  private var key = Text("")
  /// What is signed; kept for its memory.
  private var payload: [UInt8] = []

  init(_ listings: [ListingBinding], windowMilliseconds: Int64) {
    places = ListingPlaces(listings)
    symbols = listings.map { binding in
      Symbol(
        name: Text(binding.definition.symbol),
        priceScale: Int(binding.instrument.priceScale),
        quantityScale: Int(binding.instrument.quantityScale))
    }
    self.windowMilliseconds = windowMilliseconds
    payload.reserveCapacity(512)
  }

  /// Appends a new order; `nil` if its listing is not of this venue.
  mutating func place(
    _ order: NewChildOrder, number: UInt64, at stamp: RequestStamp, signer: any VenueSigner,
    to message: inout [UInt8]
  ) -> Range<Int>? {
    guard let place = places[order.listing] else { return nil }
    let symbol = symbols[place]
    let start = message.count
    begin("order.place", number, signer, &message)
    add("newClientOrderId", to: &message) { order.id.appendShort(to: &$0) }
    // The default for LIMIT, but said, since ACK, the default for LIMIT_MAKER, hides fills and status.
    add("newOrderRespType", "FULL", to: &message)
    add("price", to: &message) {
      DecimalText.append(order.limitPrice.mantissa, scale: symbol.priceScale, to: &$0)
    }
    add("quantity", to: &message) {
      DecimalText.append(order.quantity.mantissa, scale: symbol.quantityScale, to: &$0)
    }
    add("recvWindow", number: windowMilliseconds, to: &message)
    add("side", order.side == .buy ? "BUY" : "SELL", to: &message)
    add("symbol", symbol.name, to: &message)
    if !order.isPostOnly {
      add("timeInForce", Self.timeInForce(order.timeInForce), to: &message)
    }
    add("timestamp", number: stamp.venueMilliseconds, to: &message)
    // LIMIT_MAKER rests until it is cancelled and takes no time in force; it is refused if it would take.
    add("type", order.isPostOnly ? "LIMIT_MAKER" : "LIMIT", to: &message)
    sign(signer, &message)
    return start..<message.count
  }

  /// Appends a cancel, by the venue's id where we know it: the faster way.
  mutating func cancel(
    _ child: ChildReference, number: UInt64, at stamp: RequestStamp, signer: any VenueSigner,
    to message: inout [UInt8]
  ) -> Range<Int>? {
    guard let place = places[child.listing] else { return nil }
    let start = message.count
    begin("order.cancel", number, signer, &message)
    if let orderID = BinanceOrderEntry.orderID(child.venueOrderID) {
      add("orderId", number: orderID, to: &message)
    } else {
      add("origClientOrderId", to: &message) { child.id.appendShort(to: &$0) }
    }
    add("recvWindow", number: windowMilliseconds, to: &message)
    add("symbol", symbols[place].name, to: &message)
    add("timestamp", number: stamp.venueMilliseconds, to: &message)
    sign(signer, &message)
    return start..<message.count
  }

  static func timeInForce(_ value: TimeInForce) -> StaticString {
    switch value {
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    // The core ends a good-till-date order itself; at the venue it rests.
    case .goodTillCancel, .goodTillDate: "GTC"
    }
  }
}

// MARK: - Parameters

extension BinanceOrderMessages {
  private mutating func begin(
    _ method: StaticString, _ number: UInt64, _ signer: any VenueSigner,
    _ message: inout [UInt8]
  ) {
    let apiKey = signer.apiKey
    // A key that was exchanged signs under its own name from now on.
    if apiKey != self.apiKey || key.quoted.isEmpty {
      self.apiKey = apiKey
      key = Text(apiKey)
    }
    payload.removeAll(keepingCapacity: true)
    message.append(literal: "{\"id\":\"")
    message.append(integer: Int64(truncatingIfNeeded: number))
    message.append(literal: "\",\"method\":\"")
    message.append(literal: method)
    message.append(literal: "\",\"params\":{\"apiKey\":")
    payload.append(literal: "apiKey=")
    payload.append(contentsOf: key.plain)
    message.append(contentsOf: key.quoted)
  }

  private mutating func name(_ name: StaticString, _ message: inout [UInt8]) {
    payload.append(literal: "&")
    payload.append(literal: name)
    payload.append(literal: "=")
    message.append(literal: ",\"")
    message.append(literal: name)
    message.append(literal: "\":")
  }

  private mutating func add(_ name: StaticString, _ text: Text, to message: inout [UInt8]) {
    self.name(name, &message)
    payload.append(contentsOf: text.plain)
    message.append(contentsOf: text.quoted)
  }

  private mutating func add(
    _ name: StaticString, _ value: StaticString, to message: inout [UInt8]
  ) {
    add(name, to: &message) { $0.append(literal: value) }
  }

  /// Adds a value of digits and letters, which JSON has in quotes.
  private mutating func add(
    _ name: StaticString, to message: inout [UInt8], _ value: (inout [UInt8]) -> Void
  ) {
    self.name(name, &message)
    let start = payload.count
    value(&payload)
    message.append(literal: "\"")
    message.append(contentsOf: payload[start...])
    message.append(literal: "\"")
  }

  private mutating func add(_ name: StaticString, number: Int64, to message: inout [UInt8]) {
    self.name(name, &message)
    let start = payload.count
    payload.append(integer: number)
    message.append(contentsOf: payload[start...])
  }

  /// Signs all parameters, `apiKey` among them, sorted by name and *not* percent-encoded.
  private func sign(_ signer: any VenueSigner, _ message: inout [UInt8]) {
    let signature = signer.hmacSHA256(of: payload.span)
    message.append(literal: ",\"signature\":\"")
    Hex.append(signature.span, to: &message)
    message.append(literal: "\"}}")
  }
}
