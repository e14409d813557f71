import RouterCore
import Testing

struct RouterCoreTests {
  private let usd = CoreHarness.usd
  private let btc = CoreHarness.btc

  // The ordinary course.

  @Test func `a limit order is split, filled and closed, and positions follow`() throws {
    let harness = CoreHarness()
    harness.book(0, bids: [], asks: [(10_000, 50)])
    let id = try #require(harness.submit(harness.order("a", 120, limit: 10_010)))
    let children = harness.releaseAll()
    #expect(children.map(\.venue) == [VenueID(0), VenueID(1)])
    #expect(children.map(\.quantity.mantissa) == [50, 70])
    #expect(children.map(\.limitPrice.mantissa) == [10_000, 10_010])
    #expect(children.allSatisfy { $0.timeInForce == .immediateOrCancel })
    for child in children {
      harness.acknowledge(child)
      harness.fill(child, child.quantity.mantissa)
    }
    let parent = try #require(harness.parent(id))
    #expect(parent.outcome == .filled)
    #expect(parent.filledQuantity == Quantity(mantissa: 120))
    #expect(parent.filledNotional.mantissa == 50 * 10_000 + 70 * 10_010)
    #expect(harness.core.position(VenueID(0), btc).mantissa == 50 * 1_000_000_000_000)
    #expect(harness.core.position(VenueID(0), usd).mantissa == -500_000 * 10_000_000_000)
    #expect(harness.core.account(VenueID(0), usd).reserved == .zero)
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test func `an intent stands before its command and the acceptance before its reply`() {
    var core = RouterCore(.small(instance: 7))
    let harness = CoreHarness()
    for fact in harness.facts { core.apply(fact) }
    var outbox = Outbox()
    core.startEpoch(2, at: harness.now, into: &outbox)
    for link in VenueLink.allCases {
      core.process(
        .linkChanged(VenueID(0), link, isUp: true), at: harness.now, into: &outbox)
    }
    core.process(
      .balanceObserved(
        BalanceObservation(
          venue: VenueID(0), asset: usd, available: CoreHarness.dollars(1000),
          total: CoreHarness.dollars(1000), observedAt: harness.now)), at: harness.now,
      into: &outbox)
    let level = BookLevel(price: Price(mantissa: 10_000), quantity: Quantity(mantissa: 50))
    core.process(
      .book(
        BookUpdate(
          listing: ListingID(0), kind: .snapshot, bidStart: 0, bidCount: 0, askStart: 0,
          askCount: 1, subscribedDepth: 0, venueTime: harness.now, receivedAt: harness.now)),
      levels: [level], at: harness.now, into: &outbox)
    outbox.removeAll()
    core.process(
      .newOrderSingle(harness.order("a", 10, limit: 10_000)), at: harness.now, into: &outbox)
    guard case .parentAccepted = outbox.facts[0] else {
      Issue.record("the acceptance is not the first fact")
      return
    }
    #expect(outbox.replies[0].factCount == 1)
    for command in outbox.commands {
      guard case .newOrder(let order) = command.command else { continue }
      let before = outbox.facts.prefix(command.factCount)
      #expect(
        before.contains {
          if case .childIntended(let intended) = $0 { return intended.order == order }
          return false
        })
    }
    #expect(outbox.commands.count == 1)
  }

