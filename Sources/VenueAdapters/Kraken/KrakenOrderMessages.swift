import RouterCore
import Wire

/// Orders and cancels for the private socket, written in place from what was made ready before.
struct KrakenOrderMessages {
  private struct Pair {
    /// With its quotes.
    let symbol: [UInt8]
    let priceScale: Int
    let quantityScale: Int
  }

  private let places: ListingPlaces
  private let pairs: [Pair]
  private var token = ""
  private var quotedToken: [UInt8] = []

  init(_ listings: [ListingBinding]) {
    places = ListingPlaces(listings)
    pairs = listings.map { binding in
      Pair(
        symbol: Self.quoted(binding.definition.streamSymbol),
        priceScale: Int(binding.instrument.priceScale),
        quantityScale: Int(binding.instrument.quantityScale))
    }
  }

  /// Appends a new order with a deadline, so that a delayed one can not execute late; `nil` for what
  /// a child never has.
  mutating func addOrder(
    _ order: NewChildOrder, requestID: Int64, token: String, deadline: Int64,
    to message: inout [UInt8]
  ) -> Range<Int>? {
    guard let place = places[order.listing], let timeInForce = Self.name(of: order.timeInForce)
    else { return nil }
    let pair = pairs[place]
    let start = message.count
    message.append(literal: "{\"method\":\"add_order\",\"params\":{\"order_type\":\"limit\"")
    message.append(literal: ",\"side\":")
    message.append(literal: order.side == .buy ? "\"buy\"" : "\"sell\"")
    message.append(literal: ",\"symbol\":")
    message.append(contentsOf: pair.symbol)
    message.append(literal: ",\"order_qty\":")
    DecimalText.append(order.quantity.mantissa, scale: pair.quantityScale, to: &message)
    message.append(literal: ",\"limit_price\":")
    DecimalText.append(order.limitPrice.mantissa, scale: pair.priceScale, to: &message)
    message.append(literal: ",\"time_in_force\":\"")
    message.append(literal: timeInForce)
    message.append(literal: order.isPostOnly ? "\",\"post_only\":true" : "\"")
    message.append(literal: ",\"cl_ord_id\":\"")
    order.id.appendUUID(to: &message)
    message.append(literal: "\",\"fee_preference\":\"quote\",\"deadline\":\"")
    RFC3339.append(deadline, fractionDigits: 3, to: &message)
    message.append(literal: "\"")
    end(requestID, token, &message)
    return start..<message.count
  }

  /// Appends a cancel, by the venue's id where it is known.
  mutating func cancelOrder(
    _ child: ChildReference, requestID: Int64, token: String, to message: inout [UInt8]
  ) -> Range<Int> {
    let start = message.count
    message.append(literal: "{\"method\":\"cancel_order\",\"params\":{")
    if child.venueOrderID.isEmpty {
      message.append(literal: "\"cl_ord_id\":[\"")
      child.id.appendUUID(to: &message)
      message.append(literal: "\"]")
    } else {
      message.append(literal: "\"order_id\":[")
      message.append(contentsOf: Self.quoted(child.venueOrderID.string))
      message.append(literal: "]")
    }
    end(requestID, token, &message)
    return start..<message.count
  }

  private mutating func end(_ requestID: Int64, _ token: String, _ message: inout [UInt8]) {
    // Each connection gets a token of its own.
    if token != self.token || quotedToken.isEmpty {
      self.token = token
      quotedToken = Self.quoted(token)
    }
    message.append(literal: ",\"token\":")
    message.append(contentsOf: quotedToken)
    message.append(literal: "},\"req_id\":")
    message.append(integer: requestID)
    message.append(literal: "}")
  }

  private static func quoted(_ text: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.string(text)
    return writer.bytes
  }

  /// `nil` for what a child never has.
  static func name(of timeInForce: TimeInForce) -> StaticString? {
    switch timeInForce {
    case .goodTillCancel: "gtc"
    case .immediateOrCancel: "ioc"
    // Documented for limit orders since 2026-06; its behaviour on the live venue is unverified.
    case .fillOrKill: "fok"
    case .goodTillDate: nil
    }
  }
}
