package import RouterCore
internal import SimulatedVenues
package import VenueAdapters
internal import VenueGateways
internal import Wire

/// The numbers that stand for names in wire histories, the same in all of them.
package struct WireReference: Sendable {
  /// The venues, by `VenueID`.
  package let venues: [String]
  private static let quantityScales = [4, 3]
  /// Where the markets begin, in quote units.
  static let middles = [100.0, 20.0]

  package let pairs: [PairName]
  package let assets: [AssetBinding]
  package let instruments: [Instrument]
  package let instance: UInt32

  package init(venues: [String], bases: [String], instance: UInt32) {
    self.venues = venues
    self.instance = instance
    pairs = bases.map { PairName(base: $0, quote: "USD") }
    assets = (["USD"] + bases).enumerated().map { index, name in
      AssetBinding(id: AssetID(UInt16(index)), name: name)
    }
    instruments = bases.indices.map { index in
      Instrument(
        id: InstrumentID(UInt16(index)), base: AssetID(UInt16(index + 1)), quote: AssetID(0),
        priceScale: 2, quantityScale: UInt8(Self.quantityScales[index % 2]))
    }
  }

  package func listing(_ venue: VenueID, _ instrument: Int) -> ListingID {
    ListingID(UInt16(venue.index * pairs.count + instrument))
  }

  /// What every listing, asset and instrument is, as the service defines them at a start.
  func definitions(
    of venue: VenueID, dialect: any VenueAdapters.VenueDialect, window: Int64,
    _ bindings: [ListingBinding], _ fees: [FeeRates]
  ) -> [Event] {
    var events: [Event] = [
      .venueDefined(
        VenueDefinition(
          id: venue, name: ShortText(truncating: venues[venue.index]),
          absenceProofMilliseconds: dialect.absenceProofMilliseconds + window + 1000,
          holdsFee: dialect.holdsFee))
    ]
    for asset in assets {
      events.append(
        .assetDefined(AssetDefinition(id: asset.id, name: ShortText(truncating: asset.name))))
    }
    for binding in bindings {
      let symbol = ShortText(truncating: binding.definition.pair.description)
      events.append(
        .instrumentDefined(InstrumentDefinition(instrument: binding.instrument, symbol: symbol)))
    }
    for binding in bindings {
      guard let rates = fees.first(where: { $0.pair == binding.definition.pair }) else { continue }
      events.append(.listingChanged(listing(binding, venue, rates)))
    }
    return events
  }

  /// The definitions of a venue's pairs with our numbers.
  func bindings(_ venue: VenueID, _ definitions: [ListingDefinition]) -> [ListingBinding] {
    pairs.indices.compactMap { index in
      guard let definition = definitions.first(where: { $0.pair == pairs[index] }) else {
        return nil
      }
      return ListingBinding(
        listing: listing(venue, index), instrument: instruments[index], definition: definition)
    }
  }

  private func listing(
    _ binding: ListingBinding, _ venue: VenueID, _ fees: FeeRates
  ) -> Listing {
    let (instrument, definition) = (binding.instrument, binding.definition)
    let (prices, quantities) = (Int(instrument.priceScale), Int(instrument.quantityScale))
    return Listing(
      id: binding.listing, venue: venue, instrument: instrument.id,
      symbol: ShortText(truncating: definition.symbol),
      priceIncrement: Price(mantissa: Self.scaled(definition.priceIncrement, prices)),
      quantityIncrement: Quantity(mantissa: Self.scaled(definition.quantityIncrement, quantities)),
      minimumQuantity: Quantity(mantissa: Self.scaled(definition.minimumQuantity, quantities)),
      maximumQuantity: Quantity(
        mantissa: definition.maximumQuantity.map { Self.scaled($0, quantities) } ?? .max),
      minimumNotional: Notional(
        mantissa: Self.wide(definition.minimumNotional, instrument.notionalScale)),
      takerFee: fees.taker, makerFee: fees.maker, feeAsset: definition.feeAsset,
      status: definition.status)
  }

  private static func scaled(_ decimal: WrittenDecimal, _ scale: Int) -> Int64 {
    Int64(clamping: wide(decimal, scale))
  }

  private static func wide(_ decimal: WrittenDecimal, _ scale: Int) -> Int128 {
    precondition(scale >= decimal.scale, "the scales of wire histories are too coarse")
    return (decimal.scale..<scale).reduce(Int128(decimal.mantissa)) { value, _ in value * 10 }
  }
}
