import RouterCore

/// Looks at a split from outside: what it costs, and whether any rule is broken.
///
/// The same for every router, ours included, and without the planner's arithmetic.
enum PlanJudge {
  struct Verdict {
    var planned: Int64
    /// With fees and order costs; positive.
    var cost: Int128
    var isFeasible: Bool
    var children: Int
  }

  static func judge(_ problem: RoutingProblem, _ takes: [Int64]) -> Verdict {
    var verdict = Verdict(planned: 0, cost: 0, isFeasible: true, children: 0)
    for venue in 0..<problem.venueCount where takes[venue] != 0 {
      let orderCost = problem.terms[venue].orderCost.mantissa
      verdict.planned += takes[venue]
      verdict.children += 1
      verdict.cost += problem.allInCost(venue, takes[venue])
      verdict.cost += problem.isBuy ? orderCost : -orderCost
      if !problem.isAccepted(venue, takes[venue]) { verdict.isFeasible = false }
    }
    if verdict.planned > problem.quantity
      || verdict.children > problem.request.maximumChildren
    {
      verdict.isFeasible = false
    }
    return verdict
  }
}
