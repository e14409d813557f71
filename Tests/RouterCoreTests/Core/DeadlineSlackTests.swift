import RouterCore
import Testing

/// Orders with a deadline: what can not arrive in time is not sent.
struct DeadlineSlackTests {
  /// Venue 0 is the cheapest; one order in a hundred takes three times the assumed latency.
  private func harness(latencyMilliseconds: [Int64]) -> CoreHarness {
    let harness = CoreHarness(venues: latencyMilliseconds.count)
    for (index, latency) in latencyMilliseconds.enumerated() {
      harness.assume(index) { $0.latencyNanoseconds = latency * CoreHarness.millisecond }
      harness.book(index, bids: [(9_990, 1000)], asks: [(10_010 + Int64(index), 1000)])
    }
    return harness
  }

  private func submit(
    _ harness: CoreHarness, _ id: String = "a", milliseconds: Int64?,
    timeInForce: TimeInForce = .goodTillDate
  ) -> ParentOrderID? {
    harness.submit(
      harness.order(
        id, 10, limit: 10_020, timeInForce: timeInForce,
        deadline: milliseconds.map { harness.now.adding(milliseconds: $0) } ?? .distantFuture))
  }

  @Test func `a venue whose slow orders would be late is left out`() {
    let harness = harness(latencyMilliseconds: [40, 1])
    _ = submit(harness, milliseconds: 100)
    #expect(harness.lastExclusions == [.tooSlow, .none])
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
    _ = submit(harness, "b", milliseconds: 121)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(0)])
  }

  @Test func `without a deadline of the client's no venue is too slow`() {
    let harness = harness(latencyMilliseconds: [20_000])
    _ = submit(harness, milliseconds: nil, timeInForce: .goodTillCancel)
    _ = submit(harness, "b", milliseconds: nil, timeInForce: .immediateOrCancel)
    harness.submit(harness.order("c", 10))
    #expect(harness.releaseAll().count == 3)
  }

  @Test func `where no venue can be reached in time the order ends and nothing is sent`() {
    let harness = harness(latencyMilliseconds: [40, 30])
    for (id, timeInForce): (String, TimeInForce) in [
      ("a", .goodTillDate), ("b", .immediateOrCancel), ("c", .fillOrKill),
    ] {
      let parent = submit(harness, id, milliseconds: 80, timeInForce: timeInForce)
      #expect(harness.parent(parent)?.outcome == .expired)
      #expect(harness.parent(parent)?.closeReason == .staleAtDecision)
    }
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `our own path takes its share`() {
    let harness = harness(latencyMilliseconds: [10])
    harness.process(.pathLatencyMeasured(nanoseconds: 50 * CoreHarness.millisecond))
    let late = submit(harness, milliseconds: 79)
    #expect(harness.parent(late)?.closeReason == .staleAtDecision)
    _ = submit(harness, "b", milliseconds: 81)
    #expect(harness.releaseAll().count == 1)
    harness.process(.pathLatencyMeasured(nanoseconds: .min))
    _ = submit(harness, "c", milliseconds: 31)
    #expect(harness.releaseAll().count == 1)
  }

  @Test func `a stall of our own does not turn away who has time enough`() {
    let harness = harness(latencyMilliseconds: [10])
    harness.process(.pathLatencyMeasured(nanoseconds: 5000 * CoreHarness.millisecond))
    let late = submit(harness, milliseconds: 129)
    #expect(harness.parent(late)?.closeReason == .staleAtDecision)
    _ = submit(harness, "b", milliseconds: 131)
    #expect(harness.releaseAll().count == 1)
  }

  @Test func `what has waited too long for its release goes to a nearer venue`() throws {
    let harness = harness(latencyMilliseconds: [20, 1])
    let parent = submit(harness, milliseconds: 100)
    let child = try #require(harness.unreleased.first)
    #expect(child.venue == VenueID(0))
    harness.pass(milliseconds: 50)
    #expect(!harness.release(child))
    #expect(harness.child(child)?.closeReason == .staleAtRelease)
    harness.unreleased = []
    harness.pass(milliseconds: 15)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
    #expect(harness.parent(parent)?.isOpen == true)
  }

  @Test func `what rests may fill until the deadline itself`() throws {
    let harness = harness(latencyMilliseconds: [10])
    let parent = harness.submit(
      harness.order(
        "a", 10, limit: 9_000, timeInForce: .goodTillDate,
        deadline: harness.now.adding(milliseconds: 200)
      ) { $0.residual = .rest })
    let child = try #require(harness.releaseAll().first)
    harness.acknowledge(child)
    harness.pass(milliseconds: 199)
    #expect(harness.parent(parent)?.isOpen == true && harness.canceled.isEmpty)
    harness.pass(milliseconds: 1)
    #expect(harness.canceled == [child.id])
  }

  /// Eight that have faded a little are not eight.
  @Test func `what is measured counts once there is enough of it`() {
    let harness = harness(latencyMilliseconds: [1, 1])
    for index in 0..<9 {
      harness.submit(
        harness.order("m\(index)", 1, limit: 10_010, timeInForce: .immediateOrCancel))
      let children = harness.releaseAll()
      harness.pass(milliseconds: 200)
      children.forEach { harness.acknowledge($0) }
      children.forEach { harness.fill($0, 1) }
      harness.book(0, bids: [(9_990, 1000)], asks: [(10_010, 1000)])
      _ = submit(harness, "d\(index)", milliseconds: 50)
      let expected: Exclusion = index < 8 ? .none : .tooSlow
      #expect(harness.lastExclusions.first == expected, "\(index)")
      harness.unreleased = []
    }
    let reading = harness.core.latencyReading(of: VenueID(0), at: harness.now)
    #expect(reading.order.isMeasured && reading.sampleCount == 9)
    #expect(reading.order.farTailNanoseconds > 90 * CoreHarness.millisecond)
  }

  /// No order went there any more that could have shown that it was quick again.
  @Test func `a venue that was slow for a moment gets orders with a deadline again`() {
    let harness = harness(latencyMilliseconds: [1])
    for index in 0..<2000 {
      harness.submit(
        harness.order("m\(index)", 1, limit: 10_010, timeInForce: .immediateOrCancel))
      let children = harness.releaseAll()
      harness.pass(milliseconds: index < 1960 ? 2 : 400)
      children.forEach { harness.acknowledge($0) }
      children.forEach { harness.fill($0, 1) }
      harness.book(0, bids: [(9_990, 1000)], asks: [(10_010, 1000)])
    }
    let early = submit(harness, "early", milliseconds: 100)
    #expect(harness.parent(early)?.closeReason == .staleAtDecision)
    harness.pass(milliseconds: 2000)
    let still = submit(harness, "still", milliseconds: 100)
    #expect(harness.parent(still)?.closeReason == .staleAtDecision)
    harness.pass(milliseconds: 13_000)
    harness.book(0, bids: [(9_990, 1000)], asks: [(10_010, 1000)])
    harness.unreleased = []
    _ = submit(harness, "late", milliseconds: 100)
    #expect(harness.releaseAll().count == 1)
  }
}
