import RouterCore
import Testing

struct PlannerOracleTests {
  static func problem(_ random: inout SeededRandom, commonLot: Bool) -> PlanProblem {
    let side: Side = random.chance(50) ? .buy : .sell
    let lot = random.next(in: 1...3)
    var venues: [PlanVenue] = []
    for _ in 0..<random.next(in: 1...4) {
      venues.append(venue(&random, side, lot: commonLot ? lot : random.next(in: 1...4), commonLot))
    }
    var problem = PlanProblem(side: side, quantity: random.next(in: 1...24), venues: venues)
    if random.chance(30) { problem.limit = random.next(in: 90...110) }
    if random.chance(30) { problem.maximumChildren = Int(random.next(in: 1...3)) }
    return problem
  }

  static func venue(
    _ random: inout SeededRandom, _ side: Side, lot: Int64, _ commonLot: Bool
  ) -> PlanVenue {
    var levels: [(price: Int64, size: Int64)] = []
    var price = random.next(in: 95...105)
    for _ in 0..<random.next(in: 0...4) {
      let size = random.next(in: 1...8)
      levels.append((price, commonLot ? size * lot : size))
      price += (side == .buy ? 1 : -1) * random.next(in: 1...9)
    }
    var venue = PlanVenue(levels: levels, lot: lot)
    venue.feeBasisPoints = random.pick([-10, 0, 0, 25, 60, 100, 300])
    if random.chance(40) { venue.minimumQuantity = random.next(in: 1...9) }
    if random.chance(20) { venue.maximumQuantity = random.next(in: 1...12) }
    if random.chance(50) { venue.minimumNotional = random.next(in: 1...1500) }
    if random.chance(20) { venue.tick = random.next(in: 1...4) }
    if random.chance(30) { venue.available = random.next(in: 0...(side == .buy ? 2500 : 20)) }
    if random.chance(30) { venue.orderCost = random.next(in: 0...60) }
    venue.holdsFee = random.chance(50)
    if random.chance(5) { venue.exclusion = .linkDown }
    return venue
  }

  /// Checks a plan against rules that share no code with the planner; its signed cost.
  private func check(_ plan: RoutePlan, _ problem: PlanProblem, _ label: String) -> Int128 {
    let oracle = PlanOracle(problem: problem)
    var planned: Int64 = 0
    var total: Int128 = 0
    var children = 0
    for (index, venue) in problem.venues.enumerated() {
      let leg = plan[index]
      guard leg.quantity > .zero else {
        #expect(leg.exclusion != .none, "\(label): venue \(index) has no reason")
        continue
      }
      #expect(leg.exclusion == .none)
      guard let cost = oracle.cost(venue, leg.quantity.mantissa),
        let walked = oracle.walk(venue, leg.quantity.mantissa)
      else {
        Issue.record("\(label): \(leg.quantity.mantissa) breaks a rule of venue \(index)")
        continue
      }
      #expect(leg.limitPrice.mantissa == walked.worst, "\(label)")
      #expect(leg.notional.mantissa == walked.notional, "\(label)")
      planned += leg.quantity.mantissa
      total += cost
      children += 1
    }
    #expect(planned == plan.planned.mantissa, "\(label)")
    #expect(plan.requested == plan.planned + plan.residual, "\(label)")
    #expect(plan.residual >= .zero, "\(label)")
    #expect(children <= problem.maximumChildren, "\(label)")
    #expect(plan.cost.mantissa == (problem.side == .buy ? total : -total), "\(label)")
    return total
  }

  private func signed(_ cost: AllInCost, _ problem: PlanProblem) -> Int128 {
    problem.side == .buy ? cost.mantissa : -cost.mantissa
  }

  @Test(arguments: SeedRange.standing(600))
  func `with one lot size the plan equals full enumeration`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let problem = Self.problem(&random, commonLot: true)
    let plan = problem.solve(nodeBudget: 4000)
    let cost = check(plan, problem, "seed \(seed)")
    let best = PlanOracle(problem: problem).best()
    #expect(plan.planned.mantissa == best.quantity, "seed \(seed)")
    #expect(cost == best.cost, "seed \(seed)")
    #expect(signed(plan.bound, problem) <= cost, "seed \(seed)")
  }

  @Test(arguments: SeedRange.standing(600))
  func `with any lots no rule is broken and no single venue is better`(seed: UInt64) {
    var random = SeededRandom(seed: seed &+ 10_000)
    let problem = Self.problem(&random, commonLot: false)
    let plan = problem.solve(nodeBudget: Int(random.pick([1, 3, 64])))
    let cost = check(plan, problem, "seed \(seed)")
    let oracle = PlanOracle(problem: problem)
    let best = oracle.best()
    let single = oracle.best(maximumChildren: min(1, problem.maximumChildren))
    let answer = PlanOracle.Answer(quantity: plan.planned.mantissa, cost: cost, count: 0)
    #expect(answer.quantity <= best.quantity, "seed \(seed)")
    #expect(answer.quantity < best.quantity || answer.cost >= best.cost, "seed \(seed)")
    #expect(answer.isBetter(than: single) || answer.quantity == 0, "seed \(seed)")
    #expect(plan.single.quantity.mantissa == single.quantity, "seed \(seed)")
    #expect(single.count == 0 || signed(plan.single.cost, problem) == single.cost, "seed \(seed)")
    #expect(signed(plan.bound, problem) <= cost, "seed \(seed)")
    if plan.planned.mantissa == best.quantity {
      #expect(signed(plan.bound, problem) <= best.cost, "seed \(seed)")
    }
    if plan.isProvenOptimal {
      #expect(answer.quantity == best.quantity && cost == best.cost, "seed \(seed)")
    }
  }
}
