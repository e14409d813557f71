import RouterCore
import Testing

/// A child of which nobody knows what became keeps its quantity, and holds up nothing else.
struct DoubtTests {
  /// An order for 30 that is split over three venues.
  private func split(
    _ timeInForce: TimeInForce = .goodTillCancel,
    routing: (inout RoutingOptions) -> Void = { _ in }
  ) throws -> (CoreHarness, ParentOrderID, [NewChildOrder]) {
    let harness = CoreHarness()
    for venue in 0..<3 { harness.book(venue, bids: [(9_990, 10)], asks: [(10_000, 10)]) }
    let parent = try #require(
      harness.submit(
        harness.order("a", 30, limit: 10_050, timeInForce: timeInForce, routing: routing)))
    return (harness, parent, harness.releaseAll())
  }

  private func show(_ harness: CoreHarness, _ quantity: Int64) {
    for venue in 0..<3 {
      harness.book(venue, bids: [(9_990, quantity)], asks: [(10_001, quantity)])
    }
  }

  private func expireAbsence(_ harness: CoreHarness, _ child: NewChildOrder) {
    harness.pass(milliseconds: 60_000)
    let asked = harness.now
    harness.report(child, .notFound) { $0.queriedAt = asked }
  }

  @Test func `the rest of its order goes on at the other venues`() throws {
    let (harness, parent, children) = try split()
    #expect(children.count == 3)
    harness.report(children[0], .outcomeUnknown)
    harness.fill(children[1], 10)
    harness.expire(children[1], cumulative: 10)
    harness.expire(children[2], cumulative: 0)
    show(harness, 50)
    harness.pass(milliseconds: 2000)
    show(harness, 50)
    harness.pass(milliseconds: 2000)
    let next = harness.releaseAll()
    #expect(next.reduce(0) { $0 + $1.quantity.mantissa } == 10)
    #expect(next.allSatisfy { $0.venue != children[0].venue })
    for child in next {
      harness.fill(child, child.quantity.mantissa)
      harness.report(child, .filled) { $0.cumulativeQuantity = child.quantity }
    }
    #expect(harness.parent(parent)?.filledQuantity == Quantity(mantissa: 20))
    #expect(harness.parent(parent)?.isOpen == true)
    expireAbsence(harness, children[0])
    show(harness, 50)
    harness.pass(milliseconds: 2000)
    let last = harness.releaseAll()
    #expect(last.reduce(0) { $0 + $1.quantity.mantissa } == 10)
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test func `what turns out to be filled was never planned twice`() throws {
    let (harness, parent, children) = try split()
    harness.report(children[0], .outcomeUnknown)
    for child in children[1...] { harness.expire(child, cumulative: 0) }
    show(harness, 50)
    harness.pass(milliseconds: 4000)
    let next = harness.releaseAll()
    #expect(next.reduce(0) { $0 + $1.quantity.mantissa } == 20)
    harness.fill(children[0], 10)
    harness.report(children[0], .filled) { $0.cumulativeQuantity = Quantity(mantissa: 10) }
    for child in next {
      harness.fill(child, child.quantity.mantissa)
      harness.report(child, .filled) { $0.cumulativeQuantity = child.quantity }
    }
    #expect(harness.parent(parent)?.outcome == .filled)
    #expect(harness.parent(parent)?.filledQuantity == Quantity(mantissa: 30))
  }

  @Test func `nothing more goes to a venue where a child is in doubt`() throws {
    let harness = CoreHarness(venues: 1)
    harness.book(0, bids: [(9_990, 10)], asks: [(10_000, 10)])
    _ = harness.submit(harness.order("a", 30, limit: 10_050))
    let child = try #require(harness.releaseAll().first)
    harness.report(child, .outcomeUnknown)
    for _ in 0..<10 {
      harness.pass(milliseconds: 1000)
      harness.book(0, bids: [(9_990, 50)], asks: [(10_000, 50)])
    }
    #expect(harness.unreleased.isEmpty)
    expireAbsence(harness, child)
    harness.book(0, bids: [(9_990, 50)], asks: [(10_000, 50)])
    harness.pass(milliseconds: 2000)
    #expect(harness.releaseAll().reduce(0) { $0 + $1.quantity.mantissa } == 30)
  }

  @Test(arguments: [TimeInForce.immediateOrCancel, .fillOrKill])
  func `an order of one wave has no second one, and ends with the doubt`(
    _ timeInForce: TimeInForce
  ) throws {
    let harness = CoreHarness()
    for venue in 0..<3 { harness.book(venue, bids: [(9_990, 50)], asks: [(10_000, 50)]) }
    let parent = try #require(
      harness.submit(harness.order("a", 30, limit: 10_050, timeInForce: timeInForce)))
    let children = harness.releaseAll()
    harness.report(children[0], .outcomeUnknown)
    for child in children[1...] { harness.expire(child, cumulative: 0) }
    show(harness, 50)
    harness.pass(milliseconds: 4000)
    #expect(harness.unreleased.isEmpty)
    #expect(harness.parent(parent)?.isOpen == true)
    expireAbsence(harness, children[0])
    #expect(harness.parent(parent)?.outcome == .expired)
  }

  @Test func `venues asked one after the other are asked on, and the order ends with the doubt`()
    throws
  {
    let (harness, parent, children) = try split(.immediateOrCancel) { $0.arrival = .sequential }
    let first = try #require(children.first)
    #expect(children.count == 1)
    harness.report(first, .outcomeUnknown)
    var others: [VenueID] = []
    for _ in 0..<4 {
      show(harness, 50)
      harness.pass(milliseconds: 2000)
      for child in harness.releaseAll() {
        others.append(child.venue)
        harness.expire(child, cumulative: 0)
      }
    }
    #expect(others.count == 2 && !others.contains(first.venue))
    #expect(harness.parent(parent)?.isOpen == true)
    expireAbsence(harness, first)
    harness.pass(milliseconds: 2000)
    #expect(harness.parent(parent)?.outcome == .expired)
  }

  @Test func `one that is found again is waited for`() throws {
    let (harness, _, children) = try split()
    harness.report(children[0], .outcomeUnknown)
    harness.acknowledge(children[0])
    for child in children[1...] { harness.expire(child, cumulative: 0) }
    show(harness, 50)
    harness.pass(milliseconds: 1000)
    #expect(harness.unreleased.isEmpty)
    harness.expire(children[0], cumulative: 0)
    show(harness, 50)
    harness.pass(milliseconds: 2000)
    #expect(harness.releaseAll().reduce(0) { $0 + $1.quantity.mantissa } == 30)
  }

  @Test func `a cancel waits for the doubt`() throws {
    let (harness, parent, children) = try split()
    harness.report(children[0], .outcomeUnknown)
    for child in children[1...] { harness.expire(child, cumulative: 0) }
    harness.cancel(parent)
    show(harness, 50)
    harness.pass(milliseconds: 4000)
    #expect(harness.unreleased.isEmpty)
    #expect(harness.parent(parent)?.isOpen == true)
    expireAbsence(harness, children[0])
    #expect(harness.parent(parent)?.outcome == .canceled)
  }

  @Test(arguments: [(Int64(15), Int64(5)), (5, 0)])
  func `new terms count what is in doubt`(_ quantity: Int64, _ plannedAtOnce: Int64) throws {
    let (harness, parent, children) = try split()
    harness.report(children[0], .outcomeUnknown)
    for child in children[1...] { harness.expire(child, cumulative: 0) }
    harness.replace(parent, quantity: quantity)
    var planned: Int64 = 0
    for _ in 0..<3 {
      show(harness, 50)
      harness.pass(milliseconds: 2000)
      for child in harness.releaseAll() {
        planned += child.quantity.mantissa
        harness.fill(child, child.quantity.mantissa)
        harness.report(child, .filled) { $0.cumulativeQuantity = child.quantity }
      }
    }
    #expect(planned == plannedAtOnce)
    #expect(harness.parent(parent)?.isOpen == true)
    expireAbsence(harness, children[0])
    show(harness, 50)
    harness.pass(milliseconds: 2000)
    #expect(
      harness.releaseAll().reduce(0) { $0 + $1.quantity.mantissa } == quantity - plannedAtOnce)
  }

  @Test(arguments: 0..<8)
  func `it is asked about as soon as an answer must settle it`(_ others: Int) throws {
    let harness = CoreHarness(venues: 1)
    harness.book(0, bids: [(9_990, 50)], asks: [(10_000, 50)])
    for number in 0...others {
      _ = harness.submit(harness.order("a\(number)", 1, limit: 10_050))
      let child = try #require(harness.releaseAll().first)
      guard number == others else {
        harness.fill(child, 1)
        harness.report(child, .filled) { $0.cumulativeQuantity = Quantity(mantissa: 1) }
        continue
      }
      harness.report(child, .outcomeUnknown)
    }
    let provable = harness.now.adding(milliseconds: 5000)
    var asked: [Timestamp] = []
    for _ in 0..<60 {
      harness.pass(milliseconds: 100)
      asked += harness.queried.map { _ in harness.now }
    }
    #expect(asked.contains { $0 >= provable && $0 <= provable.adding(milliseconds: 200) })
    #expect(asked.count < 12)
  }

  @Test func `after a restart the rest of an order does not wait for what was left`() throws {
    let (harness, _, children) = try split()
    for child in children[1...] { harness.expire(child, cumulative: 0) }
    harness.restart()
    for venue in 0..<3 { harness.makeReady(venue) }
    show(harness, 50)
    harness.pass(milliseconds: 4000)
    let next = harness.releaseAll()
    #expect(next.reduce(0) { $0 + $1.quantity.mantissa } == 20)
    #expect(next.allSatisfy { $0.venue != children[0].venue })
  }

  @Test func `what rests is given up to take while another child is in doubt`() throws {
    let harness = CoreHarness()
    harness.book(0, bids: [(9_990, 10)], asks: [(10_000, 10)])
    for venue in 1..<3 { harness.book(venue, bids: [(9_990, 10)], asks: [(10_100, 10)]) }
    _ = harness.submit(
      harness.order("a", 30, limit: 10_050, routing: { $0.residual = .rest }))
    let taker = try #require(harness.releaseAll().first)
    harness.report(taker, .outcomeUnknown)
    var resting: [NewChildOrder] = []
    for _ in 0..<4 {
      for venue in 1..<3 { harness.book(venue, bids: [(9_990, 10)], asks: [(10_100, 10)]) }
      harness.pass(milliseconds: 1000)
      for child in harness.releaseAll() {
        harness.acknowledge(child)
        resting.append(child)
      }
    }
    #expect(resting.reduce(0) { $0 + $1.quantity.mantissa } == 20)
    #expect(resting.allSatisfy { $0.isPostOnly && $0.venue != taker.venue })
    let restingVenue = try #require(resting.first).venue.index
    let other = restingVenue == 1 ? 2 : 1
    harness.book(other, bids: [(9_990, 10)], asks: [(10_040, 50)])
    #expect(harness.canceled == resting.map(\.id))
  }
}
