import RouterCore
import Testing

/// A venue that fails loses its new orders, and nothing else.
struct BreakerTests {
  private let venue = VenueID(0)

  /// Venue 0 has the best ask; its breaker opens with the third failure.
  private func harness(
    _ change: (inout VenueBreakerSettings) -> Void = { _ in }
  ) -> CoreHarness {
    let harness = CoreHarness(venues: 2)
    var settings = VenueBreakerSettings(
      venue: venue, minimumCalls: 3, slowCallMilliseconds: 3000, openMilliseconds: 1000,
      openCapMilliseconds: 16_000, halfOpenProbes: 2)
    change(&settings)
    harness.process(.venueBreakerChanged(settings))
    books(harness)
    return harness
  }

  private func books(_ harness: CoreHarness) {
    harness.book(0, bids: [(9_990, 500)], asks: [(10_000, 500)])
    harness.book(1, bids: [(9_980, 500)], asks: [(10_010, 500)])
  }

  /// Submits an order that can only be taken at once, and lets its children leave.
  @discardableResult
  private func send(
    _ harness: CoreHarness, _ id: String, _ quantity: Int64 = 10
  ) -> [NewChildOrder] {
    harness.submit(harness.order(id, quantity, timeInForce: .immediateOrCancel))
    return harness.releaseAll()
  }

  private func reject(
    _ harness: CoreHarness, _ id: String, _ reason: RejectReason = .venueUnavailable,
    quantity: Int64 = 10
  ) {
    for child in send(harness, id, quantity) {
      harness.report(child, .rejected) { $0.rejectReason = reason }
    }
  }

  private func trip(_ harness: CoreHarness) {
    for number in 0..<3 { reject(harness, "trip\(number)\(harness.facts.count)") }
  }

  /// Until the venue was asked for its open orders, and has answered.
  private func tryAgain(_ harness: CoreHarness, isAnswered: Bool = true) {
    let until = transitions(harness).last?.until ?? harness.now
    harness.pass(milliseconds: max(until.since(harness.now), 0) / 1_000_000 + 1)
    books(harness)
    if isAnswered { harness.process(.openOrdersListed(venue)) }
  }

  private func transitions(
    _ harness: CoreHarness, _ operation: VenueOperation = .newOrders
  ) -> [BreakerTransition] {
    harness.facts.compactMap {
      if case .breakerChanged(let change) = $0, change.operation == operation {
        change
      } else {
        nil
      }
    }
  }

  private func state(
    _ harness: CoreHarness, _ operation: VenueOperation = .newOrders
  ) -> CircuitBreaker.State? {
    harness.core.breakers(of: venue, at: harness.now).first { $0.operation == operation }?.state
  }

  // MARK: Opening

  @Test func `failures open it, the fact says why, and plans go elsewhere and say so`() throws {
    let harness = harness()
    trip(harness)
    let change = try #require(transitions(harness).last)
    #expect(change.from == .closed && change.to == .open && change.venue == venue)
    #expect(change.counts == CallCounts(calls: 3, failures: 3))
    #expect(change.lastFailure == .venueUnavailable)
    #expect(change.trips == 1)
    #expect(change.until >= harness.now)
    let children = send(harness, "a")
    #expect(children.map(\.venue) == [VenueID(1)])
    #expect(harness.lastExclusions == [.breakerOpen, .none])
  }

  @Test func `answers about orders never open it, nor do rate limits`() {
    let harness = harness()
    let answers: [RejectReason] = [
      .insufficientFunds, .belowMinimum, .incrementViolation, .rateLimited, .marketClosed,
      .postOnlyWouldTake, .cannotFillNow, .duplicateAtVenue, .venueRule, .malformedRequest,
    ]
    for round in 0..<5 {
      for answer in answers { reject(harness, "\(answer)\(round)", answer) }
    }
    #expect(transitions(harness).isEmpty)
  }

