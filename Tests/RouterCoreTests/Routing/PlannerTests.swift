import RouterCore
import Testing

struct PlannerTests {
  private func quantities(_ plan: RoutePlan) -> [Int64] {
    (0..<plan.legCount).map { plan[$0].quantity.mantissa }
  }

  private func exclusions(_ plan: RoutePlan) -> [Exclusion] {
    (0..<plan.legCount).map { plan[$0].exclusion }
  }

  // Prices at scale 2, quantities at scale 4; a cost has 14 decimals.
  private let unit: Int128 = 100_000_000_000_000

  @Test func `fees decide, so the venue with the best raw price gets nothing`() {
    let plan = PlanProblem(
      quantity: 30_000,
      venues: [
        PlanVenue(levels: [(6_000_000, 10_000), (6_001_000, 20_000)], feeBasisPoints: 10),
        PlanVenue(levels: [(6_002_000, 10_000), (6_003_000, 20_000)], feeBasisPoints: 4),
        PlanVenue(levels: [(6_004_500, 15_000)]),
      ]
    ).solve()
    #expect(quantities(plan) == [0, 15_000, 15_000])
    #expect(plan.cost.mantissa * 1000 == 180_138_514 * unit)
    #expect(plan.isProvenOptimal)
    #expect(plan.marginalUnit == 60_054_012 * 10_000_000)
    #expect(plan.marginalPrice == Price(mantissa: 6_005_402))
    #expect(plan[0].exclusion == .notNeeded)
    #expect(plan[1].limitPrice == Price(mantissa: 6_003_000))
    #expect(plan[1].levelsUsed == 2)
    #expect(plan.single.venue == VenueID(1))
    #expect(plan.single.quantity == plan.requested)
    #expect(plan.single.cost.mantissa * 1000 == 180_152_032 * unit)
  }

  @Test func `a slice below the minimum notional is enlarged if that is cheapest`() {
    let plan = PlanProblem(
      quantity: 120,
      venues: [
        PlanVenue(levels: [(6_000_000, 100)], minimumNotional: 5_000_000),
        PlanVenue(levels: [(6_000_600, 10), (6_030_000, 5000)], minimumNotional: 120_000_000),
        PlanVenue(levels: [(6_024_000, 5000)], minimumNotional: 240_000_000),
      ]
    ).solve()
    #expect(quantities(plan) == [100, 20, 0])
    #expect(plan.cost.mantissa * 1000 == 720_306 * unit)
    #expect(plan.bound == plan.cost)
    #expect(plan.rootBound.mantissa * 1000 == 720_246 * unit)
    #expect(plan[2].exclusion == .belowMinimumNotional)
  }

  @Test func `the crumb of a coarse lot goes to a finer venue`() {
    let plan = PlanProblem(
      quantity: 120,
      venues: [
        PlanVenue(levels: [(6_000_000, 55)], lot: 10), PlanVenue(levels: [(6_001_000, 50_000)]),
      ]
    ).solve()
    #expect(quantities(plan) == [50, 70])
    #expect(plan.residual == .zero)
  }

  @Test func `a sell may be allowed in two intervals and none between`() {
    func sell(_ quantity: Int64) -> RoutePlan {
      PlanProblem(
        side: .sell, quantity: quantity,
        venues: [PlanVenue(levels: [(100, 1), (40, 5)], minimumNotional: 100)]
      ).solve()
    }
    #expect(quantities(sell(1)) == [1])
    #expect(quantities(sell(2)) == [1])
    #expect(quantities(sell(3)) == [3])
    #expect(quantities(sell(9)) == [6])
  }

  @Test func `a rebate makes a venue cheaper`() {
    let plan = PlanProblem(
      quantity: 10,
      venues: [
        PlanVenue(levels: [(1000, 10)]), PlanVenue(levels: [(1001, 10)], feeBasisPoints: -20),
      ]
    ).solve()
    #expect(quantities(plan) == [0, 10])
    #expect(plan.cost.mantissa == 1001 * 10 * 99_800_000)
  }

  @Test func `a sell ranks by net proceeds and reports them positive`() {
    let plan = PlanProblem(
      side: .sell, quantity: 10,
      venues: [
        PlanVenue(levels: [(1001, 10)], feeBasisPoints: 30), PlanVenue(levels: [(1000, 10)]),
      ]
    ).solve()
    #expect(quantities(plan) == [0, 10])
    #expect(plan.cost.mantissa == 1000 * 10 * 100_000_000)
    #expect(plan.bound == plan.cost)
  }

  @Test func `a balance caps a venue at what it will reserve, fee included`() {
    func plan(holdsFee: Bool) -> RoutePlan {
      PlanProblem(
        quantity: 10,
        venues: [
          PlanVenue(
            levels: [(1000, 10)], feeBasisPoints: 100, holdsFee: holdsFee, available: 9000),
          PlanVenue(levels: [(2000, 10)]),
        ]
      ).solve()
    }
    #expect(quantities(plan(holdsFee: true)) == [8, 2])
    #expect(quantities(plan(holdsFee: false)) == [9, 1])
  }

