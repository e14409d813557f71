internal import RouterCore
internal import Wire

/// A venue of a planning problem as the document says it, before scales are chosen.
struct VenueDraft {
  struct Level {
    var price: ExactDecimal
    var quantity: ExactDecimal
    /// Its place in the document's list.
    var index: Int
  }

  static let fields = [
    "venue", "taker_fee_bps", "fee_in", "price_increment", "quantity_increment", "min_quantity",
    "max_quantity", "min_notional", "order_cost", "available_base", "available_quote",
    "quote_age_ms", "bids", "asks",
  ]
  static let maximumLevels = 100_000

  /// Where it stands, such as `venues[1]`.
  let path: String
  var name = ""
  var fee = FeeRate.zero
  var feeAsset = FeeAsset.quote
  var priceIncrement = ExactDecimal.zero
  var quantityIncrement = ExactDecimal.zero
  var minimumQuantity = ExactDecimal.zero
  var maximumQuantity: ExactDecimal?
  var minimumNotional = ExactDecimal.zero
  var orderCost = ExactDecimal.zero
  var availableBase: ExactDecimal?
  var availableQuote: ExactDecimal?
  var quoteAgeMilliseconds: Int64 = 0
  var bids: [Level] = []
  var asks: [Level] = []

  /// - Parameters:
  ///   - json: One element of `venues`.
  ///   - path: Its place.
  ///   - needed: The name of the side that must be there.
  ///   - faults: Gets what is wrong.
  init(_ json: JSONValue, path: String, needed: String, faults: inout PlanFaults) {
    self.path = path
    guard let fields = FieldReader(json, path: path, known: Self.fields, faults: &faults) else {
      return
    }
    name = fields.text("venue", &faults) ?? ""
    fee = Self.fee(fields, &faults)
    feeAsset = Self.feeAsset(fields, &faults)
    priceIncrement = fields.positive("price_increment", &faults) ?? .zero
    quantityIncrement = fields.positive("quantity_increment", &faults) ?? .zero
    minimumQuantity = fields.optional("min_quantity", &faults) ?? .zero
    if fields.value("max_quantity") != nil {
      maximumQuantity = fields.positive("max_quantity", &faults)
    }
    minimumNotional = fields.optional("min_notional", &faults) ?? .zero
    orderCost = fields.optional("order_cost", &faults) ?? .zero
    availableBase = fields.optional("available_base", &faults)
    availableQuote = fields.optional("available_quote", &faults)
    quoteAgeMilliseconds = fields.integer("quote_age_ms", 0...Int64(Int32.max), &faults) ?? 0
    bids = Self.levels(fields, "bids", isNeeded: needed == "bids", &faults)
    asks = Self.levels(fields, "asks", isNeeded: needed == "asks", &faults)
  }

  private static func fee(_ fields: FieldReader, _ faults: inout PlanFaults) -> FeeRate {
    let name = "taker_fee_bps"
    guard let value = fields.required(name, &faults),
      let decimal = fields.decimal(value, fields.path(of: name), &faults)
    else { return .zero }
    guard decimal.scale <= 4 else {
      fields.fault(name, "has more than 4 digits after the point, finer than any fee", &faults)
      return .zero
    }
    guard let parts = decimal.exactMantissa(at: 4), parts < FeeRate.one else {
      fields.fault(name, "must be below 10000 bps, the whole notional", &faults)
      return .zero
    }
    guard parts > -FeeRate.one else {
      fields.fault(name, "must be above -10000 bps, a rebate of the whole notional", &faults)
      return .zero
    }
    return FeeRate(partsPerHundredMillion: Int64(parts))
  }

  private static func feeAsset(_ fields: FieldReader, _ faults: inout PlanFaults) -> FeeAsset {
    guard fields.value("fee_in") != nil, let text = fields.text("fee_in", &faults) else {
      return .quote
    }
    switch text {
    case "quote": return .quote
    case "received": return .received
    default:
      fields.fault("fee_in", "must be \"quote\" or \"received\", not '\(text)'", &faults)
      return .quote
    }
  }

  private static func levels(
    _ fields: FieldReader, _ name: String, isNeeded: Bool, _ faults: inout PlanFaults
  ) -> [Level] {
    guard let value = isNeeded ? fields.required(name, &faults) : fields.value(name) else {
      return []
    }
    guard let rows = value.array else {
      fields.fault(name, "must be an array of [\"price\", \"quantity\"], best first", &faults)
      return []
    }
    guard rows.count <= maximumLevels else {
      fields.fault(name, "has \(rows.count) levels; at most \(maximumLevels) are read", &faults)
      return []
    }
    return rows.indices.compactMap { index in
      level(rows[index], index, fields, "\(fields.path(of: name))[\(index)]", &faults)
    }
  }

  private static func level(
    _ row: JSONValue, _ index: Int, _ fields: FieldReader, _ path: String,
    _ faults: inout PlanFaults
  ) -> Level? {
    guard let pair = row.array, pair.count == 2 else {
      faults.add(path, venue: fields.venue, "must be a pair [\"price\", \"quantity\"]")
      return nil
    }
    let price = fields.decimal(pair[0], "\(path)[0]", &faults)
    let quantity = fields.decimal(pair[1], "\(path)[1]", &faults)
    guard let price, let quantity else { return nil }
    let hasPrice = fields.isPositive(price, "\(path)[0]", &faults)
    let hasQuantity = fields.isPositive(quantity, "\(path)[1]", &faults)
    return hasPrice && hasQuantity
      ? Level(price: price, quantity: quantity, index: index) : nil
  }
}
