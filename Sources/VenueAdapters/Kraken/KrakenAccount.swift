import RouterCore

/// What the parts of the adapter must know of the account: names, numbers and whose ids are ours.
struct KrakenAccount {
  let venue: VenueID
  let venueName: String
  let instance: UInt32
  let listings: [ListingBinding]
  let assets: [AssetBinding]
  let requestWindowMilliseconds: Int64
  private let places: ListingPlaces

  init(_ setup: AdapterSetup) {
    venue = setup.venue
    venueName = setup.venueName
    instance = setup.instance
    listings = setup.listings
    places = ListingPlaces(setup.listings)
    assets = setup.assets
    // The venue takes deadlines from half a second to a minute ahead.
    requestWindowMilliseconds = min(max(setup.requestWindowMilliseconds, 600), 60_000)
  }

  func binding(_ listing: ListingID) -> ListingBinding? {
    places[listing].map { listings[$0] }
  }

  func has(_ listing: ListingID) -> Bool { places[listing] != nil }

  func binding(symbol: String) -> ListingBinding? {
    listings.first { $0.definition.streamSymbol == symbol }
  }

  func asset(_ name: String) -> AssetID? {
    let ours = KrakenAssetNames.name(name)
    return assets.first { $0.name == ours }?.id
  }

  /// The child in a client order id, if this instance made it, in whichever of its epochs.
  func child(_ clientOrderID: String) -> ChildOrderID? {
    guard let child = ChildOrderID(uuid: clientOrderID.utf8), child.instance == instance else {
      return nil
    }
    return child
  }

  func report(_ kind: VenueExecutionReport.Kind, _ child: ChildOrderID) -> VenueExecutionReport {
    VenueExecutionReport(venue: venue, child: child, kind: kind)
  }
}