  @Test(arguments: [RejectReason.venueUnavailable, .clockSkew, .authentication])
  func `a venue that can not take orders has failed`(reason: RejectReason) {
    let harness = harness()
    for number in 0..<3 { reject(harness, "a\(number)", reason) }
    #expect(state(harness) == .open)
  }

  @Test func `unknown outcomes open it`() {
    let harness = harness()
    for number in 0..<3 {
      for child in send(harness, "a\(number)") { harness.report(child, .outcomeUnknown) }
    }
    #expect(state(harness) == .open)
    #expect(transitions(harness).last?.lastFailure == .outcomeUnknown)
  }

  @Test func `an order that is not answered is slow, then failed, and one call`() throws {
    let harness = harness { $0.minimumCalls = 4 }
    for number in 0..<3 { send(harness, "a\(number)") }
    harness.pass(milliseconds: 2999)
    func counts() -> CallCounts? {
      harness.core.breakers(of: venue, at: harness.now).first { $0.operation == .newOrders }?.counts
    }
    #expect(counts() == CallCounts())
    harness.pass(milliseconds: 1)
    #expect(counts() == CallCounts(calls: 3, slowCalls: 3))
    harness.pass(milliseconds: 7000)
    #expect(counts() == CallCounts(calls: 3, failures: 3, slowCalls: 3))
    // A fourth opens it, by what is slow already.
    harness.now = harness.now.adding(milliseconds: 1)
    books(harness)
    for child in send(harness, "b") { harness.acknowledge(child) }
    #expect(state(harness) == .open)
  }

  @Test func `lost connections open it, our own gates do not`() {
    let lost = harness()
    for number in 0..<3 {
      lost.submit(lost.order("a\(number)", 10, timeInForce: .immediateOrCancel))
      for child in lost.releaseAll(saySent: false) { lost.report(child, .notSent) }
    }
    #expect(state(lost) == .open)
    let late = harness()
    for number in 0..<5 {
      let deadline = late.now.adding(milliseconds: 1000)
      late.submit(late.order("a\(number)", 10, limit: 10_000, deadline: deadline))
      let children = late.releaseAll(saySent: false)
      #expect(children.count == 1)
      late.now = deadline
      for child in children { late.report(child, .notSent) }
      books(late)
    }
    #expect(state(late) == .closed)
  }

  @Test func `links that flap open it`() {
    let harness = harness()
    for _ in 0..<3 {
      for link in [VenueLink.orderEntry, .dropCopy] {
        harness.process(.linkChanged(venue, link, isUp: false))
      }
      for link in [VenueLink.orderEntry, .dropCopy] {
        harness.process(.linkChanged(venue, link, isUp: true))
      }
    }
    #expect(transitions(harness).last?.counts == CallCounts(calls: 3, failures: 3))
    #expect(transitions(harness).last?.lastFailure == .disconnected)
  }

  // MARK: What it does not touch

  @Test func `an open breaker blocks no cancel and no query, and leaves what rests`() throws {
    let harness = harness()
    let order = harness.order("rest", 10, limit: 9_000) { $0.residual = .rest }
    let parent = try #require(harness.submit(order))
    let resting = try #require(harness.releaseAll().first)
    #expect(resting.venue == venue)
    harness.acknowledge(resting)
    trip(harness)
    #expect(state(harness) == .open)
    harness.pass(milliseconds: 300)
    #expect(harness.child(resting)?.isCancelPending == false)
    harness.pass(milliseconds: 60_000)
    #expect(harness.queried.contains(resting.id))
    harness.cancel(parent)
    #expect(harness.canceled == [resting.id])
  }

  @Test func `an open order breaker leaves the books in use`() {
    let harness = harness()
    trip(harness)
    let touch = harness.core.consolidatedBook(InstrumentID(0), at: harness.now)
      .touch(harness.core.markets)
    #expect(touch.ask == Price(mantissa: 10_000))
  }

  // MARK: The last gate

