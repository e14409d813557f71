internal import RouterCore
internal import VenueAdapters

internal import struct Simulation.SeededRandom

/// A seeded history of the real core, adapters and dialects, without a journal: every fact is safe
/// at once.
///
/// Faults first; then none, until everything has ended or should have.
package final class WireHistory {
  /// What a history came to.
  package struct Outcome: Sendable {
    package var problems: [String] = []
    package var traceHash: UInt64 = 0
    package var orders = 0
    package var trades = 0
    package var events = 0
    package var crashes = 0
    package var venueCrashes = 0
    package var mishaps = 0
    package var unknowns = 0
    /// New orders that have reached a venue over HTTP.
    package var httpOrders = 0
    package var virtualSeconds: Int64 = 0
  }

  private static let instance: UInt32 = 7
  private static let begin = Timestamp(nanoseconds: 1_790_000_000_000_000_000)
  private static let patienceSeconds = 1200

  private let reference: WireReference
  private let venues: [WireVenue]
  private let isFaulty: Bool
  private var random: SeededRandom
  private var core: RouterCore
  private var outbox = Outbox()
  private var facts: [Fact] = []
  private var now = WireHistory.begin
  private var requests: UInt64 = 0
  private var parents: [ParentOrderID] = []
  private var children: [ChildOrderID] = []
  private var outcome = Outcome()
  private var wantsReconciliation = false
  private var isCarryingOut = false

  package init(seed: UInt64, isFaulty: Bool = true, venueNames: [String]? = nil) {
    var random = SeededRandom(seed: seed)
    self.isFaulty = isFaulty
    let names = venueNames ?? Self.drawVenues(&random)
    reference = WireReference(
      venues: names, bases: random.below(3) == 0 ? ["BTC", "ETH"] : ["BTC"],
      instance: Self.instance)
    var venues: [WireVenue] = []
    let marketSeed = random.next()
    for index in names.indices {
      let faults = isFaulty ? WireFaults.drawn(&random) : WireFaults()
      venues.append(
        WireVenue(
          VenueID(UInt8(index)), of: reference, faults: faults, seed: random.next(),
          marketSeed: marketSeed, now: Self.begin))
    }
    self.venues = venues
    self.random = random
    core = RouterCore(.small(instance: Self.instance))
    for venue in venues {
      venue.mayStillSend = { [unowned self] child in core.mayStillLeave(child, at: now) }
      venue.onStarted = { [unowned self] in wantsReconciliation = true }
    }
  }

  private static func drawVenues(_ random: inout SeededRandom) -> [String] {
    var names = ["binance", "coinbase-exchange", "kraken"]
    names.shuffle(using: &random)
    return Array(names.prefix(1 + random.below(3)))
  }

  package func run() -> Outcome {
    begin(epoch: 1)
    // What happens before anything is connected is of little use.
    pass(milliseconds: 2000)
    for _ in 0..<(20 + random.below(30)) where outcome.problems.isEmpty { act() }
    end()
    outcome.traceHash = mix(outcome.traceHash, core.stateHash)
    outcome.virtualSeconds = now.since(Self.begin) / 1_000_000_000
    outcome.mishaps = venues.reduce(0) { $0 + $1.mishaps }
    outcome.httpOrders = venues.reduce(0) { $0 + $1.httpOrders }
    outcome.venueCrashes = venues.reduce(0) { $0 + $1.venueCrashes }
    return outcome
  }

  // MARK: The router's process

  private func begin(epoch: UInt32) {
    core.startEpoch(epoch, at: now, into: &outbox)
    process(.riskLimitsChanged(Self.limits))
    for venue in venues { venue.start(at: now) }
    core.beginReconciliation(at: now, into: &outbox)
    carryOut()
  }

  private static let limits = RiskLimits(
    maximumOrderValue: Amount(mantissa: 10_000_000 * 10_000_000_000_000_000),
    maximumOpenParents: 100, collarBasisPoints: 500, maximumBookAgeMilliseconds: 10_000,
    maximumChildrenPerParent: 1000)

  private func crash() {
    outcome.crashes += 1
    for venue in venues { venue.crash(at: now) }
    let epoch = core.epoch
    var recovered = RouterCore(.small(instance: Self.instance))
    for fact in facts { recovered.apply(fact) }
    core = recovered
    pass(milliseconds: Int64(random.below(3000)), isDead: true)
    begin(epoch: epoch + 1)
  }

  private func process(_ event: Event, levels: [BookLevel] = []) {
    outcome.events += 1
    core.process(event, levels: levels, at: now, into: &outbox)
  }

  /// Facts are safe at once; then commands leave.
  private func carryOut() {
    guard !isCarryingOut else { return }
    isCarryingOut = true
    defer { isCarryingOut = false }
    if core.hasMarketChanges { process(.marketReview) }
    while !outbox.isEmpty {
      var current = Outbox()
      swap(&current, &outbox)
      for fact in current.facts { keep(fact) }
      for pending in current.replies { keep(pending.reply) }
      for listing in current.snapshotRequests {
        if let venue = core.listing(listing)?.venue {
          venues[venue.index].refreshBook(listing, at: now)
        }
      }
      for pending in current.commands { execute(pending.command) }
    }
  }

  private func keep(_ fact: Fact) {
    facts.append(fact)
    if case .childIntended(let intended) = fact { children.append(intended.order.id) }
    if case .childUnknown = fact { outcome.unknowns += 1 }
  }

  private func keep(_ reply: ClientReply) {
    if case .accepted(_, let parent) = reply { parents.append(parent) }
  }

  private func execute(_ command: VenueCommand) {
    if case .newOrder(let order) = command {
      guard core.release(order, at: now, into: &outbox) else { return }
    }
    venues[command.venue.index].execute(command, at: now)
  }

  // MARK: Time

  private func pass(milliseconds: Int64, isDead: Bool = false, until isDone: () -> Bool = { false })
  {
    let end = now.adding(milliseconds: milliseconds)
    while !isDone() {
      let next = nextTime(isDead: isDead)
      guard next <= end else { break }
      now = max(now, next)
      if !isDead && core.nextDeadline <= now { process(.clock) }
      for venue in venues { take(venue, isDead: isDead) }
      if wantsReconciliation && !isDead {
        wantsReconciliation = false
        core.beginReconciliation(at: now, into: &outbox)
      }
      carryOut()
    }
    if !isDone() { now = end }
  }

  private func nextTime(isDead: Bool) -> Timestamp {
    venues.reduce(isDead ? .distantFuture : core.nextDeadline) { min($0, $1.nextEventTime) }
  }

  private func take(_ venue: WireVenue, isDead: Bool) {
    guard venue.nextEventTime <= now else { return }
    venue.advance(to: now) { batch in
      for event in batch.events { process(event, levels: batch.levels) }
      outcome.traceHash = mix(
        outcome.traceHash, UInt64(bitPattern: now.nanoseconds) ^ UInt64(batch.events.count))
    }
  }

  private func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    SeededRandom.hash(a &* 0x9e37_79b9_7f4a_7c15 ^ b)
  }

  // MARK: Clients

  private func act() {
    switch random.below(20) {
    case 0...11: submit()
    case 12...13: cancel()
    case 14: if isFaulty && random.below(3) == 0 { crash() }
    default: break
    }
    carryOut()
    pass(milliseconds: Int64(random.below(1500)))
    outcome.traceHash = mix(outcome.traceHash, core.stateHash)
  }

  private func submit() {
    requests += 1
    let pair = random.below(reference.pairs.count)
    let side: Side = random.below(2) == 0 ? .buy : .sell
    let middle: Int64 = pair == 0 ? 10_000 : 2_000
    let cents = middle + middle * Int64(random.below(81) - 40) / 10_000
    let isMarket = random.below(4) == 0
    let isResting = !isMarket && random.below(3) == 0
    let forces: [TimeInForce] = [.immediateOrCancel, .goodTillCancel, .fillOrKill]
    var routing = RoutingOptions()
    if isResting {
      routing.strategy = .priceImprovement
      routing.passiveMilliseconds = UInt32(500 + random.below(4000))
    }
    process(
      .newOrderSingle(
        NewOrderSingle(
          requestID: requests, clientOrderID: ShortText(truncating: "order \(requests)"),
          requestDigest: requests, instrument: InstrumentID(UInt16(pair)), side: side,
          type: isMarket ? .market : .limit,
          timeInForce: isResting ? .goodTillCancel : forces[random.below(3)],
          quantity: Quantity(mantissa: Int64(1 + random.below(400))),
          limitPrice: isMarket ? nil : Price(mantissa: cents), stopPrice: nil,
          deadline: now.adding(milliseconds: Int64(500 + random.below(20_000))),
          maximumChildren: 0, routing: routing)))
  }

  private func cancel() {
    guard !parents.isEmpty else { return }
    requests += 1
    let parent = parents[random.below(parents.count)]
    process(.orderCancelRequest(OrderCancelRequest(requestID: requests, parent: parent)))
  }

  // MARK: The end

  private func end() {
    for venue in venues { venue.setFaults(false) }
    for _ in 0..<Self.patienceSeconds {
      if isAtRest { break }
      pass(milliseconds: 1000)
    }
    guard isAtRest else { return reportUnrest() }
    // What is still on its way must not change anything.
    pass(milliseconds: 2000)
    for venue in venues { compare(venue) }
  }

  private var isAtRest: Bool { core.openParentCount == 0 && core.openChildren().isEmpty }

  private func reportUnrest() {
    for child in core.openChildren() {
      problem("child \(child.id.short.string) is still \(child.status) at \(child.order.venue)")
    }
    if core.openParentCount > 0 { problem("\(core.openParentCount) parents are still open") }
    for venue in venues {
      problem("incidents at \(reference.venues[venue.venue.index]): \(venue.incidents.suffix(6))")
    }
  }

  private func problem(_ text: String) { outcome.problems.append(text) }

  // MARK: The venue's truth

  private func compare(_ venue: WireVenue) {
    let books = venue.books
    let name = reference.venues[venue.venue.index]
    outcome.orders += books.orderCount
    outcome.trades += books.allTrades.count
    if !venue.server.exchange.ledger.isConserved { problem("\(name): money was made or lost") }
    for number in 0..<books.orderCount { compare(books.order(at: number), name) }
    for child in children {
      guard let known = core.child(child), known.order.venue == venue.venue else { continue }
      let filled = books.order(child)?.filled ?? .zero
      if known.cumulativeQuantity != filled {
        problem("\(name): \(child.short.string) is \(known.cumulativeQuantity), truly \(filled)")
      }
    }
    for asset in reference.assets {
      let (position, truth) = (core.position(venue.venue, asset.id), books.change(of: asset.id))
      if position.mantissa != truth {
        problem("\(name): the position of \(asset.name) is \(position), truly \(truth)")
      }
    }
  }

  private func compare(_ order: WireBooks.Order, _ name: String) {
    let id = order.child.short.string
    if order.isOpen { problem("\(name): \(id) is still open") }
    if order.copies > 1 { problem("\(name): \(id) was sent \(order.copies) times") }
    guard let known = core.child(order.child) else {
      return problem("\(name): \(id) is not known")
    }
    if known.order.quantity != order.quantity || known.order.limitPrice != order.price
      || known.order.side != order.side
    {
      problem("\(name): \(id) reached the venue as another order")
    }
  }
}
