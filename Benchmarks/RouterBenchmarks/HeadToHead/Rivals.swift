import RouterCore

/// The routers that others have, each written as well as its idea allows.
///
/// All of them respect limit, lots, greatest order, balance and the cap on children. They differ
/// in what they rank by and in what they do about a child that turns out too small.
struct Rivals {
  enum Method: CaseIterable {
    case singleVenue, proRata, greedyRawPrice, greedyRewalk, greedyLargest

    var name: String {
      switch self {
      case .singleVenue: "best single venue"
      case .proRata: "pro rata to depth"
      case .greedyRawPrice: "greedy, raw price, drop too small"
      case .greedyRewalk: "greedy, all-in, drop and rewalk"
      case .greedyLargest: "greedy, all-in, keep K largest"
      }
    }

    var key: String {
      switch self {
      case .singleVenue: "single-venue"
      case .proRata: "pro-rata"
      case .greedyRawPrice: "greedy-raw"
      case .greedyRewalk: "greedy-rewalk"
      case .greedyLargest: "greedy-largest"
      }
    }
  }

  private var walker = BookWalker()

  /// What each venue gets.
  var takes: [Int64] { walker.takes }

  mutating func plan(_ problem: RoutingProblem, _ method: Method) {
    switch method {
    case .singleVenue: planSingleVenue(problem)
    case .proRata: planProRata(problem)
    case .greedyRawPrice: planRawPrice(problem)
    case .greedyRewalk: planRewalk(problem)
    case .greedyLargest: planLargest(problem)
    }
  }

  // MARK: One venue

  /// The venue that can fill most of the order; among equals the cheapest with its order cost.
  private mutating func planSingleVenue(_ problem: RoutingProblem) {
    var best = (venue: -1, quantity: Int64(0), cost: Int128(0))
    for venue in 0..<problem.venueCount {
      walker.walk(problem, quantity: problem.quantity, .allInPrice, mask: 1 << UInt64(venue))
      let quantity = walker.takes[venue]
      guard problem.isAccepted(venue, quantity), quantity >= best.quantity else { continue }
      let orderCost = problem.terms[venue].orderCost.mantissa
      // On a sell the cost is what the child brings, so less of it is worse.
      let cost =
        problem.isBuy
        ? problem.allInCost(venue, quantity) + orderCost
        : orderCost - problem.allInCost(venue, quantity)
      if quantity > best.quantity || cost < best.cost { best = (venue, quantity, cost) }
    }
    var takes = [Int64](repeating: 0, count: problem.venueCount)
    if best.venue >= 0 { takes[best.venue] = best.quantity }
    walker.set(takes)
  }

  // MARK: Pro rata

  /// Splits in proportion to what each venue shows down to the price at which the market as a
  /// whole shows twice the order; deeper levels say nothing about where the order can trade.
  private mutating func planProRata(_ problem: RoutingProblem) {
    walker.walk(problem, quantity: problem.quantity &* 2, .allInPrice)
    let depths = walker.takes
    var mask = largest(depths, problem.request.maximumChildren)
    // A venue whose part is too small for it leaves its part to the others.
    while true {
      proportion(problem, depths, mask)
      guard let venue = smallestRefused(problem) else { return }
      mask &= ~(1 << UInt64(venue))
    }
  }

  private mutating func proportion(_ problem: RoutingProblem, _ depths: [Int64], _ mask: UInt64) {
    var takes = [Int64](repeating: 0, count: depths.count)
    var total: Int128 = 0
    for venue in depths.indices where contains(mask, venue) { total += Int128(depths[venue]) }
    var rest = problem.quantity
    for venue in depths.indices where contains(mask, venue) && total > 0 {
      let share = Int64(Int128(problem.quantity) * Int128(depths[venue]) / total)
      var quantity = min(share, depths[venue])
      quantity -= quantity % problem.terms[venue].quantityIncrement.mantissa
      takes[venue] = quantity
      rest -= quantity
    }
    walker.set(takes)
    walker.topUp(problem, rest, .allInPrice, mask)
  }

  // MARK: Greedy

  /// Ranks by the price on the screen; a child that a venue refuses is dropped.
  private mutating func planRawPrice(_ problem: RoutingProblem) {
    walker.walk(problem, quantity: problem.quantity, .rawPrice)
    let kept = largest(walker.takes, problem.request.maximumChildren)
    for venue in 0..<problem.venueCount where walker.takes[venue] > 0 {
      if !contains(kept, venue) || !problem.isAccepted(venue, walker.takes[venue]) {
        walker.drop(venue)
      }
    }
  }

  /// Ranks by the price with fee; without the smallest child that is refused, or one too many, it
  /// walks again until all stand.
  private mutating func planRewalk(_ problem: RoutingProblem) {
    var mask = UInt64.max
    while true {
      walker.walk(problem, quantity: problem.quantity, .allInPrice, mask: mask)
      guard let venue = smallestRefused(problem) ?? smallestBeyondCap(problem) else { return }
      mask &= ~(1 << UInt64(venue))
    }
  }

  /// Walks once, keeps the K largest children, and walks again over their venues alone.
  private mutating func planLargest(_ problem: RoutingProblem) {
    walker.walk(problem, quantity: problem.quantity, .allInPrice)
    var mask = largest(walker.takes, problem.request.maximumChildren)
    while true {
      walker.walk(problem, quantity: problem.quantity, .allInPrice, mask: mask)
      guard let venue = smallestRefused(problem) else { return }
      mask &= ~(1 << UInt64(venue))
    }
  }

  private func smallestRefused(_ problem: RoutingProblem) -> Int? {
    smallest { !problem.isAccepted($0, walker.takes[$0]) }
  }

  private func smallestBeyondCap(_ problem: RoutingProblem) -> Int? {
    let children = walker.takes.count { $0 > 0 }
    return children > problem.request.maximumChildren ? smallest { _ in true } : nil
  }

  private func smallest(_ isMeant: (Int) -> Bool) -> Int? {
    var best: Int?
    for venue in walker.takes.indices where walker.takes[venue] > 0 && isMeant(venue) {
      if best.map({ walker.takes[venue] < walker.takes[$0] }) ?? true { best = venue }
    }
    return best
  }

  /// The `count` venues that got most.
  private func largest(_ takes: [Int64], _ count: Int) -> UInt64 {
    var mask: UInt64 = 0
    for _ in 0..<count {
      var best = -1
      for venue in takes.indices
      where takes[venue] > 0 && !contains(mask, venue) && (best < 0 || takes[venue] > takes[best]) {
        best = venue
      }
      guard best >= 0 else { break }
      mask |= 1 << UInt64(best)
    }
    return mask
  }

  private func contains(_ mask: UInt64, _ venue: Int) -> Bool { mask >> UInt64(venue) & 1 == 1 }
}