  @Test func `what was intended before it opened does not leave, and is planned again`() throws {
    let harness = harness()
    for number in 0..<2 { reject(harness, "a\(number)") }
    let parent = try #require(harness.submit(harness.order("b", 10, limit: 10_020)))
    let waiting = try #require(harness.unreleased.first)
    harness.unreleased = []
    reject(harness, "c")
    #expect(!harness.release(waiting))
    #expect(harness.facts.contains(.childAbandoned(waiting.id, .breakerOpen, at: harness.now)))
    harness.pass(milliseconds: 100)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
    #expect(harness.parent(parent)?.isOpen == true)
  }

  // MARK: Trying again

  @Test func `after the wait it asks for open orders, and sends none before the answer`() throws {
    let harness = harness()
    trip(harness)
    let until = try #require(transitions(harness).last?.until)
    harness.pass(milliseconds: until.since(harness.now) / 1_000_000 + 1)
    #expect(harness.commands.contains(.listOpenOrders(venue)))
    #expect(state(harness) == .halfOpen)
    books(harness)
    #expect(send(harness, "a").map(\.venue) == [VenueID(1)])
    #expect(harness.lastExclusions == [.breakerOpen, .none])
    harness.process(.openOrdersListed(venue))
    #expect(send(harness, "b").map(\.venue) == [venue, VenueID(1)])
  }

  @Test func `a read that is not answered opens it again`() {
    let harness = harness()
    trip(harness)
    tryAgain(harness, isAnswered: false)
    harness.pass(milliseconds: 10_000)
    #expect(transitions(harness).contains { $0.from == .halfOpen && $0.to == .open })
    #expect(transitions(harness).contains { $0.lastFailure == .timedOut && $0.trips == 2 })
  }

