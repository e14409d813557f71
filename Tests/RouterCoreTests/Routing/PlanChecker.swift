import RouterCore

/// Holds a plan against the rules and the exact program; shares no code with the planner.
///
/// For the expected cost it takes one number from the planner: the marginal price of the plan for
/// the cost, which other instances of the same run check.
struct PlanChecker {
  let problem: PlanProblem
  let oracle: PlanOracle
  let choices: [[Int128?]]
  let program: PlanProgram
  let best: PlanOracle.Answer
  let single: (venue: Int, answer: PlanOracle.Answer)?

  /// What a check has found.
  private struct Faults {
    var texts: [String] = []

    mutating func require(_ holds: Bool, _ fault: @autoclosure () -> String) {
      if !holds { texts.append(fault()) }
    }
  }

  init(_ problem: PlanProblem, nodeBudget: Int = PlanRequest.defaultNodeBudget) {
    self.problem = problem
    var oracle = PlanOracle(problem)
    if let move = problem.adverseMoveBasisPoints {
      var plain = problem
      plain.adverseMoveBasisPoints = nil
      let marginal = plain.solve(nodeBudget: nodeBudget).marginalUnit
      oracle.replacement =
        problem.isBuy
        ? marginal * Int128(10_000 + move) / 10_000 : -marginal * Int128(10_000 - move) / 10_000
    }
    self.oracle = oracle
    choices = problem.venues.map(oracle.choices)
    program = PlanProgram(oracle, choices, divisor: oracle.replacement == nil ? 10_000 : 100)
    best = program.best()
    single = oracle.bestSingle(choices)
  }

  /// How many of the oracle's units make one of the plan's: an expected cost is finer.
  private var scale: Int128 { oracle.replacement == nil ? 1 : 10_000 }

  /// Everything that is wrong with a plan.
  func faults(of plan: RoutePlan, nodeBudget: Int) -> [String] {
    var faults = Faults()
    checkLegs(plan, &faults)
    checkCertificate(plan, &faults)
    checkSingle(plan, &faults)
    faults.require(
      plan.nodes <= max(nodeBudget, 1), "nodes \(plan.nodes) above the budget \(nodeBudget)")
    if plan.isProvenOptimal { checkOptimality(plan, &faults) }
    return faults.texts
  }

  private func signed(_ cost: AllInCost) -> Int128 {
    problem.isBuy ? cost.mantissa : -cost.mantissa
  }

  // The children.

  private func checkLegs(_ plan: RoutePlan, _ faults: inout Faults) {
    var planned: Int64 = 0
    var total: Int128 = 0
    var marginal: Int128?
    var children = 0
    faults.require(plan.legCount == problem.venues.count, "\(plan.legCount) legs")
    for (index, venue) in problem.venues.enumerated() {
      let leg = plan[index]
      guard leg.quantity > .zero else {
        faults.require(leg.exclusion != .none, "venue \(index) has neither a child nor a reason")
        faults.require(leg.quantity == .zero, "venue \(index): negative quantity")
        continue
      }
      faults.require(leg.exclusion == .none, "venue \(index) has a child and a reason against it")
      checkLeg(leg, venue, index, &faults)
      planned += leg.quantity.mantissa
      total += signed(leg.cost) + leg.orderCost.mantissa
      children += 1
      let levels = oracle.usable(venue)
      if let walked = oracle.walk(venue, levels, leg.quantity.mantissa) {
        marginal = max(marginal ?? .min, oracle.unit(venue, levels[walked.levels - 1].price))
      }
    }
    faults.require(planned == plan.planned.mantissa, "children sum to \(planned)")
    faults.require(plan.requested.mantissa == problem.quantity, "requested \(plan.requested)")
    faults.require(plan.planned + plan.residual == plan.requested, "residual \(plan.residual)")
    faults.require(plan.residual >= .zero, "more planned than requested")
    faults.require(children == plan.childCount, "child count \(plan.childCount)")
    faults.require(children <= problem.maximumChildren, "\(children) children")
    faults.require(signed(plan.cost) == total, "cost \(plan.cost) is not the sum \(total)")
    faults.require(
      plan.marginalUnit == abs(marginal ?? 0),
      "marginal unit \(plan.marginalUnit), not \(marginal ?? 0)")
  }

