import RouterCore
import Testing

/// Changing an order while it is worked, and what crosses the change.
struct ReplaceTests {
  /// An order whose whole quantity rests at venue 0, acknowledged.
  private func resting(
    _ harness: CoreHarness, _ quantity: Int64 = 10, limit: Int64 = 9_950
  ) throws -> (parent: ParentOrderID, child: NewChildOrder) {
    let parent = try #require(
      harness.submit(harness.order("a", quantity, limit: limit) { $0.residual = .rest }))
    let children = harness.releaseAll()
    try #require(children.count == 1)
    harness.acknowledge(children[0])
    return (parent, children[0])
  }

  private func end(_ harness: CoreHarness, _ child: NewChildOrder, filled: Int64 = 0) {
    harness.report(child, .canceled) { $0.cumulativeQuantity = Quantity(mantissa: filled) }
  }

  @Test func `more quantity stands at once and rests beside what rests`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, quantity: 15)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 15))
    #expect(harness.child(child)?.isCancelPending == false)
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [5])
  }

  @Test func `less quantity waits until nothing out there can exceed it`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, quantity: 6)
    #expect(harness.parent(parent)?.status == .replacePending)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 10))
    #expect(harness.canceled == [child.id])
    harness.fill(child, 4)
    end(harness, child, filled: 4)
    #expect(harness.parent(parent)?.status == .working)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 6))
    harness.pass(milliseconds: 2000)
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [2])
  }

  @Test func `less than is filled ends the order with what is filled`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.fill(child, 7)
    harness.replace(parent, quantity: 5)
    end(harness, child, filled: 7)
    #expect(harness.parent(parent)?.outcome == .filled)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 7))
  }

  @Test func `the whole may fill while the change waits`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, quantity: 6)
    harness.fill(child, 10)
    #expect(harness.parent(parent)?.outcome == .filled)
    #expect(harness.parent(parent)?.filledQuantity == Quantity(mantissa: 10))
  }

  @Test func `the market wakes an order at its new limit, without a timer`() throws {
    for side in [Side.buy, .sell] {
      let harness = CoreHarness(venues: 1)
      harness.book(0, bids: [(9_990, 1000)], asks: [(10_010, 1000)])
      let parent = try #require(
        harness.submit(harness.order("a", 10, side: side, limit: side == .buy ? 9_900 : 10_100)))
      harness.replace(parent, limit: 10_000)
      #expect(harness.unreleased.isEmpty)
      harness.book(0, bids: [(9_990, 1000)], asks: [(10_005, 1000)])
      #expect(harness.unreleased.isEmpty)
      let crossing: (Int64, Int64) = side == .buy ? (9_990, 9_999) : (10_001, 10_010)
      harness.book(0, bids: [(crossing.0, 1000)], asks: [(crossing.1, 1000)])
      #expect(harness.releaseAll().map(\.quantity.mantissa) == [10], "\(side)")
    }
  }

  @Test func `a new limit cancels what rests at the old one, then rests at the new`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, limit: 9_960)
    #expect(harness.canceled == [child.id])
    #expect(harness.unreleased.isEmpty)
    end(harness, child)
    harness.pass(milliseconds: 100)
    #expect(harness.releaseAll().map(\.limitPrice.mantissa) == [9_960])
    #expect(harness.parent(parent)?.effectiveLimit == Price(mantissa: 9_960))
  }

  @Test func `a limit inside the market takes`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, limit: 10_010)
    end(harness, child)
    harness.pass(milliseconds: 100)
    #expect(harness.releaseAll().map(\.timeInForce) == [.immediateOrCancel])
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `a second change builds on the first that still waits`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, quantity: 6)
    harness.replace(parent, limit: 9_940)
    end(harness, child)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 6))
    #expect(harness.parent(parent)?.effectiveLimit == Price(mantissa: 9_940))
  }

  @Test func `a cancel wins over a change that waits`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, quantity: 6)
    harness.cancel(parent)
    end(harness, child)
    #expect(harness.parent(parent)?.outcome == .canceled)
    harness.replace(parent, quantity: 20)
    #expect(harness.refusal == .orderAlreadyClosed)
  }

  @Test func `a child that has not left yet does not leave under old terms`() throws {
    let harness = CoreHarness()
    let parent = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    let child = try #require(harness.unreleased.first)
    harness.replace(parent, limit: 10_000)
    harness.unreleased = []
    #expect(!harness.release(child))
    harness.pass(milliseconds: 100)
    #expect(harness.parent(parent)?.effectiveLimit == Price(mantissa: 10_000))
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `a taker in flight is waited for`() throws {
    let harness = CoreHarness()
    let parent = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    let child = try #require(harness.releaseAll().first)
    harness.replace(parent, quantity: 4)
    #expect(harness.parent(parent)?.status == .replacePending)
    harness.fill(child, 3)
    harness.expire(child, cumulative: 3)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 4))
    harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 100)])
    harness.pass(milliseconds: 200)
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [1])
  }

  @Test func `the stop price of an armed order moves, that of a fired one does not`() throws {
    let harness = CoreHarness()
    let parent = try #require(
      harness.submit(harness.order("a", 10, type: .stop, stop: 10_100)))
    harness.replace(parent, stop: 10_200)
    #expect(harness.parent(parent)?.order.stopPrice == Price(mantissa: 10_200))
    for index in 0..<3 { harness.book(index, bids: [(10_100, 9)], asks: [(10_150, 9)]) }
    #expect(harness.parent(parent)?.status == .armed)
    for index in 0..<3 { harness.book(index, bids: [(10_200, 9)], asks: [(10_210, 9)]) }
    #expect(harness.parent(parent)?.status == .working)
    harness.replace(parent, stop: 10_300)
    #expect(harness.refusal == .invalidStop)
  }

  @Test func `a change passes the gates of a new order`() throws {
    let harness = CoreHarness()
    let (parent, _) = try resting(harness)
    harness.replace(parent, quantity: 0)
    #expect(harness.refusal == .invalidQuantity)
    harness.replace(parent, limit: 20_000)
    #expect(harness.refusal == .priceCollar)
    harness.replace(parent, quantity: 2_000_000_000)
    #expect(harness.refusal == .orderValueLimit)
    harness.process(.haltRequested(requestID: 1))
    harness.replace(parent, quantity: 11)
    #expect(harness.refusal == .halted)
    #expect(harness.parent(parent)?.order.quantity == Quantity(mantissa: 10))
  }

  @Test func `a change that waits survives a restart`() throws {
    let harness = CoreHarness()
    let (parent, child) = try resting(harness)
    harness.replace(parent, limit: 9_940)
    #expect(harness.hash == harness.recoveredHash)
    harness.restart()
    #expect(harness.parent(parent)?.status == .replacePending)
    for index in 0..<3 { harness.makeReady(index) }
    harness.pass(milliseconds: 1)
    #expect(harness.child(child)?.isCancelPending == true)
    end(harness, child)
    harness.pass(milliseconds: 100)
    #expect(harness.parent(parent)?.effectiveLimit == Price(mantissa: 9_940))
    #expect(harness.releaseAll().map(\.limitPrice.mantissa) == [9_940])
  }

  @Test func `an order that is over at once can not be changed`() throws {
    let harness = CoreHarness()
    let parent = try #require(
      harness.submit(harness.order("a", 10, limit: 10_010, timeInForce: .immediateOrCancel)))
    harness.releaseAll()
    harness.replace(parent, quantity: 5)
    #expect(harness.refusal == .notReplaceable)
  }
}
