/// What the running core has in mind about an open parent; lost at a restart.
struct WorkingParent: Sendable, BitwiseCopyable {
  let parent: Int32
  /// Working parents of one instrument, in the order in which they were accepted.
  var next: Int32 = -1
  var previous: Int32 = -1
  /// Not planned again before this.
  var nextPlanAt = Timestamp.distantPast
  /// Waves in a row that filled nothing.
  var emptyWaves: UInt8 = 0
  var hasFilledInWave = false
  var hasShownPlan = false
  /// Plans in a row that found nothing.
  private(set) var emptyPlans: UInt8 = 0
  /// Rejects and misses in a row at each venue.
  private var misses = InlineArray<32, UInt8>(repeating: 0)
  private var setAsideUntil = InlineArray<32, Int64>(repeating: .min)
  /// When a child of ours last ended at each venue, and so changed or disproved its book.
  private var touchedAt = InlineArray<32, Int64>(repeating: .min)

  /// A venue that missed this often in a row is left alone for a while.
  private static let toleratedMisses: UInt8 = 2
  private static let setAsideMilliseconds: Int64 = 1000
  private static let planIntervalMilliseconds: Int64 = 10
  /// How long to wait for a book that shows what our own child did to it.
  static let freshnessMilliseconds: Int64 = 100
  private static let longestIntervalMilliseconds: Int64 = 1000

  init(parent: Int) {
    self.parent = Int32(parent)
  }

  func isSetAside(_ venue: VenueID, at now: Timestamp) -> Bool {
    setAsideUntil[venue.index] > now.nanoseconds
  }

  /// Whether a book still shows levels that our last child there took or did not find.
  func isOutdated(_ receivedAt: Timestamp, at venue: VenueID, _ now: Timestamp) -> Bool {
    let touched = Timestamp(nanoseconds: touchedAt[venue.index])
    guard touched > .distantPast, receivedAt <= touched else { return false }
    return now < touched.adding(milliseconds: Self.freshnessMilliseconds)
  }

  mutating func touch(_ venue: VenueID, at now: Timestamp) {
    touchedAt[venue.index] = now.nanoseconds
  }

  mutating func note(hit: Bool, at venue: VenueID, _ now: Timestamp) {
    guard !hit else {
      misses[venue.index] = 0
      return
    }
    misses[venue.index] += 1
    guard misses[venue.index] >= Self.toleratedMisses else { return }
    misses[venue.index] = 0
    setAsideUntil[venue.index] = now.adding(milliseconds: Self.setAsideMilliseconds).nanoseconds
  }

  /// Nothing could be planned: the market may change, but not be looked at all the time.
  mutating func noteEmptyPlan(at now: Timestamp) {
    emptyPlans = min(emptyPlans + 1, 100)
    nextPlanAt = now.adding(milliseconds: Self.planIntervalMilliseconds)
  }

  /// All children of a wave have ended; after empty waves the pauses double.
  mutating func noteWaveEnd(at now: Timestamp) {
    emptyPlans = 0
    guard !hasFilledInWave else {
      emptyWaves = 0
      nextPlanAt = now
      return
    }
    emptyWaves = min(emptyWaves + 1, 8)
    let pause = Self.planIntervalMilliseconds << Int64(emptyWaves - 1)
    nextPlanAt = now.adding(milliseconds: min(pause, Self.longestIntervalMilliseconds))
  }
}
