internal import Platform
package import RouterCore
internal import Wire

/// A client's new order as its JSON says it, checked field by field.
package enum OrderRequest {
  private static let fields: Set<String> = [
    "client_order_id", "symbol", "side", "type", "time_in_force", "quantity", "limit_price",
    "stop_price", "expires_at", "expires_in_ms", "max_children",
    "routing",
  ]

  /// The order in the core's terms.
  ///
  /// - Throws: A problem that names the first field at fault and what it should be.
  package static func decode(
    _ body: [UInt8], directory: Directory, now: Timestamp
  ) throws(Problem) -> NewOrderSingle {
    let json = try parse(body)
    let symbol = try text("symbol", in: json)
    guard let instrument = directory.instrument(symbol: symbol) else {
      throw .invalid("symbol", "'\(symbol)' is not traded here; GET /v1/venues lists the symbols")
    }
    let type = try orderType(json)
    let clientOrderID = try identifier(json)
    let timeInForce = try timeInForce(json, type: type)
    return NewOrderSingle(
      requestID: 0, clientOrderID: clientOrderID, requestDigest: digest(of: json),
      instrument: instrument.id, side: try side(json), type: type, timeInForce: timeInForce,
      quantity: Quantity(
        mantissa: try positive("quantity", in: json, scale: Int(instrument.quantityScale))),
      limitPrice: try price("limit_price", in: json, instrument, needed: type.needsLimit),
      stopPrice: try price("stop_price", in: json, instrument, needed: type.needsStop),
      deadline: try deadline(json, timeInForce: timeInForce, now: now),
      maximumChildren: try maximumChildren(json),
      routing: try RoutingRequest.decode(
        json["routing"], quantityScale: Int(instrument.quantityScale), timeInForce: timeInForce))
  }

  private static func parse(_ body: [UInt8]) throws(Problem) -> JSONValue {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: body)
    } catch {
      throw Problem(
        400, "invalid-json", title: "The body is not valid JSON", detail: "\(error)")
    }
    guard let members = json.members else {
      throw Problem(
        400, "invalid-json", title: "The body must be a JSON object", detail: "send {...}")
    }
    for member in members where !fields.contains(member.name) {
      throw .invalid(
        member.name, "unknown field; known are \(fields.sorted().joined(separator: ", "))")
    }
    return json
  }

  private static func text(_ name: String, in json: JSONValue) throws(Problem) -> String {
    guard let value = json[name] else { throw .invalid(name, "the field is missing") }
    guard let text = value.string else { throw .invalid(name, "must be a string") }
    return text
  }

  private static func identifier(_ json: JSONValue) throws(Problem) -> ShortText {
    let name = "client_order_id"
    let value = try text(name, in: json)
    guard let identifier = ShortText(value), !identifier.isEmpty else {
      throw .invalid(name, "must have 1 to \(ShortText.capacity) bytes")
    }
    guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .invalid(name, "must be printable ASCII without blanks")
    }
    return identifier
  }

  private static func side(_ json: JSONValue) throws(Problem) -> Side {
    switch try text("side", in: json) {
    case "buy": .buy
    case "sell": .sell
    default: throw .invalid("side", "must be 'buy' or 'sell'")
    }
  }

  private static func orderType(_ json: JSONValue) throws(Problem) -> OrderType {
    switch try text("type", in: json) {
    case "market": .market
    case "limit": .limit
    case "stop": .stop
    case "stop_limit": .stopLimit
    default: throw .invalid("type", "must be 'market', 'limit', 'stop' or 'stop_limit'")
    }
  }

  private static func timeInForce(
    _ json: JSONValue, type: OrderType
  ) throws(Problem) -> TimeInForce {
    let name = "time_in_force"
    guard json[name] != nil else { return type == .market ? .immediateOrCancel : .goodTillCancel }
    switch try text(name, in: json) {
    case "gtc": return .goodTillCancel
    case "ioc": return .immediateOrCancel
    case "fok": return .fillOrKill
    case "gtd": return .goodTillDate
    default: throw .invalid(name, "must be 'gtc', 'ioc', 'fok' or 'gtd'")
    }
  }

  private static func positive(
    _ name: String, in json: JSONValue, scale: Int
  ) throws(Problem) -> Int64 {
    let value = try text(name, in: json)
    guard let mantissa = DecimalText.parse(value, scale: scale) else {
      throw .invalid(
        name, "'\(value)' is not a decimal with at most \(scale) places within the range")
    }
    guard mantissa > 0 else { throw .invalid(name, "must be greater than zero") }
    return mantissa
  }

  private static func price(
    _ name: String, in json: JSONValue, _ instrument: Instrument, needed: Bool
  ) throws(Problem) -> Price? {
    guard let value = json[name], !value.isNull else {
      if needed { throw .invalid(name, "this order type needs it") }
      return nil
    }
    guard needed else { throw .invalid(name, "this order type does not take it") }
    return Price(mantissa: try positive(name, in: json, scale: Int(instrument.priceScale)))
  }

  private static func deadline(
    _ json: JSONValue, timeInForce: TimeInForce, now: Timestamp
  ) throws(Problem) -> Timestamp {
    if let value = json["expires_in_ms"] {
      guard json["expires_at"] == nil else {
        throw .invalid("expires_in_ms", "give it or 'expires_at', not both")
      }
      guard case .number = value, let milliseconds = value.int64, milliseconds > 0 else {
        throw .invalid("expires_in_ms", "must be a whole number greater than zero")
      }
      return now.adding(milliseconds: milliseconds)
    }
    guard json["expires_at"] != nil else {
      if timeInForce == .goodTillDate {
        throw .invalid("expires_at", "time_in_force 'gtd' needs it or 'expires_in_ms'")
      }
      return .distantFuture
    }
    guard let nanoseconds = RFC3339.parse(try text("expires_at", in: json)) else {
      throw .invalid("expires_at", "must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
    }
    guard nanoseconds > now.nanoseconds else { throw .invalid("expires_at", "has passed") }
    return Timestamp(nanoseconds: nanoseconds)
  }

  private static func maximumChildren(_ json: JSONValue) throws(Problem) -> UInt8 {
    guard let value = json["max_children"] else { return .max }
    guard case .number = value, let number = value.int64, (1...255).contains(number) else {
      throw .invalid("max_children", "must be a whole number from 1 to 255")
    }
    return UInt8(number)
  }

  /// A digest of the fields whatever their order and blanks; numbers count as written.
  private static func digest(of json: JSONValue) -> UInt64 {
    let canonical = sorted(json).serialized()
    return Digest.sha256(canonical).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The same value with the members of every object in the order of their names.
  private static func sorted(_ json: JSONValue) -> JSONValue {
    guard let members = json.members else { return json }
    return .object(
      members.sorted { $0.name < $1.name }.map {
        JSONMember(name: $0.name, value: sorted($0.value))
      })
  }
}

extension OrderType {
  var needsLimit: Bool { self == .limit || self == .stopLimit }
  var needsStop: Bool { self == .stop || self == .stopLimit }

  var name: String {
    switch self {
    case .market: "market"
    case .limit: "limit"
    case .stop: "stop"
    case .stopLimit: "stop_limit"
    }
  }
}

extension TimeInForce {
  var name: String {
    switch self {
    case .goodTillCancel: "gtc"
    case .immediateOrCancel: "ioc"
    case .fillOrKill: "fok"
    case .goodTillDate: "gtd"
    }
  }
}
