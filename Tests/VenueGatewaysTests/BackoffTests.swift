import Testing
import VenueGateways

struct BackoffTests {
  @Test func `a wait stays below its ceiling and the ceiling doubles up to the cap`() {
    for seed in 1...200 {
      var backoff = Backoff(
        baseMilliseconds: 100, capMilliseconds: 1000, sustainedMilliseconds: 5000,
        seed: UInt64(seed))
      for ceiling: Int64 in [100, 200, 400, 800, 1000, 1000] {
        let wait = backoff.nextDelayMilliseconds(atMilliseconds: 0)
        #expect(wait >= 0 && wait <= ceiling)
      }
    }
  }

  @Test func `waits are spread over the whole range`() {
    let waits = (1...2000).map { seed in
      var backoff = Backoff(
        baseMilliseconds: 1000, capMilliseconds: 1000, seed: UInt64(seed) &* 0x9E37_79B9)
      return backoff.nextDelayMilliseconds(atMilliseconds: 0)
    }
    let mean = waits.reduce(0, +) / Int64(waits.count)
    #expect((400...600).contains(mean))
    #expect(waits.contains { $0 < 100 } && waits.contains { $0 > 900 })
  }

  /// `routing.md`, example 12: base 0.1 s, cap 10 s.
  @Test func `waits are half their ceilings on average`() {
    let ceilings: [Int64] = [100, 200, 400, 800, 1600, 3200, 6400, 10_000]
    var sums = [Int64](repeating: 0, count: ceilings.count)
    for seed in 1...10_000 {
      var backoff = Backoff(
        baseMilliseconds: 100, capMilliseconds: 10_000, seed: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
      for attempt in ceilings.indices {
        sums[attempt] += backoff.nextDelayMilliseconds(atMilliseconds: 0)
      }
    }
    for (sum, ceiling) in zip(sums, ceilings) {
      #expect(abs(sum / 10_000 - ceiling / 2) <= ceiling / 40)
    }
  }

  @Test func `what the venue asked for is the floor`() {
    var backoff = Backoff(seed: 7)
    #expect(backoff.nextDelayMilliseconds(atMilliseconds: 0, floor: 45_000) == 45_000)
  }

  @Test func `only sustained success starts over`() {
    var backoff = Backoff(sustainedMilliseconds: 1000, seed: 3)
    for _ in 0..<4 { _ = backoff.nextDelayMilliseconds(atMilliseconds: 0) }
    backoff.succeeded(atMilliseconds: 0)
    _ = backoff.nextDelayMilliseconds(atMilliseconds: 500)
    #expect(backoff.attempts == 5)
    backoff.succeeded(atMilliseconds: 1000)
    _ = backoff.nextDelayMilliseconds(atMilliseconds: 2500)
    #expect(backoff.attempts == 1)
  }
}
