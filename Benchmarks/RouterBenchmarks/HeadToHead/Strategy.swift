import RouterCore

/// The router's other strategies, as parameters of the one planner.
enum Strategy: CaseIterable {
  case fewestVenues, singleVenue, proRata

  var name: String {
    switch self {
    case .fewestVenues: "ours, fewest venues"
    case .singleVenue: "ours, single venue"
    case .proRata: "ours, pro rata"
    }
  }

  var key: String {
    switch self {
    case .fewestVenues: "ours-fewest"
    case .singleVenue: "ours-single"
    case .proRata: "ours-pro-rata"
    }
  }

  /// Plans the problem of this number; `most` is what the best price plans.
  func plan(
    _ set: Int, _ problem: RoutingProblem, _ shelf: BookShelf, _ most: Int64,
    _ planner: inout Planner, into plan: inout RoutePlan
  ) {
    var request = problem.request
    switch self {
    case .fewestVenues:
      for children in 1...max(1, problem.request.maximumChildren) {
        request.maximumChildren = children
        shelf.plan(set, request, problem.terms, &planner, into: &plan)
        if plan.planned.mantissa >= most { return }
      }
    case .singleVenue:
      request.maximumChildren = 1
      shelf.plan(set, request, problem.terms, &planner, into: &plan)
    case .proRata:
      let terms = Self.shares(problem)
      shelf.plan(set, request, terms, &planner, into: &plan)
    }
  }

  /// The terms with each venue's greatest order at its share of the depth within the limit.
  private static func shares(_ problem: RoutingProblem) -> [VenueTerms] {
    var terms = problem.terms
    let depths = terms.indices.map { venue in
      problem.levels[problem.starts[venue]..<problem.starts[venue + 1]]
        .reduce(Int128(0)) { $0 + Int128($1.quantity.mantissa) }
    }
    let total = depths.reduce(0, +)
    guard total > 0 else { return terms }
    for venue in terms.indices {
      let lot = terms[venue].quantityIncrement.mantissa
      let share = Int64(Int128(problem.quantity) * depths[venue] / total)
      // Up to the next lot, so that the shares together hold the whole order.
      let rounded = (share + lot - 1) / lot * lot
      terms[venue].maximumQuantity = min(
        terms[venue].maximumQuantity, Quantity(mantissa: max(rounded, lot)))
    }
    return terms
  }
}
