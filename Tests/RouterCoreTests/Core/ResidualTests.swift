import RouterCore
import Testing

/// What a lasting limit order can not take rests at its limit, and when it moves.
struct ResidualTests {
  private func submit(
    _ harness: CoreHarness, _ quantity: Int64 = 10, side: Side = .buy, limit: Int64 = 9_950,
    isPostOnly: Bool = false, deadline: Timestamp = .distantFuture, id: String = "c",
    _ configure: (inout RoutingOptions) -> Void = { _ in }
  ) -> ParentOrderID? {
    harness.submit(
      harness.order(
        id, quantity, side: side, limit: limit, deadline: deadline, isPostOnly: isPostOnly
      ) {
        $0.residual = .rest
        configure(&$0)
      })
  }

  private func setMakerFee(_ harness: CoreHarness, _ index: Int, _ parts: Int64) {
    var listing = harness.listing(index)
    listing.makerFee = FeeRate(partsPerHundredMillion: parts)
    harness.process(.listingChanged(listing))
  }

  private func end(_ harness: CoreHarness, _ child: NewChildOrder, filled: Int64 = 0) {
    harness.report(child, .canceled) { $0.cumulativeQuantity = Quantity(mantissa: filled) }
  }

  @Test func `it rests at the limit where the maker fee is least`() throws {
    let harness = CoreHarness()
    setMakerFee(harness, 0, 1000)
    setMakerFee(harness, 1, -500)
    setMakerFee(harness, 2, 0)
    #expect(submit(harness) != nil)
    let child = try #require(harness.releaseAll().first)
    #expect(child.venue == VenueID(1) && child.isPostOnly)
    #expect(child.limitPrice == Price(mantissa: 9_950))
    #expect(child.quantity == Quantity(mantissa: 10))
    #expect(harness.child(child)?.role == .residual)
  }

  @Test func `a market outside the limit leaves nothing to improve, so it rests at once`() throws {
    let harness = CoreHarness(venues: 1)
    let parent = submit(harness) {
      $0.strategy = .priceImprovement
      $0.passiveMilliseconds = 2000
    }
    let child = try #require(harness.releaseAll().first)
    #expect(child.limitPrice == Price(mantissa: 9_950))
    #expect(harness.child(child)?.role == .residual)
    harness.acknowledge(child)
    harness.pass(milliseconds: 60_000)
    #expect(harness.canceled.isEmpty && harness.parent(parent)?.isOpen == true)
  }

  @Test(arguments: [true, false])
  func `what lists of open orders show need not be asked about one by one`(isListed: Bool) throws {
    let harness = CoreHarness(venues: 1)
    _ = submit(harness)
    let child = try #require(harness.releaseAll().first)
    harness.acknowledge(child)
    harness.fill(child, 4)
    var queries = 0
    for minute in 0..<30 {
      harness.book(0, bids: [(9_940, 100)], asks: [(10_010, 100)])
      harness.pass(milliseconds: 60_000)
      if minute >= 5 { queries += harness.queried.count }
      if isListed { list(harness, child, filled: 4) }
    }
    #expect(isListed ? queries == 0 : queries > 20)
    // A list that shows more than we know leaves the question open.
    list(harness, child, filled: 5)
    harness.pass(milliseconds: 95_000)
    #expect(!harness.queried.isEmpty)
  }

  @Test func `a list that is behind what the venue has said puts no question off`() throws {
    let harness = CoreHarness(venues: 1)
    _ = submit(harness)
    let child = try #require(harness.releaseAll().first)
    harness.acknowledge(child)
    harness.pass(milliseconds: 500)
    harness.report(child, .stillOpen) {
      $0.cumulativeQuantity = Quantity(mantissa: 7)
      $0.queriedAt = harness.now
    }
    harness.pass(milliseconds: 10)
    list(harness, child, filled: 0)
    harness.pass(milliseconds: 60_000)
    #expect(!harness.queried.isEmpty)
  }

