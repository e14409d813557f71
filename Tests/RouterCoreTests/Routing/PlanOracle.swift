import RouterCore

/// The rules of a plan written a second time, one unit after the other.
///
/// Costs are signed (a sell has negative ones), in units of price times quantity times 1e8; an
/// expected cost has four digits more.
struct PlanOracle {
  let problem: PlanProblem
  /// The signed price of a unit that is bought later, in units of price times 1e8.
  var replacement: Int128?

  private static let one: Int128 = 100_000_000
  private static let certain: Int128 = 10_000

  init(_ problem: PlanProblem) { self.problem = problem }

  private var isBuy: Bool { problem.isBuy }

  /// The levels that may be used, with what may be taken of each.
  func usable(_ venue: PlanVenue) -> [(price: Int64, size: Int64)] {
    guard venue.exclusion == .none else { return [] }
    return venue.levels.compactMap { level in
      let limit = onTick(level.price, venue)
      if let worst = problem.limit, isBuy ? limit > worst : limit < worst { return nil }
      let size = level.size * problem.participation / 10_000
      return size > 0 ? (level.price, size) : nil
    }
  }

  /// The tick at which a level is reached.
  func onTick(_ price: Int64, _ venue: PlanVenue) -> Int64 {
    let excess = price % venue.tick
    if excess == 0 { return price }
    return isBuy ? price - excess + venue.tick : price - excess
  }

  /// The worst price and the notional of a quantity; `nil` beyond the depth.
  func walk(
    _ venue: PlanVenue, _ levels: [(price: Int64, size: Int64)], _ quantity: Int64
  ) -> (limit: Int64, notional: Int64, levels: Int)? {
    var rest = quantity
    var notional: Int64 = 0
    for index in levels.indices {
      let part = min(rest, levels[index].size)
      notional += part * levels[index].price
      rest -= part
      if rest == 0 { return (onTick(levels[index].price, venue), notional, index + 1) }
    }
    return nil
  }

  /// What the venue would set aside, in units of price times quantity times 1e4, or of quantity.
  func hold(_ venue: PlanVenue, limit: Int64, _ quantity: Int64) -> Int64 {
    guard isBuy else { return quantity }
    return limit * quantity * (10_000 + (venue.holdsFee ? max(venue.feeBasisPoints, 0) : 0))
  }

  /// Whether the venue would take a child of this quantity at this limit price.
  func accepts(_ venue: PlanVenue, limit: Int64, _ quantity: Int64) -> Bool {
    guard quantity > 0, quantity % venue.lot == 0, limit % venue.tick == 0,
      quantity >= venue.minimumQuantity, quantity <= venue.maximumQuantity,
      limit * quantity >= venue.minimumNotional
    else { return false }
    guard let available = venue.available else { return true }
    return hold(venue, limit: limit, quantity) <= (isBuy ? available * 10_000 : available)
  }

  /// The signed price of one unit at a level, fee included.
  func unit(_ venue: PlanVenue, _ price: Int64) -> Int128 {
    let fee = Int128(venue.feeBasisPoints) * 10_000
    return Int128(price) * (isBuy ? Self.one + fee : fee - Self.one)
  }

  /// The signed cost of a quantity with its fee and without the order cost.
  func cost(_ venue: PlanVenue, notional: Int64) -> Int128 {
    let fee = Int128(venue.feeBasisPoints) * 10_000
    return Int128(notional) * (isBuy ? Self.one + fee : fee - Self.one)
  }

  /// What is minimised, of a signed cost without the order cost.
  func objective(_ venue: PlanVenue, _ cost: Int128, _ quantity: Int64) -> Int128 {
    guard let replacement else { return cost }
    let fills = Int128(venue.fillProbability)
    return fills * cost + (Self.certain - fills) * replacement * Int128(quantity)
  }

  func orderCost(_ venue: PlanVenue) -> Int128 {
    Int128(venue.orderCost) * Self.one * (replacement == nil ? 1 : Self.certain)
  }

  /// For each quantity up to the parent's what it costs at a venue; `nil` where it is not allowed.
  func choices(_ venue: PlanVenue) -> [Int128?] {
    let levels = usable(venue)
    return (0...max(problem.quantity, 0)).map { quantity in
      guard quantity > 0, let walked = walk(venue, levels, quantity),
        accepts(venue, limit: walked.limit, quantity)
      else { return nil }
      let exact = cost(venue, notional: walked.notional)
      return objective(venue, exact, quantity) + orderCost(venue)
    }
  }

  struct Answer: Equatable {
    var quantity: Int64 = 0
    var cost: Int128 = 0
    var count = 0

    func isBetter(than other: Answer) -> Bool {
      (-quantity, cost, count) < (-other.quantity, other.cost, other.count)
    }
  }

  /// The best plan with one child, and its venue; the first in input order if several are.
  func bestSingle(_ choices: [[Int128?]]) -> (venue: Int, answer: Answer)? {
    guard problem.maximumChildren > 0 else { return nil }
    var best: (venue: Int, answer: Answer)?
    for (venue, costs) in choices.enumerated() {
      guard let quantity = costs.lastIndex(where: { $0 != nil }), let cost = costs[quantity] else {
        continue
      }
      let answer = Answer(quantity: Int64(quantity), cost: cost, count: 1)
      if answer.isBetter(than: best?.answer ?? Answer()) { best = (venue, answer) }
    }
    return best
  }

  /// Tries every combination of quantities.
  func enumerated() -> Answer {
    let choices = problem.venues.map(choices)
    var best = Answer()
    func extend(_ index: Int, _ answer: Answer) {
      if answer.isBetter(than: best) { best = answer }
      guard index < choices.count else { return }
      extend(index + 1, answer)
      guard answer.count < problem.maximumChildren else { return }
      for quantity in 1..<max(problem.quantity - answer.quantity + 1, 1) {
        guard let cost = choices[index][Int(quantity)] else { continue }
        extend(
          index + 1,
          Answer(
            quantity: answer.quantity + quantity, cost: answer.cost + cost, count: answer.count + 1)
        )
      }
    }
    extend(0, Answer())
    return best
  }

  /// The merge of all levels up to the most that each venue allows, without order costs: its
  /// signed cost for a quantity, or `nil` if there is not so much.
  func merge(_ choices: [[Int128?]], _ quantity: Int64) -> Int128? {
    var offers: [(unit: Int128, size: Int64)] = []
    for (venue, costs) in zip(problem.venues, choices) {
      var room = Int64(costs.lastIndex { $0 != nil } ?? 0)
      for level in usable(venue) where room > 0 {
        let part = min(level.size, room)
        offers.append((objective(venue, unit(venue, level.price), 1), part))
        room -= part
      }
    }
    offers.sort { $0.unit < $1.unit }
    var rest = quantity
    var total: Int128 = 0
    for offer in offers where rest > 0 {
      let part = min(offer.size, rest)
      total += offer.unit * Int128(part)
      rest -= part
    }
    return rest == 0 ? total : nil
  }
}
