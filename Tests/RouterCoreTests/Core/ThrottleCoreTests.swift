import RouterCore
import Testing

/// How many requests a venue gets from the core, and what follows where it may get no more.
struct ThrottleCoreTests {
  private func abandoned(_ harness: CoreHarness) -> [RejectReason] {
    harness.facts.compactMap {
      if case .childAbandoned(_, let reason, _) = $0 { reason } else { nil }
    }
  }

  private func engagements(_ harness: CoreHarness) -> [ThrottleEngaged] {
    harness.facts.compactMap { if case .throttleEngaged(let engaged) = $0 { engaged } else { nil } }
  }

  private func take(_ harness: CoreHarness, _ id: String, _ quantity: Int64 = 10) {
    harness.submit(harness.order(id, quantity, limit: 10_020, timeInForce: .immediateOrCancel))
  }

  /// Venue 0 is the cheapest, venue 1 the next.
  private func harness(venues: Int = 2) -> CoreHarness {
    let harness = CoreHarness(venues: venues)
    for index in 0..<venues {
      harness.book(index, bids: [(9_990, 100)], asks: [(10_010 + Int64(index), 100)])
    }
    return harness
  }

  @Test func `a venue without a token gets no order, and the plan says why`() {
    let harness = harness()
    harness.throttle(0, intervalMilliseconds: 1000, burst: 1)
    take(harness, "a")
    #expect(harness.releaseAll().map(\.venue) == [VenueID(0)])
    take(harness, "b")
    #expect(harness.lastExclusions == [.throttled, .none])
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
    harness.pass(milliseconds: 1000)
    take(harness, "c")
    #expect(harness.releaseAll().map(\.venue) == [VenueID(0)])
  }

  @Test func `an order that waits for its release has its token already`() {
    let harness = harness()
    harness.throttle(0, intervalMilliseconds: 1000, burst: 2)
    for id in ["a", "b", "c"] { take(harness, id) }
    #expect(harness.releaseAll().map(\.venue) == [VenueID(0), VenueID(0), VenueID(1)])
  }

