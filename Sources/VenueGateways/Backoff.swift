/// Full-jitter exponential back-off that starts over only after sustained success.
///
/// The wait before attempt `n` is uniform in `0 ..< min(cap, base * 2^n)`. A link that comes up and
/// falls at once therefore goes on waiting longer; `routing.md` calls the other way flapping.
package struct Backoff: Sendable {
  private let baseMilliseconds: Int64
  private let capMilliseconds: Int64
  private let sustainedMilliseconds: Int64
  private var attempt = 0
  private var upSince: Int64?
  private var random: UInt64

  // `seed` is any number that differs between processes.
  package init(
    baseMilliseconds: Int64 = 250, capMilliseconds: Int64 = 30_000,
    sustainedMilliseconds: Int64 = 30_000, seed: UInt64
  ) {
    self.baseMilliseconds = baseMilliseconds
    self.capMilliseconds = capMilliseconds
    self.sustainedMilliseconds = sustainedMilliseconds
    random = seed | 1
  }

  package var attempts: Int { attempt }

  package mutating func succeeded(atMilliseconds now: Int64) {
    upSince = now
  }

  /// How long to wait after a failure or loss, but no less than the venue asked for (`Retry-After`).
  package mutating func nextDelayMilliseconds(
    atMilliseconds now: Int64, floor: Int64 = 0
  ) -> Int64 {
    if let since = upSince, now - since >= sustainedMilliseconds { attempt = 0 }
    upSince = nil
    let ceiling = min(capMilliseconds, baseMilliseconds << Int64(min(attempt, 20)))
    attempt += 1
    return max(floor, Int64(next() % UInt64(ceiling + 1)))
  }

  /// xorshift64*: good enough to spread clients apart.
  private mutating func next() -> UInt64 {
    random ^= random >> 12
    random ^= random << 25
    random ^= random >> 27
    return (random &* 0x2545_F491_4F6C_DD1D) >> 16
  }
}
