import RouterCore
import Testing

struct CircuitBreakerTests {
  private var settings: VenueBreakerSettings {
    VenueBreakerSettings(
      venue: VenueID(0), windowCalls: 10, windowSeconds: 10, minimumCalls: 4, failureRate: 5000,
      slowCallRate: 7500, openMilliseconds: 1000, openCapMilliseconds: 8000, halfOpenProbes: 2)
  }

  private func breaker(_ change: (inout VenueBreakerSettings) -> Void = { _ in }) -> CircuitBreaker
  {
    var settings = settings
    change(&settings)
    return CircuitBreaker(settings, neededProbes: settings.halfOpenProbes, seed: 7)
  }

  private func time(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: 1_000_000_000_000).adding(milliseconds: milliseconds)
  }

  /// Opens it by four failures and ends its wait; when that is.
  @discardableResult
  private func trip(_ breaker: inout CircuitBreaker, at milliseconds: Int64) -> Timestamp {
    for _ in 0..<4 where breaker.state == .closed {
      breaker.failed(.timedOut, isProbe: true, at: time(milliseconds))
    }
    return breaker.openUntil
  }

  @Test func `it opens when the share of failures is reached, and not before enough calls`() {
    var breaker = breaker()
    for _ in 0..<3 { breaker.failed(.timedOut, isProbe: false, at: time(0)) }
    #expect(breaker.state == .closed)
    _ = breaker.succeeded(isSlow: false, isProbe: false, at: time(1))
    #expect(breaker.state == .open)
    #expect(breaker.evidence == CallCounts(calls: 4, failures: 3))
    #expect(breaker.lastFailure == .timedOut)
  }

  @Test func `answers alone never open it`() {
    var breaker = breaker()
    for call in 0..<1000 {
      _ = breaker.succeeded(isSlow: false, isProbe: false, at: time(Int64(call)))
    }
    #expect(breaker.state == .closed)
  }

  @Test func `slow answers open it by their own share`() {
    var breaker = breaker()
    for isSlow in [false, true, true] {
      _ = breaker.succeeded(isSlow: isSlow, isProbe: false, at: time(0))
    }
    #expect(breaker.state == .closed)
    _ = breaker.succeeded(isSlow: true, isProbe: false, at: time(0))
    #expect(breaker.state == .open)
    #expect(breaker.lastFailure == .slow)
  }

  @Test func `a slow call that fails in the end is one call`() {
    var breaker = breaker()
    let call = breaker.succeeded(isSlow: true, isProbe: false, at: time(0))
    breaker.turnedFailed(call, .timedOut, at: time(500))
    breaker.turnedFailed(call, .timedOut, at: time(600))
    #expect(breaker.counts(at: time(600)) == CallCounts(calls: 1, failures: 1, slowCalls: 1))
  }

  @Test func `failures that are older than the window do not count`() {
    var breaker = breaker()
    for _ in 0..<3 { breaker.failed(.timedOut, isProbe: false, at: time(0)) }
    breaker.failed(.timedOut, isProbe: false, at: time(10_000))
    #expect(breaker.state == .closed)
    #expect(breaker.counts(at: time(10_000)) == CallCounts(calls: 1, failures: 1))
  }

  @Test func `more calls than the ring holds are counted by time`() {
    var breaker = breaker { $0.windowCalls = 64 }
    for call in 0..<200 {
      if call < 99 {
        breaker.failed(.timedOut, isProbe: false, at: time(0))
      } else {
        _ = breaker.succeeded(isSlow: false, isProbe: false, at: time(0))
      }
      if breaker.state == .open { break }
    }
    // Failures came first: it opened at once, by either window.
    #expect(breaker.state == .open)
    var steady = self.breaker { $0.windowCalls = 5 }
    // Never half of the last five, but half of all within the window at the end.
    for _ in 0..<20 {
      _ = steady.succeeded(isSlow: false, isProbe: false, at: time(0))
    }
    #expect(steady.counts(at: time(0)) == CallCounts(calls: 20))
  }

  @Test func `open it counts nothing and lets nobody wait longer than its ceiling`() {
    for seed in 0..<200 {
      var breaker = CircuitBreaker(settings, neededProbes: 2, seed: UInt64(seed))
      let until = trip(&breaker, at: 0)
      #expect(until >= time(0) && until <= time(1000))
      breaker.failed(.disconnected, isProbe: true, at: time(1))
      #expect(breaker.openUntil == until)
    }
  }

  @Test func `probes that are all good close it and clear the window`() {
    var breaker = breaker()
    trip(&breaker, at: 0)
    breaker.tryAgain()
    _ = breaker.succeeded(isSlow: false, isProbe: true, at: time(2000))
    #expect(breaker.state == .halfOpen)
    _ = breaker.succeeded(isSlow: false, isProbe: true, at: time(2100))
    #expect(breaker.state == .closed)
    #expect(breaker.counts(at: time(2100)) == CallCounts())
  }

  @Test func `one bad probe opens it again, a slow one too, and nothing else counts meanwhile`() {
    for isSlow in [false, true] {
      var breaker = breaker()
      trip(&breaker, at: 0)
      breaker.tryAgain()
      breaker.failed(.timedOut, isProbe: false, at: time(1999))
      #expect(breaker.state == .halfOpen)
      _ = breaker.succeeded(isSlow: false, isProbe: true, at: time(2000))
      if isSlow {
        _ = breaker.succeeded(isSlow: true, isProbe: true, at: time(2001))
      } else {
        breaker.failed(.outcomeUnknown, isProbe: true, at: time(2001))
      }
      #expect(breaker.state == .open)
      #expect(breaker.trips(at: time(2001)) == 2)
    }
  }

  @Test func `waits grow with every trip in a row and start over after sustained success only`() {
    var breaker = breaker()
    var now: Int64 = 0
    for trips in 1...6 {
      let until = trip(&breaker, at: now)
      #expect(breaker.trips(at: time(now)) == UInt16(trips))
      #expect(until <= time(now).adding(milliseconds: min(1000 << Int64(trips - 1), 8000)))
      now += 9000
      breaker.tryAgain()
      for _ in 0..<2 { _ = breaker.succeeded(isSlow: false, isProbe: true, at: time(now)) }
      #expect(breaker.state == .closed)
      now += 5000
    }
    now += 10_000
    trip(&breaker, at: now)
    #expect(breaker.trips(at: time(now)) == 1)
  }

  @Test func `the same seed and trip wait as long, others do not`() {
    func waits(_ seed: UInt64) -> [Timestamp] {
      var breaker = CircuitBreaker(settings, neededProbes: 1, seed: seed)
      return (0..<5).map { round in
        breaker.failed(.timedOut, isProbe: true, at: time(Int64(round) * 100))
        let until = trip(&breaker, at: Int64(round) * 100)
        breaker.tryAgain()
        return until
      }
    }
    #expect(waits(1) == waits(1))
    #expect(waits(1) != waits(2))
  }

  @Test func `switched off it counts nothing`() {
    var breaker = breaker { $0.isEnabled = false }
    trip(&breaker, at: 0)
    #expect(breaker.state == .closed)
    #expect(breaker.counts(at: time(0)) == CallCounts())
  }

  /// Against a list of everything that was ever counted.
  @Test(arguments: 1...300) func `both windows agree with a list`(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let seconds = 1 + draw(&random, 20)
    let nanoseconds = Int64(seconds) * 1_000_000_000
    var window = CallWindow(nanoseconds: nanoseconds)
    var calls: [(at: Int64, isFailed: Bool, isSlow: Bool, number: UInt64)] = []
    var now: Int64 = 1_700_000_000_000_000_000
    for _ in 0..<400 {
      now += Int64(draw(&random, 4) == 0 ? draw(&random, 3_000_000_000) : draw(&random, 30_000_000))
      let at = Timestamp(nanoseconds: now)
      switch draw(&random, 12) {
      case 0 where !calls.isEmpty:
        let index = draw(&random, calls.count)
        let isKept = calls.count - index <= CallWindow.capacity
        window.markFailed(calls[index].number)
        if isKept { calls[index].isFailed = true }
      case 1 where draw(&random, 20) == 0:
        window.removeAll()
        calls.removeAll()
      default:
        let (isFailed, isSlow) = (draw(&random, 3) == 0, draw(&random, 4) == 0)
        let number = window.record(isFailed: isFailed, isSlow: isSlow, at: at)
        calls.append((now, isFailed, isSlow, number))
      }
      let count = 1 + draw(&random, 80)
      let last = calls.suffix(min(count, CallWindow.capacity)).filter { now - $0.at < nanoseconds }
      #expect(window.last(count, at: at) == counts(last))
      let bucket = nanoseconds / 10
      let recent = calls.filter { now / bucket - $0.at / bucket < 10 }
      #expect(window.recent(at: at) == counts(recent))
    }
  }

  private func draw(_ random: inout SeededRandom, _ bound: Int) -> Int {
    Int(random.next(in: 0...Int64(bound - 1)))
  }

  private func counts(
    _ calls: [(at: Int64, isFailed: Bool, isSlow: Bool, number: UInt64)]
  ) -> CallCounts {
    CallCounts(
      calls: UInt32(calls.count), failures: UInt32(calls.count { $0.isFailed }),
      slowCalls: UInt32(calls.count { $0.isSlow }))
  }
}
