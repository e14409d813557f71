internal import RouterCore

/// What all histories trade: two coins against dollars.
enum Universe {
  static let instance: UInt32 = 7
  static let usd = AssetID(0)
  static let btc = AssetID(1)
  static let eth = AssetID(2)
  static let assets = [usd, btc, eth]
  /// Prices with two decimals, quantities with four and with three.
  static let instruments = [
    Instrument(id: InstrumentID(0), base: btc, quote: usd, priceScale: 2, quantityScale: 4),
    Instrument(id: InstrumentID(1), base: eth, quote: usd, priceScale: 2, quantityScale: 3),
  ]
  /// Where the markets begin, in cents.
  static let middles: [Int64] = [10_000, 2_000]
  static let greatestVenueCount = 4

  /// Every venue lists every instrument.
  static func listing(_ venue: VenueID, _ instrument: Int) -> ListingID {
    ListingID(UInt16(venue.index * instruments.count + instrument))
  }

  static func venue(of listing: ListingID) -> VenueID {
    VenueID(UInt8(listing.index / instruments.count))
  }

  static func instrument(of listing: ListingID) -> Instrument {
    instruments[listing.index % instruments.count]
  }

  /// The definitions that come from settings, not from a venue.
  static var definitions: [Event] {
    let names = ["USD", "BTC", "ETH"]
    return assets.map {
      .assetDefined(AssetDefinition(id: $0, name: ShortText(truncating: names[$0.index])))
    }
      + instruments.map {
        .instrumentDefined(
          InstrumentDefinition(
            instrument: $0,
            symbol: ShortText(truncating: names[$0.base.index] + "-USD")))
      }
  }

  /// Tables so small that some of them fill up.
  static var configuration: CoreConfiguration {
    var configuration = CoreConfiguration(instance: instance)
    configuration.venueCapacity = greatestVenueCount
    configuration.assetCapacity = assets.count
    configuration.instrumentCapacity = instruments.count
    configuration.listingCapacity = greatestVenueCount * instruments.count
    configuration.bookLevels = 16
    configuration.parentCapacity = 96
    configuration.openParentCapacity = 48
    configuration.childCapacity = 1024
    configuration.fillCapacity = 2048
    configuration.clientOrderIDCapacity = 256
    return configuration
  }

  /// A whole number of dollars or coins.
  static func amount(_ whole: Int64) -> Amount {
    Amount(mantissa: Int128(whole) * 10_000_000_000_000_000)
  }
}
