internal import Platform
package import RouterCore
internal import Wire

/// A client's new order as its JSON says it, checked field by field.
package enum OrderRequest {
  private static let types = OrderType.allCases.map { (name: $0.name, value: $0) }
  private static let timesInForce = TimeInForce.allCases.map { (name: $0.name, value: $0) }
  private static let sides = [(name: "buy", value: Side.buy), (name: "sell", value: Side.sell)]
  private static let fields = [
    "client_order_id", "symbol", "side", "type", "time_in_force", "quantity", "limit_price",
    "stop_price", "trigger", "post_only", "fok", "expires_at", "expires_in_ms", "max_children",
    "routing",
  ]

  /// The order in the core's terms.
  ///
  /// - Throws: A problem that names the first field at fault and what it should be.
  package static func decode(
    _ bytes: [UInt8], directory: Directory, now: Timestamp
  ) throws(Problem) -> NewOrderSingle {
    let body = try RequestBody(bytes, known: fields)
    let symbol = try body.text("symbol")
    guard let instrument = directory.instrument(symbol: symbol) else {
      throw .invalid("symbol", "'\(symbol)' is not traded here; GET /v1/venues lists the symbols")
    }
    let type = try orderType(body)
    let clientOrderID = try identifier(body)
    let timeInForce = try timeInForce(body, type: type)
    let terms = OrderConditions(type: type, timeInForce: timeInForce)
    return NewOrderSingle(
      requestID: 0, clientOrderID: clientOrderID, requestDigest: digest(of: body.json),
      instrument: instrument.id, side: try side(body), type: type, timeInForce: timeInForce,
      quantity: Quantity(
        mantissa: try body.positive("quantity", scale: Int(instrument.quantityScale))),
      limitPrice: try terms.limitPrice(body, instrument),
      stopPrice: try terms.stopPrice(body, instrument),
      deadline: try deadline(body, timeInForce: timeInForce, now: now),
      maximumChildren: try maximumChildren(body),
      routing: try RoutingRequest.decode(
        body.json["routing"], quantityScale: Int(instrument.quantityScale), terms,
        isPostOnly: try terms.isPostOnly(body)),
      trigger: try terms.trigger(body), isPostOnly: try terms.isPostOnly(body),
      allowsSplit: try terms.allowsSplit(body))
  }

  private static func identifier(_ body: RequestBody) throws(Problem) -> ShortText {
    let name = "client_order_id"
    let value = try body.text(name)
    guard let identifier = ShortText(value), !identifier.isEmpty else {
      throw .invalid(name, "must have 1 to \(ShortText.capacity) bytes")
    }
    guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .invalid(name, "must be printable ASCII without blanks")
    }
    return identifier
  }

  private static func side(_ body: RequestBody) throws(Problem) -> Side {
    guard let side = try body.choice("side", sides) else {
      throw .invalid("side", "the field is missing")
    }
    return side
  }

  private static func orderType(_ body: RequestBody) throws(Problem) -> OrderType {
    guard let type = try body.choice("type", types) else {
      throw .invalid("type", "the field is missing")
    }
    return type
  }

  private static func timeInForce(
    _ body: RequestBody, type: OrderType
  ) throws(Problem) -> TimeInForce {
    try body.choice("time_in_force", timesInForce)
      ?? (type == .market ? .immediateOrCancel : .goodTillCancel)
  }

  private static func deadline(
    _ body: RequestBody, timeInForce: TimeInForce, now: Timestamp
  ) throws(Problem) -> Timestamp {
    if let value = body.value("expires_in_ms") {
      guard !body.has("expires_at") else {
        throw .invalid("expires_in_ms", "give it or 'expires_at', not both")
      }
      guard case .number = value, let milliseconds = value.int64, milliseconds > 0 else {
        throw .invalid("expires_in_ms", "must be a whole number greater than zero")
      }
      return now.adding(milliseconds: milliseconds)
    }
    guard body.has("expires_at") else {
      if timeInForce == .goodTillDate {
        throw .invalid("expires_at", "time_in_force 'gtd' needs it or 'expires_in_ms'")
      }
      return .distantFuture
    }
    guard let nanoseconds = RFC3339.parse(try body.text("expires_at")) else {
      throw .invalid("expires_at", "must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
    }
    guard nanoseconds > now.nanoseconds else { throw .invalid("expires_at", "has passed") }
    return Timestamp(nanoseconds: nanoseconds)
  }

  private static func maximumChildren(_ body: RequestBody) throws(Problem) -> UInt8 {
    guard let value = body.value("max_children") else { return .max }
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

  /// Whether an order may stay open when nothing can be taken.
  var isLasting: Bool { self == .goodTillCancel || self == .goodTillDate }
}

extension TriggerSource {
  var name: String {
    switch self {
    case .bidAsk: "bid_ask"
    case .mid: "mid"
    case .last: "last"
    }
  }
}
