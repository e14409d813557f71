import ClientGateways
import RouterCore
import Testing
import Wire

@testable import RouterService

struct StageTrackerTests {
  @Test func `the stages of a requested child have no gap between request and last fill`() {
    let run = StageFixture()
    let child = run.child(7)
    run.request(child)
    run.send(child)
    run.pass(1000)
    run.report([.childAcknowledged(child, venueOrderID: ShortText(), at: run.now)])
    run.pass(50)
    run.report([run.fill(child)])
    run.pass(60)
    run.report([run.fill(child), run.closed(child)])
    #expect(
      run.durations(7) == [
        "handover": 100, "gather": 0, "decide": 200, "journal": 10, "gate": 20, "sign": 30,
        "write": 40, "acknowledge": 1000, "first_fill": 50, "last_fill": 60,
      ])
    let view = run.stages(7).map(ParentStagesView.Child.init)
    #expect(view.map(\.totalNanoseconds) == [1510])
    #expect(view.map(\.cause) == ["request"])
    for stage in [Stage.handover, .decide, .write, .acknowledge, .firstFill, .lastFill] {
      #expect(run.count(stage) == 1, "\(stage)")
    }
    #expect(run.count(.gather) == 0)
  }

  @Test func `ways are measured whole`() {
    let run = StageFixture()
    let child = run.child(7)
    run.request(child)
    run.send(child)
    let set = run.tracker.swap(for: StageHistograms())
    #expect(set.histogram(.requestToOrder).totalCount == 1)
    #expect(set.histogram(.requestToOrder).maximum == 400)
    #expect(set.histogram(.decisionToOrder).maximum == 300)
    #expect(set.histogram(.tickToOrder).totalCount == 0)
  }

  @Test func `only the first child of a request counts as its answer`() {
    let run = StageFixture()
    let (first, second) = (run.child(7, 1), run.child(7, 2))
    run.tracker.taken(requestReadAt: run.hands.now, at: run.now)
    run.decide(
      [run.accepted(7), run.intended(run.order(first)), run.intended(run.order(second))],
      by: StageFixture.newOrder)
    for child in [first, second] { run.send(child) }
    let set = run.tracker.swap(for: StageHistograms())
    #expect(set.histogram(.requestToOrder).totalCount == 1)
    #expect(set.histogram(.decisionToOrder).totalCount == 2)
    #expect(set.histogram(.write, venue: 0).totalCount == 2)
  }

  @Test func `a child begins with the frame of its instrument that has waited longest`() {
    let run = StageFixture()
    let start = run.hands.now
    run.frame(listing: 1)  // another instrument
    run.frame(listing: 2)
    run.frame(listing: 0)
    run.pass(9)
    run.decide(
      [run.intended(run.order(run.child(7)))], by: .linkChanged(run.venue, .dropCopy, isUp: true))
    run.decide(
      [run.accepted(8), run.intended(run.order(run.child(8)))], by: .riskLimitsChanged(.closed),
      deciding: 11)
    let stamps = run.stages(8)[0].stamps
    #expect(stamps[.bytesRead] == start + 12)
    #expect(stamps[.decoded] == start + 17)
    #expect(stamps[.applied] == start + 24)
    #expect(run.durations(8)["gather"] == 21)
    #expect(run.stages(8)[0].cause == .frame)
    #expect(run.stages(7)[0].cause == .report)
    run.send(run.child(8))
    let set = run.tracker.swap(for: StageHistograms())
    #expect(set.histogram(.tickToOrder).totalCount == 1)
    #expect(set.histogram(.gather, venue: 0).totalCount == 1)
    #expect(set.histogram(.decode, venue: 0).totalCount == 3)
  }

  @Test func `a turn's frames cause nothing in the next`() {
    let run = StageFixture()
    run.frame()
    run.tracker.turnEnded()
    run.decide(
      [run.accepted(8), run.intended(run.order(run.child(8)))], by: .riskLimitsChanged(.closed))
    #expect(run.stages(8).map(\.cause) == [.timer])
    #expect(run.stages(8)[0].stamps[.bytesRead] == nil)
  }

  @Test func `feed lag is taken by the corrected clock and never negative`() {
    let run = StageFixture()
    run.tracker.correctClock(of: run.venue, by: -400)
    run.frame(venueTime: run.hands.now + 100)  // 300 before the read
    run.frame(venueTime: run.hands.now + 900)  // 500 after it
    let set = run.tracker.swap(for: StageHistograms())
    let feed = set.histogram(.feed, venue: 0)
    #expect(feed.totalCount == 2)
    #expect(feed.count(atOrBelow: 0) == 1)
    #expect(feed.layout.lowestEquivalent(to: feed.maximum) <= 300 && feed.maximum >= 300)
    #expect(run.tracker.counters.clampedStamps == 1)
  }

  @Test func `a venue's time at the end of all numbers does no harm`() {
    let run = StageFixture()
    let times: [Int64] = [.max, .min + 1, -1, 0]
    for time in times { run.frame(venueTime: time) }
    run.tracker.correctClock(of: run.venue, by: .max)
    for time in times { run.frame(venueTime: time) }
    #expect(run.count(.apply) == 8)
  }

  @Test func `a stamp that is missing leaves the sum whole`() {
    let run = StageFixture()
    let child = run.child(7)
    run.request(child)
    run.pass(500)
    run.tracker.written(child)
    let view = ParentStagesView.Child(run.stages(7)[0])
    #expect(view.totalNanoseconds == 800)
    #expect(run.durations(7).values.reduce(0, +) == 800)
    #expect(run.durations(7)["sign"] == nil)
    #expect(run.count(.sign) == 0 && run.count(.write) == 1)
  }

  @Test func `a stamp before the one before it is moved up and counted`() {
    let run = StageFixture()
    let child = run.child(7)
    run.request(child)
    run.send(child)
    run.pass(-25)
    run.report([run.fill(child)])
    #expect(run.tracker.counters.clampedStamps > 0)
    #expect(run.durations(7)["acknowledge"] == 0)
  }

  @Test func `bytes that leave twice count once`() {
    let run = StageFixture()
    let child = run.child(7)
    run.request(child)
    run.send(child)
    run.tracker.written(child)
    #expect(run.count(.write) == 1)
  }

  @Test func `an answer to what never left is no acknowledgement`() {
    let run = StageFixture()
    let child = run.child(7)
    run.request(child)
    run.report([run.closed(child, .neverAccepted)])
    #expect(run.count(.acknowledge) == 0)
    #expect(run.stages(7).map(\.isClosed) == [true])
  }

  @Test func `a child of another run under the same number is not mistaken for it`() {
    let run = StageFixture()
    run.request(run.child(7, 1, epoch: 2))
    run.tracker.written(run.child(7, 1, epoch: 1))
    #expect(run.count(.write) == 0)
  }

  @Test func `the oldest child makes room, and is counted if it was open`() {
    let run = StageFixture(childCapacity: 4, parentCapacity: 2)
    for parent in 1...6 {
      let child = run.child(UInt64(parent))
      run.request(child)
      run.send(child)
      if parent < 2 { run.report([run.closed(child)]) }
    }
    #expect(run.tracker.counters.forgottenChildren == 1)
    #expect(run.tracker.counters.forgottenParents == 4)
    #expect(run.stages(4).isEmpty)
    #expect(run.stages(6).map(\.id) == [run.child(6)])
  }

  @Test func `children that made room are missing from their parent, not wrong`() {
    let run = StageFixture(childCapacity: 3)
    run.decide([run.accepted(1)] + (1...2).map { run.intended(run.order(run.child(1, $0))) })
    run.decide([run.accepted(2)] + (1...2).map { run.intended(run.order(run.child(2, $0))) })
    #expect(run.stages(1).map(\.id.child) == [2])
    #expect(run.stages(2).map(\.id.child) == [2, 1])
    #expect(run.tracker.stages(of: ParentOrderID(1))?.parent.childCount == 2)
  }

  @Test func `a swap of sets loses nothing`() {
    let run = StageFixture()
    let sum = StageHistograms()
    for parent in 1...9 {
      run.request(run.child(UInt64(parent)))
      run.send(run.child(UInt64(parent)))
      if parent % 2 == 0 { sum.add(run.tracker.swap(for: StageHistograms())) }
    }
    sum.add(run.tracker.swap(for: StageHistograms()))
    #expect(sum.histogram(.write, venue: 0).totalCount == 9)
    #expect(sum.histogram(.requestToOrder).totalCount == 9)
  }
}
