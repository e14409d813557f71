internal import RouterCore

/// Finds the facts of a history that still matter.
///
/// The history is read twice. The first time says what a core knows at its end. The second time
/// keeps, in their order, the facts of what it still knows, and puts others in the place of what it
/// has forgotten. A second core gets only what was kept, and must come to the same state.
struct Compaction: ~Copyable {
  typealias Keep = (Fact, _ index: UInt64) throws(JournalError) -> Void

  private var whole: RouterCore
  private var kept: RouterCore
  private var settings: [Fact.SettingKey: (fact: Fact, index: UInt64)] = [:]
  /// Fills so far, and fills that one who reads what was kept has counted.
  private var executions: UInt64 = 0
  private var countedExecutions: UInt64 = 0
  /// The index of the first fact of the oldest parent that is open; 0 if there is none.
  private(set) var oldestOpenIndex: UInt64 = 0

  init(_ configuration: CoreConfiguration) {
    whole = RouterCore(configuration)
    kept = RouterCore(configuration)
  }

  /// Takes a fact of the first reading.
  mutating func note(_ fact: Fact, index: UInt64) {
    whole.apply(fact)
    if case .setting(let key) = fact.subject { settings[key] = (fact, index) }
  }

  var hasOverflowed: Bool { whole.hasOverflowed }

  /// Keeps the settings as they stand; between the two readings.
  mutating func keepSettings(_ keep: Keep) throws(JournalError) {
    for (_, setting) in settings.sorted(by: { $0.key < $1.key }) {
      try add(setting.fact, setting.index, keep)
    }
  }

  /// Takes a fact of the second reading.
  mutating func keep(_ fact: Fact, index: UInt64, _ keep: Keep) throws(JournalError) {
    count(fact)
    switch fact.subject {
    case .setting, .carried, .evidence: break
    case .parent(let id):
      if let parent = whole.parent(id) {
        try keepPart(of: parent, fact, index, keep)
      } else if case .parentAccepted(let accepted) = fact {
        try keepMemory(of: accepted.order.clientOrderID, parent: id, index, keep)
      }
    case .request(let id):
      if case .parentRefused(let refused) = fact, remembers(refused) {
        try add(fact, index, keep)
      } else if case .requestRemembered(let entry) = fact {
        try keepMemory(of: id, parent: entry.parent, index, keep)
      }
    }
  }

  /// Keeps what stands for all that was left out; after the second reading.
  mutating func keepRest(_ keep: Keep) throws(JournalError) {
    try keepExecutionCount(executions, keep)
    try keepPositions(keep)
    let forgotten = ParentsForgotten(
      lastParent: whole.orders.lastParent, lastForgotten: whole.orders.lastForgotten)
    try add(.parentsForgotten(forgotten), 0, keep)
  }

  /// Whether what was kept comes to the same state as the whole history.
  var isFaithful: Bool {
    #if MUTATIONS
      if Mutation.snapshotLeavesOutAnOpenChild.isActive { return true }
    #endif
    return whole.stateHash == kept.stateHash && !kept.hasOverflowed
  }

  // Parts.

  private mutating func add(_ fact: Fact, _ index: UInt64, _ keep: Keep) throws(JournalError) {
    kept.apply(fact)
    try keep(fact, index)
  }

  private mutating func keepPart(
    of parent: ParentOrder, _ fact: Fact, _ index: UInt64, _ keep: Keep
  ) throws(JournalError) {
    #if MUTATIONS
      if case .childIntended = fact, parent.isOpen,
        Mutation.snapshotLeavesOutAnOpenChild.isActive
      {
        return
      }
    #endif
    if case .parentAccepted = fact, parent.isOpen, oldestOpenIndex == 0 { oldestOpenIndex = index }
    if case .fillRecorded = fact {
      try keepExecutionCount(executions - 1, keep)
      countedExecutions += 1
    }
    try add(fact, index, keep)
  }

  private mutating func keepMemory(
    of id: ShortText, parent: ParentOrderID?, _ index: UInt64, _ keep: Keep
  ) throws(JournalError) {
    guard let entry = whole.orders.requests.find(id), entry.parent == parent else { return }
    try add(.requestRemembered(entry), index, keep)
  }

  private func remembers(_ refused: ParentRefused) -> Bool {
    guard let entry = whole.orders.requests.find(refused.clientOrderID) else { return false }
    return entry.parent == nil && entry.at == refused.at
  }

  // Counts and sums.

  private mutating func count(_ fact: Fact) {
    switch fact {
    case .fillRecorded: executions += 1
    case .executionsCarried(let count): executions = count
    default: break
    }
  }

  private mutating func keepExecutionCount(
    _ count: UInt64, _ keep: Keep
  ) throws(JournalError) {
    guard countedExecutions != count else { return }
    countedExecutions = count
    try add(.executionsCarried(count: count), 0, keep)
  }

  private mutating func keepPositions(_ keep: Keep) throws(JournalError) {
    let assets = (0..<whole.configuration.assetCapacity).map { AssetID(UInt16($0)) } + [.unlisted]
    for venue in 0..<whole.configuration.venueCapacity {
      let venue = VenueID(UInt8(venue))
      for asset in assets {
        let missing = whole.position(venue, asset) - kept.position(venue, asset)
        guard missing != .zero else { continue }
        let carried = PositionCarried(venue: venue, asset: asset, amount: missing)
        try add(.positionCarried(carried), 0, keep)
      }
    }
  }
}
