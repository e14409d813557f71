import RouterCore

/// A kind of planning problem that the generator makes; each strains one rule, `everything` all.
enum PlanClass: String, CaseIterable {
  case commonLot, decimalLots, binaryLots, arbitraryLots, oddLevels, minima, balances, sellGaps
  case fixedCosts, childCap, feeTiers, ties, participation, everything, expectedCost

  static let instancesPerSeed = 200

  /// The class of one of a seed's instances.
  init(instance: Int) { self = Self.allCases[instance % Self.allCases.count] }

  fileprivate func strains(_ rule: PlanClass, _ random: inout SeededRandom) -> Bool {
    self == rule || (self == .everything && random.chance(50))
      || (self == .expectedCost && random.chance(15))
  }
}

/// Makes problems small enough for the exact program: the same for the same seed and instance.
struct PlanGenerator {
  private var random: SeededRandom
  private let kind: PlanClass
  private var side = Side.buy
  /// The price at the touch; the larger, the finer the differences.
  private var base: Int64 = 100
  private var lots: [Int64] = [1]
  private var problem: PlanProblem

  static func problem(seed: UInt64, instance: Int) -> PlanProblem {
    var generator = PlanGenerator(seed: seed, instance: instance)
    return generator.make()
  }

  private init(seed: UInt64, instance: Int) {
    random = SeededRandom(seed: seed &* 1000 &+ UInt64(instance))
    kind = PlanClass(instance: instance)
    problem = PlanProblem(quantity: 0, venues: [])
  }

  private mutating func make() -> PlanProblem {
    side = kind == .sellGaps || random.chance(50) ? .sell : .buy
    base = random.pick([100, 10_000, 1_000_000])
    lots = chooseLots()
    problem.side = side
    for _ in 0..<random.next(in: 1...8) {
      let venue = venue()
      problem.venues.append(venue)
    }
    if kind.strains(.participation, &random) {
      problem.participation = random.pick([500, 1000, 2500, 3333, 5000, 9000])
    }
    let depth = problem.venues.reduce(0) { $0 + $1.levels.reduce(0) { $0 + $1.size } }
    let most = min(max(depth * problem.participation / 9000, 4), 160)
    problem.quantity = random.next(in: 1...most)
    if random.chance(25) { problem.limit = base + random.next(in: -step * 6...step * 6) }
    if kind.strains(.childCap, &random) { problem.maximumChildren = Int(random.next(in: 1...4)) }
    if kind == .expectedCost {
      problem.quantity = min(problem.quantity, 40)
      problem.adverseMoveBasisPoints = random.pick([0, 1, 3, 12, 50])
    }
    for index in problem.venues.indices {
      var venue = problem.venues[index]
      constrain(&venue)
      problem.venues[index] = venue
    }
    return problem
  }

  private mutating func chooseLots() -> [Int64] {
    switch kind {
    case .decimalLots: [1, 10, 100]
    case .binaryLots: [1, 2, 10]
    case .arbitraryLots: [2, 3, 5]
    case .everything, .expectedCost: random.pick([[1], [1, 10, 100], [1, 2, 10], [2, 3, 5]])
    default: [random.pick([1, 1, 2, 5])]
    }
  }

  /// The usual distance between two prices.
  private var step: Int64 { base == 100 ? 3 : base / 1200 }

  private mutating func venue() -> PlanVenue {
    let lot = random.pick(lots)
    let away: Int64 = side == .buy ? 1 : -1
    let isTied = kind.strains(.ties, &random)
    let isOdd = kind.strains(.oddLevels, &random) || (kind == .arbitraryLots && random.chance(50))
    let isSteep = kind.strains(.sellGaps, &random)
    var price = base + (isTied ? 0 : random.next(in: -step * 2...step * 2))
    var levels: [(price: Int64, size: Int64)] = []
    for _ in 0..<random.next(in: random.chance(5) ? 0...0 : 1...6) {
      let size = isOdd ? random.next(in: 1...20) : lot * random.next(in: 1...max(1, 20 / lot))
      levels.append((price, size))
      if isSteep {
        price += away * max(price * random.next(in: 2...40) / 100, 1)
      } else {
        price += away * (isTied ? step : random.next(in: 1...step * 2))
      }
      if price < 2 { break }
    }
    return PlanVenue(levels: levels, lot: lot)
  }

  private mutating func constrain(_ venue: inout PlanVenue) {
    venue.feeBasisPoints =
      kind == .ties && random.chance(70)
      ? 0 : random.pick(base == 100 ? [-10, 0, 25, 60, 100] : [0, 4, 10, 16, 25])
    venue.holdsFee = random.chance(50)
    if kind.strains(.feeTiers, &random) {
      venue.feeBasisPoints = random.pick([-200, -25, -2, -1, 0, 1, 4, 10, 26, 60, 300])
    }
    if random.chance(15) { venue.tick = random.next(in: 2...5) }
    if random.chance(4) { venue.exclusion = .linkDown }
    if kind == .expectedCost {
      venue.fillProbability = random.pick([0, 100, 3000, 5000, 8700, 9900, 10_000])
    }
    constrainSize(&venue)
    if kind.strains(.balances, &random) && random.chance(70) {
      let most = random.next(in: 0...problem.quantity)
      venue.available = side == .buy ? most * base + random.next(in: 0...base) : most
    }
    if kind.strains(.fixedCosts, &random) && random.chance(70) {
      venue.orderCost = random.next(in: 0...max(base * problem.quantity / 500, 20))
    }
  }

  private mutating func constrainSize(_ venue: inout PlanVenue) {
    if kind.strains(.minima, &random) {
      if random.chance(50) { venue.minimumQuantity = random.next(in: 1...problem.quantity) }
      if random.chance(60) {
        venue.minimumNotional =
          base * random.next(in: 1...problem.quantity) - random.next(in: 0...9)
      }
      if random.chance(20) { venue.maximumQuantity = random.next(in: 1...problem.quantity + 2) }
    } else if kind.strains(.sellGaps, &random) && random.chance(80) {
      let touch = venue.levels.first ?? (base, 1)
      venue.minimumNotional = touch.price * random.next(in: 1...max(touch.size, 2))
    }
  }
}
