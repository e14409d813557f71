/// What we have where: observed balances, what our orders take from them, and positions.
///
/// Planning may use `available`: the last observed balance less everything of ours that it may not
/// show yet. A child takes its whole reserve from its intent on, until a balance is observed
/// `settlingMilliseconds` after the venue acknowledged it: then the venue's hold is in that
/// balance. A child that closed before takes what its fills spent, until a balance is observed
/// that much after it closed. What fills bring in counts only once it is observed.
///
/// `BalanceObservation.observedAt` must not be later than the moment at which the venue looked: the
/// time at which the question was asked. The margin covers streams that overtake each other.
///
/// Positions are exact and durable: what fills and fees have moved since the journal began.
package struct Ledger: ~Copyable, Sendable {
  package static let settlingMilliseconds: Int64 = 1000

  package struct Account: Sendable, BitwiseCopyable {
    package var position = Amount.zero
    /// The part of the position that facts left out of a snapshot have moved.
    var carried = Amount.zero
    /// What open children reserve, each for its whole quantity.
    package var reserved = Amount.zero
    package var observedAvailable = Amount.zero
    package var observedTotal = Amount.zero
    /// `distantPast` if no balance was ever observed.
    package var observedAt = Timestamp.distantPast
    /// What must be taken from `observedAvailable`.
    var charged = Amount.zero
    var firstSettling: Int32 = -1
    var lastSettling: Int32 = -1

    package var available: Amount {
      observedAt == .distantPast ? .zero : max(observedAvailable - charged, .zero)
    }
  }

  /// Money that has moved and that no observed balance shows yet.
  struct Settling: Sendable, BitwiseCopyable {
    var amount: Amount
    var at: Timestamp
    var next: Int32 = -1
  }

  private var accounts: FixedBuffer<Account>
  private var settling: Pool<Settling>
  /// Entries of `settling` at each venue.
  private var settlingCounts: FixedBuffer<Int>
  private let assetCount: Int
  private let venueCount: Int

  package init(_ configuration: CoreConfiguration) {
    // One more asset: what is booked under assets that no setting names.
    assetCount = configuration.assetCapacity + 1
    venueCount = configuration.venueCapacity
    accounts = FixedBuffer(repeating: Account(), count: venueCount * assetCount)
    settling = Pool(capacity: max(configuration.childCapacity / 4, 64))
    settlingCounts = FixedBuffer(repeating: 0, count: venueCount)
  }

  package func account(_ venue: VenueID, _ asset: AssetID) -> Account {
    guard venue.index < venueCount else { return Account() }
    return accounts[index(venue, asset)]
  }

  /// Whether some money at this venue waits to be seen in a balance.
  package func isSettling(_ venue: VenueID) -> Bool { settlingCounts[venue.index] > 0 }

  private func index(_ venue: VenueID, _ asset: AssetID) -> Int {
    venue.index * assetCount + min(asset.index, assetCount - 1)
  }

  // Durable changes.

  mutating func move(_ venue: VenueID, _ asset: AssetID, by amount: Amount) {
    let (sum, overflow) = accounts[index(venue, asset)].position.mantissa
      .addingReportingOverflow(amount.mantissa)
    if !overflow { accounts[index(venue, asset)].position = Amount(mantissa: sum) }
  }

  /// Sets the part of a position that no fact in the journal's snapshot explains.
  mutating func carry(_ venue: VenueID, _ asset: AssetID, _ amount: Amount) {
    guard venue.index < venueCount else { return }
    let before = accounts[index(venue, asset)].carried
    move(venue, asset, by: -before)
    move(venue, asset, by: amount)
    accounts[index(venue, asset)].carried = amount
  }

  mutating func reserve(_ venue: VenueID, _ asset: AssetID, _ amount: Amount) {
    accounts[index(venue, asset)].reserved += amount
    accounts[index(venue, asset)].charged += amount
  }

  mutating func unreserve(_ venue: VenueID, _ asset: AssetID, _ amount: Amount) {
    accounts[index(venue, asset)].reserved -= amount
  }

  // What balances show.

  /// Stops taking `amount` from the observed balance.
  mutating func uncharge(_ venue: VenueID, _ asset: AssetID, _ amount: Amount) {
    accounts[index(venue, asset)].charged -= amount
  }

  /// Takes `amount` from the observed balance until one is observed well after `time`.
  mutating func settle(_ venue: VenueID, _ asset: AssetID, _ amount: Amount, at time: Timestamp) {
    guard amount > .zero else { return }
    let account = index(venue, asset)
    accounts[account].charged += amount
    let last = accounts[account].lastSettling
    guard let slot = settling.insert(Settling(amount: amount, at: time)) else {
      // No room: it settles with the youngest entry, or stays charged until the next start.
      if last >= 0 {
        settling[Int(last)].amount += amount
        settling[Int(last)].at = max(settling[Int(last)].at, time)
      }
      return
    }
    if last < 0 {
      accounts[account].firstSettling = Int32(slot)
    } else {
      settling[Int(last)].next = Int32(slot)
    }
    accounts[account].lastSettling = Int32(slot)
    settlingCounts[venue.index] += 1
  }

  /// Takes a new balance and drops what it must already show; `false` if it is older than the last.
  mutating func observe(_ observation: BalanceObservation) -> Bool {
    guard observation.venue.index < venueCount else { return false }
    let account = index(observation.venue, observation.asset)
    guard observation.observedAt >= accounts[account].observedAt else { return false }
    accounts[account].observedAvailable = observation.available
    accounts[account].observedTotal = observation.total
    accounts[account].observedAt = observation.observedAt
    while accounts[account].firstSettling >= 0 {
      let slot = Int(accounts[account].firstSettling)
      guard Self.shows(observation.observedAt, settling[slot].at) else { break }
      accounts[account].charged -= settling[slot].amount
      accounts[account].firstSettling = settling[slot].next
      if settling[slot].next < 0 { accounts[account].lastSettling = -1 }
      settling.remove(slot)
      settlingCounts[observation.venue.index] -= 1
    }
    return true
  }

  /// Whether a balance observed at one time shows what happened at another for certain.
  static func shows(_ observedAt: Timestamp, _ happenedAt: Timestamp) -> Bool {
    happenedAt.adding(milliseconds: settlingMilliseconds) <= observedAt
  }

  package func hash(into hasher: inout StateHasher) {
    for index in 0..<accounts.count {
      let account = accounts[index]
      guard account.position != .zero || account.reserved != .zero else { continue }
      hasher.combine(index)
      hasher.combine(account.position.mantissa)
      hasher.combine(account.reserved.mantissa)
    }
  }
}
