import RouterCore

/// Finds the place of a listing among those of one account by its number, in one step.
struct ListingPlaces: Sendable {
  private var places: [Int16] = []

  init(_ listings: [ListingBinding]) {
    for (place, binding) in listings.enumerated().prefix(Int(Int16.max)) {
      let index = binding.listing.index
      if index >= places.count {
        places += Array(repeating: -1, count: index + 1 - places.count)
      }
      // Of two with one number the first counts.
      if places[index] < 0 { places[index] = Int16(place) }
    }
  }

  subscript(listing: ListingID) -> Int? {
    guard listing.index < places.count, places[listing.index] >= 0 else { return nil }
    return Int(places[listing.index])
  }
}
