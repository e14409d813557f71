import RouterCore
import Testing

/// Seeded histories of faults and crashes, with the invariants checked after every event.
struct InvariantTests {
  private static let venues = 3
  /// Enough for about one order at each venue.
  private static let dollars: Int64 = 3_000_000
  private static let coins: Int64 = 300
  /// A cent of price times a ten-thousandth of quantity, in `Amount`.
  private static let dollarUnit: Int128 = 10_000_000_000
  private static let coinUnit: Int128 = 1_000_000_000_000

  @Test(arguments: SeedRange.standing(24))
  func `no history of faults breaks an invariant`(seed: UInt64) {
    var run = Run(seed: seed)
    for _ in 0..<160 { run.step() }
    run.settle()
  }

  @Test func `the histories rest orders, and some of them trade`() {
    var (all, traded) = (0, 0)
    for seed in 1...UInt64(8) {
      var run = Run(seed: seed)
      for _ in 0..<160 { run.step() }
      all += run.rested.all
      traded += run.rested.traded
    }
    #expect(all > 12 && traded > 5, "\(all) rested, \(traded) of them traded")
  }

  @Test func `the histories fire stops, rest residuals and replace orders`() {
    var (triggers, replacements, residuals) = (0, 0, 0)
    for seed in 1...UInt64(8) {
      var run = Run(seed: seed)
      for _ in 0..<160 { run.step() }
      for fact in run.harness.facts {
        switch fact {
        case .parentTriggered: triggers += 1
        case .parentReplaced: replacements += 1
        case .childIntended(let child): if child.role == .residual { residuals += 1 }
        default: break
        }
      }
    }
    let counts = "\(triggers) triggers, \(replacements) replacements, \(residuals) residuals"
    #expect(triggers > 5 && replacements > 5 && residuals > 20, "\(counts)")
  }

  @Test func `some histories have more out than was ordered, as was agreed to`() {
    var overAsked = 0
    for seed in 9...UInt64(16) {
      var run = Run(seed: seed)
      for _ in 0..<160 { run.step() }
      overAsked += run.overAsked
    }
    #expect(overAsked > 0)
  }

  private struct Run {
    let seed: UInt64
    let harness = CoreHarness(venues: InvariantTests.venues, isReady: false)
    var truth: VenueTruth
    var random: SeededRandom
    var parents: [ParentOrderID] = []
    var orderCount = 0
    /// How often some parent's fills and leaves exceeded its quantity.
    var overAsked = 0
    var closed: [ChildOrderID: Quantity] = [:]
    /// The limits that a parent has had, the most generous one.
    var limits: [ParentOrderID: Price] = [:]

    init(seed: UInt64) {
      self.seed = seed
      random = SeededRandom(seed: seed)
      // Tight enough that planning beyond a balance would show.
      truth = VenueTruth(
        venues: InvariantTests.venues, dollars: InvariantTests.dollars,
        coins: InvariantTests.coins, seed: seed &+ 1)
      for index in 0..<InvariantTests.venues {
        var listing = harness.listing(index)
        listing.takerFee = FeeRate(partsPerHundredMillion: 100_000)
        listing.quantityIncrement = Quantity(mantissa: [1, 5, 10][index])
        listing.minimumNotional = Notional(mantissa: 100_000)
        harness.process(.listingChanged(listing))
        harness.assume(index) {
          $0.latencyNanoseconds = Int64(index) * 40 * CoreHarness.millisecond
          $0.touchTurnover = 20_000
        }
      }
      connect()
      for index in 0..<InvariantTests.venues { observe(index) }
    }

    func connect() {
      for index in 0..<InvariantTests.venues {
        for link in VenueLink.allCases {
          harness.process(.linkChanged(VenueID(UInt8(index)), link, isUp: true))
        }
      }
    }

    // One step.

    mutating func step() {
      switch random.next(in: 0...19) {
      case 0...6: quote()
      case 7...10: submit()
      case 11: if random.chance(50) { cancel() } else { replace() }
      case 12: observe(Int(random.next(in: 0...2)))
      case 13: flap()
      case 14: if random.chance(15) { crash() }
      case 15: garbage()
      case 16: haltOrResume()
      default: harness.pass(milliseconds: random.next(in: 1...700))
      }
      carryOut()
      check()
    }

