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

  @Test func `with faults, orders go to Binance over the socket, over HTTP and over both`() {
    var kinds = [0, 0, 0]
    for seed in 1...UInt64(18) {
      let outcome = WireHistory(seed: seed, venueNames: ["binance"]).run()
      #expect(outcome.problems.isEmpty, "seed \(seed): \(outcome.problems)")
      guard outcome.orders > 4 else { continue }
      // What is lost on its way does not arrive.
      let isAll = outcome.httpOrders * 4 > outcome.orders * 3
      kinds[outcome.httpOrders == 0 ? 0 : isAll ? 2 : 1] += 1
    }
    #expect(kinds.allSatisfy { $0 > 0 }, "\(kinds)")
  }

  @Test func `on the wire, too, no history of the frame breaks an invariant`() {
    for seed in 1...UInt64(20) {
      let result = History.play(Script(seed: seed, steps: 60, venueKind: .wire))
      #expect(result.violation == nil, "seed \(seed): \(String(describing: result.violation))")
    }
  }

  /// A connection that broke during its handshake, which nobody told the router.
  @Test func `a connection that breaks before it is open is tried again`() {
    let result = History.play(Script(seed: 617, steps: 60, venueKind: .wire))
    #expect(result.violation == nil, "\(String(describing: result.violation))")
    #expect(result.totals.events < 30_000)
  }

  @Test func `on the wire, too, the same script gives the same history`() {
    for seed in [4, 8] as [UInt64] {
      let script = Script(seed: seed, steps: 60, venueKind: .wire)
      #expect(History.play(script).totals == History.play(script).totals)
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
