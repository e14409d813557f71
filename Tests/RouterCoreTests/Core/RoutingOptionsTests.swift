import RouterCore
import Testing

/// Strategies, sizes, waves and arrival of an order's children.
struct RoutingOptionsTests {
  private func quantity(_ mantissa: Int64) -> Quantity { Quantity(mantissa: mantissa) }

  private func sizes(_ children: [NewChildOrder]) -> [Int64] { children.map(\.quantity.mantissa) }

  private func venues(_ children: [NewChildOrder]) -> [Int] { children.map(\.venue.index) }

  /// Asks at three venues; bids far below.
  private func harness(_ asks: [(Int64, Int64)]) -> CoreHarness {
    let harness = CoreHarness(venues: asks.count)
    for (index, ask) in asks.enumerated() {
      harness.book(index, bids: [(9_000, 100)], asks: [ask])
    }
    return harness
  }

  // Strategies.

  @Test func `fewest venues pays a little more to use one venue instead of two`() {
    let asks: [(Int64, Int64)] = [(10_000, 50), (10_001, 50), (10_002, 200)]
    let best = harness(asks)
    best.submit(best.order("a", 100, limit: 10_010))
    #expect(venues(best.unreleased) == [0, 1])
    let fewest = harness(asks)
    fewest.submit(fewest.order("a", 100, limit: 10_010) { $0.strategy = .fewestVenues })
    #expect(venues(fewest.unreleased) == [2])
    #expect(fewest.lastPlan?.strategy == .fewestVenues)
  }

  @Test func `fewest venues still fills what one venue could not`() {
    let harness = harness([(10_000, 50), (10_001, 40), (10_002, 60)])
    harness.submit(harness.order("a", 100, limit: 10_010) { $0.strategy = .fewestVenues })
    #expect(sizes(harness.unreleased).reduce(0, +) == 100)
    #expect(harness.unreleased.count == 2)
  }

  @Test func `single venue has one child in each wave`() {
    let harness = harness([(10_000, 50), (10_001, 80)])
    let id = harness.submit(harness.order("a", 100, limit: 10_010) { $0.strategy = .singleVenue })
    let first = harness.releaseAll()
    #expect(sizes(first) == [80])
    harness.fill(first[0], 80)
    harness.pass(milliseconds: 1)
    #expect(venues(harness.unreleased) == [0])
    #expect(sizes(harness.unreleased) == [20])
    harness.releaseAll().forEach { harness.fill($0, 20) }
    #expect(harness.parent(id)?.outcome == .filled)
  }

  @Test func `pro rata follows what is displayed, not the price`() {
    let harness = harness([(10_000, 300), (10_005, 100)])
    harness.submit(harness.order("a", 100, limit: 10_010) { $0.strategy = .proRata })
    #expect(sizes(harness.unreleased) == [75, 25])
  }

  @Test func `what the shares leave over is planned without them next`() {
    let harness = harness([(10_000, 300), (10_005, 100)])
    var listing = harness.listing(1)
    listing.minimumQuantity = quantity(50)
    harness.process(.listingChanged(listing))
    harness.submit(harness.order("a", 100, limit: 10_010) { $0.strategy = .proRata })
    let first = harness.releaseAll()
    #expect(sizes(first) == [75])
    harness.fill(first[0], 75)
    harness.pass(milliseconds: 1)
    harness.book(0, bids: [], asks: [(10_000, 300)])
    harness.pass(milliseconds: 20)
    #expect(sizes(harness.unreleased) == [25])
  }

  @Test func `an immediate pro rata order is not left short by its shares`() {
    let harness = harness([(10_000, 300), (10_005, 100)])
    var listing = harness.listing(1)
    listing.minimumQuantity = quantity(50)
    harness.process(.listingChanged(listing))
    harness.submit(
      harness.order("a", 100, limit: 10_010, timeInForce: .immediateOrCancel) {
        $0.strategy = .proRata
      })
    #expect(sizes(harness.unreleased).reduce(0, +) == 100)
  }

