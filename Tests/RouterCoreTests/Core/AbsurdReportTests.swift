import RouterCore
import Testing

/// What no honest venue reports: it must neither trap nor be counted twice.
struct AbsurdReportTests {
  private func twoChildren() throws -> (CoreHarness, ParentOrderID, [NewChildOrder]) {
    let harness = CoreHarness(venues: 2)
    let id = try #require(harness.submit(harness.order("a", 150, limit: 10_010)))
    let children = harness.releaseAll()
    try #require(children.count == 2)
    return (harness, id, children)
  }

  @Test func `fills that add up to the end of the number line neither trap nor get lost`() throws {
    let (harness, id, children) = try twoChildren()
    for _ in 0..<92 { harness.fill(children[0], 100_000_000_000_000_000, at: 1) }
    // Five below the greatest quantity, while the other child may still fill more than that.
    harness.fill(children[0], 23_372_036_854_775_802, at: 1)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: .max - 5))
    #expect(harness.parent(id)?.isOverexposed == true)
    #expect(harness.parent(id)?.plannableQuantity == .zero)
    harness.fill(children[0], 100_000_000_000_000_000, at: 1)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: .max))
    #expect(harness.child(children[0])?.cumulativeQuantity == Quantity(mantissa: .max))
    #expect(harness.core.venue(children[0].venue)?.isHalted == true)
    harness.fill(children[1], 10)
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test(
    arguments: [
      (.max, .max), (.max / 4 + 1, 1), (.max / 4, 1), (100_000_000_000_000_001, 1),
      (1_000_000_000_000, 10_000_001),
    ] as [(Int64, Int64)])
  func `a fill that can not be added up stops its venue and is asked about`(
    _ quantity: Int64, _ price: Int64
  ) throws {
    let (harness, id, children) = try twoChildren()
    harness.fill(children[0], quantity, at: price)
    #expect(harness.parent(id)?.filledQuantity == .zero)
    #expect(harness.queried == [children[0].id])
    #expect(harness.core.venue(children[0].venue)?.isHalted == true)
  }

  @Test func `a running total beyond the order keeps the child open and does not trap`() throws {
    let (harness, _, children) = try twoChildren()
    harness.expire(children[0], cumulative: .max)
    #expect(harness.child(children[0])?.isOpen == true)
    #expect(harness.queried == [children[0].id])
  }

  @Test func `a fill for which the table has no room is not counted, so never twice`() throws {
    var configuration = CoreConfiguration.small(instance: 7)
    configuration.fillCapacity = 8
    let harness = CoreHarness(configuration, venues: 1)
    let id = try #require(harness.submit(harness.order("a", 100, limit: 10_010)))
    let child = harness.releaseAll()[0]
    for number in 1...8 { harness.fill(child, 1, id: "T\(number)") }
    for _ in 1...3 { harness.fill(child, 1, id: "T9") }
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 8))
    #expect(harness.core.venue(VenueID(0))?.isHalted == true)
    harness.expire(child, cumulative: 9)
    #expect(harness.child(child)?.isOpen == true, "one fill is still to come")
    #expect(harness.hash == harness.recovered(configuration).stateHash)
  }

  @Test func `room for a fill is made by forgetting what closed long ago`() throws {
    var configuration = CoreConfiguration.small(instance: 7)
    configuration.fillCapacity = 8
    let harness = CoreHarness(configuration, venues: 1)
    // One that closed without a fill, then one that has some to give.
    let empty = try #require(harness.submit(harness.order("empty", 10, limit: 10_010)))
    harness.cancel(empty)
    for child in harness.releaseAll() { harness.expire(child, cumulative: 0) }
    harness.submit(harness.order("old", 4, limit: 10_010))
    let old = harness.releaseAll()[0]
    for number in 1...4 { harness.fill(old, 1, id: "O\(number)") }
    let id = try #require(harness.submit(harness.order("new", 90, limit: 10_010)))
    let child = harness.releaseAll()[0]
    for number in 1...6 { harness.fill(child, 1, id: "T\(number)") }
    for number in 1...6 { harness.fill(child, 1, id: "T\(number)") }
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 6))
    #expect(harness.core.venue(VenueID(0))?.isHalted == false)
    #expect(harness.hash == harness.recovered(configuration).stateHash)
  }

  @Test func `a new order is refused long before the table of fills is full`() throws {
    var configuration = CoreConfiguration.small(instance: 7)
    configuration.fillCapacity = 16
    let harness = CoreHarness(configuration, venues: 1)
    harness.submit(harness.order("a", 100, limit: 10_010))
    let child = harness.releaseAll()[0]
    for number in 1...14 { harness.fill(child, 1, id: "T\(number)") }
    harness.submit(harness.order("b", 10, limit: 10_010))
    #expect(harness.refusal == .tooManyOrders)
  }
}