  @Test func `probes go one at a time, each as small as the venue takes, and close it`() throws {
    let harness = harness()
    var listing = harness.listing(0)
    listing.quantityIncrement = Quantity(mantissa: 4)
    listing.minimumQuantity = Quantity(mantissa: 4)
    // At 100.00 a unit has 1 of quote: 13 units, 16 in whole lots.
    listing.minimumNotional = Notional(mantissa: 130_000)
    harness.process(.listingChanged(listing))
    for number in 0..<3 { reject(harness, "a\(number)", quantity: 40) }
    #expect(state(harness) == .open)
    tryAgain(harness)
    for probe in 0..<2 {
      let first = send(harness, "p\(probe)", 100)
      #expect(first.map(\.quantity.mantissa) == [16, 84])
      let second = send(harness, "q\(probe)", 100)
      #expect(second.map(\.venue) == [VenueID(1)])
      #expect(harness.lastExclusions.first == .breakerOpen)
      harness.acknowledge(try #require(first.first))
    }
    #expect(state(harness) == .closed)
    #expect(transitions(harness).last?.counts == CallCounts(calls: 2))
    #expect(send(harness, "z", 100).map(\.quantity.mantissa) == [100])
  }

  @Test func `a sell probe that needs two levels is as large as its limit makes it`() throws {
    let harness = harness { $0.halfOpenProbes = 1 }
    var listing = harness.listing(0)
    listing.minimumNotional = Notional(mantissa: 100_000)
    harness.process(.listingChanged(listing))
    for number in 0..<3 { reject(harness, "a\(number)", quantity: 100) }
    tryAgain(harness)
    harness.book(0, bids: [(10_000, 3), (9_600, 500)], asks: [(10_100, 500)])
    harness.book(1, bids: [], asks: [(10_100, 500)])
    harness.submit(
      harness.order("s", 100, side: .sell, limit: 9_550, timeInForce: .immediateOrCancel))
    let probe = try #require(harness.releaseAll().first)
    #expect(probe.quantity == Quantity(mantissa: 11))
    #expect(probe.limitPrice == Price(mantissa: 9_600))
  }

  @Test func `a bad probe opens it again for longer`() {
    let harness = harness()
    trip(harness)
    for trips in 2...6 {
      tryAgain(harness)
      for child in send(harness, "p\(trips)", 10) where child.venue == venue {
        harness.report(child, .outcomeUnknown)
      }
      let change = transitions(harness).last
      #expect(change?.to == .open && change?.trips == UInt16(trips))
      let ceiling = min(1000 << Int64(trips - 1), 16_000)
      let until = change?.until ?? .distantFuture
      #expect(until.since(harness.now) <= Int64(ceiling) * 1_000_000)
    }
  }

  @Test func `a slow probe opens it again before it is answered`() {
    let harness = harness()
    trip(harness)
    tryAgain(harness)
    #expect(send(harness, "p").contains { $0.venue == venue })
    harness.pass(milliseconds: 3000)
    #expect(transitions(harness).contains { $0.from == .halfOpen && $0.lastFailure == .slow })
  }

  @Test func `a probe that never left makes room for another`() throws {
    let harness = harness()
    trip(harness)
    tryAgain(harness)
    harness.submit(
      harness.order("p", 10, limit: 10_000, deadline: harness.now.adding(milliseconds: 1000)))
    let held = try #require(harness.unreleased.first)
    harness.unreleased = []
    harness.now = harness.now.adding(milliseconds: 1001)
    #expect(!harness.release(held))
    #expect(state(harness) == .halfOpen)
    #expect(send(harness, "q").first?.venue == venue)
  }

  @Test func `without probes the answer to the read closes it`() {
    let harness = harness { $0.halfOpenProbes = 0 }
    trip(harness)
    tryAgain(harness)
    #expect(state(harness) == .closed)
  }

  @Test func `with its links down a venue is not tried`() {
    let harness = harness()
    trip(harness)
    harness.process(.linkChanged(venue, .dropCopy, isUp: false))
    harness.pass(milliseconds: 20_000)
    #expect(state(harness) == .open)
    harness.process(.linkChanged(venue, .dropCopy, isUp: true))
    harness.pass(milliseconds: 1)
    #expect(state(harness) == .halfOpen)
  }

  @Test func `a parent that waits is woken when it may be tried again`() throws {
    let harness = CoreHarness(venues: 1)
    harness.process(
      .venueBreakerChanged(
        VenueBreakerSettings(
          venue: venue, minimumCalls: 3, openMilliseconds: 1000, halfOpenProbes: 1)))
    harness.book(0, bids: [(9_990, 500)], asks: [(10_000, 500)])
    for number in 0..<3 { reject(harness, "a\(number)") }
    #expect(state(harness) == .open)
    harness.submit(harness.order("b", 10, limit: 10_000))
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 1001)
    harness.process(.openOrdersListed(venue))
    harness.pass(milliseconds: 1)
    let probe = try #require(harness.releaseAll().first)
    #expect(probe.quantity == Quantity(mantissa: 1))
    harness.fill(probe, 1)
    #expect(state(harness) == .closed)
    harness.book(0, bids: [(9_990, 500)], asks: [(10_000, 500)])
    harness.pass(milliseconds: 500)
    #expect(harness.releaseAll().first?.quantity == Quantity(mantissa: 9))
  }

  // MARK: Market data

  private func gap(_ harness: CoreHarness, _ fault: BookFault = .sequenceGap) {
    harness.process(.bookInvalid(ListingID(0), fault))
    harness.book(0, bids: [(9_990, 500)], asks: [(10_000, 500)])
    harness.now = harness.now.adding(milliseconds: 400)
  }

  @Test func `gaps open the feed's breaker, and its books are not used until they have proved`() {
    let harness = harness()
    for _ in 0..<3 { gap(harness) }
    #expect(state(harness, .marketData) == .open)
    #expect(state(harness) == .closed)
    #expect(send(harness, "a").map(\.venue) == [VenueID(1)])
    #expect(harness.lastExclusions == [.breakerOpen, .none])
    // The book itself goes on.
    #expect(harness.core.bookStatus(ListingID(0)) == .live)
    harness.pass(milliseconds: 3000)
    #expect(state(harness, .marketData) == .closed)
    books(harness)
    #expect(send(harness, "b").map(\.venue) == [venue])
  }

