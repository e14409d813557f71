internal import ClientGateways
internal import RouterCore
internal import VenueAdapters

/// Gives names their numbers, the same ones after every restart.
///
/// Numbers come from facts: what the journal has defined keeps its number, what is new gets the
/// next one and is defined by a fact before anything uses it.
struct Registry {
  private(set) var directory = Directory()
  /// Events that define what `number(...)` had to add, for the core to make facts of.
  private(set) var additions: [Event] = []

  mutating func apply(_ fact: Fact) { directory.apply(fact) }

  mutating func takeAdditions() -> [Event] {
    defer { additions.removeAll() }
    return additions
  }

  /// Absence counts from the send here, so the request's own window and our clock's error come on
  /// top of what the dialect asks for.
  mutating func venue(
    named name: String, dialect: any VenueDialect, requestWindowMilliseconds window: Int64
  ) -> VenueID {
    let known = directory.venues.first { $0.value == name }?.key
    let id = known ?? VenueID(UInt8(directory.venues.count))
    let definition = VenueDefinition(
      id: id, name: ShortText(truncating: name),
      absenceProofMilliseconds: dialect.absenceProofMilliseconds + window + 1000,
      holdsFee: dialect.holdsFee)
    add(.venueDefined(definition), .venueDefined(definition))
    return id
  }

  mutating func asset(named name: String) -> AssetID {
    if let known = directory.assets.first(where: { $0.value == name })?.key { return known }
    // The directory always holds `AssetID.unlisted`.
    let id = AssetID(UInt16(directory.assets.count - 1))
    let definition = AssetDefinition(id: id, name: ShortText(truncating: name))
    add(.assetDefined(definition), .assetDefined(definition))
    return id
  }

  /// The instrument of a pair, with scales of two digits more than the finest definition.
  ///
  /// - Throws: `StartError` if the venues' digits do not fit the exact arithmetic.
  mutating func instrument(
    _ pair: PairName, finest definitions: [ListingDefinition]
  ) throws(StartError) -> Instrument {
    if let known = directory.instrument(symbol: pair.description) { return known }
    let price = definitions.map(\.priceIncrement.scale).max() ?? 0
    let quantity = definitions.map(\.quantityIncrement.scale).max() ?? 0
    var spare = 2
    while spare > 0 && price + quantity + 2 * spare > Amount.scale { spare -= 1 }
    guard price + quantity + 2 * spare <= Amount.scale else {
      throw .venue(
        "\(pair.description): \(price) price and \(quantity) quantity digits are too many")
    }
    let instrument = Instrument(
      id: InstrumentID(UInt16(directory.instruments.count)), base: asset(named: pair.base),
      quote: asset(named: pair.quote), priceScale: UInt8(price + spare),
      quantityScale: UInt8(quantity + spare))
    let definition = InstrumentDefinition(
      instrument: instrument, symbol: ShortText(truncating: pair.description))
    add(.instrumentDefined(definition), .instrumentDefined(definition))
    return instrument
  }

  /// The listing of a definition at the instrument's scales.
  ///
  /// - Throws: `StartError` if an increment is finer than the scales, as after the venue changed it.
  mutating func listing(
    _ definition: ListingDefinition, venue: VenueID, instrument: Instrument, fees: FeeRates
  ) throws(StartError) -> Listing {
    let known = directory.listings.values.first {
      $0.venue == venue && $0.instrument == instrument.id
    }
    let id = known?.id ?? ListingID(UInt16(directory.listings.count))
    let scaler = Scaler(instrument: instrument, definition: definition)
    let listing = Listing(
      id: id, venue: venue, instrument: instrument.id,
      symbol: ShortText(truncating: definition.symbol),
      priceIncrement: Price(mantissa: try scaler.price(definition.priceIncrement)),
      quantityIncrement: Quantity(mantissa: try scaler.quantity(definition.quantityIncrement)),
      minimumQuantity: Quantity(mantissa: try scaler.quantity(definition.minimumQuantity)),
      maximumQuantity: Quantity(mantissa: try scaler.maximum(definition.maximumQuantity)),
      minimumNotional: Notional(mantissa: try scaler.notional(definition.minimumNotional)),
      takerFee: fees.taker, makerFee: fees.maker, feeAsset: definition.feeAsset,
      status: definition.status)
    add(.listingChanged(listing), .listingChanged(listing))
    return listing
  }

  private mutating func add(_ event: Event, _ fact: Fact) {
    directory.apply(fact)
    additions.append(event)
  }
}

/// Brings a venue's decimals to an instrument's scales, exactly or not at all.
private struct Scaler {
  let instrument: Instrument
  let definition: ListingDefinition

  func price(_ decimal: WrittenDecimal) throws(StartError) -> Int64 {
    try scaled(decimal, to: Int(instrument.priceScale), "price increment")
  }

  func quantity(_ decimal: WrittenDecimal) throws(StartError) -> Int64 {
    try scaled(decimal, to: Int(instrument.quantityScale), "quantity")
  }

  /// A maximum that does not fit 64 bits is none.
  func maximum(_ decimal: WrittenDecimal?) throws(StartError) -> Int64 {
    guard let decimal else { return .max }
    let wide =
      Int128(decimal.mantissa) * powerOfTen(max(0, Int(instrument.quantityScale) - decimal.scale))
    return wide > Int128(Int64.max) ? .max : try quantity(decimal)
  }

  func notional(_ decimal: WrittenDecimal) throws(StartError) -> Int128 {
    let shift = instrument.notionalScale - decimal.scale
    guard shift >= 0 else { throw tooFine("minimum notional") }
    return Int128(decimal.mantissa) * powerOfTen(shift)
  }

  private func scaled(
    _ decimal: WrittenDecimal, to scale: Int, _ what: String
  ) throws(StartError) -> Int64 {
    let shift = scale - decimal.scale
    guard shift >= 0 else { throw tooFine(what) }
    let wide = Int128(decimal.mantissa) * powerOfTen(shift)
    guard let narrow = Int64(exactly: wide) else { throw tooFine(what) }
    return narrow
  }

  private func tooFine(_ what: String) -> StartError {
    .venue(
      "\(definition.symbol): its \(what) does not fit the scales chosen for"
        + " \(definition.pair.description); use a new state_directory to choose them afresh")
  }
}
