import RouterCore
import Testing

/// Orders under ids of ours that the journal does not know as open.
struct StrangerTests {
  private static let venue = VenueID(0)

  /// A core in its fifth epoch; what it is shown of earlier ones it does not know.
  private func harness(adopting: Bool = false) -> CoreHarness {
    var configuration = CoreConfiguration.small(instance: 7)
    configuration.adoptsOrphans = adopting
    let harness = CoreHarness(configuration)
    var outbox = Outbox()
    harness.core.startEpoch(5, at: harness.now, into: &outbox)
    harness.facts += outbox.facts
    return harness
  }

  private func id(
    instance: UInt32 = 7, epoch: UInt32 = 2, parent: UInt64 = 77, child: UInt16 = 1
  ) -> ChildOrderID {
    ChildOrderID(instance: instance, epoch: epoch, parent: ParentOrderID(parent), child: child)
  }

  private func show(
    _ harness: CoreHarness, _ child: ChildOrderID, filled: Int64 = 0,
    listing: ListingID? = ListingID(0)
  ) {
    harness.process(
      .openOrderObserved(
        OpenOrderObservation(
          venue: Self.venue, child: child, venueOrderID: harness.text("V9"), listing: listing,
          side: .buy, quantity: Quantity(mantissa: 50), limitPrice: Price(mantissa: 9_000),
          cumulativeQuantity: Quantity(mantissa: filled), askedAt: harness.now)))
  }

  private func report(
    _ harness: CoreHarness, _ child: ChildOrderID, _ kind: VenueExecutionReport.Kind
  ) {
    harness.process(
      .childReport(VenueExecutionReport(venue: Self.venue, child: child, kind: kind)))
  }

  private func verdicts(_ harness: CoreHarness) -> [OrphanFound.Verdict] {
    harness.facts.compactMap { if case .orphanFound(let found) = $0 { found.verdict } else { nil } }
  }

  private func isHalted(_ harness: CoreHarness) -> Bool { harness.core.isHalted }

  private func isVenueHalted(_ harness: CoreHarness) -> Bool {
    harness.core.venue(Self.venue)?.isHalted ?? false
  }

  @Test func `orders of other installations are not ours`() {
    let harness = harness()
    show(harness, id(instance: 8, epoch: 9))
    report(harness, id(instance: 8, epoch: 9), .acknowledged)
    #expect(harness.commands.isEmpty && verdicts(harness).isEmpty)
    #expect(!isVenueHalted(harness) && !isHalted(harness))
  }

  @Test func `an orphan in a venue's list is told once and cancelled each time`() {
    let harness = harness()
    for _ in 0..<2 {
      show(harness, id())
      #expect(harness.canceled == [id()])
    }
    #expect(verdicts(harness) == [.unknown])
    #expect(!isVenueHalted(harness) && !isHalted(harness))
  }

  @Test func `a venue that makes up orders without end is stopped, and no more is written`() {
    let harness = harness()
    for number in 1...UInt16(5000) { show(harness, id(child: number)) }
    #expect(isVenueHalted(harness))
    #expect(verdicts(harness).count == 256)
    // The last ones are neither noted nor cancelled.
    #expect(harness.canceled.isEmpty)
  }

  @Test func `an orphan that has traded stops its venue, for positions lack it`() {
    let harness = harness()
    show(harness, id(), filled: 3)
    #expect(harness.canceled == [id()] && isVenueHalted(harness))
    let other = self.harness()
    report(other, id(), .fill)
    #expect(verdicts(other) == [.unknown] && isVenueHalted(other))
  }

  @Test func `a report about an orphan makes the core ask for the list`() {
    let harness = harness()
    report(harness, id(), .acknowledged)
    harness.pass(milliseconds: 1)
    #expect(harness.commands.contains(.listOpenOrders(Self.venue)))
    #expect(!isHalted(harness))
  }

  @Test(arguments: [5, 6] as [UInt32])
  func `an order of a running epoch that is not ours stops everything`(epoch: UInt32) throws {
    let harness = harness()
    harness.submit(harness.order("a", 10, limit: 10_010))
    let order = try #require(harness.releaseAll().first)
    report(harness, id(epoch: epoch), .acknowledged)
    #expect(isHalted(harness) && harness.canceled == [order.id])
    #expect(verdicts(harness) == [.otherRouter])
    let listed = self.harness()
    show(listed, id(epoch: epoch))
    #expect(isHalted(listed) && listed.canceled.isEmpty)
  }

