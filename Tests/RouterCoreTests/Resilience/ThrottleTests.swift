import RouterCore
import Testing

/// The token bucket kept as one time, against the sheet's example and a bucket that is counted out.
struct ThrottleTests {
  private static let millisecond: Int64 = 1_000_000

  private func throttle(
    interval: Int64, burst: UInt32, reserve: UInt16 = 0
  ) -> Throttle {
    Throttle(
      VenueThrottle(
        venue: VenueID(0), intervalNanoseconds: interval, burst: burst, cancelReserve: reserve))
  }

  private func time(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: 1_700_000_000_000_000_000 + milliseconds * Self.millisecond)
  }

  @Test func `ten a second in bursts of five let five pass and then one every 100 ms`() {
    var throttle = throttle(interval: 100 * Self.millisecond, burst: 5)
    for at: Int64 in [0, 10, 20, 30, 40] {
      #expect(throttle.wait(for: .newOrder, at: time(at)) == 0)
      throttle.spend(at: time(at))
    }
    #expect(throttle.wait(for: .newOrder, at: time(50)) == 50 * Self.millisecond)
    #expect(throttle.wait(for: .newOrder, at: time(99)) == Self.millisecond)
    #expect(throttle.wait(for: .newOrder, at: time(100)) == 0)
    #expect(throttle.wait(for: .newOrder, at: time(200)) == 0)
  }

  @Test func `new orders leave the reserve to cancels`() {
    var throttle = throttle(interval: 100 * Self.millisecond, burst: 5, reserve: 2000)
    for _ in 0..<4 { throttle.spend(at: time(0)) }
    #expect(throttle.tokens(at: time(0)) == 1)
    #expect(throttle.wait(for: .newOrder, at: time(0)) == 100 * Self.millisecond)
    #expect(throttle.wait(for: .cancelOrQuery, at: time(0)) == 0)
    throttle.spend(at: time(0))
    #expect(throttle.wait(for: .cancelOrQuery, at: time(0)) == 100 * Self.millisecond)
    #expect(throttle.wait(for: .newOrder, at: time(0)) == 200 * Self.millisecond)
  }

  @Test func `orders that have not left yet count as if they had`() {
    let throttle = throttle(interval: 100 * Self.millisecond, burst: 3)
    #expect(throttle.wait(for: .newOrder, behind: 2, at: time(0)) == 0)
    #expect(throttle.wait(for: .newOrder, behind: 3, at: time(0)) == 100 * Self.millisecond)
    #expect(throttle.wait(for: .newOrder, behind: 5, at: time(0)) == 300 * Self.millisecond)
  }

  @Test func `no limit never waits`() {
    var throttle = Throttle.unlimited
    for _ in 0..<1000 { throttle.spend(at: time(0)) }
    #expect(throttle.isUnlimited)
    #expect(throttle.wait(for: .newOrder, behind: 1000, at: time(0)) == 0)
  }

  @Test(arguments: [
    (Int64.min, UInt32.min, UInt16.max), (Int64.max, UInt32.max, UInt16.max), (0, 0, 0),
    (1, UInt32.max, 1), (Int64.max, 0, 0),
  ])
  func `settings that make no sense overflow nothing`(
    interval: Int64, burst: UInt32, reserve: UInt16
  ) {
    var throttle = throttle(interval: interval, burst: burst, reserve: reserve)
    for _ in 0..<10 { throttle.spend(at: time(0)) }
    #expect(throttle.wait(for: .newOrder, behind: .max, at: time(0)) >= 0)
    #expect(throttle.burst >= 1 && throttle.reserve < throttle.burst)
    #expect(throttle.tokens(at: time(0)) >= 0)
  }

  @Test func `a debt is bounded`() {
    var throttle = throttle(interval: 1000 * Self.millisecond, burst: 2)
    for _ in 0..<1000 { throttle.spend(at: time(0)) }
    #expect(throttle.wait(for: .cancelOrQuery, at: time(0)) <= 2000 * Self.millisecond)
  }

  /// A bucket that is filled and emptied, in nanoseconds of its interval.
  private struct Bucket {
    let interval: Int128
    let burst: Int128
    var level: Int128
    var filledAt: Timestamp

    mutating func allows(keeping kept: Int128, at now: Timestamp) -> Bool {
      level = min(burst * interval, level + Int128(now.nanoseconds - filledAt.nanoseconds))
      filledAt = now
      return level >= (1 + kept) * interval
    }
  }

  @Test func `it lets pass exactly what a token bucket lets pass`() {
    for seed in 1...UInt64(200) {
      var random = SeededRandom(seed: seed)
      let interval = random.next(in: 1...200) * Self.millisecond
      let burst = UInt32(random.next(in: 1...20))
      var throttle = throttle(
        interval: interval, burst: burst, reserve: UInt16(random.next(in: 0...10_000)))
      var now = time(0)
      var bucket = Bucket(
        interval: Int128(interval), burst: Int128(burst), level: Int128(burst) * Int128(interval),
        filledAt: now)
      for _ in 0..<300 {
        now = Timestamp(nanoseconds: now.nanoseconds + random.next(in: 0...(2 * interval)))
        let use: Throttle.Use = random.next(in: 0...2) == 0 ? .cancelOrQuery : .newOrder
        let kept = use == .newOrder ? Int128(throttle.reserve) : 0
        let wait = throttle.wait(for: use, at: now)
        #expect(bucket.allows(keeping: kept, at: now) == (wait == 0))
        #expect(throttle.tokens(at: now) == Int64(bucket.level / bucket.interval))
        guard wait == 0 else {
          let ready = Timestamp(nanoseconds: now.nanoseconds + wait)
          #expect(throttle.wait(for: use, at: ready) == 0)
          continue
        }
        throttle.spend(at: now)
        bucket.level -= bucket.interval
      }
    }
  }
}
