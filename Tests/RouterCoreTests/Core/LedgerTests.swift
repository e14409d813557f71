import RouterCore
import Testing

struct LedgerTests {
  private let venue = VenueID(0)
  private let usd = CoreHarness.usd

  private func available(_ harness: CoreHarness) -> Amount {
    harness.core.account(venue, usd).available
  }

  private func harness(dollars: Int) -> CoreHarness {
    let harness = CoreHarness(venues: 1)
    harness.pass(milliseconds: 5000)
    harness.balance(0, usd, CoreHarness.dollars(dollars))
    harness.book(0, bids: [], asks: [(10_000, 1_000_000)])
    return harness
  }

  @Test func `without an observed balance nothing is planned`() {
    let harness = CoreHarness(venues: 1, isReady: false)
    for link in VenueLink.allCases { harness.process(.linkChanged(venue, link, isUp: true)) }
    harness.book(0, bids: [], asks: [(10_000, 100)])
    harness.submit(harness.order("a", 10, limit: 10_000))
    #expect(harness.lastExclusions == [.insufficientBalance])
  }

  @Test func `two parents can not spend the same balance`() {
    // One unit of quantity at 100.00 costs one cent.
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 70, limit: 10_000))
    harness.submit(harness.order("b", 70, limit: 10_000))
    #expect(harness.unreleased.map(\.quantity.mantissa) == [70, 30])
    #expect(available(harness) == .zero)
  }

  @Test func `what a child did not spend comes back, what it spent does not`() {
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 70, limit: 10_000, timeInForce: .immediateOrCancel))
    let child = harness.releaseAll()[0]
    #expect(available(harness).mantissa == 30 * 100_000_000_000_000)
    harness.fill(child, 20)
    harness.expire(child, cumulative: 20)
    #expect(available(harness).mantissa == 80 * 100_000_000_000_000)
  }

  @Test func `a balance settles what ended well before it and nothing later`() {
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 70, limit: 10_000, timeInForce: .immediateOrCancel))
    let child = harness.releaseAll()[0]
    harness.fill(child, 70)
    harness.pass(milliseconds: 999)
    // The venue may have looked before the fill: still one dollar.
    harness.balance(0, usd, CoreHarness.dollars(1))
    #expect(available(harness).mantissa == 30 * 100_000_000_000_000)
    harness.pass(milliseconds: 1)
    harness.balance(0, usd, Amount(mantissa: 30 * 100_000_000_000_000))
    #expect(available(harness).mantissa == 30 * 100_000_000_000_000)
  }

  @Test func `a hold that a balance already shows is not taken twice`() {
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 70, limit: 10_000))
    let child = harness.releaseAll()[0]
    harness.acknowledge(child)
    harness.pass(milliseconds: 1000)
    harness.balance(0, usd, Amount(mantissa: 30 * 100_000_000_000_000))
    #expect(available(harness).mantissa == 30 * 100_000_000_000_000)
    harness.fill(child, 70)
    #expect(available(harness).mantissa == 30 * 100_000_000_000_000)
  }

  @Test func `an unacknowledged child is taken from every balance`() {
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 70, limit: 10_000))
    let child = harness.releaseAll()[0]
    harness.report(child, .outcomeUnknown)
    harness.pass(milliseconds: 60_000)
    harness.balance(0, usd, CoreHarness.dollars(1))
    #expect(available(harness).mantissa == 30 * 100_000_000_000_000)
  }

  @Test func `an older balance does not replace a younger one`() {
    let harness = harness(dollars: 1)
    let late = harness.now
    harness.now = Timestamp(nanoseconds: late.nanoseconds - 1)
    harness.balance(0, usd, CoreHarness.dollars(5))
    #expect(available(harness) == CoreHarness.dollars(1))
  }

  @Test func `balances are asked for until all that moved is seen`() {
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 70, limit: 10_000, timeInForce: .immediateOrCancel))
    harness.fill(harness.releaseAll()[0], 70)
    harness.pass(milliseconds: 6000)
    let asked = harness.commands.filter { $0 == .refreshBalances(venue) }.count
    #expect(asked == 3)
    harness.balance(0, usd, CoreHarness.dollars(0))
    harness.pass(milliseconds: 10_000)
    #expect(!harness.commands.contains(.refreshBalances(venue)))
  }

  @Test func `fees are booked in their own asset`() {
    let harness = harness(dollars: 1)
    harness.submit(harness.order("a", 10, limit: 10_000))
    let child = harness.releaseAll()[0]
    harness.report(child, .fill) {
      $0.executionID = harness.text("T")
      $0.lastQuantity = Quantity(mantissa: 10)
      $0.lastPrice = Price(mantissa: 10_000)
      $0.fee = Amount(mantissa: 77)
      $0.feeAsset = .unlisted
    }
    #expect(harness.core.position(venue, .unlisted).mantissa == -77)
    #expect(harness.core.position(venue, usd).mantissa == -10 * 100_000_000_000_000)
  }
}