  private func list(_ harness: CoreHarness, _ child: NewChildOrder, filled: Int64) {
    harness.process(
      .openOrderObserved(
        OpenOrderObservation(
          venue: child.venue, child: child.id, venueOrderID: harness.text("V1"),
          listing: child.listing, side: .buy, quantity: child.quantity,
          limitPrice: child.limitPrice, cumulativeQuantity: Quantity(mantissa: filled),
          askedAt: harness.now)))
  }

  @Test func `a coarse price grid rounds away from the market`() throws {
    for (side, limit, price) in [(Side.buy, 9_957, 9_950), (.sell, 10_043, 10_050)] {
      let harness = CoreHarness(venues: 1)
      var listing = harness.listing(0)
      listing.priceIncrement = Price(mantissa: 10)
      harness.process(.listingChanged(listing))
      #expect(submit(harness, side: side, limit: Int64(limit)) != nil)
      #expect(harness.releaseAll().map(\.limitPrice.mantissa) == [Int64(price)])
    }
  }

  @Test func `what is marketable is taken first, and the rest rests`() throws {
    let harness = CoreHarness(venues: 1)
    harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 4)])
    let parent = submit(harness, limit: 10_010)
    let taker = try #require(harness.releaseAll().first)
    #expect(taker.timeInForce == .immediateOrCancel && taker.quantity == Quantity(mantissa: 4))
    harness.acknowledge(taker)
    harness.fill(taker, 4)
    // The book still shows what we took; nothing rests before a newer one.
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 5)
    harness.book(0, bids: [(9_990, 100)], asks: [(10_020, 4)])
    harness.pass(milliseconds: 200)
    let rest = try #require(harness.releaseAll().first)
    #expect(rest.isPostOnly && rest.quantity == Quantity(mantissa: 6))
    harness.acknowledge(rest)
    harness.fill(rest, 6)
    #expect(harness.parent(parent)?.outcome == .filled)
  }

  @Test func `it spreads over venues as far as the balances go`() throws {
    let harness = CoreHarness(venues: 2)
    harness.balance(0, CoreHarness.usd, Amount(mantissa: 9_950 * 6 * 10_000_000_000))
    #expect(submit(harness) != nil)
    let children = harness.releaseAll()
    #expect(children.map(\.venue) == [VenueID(0), VenueID(1)])
    #expect(children.map(\.quantity.mantissa) == [6, 4])
  }

  @Test func `a book elsewhere that comes inside the limit is taken, after the cancel`() throws {
    let harness = CoreHarness()
    let parent = submit(harness)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    let other = rest.venue == VenueID(2) ? 1 : 2
    harness.book(other, bids: [(9_930, 100)], asks: [(9_945, 100)])
    #expect(harness.canceled == [rest.id])
    #expect(harness.unreleased.isEmpty)
    harness.fill(rest, 3)
    end(harness, rest, filled: 3)
    harness.pass(milliseconds: 20)
    let taker = try #require(harness.releaseAll().first)
    #expect(taker.venue == VenueID(UInt8(other)))
    #expect(taker.quantity == Quantity(mantissa: 7))
    #expect(harness.parent(parent)?.isOverexposed == false)
  }

  @Test func `its own venue fills it by itself`() throws {
    let harness = CoreHarness(venues: 1)
    _ = submit(harness)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    harness.book(0, bids: [(9_930, 100)], asks: [(9_945, 100)])
    #expect(harness.canceled.isEmpty)
  }

  @Test func `giving up for nothing gets slower`() throws {
    let harness = CoreHarness(venues: 2)
    _ = submit(harness)
    var cancels = 0
    for _ in 0..<100 {
      for child in harness.releaseAll() {
        if child.isPostOnly {
          harness.acknowledge(child)
        } else {
          harness.expire(child, cumulative: 0)
        }
      }
      harness.pass(milliseconds: 20)
      harness.book(0, bids: [(9_930, 100)], asks: [(10_010, 100)])
      // A quote that is gone whenever somebody wants it.
      harness.book(1, bids: [(9_930, 100)], asks: [(9_945, 100)])
      for id in harness.canceled {
        cancels += 1
        harness.process(
          .childReport(
            {
              var report = VenueExecutionReport(venue: VenueID(0), child: id, kind: .canceled)
              report.cumulativeQuantity = .zero
              return report
            }()))
      }
    }
    #expect(cancels > 0 && cancels < 12, "\(cancels) in two seconds")
  }

  @Test func `a flap of a link does not move it, a long outage does`() throws {
    let harness = CoreHarness(venues: 2)
    _ = submit(harness)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    let venue = rest.venue
    harness.process(.linkChanged(venue, .marketData, isUp: false))
    harness.pass(milliseconds: 5000)
    #expect(harness.canceled.isEmpty)
    harness.process(.linkChanged(venue, .marketData, isUp: true))
    harness.pass(milliseconds: 60_000)
    #expect(harness.canceled.isEmpty)
    harness.process(.linkChanged(venue, .marketData, isUp: false))
    harness.pass(milliseconds: 30_001)
    #expect(harness.canceled.contains(rest.id))
    end(harness, rest)
    harness.book(1, bids: [(9_990, 100)], asks: [(10_010, 100)])
    harness.pass(milliseconds: 1100)
    let moved = try #require(harness.releaseAll().first)
    #expect(moved.venue != venue && moved.isPostOnly)
  }

  @Test func `it stays through a restart`() throws {
    let harness = CoreHarness()
    let parent = submit(harness)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    harness.restart()
    #expect(harness.canceled.isEmpty && harness.queried == [rest.id])
    for index in 0..<3 { harness.makeReady(index) }
    harness.report(rest, .stillOpen) { $0.queriedAt = harness.now }
    harness.pass(milliseconds: 1000)
    #expect(harness.canceled.isEmpty && harness.unreleased.isEmpty)
    harness.fill(rest, 10)
    #expect(harness.parent(parent)?.outcome == .filled)
  }

  @Test func `after a restart its venue has as long to come back as after a cut`() throws {
    let harness = CoreHarness(venues: 2)
    _ = submit(harness)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    harness.restart()
    harness.makeReady(rest.venue == VenueID(0) ? 1 : 0)
    harness.pass(milliseconds: 29_000)
    #expect(harness.canceled.isEmpty)
    harness.pass(milliseconds: 1001)
    #expect(harness.canceled.contains(rest.id))
  }

  @Test func `a venue that refuses it is not asked again at once, another one is`() throws {
    let harness = CoreHarness(venues: 2)
    _ = submit(harness)
    let first = try #require(harness.releaseAll().first)
    harness.report(first, .rejected) { $0.rejectReason = .postOnlyWouldTake }
    harness.pass(milliseconds: 20)
    let second = try #require(harness.releaseAll().first)
    #expect(second.venue != first.venue && second.isPostOnly)
  }

  @Test func `a venue that always refuses is asked ever more rarely`() throws {
    let harness = CoreHarness(venues: 1)
    _ = submit(harness)
    var asked = 0
    for _ in 0..<100 {
      for child in harness.releaseAll() {
        asked += 1
        harness.report(child, .rejected) { $0.rejectReason = .venueRule }
      }
      harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 100)])
      harness.pass(milliseconds: 100)
    }
    #expect(asked > 2 && asked < 10, "\(asked) in ten seconds")
  }

  @Test func `a deadline ends what rests`() throws {
    let harness = CoreHarness()
    let parent = submit(harness, deadline: harness.now.adding(milliseconds: 1000))
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    harness.pass(milliseconds: 1001)
    #expect(harness.canceled == [rest.id])
    end(harness, rest)
    #expect(harness.parent(parent)?.outcome == .expired)
  }

  @Test func `a halt cancels it, and it rests again after that`() throws {
    let harness = CoreHarness()
    _ = submit(harness)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    harness.process(.haltRequested(requestID: 1))
    #expect(harness.canceled == [rest.id])
    end(harness, rest)
    harness.process(.resumeRequested(requestID: 2))
    for index in 0..<3 {
      harness.book(index, bids: [(9_990, 100)], asks: [(10_010, 100)])
    }
    harness.pass(milliseconds: 1100)
    #expect(harness.releaseAll().map(\.isPostOnly) == [true])
  }

  @Test func `what no venue takes is not worked for ever`() throws {
    let harness = CoreHarness(venues: 1)
    var listing = harness.listing(0)
    listing.minimumQuantity = Quantity(mantissa: 5)
    harness.process(.listingChanged(listing))
    harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 8)])
    let parent = submit(harness, limit: 10_010)
    let taker = try #require(harness.releaseAll().first)
    harness.fill(taker, 8)
    harness.book(0, bids: [(9_990, 100)], asks: [(10_020, 8)])
    harness.pass(milliseconds: 2000)
    #expect(harness.parent(parent)?.outcome == .expired)
    #expect(harness.parent(parent)?.closeReason == .belowMinimum)
    #expect(harness.parent(parent)?.filledQuantity == Quantity(mantissa: 8))
  }

  // Post-only.

  @Test func `a post-only order rests whole and never takes`() throws {
    let harness = CoreHarness()
    let parent = submit(harness, isPostOnly: true)
    let rest = try #require(harness.releaseAll().first)
    harness.acknowledge(rest)
    for index in 0..<3 { harness.book(index, bids: [(9_930, 100)], asks: [(9_945, 100)]) }
    harness.pass(milliseconds: 2000)
    #expect(harness.canceled.isEmpty && harness.unreleased.isEmpty)
    harness.fill(rest, 10)
    #expect(harness.parent(parent)?.outcome == .filled)
  }

  @Test func `a post-only order that would take everywhere is refused`() {
    let harness = CoreHarness()
    let parent = submit(harness, limit: 10_010, isPostOnly: true)
    #expect(harness.parent(parent)?.outcome == .rejected)
    #expect(harness.parent(parent)?.closeReason == .postOnlyWouldTake)
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `post-only and an order that takes do not go together`() {
    let harness = CoreHarness()
    harness.submit(harness.order("a", 1, isPostOnly: true))
    #expect(harness.refusal == .postOnlyConflict)
    harness.submit(
      harness.order(
        "b", 1, limit: 9_950, timeInForce: .immediateOrCancel, isPostOnly: true
      ) { $0.residual = .rest })
    #expect(harness.refusal == .postOnlyConflict)
    #expect(submit(harness, isPostOnly: true) { $0.residual = .hold } == nil)
    #expect(harness.refusal == .postOnlyConflict)
  }

  // Fill or kill.

  @Test func `fill or kill goes whole to one venue unless it may be split`() throws {
    let harness = CoreHarness()
    let whole = harness.submit(
      harness.order("a", 150, limit: 10_010, timeInForce: .fillOrKill))
    #expect(harness.parent(whole)?.closeReason == .cannotFillWhole)
    let split = harness.submit(
      harness.order("b", 150, limit: 10_010, timeInForce: .fillOrKill, allowsSplit: true))
    let children = harness.releaseAll()
    #expect(children.count == 2)
    #expect(children.allSatisfy { $0.timeInForce == .fillOrKill })
    for child in children { harness.fill(child, child.quantity.mantissa) }
    #expect(harness.parent(split)?.outcome == .filled)
  }

  @Test func `a split may not be asked of other orders`() {
    let harness = CoreHarness()
    harness.submit(harness.order("a", 10, limit: 10_010, allowsSplit: true))
    #expect(harness.refusal == .invalidRouting)
  }
}
