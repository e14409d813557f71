import RouterCore
import Testing

/// Inputs that nobody should send: no trap, and the sums still hold.
struct PlannerHostileTests {
  private func solve(
    _ request: PlanRequest, _ venues: [(terms: VenueTerms, bids: [BookLevel], asks: [BookLevel])]
  ) -> RoutePlan {
    var planner = Planner(levelCapacity: 8)
    var plan = RoutePlan()
    planner.begin(request)
    for venue in venues {
      var book = OrderBook(capacity: 8)
      book.replace(bids: venue.bids, asks: venue.asks, at: Timestamp(nanoseconds: 0))
      planner.add(venue.terms, book: book)
    }
    planner.finish(into: &plan)
    return plan
  }

  private func expectSums(_ plan: RoutePlan, _ label: String) {
    var planned: Int128 = 0
    for index in 0..<plan.legCount {
      let leg = plan[index]
      #expect(leg.quantity >= .zero, "\(label)")
      #expect((leg.quantity > .zero) == (leg.exclusion == .none), "\(label)")
      planned += Int128(leg.quantity.mantissa)
    }
    #expect(planned == Int128(plan.planned.mantissa), "\(label)")
    #expect(planned <= max(Int128(plan.requested.mantissa), 0), "\(label)")
    let isBound =
      plan.side == .buy
      ? plan.rootBound <= plan.bound && plan.bound <= plan.objectiveCost
      : plan.rootBound >= plan.bound && plan.bound >= plan.objectiveCost
    #expect(isBound, "\(label)")
  }

  private static let extremes: [Int64] = [
    0, 1, 2, 3, 7, 10, 1000, 1 << 31, 1 << 32 + 1, 1 << 53, 1 << 62, .max - 1, .max,
  ]

  private func number(_ random: inout SeededRandom) -> Int64 {
    let extreme = random.pick(Self.extremes)
    return random.chance(50) ? extreme : random.next(in: 0...min(max(extreme, 1), .max - 1))
  }

  private func level(_ random: inout SeededRandom) -> BookLevel {
    BookLevel(
      price: Price(mantissa: number(&random)), quantity: Quantity(mantissa: number(&random)))
  }

  private func terms(_ random: inout SeededRandom, _ index: Int) -> VenueTerms {
    VenueTerms(
      listing: ListingID(UInt16(index)), venue: VenueID(UInt8(index)),
      priceIncrement: Price(mantissa: max(number(&random), 1)),
      quantityIncrement: Quantity(
        mantissa: random.chance(50) ? 1 : max(number(&random), 1)),
      minimumQuantity: Quantity(mantissa: random.chance(50) ? 0 : number(&random)),
      maximumQuantity: Quantity(mantissa: random.chance(50) ? .max : number(&random)),
      minimumNotional: Notional(
        mantissa: random.chance(60) ? 0 : random.pick([1, Int128(number(&random)), .max])),
      fee: FeeRate(
        partsPerHundredMillion: random.pick([
          0, 1, -1, 250_000, 99_999_999, 100_000_000, 100_000_001, -99_999_999, -100_000_000,
          .max, .min,
        ])),
      holdsFee: random.chance(50),
      available: random.chance(50)
        ? nil : Amount(mantissa: random.pick([0, -1, 1, Int128(number(&random)), .max, .min])),
      orderCost: AllInCost(mantissa: random.pick([0, 0, 1, Int128(number(&random))])),
      fillProbability: Int(random.pick([10_000, 0, 1, 5000, 9999])))
  }

  @Test func `a great minimum beside lots that do not divide does not keep a plan from ending`() {
    let plan = PlanProblem(
      quantity: 1_000_000_000_000_000,
      venues: [
        PlanVenue(
          levels: [(1, 1003), (9, 1_000_000_000_000_000)], lot: 5,
          minimumQuantity: 500_000_000_000_000),
        PlanVenue(levels: [(2, 999_999_999_998_998)], lot: 2),
      ]
    ).solve()
    #expect(plan.residual == .zero)
    #expect(plan[0].quantity.mantissa == 500_000_000_000_000)
  }

  @Test(arguments: SeedRange.standing(300))
  func `extreme numbers neither trap nor break the sums`(seed: UInt64) {
    var random = SeededRandom(seed: seed &+ 424_242)
    let instrument = Instrument(
      id: InstrumentID(0), base: AssetID(0), quote: AssetID(1),
      priceScale: UInt8(random.next(in: 0...8)), quantityScale: UInt8(random.next(in: 0...8)))
    let limit = random.chance(50) ? nil : Price(mantissa: number(&random))
    let request = PlanRequest(
      instrument: instrument, side: random.chance(50) ? .buy : .sell,
      quantity: Quantity(mantissa: number(&random)), limitPrice: limit,
      maximumChildren: Int(random.pick([0, 1, 2, 32, Int64.max])),
      nodeBudget: Int(random.pick([0, 1, 3, 64, -1])),
      objective: random.chance(50)
        ? .cost
        : .expectedCost(
          adverseMove: FeeRate(
            partsPerHundredMillion: random.pick([0, 1, 500_000, 100_000_000]))),
      participation: Int(random.pick([10_000, 1, 2500, 9999])))
    let venues = (0..<Int(random.pick([0, 1, 3, 8, 32]))).map { index in
      (
        terms(&random, index), (0..<Int(random.next(in: 0...6))).map { _ in level(&random) },
        (0..<Int(random.next(in: 0...6))).map { _ in level(&random) }
      )
    }
    expectSums(solve(request, venues), "seed \(seed)")
  }

