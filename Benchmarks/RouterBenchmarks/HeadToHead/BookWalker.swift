import RouterCore

/// Walks the levels of several venues together, best first, as every greedy router does.
///
/// It is given what a careful author would give it: it knows the limit, stops at a venue's balance
/// and greatest order, rounds down to lots, and hands what the rounding left to the venue with the
/// best next price. Its memory is made once.
struct BookWalker {
  enum Ranking { case rawPrice, allInPrice }

  /// What each venue gets.
  private(set) var takes: [Int64] = []
  private var cursors: [Int] = []
  private var keys: [Int128] = []

  private static let closed = Int128.max

  /// Walks until the quantity is whole or nothing is left of the venues in `mask`.
  mutating func walk(
    _ problem: RoutingProblem, quantity: Int64, _ ranking: Ranking, mask: UInt64 = .max
  ) {
    begin(problem, ranking, mask)
    var rest = quantity
    while rest > 0, let venue = bestVenue() {
      let level = problem.levels[cursors[venue]]
      let room = roomAtCursor(problem, venue)
      let take = min(rest, level.quantity.mantissa, room)
      takes[venue] += take
      rest -= take
      if take == level.quantity.mantissa {
        advance(problem, venue, ranking)
      } else {
        keys[venue] = Self.closed
      }
    }
    roundToLots(problem, &rest)
    if rest > 0 { topUp(problem, rest, ranking, mask) }
  }

  /// Takes a venue's child away, without looking for another home for it.
  mutating func drop(_ venue: Int) { takes[venue] = 0 }

  /// Replaces the children, for a router that sizes them by another rule.
  mutating func set(_ takes: [Int64]) { self.takes = takes }

  private mutating func begin(_ problem: RoutingProblem, _ ranking: Ranking, _ mask: UInt64) {
    let count = problem.venueCount
    if takes.count != count {
      takes = [Int64](repeating: 0, count: count)
      cursors = [Int](repeating: 0, count: count)
      keys = [Int128](repeating: 0, count: count)
    }
    for venue in 0..<count {
      takes[venue] = 0
      cursors[venue] = problem.starts[venue]
      let isAllowed = mask >> UInt64(venue) & 1 == 1 && problem.terms[venue].exclusion == .none
      keys[venue] = isAllowed ? key(problem, venue, ranking) : Self.closed
    }
  }

  /// The rank of the level at the cursor; less is better on both sides.
  private func key(_ problem: RoutingProblem, _ venue: Int, _ ranking: Ranking) -> Int128 {
    let level = cursors[venue]
    guard level < problem.starts[venue + 1] else { return Self.closed }
    let price =
      ranking == .rawPrice
      ? Int128(problem.levels[level].price.mantissa) : problem.allInPrice(venue, level)
    return problem.isBuy ? price : -price
  }

  private func bestVenue() -> Int? {
    var best = -1
    var bestKey = Self.closed
    for venue in 0..<keys.count where keys[venue] < bestKey {
      best = venue
      bestKey = keys[venue]
    }
    return best >= 0 ? best : nil
  }

  private mutating func advance(_ problem: RoutingProblem, _ venue: Int, _ ranking: Ranking) {
    cursors[venue] += 1
    keys[venue] = key(problem, venue, ranking)
  }

  private func roomAtCursor(_ problem: RoutingProblem, _ venue: Int) -> Int64 {
    let limit = problem.limitPrice(venue, cursors[venue])
    return max(0, problem.mostAllowed(venue, limit: limit) - takes[venue])
  }

  private mutating func roundToLots(_ problem: RoutingProblem, _ rest: inout Int64) {
    for venue in 0..<takes.count {
      let excess = takes[venue] % problem.terms[venue].quantityIncrement.mantissa
      takes[venue] -= excess
      rest += excess
    }
  }

  // MARK: What the rounding left

  /// Adds lots to the venue with the best next price while any has a lot that fits.
  mutating func topUp(
    _ problem: RoutingProblem, _ left: Int64, _ ranking: Ranking, _ mask: UInt64
  ) {
    var rest = left
    while rest > 0 {
      var best: (venue: Int, quantity: Int64)?
      var bestKey = Self.closed
      for venue in 0..<takes.count where mask >> UInt64(venue) & 1 == 1 {
        guard let quantity = addition(problem, venue, rest) else { continue }
        let key = key(problem, venue, ranking)
        if key < bestKey {
          best = (venue, quantity)
          bestKey = key
        }
      }
      guard let best else { return }
      takes[best.venue] += best.quantity
      rest -= best.quantity
    }
  }

  /// The lots of the level where the next unit lies that still fit, at least one; the cursor is
  /// put on that level.
  private mutating func addition(
    _ problem: RoutingProblem, _ venue: Int, _ rest: Int64
  ) -> Int64? {
    let lot = problem.terms[venue].quantityIncrement.mantissa
    guard problem.terms[venue].exclusion == .none, lot <= rest,
      let next = problem.lastLevel(venue, takes[venue] + 1)
    else { return nil }
    cursors[venue] = next
    var inLevel = -takes[venue]
    for level in problem.starts[venue]...next { inLevel += problem.levels[level].quantity.mantissa }
    var quantity = min(rest, max(inLevel, lot))
    quantity -= quantity % lot
    guard let last = problem.lastLevel(venue, takes[venue] + quantity) else { return nil }
    let room = problem.mostAllowed(venue, limit: problem.limitPrice(venue, last)) - takes[venue]
    quantity = min(quantity, room)
    quantity -= quantity % lot
    return quantity > 0 ? quantity : nil
  }
}
