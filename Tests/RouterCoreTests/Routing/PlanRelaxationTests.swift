import Testing

@testable import RouterCore

/// What the search spares itself by what it knows of a node against solving the next one afresh.
struct PlanRelaxationTests {
  private struct Node: ~Copyable {
    var offers = PlanOffers(levelCapacity: 64)
    var lots = LotClasses()
    var relaxation = PlanRelaxation()
    private var least = FixedBuffer<Int64>(repeating: 0, count: PlanRelaxation.venues)

    init(_ problem: PlanProblem) {
      offers.begin(problem.request(nodeBudget: 1))
      for (index, venue) in problem.venues.enumerated() {
        let book = problem.book(venue)
        let levels = problem.isBuy ? book.asks.levels : book.bids.levels
        offers.add(problem.terms(venue, index), levels)
      }
      offers.completeAll()
      for venue in 0..<offers.count {
        relaxation.high[venue] = offers.greatest[venue]
        least[venue] = offers.smallestAllowed(venue, atLeast: 1) ?? 0
      }
      lots.prepare(&offers)
      relaxation.prepare(&offers, least: least)
    }

    /// Gives some venues a narrower range of allowed quantities, or none.
    mutating func narrow(_ random: inout SeededRandom) {
      for venue in 0..<offers.count {
        let most = offers.greatest[venue]
        relaxation.low[venue] = 0
        relaxation.high[venue] = most
        guard most > 0, random.chance(40) else { continue }
        let cut = offers.largestAllowed(venue, atMost: random.next(in: 1...most))
        relaxation.high[venue] = cut
        guard random.chance(50), cut > 0 else { continue }
        let low = offers.smallestAllowed(venue, atLeast: random.next(in: 1...cut)) ?? cut
        relaxation.low[venue] = min(low, cut)
      }
    }

    mutating func solve(_ quantity: Int64, lowered: Int? = nil) -> Int128? {
      lots.sort(&offers, low: relaxation.low, high: relaxation.high)
      return relaxation.solve(&offers, &lots, to: quantity, lowered: lowered)
    }

    mutating func greatestQuantity() -> Int64 {
      lots.sort(&offers, low: relaxation.low, high: relaxation.high)
      return lots.greatestQuantity(&offers) ?? 0
    }

    /// The least objective of all plans of the node for a quantity, by trying all that there are.
    mutating func best(_ quantity: Int64) -> Int128? {
      var best: [Int128?] = [0] + Array(repeating: nil, count: Int(quantity))
      for venue in 0..<offers.count {
        let (low, high) = (relaxation.low[venue], relaxation.high[venue])
        var next: [Int128?] = low == 0 ? best : best.map { _ in nil }
        for take in stride(from: max(low, 1), through: min(high, quantity), by: 1)
        where offers.isAllowed(venue, take) {
          let cost = offers.objective(venue, of: take) + offers.orderCost(venue)
          for total in Int(take)...Int(quantity) {
            guard let before = best[total - Int(take)] else { continue }
            next[total] = min(next[total] ?? .max, before + cost)
          }
        }
        best = next
      }
      return best[Int(quantity)]
    }

    var takes: [Int64] { (0..<offers.count).map { relaxation.take[$0] } }
  }

  private static let seeds = SeedRange.standing(4)

  /// Nodes of the seeds' problems that have an answer; the number of them that were judged.
  private func each(
    _ body: (inout Node, _ quantity: Int64, inout SeededRandom, String) -> Int
  ) -> Int {
    var judged = 0
    for seed in Self.seeds {
      for instance in 0..<PlanClass.instancesPerSeed {
        var random = SeededRandom(seed: seed &* 1000 &+ UInt64(instance) &+ 3)
        var node = Node(PlanGenerator.problem(seed: seed, instance: instance))
        for _ in 0..<4 {
          node.narrow(&random)
          let quantity = node.greatestQuantity()
          guard quantity > 0, node.solve(quantity) != nil else { continue }
          judged += body(&node, quantity, &random, "seed \(seed), instance \(instance)")
        }
      }
    }
    return judged
  }

  @Test func `a node is solved the same from the one above as afresh`() {
    var differing = 0
    let judged = each { node, quantity, random, label in
      var judged = 0
      // Down several steps: each begins where the one before ended.
      for _ in 0..<4 {
        let takers = (0..<node.offers.count).filter {
          node.relaxation.take[$0] > node.relaxation.low[$0]
        }
        guard !takers.isEmpty else { break }
        let venue = random.pick(takers)
        let take = node.relaxation.take[venue]
        let below = node.offers.largestAllowed(
          venue, atMost: random.next(in: 0...take - 1))
        node.relaxation.high[venue] = max(below, node.relaxation.low[venue])
        let objective = node.solve(quantity, lowered: venue)
        let takes = node.takes
        var levels: [Int] = []
        for venue in 0..<node.offers.count where takes[venue] > 0 {
          levels.append(node.relaxation.level(&node.offers, venue))
        }
        let hasTie = node.relaxation.hasTie

        let afresh = node.solve(quantity)
        #expect(objective == afresh, "\(label)")
        guard objective != nil, afresh != nil else { break }
        #expect(takes == node.takes, "\(label)")
        #expect(hasTie == node.relaxation.hasTie, "\(label)")
        var position = 0
        for venue in 0..<node.offers.count where takes[venue] > 0 {
          if levels[position] != node.relaxation.level(&node.offers, venue) { differing += 1 }
          position += 1
        }
        judged += 1
      }
      return judged
    }
    #expect(differing == 0)
    #expect(judged > 300 * Self.seeds.count, "only \(judged) were judged")
  }

  @Test func `no node below costs less than is said of it before it is solved`() {
    var told = 0
    var compared = 0
    let judged = each { node, quantity, random, label in
      let objective = node.relaxation.cost
      let takes = node.takes
      var judged = 0
      for venue in 0..<node.offers.count where takes[venue] > 0 {
        let (low, high) = (node.relaxation.low[venue], node.relaxation.high[venue])
        guard takes[venue] > low, takes[venue] < high else { continue }
        let below = node.offers.largestAllowed(
          venue, atMost: random.next(in: 0...takes[venue] - 1))
        let above = node.offers.smallestAllowed(
          venue, atLeast: random.next(in: takes[venue] + 1...high))
        var bounds: [(low: Int64, high: Int64, cost: Int128)] = []
        if below >= low {
          bounds.append((low, below, node.relaxation.cost(&node.offers, venue, atMost: below)))
        }
        if let above, above <= high {
          bounds.append((above, high, node.relaxation.cost(&node.offers, venue, atLeast: above)))
        }
        for bound in bounds {
          node.relaxation.low[venue] = bound.low
          node.relaxation.high[venue] = bound.high
          // A relaxation that knows less of the lots than the one above may give less.
          let isAbove = node.solve(quantity).map { bound.cost > $0 } ?? false
          if isAbove || judged % 16 == 0 {
            let best = node.best(quantity)
            #expect(bound.cost <= best ?? .max, "\(label), \(bound.low) to \(bound.high)")
            compared += best == nil ? 0 : 1
          }
          judged += 1
          told += bound.cost > objective ? 1 : 0
        }
        node.relaxation.low[venue] = low
        node.relaxation.high[venue] = high
        _ = node.solve(quantity)
      }
      return judged
    }
    #expect(judged > 200 * Self.seeds.count, "only \(judged) were judged")
    #expect(compared > judged / 50, "only \(compared) were compared with a plan")
    #expect(told > judged / 3, "only \(told) of \(judged) said more than the node above")
  }
}
