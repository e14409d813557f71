import RouterCore
import Testing
import Wire

@testable import RouterService

/// Which stage is to blame when an order ends too late.
struct StageOverrunTests {
  /// Every stage usually takes at most so long.
  private func limits(_ nanoseconds: Int64, count: Int = 100) -> StageLimits {
    let histograms = StageHistograms()
    histograms.prepare(venueCount: 1)
    for stage in Stage.allCases {
      for _ in 0..<count { histograms.record(stage, VenueID(0), nanoseconds) }
    }
    return StageLimits(histograms)
  }

  private func overrun(
    _ run: StageFixture, sending: [Int64], limit: Int64 = 50, acknowledged: Bool = true
  ) -> Stage? {
    run.tracker.adopt(limits(limit))
    let child = run.child(7)
    run.request(
      child, deadline: Timestamp(nanoseconds: run.hands.now + 100), steps: [10, 10])
    run.send(child, steps: sending)
    if acknowledged {
      run.pass(20)
      run.report([run.closed(child, .canceled)])
    } else {
      run.pass(900)
    }
    run.decide([run.closed(parent: 7)])
    return run.tracker.stages(of: ParentOrderID(7))?.parent.overrun
  }

  @Test func `the stage that took longest beyond its p99 is to blame`() {
    let run = StageFixture()
    #expect(overrun(run, sending: [10, 70, 400, 40]) == .sign)
    #expect(run.tracker.counters.lateParents == 1)
    #expect(run.tracker.counters.overruns[Stage.sign.rawValue] == 1)
    #expect(run.tracker.counters.unexplainedOverruns == 0)
  }

  @Test func `a stage that has not ended counts as far as it got`() {
    let run = StageFixture()
    #expect(overrun(run, sending: [10, 70, 400, 40], acknowledged: false) == .acknowledge)
  }

  @Test func `no stage is to blame if all kept within their p99`() {
    let run = StageFixture()
    #expect(overrun(run, sending: [10, 20, 30, 40], limit: 1000) == nil)
    #expect(run.tracker.counters.lateParents == 1)
    #expect(run.tracker.counters.unexplainedOverruns == 1)
  }

  @Test func `too few values are no measure of blame`() {
    let run = StageFixture()
    run.tracker.adopt(limits(50, count: 19))
    #expect(limits(50, count: 19)[.sign, VenueID(0)] == .max)
    #expect(limits(50, count: 20)[.sign, VenueID(0)] == 50)
    #expect(limits(50)[.sign, VenueID(3)] == .max)
  }

  @Test func `an order that ends in time is not late`() {
    let run = StageFixture()
    run.tracker.adopt(limits(1))
    let child = run.child(7)
    run.request(child)
    run.send(child)
    run.decide([
      .parentClosed(
        ParentClosed(parent: ParentOrderID(7), outcome: .filled, reason: .none, at: run.now))
    ])
    #expect(run.tracker.counters.lateParents == 0)
  }
}
