import RouterCore
import Testing

/// What must hold between the plans of two problems, whatever the numbers.
struct PlannerPropertyTests {
  private static let seeds = SeedRange.standing(2)

  /// Every instance of the seeds with its random numbers, and how many of them were judged.
  private func each(_ body: (PlanProblem, inout SeededRandom, String) -> Bool) {
    var judged = 0
    for seed in Self.seeds {
      for instance in 0..<PlanClass.instancesPerSeed {
        var random = SeededRandom(seed: seed &* 1000 &+ UInt64(instance) &+ 7)
        var problem = PlanGenerator.problem(seed: seed, instance: instance)
        problem.adverseMoveBasisPoints = nil  // Else the replacement moves with the plan.
        if body(problem, &random, "seed \(seed), instance \(instance)") { judged += 1 }
      }
    }
    #expect(judged > 60 * Self.seeds.count, "only \(judged) instances were judged")
  }

  private func signed(_ plan: RoutePlan) -> Int128 {
    plan.side == .buy ? plan.objectiveCost.mantissa : -plan.objectiveCost.mantissa
  }

  /// Whether both plans are proven; then `better` must not be worse than `plan`.
  private func expect(
    _ better: RoutePlan, notWorseThan plan: RoutePlan, _ label: String
  ) -> Bool {
    guard better.isProvenOptimal && plan.isProvenOptimal else { return false }
    #expect(better.planned >= plan.planned, "\(label)")
    if better.planned == plan.planned { #expect(signed(better) <= signed(plan), "\(label)") }
    return true
  }

  @Test func `another venue never makes a plan worse`() {
    each { problem, random, label in
      let donor = PlanGenerator.problem(seed: 99, instance: Int(random.next(in: 0...199)))
      guard donor.side == problem.side, let venue = donor.venues.first else { return false }
      var more = problem
      more.venues.append(venue)
      return expect(more.solve(), notWorseThan: problem.solve(), label)
    }
  }

  @Test func `more depth behind never makes a plan worse`() {
    each { problem, random, label in
      var more = problem
      for index in more.venues.indices {
        guard let last = more.venues[index].levels.last, last.price > 2 else { continue }
        let price = last.price + (problem.isBuy ? 1 : -1)
        more.venues[index].levels.append((price, random.next(in: 1...9)))
      }
      return expect(more.solve(), notWorseThan: problem.solve(), label)
    }
  }

  /// With a minimum notional a larger level can spoil a plan, as a lower limit price then suffices.
  @Test func `larger levels never make a plan worse where no minimum notional is`() {
    each { problem, random, label in
      var less = problem
      for index in less.venues.indices { less.venues[index].minimumNotional = 0 }
      var more = less
      for venue in more.venues.indices {
        for level in more.venues[venue].levels.indices where random.chance(50) {
          more.venues[venue].levels[level].size += random.next(in: 1...9)
        }
      }
      return expect(more.solve(), notWorseThan: less.solve(), label)
    }
  }

  @Test func `more balance never makes a plan worse`() {
    each { problem, random, label in
      var less = problem
      for index in less.venues.indices where random.chance(60) {
        let most = random.next(in: 0...problem.quantity)
        let price = problem.venues[index].levels.first?.price ?? 1
        less.venues[index].available = problem.isBuy ? most * price : most
      }
      var more = less
      for index in more.venues.indices {
        guard let available = more.venues[index].available else { continue }
        more.venues[index].available = available + random.next(in: 0...available / 2 + 9)
      }
      return expect(more.solve(), notWorseThan: less.solve(), label)
    }
  }

  @Test func `a higher fee never makes a plan better`() {
    each { problem, random, label in
      var dearer = problem
      for index in dearer.venues.indices where random.chance(50) {
        dearer.venues[index].feeBasisPoints += random.next(in: 1...30)
      }
      return expect(problem.solve(), notWorseThan: dearer.solve(), label)
    }
  }

  /// Without fees and notionals a sell at `p` is a buy at `c - p`.
  @Test func `a sell is a buy under reflected prices`() {
    each { problem, _, label in
      let top: Int64 = 8_000_000  // Above all prices: six levels, each up to 40 % dearer.
      var original = problem
      original.limit = problem.limit.map { max($0, 1) }
      for index in original.venues.indices {
        original.venues[index].feeBasisPoints = 0
        original.venues[index].tick = 1
        original.venues[index].minimumNotional = 0
        if let available = original.venues[index].available {
          original.venues[index].maximumQuantity = available
          original.venues[index].available = nil
        }
      }
      var mirrored = original
      mirrored.side = original.side.opposite
      mirrored.limit = original.limit.map { top - $0 }
      for index in mirrored.venues.indices {
        mirrored.venues[index].levels = original.venues[index].levels.map {
          (top - $0.price, $0.size)
        }
      }
      let (plan, mirror) = (original.solve(), mirrored.solve())
      let quantities = (0..<plan.legCount).map { plan[$0].quantity }
      #expect(quantities == (0..<mirror.legCount).map { mirror[$0].quantity }, "\(label)")
      let whole = Int128(top) * Int128(plan.planned.mantissa) * 100_000_000
      let shift = original.isBuy ? -whole : whole
      #expect(signed(mirror) == signed(plan) + shift, "\(label)")
      #expect(mirror.nodes == plan.nodes, "\(label)")
      return plan.childCount > 0
    }
  }

  @Test func `the order of the venues changes neither quantity nor cost`() {
    each { problem, random, label in
      var shuffled = problem
      for index in shuffled.venues.indices.reversed() where index > 0 {
        shuffled.venues.swapAt(index, Int(random.next(in: 0...Int64(index))))
      }
      let (plan, other) = (problem.solve(), shuffled.solve())
      guard plan.isProvenOptimal && other.isProvenOptimal else { return false }
      #expect(plan.planned == other.planned, "\(label)")
      #expect(plan.objectiveCost == other.objectiveCost, "\(label)")
      #expect(plan.childCount == other.childCount, "\(label)")
      return true
    }
  }

  @Test func `a larger node budget never gives a worse plan or bound`() {
    each { problem, _, label in
      let short = problem.solve(nodeBudget: 2)
      let long = problem.solve()
      #expect(long.planned >= short.planned, "\(label)")
      if long.planned == short.planned { #expect(signed(long) <= signed(short), "\(label)") }
      return long.isProvenOptimal
    }
  }
}