  @Test func `one gap that shows in many books is one failure`() {
    let harness = harness()
    for _ in 0..<20 { harness.process(.bookInvalid(ListingID(0), .checksumMismatch)) }
    #expect(state(harness, .marketData) == .closed)
  }

  @Test func `what follows from a lost link or a halt is no failure`() {
    let harness = harness()
    for _ in 0..<5 {
      for fault in [BookFault.disconnected, .synchronizing, .venueHalted] { gap(harness, fault) }
    }
    #expect(state(harness, .marketData) == .closed)
  }

  // MARK: Cancels and queries

  @Test func `queries that fail are told and nothing is held back`() throws {
    let harness = harness()
    let child = try #require(send(harness, "a").first)
    harness.report(child, .outcomeUnknown)
    for _ in 0..<4 {
      harness.report(child, .queryFailed)
      harness.pass(milliseconds: 9000)
    }
    #expect(transitions(harness, .cancelsAndQueries).contains { $0.to == .open })
    harness.pass(milliseconds: 9000)
    #expect(harness.queried.contains(child.id))
  }

  @Test(arguments: [true, false])
  func `an answer is slow from when its question left, not from when that began to wait`(
    isHeldBack: Bool
  ) throws {
    let harness = harness()
    let child = try #require(send(harness, "a").first)
    harness.report(child, .outcomeUnknown)
    #expect(harness.queried == [child.id])
    let asked = harness.now
    harness.now = asked.adding(milliseconds: 4000)
    harness.report(child, .stillOpen) {
      $0.queriedAt = isHeldBack ? harness.now.adding(milliseconds: -1) : asked
    }
    let reading = harness.core.breakers(of: venue, at: harness.now).first {
      $0.operation == .cancelsAndQueries
    }
    #expect(reading?.counts.slowCalls == (isHeldBack ? 0 : 1))
  }

  @Test func `a storm of unknown children is asked about at the pace of the budget`() {
    let harness = CoreHarness(venues: 1)
    harness.process(.venueBreakerChanged(VenueBreakerSettings(venue: venue, isEnabled: false)))
    harness.book(0, bids: [(9_990, 50_000)], asks: [(10_000, 50_000)])
    var children: [NewChildOrder] = []
    for number in 0..<100 { children += send(harness, "a\(number)") }
    for child in children { harness.report(child, .outcomeUnknown) }
    harness.pass(milliseconds: 10_000)
    // Twenty at once, ten from the first attempts, and ten a second.
    #expect(harness.queried.count <= 20 + 10 + 100)
    #expect(harness.queried.count > 60)
    harness.pass(milliseconds: 20_000)
    #expect(Set(harness.queried) == Set(children.map(\.id)))
  }

  // MARK: Settings and restarts

  @Test func `a restart begins closed and keeps the settings`() {
    let harness = harness()
    trip(harness)
    #expect(harness.hash == harness.recoveredHash)
    harness.restart()
    #expect(state(harness) == .closed)
    #expect(harness.core.venue(venue)?.breaker.minimumCalls == 3)
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test func `settings that have not changed make no fact, and switching off closes`() {
    let harness = harness()
    trip(harness)
    var settings = harness.core.venue(venue)?.breaker ?? VenueBreakerSettings(venue: venue)
    let count = harness.facts.count
    harness.process(.venueBreakerChanged(settings))
    #expect(harness.facts.count == count)
    settings.isEnabled = false
    harness.process(.venueBreakerChanged(settings))
    #expect(state(harness) == .closed)
    #expect(transitions(harness).last?.to == .closed)
    trip(harness)
    #expect(state(harness) == .closed)
  }
}
