import RouterCore

/// Splits of one order over several venues, from the books to the finished plan.
///
/// Each shape of the market with an order that takes one level, ten or fifty of the merged book:
///
/// - open: one lot for all, no minima, no balances;
/// - root-optimal: lots, minima, notional, balances and a cap on children are all set, and none
///   of them stands in the way of the plain merge, so that the search ends at its root;
/// - binding: lots of their own, minima near the size of a child, balances that are too small, an
///   order cost, and at most four children.
enum PlanBenchmarks {
  enum Rules: String { case open, rootOptimal = "root-optimal", binding }

  private static let sets = 64
  private static let shapes = [(3, 20), (8, 20), (8, 100)]
  private static let depths = [("one", 1), ("ten", 10), ("deep", 50)]

  static func run(_ benchmarker: inout Benchmarker) {
    for (venues, levels) in shapes {
      for (depth, used) in depths {
        for rules in [Rules.open, .rootOptimal, .binding] {
          let name = "plan/\(venues)x\(levels)/\(depth)/\(rules.rawValue)"
          guard benchmarker.wants(name) || benchmarker.wants("naive/\(name)") else { continue }
          var random = SeededRandom(seed: UInt64(venues * 1000 + levels * 10 + used))
          let problems = makeProblems(venues, levels, used: used, rules, &random)
          measure(&benchmarker, name, problems)
        }
      }
    }
  }

  private static func measure(
    _ benchmarker: inout Benchmarker, _ name: String, _ problems: [RoutingProblem]
  ) {
    let shelf = BookShelf(problems)
    var planner = Planner(levelCapacity: 128)
    var plan = RoutePlan()
    // All of the search, and its root alone: the difference is what the further nodes take.
    let nodes = problems.indices.map { set in
      shelf.plan(set, &planner, into: &plan)
      return plan.nodes
    }
    benchmarker.measure(name, calls: 50_000) { call in
      let set = call &* 29 % problems.count
      shelf.plan(set, &planner, into: &plan)
      return UInt64(truncatingIfNeeded: plan.planned.mantissa)
    }
    benchmarker.note(name, nodes: nodes)
    if nodes.contains(where: { $0 > 1 }) {
      let rootShelf = BookShelf(problems.map { $0.with(nodeBudget: 1) })
      let rootNodes = problems.indices.map { set in
        rootShelf.plan(set, &planner, into: &plan)
        return plan.nodes
      }
      benchmarker.measure("\(name)/root-only", calls: 50_000) { call in
        let set = call &* 29 % problems.count
        rootShelf.plan(set, &planner, into: &plan)
        return UInt64(truncatingIfNeeded: plan.planned.mantissa)
      }
      benchmarker.note("\(name)/root-only", nodes: rootNodes)
    }
    benchmarker.measure("naive/\(name)", calls: 4000) { call in
      UInt64(truncatingIfNeeded: SortingPlanner.plan(problems[call &* 29 % problems.count]))
    }
  }

  // MARK: Problems

  private static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 4, quantityScale: 8)
  private static let lot: Int64 = 100_000
  private static let tick: Int64 = 100

  /// For root-optimal, problems that the planner does not prove at the root are passed over.
  private static func makeProblems(
    _ venues: Int, _ levels: Int, used: Int, _ rules: Rules, _ random: inout SeededRandom
  ) -> [RoutingProblem] {
    var problems: [RoutingProblem] = []
    var planner = Planner(levelCapacity: 128)
    var plan = RoutePlan()
    for _ in 0..<sets * 50 where problems.count < sets {
      let problem = makeProblem(venues, levels, used: used, rules, &random)
      if rules == .rootOptimal {
        BookShelf([problem]).plan(0, &planner, into: &plan)
        guard plan.isProvenOptimal, plan.nodes <= 1, plan.residual == .zero else { continue }
      }
      problems.append(problem)
    }
    precondition(!problems.isEmpty, "no problem is optimal at its root")
    return problems
  }

  private static func makeProblem(
    _ venues: Int, _ levels: Int, used: Int, _ rules: Rules, _ random: inout SeededRandom
  ) -> RoutingProblem {
    let books = (0..<venues).map { _ in makeAsks(levels, &random) }
    let terms = (0..<venues).map { makeTerms($0, rules, &random) }
    let quantity = quantity(used: used, books, terms, &random)
    let cap = rules == .binding ? min(4, venues) : venues
    let request = PlanRequest(
      instrument: instrument, side: .buy, quantity: Quantity(mantissa: quantity),
      limitPrice: rules == .open ? nil : Price(mantissa: 700_000_000), maximumChildren: cap)
    return RoutingProblem(request: request, terms: terms, books: books)
  }

  private static func makeAsks(_ levels: Int, _ random: inout SeededRandom) -> [BookLevel] {
    var price: Int64 = 600_000_000 + Int64(random.below(2000)) * tick
    return (0..<levels).map { _ in
      price += tick * Int64(1 + random.below(50))
      return BookLevel(
        price: Price(mantissa: price),
        quantity: Quantity(mantissa: lot * Int64(100 + random.below(900))))
    }
  }

  /// As much as the best levels of all venues hold, by price with fee, but for a part of the last.
  private static func quantity(
    used: Int, _ books: [[BookLevel]], _ terms: [VenueTerms], _ random: inout SeededRandom
  ) -> Int64 {
    let merged = zip(books, terms).flatMap { levels, terms in
      levels.map { level in
        (
          key: Int128(level.price.mantissa)
            * Int128(FeeRate.one + terms.fee.partsPerHundredMillion),
          quantity: level.quantity.mantissa
        )
      }
    }.sorted { $0.key < $1.key }.prefix(used)
    let total = merged.reduce(0) { $0 + $1.quantity }
    let last = (merged.last?.quantity ?? lot) / lot
    return total - lot * Int64(random.below(max(1, Int(last / 2))))
  }

  private static func makeTerms(
    _ venue: Int, _ rules: Rules, _ random: inout SeededRandom
  ) -> VenueTerms {
    var terms = VenueTerms(
      listing: ListingID(UInt16(venue)), venue: VenueID(UInt8(venue)),
      priceIncrement: Price(mantissa: tick), quantityIncrement: Quantity(mantissa: lot),
      fee: FeeRate(partsPerHundredMillion: Int64(random.below(30)) * 1000))
    switch rules {
    case .open: break
    case .rootOptimal:
      terms.minimumQuantity = Quantity(mantissa: lot)
      terms.maximumQuantity = Quantity(mantissa: 1_000_000_000_000)
      terms.minimumNotional = quote(5)
      terms.holdsFee = venue % 2 == 0
      terms.available = amount(100_000_000)
    case .binding:
      terms.quantityIncrement = Quantity(mantissa: lot * [1, 2, 5][random.below(3)])
      terms.minimumQuantity = Quantity(mantissa: 20_000_000)
      terms.minimumNotional = quote(5000)
      terms.holdsFee = venue % 2 == 0
      terms.available = amount(50_000 + random.below(150_000))
      terms.orderCost = AllInCost(mantissa: Int128(random.below(3)) * powerOfTen(20))
    }
    return terms
  }

  private static func quote(_ units: Int) -> Notional {
    Notional(mantissa: Int128(units) * powerOfTen(instrument.notionalScale))
  }

  private static func amount(_ units: Int) -> Amount {
    Amount(mantissa: Int128(units) * powerOfTen(Amount.scale))
  }
}
