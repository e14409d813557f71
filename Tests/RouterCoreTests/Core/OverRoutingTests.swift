import RouterCore
import Testing

/// Children that together ask for more than is missing, as far as the client has agreed to it.
struct OverRoutingTests {
  /// Two venues that fill eight tenths of a child on average, at the same price.
  private func harness(fills: UInt16 = 8000, size: Int64 = 100) -> CoreHarness {
    let harness = CoreHarness(venues: 2)
    for index in 0..<2 {
      harness.assume(index) {
        $0.fillProbability = fills
        $0.fadePerSecond = 0
        $0.adverseMove = FeeRate(partsPerHundredMillion: 100_000)
      }
      harness.book(index, bids: [(9_000, 1)], asks: [(10_000, size)])
    }
    return harness
  }

  private func order(
    _ harness: CoreHarness, _ quantity: Int64 = 100, share: UInt16 = 1000,
    timeInForce: TimeInForce = .immediateOrCancel,
    routing: (inout RoutingOptions) -> Void = { _ in }
  ) -> NewOrderSingle {
    harness.order("a", quantity, timeInForce: timeInForce) {
      $0.usesExpectedCost = true
      $0.overRouting = share
      routing(&$0)
    }
  }

  private func asked(_ harness: CoreHarness) -> Int64 {
    harness.unreleased.reduce(0) { $0 + $1.quantity.mantissa }
  }

  @Test func `children ask for what is expected to miss, at most by the share`() {
    for (share, total): (UInt16, Int64) in [(0, 100), (1, 100), (500, 105), (1000, 110)] {
      let harness = harness()
      harness.submit(order(harness, share: share))
      #expect(asked(harness) == total, "share \(share)")
    }
  }

  @Test func `what surely fills is not asked for twice`() {
    for (fills, total): (UInt16, Int64) in [(10_000, 100), (9700, 103)] {
      let harness = harness(fills: fills)
      harness.submit(order(harness))
      #expect(asked(harness) == total, "fills \(fills)")
    }
  }

  @Test func `fills beyond the order are counted and no venue is blamed`() throws {
    let harness = harness()
    let id = try #require(harness.submit(order(harness)))
    for child in harness.releaseAll() { harness.fill(child, child.quantity.mantissa) }
    let parent = try #require(harness.parent(id))
    #expect(parent.filledQuantity == Quantity(mantissa: 110))
    #expect(parent.remainingQuantity == .zero)
    #expect(parent.outcome == .filled)
    #expect(!harness.facts.contains { if case .venueHaltChanged = $0 { true } else { false } })
  }

  @Test func `nothing is planned again beyond what is missing`() throws {
    let harness = harness()
    let id = try #require(
      harness.submit(order(harness, timeInForce: .goodTillCancel, routing: { _ in })))
    let children = harness.releaseAll()
    for child in children { harness.fill(child, child.quantity.mantissa - 8) }
    for child in children { harness.expire(child, cumulative: child.quantity.mantissa - 8) }
    harness.pass(milliseconds: 2000)
    for index in 0..<2 { harness.book(index, bids: [(9_000, 1)], asks: [(10_000, 100)]) }
    harness.pass(milliseconds: 2000)
    let parent = try #require(harness.parent(id))
    let worst = parent.filledQuantity + parent.openLeaves
    #expect(worst > parent.filledQuantity)
    #expect(worst <= Quantity(mantissa: 110))
  }

  @Test func `a dear second venue is not asked for more than a miss costs`() {
    let harness = harness()
    harness.book(0, bids: [(9_000, 1)], asks: [(10_000, 100)])
    harness.book(1, bids: [(9_000, 1)], asks: [(10_300, 100)])
    harness.submit(order(harness))
    #expect(asked(harness) == 100)
  }

  @Test func `only an order that sprays on the expected cost may over-route, by a tenth at most`() {
    let wrong: [(inout RoutingOptions) -> Void] = [
      { $0.overRouting = RoutingOptions.maximumOverRouting + 1 },
      { $0.usesExpectedCost = false },
      { $0.arrival = .sequential },
      { $0.strategy = .proRata },
      { $0.sizeJitter = 100 },
    ]
    for (index, change) in wrong.enumerated() {
      let harness = harness()
      #expect(harness.submit(order(harness, routing: change)) == nil, "case \(index)")
      #expect(harness.refusal == .invalidRouting, "case \(index)")
    }
    let harness = harness()
    #expect(harness.submit(order(harness, timeInForce: .fillOrKill)) == nil)
    #expect(harness.refusal == .invalidRouting)
  }

  @Test func `the limit on an order's value is held against all that the client may get`() {
    let harness = harness(size: 100_000_000)
    // Ten million dollars are allowed: at 105, the collar, 9.5 million are not with a tenth more.
    let quantity: Int64 = 950_000_000
    #expect(harness.submit(order(harness, quantity)) == nil)
    #expect(harness.refusal == .orderValueLimit)
    let other = self.harness(size: 100_000_000)
    #expect(other.submit(order(other, quantity, share: 0)) != nil)
  }
}
