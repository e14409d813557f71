package import RouterCore

/// The names behind the core's numbers, learned from the same facts as everything else.
package struct Directory: Sendable {
  package private(set) var venues: [VenueID: String] = [:]
  package private(set) var assets: [AssetID: String] = [AssetID.unlisted: "UNLISTED"]
  package private(set) var instruments: [InstrumentID: InstrumentDefinition] = [:]
  package private(set) var listings: [ListingID: Listing] = [:]

  package init() {}

  package mutating func apply(_ fact: Fact) {
    switch fact {
    case .venueDefined(let venue): venues[venue.id] = venue.name.string
    case .assetDefined(let asset): assets[asset.id] = asset.name.string
    case .instrumentDefined(let definition): instruments[definition.instrument.id] = definition
    case .listingChanged(let listing): listings[listing.id] = listing
    default: break
    }
  }

  package func venueName(_ id: VenueID) -> String { venues[id] ?? "venue-\(id.rawValue)" }
  package func assetName(_ id: AssetID) -> String { assets[id] ?? "asset-\(id.rawValue)" }

  package func symbol(_ id: InstrumentID) -> String {
    instruments[id]?.symbol.string ?? "instrument-\(id.rawValue)"
  }

  package func instrument(symbol: String) -> Instrument? {
    instruments.values.first { $0.symbol.string == symbol }?.instrument
  }

  package func instrument(of listing: ListingID) -> Instrument? {
    listings[listing].flatMap { instruments[$0.instrument]?.instrument }
  }

  package func venueName(of listing: ListingID) -> String {
    listings[listing].map { venueName($0.venue) } ?? "listing-\(listing.rawValue)"
  }
}
