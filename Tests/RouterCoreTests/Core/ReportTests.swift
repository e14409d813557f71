import RouterCore
import Testing

/// What venues say, in every order in which they may say it.
struct ReportTests {
  private func oneChild(_ quantity: Int64 = 10) throws -> (
    CoreHarness, ParentOrderID, NewChildOrder
  ) {
    let harness = CoreHarness(venues: 1)
    let id = try #require(harness.submit(harness.order("a", quantity, limit: 10_010)))
    return (harness, id, harness.releaseAll()[0])
  }

  @Test func `a fill before the acknowledgement acknowledges`() throws {
    let (harness, id, child) = try oneChild()
    harness.fill(child, 4)
    #expect(harness.child(child)?.status == .acknowledged)
    harness.acknowledge(child)
    #expect(harness.child(child)?.venueOrderID == harness.text("V1"))
    harness.fill(child, 6)
    #expect(harness.parent(id)?.outcome == .filled)
    harness.acknowledge(child)
    #expect(harness.child(child)?.status == .closed)
  }

  @Test func `an execution counts once, also after a restart`() throws {
    let (harness, id, child) = try oneChild()
    harness.fill(child, 4, id: "T1")
    harness.fill(child, 4, id: "T1")
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 4))
    harness.core = harness.recovered()
    harness.fill(child, 4, id: "T1")
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 4))
  }

  @Test func `the end waits for fills that the venue has counted and we have not`() throws {
    let (harness, id, child) = try oneChild()
    harness.acknowledge(child)
    harness.expire(child, cumulative: 7)
    #expect(harness.queried == [child.id])
    #expect(harness.child(child)?.isOpen == true)
    harness.fill(child, 3)
    #expect(harness.child(child)?.isOpen == true)
    #expect(harness.parent(id)?.openLeaves == Quantity(mantissa: 7))
    harness.fill(child, 4)
    #expect(harness.child(child)?.outcome == .expired)
    #expect(harness.parent(id)?.plannableQuantity == Quantity(mantissa: 3))
    harness.pass(milliseconds: 100)
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [3])
  }

  @Test func `an end without a total is asked about before it is believed`() throws {
    let (harness, _, child) = try oneChild()
    harness.expire(child, cumulative: nil)
    #expect(harness.queried == [child.id])
    #expect(harness.child(child)?.isOpen == true)
    harness.report(child, .expired) { $0.queriedAt = harness.now }
    #expect(harness.child(child)?.outcome == .expired)
  }

  @Test func `a fill after the end counts and nothing is resent for it`() throws {
    let (harness, id, child) = try oneChild()
    harness.expire(child, cumulative: 0)
    harness.pass(milliseconds: 150)
    let second = harness.releaseAll()[0]
    #expect(second.quantity == Quantity(mantissa: 10))
    harness.fill(child, 4)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 4))
    #expect(harness.child(child)?.isOpen == false)
    #expect(harness.canceled == [second.id])
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test func `more than was ordered counts in full and stops the venue`() throws {
    let (harness, id, child) = try oneChild()
    harness.fill(child, 13)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 13))
    #expect(harness.child(child)?.excessQuantity == Quantity(mantissa: 3))
    #expect(harness.core.venue(VenueID(0))?.isHalted == true)
    #expect(harness.parent(id)?.outcome == .filled)
    harness.submit(harness.order("b", 10, limit: 10_010))
    #expect(harness.lastExclusions == [.venueHalted])
    harness.process(.resumeRequested(requestID: 1))
    #expect(harness.core.venue(VenueID(0))?.isHalted == false)
  }

  @Test func `a rejection after an acknowledgement is asked about before it is believed`() throws {
    let (harness, id, child) = try oneChild()
    harness.acknowledge(child)
    harness.report(child, .rejected) { $0.rejectReason = .venueRule }
    #expect(harness.queried == [child.id])
    #expect(harness.child(child)?.isOpen == true)
    #expect(harness.parent(id)?.openLeaves == Quantity(mantissa: 10))
    harness.report(child, .rejected) { $0.queriedAt = harness.now }
    #expect(harness.child(child)?.outcome == .rejected)
  }

  @Test func `a rejection closes; one that contradicts fills is an end`() throws {
    let (harness, id, child) = try oneChild()
    harness.report(child, .rejected) { $0.rejectReason = .insufficientFunds }
    #expect(harness.child(child)?.outcome == .rejected)
    #expect(harness.child(child)?.closeReason == .insufficientFunds)
    harness.pass(milliseconds: 20)
    let second = harness.releaseAll()[0]
    harness.fill(second, 4)
    harness.report(second, .rejected) { $0.cumulativeQuantity = Quantity(mantissa: 4) }
    #expect(harness.child(second)?.outcome == .canceled)
    #expect(harness.parent(id)?.remainingQuantity == Quantity(mantissa: 6))
  }

  @Test func `numbers that can not be are asked about instead of counted`() throws {
    let (harness, id, child) = try oneChild()
    harness.fill(child, 0)
    harness.fill(child, -4)
    harness.fill(child, 4, at: 0)
    harness.fill(child, .max, at: .max)
    harness.fill(child, 4, id: "")
    #expect(harness.parent(id)?.filledQuantity == .zero)
    harness.pass(milliseconds: 300)
    #expect(Set(harness.queried) == [child.id])
  }

  @Test func `a report by another venue is not about our child`() throws {
    let harness = CoreHarness(venues: 2)
    harness.submit(harness.order("a", 10, limit: 10_010))
    var child = harness.releaseAll()[0]
    child.venue = VenueID(1)
    harness.fill(child, 5)
    harness.expire(child, cumulative: 0)
    #expect(harness.child(child)?.isOpen == true)
    #expect(harness.child(child)?.cumulativeQuantity == .zero)
  }

  // Unknown outcomes.

  @Test func `an unknown outcome keeps its quantity and is never sent again`() throws {
    let (harness, id, child) = try oneChild()
    harness.report(child, .outcomeUnknown)
    #expect(harness.child(child)?.status == .unknown)
    #expect(harness.queried == [child.id])
    harness.pass(milliseconds: 20_000)
    #expect(harness.unreleased.isEmpty)
    #expect(harness.parent(id)?.openLeaves == Quantity(mantissa: 10))
    #expect(harness.core.account(VenueID(0), CoreHarness.usd).reserved > .zero)
    #expect(harness.release(child) == false)
  }

  @Test func `queries about an unknown child come at random pauses below growing ceilings`() throws
  {
    let (harness, _, child) = try oneChild()
    harness.report(child, .outcomeUnknown)
    var pauses: [Int64] = []
    var last = harness.now
    for _ in 0..<60_000 where pauses.count < 12 {
      harness.pass(milliseconds: 1)
      guard harness.queried.contains(child.id) else { continue }
      pauses.append(harness.now.since(last) / 1_000_000)
      last = harness.now
    }
    #expect(pauses.count == 12)
    for (number, pause) in pauses.enumerated() {
      #expect(pause <= min(250 << Int64(number), 8000) + 1, "pause \(number)")
    }
    #expect((pauses.max() ?? 0) > 2000)
  }

  @Test func `absence is proved by a query after the proof time with the stream up`() throws {
    let (harness, id, child) = try oneChild()
    harness.report(child, .outcomeUnknown)
    func answer() { harness.report(child, .notFound) { $0.queriedAt = harness.now } }
    harness.pass(milliseconds: 4999)
    answer()
    #expect(harness.child(child)?.isOpen == true)
    harness.process(.linkChanged(VenueID(0), .dropCopy, isUp: false))
    harness.pass(milliseconds: 5000)
    answer()
    #expect(harness.child(child)?.isOpen == true)
    harness.process(.linkChanged(VenueID(0), .dropCopy, isUp: true))
    harness.pass(milliseconds: 4999)
    answer()
    harness.report(child, .queryFailed)
    #expect(harness.child(child)?.isOpen == true)
    harness.pass(milliseconds: 1)
    harness.book(0, bids: [], asks: [(10_010, 50)])
    answer()
    #expect(harness.child(child)?.outcome == .neverAccepted)
    harness.pass(milliseconds: 20)
    #expect(harness.parent(id)?.openLeaves == Quantity(mantissa: 10))
    #expect(harness.unreleased.count == 1)
  }

  @Test func `an unknown child that filled is found by its fill`() throws {
    let (harness, id, child) = try oneChild()
    harness.report(child, .outcomeUnknown)
    harness.fill(child, 10)
    #expect(harness.parent(id)?.outcome == .filled)
  }

  @Test func `an immediate child that still works is canceled`() throws {
    let (harness, _, child) = try oneChild()
    harness.report(child, .outcomeUnknown)
    harness.report(child, .stillOpen) { $0.venueOrderID = harness.text("V9") }
    #expect(harness.child(child)?.status == .acknowledged)
    #expect(harness.canceled == [child.id])
  }

  @Test func `a fill of a child that was proved absent stops the venue`() throws {
    let (harness, id, child) = try oneChild()
    harness.report(child, .outcomeUnknown)
    harness.pass(milliseconds: 5000)
    harness.report(child, .notFound) { $0.queriedAt = harness.now }
    #expect(harness.child(child)?.outcome == .neverAccepted)
    harness.fill(child, 10)
    #expect(harness.core.venue(VenueID(0))?.isHalted == true)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 10))
  }

  @Test func `a silent venue is asked after two seconds`() throws {
    let (harness, _, child) = try oneChild()
    harness.pass(milliseconds: 1999)
    #expect(harness.queried.isEmpty)
    harness.pass(milliseconds: 1)
    #expect(harness.queried == [child.id])
  }

  @Test func `a link that comes back asks about every child there`() throws {
    let (harness, _, child) = try oneChild()
    harness.process(.linkChanged(VenueID(0), .dropCopy, isUp: false))
    #expect(harness.queried.isEmpty)
    harness.process(.linkChanged(VenueID(0), .dropCopy, isUp: true))
    #expect(harness.queried == [child.id])
    #expect(harness.commands.contains(.refreshBalances(VenueID(0))))
  }

  @Test func `a lost market data link makes the venue's books invalid`() {
    let harness = CoreHarness(venues: 2)
    harness.process(.linkChanged(VenueID(1), .marketData, isUp: false))
    #expect(harness.core.bookStatus(ListingID(1)) == .invalid(.disconnected))
    #expect(harness.core.bookStatus(ListingID(0)) == .live)
  }

  // Restart.

  @Test func `after a restart every open child is asked about and none is sent`() throws {
    let harness = CoreHarness()
    let id = try #require(harness.submit(harness.order("a", 250, limit: 10_010)))
    let waiting = harness.unreleased
    _ = harness.release(waiting[0])
    harness.report(waiting[0], .sent)
    harness.acknowledge(waiting[0])
    _ = harness.release(waiting[1])
    harness.report(waiting[1], .sent)
    var core = harness.recovered()
    var outbox = Outbox()
    core.startEpoch(2, at: harness.now, into: &outbox)
    core.beginReconciliation(at: harness.now, into: &outbox)
    let asked = outbox.commands.compactMap {
      if case .query(let child) = $0.command { child.id } else { nil }
    }
    #expect(Set(asked) == Set(waiting.map(\.id)))
    #expect(core.child(waiting[0].id)?.status == .acknowledged)
    #expect(core.child(waiting[1].id)?.status == .unknown)
    #expect(core.child(waiting[2].id)?.status == .unknown)
    let passed = core.release(waiting[2], at: harness.now, into: &outbox)
    #expect(!passed)
    #expect(core.parent(id)?.openLeaves == Quantity(mantissa: 250))
  }
}
