import RouterCore
import Testing

/// Stop orders: what fires them, what does not, and what they are then.
struct StopOrderTests {
  private static let stop: Int64 = 10_100

  private func stopOrder(
    _ harness: CoreHarness, side: Side = .buy, stop: Int64 = Self.stop, limit: Int64? = nil,
    trigger: TriggerSource = .bidAsk, deadline: Timestamp = .distantFuture
  ) throws -> ParentOrderID {
    try #require(
      harness.submit(
        harness.order(
          "stop", 10, side: side, limit: limit, type: limit == nil ? .stop : .stopLimit,
          deadline: deadline, stop: stop, trigger: trigger)))
  }

  private func rise(_ harness: CoreHarness, _ index: Int, ask: Int64 = 10_110) {
    harness.book(index, bids: [(ask - 10, 100)], asks: [(ask, 100)])
  }

  private func triggered(_ harness: CoreHarness) -> ParentTriggered? {
    for case .parentTriggered(let fact) in harness.facts { return fact }
    return nil
  }

  @Test func `an armed order sends nothing while the market stays away`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    for index in 0..<3 { rise(harness, index, ask: 10_090) }
    harness.pass(milliseconds: 5000)
    #expect(harness.parent(parent)?.status == .armed)
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `two venues at the stop price fire it, as a market order inside the collar`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    rise(harness, 0)
    #expect(harness.parent(parent)?.status == .armed)
    rise(harness, 1, ask: 10_120)
    let fact = try #require(triggered(harness))
    #expect(fact.confirmingVenues == 2 && fact.usableVenues == 3)
    #expect(fact.price == Price(mantissa: 10_110))
    // The third venue still shows an ask of 10,010: the collar is five per cent above that.
    #expect(fact.effectiveLimit == Price(mantissa: 10_510))
    #expect(harness.releaseAll().map(\.limitPrice.mantissa) == [10_010])
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `one outlying venue among several never fires it`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    for _ in 0..<20 {
      rise(harness, 0, ask: 99_999)
      harness.pass(milliseconds: 100)
      for index in 1..<3 { rise(harness, index, ask: 10_010) }
    }
    #expect(harness.parent(parent)?.status == .armed)
  }

  @Test func `a stale book is no evidence`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    rise(harness, 0)
    harness.pass(milliseconds: 10_001)
    rise(harness, 1)
    #expect(harness.parent(parent)?.status == .armed)
    // Only one venue is usable now, and it has shown the price once.
    harness.pass(milliseconds: 200)
    rise(harness, 1)
    #expect(harness.parent(parent)?.status == .armed)
    harness.pass(milliseconds: 100)
    rise(harness, 1)
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `a lone venue that comes back has to show the price twice again`() throws {
    let harness = CoreHarness(venues: 1)
    let parent = try stopOrder(harness)
    rise(harness, 0)
    harness.pass(milliseconds: 300)
    rise(harness, 0, ask: 10_050)
    rise(harness, 0)
    #expect(harness.parent(parent)?.status == .armed)
    harness.pass(milliseconds: 300)
    rise(harness, 0)
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `a crossed book is no evidence`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    rise(harness, 0)
    harness.book(1, bids: [(10_200, 100)], asks: [(10_110, 100)])
    #expect(harness.parent(parent)?.status == .armed)
  }

  @Test func `a sell looks at the bid and falls`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness, side: .sell, stop: 9_900)
    for index in 0..<2 {
      harness.book(index, bids: [(9_900, 100)], asks: [(9_950, 100)])
    }
    #expect(harness.parent(parent)?.status == .working)
    #expect(triggered(harness)?.price == Price(mantissa: 9_900))
  }

  @Test func `the middle fires later than the ask`() throws {
    let harness = CoreHarness()
    let byMid = try stopOrder(harness, trigger: .mid)
    for index in 0..<3 { harness.book(index, bids: [(10_000, 9)], asks: [(10_120, 9)]) }
    #expect(harness.parent(byMid)?.status == .armed)
    for index in 0..<2 { harness.book(index, bids: [(10_090, 9)], asks: [(10_120, 9)]) }
    #expect(harness.parent(byMid)?.status == .working)
  }

  @Test func `the last trade counts only if it came after the order and from two venues`() throws {
    let harness = CoreHarness()
    for index in 0..<3 { harness.trade(index, at: 10_200) }
    harness.pass(milliseconds: 1)
    let parent = try stopOrder(harness, trigger: .last)
    for index in 0..<3 { harness.book(index, bids: [(10_190, 9)], asks: [(10_200, 9)]) }
    #expect(harness.parent(parent)?.status == .armed)
    harness.pass(milliseconds: 1)
    harness.trade(0, at: 10_100)
    harness.trade(1, at: 10_099)
    #expect(harness.parent(parent)?.status == .armed)
    harness.trade(2, at: 10_101)
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `a stop-limit order is a limit order once it has fired`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness, limit: 10_115)
    rise(harness, 0)
    rise(harness, 1)
    rise(harness, 2, ask: 10_120)
    let child = try #require(harness.releaseAll().first)
    #expect(child.limitPrice <= Price(mantissa: 10_115))
    #expect(harness.parent(parent)?.effectiveLimit == Price(mantissa: 10_115))
    #expect(harness.parent(parent)?.deadline == .distantFuture)
  }

  @Test func `a triggered market order has half a minute, an armed one all the time`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    harness.pass(milliseconds: 100_000)
    for index in 0..<3 { rise(harness, index) }
    #expect(harness.parent(parent)?.deadline == harness.now.adding(milliseconds: 30_000))
  }

  @Test func `an armed order expires and can be canceled`() throws {
    let harness = CoreHarness()
    let first = try stopOrder(harness, deadline: harness.now.adding(milliseconds: 1000))
    harness.pass(milliseconds: 1001)
    #expect(harness.parent(first)?.outcome == .expired)
    let second = try #require(
      harness.submit(harness.order("b", 1, type: .stop, stop: Self.stop)))
    harness.cancel(second)
    #expect(harness.parent(second)?.outcome == .canceled)
  }

  @Test func `nothing fires during a halt, and the next quote after it does`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    harness.process(.haltRequested(requestID: 1))
    for index in 0..<3 { rise(harness, index) }
    #expect(harness.parent(parent)?.status == .armed)
    harness.process(.resumeRequested(requestID: 2))
    rise(harness, 0)
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `arms again after a restart and stays fired after another`() throws {
    let harness = CoreHarness()
    let parent = try stopOrder(harness)
    harness.restart()
    #expect(harness.parent(parent)?.status == .armed)
    for index in 0..<3 { harness.makeReady(index) }
    #expect(harness.parent(parent)?.status == .armed)
    for index in 0..<2 { rise(harness, index) }
    #expect(harness.parent(parent)?.status == .working)
    #expect(harness.hash == harness.recoveredHash)
    harness.restart()
    #expect(harness.parent(parent)?.status == .working)
  }

  @Test func `a stop price is required, positive, and for stop orders only`() {
    let harness = CoreHarness()
    harness.submit(harness.order("a", 1, type: .stop))
    #expect(harness.refusal == .invalidStop)
    harness.submit(harness.order("b", 1, type: .stop, stop: 0))
    #expect(harness.refusal == .invalidStop)
    harness.submit(harness.order("c", 1, limit: 10_000, stop: 10_000))
    #expect(harness.refusal == .invalidStop)
    harness.submit(harness.order("d", 1, type: .stopLimit, stop: 10_000))
    #expect(harness.refusal == .invalidPrice)
    harness.submit(harness.order("e", 1, limit: 10_000, timeInForce: .goodTillDate))
    #expect(harness.refusal == .missingDeadline)
  }
}