    /// Does what the core asked for and hands it what the venues have said.
    mutating func carryOut() {
      for command in harness.commands { carryOut(command) }
      for order in harness.unreleased where !random.chance(30) { release(order) }
      for report in truth.due(at: harness.now) {
        harness.process(.childReport(report))
        harness.commands.forEach { carryOut($0) }
        check()
      }
    }

    mutating func carryOut(_ command: VenueCommand) {
      switch command {
      case .query(let child): truth.query(child, at: harness.now)
      case .listOpenOrders: break
      case .refreshBalances(let venue): if random.chance(70) { observe(venue.index) }
      case .cancel(let child): truth.cancel(child, at: harness.now)
      case .newOrder: break
      }
    }

    mutating func release(_ order: NewChildOrder) {
      harness.unreleased.removeAll { $0.id == order.id }
      guard harness.release(order) else { return }
      harness.report(order, truth.send(order, at: harness.now))
      harness.commands.forEach { carryOut($0) }
    }

    mutating func quote() {
      let middle = 10_000 + random.next(in: -30...30)
      let bids = (0..<5).map { (middle - 1 - Int64($0) * 2, random.next(in: 1...60)) }
      let asks = (0..<5).map { (middle + 1 + Int64($0) * 2, random.next(in: 1...60)) }
      harness.book(Int(random.next(in: 0...2)), bids: bids, asks: asks)
      if random.chance(30) { harness.trade(Int(random.next(in: 0...2)), at: middle) }
    }

    mutating func submit() {
      orderCount += 1
      let side: Side = random.chance(50) ? .buy : .sell
      let isMarket = random.chance(30)
      let isStop = random.chance(25)
      let isPostOnly = !isStop && random.chance(15)
      let limit =
        10_000 + (side == .buy ? 1 : -1) * random.next(in: random.chance(40) ? -60...0 : -20...60)
      let order = harness.order(
        "order \(orderCount)", random.next(in: 1...400), side: side,
        limit: isMarket ? nil : limit,
        timeInForce: random.pick(
          [.goodTillCancel, .goodTillDate, .goodTillCancel, .immediateOrCancel, .fillOrKill]),
        type: isStop ? (isMarket ? .stop : .stopLimit) : nil,
        deadline: harness.now.adding(milliseconds: random.next(in: 100...60_000)),
        stop: isStop ? 10_000 + random.next(in: -30...30) : nil,
        trigger: random.pick(TriggerSource.allCases), isPostOnly: isPostOnly,
        allowsSplit: random.chance(10),
        routing: {
          drawRouting(&$0)
          if isPostOnly || random.chance(60) { $0.residual = .rest }
        })
      if let id = harness.submit(order) { parents.append(id) }
      if random.chance(10) { harness.process(.newOrderSingle(order)) }
    }

    /// Any options; those that do not fit the order are refused.
    mutating func drawRouting(_ options: inout RoutingOptions) {
      guard random.chance(80) else { return }
      options.strategy =
        random.chance(40) ? .priceImprovement : random.pick(RoutingStrategy.allCases)
      options.arrival = random.pick(ArrivalMode.allCases)
      options.usesExpectedCost = random.chance(40)
      if options.strategy == .priceImprovement || random.chance(5) {
        options.passiveMilliseconds = UInt32(random.next(in: 50...8000))
      }
      if random.chance(30) { options.maximumParticipation = UInt16(random.next(in: 0...10_000)) }
      if random.chance(30) {
        options.maximumChildQuantity = Quantity(mantissa: random.next(in: 1...80))
      }
      if random.chance(30) {
        options.sizeJitter = UInt16(random.next(in: 0...5000))
        options.jitterTolerance = UInt16(random.next(in: 0...60_000))
      }
      if random.chance(30) { options.waveIntervalMilliseconds = UInt32(random.next(in: 0...900)) }
      if seed > 8 && random.chance(20) { drawOverRouting(&options) }
    }

    mutating func drawOverRouting(_ options: inout RoutingOptions) {
      options.overRouting = UInt16(random.next(in: 1...1050))
      options.usesExpectedCost = true
      options.strategy = .bestPrice
      options.passiveMilliseconds = 0
      options.arrival = .spray
      options.sizeJitter = 0
    }