  @Test func `thirty-two venues are searched within the budget`() {
    var random = SeededRandom(seed: 32)
    var problem = PlanProblem(quantity: 150, maximumChildren: 9, venues: [])
    for _ in 0..<RoutePlan.maximumLegs {
      let price = random.next(in: 10_000...10_040)
      problem.venues.append(
        PlanVenue(
          levels: [(price, 10), (price + 7, 12)], feeBasisPoints: random.pick([0, 10, 25]),
          lot: random.pick([1, 2, 5]), minimumNotional: 10_000 * random.next(in: 1...14),
          orderCost: random.next(in: 0...900)))
    }
    for nodeBudget in [0, 1, 64] {
      let plan = problem.solve(nodeBudget: nodeBudget)
      expectSums(plan, "budget \(nodeBudget)")
      #expect(plan.nodes <= max(nodeBudget, 1))
    }
    #expect(problem.solve().residual == .zero)
  }

  @Test func `a book in any order is planned on as if it were sorted`() {
    let sorted = PlanProblem(
      quantity: 25, venues: [PlanVenue(levels: [(100, 10), (101, 10), (105, 10)])])
    let unsorted = PlanProblem(
      quantity: 25, venues: [PlanVenue(levels: [(105, 10), (100, 10), (101, 10)])])
    #expect(sorted.solve().isIdentical(to: unsorted.solve()))
  }

  @Test func `a crossed book is planned on one side only`() {
    let level = BookLevel(price: Price(mantissa: 100), quantity: Quantity(mantissa: 5))
    let bid = BookLevel(price: Price(mantissa: 120), quantity: Quantity(mantissa: 5))
    let problem = PlanProblem(quantity: 5, venues: [PlanVenue(levels: [])])
    let plan = solve(
      problem.request(nodeBudget: 8), [(problem.terms(problem.venues[0], 0), [bid], [level])])
    #expect(plan[0].limitPrice == Price(mantissa: 100))
    #expect(plan.planned == plan.requested)
  }

  @Test func `a balance of nothing and a cap of nothing give an empty plan`() {
    var problem = PlanProblem(
      quantity: 5, venues: [PlanVenue(levels: [(100, 9)], available: 0)])
    #expect(problem.solve().planned == .zero)
    #expect(problem.solve()[0].exclusion == .insufficientBalance)
    problem.venues[0].available = nil
    problem.maximumChildren = 0
    #expect(problem.solve().planned == .zero)
    #expect(problem.solve().isProvenOptimal)
  }

  @Test func `a venue that must give all it has may be the last one of a full planner`() {
    var venues = (0..<31).map { PlanVenue(levels: [(200 + Int64($0), 4)], minimumQuantity: 1) }
    venues[0].levels = [(99, 4)]
    venues.append(PlanVenue(levels: [(100, 4)], minimumQuantity: 4))
    var planner = Planner(levelCapacity: 1)
    let plan = PlanProblem(quantity: 6, venues: venues).solve(&planner)
    #expect(plan.isProvenOptimal)
    #expect(plan[0].quantity.mantissa == 2 && plan[31].quantity.mantissa == 4)
  }

  /// Moving quantity between two venues tried each of the finer lots within a coarse one.
  @Test(.timeLimit(.minutes(1)))
  func `lots a trillion times as fine as others take no longer`() {
    let coarse: Int64 = 1_000_000_000_000
    let problem = PlanProblem(
      quantity: 14 * coarse,
      venues: [
        PlanVenue(levels: [(100, 20 * coarse)], lot: coarse, minimumQuantity: 10 * coarse),
        PlanVenue(levels: [(99, 55 * coarse / 10)], minimumQuantity: 52 * coarse / 10),
        PlanVenue(levels: [(98, 25 * coarse / 10)], minimumQuantity: 2 * coarse),
      ])
    let plan = problem.solve()
    #expect(plan.isProvenOptimal)
    #expect(plan[0].quantity.mantissa == 12 * coarse && plan[2].quantity.mantissa == 2 * coarse)
  }

  /// With its fee a hold is nearly twice the greatest notional, so no balance below that is endless.
  @Test func `a balance above the greatest notional still has to cover the fee`() {
    let balance: Int64 = 1_000_000_000_000_000_000
    let venue = PlanVenue(
      levels: [(100_000, 9_989_000_000_000)], feeBasisPoints: 30, available: balance)
    let plan = PlanProblem(quantity: 9_989_000_000_000, venues: [venue]).solve()
    #expect(plan.planned.mantissa == 9_970_089_730_807)
    #expect(plan[0].hold.mantissa <= Int128(balance) * 10_000_000_000)
  }

  @Test func `a plan that left out levels beyond its range is not proven`() {
    let size: Int64 = 10_000_000_000
    let venue = PlanVenue(levels: [(90_000_000, size), (30_000_000, size)])
    let plan = PlanProblem(side: .sell, quantity: 2 * size, venues: [venue]).solve()
    #expect(plan.planned.mantissa == size)
    #expect(!plan.isProvenOptimal)
  }

  @Test func `a rebate of the whole price makes a plan free`() {
    let plan = PlanProblem(
      quantity: 5, venues: [PlanVenue(levels: [(100, 9)], feeBasisPoints: -9999)]
    ).solve()
    #expect(plan.cost.mantissa == 500 * 10_000)
    #expect(plan.isProvenOptimal)
  }
}
