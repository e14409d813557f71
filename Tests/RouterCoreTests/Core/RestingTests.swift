import RouterCore
import Testing

/// Price improvement: children that rest, and their way to a known end.
struct RestingTests {
  /// One venue where a small order at the touch fills fast: a wide spread, a short queue.
  private func harness(venues: Int = 1) -> CoreHarness {
    let harness = CoreHarness(venues: venues)
    for index in 0..<venues {
      harness.assume(index) {
        $0.touchTurnover = 50_000
        $0.adverseMove = .zero
      }
      harness.book(index, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    }
    return harness
  }

  private func order(
    _ harness: CoreHarness, _ quantity: Int64 = 10, passive: UInt32 = 10_000,
    deadline: Timestamp = .distantFuture
  ) -> NewOrderSingle {
    harness.order("a", quantity, limit: 10_050, deadline: deadline) {
      $0.strategy = .priceImprovement
      $0.passiveMilliseconds = passive
    }
  }

  /// Rests the whole of an order of 10 and acknowledges it.
  private func resting(
    _ harness: CoreHarness, passive: UInt32 = 10_000, deadline: Timestamp = .distantFuture
  ) throws -> (parent: ParentOrderID, child: NewChildOrder) {
    let parent = try #require(
      harness.submit(order(harness, passive: passive, deadline: deadline)))
    let children = harness.releaseAll()
    try #require(children.count == 1)
    harness.acknowledge(children[0])
    return (parent, children[0])
  }

  private func end(_ harness: CoreHarness, _ child: NewChildOrder, filled: Int64) {
    harness.report(child, .canceled) { $0.cumulativeQuantity = Quantity(mantissa: filled) }
  }

  @Test func `an order rests where that is expected to cost less, and says why`() throws {
    let harness = harness()
    let (_, child) = try resting(harness)
    #expect(child.isPostOnly && child.timeInForce == .goodTillCancel)
    #expect(child.limitPrice.mantissa >= 9_900 && child.limitPrice.mantissa < 10_000)
    let rest = try #require(harness.rests.first)
    #expect(rest.price == child.limitPrice && rest.quantity == child.quantity)
    #expect(rest.expectedPrice < rest.takePrice)
    #expect(rest.fillProbability > 0)
    #expect(rest.takePrice == Price(mantissa: 10_000))
  }

