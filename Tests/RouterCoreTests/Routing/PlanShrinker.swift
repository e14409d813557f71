import RouterCore

extension PlanProblem {
  /// The smallest problem found that still fails, by leaving out and lowering one thing at a time.
  func shrunk(while fails: (PlanProblem) -> Bool) -> PlanProblem {
    var smallest = self
    var isShrinking = true
    while isShrinking {
      isShrinking = false
      for candidate in smallest.simpler() where fails(candidate) {
        smallest = candidate
        isShrinking = true
        break
      }
    }
    return smallest
  }

  /// Problems with one thing less.
  private func simpler() -> [PlanProblem] {
    var problems: [PlanProblem] = []
    func add(_ change: (inout PlanProblem) -> Void) {
      var problem = self
      change(&problem)
      if problem.source != source { problems.append(problem) }
    }
    for index in venues.indices {
      add { $0.venues.remove(at: index) }
    }
    for venue in venues.indices {
      for level in venues[venue].levels.indices {
        add { $0.venues[venue].levels.remove(at: level) }
      }
      for plainer in venues[venue].plainer() { add { $0.venues[venue] = plainer } }
    }
    add { $0.limit = nil }
    add { $0.maximumChildren = RoutePlan.maximumLegs }
    add { $0.participation = 10_000 }
    if quantity > 1 {
      add { $0.quantity /= 2 }
      add { $0.quantity -= 1 }
    }
    return problems
  }

  /// The problem as it stands in a test.
  var source: String {
    var parts = ["side: .\(side)", "quantity: \(quantity)"]
    if let limit { parts.append("limit: \(limit)") }
    if maximumChildren != RoutePlan.maximumLegs {
      parts.append("maximumChildren: \(maximumChildren)")
    }
    if participation != 10_000 { parts.append("participation: \(participation)") }
    if let move = adverseMoveBasisPoints { parts.append("adverseMoveBasisPoints: \(move)") }
    let venues = venues.map(\.source).joined(separator: ", ")
    return "PlanProblem(\(parts.joined(separator: ", ")), venues: [\(venues)])"
  }
}

extension PlanVenue {
  fileprivate func plainer() -> [PlanVenue] {
    var venues: [PlanVenue] = []
    func add(_ change: (inout PlanVenue) -> Void) {
      var venue = self
      change(&venue)
      venues.append(venue)
    }
    add { $0.feeBasisPoints = 0 }
    add { $0.tick = 1 }
    add { $0.lot = 1 }
    add { $0.minimumQuantity = 0 }
    add { $0.maximumQuantity = .max }
    add { $0.minimumNotional = 0 }
    add { $0.holdsFee = true }
    add { $0.available = nil }
    add { $0.orderCost = 0 }
    add { $0.fillProbability = 10_000 }
    add { $0.exclusion = .none }
    for level in levels.indices where levels[level].size > 1 {
      add { $0.levels[level].size /= 2 }
      add { $0.levels[level].size -= 1 }
    }
    return venues
  }

  fileprivate var source: String {
    let levels = levels.map { "(\($0.price), \($0.size))" }.joined(separator: ", ")
    var parts = ["levels: [\(levels)]"]
    if feeBasisPoints != 0 { parts.append("feeBasisPoints: \(feeBasisPoints)") }
    if tick != 1 { parts.append("tick: \(tick)") }
    if lot != 1 { parts.append("lot: \(lot)") }
    if minimumQuantity != 0 { parts.append("minimumQuantity: \(minimumQuantity)") }
    if maximumQuantity != .max { parts.append("maximumQuantity: \(maximumQuantity)") }
    if minimumNotional != 0 { parts.append("minimumNotional: \(minimumNotional)") }
    if !holdsFee { parts.append("holdsFee: false") }
    if let available { parts.append("available: \(available)") }
    if orderCost != 0 { parts.append("orderCost: \(orderCost)") }
    if fillProbability != 10_000 { parts.append("fillProbability: \(fillProbability)") }
    if exclusion != .none { parts.append("exclusion: .\(exclusion)") }
    return "PlanVenue(\(parts.joined(separator: ", ")))"
  }
}