    mutating func cancel() {
      guard !parents.isEmpty else { return }
      harness.cancel(random.pick(parents))
    }

    mutating func replace() {
      guard !parents.isEmpty else { return }
      let parent = random.pick(parents)
      harness.replace(
        parent, quantity: random.chance(60) ? random.next(in: 0...400) : nil,
        limit: random.chance(50) ? 10_000 + random.next(in: -60...60) : nil,
        stop: random.chance(20) ? 10_000 + random.next(in: -30...30) : nil)
    }

    /// Balances as the venue has them now; asked for and answered in one moment.
    func observe(_ index: Int) {
      let held = truth.held(index)
      let dollars = Int128(truth.dollars[index]) * InvariantTests.dollarUnit
      let coins = Int128(truth.coins[index]) * InvariantTests.coinUnit
      harness.balance(
        index, CoreHarness.usd,
        Amount(mantissa: dollars - Int128(held.dollars) * InvariantTests.dollarUnit),
        total: Amount(mantissa: dollars))
      harness.balance(
        index, CoreHarness.btc,
        Amount(mantissa: coins - Int128(held.coins) * InvariantTests.coinUnit),
        total: Amount(mantissa: coins))
    }

    mutating func flap() {
      let venue = VenueID(UInt8(random.next(in: 0...2)))
      let link = random.pick(VenueLink.allCases)
      harness.process(.linkChanged(venue, link, isUp: random.chance(75)))
    }

    mutating func haltOrResume() {
      harness.process(
        random.chance(20) ? .haltRequested(requestID: 1) : .resumeRequested(requestID: 2))
    }

    /// Reports about nothing, with whatever in them.
    mutating func garbage() {
      let kinds: [VenueExecutionReport.Kind] = [
        .sent, .acknowledged, .canceled, .expired, .cancelRejected, .stillOpen, .notFound,
        .queryFailed,
      ]
      let id = ChildOrderID(
        instance: random.chance(50) ? 7 : 9, epoch: 0,
        parent: ParentOrderID(UInt64(random.next(in: 0...5))), child: 60_000)
      var report = VenueExecutionReport(
        venue: VenueID(UInt8(random.next(in: 0...9))), child: id, kind: random.pick(kinds))
      report.cumulativeQuantity = Quantity(mantissa: random.next(in: -5...5))
      harness.process(.childReport(report))
    }

    /// The process dies; a new one starts from the facts and asks the venues.
    mutating func crash() {
      let hash = harness.hash
      var core = harness.recovered()
      #expect(core.stateHash == hash, "seed \(seed): recovery")
      truth.loseDeliveries()
      harness.unreleased = []
      var outbox = Outbox()
      core.startEpoch(harness.core.epoch + 1, at: harness.now, into: &outbox)
      core.beginReconciliation(at: harness.now, into: &outbox)
      harness.core = core
      harness.facts += outbox.facts
      for pending in outbox.commands { carryOut(pending.command) }
      connect()
      for index in 0..<InvariantTests.venues { observe(index) }
    }

    // The invariants.

    mutating func check() {
      for id in parents {
        guard let parent = harness.core.parent(id) else { continue }
        check(parent)
      }
      #expect(truth.repeated == 0, "seed \(seed): an order left twice")
      #expect(truth.lowest >= 0, "seed \(seed): a balance was overdrawn")
    }

    mutating func check(_ parent: ParentOrder) {
      noteLimit(parent)
      var filled = Quantity.zero
      var leaves = Quantity.zero
      for child in harness.core.children(of: parent.id) {
        filled += child.cumulativeQuantity
        leaves += child.leavesQuantity
        check(child, parent)
      }
      #expect(parent.filledQuantity == filled, "seed \(seed)")
      #expect(parent.openLeaves == leaves, "seed \(seed)")
      #expect(
        filled + leaves <= parent.order.worstQuantity, "seed \(seed): more than was agreed to")
      if filled + leaves > parent.order.quantity { overAsked += 1 }
      #expect(parent.isOpen || leaves == .zero, "seed \(seed): closed before its children")
    }

    mutating func noteLimit(_ parent: ParentOrder) {
      guard parent.status != .armed else { return }
      let known = limits[parent.id] ?? parent.effectiveLimit
      limits[parent.id] =
        parent.order.side == .buy
        ? max(known, parent.effectiveLimit) : min(known, parent.effectiveLimit)
    }

