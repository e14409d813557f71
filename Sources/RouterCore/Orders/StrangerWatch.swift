/// Which orders under ids of ours were found that the journal does not know, and when each venue
/// is asked for its open orders.
struct StrangerWatch: ~Copyable, Sendable {
  private static let capacity = 1024
  /// More than these in one run are no leftovers of a crash.
  static let greatestCount = 256

  /// Those found last; the oldest makes room.
  private var found: FixedBuffer<ChildOrderID?>
  private var count = 0
  /// How many each venue has shown in this run.
  private var shown: FixedBuffer<Int>
  private var firstListed: FixedBuffer<Timestamp>
  private var nextListing: FixedBuffer<Timestamp>

  init(venues: Int) {
    found = FixedBuffer(repeating: nil, count: Self.capacity)
    shown = FixedBuffer(repeating: 0, count: venues)
    firstListed = FixedBuffer(repeating: .distantFuture, count: venues)
    nextListing = FixedBuffer(repeating: .distantFuture, count: venues)
  }

  func contains(_ child: ChildOrderID) -> Bool {
    for index in 0..<min(count, Self.capacity) where found[index] == child { return true }
    return false
  }

  /// Counts one that was not known; whether it may still be noted.
  mutating func countNew(at venue: VenueID) -> Bool {
    guard venue.index < shown.count, shown[venue.index] < Self.greatestCount else { return false }
    shown[venue.index] += 1
    return true
  }

  mutating func insert(_ child: ChildOrderID) {
    guard !contains(child) else { return }
    found[count % Self.capacity] = child
    count += 1
  }

  /// When the venue's open orders were first seen in this run.
  func firstListing(of venue: VenueID) -> Timestamp {
    venue.index < firstListed.count ? firstListed[venue.index] : .distantFuture
  }

  mutating func listed(_ venue: VenueID, at time: Timestamp) {
    guard venue.index < firstListed.count else { return }
    firstListed[venue.index] = min(firstListed[venue.index], time)
  }

  func nextListing(of venue: VenueID) -> Timestamp {
    venue.index < nextListing.count ? nextListing[venue.index] : .distantFuture
  }

  mutating func setNextListing(of venue: VenueID, to time: Timestamp) {
    guard venue.index < nextListing.count else { return }
    nextListing[venue.index] = time
  }

  mutating func setNextListing(of venue: VenueID, noLaterThan time: Timestamp) {
    setNextListing(of: venue, to: min(nextListing(of: venue), time))
  }
}
