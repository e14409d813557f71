import RouterCore
import Wire

/// Pairs, fees, balances and open orders, asked over REST at start-up and now and then.
enum BinanceReferenceData {
  /// Queries that have no adapter, and so no settings of its own, take the venue's default.
  static let defaultWindowMilliseconds: Int64 = 5000

  // MARK: Requests

  static func serverTime() -> HTTPRequest {
    get("/api/v3/time", [])
  }

  /// - Note: One unknown pair makes the venue refuse the whole question (-1121).
  static func listings(_ pairs: [PairName]) -> HTTPRequest {
    var writer = JSONWriter()
    writer.beginArray()
    for pair in pairs { writer.string(pair.base + pair.quote) }
    writer.endArray()
    let symbols = String(decoding: writer.bytes, as: UTF8.self)
    return get("/api/v3/exchangeInfo", [("symbols", symbols)])
  }

  /// One pair's own rates; for several, the account's, since the venue answers pair by pair.
  static func feeRates(
    _ listings: [ListingDefinition], at stamp: RequestStamp, signer: any VenueSigner
  ) -> HTTPRequest {
    guard listings.count == 1, let listing = listings.first else {
      return account(
        at: stamp, windowMilliseconds: defaultWindowMilliseconds, signer: signer)
    }
    var request = BinanceRequest(
      socketMethod: "account.commission", verb: "GET", path: "/api/v3/account/commission",
      parameters: [])
    request.add("symbol", listing.symbol)
    return signed(request, at: stamp, signer: signer)
  }

  static func account(
    at stamp: RequestStamp, windowMilliseconds: Int64, signer: any VenueSigner
  ) -> HTTPRequest {
    var request = BinanceRequest(
      socketMethod: "account.status", verb: "GET", path: "/api/v3/account", parameters: [])
    request.add("omitZeroBalances", "true")
    return BinanceAuthentication.httpRequest(
      request, at: stamp, windowMilliseconds: windowMilliseconds, signer: signer)
  }

  static func openOrders(at stamp: RequestStamp, signer: any VenueSigner) -> HTTPRequest {
    let request = BinanceRequest(
      socketMethod: "openOrders.status", verb: "GET", path: "/api/v3/openOrders", parameters: [])
    return signed(request, at: stamp, signer: signer)
  }

  private static func get(_ path: String, _ query: [(String, String)]) -> HTTPRequest {
    var request = BinanceRequest(socketMethod: "", verb: "GET", path: path, parameters: [])
    for (name, value) in query { request.add(name, value) }
    return BinanceAuthentication.httpRequest(request)
  }

  private static func signed(
    _ request: BinanceRequest, at stamp: RequestStamp, signer: any VenueSigner
  ) -> HTTPRequest {
    BinanceAuthentication.httpRequest(
      request, at: stamp, windowMilliseconds: defaultWindowMilliseconds, signer: signer)
  }

  // MARK: Answers

  /// The body of an answer, or the fault that it is.
  static func body(_ response: HTTPResponse) throws(VenueFault) -> JSONValue {
    switch BinanceReply(response) {
    case .result(let value): return value
    case .refused(let refusal): throw fault(refusal)
    case .unreadable(let text):
      if response.status == 429 || response.status == 418 {
        throw .rateLimited(
          retryAfterMilliseconds: BinanceRefusal.retryAfter(response.headers) ?? 60_000, text)
      }
      throw response.status == 200 ? .malformed(text) : .unavailable(text)
    }
  }

  private static func fault(_ refusal: BinanceRefusal) -> VenueFault {
    let text = refusal.words
    if refusal.isThrottle {
      return .rateLimited(
        retryAfterMilliseconds: refusal.retryAfterMilliseconds ?? 60_000, text)
    }
    if refusal.isAuthentication { return .unauthorized(text) }
    switch refusal.meaning {
    case .rejected(.clockSkew): return .clockSkew(text)
    case .rejected(.venueUnavailable), .unknown: return .unavailable(text)
    default: return .refused(text)
    }
  }

