import RouterCore
import Wire

/// What the order side of the adapter knows: whose account, which listings, which assets.
struct BinanceContext: Sendable {
  let setup: AdapterSetup
  private let symbols: BinanceSymbolTable
  private let places: ListingPlaces

  init(_ setup: AdapterSetup) {
    self.setup = setup
    symbols = BinanceSymbolTable(setup.listings.map(\.definition.symbol))
    places = ListingPlaces(setup.listings)
  }

  func binding(symbol: String) -> ListingBinding? {
    let index = symbols.index(of: symbol)
    return index < 0 ? nil : setup.listings[index]
  }

  func binding(_ listing: ListingID) -> ListingBinding? {
    places[listing].map { setup.listings[$0] }
  }

  func has(_ listing: ListingID) -> Bool { places[listing] != nil }

  func asset(_ name: String) -> AssetID? {
    setup.assets.first { $0.name == name }?.id
  }

  /// The child of this instance that a client order id names.
  func child(_ clientOrderID: String?) -> ChildOrderID? {
    guard let clientOrderID, let child = ChildOrderID(short: Array(clientOrderID.utf8)),
      child.instance == setup.instance
    else { return nil }
    return child
  }

  func report(_ kind: VenueExecutionReport.Kind, _ child: ChildOrderID) -> VenueExecutionReport {
    VenueExecutionReport(venue: setup.venue, child: child, kind: kind)
  }

  /// Trade ids count per symbol, so the symbol stands before the number.
  func executionID(symbol: String, tradeID: Int64) -> ShortText {
    let number = DecimalText.format(tradeID, scale: 0)
    // Symbols may be long UTF-8 since 2025; their end tells more pairs apart than their beginning.
    let room = ShortText.capacity - number.utf8.count - 1
    return ShortText(Array(symbol.utf8.suffix(room)) + Array("-\(number)".utf8)) ?? ShortText()
  }
}

/// Reads one object's fields; every failure names its field.
struct BinanceFields {
  let value: JSONValue

  func text(_ name: String) throws(BinanceProblem) -> String {
    guard let text = value[name]?.string else { throw BinanceProblem(field: name) }
    return text
  }

  func integer(_ name: String) throws(BinanceProblem) -> Int64 {
    guard let number = value[name]?.int64 else { throw BinanceProblem(field: name) }
    return number
  }

  func quantity(_ name: String, _ instrument: Instrument) throws(BinanceProblem) -> Quantity {
    Quantity(mantissa: try decimal(name, scale: Int(instrument.quantityScale)))
  }

  func price(_ name: String, _ instrument: Instrument) throws(BinanceProblem) -> Price {
    Price(mantissa: try decimal(name, scale: Int(instrument.priceScale)))
  }

  /// An amount of any size; negative for a rebate.
  func amount(_ name: String) throws(BinanceProblem) -> Amount {
    guard let text = value[name]?.text,
      let mantissa = DecimalText.parse128(text, scale: Amount.scale),
      mantissa.magnitude <= Self.most
    else { throw BinanceProblem(field: name) }
    return Amount(mantissa: mantissa)
  }

  /// Far above any supply, far below where sums of amounts overflow.
  private static let most = Int128.max.magnitude >> 16

  private func decimal(_ name: String, scale: Int) throws(BinanceProblem) -> Int64 {
    guard let text = value[name]?.text, let mantissa = DecimalText.parse(text, scale: scale),
      mantissa >= 0
    else { throw BinanceProblem(field: name) }
    return mantissa
  }
}