    mutating func check(_ child: ChildOrder, _ parent: ParentOrder) {
      #expect(child.cumulativeQuantity <= child.order.quantity, "seed \(seed)")
      let limit = limits[parent.id] ?? parent.effectiveLimit
      let isInside =
        parent.order.side == .buy
        ? child.order.limitPrice <= limit : child.order.limitPrice >= limit
      #expect(isInside, "seed \(seed): a child beyond its parent's limit")
      let cap = parent.order.routing.maximumChildQuantity
      #expect(cap == .zero || child.order.quantity <= cap, "seed \(seed): a child above its cap")
      #expect(
        child.order.isPostOnly == (child.order.timeInForce == .goodTillCancel), "seed \(seed)")
      if let real = truth.find(child.id) {
        #expect(child.cumulativeQuantity.mantissa <= real.filled, "seed \(seed)")
        if !child.isOpen {
          #expect(
            child.cumulativeQuantity.mantissa == real.filled, "seed \(seed): closed too early")
          #expect(!child.isAbandoned && child.outcome != .neverAccepted, "seed \(seed)")
          #expect(!real.isOpen, "seed \(seed): closed although it rests")
        }
      }
      if !child.isOpen {
        let known = closed[child.id] ?? child.cumulativeQuantity
        #expect(child.cumulativeQuantity >= known, "seed \(seed): fills went away")
        closed[child.id] = child.cumulativeQuantity
      }
    }

    // The end: no more faults, and everything must come to rest.

    mutating func settle() {
      truth.isFaulty = false
      connect()
      harness.process(.resumeRequested(requestID: 3))
      for _ in 0..<400 where harness.core.openParentCount > 0 || !truth.isIdle {
        harness.pass(milliseconds: 250)
        for command in harness.commands { carryOut(command) }
        for order in harness.unreleased { release(order) }
        for report in truth.due(at: harness.now) {
          harness.process(.childReport(report))
          harness.commands.forEach { carryOut($0) }
        }
        check()
      }
      #expect(harness.core.openChildren().isEmpty, "seed \(seed): a child never ended")
      let open = parents.filter { harness.core.parent($0)?.isOpen == true }
      #expect(open.isEmpty, "seed \(seed): a parent never ended")
      checkPositions()
      checkWaves()
      let traded = truth.orders.filter { $0.filled > 0 }.count
      #expect(traded > 0, "seed \(seed): nothing was traded, so nothing was tested")
      #expect(harness.hash == harness.recoveredHash, "seed \(seed): recovery")
    }

    /// How many children of all histories rested, and how many of them traded while they did.
    var rested: (all: Int, traded: Int) {
      let resting = truth.orders.filter { $0.order.isPostOnly && !$0.isRejected }
      return (resting.count, resting.filter { $0.filled > 0 }.count)
    }

    /// One child for each wave where the options say so.
    func checkWaves() {
      for id in parents {
        guard let routing = harness.core.parent(id)?.order.routing,
          routing.strategy == .singleVenue || routing.arrival == .sequential,
          routing.strategy != .priceImprovement
        else { continue }
        let waves = harness.core.children(of: id).filter { $0.role == .taker }.map(\.wave)
        #expect(Set(waves).count == waves.count, "seed \(seed): two children in one wave")
      }
    }

    /// Positions are what the venues really moved, to the last unit.
    func checkPositions() {
      for index in 0..<InvariantTests.venues {
        let venue = VenueID(UInt8(index))
        let dollars =
          Int128(truth.dollars[index] - InvariantTests.dollars) * InvariantTests.dollarUnit
        let coins = Int128(truth.coins[index] - InvariantTests.coins) * InvariantTests.coinUnit
        #expect(harness.core.position(venue, CoreHarness.usd).mantissa == dollars, "seed \(seed)")
        #expect(harness.core.position(venue, CoreHarness.btc).mantissa == coins, "seed \(seed)")
        #expect(harness.core.account(venue, CoreHarness.usd).reserved == .zero, "seed \(seed)")
        #expect(harness.core.account(venue, CoreHarness.btc).reserved == .zero, "seed \(seed)")
      }
    }
  }
}
