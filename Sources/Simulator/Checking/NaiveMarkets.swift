internal import RouterCore

/// What was last delivered to the router about venues, links, books and balances.
struct NaiveMarkets {
  private struct Venue {
    var links = [false, false, false]
    var balances = [BalanceObservation?](repeating: nil, count: Universe.assets.count)
  }

  private var venues = [Venue](repeating: Venue(), count: Universe.greatestVenueCount)
  /// When each listing's book was last told whole or in part; `nil` while it can not be used.
  private var books = [Timestamp?](
    repeating: nil, count: Universe.greatestVenueCount * Universe.instruments.count)

  mutating func note(_ event: Event) {
    switch event {
    case .linkChanged(let venue, let link, let isUp):
      guard venue.index < venues.count else { return }
      venues[venue.index].links[Int(link.rawValue)] = isUp
      guard link == .marketData, !isUp else { return }
      for instrument in Universe.instruments.indices {
        books[Universe.listing(venue, instrument).index] = nil
      }
    case .bookInvalid(let listing, _): books[listing.index] = nil
    case .book(let update):
      // A delta mends nothing.
      guard update.isSnapshot || books[update.listing.index] != nil else { return }
      books[update.listing.index] = update.receivedAt
    case .balanceObserved(let observation):
      let last = venues[observation.venue.index].balances[observation.asset.index]
      guard observation.observedAt >= last?.observedAt ?? .distantPast else { return }
      venues[observation.venue.index].balances[observation.asset.index] = observation
    default: break
    }
  }

  func balance(_ venue: VenueID, _ asset: AssetID) -> BalanceObservation? {
    venues[venue.index].balances[asset.index]
  }

  func areLinksUp(_ venue: VenueID) -> Bool { venues[venue.index].links.allSatisfy { $0 } }

  /// How old a listing's book is; `nil` if it can not be used.
  func bookAge(_ listing: ListingID, at now: Timestamp) -> Int64? {
    books[listing.index].map { now.nanoseconds - $0.nanoseconds }
  }
}