  private func checkLeg(
    _ leg: RouteLeg, _ venue: PlanVenue, _ index: Int, _ faults: inout Faults
  ) {
    let quantity = leg.quantity.mantissa
    guard let walked = oracle.walk(venue, oracle.usable(venue), quantity) else {
      return faults.require(false, "venue \(index): \(quantity) is more than may be taken")
    }
    faults.require(
      leg.limitPrice.mantissa == walked.limit, "venue \(index): limit \(leg.limitPrice)")
    faults.require(
      oracle.accepts(venue, limit: leg.limitPrice.mantissa, quantity),
      "venue \(index) refuses \(quantity) at \(leg.limitPrice.mantissa)")
    faults.require(
      choices[index][Int(quantity)] != nil, "venue \(index): \(quantity) is not allowed")
    faults.require(
      leg.notional.mantissa == walked.notional, "venue \(index): notional \(leg.notional)")
    faults.require(
      signed(leg.cost) == oracle.cost(venue, notional: walked.notional),
      "venue \(index): cost \(leg.cost)")
    faults.require(
      leg.orderCost.mantissa == Int128(venue.orderCost) * 100_000_000,
      "venue \(index): order cost \(leg.orderCost)")
    let hold = Int128(oracle.hold(venue, limit: walked.limit, quantity))
    let scale: Int128 = problem.isBuy ? 1_000_000 : 1_000_000_000_000
    faults.require(leg.hold.mantissa == hold * scale, "venue \(index): hold \(leg.hold)")
    if problem.participation == 10_000 {
      faults.require(leg.levelsUsed == walked.levels, "venue \(index): \(leg.levelsUsed) levels")
    }
  }

  // The certificate.

  /// What was minimised, exactly, of a plan's own children.
  private func objective(_ plan: RoutePlan) -> Int128 {
    (0..<plan.legCount).reduce(0) { total, index in
      let quantity = Int(plan[index].quantity.mantissa)
      return total + (quantity == 0 ? 0 : choices[index][quantity] ?? 0)
    }
  }

  /// Whether a number that the plan tells is the exact one, rounded to the plan's unit at most.
  private func tells(_ told: AllInCost, _ exact: Int128) -> Bool {
    abs(signed(told) * scale - exact) < scale
  }

  private func checkCertificate(_ plan: RoutePlan, _ faults: inout Faults) {
    let (root, bound, cost) = (
      signed(plan.rootBound), signed(plan.bound), signed(plan.objectiveCost)
    )
    let exact = objective(plan)
    faults.require(tells(plan.objectiveCost, exact), "objective \(cost), but it is \(exact)")
    faults.require(bound <= cost, "bound \(bound) is worse than the objective \(cost)")
    faults.require(root <= bound, "root bound \(root) is tighter than the bound \(bound)")
    let merge = oracle.merge(choices, plan.planned.mantissa)
    faults.require(
      merge.map { tells(plan.rootBound, $0) } ?? false,
      "root bound \(root), the merge costs \(merge ?? -1)")
    if let optimum = program.best(for: plan.planned.mantissa) {
      faults.require(
        bound * scale < optimum.cost + scale, "bound \(bound) is above the optimum \(optimum.cost)")
      faults.require(exact >= optimum.cost, "\(exact) is below the optimum \(optimum.cost)")
    } else {
      faults.require(false, "no plan makes exactly \(plan.planned.mantissa)")
    }
    faults.require(plan.planned.mantissa <= best.quantity, "planned more than \(best.quantity)")
  }

  private func checkSingle(_ plan: RoutePlan, _ faults: inout Faults) {
    guard let single else {
      faults.require(plan.single.quantity == .zero, "a single venue where there is none")
      return faults.require(
        plan.planned == .zero, "planned \(plan.planned) though no venue takes a child")
    }
    faults.require(
      plan.single.quantity.mantissa == single.answer.quantity,
      "single \(plan.single.quantity), not \(single.answer.quantity)")
    faults.require(
      tells(plan.single.objectiveCost, single.answer.cost),
      "single costs \(signed(plan.single.objectiveCost)), not \(single.answer.cost)")
    faults.require(
      Int(plan.single.venue.rawValue) == single.venue,
      "single at \(plan.single.venue), not \(single.venue)")
    faults.require(
      plan.planned.mantissa > single.answer.quantity
        || (plan.planned.mantissa == single.answer.quantity
          && objective(plan) <= single.answer.cost),
      "worse than a single venue")
  }

  private func checkOptimality(_ plan: RoutePlan, _ faults: inout Faults) {
    faults.require(
      plan.planned.mantissa == best.quantity,
      "proven, but \(plan.planned.mantissa) of \(best.quantity)")
    let exact = objective(plan)
    faults.require(exact == best.cost, "proven, but \(exact) and not \(best.cost)")
    faults.require(
      plan.bound == plan.objectiveCost, "proven, but bound \(plan.bound) at \(plan.objectiveCost)")
    guard plan.planned.mantissa == best.quantity, exact == best.cost else { return }
    faults.require(
      plan.childCount == best.count, "proven, but \(plan.childCount) children, not \(best.count)")
  }

  /// Whether ties were resolved in input order: the most to the first venue, then to the next.
  func isFirstInInputOrder(_ plan: RoutePlan) -> Bool {
    let quantities = (0..<plan.legCount).map { plan[$0].quantity.mantissa }
    return quantities == program.quantities(for: plan.planned.mantissa)
  }

  /// How much worse than the optimum a plan is, in basis points; infinite if it plans less.
  func gapBasisPoints(_ plan: RoutePlan) -> Double {
    guard plan.planned.mantissa == best.quantity else { return .infinity }
    let excess = objective(plan) - best.cost
    return excess == 0 ? 0 : 10_000 * Double(excess) / Double(abs(best.cost))
  }
}
