/// How fast the running core may go at one venue; begun afresh after a start.
struct VenuePace: Sendable, BitwiseCopyable {
  /// A pause is drawn from below this at first, and from below twice as much each time after.
  private static let firstPauseNanoseconds: Int64 = 250_000_000
  private static let longestPauseNanoseconds: Int64 = 60_000_000_000
  /// Only so long without a refusal ends a row of them.
  private static let sustainedNanoseconds: Int64 = 60_000_000_000

  /// A query that asks again and again takes turns from nobody for longer than this.
  private static let longestTurnMilliseconds: Int64 = 30_000

  var throttle = Throttle.unlimited
  /// Whether new orders are thinned out by `outcomes`.
  var isAdaptive = false
  var outcomes = OutcomeWindow()
  /// New orders that are intended and have not come to their release.
  var waitingOrders: Int32 = 0
  /// Whether some child's cancel waits for a token.
  var hasWaitingCancels = false
  /// Parents that wait for this venue are woken then.
  var wakeParentsAt = Timestamp.distantFuture
  /// The venue asked for a pause: no new order leaves before this.
  private(set) var engagedUntil = Timestamp.distantPast
  private(set) var engagedAt = Timestamp.distantPast
  private(set) var engagements: UInt8 = 0
  /// When the next query that has to wait gets its turn.
  private var nextQueryAt = Timestamp.distantPast

  mutating func configure(_ settings: VenueThrottle) {
    throttle = Throttle(settings)
    isAdaptive = settings.isAdaptive
    nextQueryAt = .distantPast
  }

  /// How long a new order would have to wait, behind those that have not left yet.
  func waitForOrder(at now: Timestamp) -> Int64 {
    let pause = engagedUntil > now ? engagedUntil.since(now) : 0
    return max(pause, throttle.wait(for: .newOrder, behind: waitingOrders, at: now))
  }

  /// Begins or prolongs the pause after a refusal: full jitter under a ceiling that doubles.
  ///
  /// `grows` is whether this refusal is news: requests that were on their way together are refused
  /// together, and count once.
  mutating func engage(until retryAt: Timestamp, grows: Bool, seed: UInt64, at now: Timestamp) {
    if engagedUntil > .distantPast, now.since(engagedUntil) > Self.sustainedNanoseconds {
      engagements = 0
    }
    let isNew = grows || engagements == 0
    let doublings = min(isNew ? engagements : engagements - 1, 16)
    let ceiling = min(
      Self.firstPauseNanoseconds << Int64(doublings), Self.longestPauseNanoseconds)
    let draw = Int64(mixed(seed ^ UInt64(bitPattern: now.nanoseconds)) % UInt64(ceiling + 1))
    let pauseEnd = Timestamp(nanoseconds: now.nanoseconds + draw)
    engagedUntil = max(engagedUntil, max(pauseEnd, retryAt))
    engagedAt = now
    if isNew { engagements = min(engagements + 1, 100) }
  }

  /// Takes a token for a query; the time to come back if there is none.
  ///
  /// Cancels go first. Queries that have to wait get a turn each, in the order in which they asked.
  mutating func askForQuery(at now: Timestamp) -> Timestamp? {
    let wait = throttle.wait(for: .cancelOrQuery, at: now)
    guard wait > 0 || hasWaitingCancels else {
      throttle.spend(at: now)
      return nil
    }
    let pause = max(wait, throttle.intervalNanoseconds)
    let latest = now.adding(milliseconds: Self.longestTurnMilliseconds)
    let turn = max(min(nextQueryAt, latest), Timestamp(nanoseconds: now.nanoseconds + pause))
    nextQueryAt = Timestamp(nanoseconds: turn.nanoseconds + throttle.intervalNanoseconds)
    return turn
  }
}
