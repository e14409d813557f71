import RouterCore

/// The private REST limit, counted here since the venue sends no headers about it.
///
/// 15 requests a second and profile, bursts of 30. Cancels and queries always pass; new orders
/// leave 30 % of the bucket to them.
struct CoinbaseExchangeBudget {
  private static let perSecond: Int64 = 15
  private static let burst: Int64 = 30
  private static let reserve: Int64 = 9
  private static let pauseMilliseconds: Int64 = 1000
  private static let unit: Int64 = 1_000_000_000

  /// In billionths of a request.
  private var tokens = burst * unit
  private var countedAt = Timestamp.distantPast
  private var blockedUntil = Timestamp.distantPast

  /// Counts a request that is made whatever the budget says.
  mutating func spend(at now: Timestamp) {
    refill(at: now)
    tokens = max(0, tokens - Self.unit)
  }

  /// Counts a new order, or says that there is no room for one.
  mutating func spendOnNewOrder(at now: Timestamp) -> Bool {
    refill(at: now)
    guard now >= blockedUntil, tokens >= (Self.reserve + 1) * Self.unit else { return false }
    tokens -= Self.unit
    return true
  }

  /// When there is room for a new order again, if nothing else is sent.
  func roomForOrder(after now: Timestamp) -> Timestamp {
    let missing = max((Self.reserve + 1) * Self.unit - tokens, 0)
    let wait = (missing + Self.perSecond - 1) / Self.perSecond
    return max(blockedUntil, Timestamp(nanoseconds: now.nanoseconds + wait))
  }

  /// The venue says that we are over the limit.
  mutating func exhaust(at now: Timestamp) {
    refill(at: now)
    tokens = 0
    blockedUntil = now.adding(milliseconds: Self.pauseMilliseconds)
  }

  private mutating func refill(at now: Timestamp) {
    defer { countedAt = max(countedAt, now) }
    guard countedAt != .distantPast, now > countedAt else { return }
    let full = Self.burst * Self.unit
    let (gain, overflow) = now.since(countedAt).multipliedReportingOverflow(by: Self.perSecond)
    tokens = overflow || gain >= full - tokens ? full : tokens + gain
  }
}