  @Test func `the worst level prices the whole hold`() {
    let plan = PlanProblem(
      quantity: 10, venues: [PlanVenue(levels: [(100, 5), (200, 5)], available: 1100)]
    ).solve()
    #expect(quantities(plan) == [5])
    #expect(plan[0].hold == Amount(mantissa: 500 * 10_000_000_000))
    #expect(plan.residual == Quantity(mantissa: 5))
  }

  @Test func `a level off the tick is reached by a limit on the tick, inside the parent's limit`() {
    let venue = PlanVenue(levels: [(101, 5), (107, 5)], tick: 5)
    let plan = PlanProblem(quantity: 10, limit: 110, venues: [venue]).solve()
    #expect(plan[0].limitPrice == Price(mantissa: 110))
    #expect(plan.planned == Quantity(mantissa: 10))
    let tighter = PlanProblem(quantity: 10, limit: 109, venues: [venue]).solve()
    #expect(tighter[0].limitPrice == Price(mantissa: 105))
    #expect(tighter.planned == Quantity(mantissa: 5))
  }

  @Test func `no more children than allowed`() {
    let venues = [(100, 4), (101, 4), (102, 10)].map { (price: Int64, size: Int64) in
      PlanVenue(levels: [(price, size)])
    }
    #expect(quantities(PlanProblem(quantity: 10, venues: venues).solve()) == [4, 4, 2])
    let two = PlanProblem(quantity: 10, maximumChildren: 2, venues: venues).solve()
    #expect(quantities(two) == [4, 0, 6])
    #expect(exclusions(two) == [.none, .childLimit, .none])
    let one = PlanProblem(quantity: 10, maximumChildren: 1, venues: venues).solve()
    #expect(quantities(one) == [0, 0, 10])
  }

  @Test func `a fixed cost for each child keeps dust away`() {
    let plan = PlanProblem(
      quantity: 10,
      venues: [
        PlanVenue(levels: [(100, 1)], orderCost: 50), PlanVenue(levels: [(101, 10)], orderCost: 50),
      ]
    ).solve()
    #expect(quantities(plan) == [0, 10])
    #expect(plan.cost.mantissa == (1010 + 50) * 100_000_000)
  }

  @Test func `every venue left out has a reason`() {
    let plan = PlanProblem(
      quantity: 10, limit: 150,
      venues: [
        PlanVenue(levels: [(100, 9)]),
        PlanVenue(levels: []),
        PlanVenue(levels: [(151, 5)]),
        PlanVenue(levels: [(100, 9)], exclusion: .bookStale),
        PlanVenue(levels: [(100, 9)], lot: 20),
        PlanVenue(levels: [(100, 9)], minimumQuantity: 30),
        PlanVenue(levels: [(100, 9)], minimumNotional: 100_000),
        PlanVenue(levels: [(100, 9)], available: 0),
      ]
    ).solve()
    #expect(
      exclusions(plan) == [
        .none, .bookEmpty, .outsideLimit, .bookStale, .incrementTooCoarse, .belowMinimumQuantity,
        .belowMinimumNotional, .insufficientBalance,
      ])
    #expect(plan.residual == Quantity(mantissa: 1))
  }

  @Test func `nothing to buy from gives an empty plan`() {
    let plan = PlanProblem(quantity: 10, venues: []).solve()
    #expect(plan.planned == .zero && plan.legCount == 0 && plan.single.quantity == .zero)
  }

  @Test func `a planner gives nothing of its last plan again`() {
    var planner = Planner(levelCapacity: 64)
    let venues = [PlanVenue(levels: [(100, 10)])]
    #expect(quantities(PlanProblem(quantity: 5, venues: venues).solve(&planner)) == [5])
    #expect(quantities(PlanProblem(quantity: 0, venues: venues).solve(&planner)) == [0])
    #expect(quantities(PlanProblem(quantity: 5, venues: venues).solve(&planner)) == [5])
    let none = PlanProblem(quantity: 5, maximumChildren: 0, venues: venues)
    #expect(quantities(none.solve(&planner)) == [0])
  }

  @Test func `prices and sizes at the end of the range do not trap`() {
    for side in Side.allCases {
      let plan = PlanProblem(
        side: side, quantity: .max,
        venues: [
          PlanVenue(levels: [(.max, .max)], tick: .max, minimumNotional: .max),
          PlanVenue(levels: [(1, .max)], tick: 7, lot: 3, available: .max),
          PlanVenue(levels: [(.max, 1)], feeBasisPoints: 9999),
        ]
      ).solve()
      #expect(plan.planned + plan.residual == plan.requested)
    }
  }
}