  // Sizes.

  @Test func `no child is larger than its cap`() {
    let harness = harness([(10_000, 100), (10_001, 100)])
    harness.submit(
      harness.order("a", 100, limit: 10_010) { $0.maximumChildQuantity = self.quantity(10) })
    #expect(sizes(harness.unreleased) == [10, 10])
  }

  @Test func `no child takes more than its share of the levels within the limit`() {
    let harness = harness([(10_000, 100), (10_001, 100)])
    harness.submit(
      harness.order("a", 100, limit: 10_010) { $0.maximumParticipation = 2_500 })
    #expect(sizes(harness.unreleased) == [25, 25])
    #expect(harness.lastPlan?.planned == quantity(50))
  }

  @Test func `random sizes are the same for the same order and stay whole`() {
    func sizes() -> [Int64] {
      let harness = harness([(10_000, 10_000), (10_000, 10_000), (10_000, 6000)])
      harness.submit(
        harness.order("a", 20_000, limit: 10_010) {
          $0.sizeJitter = 5000
          $0.jitterTolerance = 100
        })
      return self.sizes(harness.unreleased)
    }
    let first = sizes()
    #expect(first == sizes())
    #expect(first.count == 3 && first.allSatisfy { $0 < 10_000 })
    #expect(first.reduce(0, +) == 20_000)
  }

  @Test func `random sizes that cost more than the tolerance are not used`() {
    let harness = harness([(10_000, 100), (10_000, 100), (10_009, 100)])
    harness.submit(
      harness.order("a", 200, limit: 10_010) {
        $0.sizeJitter = 5000
        $0.jitterTolerance = 1
      })
    #expect(sizes(harness.unreleased) == [100, 100])
  }

  @Test func `random sizes work under a cap, where a later wave takes the rest`() {
    let harness = harness([(10_000, 10_000)])
    harness.submit(
      harness.order("a", 10_000, limit: 10_010) {
        $0.maximumChildQuantity = self.quantity(5000)
        $0.sizeJitter = 5000
        $0.jitterTolerance = 100
      })
    let size = harness.unreleased.first?.quantity.mantissa ?? 0
    #expect(size >= 2500 && size < 5000)
  }

  @Test func `waves keep their distance`() {
    let harness = harness([(10_000, 100)])
    harness.submit(
      harness.order("a", 20, limit: 10_010) {
        $0.maximumChildQuantity = self.quantity(10)
        $0.waveIntervalMilliseconds = 500
      })
    harness.fill(harness.releaseAll()[0], 10)
    harness.book(0, bids: [], asks: [(10_000, 100)])
    harness.pass(milliseconds: 490)
    #expect(harness.unreleased.isEmpty)
    harness.book(0, bids: [], asks: [(10_000, 100)])
    harness.pass(milliseconds: 20)
    #expect(sizes(harness.unreleased) == [10])
  }

  @Test func `a restart does not shorten the distance between waves`() {
    let harness = harness([(10_000, 100)])
    harness.submit(
      harness.order("a", 20, limit: 10_010) {
        $0.maximumChildQuantity = self.quantity(10)
        $0.waveIntervalMilliseconds = 500
      })
    harness.fill(harness.releaseAll()[0], 10)
    harness.restart()
    harness.makeReady(0)
    harness.pass(milliseconds: 490)
    #expect(harness.unreleased.isEmpty)
    harness.makeReady(0)
    harness.pass(milliseconds: 20)
    #expect(sizes(harness.unreleased) == [10])
  }

  // Arrival.