  @Test func `an order of an earlier epoch that is made while we run stops everything`() {
    let harness = harness()
    show(harness, id())
    harness.process(.openOrdersListed(Self.venue))
    harness.pass(milliseconds: 10_000)
    report(harness, id(child: 2), .acknowledged)
    #expect(!isHalted(harness))
    harness.pass(milliseconds: 6_000)
    // The orphan is known; only a new order has another router behind it.
    show(harness, id())
    report(harness, id(), .acknowledged)
    #expect(!isHalted(harness))
    report(harness, id(child: 3), .acknowledged)
    #expect(isHalted(harness))
  }

  @Test func `after a resume only another order stops everything again`() {
    let harness = harness()
    report(harness, id(epoch: 6), .acknowledged)
    harness.process(.resumeRequested(requestID: 1))
    report(harness, id(epoch: 6), .acknowledged)
    #expect(!isHalted(harness))
    report(harness, id(epoch: 6, child: 2), .acknowledged)
    #expect(isHalted(harness))
  }

  @Test func `a child that has ended and is still open at the venue is cancelled`() throws {
    let harness = harness()
    let parent = harness.submit(harness.order("a", 10, limit: 10_010))
    let order = try #require(harness.releaseAll().first)
    harness.acknowledge(order)
    harness.expire(order, cumulative: 0)
    #expect(parent != nil && harness.child(order)?.isOpen == false)
    show(harness, order.id)
    #expect(harness.canceled.isEmpty)
    harness.pass(milliseconds: 6_000)
    show(harness, order.id)
    #expect(harness.canceled == [order.id] && verdicts(harness) == [.ended])
  }

  // Lists.

  @Test func `open orders are asked for every minute, and sooner after an orphan`() {
    let harness = harness()
    harness.pass(milliseconds: 61_000)
    let asked = harness.commands.filter { $0 == .listOpenOrders(Self.venue) }.count
    #expect(asked == 1)
    show(harness, id())
    harness.pass(milliseconds: 5_000)
    #expect(harness.commands.contains(.listOpenOrders(Self.venue)))
  }

  @Test func `a venue whose reports are missed is asked for its list when they are back`() {
    let harness = harness()
    harness.process(.linkChanged(Self.venue, .dropCopy, isUp: false))
    harness.pass(milliseconds: 200_000)
    #expect(!harness.commands.contains(.listOpenOrders(Self.venue)))
    harness.process(.linkChanged(Self.venue, .dropCopy, isUp: true))
    #expect(harness.commands.contains(.listOpenOrders(Self.venue)))
  }

  // Adoption.

  @Test func `an adopted orphan moves positions and ends with its parent`() throws {
    let harness = harness(adopting: true)
    show(harness, id(), filled: 3)
    #expect(harness.canceled == [id()] && harness.queried == [id()])
    #expect(!isVenueHalted(harness))
    let child = harness.core.child(id())
    let order = try #require(child).order
    harness.fill(order, 3)
    harness.report(order, .canceled) { $0.cumulativeQuantity = Quantity(mantissa: 3) }
    let parent = try #require(harness.parent(ParentOrderID(77)))
    #expect(!parent.isOpen && parent.filledQuantity == Quantity(mantissa: 3))
    let position = harness.core.account(Self.venue, CoreHarness.btc).position
    #expect(position > .zero)
    #expect(harness.unreleased.isEmpty)
    // The next parent gets a number that was never used.
    let next = harness.submit(harness.order("b", 1, limit: 10_010))
    #expect(try #require(next).rawValue > 77)
    let (hash, recovered) = (harness.hash, harness.recoveredHash)
    #expect(hash == recovered)
  }

  @Test func `an orphan whose parent's number is taken is cancelled instead`() {
    let harness = harness(adopting: true)
    for name in ["a", "b"] { harness.submit(harness.order(name, 10, limit: 9_000)) }
    show(harness, id(parent: 1))
    #expect(harness.canceled == [id(parent: 1)])
    show(harness, id(), listing: nil)
    #expect(harness.canceled == [id()])
    let child = harness.core.child(id())
    #expect(child == nil)
  }
}
