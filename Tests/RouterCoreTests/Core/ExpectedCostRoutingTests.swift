import RouterCore
import Testing

/// Routing on what a unit is expected to cost, and what teaches the core to expect it.
struct ExpectedCostRoutingTests {
  /// Two venues; the first is cheaper.
  private func harness(_ asks: [Int64], adverse: Int64, fills: [UInt16]) -> CoreHarness {
    let harness = CoreHarness(venues: 2)
    for index in 0..<2 {
      harness.assume(index) {
        $0.fillProbability = fills[index]
        $0.fadePerSecond = 0
        $0.adverseMove = FeeRate(partsPerHundredMillion: adverse)
      }
      harness.book(index, bids: [], asks: [(asks[index], 100)])
    }
    return harness
  }

  private func submit(_ harness: CoreHarness, _ id: String, expected: Bool = true) {
    harness.submit(
      harness.order(id, 100, timeInForce: .immediateOrCancel) { $0.usesExpectedCost = expected })
  }

  /// Example 4 of the mathematics: the dearer venue fills more surely and is cheaper on average.
  @Test func `the surer venue comes first although its price is worse`() throws {
    let harness = harness([6_000_000, 6_000_600], adverse: 50_000, fills: [6000, 9500])
    submit(harness, "a")
    #expect(harness.unreleased.map(\.venue) == [VenueID(1)])
    let plan = try #require(harness.lastPlan)
    #expect(plan.objective == .expectedCost)
    #expect(plan.replacementPrice == Price(mantissa: 6_003_000))
    #expect(plan.adverseMove == FeeRate(partsPerHundredMillion: 50_000))
    #expect(harness.lastLegs.map(\.fillProbability) == [6000, 9500])
    #expect(plan.objectiveCost > plan.totalCost)
    #expect(plan.objectiveCost <= plan.singleObjectiveCost)
  }

  @Test func `with sure fills the plan is that of the plain cost`() throws {
    let harness = harness([10_000, 10_001], adverse: 50_000, fills: [10_000, 10_000])
    submit(harness, "a")
    let expected = try #require(harness.lastPlan)
    let sure = harness.releaseAll().map(\.venue)
    let other = self.harness([10_000, 10_001], adverse: 50_000, fills: [10_000, 10_000])
    submit(other, "a", expected: false)
    let plain = try #require(other.lastPlan)
    #expect(sure == other.releaseAll().map(\.venue))
    #expect(expected.objectiveCost == expected.totalCost)
    #expect(expected.totalCost == plain.totalCost)
    #expect(plain.replacementPrice == .zero && plain.adverseMove == .zero)
  }

  @Test func `misses teach that a venue fills less`() {
    let harness = harness([10_000, 10_001], adverse: 100_000, fills: [9500, 9500])
    func first(_ id: String) -> VenueID? {
      submit(harness, id)
      let children = harness.releaseAll()
      children.forEach { harness.expire($0, cumulative: $0.venue == VenueID(0) ? 0 : 100) }
      return children.first?.venue
    }
    #expect(first("a") == VenueID(0))
    for index in 0..<20 { _ = first("b\(index)") }
    #expect(first("c") == VenueID(1))
  }

  @Test func `what was refused or canceled by us teaches nothing`() {
    let harness = harness([10_000, 10_001], adverse: 100_000, fills: [9500, 9500])
    for index in 0..<20 {
      submit(harness, "a\(index)")
      harness.releaseAll().forEach { child in
        harness.report(child, .rejected) { $0.rejectReason = .insufficientFunds }
      }
    }
    submit(harness, "b")
    #expect(harness.lastLegs.first?.fillProbability == 9500)
  }
}