  @Test func `sequential arrival asks one venue after the other`() {
    let harness = harness([(10_001, 50), (10_000, 50)])
    let id = harness.submit(harness.order("a", 100, limit: 10_010) { $0.arrival = .sequential })
    let first = harness.releaseAll()
    #expect(venues(first) == [1])
    harness.fill(first[0], 50)
    harness.pass(milliseconds: 1)
    let second = harness.releaseAll()
    #expect(venues(second) == [0])
    harness.fill(second[0], 50)
    #expect(harness.parent(id)?.outcome == .filled)
  }

  @Test func `an immediate order that goes one by one asks each venue once`() {
    let harness = harness([(10_000, 50), (10_001, 50), (10_002, 50)])
    let id = harness.submit(
      harness.order("a", 100, limit: 10_010, timeInForce: .immediateOrCancel) {
        $0.arrival = .sequential
      })
    var asked: [Int] = []
    for _ in 0..<5 {
      for child in harness.releaseAll() {
        asked.append(child.venue.index)
        harness.expire(child, cumulative: 0)
      }
      for index in 0..<3 { harness.book(index, bids: [], asks: [(10_000 + Int64(index), 50)]) }
      harness.pass(milliseconds: 200)
    }
    #expect(asked == [0, 1, 2])
    #expect(harness.parent(id)?.outcome == .expired)
  }

  /// Two venues, 10 and 50 ms away.
  private func distant() -> CoreHarness {
    let harness = harness([(10_000, 50), (10_001, 50)])
    harness.assume(0) { $0.latencyNanoseconds = 10 * CoreHarness.millisecond }
    harness.assume(1) { $0.latencyNanoseconds = 50 * CoreHarness.millisecond }
    return harness
  }