  @Test func `who waits behind orders that can not leave is not planned all the time`() {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 1, burst: 2)
    // A sync that takes long lets none of them leave.
    for index in 0..<5 { harness.submit(harness.order("a\(index)", 1, limit: 10_020)) }
    var looks = 0
    let end = harness.now.adding(milliseconds: 5000)
    while harness.core.nextDeadline <= end {
      harness.now = max(harness.now, harness.core.nextDeadline)
      harness.process(.clock)
      looks += 1
    }
    #expect(harness.unreleased.count < 5)
    #expect(looks < 200, "\(looks) looks in five seconds")
    harness.now = end
    while !harness.releaseAll().isEmpty { harness.pass(milliseconds: 1100) }
    #expect(harness.facts.count { if case .childSent = $0 { true } else { false } } == 5)
  }

  @Test func `what ends before its release gives its place back`() throws {
    let harness = harness()
    harness.throttle(0, intervalMilliseconds: 1000, burst: 1)
    take(harness, "a")
    let child = try #require(harness.unreleased.first)
    harness.report(child, .notSent)
    #expect(harness.releaseAll().isEmpty)
    take(harness, "b")
    #expect(harness.releaseAll().map(\.venue) == [VenueID(0)])
  }

  @Test func `cancels take what new orders must leave, and a release sees that`() throws {
    let harness = harness()
    harness.throttle(0, intervalMilliseconds: 10_000, burst: 3, reserve: 3333)
    let resting = try #require(
      harness.submit(harness.order("a", 10, limit: 9_000) { $0.residual = .rest }))
    #expect(harness.releaseAll().map(\.venue) == [VenueID(0)])
    harness.submit(harness.order("b", 10, limit: 10_020))
    let late = try #require(harness.unreleased.first)
    harness.cancel(resting)
    #expect(harness.canceled.count == 1)
    #expect(!harness.release(late))
    #expect(abandoned(harness) == [.throttled])
    harness.unreleased = []
    harness.pass(milliseconds: 50)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
  }

  @Test func `a cancel waits for a token when even the reserve is used up`() throws {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 1000, burst: 1)
    let parent = try #require(
      harness.submit(harness.order("a", 10, limit: 9_000) { $0.residual = .rest }))
    let child = try #require(harness.releaseAll().first)
    harness.acknowledge(child)
    harness.cancel(parent)
    #expect(harness.canceled.isEmpty)
    #expect(harness.child(child)?.isCancelPending == true)
    harness.pass(milliseconds: 999)
    #expect(harness.canceled.isEmpty)
    harness.pass(milliseconds: 1)
    #expect(harness.canceled == [child.id])
  }

  @Test func `cancels go before queries`() throws {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 1000, burst: 2)
    let parent = try #require(
      harness.submit(harness.order("a", 10, limit: 9_000) { $0.residual = .rest }))
    take(harness, "b")
    let children = harness.releaseAll()
    try #require(children.count == 2)
    harness.acknowledge(children[0])
    harness.report(children[1], .outcomeUnknown)
    #expect(harness.queried.isEmpty)
    harness.cancel(parent)
    harness.pass(milliseconds: 1000)
    #expect(harness.canceled == [children[0].id] && harness.queried.isEmpty)
    harness.pass(milliseconds: 3000)
    #expect(harness.queried.contains(children[1].id))
  }

  @Test func `queries that wait get a turn each`() {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 100, burst: 4)
    for id in ["a", "b", "c", "d"] { take(harness, id) }
    let children = harness.releaseAll()
    children.forEach { harness.report($0, .outcomeUnknown) }
    var asked: [[ChildOrderID]] = []
    for _ in 0..<4 {
      harness.pass(milliseconds: 100)
      asked.append(harness.queried)
    }
    #expect(asked.allSatisfy { $0.count == 1 })
    #expect(Set(asked.joined()) == Set(children.map(\.id)))
  }

  // The venue says that it is too much.

  @Test func `a refusal for too many orders pauses new orders and wakes who waits`() throws {
    let harness = harness(venues: 1)
    take(harness, "a")
    let child = try #require(harness.releaseAll().first)
    harness.report(child, .rejected) { $0.rejectReason = .rateLimited }
    let engaged = try #require(engagements(harness).first)
    #expect(engaged.count == 1 && engaged.requests == 1 && engaged.accepts == 0)
    #expect(engaged.until >= harness.now && engaged.until <= harness.now.adding(milliseconds: 250))
    #expect(harness.core.pace(of: VenueID(0), at: harness.now)?.engagedUntil == engaged.until)
    harness.submit(harness.order("b", 10, limit: 10_020))
    #expect(harness.lastExclusions == [.throttled] && harness.unreleased.isEmpty)
    harness.pass(milliseconds: 300)
    #expect(harness.releaseAll().count == 1)
  }

  @Test func `orders that were on their way together count as one refusal`() throws {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 0, burst: 1)
    for id in ["a", "b", "c"] { take(harness, id) }
    harness.releaseAll().forEach { child in
      harness.report(child, .rejected) { $0.rejectReason = .rateLimited }
    }
    #expect(engagements(harness).allSatisfy { $0.count == 1 })
    harness.pass(milliseconds: 300)
    take(harness, "d")
    #expect(harness.lastExclusions == [.none])
    let next = try #require(harness.releaseAll().first)
    harness.report(next, .rejected) { $0.rejectReason = .rateLimited }
    #expect(engagements(harness).last?.count == 2)
  }

  @Test func `the venue's own time is the least`() throws {
    let harness = harness(venues: 1)
    let until = harness.now.adding(milliseconds: 5000)
    harness.process(.venueBusy(VenueID(0), until: until))
    let engaged = try #require(engagements(harness).first)
    #expect(engaged.until == until && engaged.retryAt == until)
    take(harness, "a")
    #expect(harness.lastExclusions == [.throttled])
    harness.pass(milliseconds: 5000)
    take(harness, "b")
    #expect(harness.releaseAll().count == 1)
  }

  @Test func `an order that waits for its release stays when the venue asks for a pause`() throws {
    let harness = harness()
    harness.submit(harness.order("a", 10, limit: 10_020))
    let child = try #require(harness.unreleased.first)
    harness.process(.venueBusy(VenueID(0), until: harness.now.adding(milliseconds: 5000)))
    #expect(!harness.release(child))
    #expect(abandoned(harness) == [.throttled])
    harness.unreleased = []
    harness.pass(milliseconds: 50)
    #expect(harness.releaseAll().map(\.venue) == [VenueID(1)])
  }

  @Test func `an adapter without budget is no broken link`() throws {
    let harness = harness(venues: 1)
    take(harness, "a")
    let child = try #require(harness.releaseAll(saySent: false).first)
    harness.report(child, .notSent) { $0.rejectReason = .rateLimited }
    #expect(abandoned(harness) == [.throttled])
    #expect(engagements(harness).count == 1)
  }

  @Test(arguments: [true, false])
  func `a venue that refuses most of its orders gets fewer, if the settings want that`(
    isAdaptive: Bool
  ) {
    let harness = refusing(isAdaptive: isAdaptive)
    var refused = 0
    for index in 0..<40 {
      harness.pass(milliseconds: 1)
      take(harness, "b\(index)", 1)
      if harness.lastExclusions == [.throttled] { refused += 1 }
      harness.unreleased = []
    }
    #expect(isAdaptive ? refused > 25 : refused == 0)
  }

  /// The only venue has refused ten orders, and its pause is over.
  private func refusing(isAdaptive: Bool = true) -> CoreHarness {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 0, burst: 1, isAdaptive: isAdaptive)
    for index in 0..<10 { take(harness, "a\(index)", 1) }
    harness.releaseAll().forEach { child in
      harness.report(child, .rejected) { $0.rejectReason = .rateLimited }
    }
    harness.pass(milliseconds: 1000)
    return harness
  }

  private func requests(_ harness: CoreHarness) -> UInt64 {
    harness.core.pace(of: VenueID(0), at: harness.now)?.requests ?? 0
  }

  @Test func `an order that waits and is planned again and again is counted once in a round`() {
    let harness = refusing()
    let before = requests(harness)
    for index in 0..<20 { harness.submit(harness.order("b\(index)", 1, limit: 10_020)) }
    var sent = 0
    for step in 0..<200 {
      harness.pass(milliseconds: 20)
      harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 100 + Int64(step % 7))])
      sent += harness.releaseAll().count
    }
    // Four seconds touch two rounds.
    let counted = requests(harness) - before
    #expect(counted >= 15 && counted <= 40, "\(counted) of 20 orders")
    #expect(sent < 10)
  }

  @Test func `an order outside its limit asks nothing of a venue that refuses most`() {
    let harness = refusing()
    let before = requests(harness)
    harness.submit(harness.order("b", 1, limit: 9_000))
    for _ in 0..<20 {
      harness.pass(milliseconds: 1000)
      harness.book(0, bids: [(9_990, 100)], asks: [(10_010, 100)])
    }
    #expect(requests(harness) == before)
  }

  @Test func `what a venue takes thins nothing out`() {
    let harness = harness(venues: 1)
    harness.throttle(0, intervalMilliseconds: 0, burst: 1, isAdaptive: true)
    for index in 0..<20 {
      take(harness, "a\(index)", 1)
      harness.releaseAll().forEach { harness.fill($0, 1) }
    }
    let pace = harness.core.pace(of: VenueID(0), at: harness.now)
    #expect(pace?.requests == 20 && pace?.accepts == 20)
    #expect(!harness.lastExclusions.contains(.throttled))
  }

  // Settings.

  @Test func `a throttle is a fact once, and survives a restart`() {
    let harness = harness(venues: 1)
    for _ in 0..<3 { harness.throttle(0, intervalMilliseconds: 100, burst: 7) }
    let count = harness.facts.count { if case .venueThrottleChanged = $0 { true } else { false } }
    #expect(count == 1)
    harness.process(
      .venueThrottleChanged(
        VenueThrottle(venue: VenueID(99), intervalNanoseconds: 1, burst: 1)))
    harness.restart()
    #expect(harness.hash == harness.recoveredHash)
    #expect(harness.core.pace(of: VenueID(0), at: harness.now)?.burst == 7)
  }
}
