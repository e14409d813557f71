import RouterCore

/// A dynamic program over whole units: exact for any lots, gaps, costs and cap on children.
///
/// Row `v` has, for each number of children still allowed and each quantity, the least cost of
/// making exactly that quantity from venue `v` and those after it. A cell is the cost times
/// sixteen plus the number of children, so that one comparison prefers fewer children. The cost in
/// it is what exceeds the cheapest unit of all, which keeps cells small.
struct PlanProgram {
  private let venueCount: Int
  private let width: Int
  /// One layer for each number of children allowed; a single one if there is no cap.
  private let layerCount: Int
  private let isCapped: Bool
  private let divisor: Int128
  private let cheapestUnit: Int128
  private var cells: [Int64]
  private var steps: [[(quantity: Int, cell: Int64)]]

  private static let impossible = Int64.max
  private static let countRange: Int64 = 16

  /// - Precondition: At most 15 venues; all costs are multiples of `divisor` and then small enough.
  init(_ oracle: PlanOracle, _ choices: [[Int128?]], divisor: Int128) {
    let problem = oracle.problem
    venueCount = choices.count
    precondition(venueCount < 16)
    width = Int(problem.quantity) + 1
    isCapped = problem.maximumChildren < venueCount
    layerCount = isCapped ? problem.maximumChildren + 1 : 1
    self.divisor = divisor
    var cheapestUnit = Int128.max
    for costs in choices {
      for case (let quantity, let cost?) in costs.enumerated() {
        let unit = (cost / divisor - Int128(quantity)) / Int128(quantity)
        cheapestUnit = min(cheapestUnit, unit)
      }
    }
    self.cheapestUnit = cheapestUnit
    cells = Array(repeating: Self.impossible, count: (venueCount + 1) * layerCount * width)
    steps = choices.map { costs in
      costs.enumerated().compactMap { quantity, cost in
        cost.map { cost in
          precondition(cost % divisor == 0)
          let excess = cost / divisor - cheapestUnit * Int128(quantity)
          return (quantity, Int64(excess) * Self.countRange + 1)
        }
      }
    }
    for layer in 0..<layerCount { cells[row(venueCount, layer)] = 0 }
    for venue in (0..<venueCount).reversed() { fill(venue) }
  }

  private func row(_ venue: Int, _ layer: Int) -> Int { (venue * layerCount + layer) * width }

  /// The layer that is left after one more child, or `nil` if none is allowed.
  private func below(_ layer: Int) -> Int? {
    guard isCapped else { return 0 }
    return layer == 0 ? nil : layer - 1
  }

  private mutating func fill(_ venue: Int) {
    let width = width
    for layer in 0..<layerCount {
      let target = row(venue, layer)
      let unused = row(venue + 1, layer)
      for quantity in 0..<width { cells[target + quantity] = cells[unused + quantity] }
      guard let below = below(layer) else { continue }
      let source = row(venue + 1, below)
      let steps = steps[venue]
      cells.withUnsafeMutableBufferPointer { cells in
        for step in steps {
          var rest = 0
          while rest + step.quantity < width {
            let before = cells[source + rest]
            let end = target + rest + step.quantity
            if before != Self.impossible, before &+ step.cell < cells[end] {
              cells[end] = before &+ step.cell
            }
            rest &+= 1
          }
        }
      }
    }
  }

  private var top: Int { row(0, layerCount - 1) }

  /// The best plan for exactly this quantity.
  func best(for quantity: Int64) -> PlanOracle.Answer? {
    let cell = cells[top + Int(quantity)]
    guard cell != Self.impossible else { return nil }
    let cost = Int128(cell / Self.countRange) + (quantity > 0 ? cheapestUnit * Int128(quantity) : 0)
    return PlanOracle.Answer(
      quantity: quantity, cost: cost * divisor, count: Int(cell % Self.countRange))
  }

  /// The best plan: the most quantity, then the least cost, then the fewest children.
  func best() -> PlanOracle.Answer {
    for quantity in (0..<width).reversed() {
      if let answer = best(for: Int64(quantity)) { return answer }
    }
    return PlanOracle.Answer()
  }

  /// Of the best plans for a quantity the one that gives most to the first venue, then to the next.
  func quantities(for quantity: Int64) -> [Int64] {
    var rest = Int(quantity)
    var layer = layerCount - 1
    var answer: [Int64] = []
    for venue in 0..<venueCount {
      let whole = cells[row(venue, layer) + rest]
      var taken = 0
      if let below = below(layer) {
        for step in steps[venue].reversed() where step.quantity <= rest {
          let left = cells[row(venue + 1, below) + rest - step.quantity]
          guard left != Self.impossible, left &+ step.cell == whole else { continue }
          taken = step.quantity
          layer = below
          break
        }
      }
      answer.append(Int64(taken))
      rest -= taken
    }
    return answer
  }
}
