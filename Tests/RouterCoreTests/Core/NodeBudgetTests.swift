import RouterCore
import Testing

/// How long the search for a plan may take follows from the time until the order's deadline.
struct NodeBudgetTests {
  /// Six venues that show the same touch: a search among equals, of which 47 nodes prove the best.
  private static let bids: [[(Int64, Int64)]] = [
    [(10_000, 15), (9992, 7)], [(10_000, 3), (9992, 8)], [(10_000, 5)], [(10_000, 18), (9992, 5)],
    [(10_000, 20), (9992, 8), (9984, 7)], [(10_000, 18), (9992, 10), (9984, 19)],
  ]

  private func plan(microsecondsLeft: Int64?) throws -> PlanMade {
    let harness = CoreHarness(venues: Self.bids.count)
    for (index, bids) in Self.bids.enumerated() {
      // A venue at hand: all of the time that is left can go into the plan.
      harness.assume(index) { $0.latencyNanoseconds = 0 }
      harness.book(index, bids: bids, asks: [(10_100, 100)])
    }
    let deadline = microsecondsLeft.map {
      Timestamp(nanoseconds: harness.now.nanoseconds + $0 * 1000)
    }
    harness.submit(
      harness.order(
        "a", 43, side: .sell, timeInForce: .immediateOrCancel,
        deadline: deadline ?? .distantFuture))
    return try #require(harness.lastPlan)
  }

  @Test func `an order with time is searched for until its plan is proven`() throws {
    let plan = try plan(microsecondsLeft: nil)
    #expect(plan.nodes > 40)
    #expect(plan.isProven)
  }

  @Test func `a tenth of the time that is left may go into the search, at a microsecond a node`()
    throws
  {
    #expect(try plan(microsecondsLeft: 300).nodes == 30)
    #expect(try plan(microsecondsLeft: 200).nodes == 20)
    #expect(try plan(microsecondsLeft: 10_000).nodes > 40)
  }

  @Test func `however late it is, the root is looked at and the whole order is planned`()
    throws
  {
    let plan = try plan(microsecondsLeft: 1)
    #expect(plan.nodes == 1)
    #expect(!plan.isProven)
    #expect(plan.planned == Quantity(mantissa: 43))
  }
}
