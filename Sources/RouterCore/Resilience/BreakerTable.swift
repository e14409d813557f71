/// The breakers of all venues with what belongs to trying them again; of this run only.
struct BreakerTable: ~Copyable, Sendable {
  /// What is known of one venue beside its breakers.
  struct Venue: Sendable, BitwiseCopyable {
    /// When the read-only probe was asked; `distantFuture` while it is not.
    var readAskedAt = Timestamp.distantFuture
    var isReadAnswered = false
    /// New orders let through since then.
    var probesSent: UInt8 = 0
    /// The one of them that waits for its answer.
    var probe: ChildOrderID?
    /// The last failure of the feed; what follows within a moment is the same one.
    var feedFailedAt = Timestamp.distantPast
    var retries = RetryBudget()
  }

  private var breakers: FixedBuffer<CircuitBreaker>
  private var venues: FixedBuffer<Venue>
  /// Since when each listing's book is live without having been counted as a success.
  private var liveSince: FixedBuffer<Timestamp>

  init(_ configuration: CoreConfiguration) {
    let count = min(configuration.venueCapacity, RoutePlan.maximumLegs)
    let none = CircuitBreaker(
      VenueBreakerSettings(venue: VenueID(0)), neededProbes: 1, seed: 0)
    breakers = FixedBuffer(repeating: none, count: count * VenueOperation.allCases.count)
    venues = FixedBuffer(repeating: Venue(), count: count)
    liveSince = FixedBuffer(repeating: .distantFuture, count: configuration.listingCapacity)
    for venue in 0..<count { start(VenueBreakerSettings(venue: VenueID(UInt8(venue))), epoch: 0) }
  }

  /// Begins a run: everything is closed, and waits are drawn by the run's epoch.
  mutating func start(epoch: UInt32) {
    for venue in 0..<venues.count { start(breakers[venue * 3].settings, epoch: epoch) }
  }

  private mutating func start(_ settings: VenueBreakerSettings, epoch: UInt32) {
    for operation in VenueOperation.allCases {
      let place = place(settings.venue, operation)
      let seed =
        UInt64(epoch) << 16 | UInt64(settings.venue.rawValue) << 8 | UInt64(operation.rawValue)
      breakers[place] = CircuitBreaker(
        settings, neededProbes: Self.neededProbes(operation, settings), seed: mixed(seed))
    }
  }

  mutating func configure(_ settings: VenueBreakerSettings) {
    guard settings.venue.index < venues.count else { return }
    for operation in VenueOperation.allCases {
      breakers[place(settings.venue, operation)].configure(
        settings, neededProbes: Self.neededProbes(operation, settings))
    }
  }

  private static func neededProbes(
    _ operation: VenueOperation, _ settings: VenueBreakerSettings
  ) -> UInt8 {
    switch operation {
    case .marketData: 1
    // Without probes the answer to the read-only one closes it.
    case .newOrders: settings.halfOpenProbes
    case .cancelsAndQueries: max(settings.halfOpenProbes, 1)
    }
  }

  func contains(_ venue: VenueID) -> Bool { venue.index < venues.count }

  subscript(venue: VenueID, operation: VenueOperation) -> CircuitBreaker {
    _read { yield breakers[place(venue, operation)] }
    _modify { yield &breakers[place(venue, operation)] }
  }

  subscript(venue: VenueID) -> Venue {
    _read { yield venues[venue.index] }
    _modify { yield &venues[venue.index] }
  }

  private func place(_ venue: VenueID, _ operation: VenueOperation) -> Int {
    venue.index * 3 + Int(operation.rawValue)
  }

  // New orders.

  func state(_ venue: VenueID, _ operation: VenueOperation) -> CircuitBreaker.State {
    contains(venue) ? breakers[place(venue, operation)].state : .closed
  }

  func openUntil(_ venue: VenueID, _ operation: VenueOperation) -> Timestamp {
    contains(venue) ? breakers[place(venue, operation)].openUntil : .distantPast
  }

  func breaker(_ venue: VenueID, _ operation: VenueOperation) -> CircuitBreaker? {
    contains(venue) ? breakers[place(venue, operation)] : nil
  }

  /// A copy of what is known of a venue.
  func watch(of venue: VenueID) -> Venue {
    contains(venue) ? venues[venue.index] : Venue()
  }

  func settings(of venue: VenueID) -> VenueBreakerSettings {
    contains(venue)
      ? breakers[place(venue, .newOrders)].settings : VenueBreakerSettings(venue: venue)
  }

  /// Whether a new order may be intended for a venue.
  func admitsNewOrder(_ venue: VenueID) -> Bool {
    let state = state(venue, .newOrders)
    guard state == .halfOpen else { return state == .closed }
    let watch = watch(of: venue)
    return watch.isReadAnswered && watch.probe == nil
      && watch.probesSent < settings(of: venue).halfOpenProbes
  }

  func slowNanoseconds(_ venue: VenueID) -> Int64 {
    let limit = settings(of: venue).slowCallMilliseconds
    return limit > .max / 1_000_000 ? .max : limit * 1_000_000
  }

  mutating func forgetProbes(_ venue: VenueID) {
    venues[venue.index].readAskedAt = .distantFuture
    venues[venue.index].isReadAnswered = false
    venues[venue.index].probesSent = 0
    venues[venue.index].probe = nil
  }

  // Books.

  /// A book has become live; it is a success once it has stayed so.
  mutating func bookLives(_ listing: ListingID, since now: Timestamp) {
    liveSince[listing.index] = now
  }

  mutating func bookFailed(_ listing: ListingID) {
    liveSince[listing.index] = .distantFuture
  }

  /// Whether a book has just stayed live for as long as it takes; asked with each of its updates.
  mutating func hasProved(_ listing: ListingID, at now: Timestamp) -> Bool {
    let since = liveSince[listing.index]
    guard since < .distantFuture, now >= since.adding(milliseconds: Self.proofMilliseconds) else {
      return false
    }
    liveSince[listing.index] = .distantFuture
    return true
  }

  /// How long a book must stay live to count as a success.
  static var proofMilliseconds: Int64 { 1000 }
  /// Failures of one feed within this are one.
  static var sameFailureMilliseconds: Int64 { 250 }
}
