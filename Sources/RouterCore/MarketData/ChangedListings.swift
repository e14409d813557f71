/// Listings whose books have changed, each once, in the order of their first change.
struct ChangedListings: ~Copyable, Sendable {
  private var order: FixedBuffer<ListingID>
  private var isNoted: FixedBuffer<Bool>
  private var count = 0
  private var taken = 0

  init(capacity: Int) {
    order = FixedBuffer(repeating: ListingID(0), count: capacity)
    isNoted = FixedBuffer(repeating: false, count: capacity)
  }

  var isEmpty: Bool { taken == count }

  /// - Precondition: The listing is one of the `capacity`.
  mutating func note(_ listing: ListingID) {
    guard !isNoted[listing.index] else { return }
    isNoted[listing.index] = true
    order[count] = listing
    count += 1
  }

  /// The next listing, which is forgotten; changes from now on note it again.
  mutating func next() -> ListingID? {
    guard taken < count else {
      (count, taken) = (0, 0)
      return nil
    }
    taken += 1
    isNoted[order[taken - 1].index] = false
    return order[taken - 1]
  }
}