  @Test func `what a wave did not fill is planned again against fresh books`() throws {
    let harness = CoreHarness(venues: 2)
    let id = try #require(harness.submit(harness.order("a", 150, limit: 10_010)))
    let first = harness.releaseAll()
    #expect(first.map(\.quantity.mantissa) == [100, 50])
    harness.fill(first[0], 40)
    harness.expire(first[0], cumulative: 40)
    #expect(harness.unreleased.isEmpty)
    harness.book(0, bids: [], asks: [(10_020, 100)])
    harness.fill(first[1], 50)
    // Venue 1 still shows what we just took.
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 15)
    harness.book(1, bids: [], asks: [(10_010, 100)])
    let second = harness.releaseAll()
    #expect(second.map(\.venue) == [VenueID(1)])
    #expect(second.map(\.quantity.mantissa) == [60])
    #expect(harness.parent(id)?.wave == 2)
    harness.fill(second[0], 60)
    #expect(harness.parent(id)?.outcome == .filled)
  }

  @Test func `a limit order outside the market waits for it`() throws {
    let harness = CoreHarness(venues: 1)
    let id = try #require(harness.submit(harness.order("a", 10, limit: 9_995)))
    #expect(harness.unreleased.isEmpty)
    #expect(harness.parent(id)?.isOpen == true)
    harness.pass(milliseconds: 20)
    harness.book(0, bids: [(9_980, 5)], asks: [(9_996, 5)])
    #expect(harness.unreleased.isEmpty)
    harness.book(0, bids: [(9_980, 5)], asks: [(9_995, 50)])
    #expect(harness.releaseAll().map(\.quantity.mantissa) == [10])
  }

  @Test func `a parent that can not be planned inside its limit is tried ever more seldom`() throws
  {
    let harness = CoreHarness(venues: 1)
    harness.submit(harness.order("a", 10, limit: 9_995))
    harness.process(.linkChanged(VenueID(0), .orderEntry, isUp: false))
    for _ in 0..<8 {
      harness.pass(milliseconds: 13)
      harness.book(0, bids: [(9_980, 5)], asks: [(9_995, 50)])
    }
    harness.pass(milliseconds: 1)
    harness.process(.linkChanged(VenueID(0), .orderEntry, isUp: true))
    harness.book(0, bids: [(9_980, 5)], asks: [(9_995, 50)])
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 12)
    #expect(harness.unreleased.count == 1)
  }

  @Test func `a level that we took and that is still shown does not make the next one wait`() {
    let harness = CoreHarness(venues: 1)
    harness.submit(harness.order("a", 100, limit: 9_995))
    harness.book(0, bids: [(9_980, 5)], asks: [(9_995, 50)])
    harness.fill(harness.releaseAll()[0], 50)
    harness.pass(milliseconds: 1)
    harness.book(0, bids: [(9_980, 5)], asks: [(9_994, 20)])
    #expect(harness.unreleased.map(\.quantity.mantissa) == [20])
  }

  @Test func `the first price inside the limit is taken at once`() {
    let harness = CoreHarness(venues: 1)
    harness.submit(harness.order("a", 10, limit: 9_995))
    harness.pass(milliseconds: 1000)
    harness.book(0, bids: [(9_980, 5)], asks: [(9_995, 50)])
    #expect(harness.unreleased.count == 1)
  }

  @Test func `an immediate order has one wave`() throws {
    let harness = CoreHarness(venues: 1)
    let id = try #require(
      harness.submit(harness.order("a", 50, limit: 10_010, timeInForce: .immediateOrCancel)))
    let child = harness.releaseAll()[0]
    harness.fill(child, 20)
    harness.expire(child, cumulative: 20)
    #expect(harness.parent(id)?.outcome == .expired)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 20))
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `fill or kill goes whole to one venue or nowhere`() throws {
    let harness = CoreHarness()
    let whole = try #require(
      harness.submit(harness.order("a", 100, limit: 10_010, timeInForce: .fillOrKill)))
    let child = harness.releaseAll()
    #expect(child.map(\.timeInForce) == [.fillOrKill])
    harness.expire(child[0], cumulative: 0)
    #expect(harness.parent(whole)?.closeReason == .cannotFillNow)
    let larger = try #require(
      harness.submit(harness.order("b", 101, limit: 10_010, timeInForce: .fillOrKill)))
    #expect(harness.parent(larger)?.outcome == .rejected)
    #expect(harness.parent(larger)?.closeReason == .cannotFillWhole)
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `a market order stays inside the collar and ends after thirty seconds`() throws {
    let harness = CoreHarness(venues: 1)
    harness.book(0, bids: [], asks: [(10_000, 10), (10_500, 10), (10_501, 10)])
    let id = try #require(harness.submit(harness.order("a", 100)))
    let child = harness.releaseAll()[0]
    #expect(child.limitPrice == Price(mantissa: 10_500))
    #expect(child.quantity == Quantity(mantissa: 20))
    harness.fill(child, 20, at: 10_500)
    harness.book(0, bids: [], asks: [(10_501, 10)])
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 30_000)
    #expect(harness.parent(id)?.outcome == .expired)
    #expect(harness.parent(id)?.closeReason == .deadlinePassed)
  }

  @Test func `an order ends at its deadline`() throws {
    let harness = CoreHarness(venues: 1)
    let deadline = harness.now.adding(milliseconds: 500)
    let id = try #require(
      harness.submit(
        harness.order("a", 10, limit: 9_995, timeInForce: .goodTillDate, deadline: deadline)))
    harness.pass(milliseconds: 499)
    #expect(harness.parent(id)?.isOpen == true)
    harness.pass(milliseconds: 1)
    #expect(harness.parent(id)?.outcome == .expired)
  }

  // Refusals.

  @Test func `the same request again gets the first answer, another one is refused`() throws {
    let harness = CoreHarness()
    let id = try #require(harness.submit(harness.order("a", 10, limit: 9_000)))
    let again = harness.order("a", 10, limit: 9_000)
    harness.submit(again)
    #expect(harness.replies == [.repeated(requestID: again.requestID, parent: id)])
    harness.submit(harness.order("a", 11, limit: 9_000))
    #expect(harness.refusal == .duplicateClientOrderID)
    harness.submit(harness.order("b", 10, limit: 20_000))
    #expect(harness.refusal == .priceCollar)
    harness.book(0, bids: [], asks: [(20_000, 10)])
    harness.submit(harness.order("b", 10, limit: 20_000))
    #expect(harness.refusal == .priceCollar)
    #expect((harness.core.openParentCount as Int) == 1)
  }

  @Test func `each gate refuses with its reason`() {
    let harness = CoreHarness()
    func reason(_ order: NewOrderSingle) -> RejectReason? {
      harness.submit(order)
      return harness.refusal
    }
    #expect(reason(harness.order("1", 10, type: .stop)) == .invalidStop)
    #expect(reason(harness.order("2", 0, limit: 10_000)) == .invalidQuantity)
    #expect(reason(harness.order("3", 10, limit: 0)) == .invalidPrice)
    #expect(reason(harness.order("4", 10, type: .limit)) == .invalidPrice)
    #expect(reason(harness.order("5", 10, limit: 5, type: .market)) == .invalidPrice)
    #expect(reason(harness.order("6", .max / 4, limit: 10_000)) == .orderValueLimit)
    #expect(reason(harness.order("7", .max, limit: 10_000)) == .orderQuantityLimit)
    #expect(reason(harness.order("8", 10, limit: 10_000, deadline: harness.now)) == .deadlinePassed)
    #expect(reason(harness.order("9", 10, side: .sell, limit: 9_000)) == .priceCollar)
    var elsewhere = harness.order("10", 10, limit: 10_000)
    elsewhere.instrument = InstrumentID(900)
    #expect(reason(elsewhere) == .unknownInstrument)
    for index in 0..<3 { harness.process(.bookInvalid(ListingID(UInt16(index)), .sequenceGap)) }
    #expect(reason(harness.order("11", 10)) == .noMarket)
    harness.process(.haltRequested(requestID: 1))
    #expect(reason(harness.order("12", 10, limit: 10_000)) == .halted)
  }

  @Test func `a refusal that waiting may cure is not the answer for ever`() {
    let harness = CoreHarness()
    for index in 0..<3 { harness.process(.bookInvalid(ListingID(UInt16(index)), .sequenceGap)) }
    harness.submit(harness.order("a", 10))
    #expect(harness.refusal == .noMarket)
    harness.process(.haltRequested(requestID: 1))
    harness.book(0, bids: [(9_990, 10)], asks: [(10_000, 10)])
    harness.submit(harness.order("a", 10))
    #expect(harness.refusal == .halted)
    harness.process(.resumeRequested(requestID: 2))
    #expect(harness.submit(harness.order("a", 10)) != nil)
  }

  @Test func `without limits everything is refused`() {
    let harness = CoreHarness()
    harness.process(.riskLimitsChanged(.closed))
    harness.submit(harness.order("a", 10, limit: 10_000))
    #expect(harness.refusal == .halted)
  }

  @Test func `open parents are limited and closed ones are forgotten oldest first`() throws {
    var configuration = CoreConfiguration.small(instance: 7)
    configuration.parentCapacity = 4
    configuration.openParentCapacity = 3
    let harness = CoreHarness(configuration)
    let first = try #require(harness.submit(harness.order("0", 10, limit: 9_000)))
    for name in ["1", "2"] { harness.submit(harness.order(name, 10, limit: 9_000)) }
    harness.submit(harness.order("3", 10, limit: 9_000))
    #expect(harness.refusal == .tooManyOrders)
    harness.cancel(first)
    for name in ["3", "4", "5", "6", "7"] {
      let id = try #require(harness.submit(harness.order(name, 10, limit: 9_000)))
      harness.cancel(id)
    }
    #expect(harness.parent(first) == nil)
    harness.submit(harness.order("0", 10, limit: 9_000))
    guard case .repeated = harness.replies[0] else {
      Issue.record("a forgotten parent's client order id must still be known")
      return
    }
    let hash = harness.recovered(configuration).stateHash
    #expect(harness.hash == hash)
  }

  @Test func `client order ids are kept for their time and then make room`() throws {
    var configuration = CoreConfiguration.small(instance: 7)
    configuration.clientOrderIDCapacity = 2
    configuration.clientOrderIDRetentionMilliseconds = 1000
    let harness = CoreHarness(configuration)
    harness.submit(harness.order("a", 10, limit: 9_000))
    harness.submit(harness.order("b", 10, limit: 9_000))
    harness.submit(harness.order("c", 10, limit: 9_000))
    #expect(harness.refusal == .tooManyOrders)
    harness.pass(milliseconds: 1000)
    #expect(harness.submit(harness.order("c", 10, limit: 9_000)) != nil)
  }

  // The last gate.

  @Test func `a child passes the last gate once`() {
    let harness = CoreHarness()
    harness.submit(harness.order("a", 10, limit: 10_010))
    let child = harness.unreleased[0]
    #expect(harness.release(child))
    #expect(!harness.release(child))
    var other = child
    other.quantity = Quantity(mantissa: 11)
    #expect(!harness.release(other))
  }

  @Test(arguments: 0..<6)
  func `what changed since the plan holds a child back`(change: Int) throws {
    let harness = CoreHarness(venues: 1)
    let id = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    switch change {
    case 0: harness.process(.haltRequested(requestID: 1))
    case 1: harness.process(.linkChanged(VenueID(0), .dropCopy, isUp: false))
    case 2: harness.process(.bookInvalid(ListingID(0), .sequenceGap))
    case 3: harness.now = harness.now.adding(milliseconds: 10_001)
    case 4: harness.cancel(id)
    default:
      var listing = harness.listing(0)
      listing.status = .cancelOnly
      harness.process(.listingChanged(listing))
    }
    #expect(harness.releaseAll().isEmpty)
    let child = try #require(harness.core.children(of: id).first)
    #expect(child.isAbandoned && child.status == .closed)
    #expect(harness.core.account(VenueID(0), usd).reserved == .zero)
    harness.pass(milliseconds: 1)
    #expect(harness.parent(id)?.isOpen == (change != 4))
    #expect(harness.hash == harness.recoveredHash)
  }

  @Test func `a child that was not sent is given up and planned again`() throws {
    let harness = CoreHarness(venues: 1)
    let id = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    let child = harness.releaseAll(saySent: false)[0]
    harness.report(child, .notSent)
    #expect(harness.child(child)?.isAbandoned == true)
    harness.pass(milliseconds: 20)
    #expect(harness.unreleased.count == 1)
    #expect(harness.parent(id)?.childCount == 2)
  }

  // Clients who change their mind.

  @Test func `a fill that crosses the cancel counts`() throws {
    let harness = CoreHarness(venues: 1)
    let id = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    let child = harness.releaseAll()[0]
    harness.acknowledge(child)
    harness.cancel(id)
    #expect(harness.canceled == [child.id])
    #expect(harness.parent(id)?.status == .cancelPending)
    harness.fill(child, 4)
    harness.report(child, .canceled) { $0.cumulativeQuantity = Quantity(mantissa: 4) }
    #expect(harness.parent(id)?.outcome == .canceled)
    #expect(harness.parent(id)?.filledQuantity == Quantity(mantissa: 4))
    harness.cancel(id)
    #expect(harness.refusal == .orderAlreadyClosed)
    harness.cancel(ParentOrderID(99))
    #expect(harness.refusal == .unknownOrder)
  }

  @Test func `a halt cancels what is open and resume goes on`() throws {
    let harness = CoreHarness(venues: 1)
    let id = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    let child = harness.releaseAll()[0]
    harness.acknowledge(child)
    harness.process(.haltRequested(requestID: 5))
    #expect(harness.canceled == [child.id])
    #expect(harness.replies == [.done(requestID: 5)])
    harness.report(child, .canceled) { $0.cumulativeQuantity = .zero }
    harness.pass(milliseconds: 3000)
    #expect(harness.unreleased.isEmpty)
    #expect(harness.parent(id)?.isOpen == true)
    harness.process(.resumeRequested(requestID: 6))
    harness.pass(milliseconds: 1)
    #expect(harness.unreleased.count == 1)
  }

  @Test func `a venue that missed is left alone until the others were tried`() throws {
    let harness = CoreHarness(venues: 3)
    func refresh() {
      for (index, price) in [10_000, 10_001, 10_002].enumerated() {
        harness.book(index, bids: [], asks: [(Int64(price), 100)])
      }
    }
    refresh()
    harness.submit(harness.order("a", 10, limit: 10_010))
    var venues: [Int] = []
    for _ in 0..<4 {
      let child = try #require(harness.releaseAll().first)
      venues.append(child.venue.index)
      harness.expire(child, cumulative: 0)
      harness.pass(milliseconds: 1)
      refresh()
      harness.pass(milliseconds: 90)
    }
    #expect(venues == [0, 1, 2, 0])
  }

  @Test func `a venue that missed is tried again after a second`() throws {
    let harness = CoreHarness(venues: 3)
    harness.book(0, bids: [], asks: [(10_000, 100)])
    harness.submit(harness.order("a", 200, limit: 10_010) { $0.maximumChildQuantity = Self.ten })
    let first = try #require(harness.releaseAll().first)
    harness.expire(first, cumulative: 0)
    #expect(first.venue == VenueID(0))
    harness.pass(milliseconds: 1001)
    harness.book(0, bids: [], asks: [(10_000, 100)])
    harness.pass(milliseconds: 1)
    #expect(harness.lastExclusions.first != .setAside)
  }

  private static let ten = Quantity(mantissa: 10)

  @Test func `a venue set aside is used if no other can fill`() throws {
    let harness = CoreHarness(venues: 1)
    harness.submit(harness.order("a", 10, limit: 10_010))
    for _ in 0..<4 {
      let children = harness.releaseAll()
      #expect(children.count == 1)
      children.forEach { harness.expire($0, cumulative: 0) }
      harness.pass(milliseconds: 200)
    }
  }

  @Test func `the number of children is bounded`() throws {
    let harness = CoreHarness(venues: 1)
    var limits = CoreHarness.limits
    limits.maximumChildrenPerParent = 3
    harness.process(.riskLimitsChanged(limits))
    let id = try #require(harness.submit(harness.order("a", 10, limit: 10_010)))
    for _ in 0..<5 {
      harness.releaseAll().forEach { child in
        harness.report(child, .rejected) { $0.rejectReason = .belowMinimum }
      }
      harness.pass(milliseconds: 1000)
    }
    #expect(harness.core.children(of: id).count == 3)
    #expect(harness.parent(id)?.outcome == .expired)
    #expect(harness.parent(id)?.closeReason == .noRoute)
  }
}
