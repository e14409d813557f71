/// What the running core has in mind about an open parent; lost at a restart.
struct WorkingParent: Sendable, BitwiseCopyable {
  let parent: Int32
  /// Whether it is watched as a stop order that has not triggered.
  var isArmed = false
  /// Legs of its plan that leave later, the earliest first; `-1` if there are none.
  var firstDelayed: Int32 = -1
  /// Not planned again before this.
  private(set) var nextPlanAt = Timestamp.distantPast
  /// The next wave does not begin before this.
  private var nextWaveAt = Timestamp.distantPast
  /// Waves in a row that filled nothing.
  private var emptyWaves: UInt8 = 0
  var hasFilledInWave = false
  var hasShownPlan = false
  /// What its shares of a pro rata plan left over is planned without them.
  var skipsShares = false
  var passivePhase = PassivePhase.ahead
  /// When resting ends, while it does.
  var restUntil = Timestamp.distantFuture
  /// Plans in a row that found nothing.
  private(set) var emptyPlans: UInt8 = 0
  /// Venues where the last child filled nothing, as bits.
  private var missed: UInt32 = 0
  /// Venues where a child has ended since the first of these misses.
  private var triedSince: UInt32 = 0
  /// Venues where a child of this parent has ended in this run.
  private var tried: UInt32 = 0
  /// Venues that a draw has left out in `thinnedRound`, as bits.
  private var thinned: UInt32 = 0
  private var thinnedRound = Int64.min
  private var setAsideUntil = InlineArray<32, Int64>(repeating: .min)
  /// When a child of ours last ended at each venue, and so changed or disproved its book.
  private var touchedAt = InlineArray<32, Int64>(repeating: .min)

  /// When what rests at the limit is to be looked at again.
  var reviewAt = Timestamp.distantFuture
  /// What rests at the limit is not given up before this, to take elsewhere.
  private(set) var nextTakeAt = Timestamp.distantPast
  /// Times in a row that it was given up for nothing.
  private var vainTakes: UInt8 = 0
  /// Until when no residual is sent to a venue that did not keep one.
  private var restBlockedUntil = InlineArray<32, Int64>(repeating: .min)
  private var restFailures = InlineArray<32, UInt8>(repeating: 0)

  /// Where a parent stands that rests before it takes.
  enum PassivePhase: UInt8, Sendable, BitwiseCopyable {
    case ahead, resting, over
  }

  /// A venue that missed is left alone until the others were tried, but not for longer.
  private static let setAsideMilliseconds: Int64 = 1000
  private static let planIntervalMilliseconds: Int64 = 10
  private static let firstPauseNanoseconds: Int64 = 200_000
  /// How long to wait for a book that shows what our own child did to it.
  static let freshnessMilliseconds: Int64 = 100
  private static let longestIntervalMilliseconds: Int64 = 1000
  private static let restPauseMilliseconds: Int64 = 50

  init(parent: Int) {
    self.parent = Int32(parent)
  }

  var hasDelayed: Bool { firstDelayed >= 0 }

  // Venues.

  var hasMisses: Bool { missed != 0 }

  func hasTried(_ venue: VenueID) -> Bool { tried & Self.bit(venue) != 0 }

  func isSetAside(_ venue: VenueID, at now: Timestamp) -> Bool {
    missed & Self.bit(venue) != 0 && setAsideUntil[venue.index] > now.nanoseconds
  }

  /// Gives venues that missed another chance once all that could fill were tried.
  mutating func considerMisses(eligible: UInt32) {
    if eligible & ~triedSince == 0 { missed = 0 }
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
    let bit = Self.bit(venue)
    tried |= bit
    triedSince |= bit
    guard !hit else {
      missed &= ~bit
      return
    }
    if missed == 0 { triedSince = bit }
    missed |= bit
    setAsideUntil[venue.index] = now.adding(milliseconds: Self.setAsideMilliseconds).nanoseconds
  }

  /// - Returns: Whether it is the first time in the round.
  mutating func noteThinnedOut(_ venue: VenueID, round: Int64) -> Bool {
    if thinnedRound != round {
      thinnedRound = round
      thinned = 0
    }
    defer { thinned |= Self.bit(venue) }
    return thinned & Self.bit(venue) == 0
  }

  static func bit(_ venue: VenueID) -> UInt32 { 1 << UInt32(venue.index & 31) }

  // What rests at the limit.

  func mayRest(at venue: VenueID, _ now: Timestamp) -> Bool {
    restBlockedUntil[venue.index] <= now.nanoseconds
  }

  /// A residual ended there unasked; the pauses double.
  mutating func noteRestFailure(at venue: VenueID, _ now: Timestamp) {
    let failures = min(restFailures[venue.index] + 1, 10)
    restFailures[venue.index] = failures
    restBlockedUntil[venue.index] =
      now.adding(milliseconds: Self.restPauseMilliseconds << Int64(failures - 1)).nanoseconds
  }

  mutating func noteRestSuccess(at venue: VenueID) {
    restFailures[venue.index] = 0
  }

  /// What rests is given up to take; after waves that filled nothing the pauses double.
  mutating func noteTakeInstead(at now: Timestamp) {
    vainTakes = hasFilledInWave ? 0 : min(vainTakes + 1, 7)
    nextTakeAt = now.adding(milliseconds: Self.restPauseMilliseconds << Int64(vainTakes))
  }

  // Pace.

  /// Children have been intended, and the next ones must keep their distance.
  mutating func noteWaveStart(at now: Timestamp, intervalMilliseconds: UInt32) {
    hasFilledInWave = false
    nextWaveAt = now.adding(milliseconds: Int64(intervalMilliseconds))
  }

  /// The order has changed, so nothing that was tried before speaks against a plan now.
  mutating func noteNewTerms() {
    hasShownPlan = false
    emptyPlans = 0
    nextPlanAt = nextWaveAt
  }

  mutating func noteRestart(at now: Timestamp, intervalMilliseconds: UInt32) {
    nextWaveAt = now.adding(milliseconds: Int64(intervalMilliseconds))
    nextPlanAt = nextWaveAt
  }

  /// Nothing could be planned: the market may change, but not be looked at all the time.
  ///
  /// While it is outside the limit no change is looked at anyway; the first inside must not wait.
  /// The pauses double, since most reasons last, but some - a level that we have just taken ourselves
  /// and that is still shown - are over with the next message.
  mutating func noteEmptyPlan(at now: Timestamp, isMarketInside: Bool) {
    emptyPlans = min(emptyPlans + 1, 100)
    guard isMarketInside else { return }
    let pause = Self.firstPauseNanoseconds << Int64(min(emptyPlans - 1, 6))
    nextPlanAt = Timestamp(nanoseconds: now.nanoseconds + pause)
  }

  /// The least pause before it looks for room at a venue again.
  ///
  /// What was to leave before it may still wait itself, and then the time that was reckoned with
  /// passes in vain. The pauses double.
  var roomPauseMilliseconds: Int64 { 1 << Int64(min(emptyPlans, 10)) }

  /// All taking children of a wave have ended; after empty waves the pauses double.
  mutating func noteWaveEnd(at now: Timestamp) {
    emptyPlans = 0
    var pause: Int64 = 0
    if hasFilledInWave {
      emptyWaves = 0
    } else {
      emptyWaves = min(emptyWaves + 1, 8)
      pause = Self.planIntervalMilliseconds << Int64(emptyWaves - 1)
    }
    let rested = now.adding(milliseconds: min(pause, Self.longestIntervalMilliseconds))
    nextPlanAt = max(rested, nextWaveAt)
  }
}