  @Test func `what has not filled in time is canceled and then taken`() throws {
    let harness = harness()
    let (parent, child) = try resting(harness, passive: 5000)
    harness.fill(child, 4)
    harness.pass(milliseconds: 5001)
    #expect(harness.canceled == [child.id])
    harness.book(0, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    #expect(harness.unreleased.isEmpty)
    end(harness, child, filled: 4)
    harness.pass(milliseconds: 20)
    let takers = harness.releaseAll()
    #expect(takers.map(\.quantity.mantissa) == [6])
    #expect(takers.first?.timeInForce == .immediateOrCancel)
    takers.forEach { harness.fill($0, 6) }
    #expect(harness.parent(parent)?.outcome == .filled)
  }

  @Test func `a fill that crosses the cancel is not taken again`() throws {
    let harness = harness()
    let (parent, child) = try resting(harness, passive: 5000)
    harness.pass(milliseconds: 5001)
    harness.book(0, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    harness.fill(child, 7)
    end(harness, child, filled: 7)
    harness.pass(milliseconds: 20)
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [3])
    #expect(harness.parent(parent)?.filledQuantity == Quantity(mantissa: 7))
  }

  @Test func `the end of a resting child counts only with all of its fills`() throws {
    let harness = harness()
    let (_, child) = try resting(harness, passive: 5000)
    harness.pass(milliseconds: 5001)
    end(harness, child, filled: 7)
    #expect(harness.child(child)?.isOpen == true)
    harness.pass(milliseconds: 8000)
    #expect(harness.queried.contains(child.id))
    #expect(harness.unreleased.isEmpty)
    harness.fill(child, 7)
    #expect(harness.child(child)?.isOpen == false)
  }

  @Test func `a fill of the whole while resting fills the parent`() throws {
    let harness = harness()
    let (parent, child) = try resting(harness)
    harness.fill(child, 10)
    #expect(harness.parent(parent)?.outcome == .filled)
    harness.pass(milliseconds: 20_000)
    #expect(harness.unreleased.isEmpty && harness.queried.isEmpty && harness.canceled.isEmpty)
  }

  @Test func `a refused resting child is taken at once, at the same venue`() throws {
    let harness = harness()
    let parent = try #require(harness.submit(order(harness)))
    let child = harness.releaseAll()[0]
    harness.report(child, .rejected) { $0.rejectReason = .postOnlyWouldTake }
    harness.pass(milliseconds: 20)
    let takers = harness.releaseAll()
    #expect(takers.map(\.timeInForce) == [.immediateOrCancel])
    #expect(takers.map(\.quantity.mantissa) == [10])
    takers.forEach { harness.fill($0, 10) }
    #expect(harness.parent(parent)?.outcome == .filled)
  }

  @Test func `a query leaves a resting child alone until its time is over`() throws {
    let harness = harness()
    let (_, child) = try resting(harness, passive: 5000)
    harness.pass(milliseconds: 2100)
    #expect(Set(harness.queried) == [child.id])
    harness.report(child, .stillOpen) { $0.queriedAt = harness.now }
    #expect(harness.canceled.isEmpty)
    harness.pass(milliseconds: 3000)
    #expect(harness.canceled == [child.id])
    harness.report(child, .stillOpen) { $0.queriedAt = harness.now }
    #expect(harness.canceled == [child.id])
  }

  @Test func `an acknowledgement that comes after the time is over is answered by a cancel`()
    throws
  {
    let harness = harness()
    harness.submit(order(harness, passive: 1000))
    let child = harness.releaseAll()[0]
    harness.pass(milliseconds: 1001)
    #expect(harness.canceled == [child.id])
    harness.acknowledge(child)
    #expect(harness.canceled == [child.id])
  }

  @Test func `a resting child that has not left when its time is over never leaves`() throws {
    let harness = harness()
    harness.submit(order(harness, passive: 1000))
    let child = try #require(harness.unreleased.first)
    #expect(child.isPostOnly)
    harness.pass(milliseconds: 1001)
    harness.book(0, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    harness.unreleased = []
    #expect(!harness.release(child))
    harness.pass(milliseconds: 20)
    #expect(harness.releaseAll().map(\.isPostOnly) == [false])
  }

  @Test func `resting ends before the deadline, so that the rest can be taken`() throws {
    let harness = harness()
    let deadline = harness.now.adding(milliseconds: 6000)
    let (_, child) = try resting(harness, passive: 60_000, deadline: deadline)
    harness.pass(milliseconds: 5001)
    #expect(harness.canceled == [child.id])
    end(harness, child, filled: 0)
    harness.book(0, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    harness.pass(milliseconds: 20)
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [10])
  }

  @Test func `too little time before the deadline means taking at once`() {
    let harness = harness()
    harness.submit(order(harness, deadline: harness.now.adding(milliseconds: 900)))
    #expect(harness.unreleased.map(\.isPostOnly) == [false])
  }

  @Test func `a maker fee that eats the spread means taking at once`() {
    let harness = harness()
    var listing = harness.listing(0)
    listing.makerFee = FeeRate(partsPerHundredMillion: 2_000_000)
    harness.process(.listingChanged(listing))
    harness.submit(order(harness))
    #expect(harness.unreleased.map(\.isPostOnly) == [false])
    #expect(harness.rests.isEmpty)
  }

  @Test func `an order that may not stay open can not rest`() {
    let harness = harness()
    for (index, timeInForce) in [TimeInForce.immediateOrCancel, .fillOrKill].enumerated() {
      harness.submit(
        harness.order("a\(index)", 10, limit: 10_050, timeInForce: timeInForce) {
          $0.strategy = .priceImprovement
          $0.passiveMilliseconds = 1000
        })
      #expect(harness.refusal == .invalidRouting)
    }
  }

  @Test func `a client's cancel ends a resting child`() throws {
    let harness = harness()
    let (parent, child) = try resting(harness)
    harness.cancel(parent)
    #expect(harness.canceled == [child.id])
    #expect(harness.parent(parent)?.isOpen == true)
    end(harness, child, filled: 0)
    #expect(harness.parent(parent)?.outcome == .canceled)
  }

  @Test func `a halt ends a resting child and nothing is taken until the resumption`() throws {
    let harness = harness()
    let (_, child) = try resting(harness)
    harness.process(.haltRequested(requestID: 1))
    #expect(harness.canceled == [child.id])
    end(harness, child, filled: 0)
    harness.pass(milliseconds: 3000)
    #expect(harness.unreleased.isEmpty)
    harness.process(.resumeRequested(requestID: 2))
    harness.book(0, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    harness.pass(milliseconds: 20)
    #expect(harness.releaseAll().map(\.isPostOnly) == [false])
  }

  @Test(arguments: VenueLink.allCases)
  func `a lost link ends what rests there`(link: VenueLink) throws {
    let harness = harness()
    let (_, child) = try resting(harness)
    harness.process(.linkChanged(VenueID(0), link, isUp: false))
    #expect(harness.canceled == [child.id])
    harness.makeReady(0)
    harness.report(child, .stillOpen) { $0.queriedAt = harness.now }
    #expect(harness.canceled == [child.id])
  }

  @Test func `a restart cancels what rests and goes on with the remainder`() throws {
    let harness = harness()
    let (parent, child) = try resting(harness)
    harness.fill(child, 4)
    harness.restart()
    #expect(harness.canceled == [child.id])
    harness.makeReady(0)
    harness.report(child, .stillOpen) { $0.queriedAt = harness.now }
    #expect(harness.canceled == [child.id])
    end(harness, child, filled: 4)
    harness.book(0, bids: [(9_900, 5)], asks: [(10_000, 1000)])
    harness.pass(milliseconds: 50)
    let next = harness.releaseAll()
    #expect(next.map(\.quantity.mantissa).reduce(0, +) == 6)
    #expect(harness.parent(parent)?.isOverexposed == false)
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test func `what rests never waits with what is taken in the same wave`() throws {
    let harness = harness(venues: 2)
    // Too much to rest: a part is taken at once, and its miss is planned again meanwhile.
    harness.submit(order(harness, 900, passive: 3000))
    let children = harness.releaseAll()
    #expect(children.contains { $0.isPostOnly })
    for child in children where !child.isPostOnly { harness.expire(child, cumulative: 0) }
    for child in children where child.isPostOnly { harness.acknowledge(child) }
    for index in 0..<2 { harness.book(index, bids: [(9_900, 5)], asks: [(10_000, 1000)]) }
    harness.pass(milliseconds: 50)
    let taken = children.filter { !$0.isPostOnly }.map(\.quantity.mantissa).reduce(0, +)
    #expect(harness.releaseAll().map(\.quantity.mantissa).reduce(0, +) == taken)
  }

  @Test func `the limit of a resting child is never past its parent's`() throws {
    let harness = harness()
    harness.submit(
      harness.order("a", 10, limit: 9_890) {
        $0.strategy = .priceImprovement
        $0.passiveMilliseconds = 1000
      })
    harness.book(0, bids: [(9_880, 5)], asks: [(9_890, 1000)])
    harness.pass(milliseconds: 20)
    for child in harness.unreleased { #expect(child.limitPrice.mantissa <= 9_890) }
    #expect(!harness.unreleased.isEmpty)
  }
}
