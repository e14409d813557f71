/// A token bucket kept as one time: the generic cell rate algorithm of `routing.md` section 9.
///
/// The bucket is full at `fullAt`; each request moves that by one interval. New orders leave the
/// reserve to cancels and queries, so that what is out can always be taken back.
package struct Throttle: Sendable, BitwiseCopyable {
  package enum Use: UInt8, Sendable, BitwiseCopyable {
    case newOrder, cancelOrQuery
  }

  private static let longestInterval: Int64 = 1_000_000_000_000
  private static let greatestBurst: UInt32 = 100_000
  /// Keeps every product within 64 bits.
  private static let mostOthers: Int32 = 1_000_000

  package let intervalNanoseconds: Int64
  package let burst: Int64
  /// Tokens that new orders do not touch; at least one token is left to them.
  package let reserve: Int64
  private var fullAt = Timestamp.distantPast

  package static let unlimited = Throttle(
    VenueThrottle(venue: VenueID(0), intervalNanoseconds: 0, burst: 1))

  /// A full bucket; a value that makes no sense counts as the nearest one that does.
  package init(_ settings: VenueThrottle) {
    intervalNanoseconds = min(max(settings.intervalNanoseconds, 0), Self.longestInterval)
    burst = Int64(min(max(settings.burst, 1), Self.greatestBurst))
    let kept = (burst * Int64(min(settings.cancelReserve, 10_000)) + 9_999) / 10_000
    reserve = min(kept, burst - 1)
  }

  package var isUnlimited: Bool { intervalNanoseconds == 0 }

  /// How long a request has to wait, in nanoseconds; zero if it may leave now.
  ///
  /// `others` are requests that were decided on and have not left yet.
  package func wait(for use: Use, behind others: Int32 = 0, at now: Timestamp) -> Int64 {
    guard intervalNanoseconds > 0 else { return 0 }
    let kept = reserve(for: use) + Int64(min(max(others, 0), Self.mostOthers))
    let tolerance = (burst - 1 - kept) * intervalNanoseconds
    return max(missing(at: now) - tolerance, 0)
  }

  private func reserve(for use: Use) -> Int64 {
    #if MUTATIONS
      if Mutation.cancelReserveIsGivenAway.isActive { return 0 }
    #endif
    return use == .newOrder ? reserve : 0
  }

  /// Takes a token; one who does not ask `wait` before may bring the bucket into debt.
  package mutating func spend(at now: Timestamp) {
    guard intervalNanoseconds > 0 else { return }
    // A debt is bounded, so that no sum can overflow and no fault lasts for ever.
    let debt = min(missing(at: now), burst * intervalNanoseconds)
    fullAt = Timestamp(nanoseconds: now.nanoseconds + debt + intervalNanoseconds)
  }

  /// Whole tokens that are left, the reserve among them.
  package func tokens(at now: Timestamp) -> Int64 {
    guard intervalNanoseconds > 0 else { return burst }
    let (whole, part) = missing(at: now).quotientAndRemainder(dividingBy: intervalNanoseconds)
    return max(burst - whole - (part > 0 ? 1 : 0), 0)
  }

  /// How long the bucket takes to be full.
  private func missing(at now: Timestamp) -> Int64 {
    fullAt > now ? fullAt.since(now) : 0
  }
}
