import RouterCore
import Testing

/// The planner against an exact program that shares no code with it.
struct PlannerOracleTests {
  @Test func `the exact program and full enumeration agree`() {
    var compared = 0
    for seed in SeedRange.standing(25) {
      for instance in 0..<PlanClass.instancesPerSeed {
        var problem = PlanGenerator.problem(seed: seed, instance: instance)
        problem.venues = Array(problem.venues.prefix(4))
        problem.quantity = min(problem.quantity, 14)
        let checker = PlanChecker(problem)
        let enumerated = checker.oracle.enumerated()
        #expect(checker.best == enumerated, "seed \(seed), instance \(instance)")
        compared += enumerated.count > 1 ? 1 : 0
      }
    }
    #expect(compared > 40 * SeedRange.standing(25).count)
  }

  /// What "exact" means here: at least 99.5 % proven within the default budget, those equal to the
  /// exact program, the others within a basis point of it, and no rule ever broken.
  @Test func `plans are optimal where they say so and good where they do not`() async {
    let seeds = SeedRange.standing(25)
    let tallies = await withTaskGroup { group in
      for kind in PlanClass.allCases {
        group.addTask { (kind, Self.run(kind, seeds)) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    var total = PlanTally()
    var rows = [PlanTally.header]
    for kind in PlanClass.allCases {
      let tally = tallies[kind] ?? PlanTally()
      rows.append(tally.row(kind.rawValue))
      total.add(tally)
    }
    rows.append(total.row("all"))
    rows += total.unproven.sorted { $0.gap > $1.gap }.prefix(5).map {
      "unproven: \($0.label), \($0.gap) bps from the optimum: \($0.problem.source)"
    }
    if SeedRange.isGiven { print(rows.joined(separator: "\n")) }
    let faults = total.faults
    for fault in faults.prefix(20) { Issue.record("\(fault)") }
    #expect(faults.count == 0)  // Not `isEmpty`, which would print them all.
    #expect(total.provenShare >= 0.995, "proven \(total.provenShare)")
    #expect(total.worstGap <= 1, "worst gap \(total.worstGap) basis points")
  }

  /// All of the seeds' instances of one class, with one planner that is used again and again.
  private static func run(_ kind: PlanClass, _ seeds: ClosedRange<UInt64>) -> PlanTally {
    var tally = PlanTally()
    var planner = Planner(levelCapacity: 64)
    for seed in seeds {
      for instance in 0..<PlanClass.instancesPerSeed
      where PlanClass(instance: instance) == kind {
        let label = "seed \(seed), instance \(instance) (\(kind))"
        let problem = PlanGenerator.problem(seed: seed, instance: instance)
        let plan = problem.solve(&planner)
        tally.record(plan, problem, label)
        if instance % 8 == 0 {
          vary(problem, plan, &tally, label)
        }
      }
    }
    return tally
  }

  /// The same problem with a fresh planner, and with a budget that ends early.
  private static func vary(
    _ problem: PlanProblem, _ plan: RoutePlan, _ tally: inout PlanTally, _ label: String
  ) {
    if !problem.solve().isIdentical(to: plan) {
      tally.record(fault: "\(label): another plan from a fresh planner")
    }
    for nodeBudget in [0, 1, 3] {
      tally.check(
        problem.solve(nodeBudget: nodeBudget), PlanChecker(problem, nodeBudget: nodeBudget),
        nodeBudget: nodeBudget, label)
    }
  }
}

extension RoutePlan {
  /// Whether two plans are the same, bit for bit.
  func isIdentical(to other: RoutePlan) -> Bool {
    side == other.side && requested == other.requested && planned == other.planned
      && cost == other.cost && objectiveCost == other.objectiveCost && bound == other.bound
      && rootBound == other.rootBound && marginalUnit == other.marginalUnit
      && isProvenOptimal == other.isProvenOptimal && nodes == other.nodes
      && single == other.single && legCount == other.legCount
      && (0..<legCount).allSatisfy { self[$0] == other[$0] }
  }
}