  @Test func `synchronized arrival sends to the nearer venue later`() {
    let harness = distant()
    harness.submit(harness.order("a", 100, limit: 10_010) { $0.arrival = .synchronized })
    #expect(venues(harness.releaseAll()) == [1])
    harness.pass(milliseconds: 39)
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 1)
    #expect(venues(harness.releaseAll()) == [0])
    #expect(harness.lastLegs.map(\.latencyNanoseconds) == [10_000_000, 50_000_000])
  }

  @Test func `what is delayed is not planned again when the first child ends early`() {
    let harness = distant()
    let id = harness.submit(harness.order("a", 100, limit: 10_010) { $0.arrival = .synchronized })
    harness.fill(harness.releaseAll()[0], 50)
    harness.book(1, bids: [], asks: [(10_001, 100)])
    harness.pass(milliseconds: 20)
    #expect(harness.unreleased.isEmpty)
    harness.pass(milliseconds: 20)
    let second = harness.releaseAll()
    #expect(venues(second) == [0])
    harness.fill(second[0], 50)
    #expect(harness.parent(id)?.outcome == .filled)
  }

  @Test func `what is delayed never leaves after a cancel`() {
    let harness = distant()
    let id = harness.submit(harness.order("a", 100, limit: 10_010) { $0.arrival = .synchronized })
    let first = harness.releaseAll()
    if let id { harness.cancel(id) }
    harness.report(first[0], .canceled) { $0.cumulativeQuantity = .zero }
    harness.pass(milliseconds: 1000)
    #expect(harness.unreleased.isEmpty)
    #expect(harness.parent(id)?.outcome == .canceled)
  }

  /// Without an end of its own this was a loop without end (history of seed 49132).
  @Test func `what is delayed beyond the deadline never leaves, while another child is open`() {
    let harness = distant()
    let deadline = harness.now.adding(milliseconds: 30)
    let id = harness.submit(
      harness.order("a", 100, limit: 10_010, deadline: deadline) { $0.arrival = .synchronized })
    let first = harness.releaseAll()
    harness.pass(milliseconds: 30)
    #expect(harness.commands.count { if case .cancel = $0 { true } else { false } } == 1)
    harness.pass(milliseconds: 1000)
    #expect(harness.unreleased.isEmpty && harness.parent(id)?.isOpen == true)
    harness.report(first[0], .canceled) { $0.cumulativeQuantity = .zero }
    #expect(harness.parent(id)?.outcome == .expired)
  }

  @Test func `what is delayed is checked again at its time`() {
    let harness = distant()
    harness.submit(harness.order("a", 100, limit: 10_010) { $0.arrival = .synchronized })
    harness.releaseAll()
    harness.process(.linkChanged(VenueID(0), .orderEntry, isUp: false))
    harness.pass(milliseconds: 100)
    #expect(harness.unreleased.isEmpty)
  }

  @Test func `an immediate order waits for its delayed children`() {
    let harness = distant()
    let id = harness.submit(
      harness.order("a", 100, limit: 10_010, timeInForce: .immediateOrCancel) {
        $0.arrival = .synchronized
      })
    harness.expire(harness.releaseAll()[0], cumulative: 0)
    #expect(harness.parent(id)?.isOpen == true)
    harness.pass(milliseconds: 40)
    let second = harness.releaseAll()
    #expect(venues(second) == [0])
    harness.expire(second[0], cumulative: 0)
    #expect(harness.parent(id)?.outcome == .expired)
  }

  // Settings.

  /// The fact did nothing the first time and something in a second replay (wire history 48).
  @Test func `the routing of a venue that is not defined is no fact`() {
    let harness = CoreHarness(venues: 1)
    let before = harness.facts.count
    harness.process(.venueRoutingChanged(VenueRouting(venue: VenueID(1), latencyNanoseconds: 7)))
    #expect(harness.facts.count == before)
    harness.process(.venueRoutingChanged(VenueRouting(venue: VenueID(0), latencyNanoseconds: 7)))
    #expect(harness.facts.count == before + 1)
  }

  // Estimates.

  @Test func `the latency of a venue is measured from its answers`() {
    let harness = harness([(10_000, 1000)])
    for index in 0..<40 {
      harness.submit(harness.order("a\(index)", 1, limit: 10_010))
      let child = harness.releaseAll()[0]
      harness.pass(milliseconds: 8)
      harness.acknowledge(child)
      harness.fill(child, 1)
      harness.book(0, bids: [], asks: [(10_000, 1000)])
    }
    let latency = harness.lastLegs.first?.latencyNanoseconds ?? 0
    #expect(latency > 3_000_000 && latency < 6_000_000)
  }

  @Test func `a quote is as old as its venue says, by the venue's clock`() {
    let harness = harness([(10_000, 100)])
    harness.assume(0) {
      $0.latencyNanoseconds = 5 * CoreHarness.millisecond
      $0.clockOffsetNanoseconds = 1000 * CoreHarness.millisecond
    }
    harness.book(
      0, bids: [], asks: [(10_000, 100)],
      venueTime: harness.now.adding(milliseconds: 1000 - 30))
    harness.pass(milliseconds: 10)
    harness.submit(harness.order("a", 1, limit: 10_010))
    #expect(harness.lastLegs.first?.effectiveAgeNanoseconds == 45 * CoreHarness.millisecond)
  }

  // Form.

  @Test(arguments: [
    { @Sendable (options: inout RoutingOptions) in options.maximumParticipation = 0 },
    { @Sendable (options: inout RoutingOptions) in options.maximumParticipation = 10_001 },
    { @Sendable (options: inout RoutingOptions) in options.sizeJitter = 10_000 },
    { @Sendable (options: inout RoutingOptions) in options.maximumChildQuantity.mantissa = -1 },
    { @Sendable (options: inout RoutingOptions) in options.passiveMilliseconds = 5 },
    { @Sendable (options: inout RoutingOptions) in options.strategy = .priceImprovement },
  ])
  func `options that make no sense are refused`(
    change: @Sendable (inout RoutingOptions) -> Void
  ) {
    let harness = CoreHarness()
    harness.submit(harness.order("a", 10, limit: 10_010) { change(&$0) })
    #expect(harness.refusal == .invalidRouting)
  }
}