  static func serverTime(_ value: JSONValue) throws(VenueFault) -> VenueAnswer {
    guard let time = value["serverTime"]?.int64, time > 0,
      BinanceTime.timestamp(time) > .distantPast
    else { throw .malformed("serverTime") }
    return .serverTime(nanoseconds: BinanceTime.timestamp(time).nanoseconds)
  }

  static func listings(
    _ value: JSONValue, _ pairs: [PairName]
  ) throws(VenueFault) -> VenueAnswer {
    guard let symbols = value["symbols"]?.array else { throw .malformed("symbols") }
    var listings: [ListingDefinition] = []
    for pair in pairs {
      let name = pair.base + pair.quote
      guard let symbol = symbols.first(where: { $0["symbol"]?.string == name }) else {
        throw .refused("\(name) is not listed")
      }
      listings.append(try listing(symbol, pair, name))
    }
    return .listings(listings)
  }

  private static func listing(
    _ symbol: JSONValue, _ pair: PairName, _ name: String
  ) throws(VenueFault) -> ListingDefinition {
    guard symbol["baseAsset"]?.string == pair.base, symbol["quoteAsset"]?.string == pair.quote
    else { throw .malformed("\(name): baseAsset, quoteAsset") }
    let filters = symbol["filters"]?.array ?? []
    let zero = WrittenDecimal(mantissa: 0, scale: 0)
    let minimum = try optional(filters, "LOT_SIZE", "minQty", name)
    let maximum = try optional(filters, "LOT_SIZE", "maxQty", name)
    var notional = try optional(filters, "NOTIONAL", "minNotional", name)
    if notional == nil { notional = try optional(filters, "MIN_NOTIONAL", "minNotional", name) }
    return ListingDefinition(
      pair: pair, symbol: name, streamSymbol: lowercased(name),
      priceIncrement: try increment(filters, "PRICE_FILTER", "tickSize", symbol, "quote", name),
      quantityIncrement: try increment(filters, "LOT_SIZE", "stepSize", symbol, "base", name),
      minimumQuantity: minimum ?? zero,
      maximumQuantity: maximum.flatMap { $0.mantissa > 0 ? $0 : nil },
      minimumNotional: notional ?? zero,
      status: status(symbol), feeAsset: .received,
      priceDigits: try precision(symbol, "quoteAssetPrecision", name),
      quantityDigits: try precision(symbol, "baseAssetPrecision", name))
  }

  /// The filter's step; a step of zero, or no filter, leaves the asset's own precision.
  private static func increment(
    _ filters: [JSONValue], _ filter: String, _ field: String, _ symbol: JSONValue,
    _ asset: String, _ name: String
  ) throws(VenueFault) -> WrittenDecimal {
    if let step = try optional(filters, filter, field, name), step.mantissa > 0 { return step }
    return WrittenDecimal(
      mantissa: 1, scale: try precision(symbol, "\(asset)AssetPrecision", name))
  }

  private static func optional(
    _ filters: [JSONValue], _ filter: String, _ field: String, _ name: String
  ) throws(VenueFault) -> WrittenDecimal? {
    guard let found = filters.first(where: { $0["filterType"]?.string == filter }) else {
      return nil
    }
    guard let text = found[field]?.string, let decimal = DecimalText.parse(text),
      decimal.mantissa >= 0
    else { throw .malformed("\(name): \(filter).\(field)") }
    return WrittenDecimal(mantissa: decimal.mantissa, scale: decimal.scale)
  }

  private static func precision(
    _ symbol: JSONValue, _ field: String, _ name: String
  ) throws(VenueFault) -> Int {
    guard let digits = symbol[field]?.int64, (0...16).contains(digits) else {
      throw .malformed("\(name): \(field)")
    }
    return Int(digits)
  }

  private static func status(_ symbol: JSONValue) -> ListingStatus {
    switch symbol["status"]?.string {
    case "TRADING": symbol["isSpotTradingAllowed"]?.bool == true ? .trading : .halted
    case "CANCEL_ONLY": .cancelOnly
    default: .halted  // HALT, BREAK, END_OF_DAY, and whatever the venue adds.
    }
  }

  /// ASCII only: the venue's newer symbols may hold characters that have no case.
  private static func lowercased(_ text: String) -> String {
    String(
      decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
  }
}
