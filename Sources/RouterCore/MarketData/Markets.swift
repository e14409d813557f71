/// What can be traded where: venues, instruments, listings, their books and links.
///
/// Definitions and halts are durable; books and links are rebuilt after a start.
package struct Markets: ~Copyable, Sendable {
  package struct Venue: Sendable, BitwiseCopyable {
    package var definition: VenueDefinition
    package var routing: VenueRouting
    package var breaker: VenueBreakerSettings
    /// `nil` until settings name one: no limit.
    package var throttle: VenueThrottle?
    package var maintenance: VenueMaintenance
    package var isDefined = false
    package var isHalted = false
    package var haltReason = RejectReason.none
    package var isMarketDataUp = false
    package var isOrderEntryUp = false
    package var isDropCopyUp = false
    package var dropCopyUpSince = Timestamp.distantFuture
    /// Since when some link is down; `distantFuture` while all are up.
    package var linksDownSince = Timestamp.distantPast

    /// Its feed has failed too often for its books to be believed.
    package var isFeedDoubted = false

    /// Whether an order would reach it and what becomes of it be heard.
    package var takesOrders: Bool { isOrderEntryUp && isDropCopyUp }
    package var areLinksUp: Bool { isMarketDataUp && isOrderEntryUp && isDropCopyUp }
  }

  package private(set) var venues: FixedBuffer<Venue>
  private var assets: FixedBuffer<AssetDefinition?>
  private var instruments: FixedBuffer<InstrumentDefinition?>
  private var listings: FixedBuffer<Listing?>
  /// Listings of an instrument, chained in the order of their ids.
  private var firstListing: FixedBuffer<Int32>
  private var nextListing: FixedBuffer<Int32>
  package var books: BookTable
  private var lastTrades: FixedBuffer<LastTrade>

  /// The last public trade of a listing; `distantPast` if none was seen.
  struct LastTrade: Sendable, BitwiseCopyable {
    var price = Price.zero
    var receivedAt = Timestamp.distantPast
  }

  package init(_ configuration: CoreConfiguration) {
    let nobody = VenueDefinition(
      id: VenueID(0), name: ShortText(), absenceProofMilliseconds: 0, holdsFee: true)
    let venueCount = min(configuration.venueCapacity, RoutePlan.maximumLegs)
    let unmeasured = VenueRouting(venue: nobody.id)
    venues = FixedBuffer(
      repeating: Venue(
        definition: nobody, routing: unmeasured, breaker: VenueBreakerSettings(venue: nobody.id),
        maintenance: VenueMaintenance(venue: nobody.id)),
      count: venueCount)
    assets = FixedBuffer(repeating: nil, count: configuration.assetCapacity)
    instruments = FixedBuffer(repeating: nil, count: configuration.instrumentCapacity)
    listings = FixedBuffer(repeating: nil, count: configuration.listingCapacity)
    firstListing = FixedBuffer(repeating: -1, count: configuration.instrumentCapacity)
    nextListing = FixedBuffer(repeating: -1, count: configuration.listingCapacity)
    lastTrades = FixedBuffer(repeating: LastTrade(), count: configuration.listingCapacity)
    books = BookTable(capacity: configuration.listingCapacity, levels: configuration.bookLevels)
  }

  // Definitions; what does not fit the tables is not taken and so can not be traded.

  package mutating func define(_ venue: VenueDefinition) {
    guard venue.id.index < venues.count else { return }
    if !venues[venue.id.index].isDefined {
      venues[venue.id.index].routing = VenueRouting(venue: venue.id)
      venues[venue.id.index].breaker = VenueBreakerSettings(venue: venue.id)
      venues[venue.id.index].maintenance = VenueMaintenance(venue: venue.id)
    }
    venues[venue.id.index].definition = venue
    venues[venue.id.index].isDefined = true
  }

  package mutating func define(_ routing: VenueRouting) {
    guard venue(routing.venue) != nil else { return }
    venues[routing.venue.index].routing = routing
  }

  package mutating func define(_ breaker: VenueBreakerSettings) {
    guard venue(breaker.venue) != nil else { return }
    venues[breaker.venue.index].breaker = breaker
  }

  package mutating func define(_ throttle: VenueThrottle) {
    guard venue(throttle.venue) != nil else { return }
    venues[throttle.venue.index].throttle = throttle
  }

  package mutating func define(_ maintenance: VenueMaintenance) {
    guard venue(maintenance.venue) != nil else { return }
    venues[maintenance.venue.index].maintenance = maintenance
  }

  package mutating func define(_ asset: AssetDefinition) {
    guard asset.id.index < assets.count else { return }
    assets[asset.id.index] = asset
  }

  package mutating func define(_ instrument: InstrumentDefinition) {
    guard instrument.instrument.id.index < instruments.count else { return }
    instruments[instrument.instrument.id.index] = instrument
  }

  package mutating func define(_ listing: Listing) {
    guard listing.id.index < listings.count, listing.instrument.index < instruments.count,
      listing.venue.index < venues.count
    else { return }
    let isNew = listings[listing.id.index] == nil
    listings[listing.id.index] = listing
    books.make(listing.id)
    if isNew { chain(listing) }
  }

  private mutating func chain(_ listing: Listing) {
    let id = Int32(listing.id.rawValue)
    var previous: Int32 = -1
    var next = firstListing[listing.instrument.index]
    while next >= 0 && next < id {
      previous = next
      next = nextListing[Int(next)]
    }
    nextListing[listing.id.index] = next
    if previous < 0 {
      firstListing[listing.instrument.index] = id
    } else {
      nextListing[Int(previous)] = id
    }
  }

  // Look-up.

  package func venue(_ id: VenueID) -> Venue? {
    guard id.index < venues.count, venues[id.index].isDefined else { return nil }
    return venues[id.index]
  }

  package func asset(_ id: AssetID) -> AssetDefinition? {
    id.index < assets.count ? assets[id.index] : nil
  }

  package func instrument(_ id: InstrumentID) -> InstrumentDefinition? {
    id.index < instruments.count ? instruments[id.index] : nil
  }

  package func listing(_ id: ListingID) -> Listing? {
    id.index < listings.count ? listings[id.index] : nil
  }

  package func firstListing(of instrument: InstrumentID) -> ListingID? {
    guard instrument.index < firstListing.count else { return nil }
    let first = firstListing[instrument.index]
    return first < 0 ? nil : ListingID(UInt16(first))
  }

  package func listing(after id: ListingID) -> ListingID? {
    let next = nextListing[id.index]
    return next < 0 ? nil : ListingID(UInt16(next))
  }

  func lastTrade(_ listing: ListingID) -> LastTrade {
    listing.index < lastTrades.count ? lastTrades[listing.index] : LastTrade()
  }

  mutating func note(_ trade: MarketTrade) {
    guard books.contains(trade.listing), trade.price > .zero else { return }
    lastTrades[trade.listing.index] = LastTrade(price: trade.price, receivedAt: trade.receivedAt)
  }

  // Links and halts.

  package mutating func setLink(_ id: VenueID, _ link: VenueLink, isUp: Bool, at now: Timestamp) {
    guard id.index < venues.count else { return }
    switch link {
    case .marketData: venues[id.index].isMarketDataUp = isUp
    case .orderEntry: venues[id.index].isOrderEntryUp = isUp
    case .dropCopy:
      if isUp && !venues[id.index].isDropCopyUp { venues[id.index].dropCopyUpSince = now }
      if !isUp { venues[id.index].dropCopyUpSince = .distantFuture }
      venues[id.index].isDropCopyUp = isUp
    }
    if venues[id.index].areLinksUp {
      venues[id.index].linksDownSince = .distantFuture
    } else if venues[id.index].linksDownSince == .distantFuture {
      venues[id.index].linksDownSince = now
    }
    if link == .marketData && !isUp { invalidateBooks(of: id) }
  }

  /// A run begins: links that are down have been so since now, whatever they were before.
  mutating func beginRun(at now: Timestamp) {
    for index in 0..<venues.count where !venues[index].areLinksUp {
      venues[index].linksDownSince = now
    }
  }

  package mutating func setHalt(_ id: VenueID, isHalted: Bool, reason: RejectReason) {
    guard id.index < venues.count else { return }
    venues[id.index].isHalted = isHalted
    venues[id.index].haltReason = isHalted ? reason : .none
  }

  mutating func setFeedDoubt(_ id: VenueID, _ isDoubted: Bool) {
    guard id.index < venues.count else { return }
    venues[id.index].isFeedDoubted = isDoubted
  }

  private mutating func invalidateBooks(of venue: VenueID) {
    for index in 0..<listings.count {
      guard let listing = listings[index], listing.venue == venue else { continue }
      books[listing.id].invalidate(.disconnected)
    }
  }

  /// Why a listing can not be routed to at the moment, or `.none`.
  package func exclusion(
    _ listing: Listing, at now: Timestamp, maximumAgeMilliseconds: Int64
  ) -> Exclusion {
    guard let venue = venue(listing.venue) else { return .linkDown }
    if venue.isHalted { return .venueHalted }
    if !listing.status.allowsTaking { return .listingNotTrading }
    if !venue.areLinksUp { return .linkDown }
    if venue.isFeedDoubted { return .breakerOpen }
    return books[listing.id].exclusion(at: now, maximumAgeMilliseconds: maximumAgeMilliseconds)
  }

  package func hash(into hasher: inout StateHasher) {
    for index in 0..<venues.count where venues[index].isDefined {
      hasher.combine(venues[index].definition)
      hasher.combine(venues[index].routing)
      hasher.combine(venues[index].breaker)
      if let throttle = venues[index].throttle { hasher.combine(throttle) }
      hasher.combine(venues[index].maintenance)
      hasher.combine(venues[index].isHalted ? 1 : 0)
      hasher.combine(UInt64(venues[index].haltReason.rawValue))
    }
    for index in 0..<assets.count {
      if let asset = assets[index] { hasher.combine(asset) }
    }
    for index in 0..<instruments.count {
      if let instrument = instruments[index] { hasher.combine(instrument) }
    }
    for index in 0..<listings.count {
      if let listing = listings[index] { hasher.combine(listing) }
    }
  }
}
