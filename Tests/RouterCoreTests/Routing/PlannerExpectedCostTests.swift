import RouterCore
import Testing

/// Plans for the expected cost; `PlannerOracleTests` holds them against the exact program.
struct PlannerExpectedCostTests {
  @Test func `a worse price that is surer is served first`() {
    var problem = PlanProblem(
      quantity: 10_000,
      venues: [
        PlanVenue(levels: [(6_000_000, 10_000)], fillProbability: 6000),
        PlanVenue(levels: [(6_000_600, 10_000)], fillProbability: 9500),
      ])
    problem.adverseMoveBasisPoints = 5
    let plan = problem.solve()
    let unit: Int128 = 100_000_000_000_000
    #expect(plan[0].quantity == .zero)
    #expect(plan[1].quantity == plan.requested)
    #expect(plan.cost.mantissa == 60_006 * unit)
    #expect(plan.objectiveCost.mantissa * 10 == 600_072 * unit)
    #expect(plan.single.venue == VenueID(1))
    #expect(plan.isProvenOptimal)
    #expect(plan[1].fillProbability == 9500)
    problem.adverseMoveBasisPoints = nil
    #expect(problem.solve()[0].quantity == plan.requested)
  }

  @Test func `with certainty everywhere it is the plan for the cost`() {
    for instance in 0..<PlanClass.instancesPerSeed {
      for seed in SeedRange.standing(2) {
        var expected = PlanGenerator.problem(seed: seed, instance: instance)
        expected.adverseMoveBasisPoints = 25
        for index in expected.venues.indices { expected.venues[index].fillProbability = 10_000 }
        var plain = expected
        plain.adverseMoveBasisPoints = nil
        let (plan, other) = (plain.solve(), expected.solve())
        let label = "seed \(seed), instance \(instance)"
        #expect(plan.objectiveCost == other.objectiveCost, "\(label)")
        #expect(plan.cost == other.cost && plan.planned == other.planned, "\(label)")
        #expect(plan.rootBound == other.rootBound && plan.bound == other.bound, "\(label)")
        let quantities = (0..<plan.legCount).map { plan[$0].quantity }
        #expect(quantities == (0..<other.legCount).map { other[$0].quantity }, "\(label)")
      }
    }
  }
}
