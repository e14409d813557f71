import Simulator
import Testing

/// Histories as a whole: they are the same every time, and nothing that must hold breaks.
struct HistoryTests {
  @Test func `the same seed gives the same history`() {
    for seed in 1...UInt64(20) {
      let first = History.play(Script(seed: seed, steps: 60))
      let second = History.play(Script(seed: seed, steps: 60))
      #expect(first.totals == second.totals)
      #expect(first.violation == second.violation)
    }
  }

  @Test func `two seeds give two histories`() {
    let hashes = (1...UInt64(40)).map {
      History.play(Script(seed: $0, steps: 60)).totals.traceHash
    }
    #expect(Set(hashes).count == hashes.count)
  }

  @Test func `a script survives as text`() throws {
    for seed in 1...UInt64(50) {
      let script = Script(seed: seed, steps: 30)
      #expect(Script(text: script.text) == script)
    }
    #expect(Script(text: "sluice history 1\nseed x\n") == nil)
  }

  @Test func `a mix of faults survives as text`() throws {
    #expect(FaultMix("none") == FaultMix.none)
    let mix = try #require(FaultMix("crash=0.05,reportLoss=0.0001"))
    #expect(mix[.crash] == 500 && mix[.reportLoss] == 1)
    #expect(FaultMix(mix.text) == mix)
    #expect(FaultMix("crash=2") == nil && FaultMix("crush=0.1") == nil)
  }

  /// A parent's timer was due for ever: with a delayed leg beyond its deadline, and beyond the end of
  /// its rest.
  @Test(.timeLimit(.minutes(1)), arguments: [UInt64(49_132), 8143])
  func `a history that once had no end has one`(seed: UInt64) {
    #expect(History.play(Script(seed: seed, steps: 60)).violation == nil)
  }

  /// Plays a shortest history that once broke an invariant.
  private func expectWhole(_ text: String) throws {
    let script = try #require(Script(text: text))
    #expect(History.play(script).violation == nil)
  }

  /// A router that ends at its first sync after the last fault still has to start again.
  @Test func `a device that failed under a snapshot ends the router late`() throws {
    try expectWhole(
      """
      sluice history 2
      seed 132102
      venues 3 model
      durability process
      journal 2048 6144 0
      faults upkeepCrash=0.1241,snapshotDamage=0.9019
      operation submit 0 0 9934688699662029067
      operation limits 645006 1 14903114573150066876
      operation marketGap 0 2 10072840650371132948
      operation market 3698931 1 14489512148315541332
      operation submit 0 1 6252253090245839052
      operation fullDisk 0 0 12988077901305681254
      operation syncFailure 38253 2 879830126118821404
      operation market 5403460 0 13208548566256897137

      """)
  }

  /// Its links went down after they had come up for good.
  @Test func `an outage that ends at once cuts nothing behind its end`() throws {
    try expectWhole(
      """
      sluice history 2
      seed 329990
      venues 3 model
      durability process
      journal 2048 0 0
      faults none
      operation crash 0 0 17056139556181521745
      operation submit 0 0 2289827281764096282
      operation fullDisk 825125 0 5651194047543910866
      operation market 0 2 3909152357969223657
      operation submit 0 4 7830240096911870440
      operation submit 0 5 1346487638973492141
      operation market 105043 1 5076223563492427887
      operation submit 118874 6 17436697473178528985
      operation fullDisk 80174 2 5837421784200870525
      operation marketGap 0 2 14856762881503224432
      operation market 851164 1 1380512085000991747
      operation market 93004 2 8981800567352954079
      operation outage 784805 2 10814514452743066657

      """)
  }

  @Test func `without faults no router dies and every order trades or ends`() {
    var totals = HistoryTotals()
    for seed in 1...UInt64(100) {
      let result = History.play(Script(seed: seed, steps: 60, faults: FaultMix.none))
      #expect(result.violation == nil, "seed \(seed)")
      totals += result.totals
    }
    #expect(totals.crashes == 0 && totals.starts == 100)
    #expect(totals.parents > 500 && totals.fills > 500)
  }

  @Test func `the histories crash, doubt, and trade`() {
    var totals = HistoryTotals()
    for seed in 1...UInt64(200) {
      totals += History.play(Script(seed: seed, steps: 60)).totals
    }
    #expect(totals.crashes > 100 && totals.powerCuts > 20 && totals.failStops > 5)
    #expect(totals.unknowns > 200 && totals.fills > 1000)
    #expect(totals.sealedSegments > 3 * 200 && totals.snapshots > 200)
    #expect(totals.snapshotStarts > 40 && totals.deletedFiles > 100)
    #expect(totals.overRouted > 5)
    #expect(totals.events > 50 * 200)
  }
}
