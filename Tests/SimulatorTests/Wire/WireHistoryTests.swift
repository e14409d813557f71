import Simulator
import Testing

/// Histories in which the real adapters talk to the real server dialects.
struct WireHistoryTests {
  @Test(arguments: ["binance", "coinbase-exchange", "kraken"])
  func `without faults a venue's orders all end as the venue knows them`(name: String) {
    for seed in 1...UInt64(3) {
      let outcome = WireHistory(seed: seed, isFaulty: false, venueNames: [name]).run()
      #expect(outcome.problems.isEmpty, "seed \(seed): \(outcome.problems)")
      #expect(outcome.trades > 0, "seed \(seed) traded nothing")
    }
  }

  @Test func `with faults at every venue all orders end as the venues know them`() {
    for seed in 1...UInt64(24) {
      let outcome = WireHistory(seed: seed).run()
      #expect(outcome.problems.isEmpty, "seed \(seed): \(outcome.problems)")
    }
  }

  @Test func `the same seed gives the same history`() {
    for seed in [3, 17, 29] as [UInt64] {
      let first = WireHistory(seed: seed).run()
      let second = WireHistory(seed: seed).run()
      #expect(first.traceHash == second.traceHash)
      #expect(first.events == second.events)
    }
  }
}
