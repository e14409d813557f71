import RouterCore
import Testing

struct RetryBudgetTests {
  private let start = Timestamp(nanoseconds: 1_000_000_000_000)

  @Test func `twenty retries are there at once, then ten a second, in the order of asking`() {
    var budget = RetryBudget()
    for _ in 0..<20 { #expect(budget.withdraw(at: start) == start) }
    let turns = (1...30).map { _ in budget.withdraw(at: start) }
    #expect(turns == (1...30).map { start.adding(milliseconds: Int64($0) * 100) })
  }

  @Test func `ten first attempts pay for one retry`() {
    var budget = RetryBudget()
    for _ in 0..<100 { budget.depositFirstAttempt() }
    for _ in 0..<30 { #expect(budget.withdraw(at: start) == start) }
    #expect(budget.withdraw(at: start) > start)
  }

  @Test func `an idle time fills it up to the floor and no further`() {
    var budget = RetryBudget()
    for _ in 0..<25 { _ = budget.withdraw(at: start) }
    let later = start.adding(milliseconds: 3_600_000)
    for _ in 0..<20 { #expect(budget.withdraw(at: later) == later) }
    #expect(budget.withdraw(at: later) > later)
  }

  @Test func `asking often loses nothing of the time between`() {
    var budget = RetryBudget()
    for _ in 0..<20 { _ = budget.withdraw(at: start) }
    var now = start
    var count = 0
    // A second in steps of 30 microseconds: ten more retries come due.
    for _ in 0..<33_334 {
      now = Timestamp(nanoseconds: now.nanoseconds + 30_000)
      var probe = budget
      if probe.withdraw(at: now) <= now {
        budget = probe
        count += 1
      }
    }
    #expect(count == 10)
  }
}

struct FullJitterTests {
  /// `routing.md`, example 12: base 0.1 s, cap 10 s.
  @Test func `ceilings double up to the cap and waits are half of them on average`() {
    let ceilings: [Int64] = [100, 200, 400, 800, 1600, 3200, 6400, 10_000]
    for (attempt, ceiling) in ceilings.enumerated() {
      #expect(FullJitter.ceiling(base: 100, cap: 10_000, attempt: attempt) == ceiling)
      var sum: Int64 = 0
      for seed in 0..<20_000 {
        let wait = FullJitter.draw(upTo: ceiling, seed: UInt64(seed), attempt: UInt64(attempt))
        #expect(wait >= 0 && wait <= ceiling)
        sum += wait
      }
      let mean = sum / 20_000
      #expect(abs(mean - ceiling / 2) <= ceiling / 50, "mean \(mean) of \(ceiling)")
    }
  }

  @Test func `a thousand clients do not come together`() {
    var bins = [Int](repeating: 0, count: 33)
    for client in 0..<1000 {
      bins[Int(FullJitter.draw(upTo: 3200, seed: UInt64(client), attempt: 5) / 100)] += 1
    }
    #expect((bins.max() ?? 0) < 60)
  }

  @Test func `no number makes it trap`() {
    for base in [Int64.min, -1, 0, 1, .max] {
      for attempt in [Int.min, 0, 62, 64, .max] {
        #expect(FullJitter.ceiling(base: base, cap: .max, attempt: attempt) > 0)
      }
    }
    #expect(FullJitter.draw(upTo: .max, seed: .max, attempt: .max) >= 0)
    #expect(FullJitter.draw(upTo: -5, seed: 1, attempt: 1) == 0)
  }
}
