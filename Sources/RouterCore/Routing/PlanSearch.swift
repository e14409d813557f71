/// Branch and bound over the quantities that venues allow.
///
/// A node is a range of quantities for each venue. Its relaxation is a merge of all levels by
/// all-in price, which is optimal without lots and minima, and so a bound for what lies below.
struct PlanSearch: ~Copyable, Sendable {
  static let venues = RoutePlan.maximumLegs
  private static let stackCapacity = 256

  // The answer.
  private(set) var bestTake = FixedBuffer<Int64>(repeating: 0, count: venues)
  private(set) var bestQuantity: Int64 = 0
  private(set) var bestCost: Int128 = 0
  private(set) var bestCount = 0
  private(set) var nodes = 0
  private(set) var singleVenue: Int?
  private(set) var singleQuantity: Int64 = 0
  private(set) var singleCost: Int128 = 0
  /// The relaxed cost of the planned quantity.
  private(set) var bound: Int128 = 0
  /// The worst all-in unit that the answer takes, as a positive number.
  private(set) var marginalUnit: Int128 = 0
  /// No plan can reach more than this.
  private(set) var greatestQuantity: Int64 = 0
  /// The most that each venue allows.
  private(set) var rootHigh = FixedBuffer<Int64>(repeating: 0, count: venues)

  // The problem.
  private var target: Int64 = 0
  private var maximumChildren = 0
  /// The relaxation at the root.
  private var rootQuantity: Int64 = -1
  private var rootCost: Int128 = 0

  // The node at hand.
  var low = FixedBuffer<Int64>(repeating: 0, count: venues)
  var high = FixedBuffer<Int64>(repeating: 0, count: venues)
  var take = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var head = FixedBuffer<Int>(repeating: 0, count: venues)
  private var key = FixedBuffer<Int128>(repeating: 0, count: venues)

  // Nodes that wait.
  private var stackLow = FixedBuffer<Int64>(repeating: 0, count: venues * stackCapacity)
  private var stackHigh = FixedBuffer<Int64>(repeating: 0, count: venues * stackCapacity)
  private var stackCount = 0

  mutating func run(_ offers: borrowing PlanOffers, _ request: PlanRequest) {
    start(offers, request)
    guard target > 0, maximumChildren > 0 else { return }
    takeBestSingle(offers)
    guard bestCount > 0 else { return }
    stackCount = 0
    for venue in 0..<offers.count {
      low[venue] = 0
      high[venue] = rootHigh[venue]
    }
    push(offers.count)
    while stackCount > 0 && nodes < max(request.nodeBudget, 1) {
      pop(offers.count)
      nodes += 1
      visit(offers)
    }
    bound = bestQuantity == rootQuantity ? rootCost : relaxedCost(offers, of: bestQuantity)
    findMarginalUnit(offers)
  }

  private mutating func findMarginalUnit(_ offers: borrowing PlanOffers) {
    var worst = Int128.min
    for venue in 0..<offers.count where bestTake[venue] > 0 {
      worst = max(worst, offers.key(venue, offers.level(venue, holding: bestTake[venue])))
    }
    marginalUnit = abs(worst)
  }

  private mutating func start(_ offers: borrowing PlanOffers, _ request: PlanRequest) {
    bestQuantity = 0
    bestCost = 0
    bestCount = 0
    nodes = 0
    singleVenue = nil
    singleQuantity = 0
    singleCost = 0
    bound = 0
    greatestQuantity = 0
    marginalUnit = 0
    rootQuantity = -1
    maximumChildren = request.maximumChildren
    var common: Int64 = 0
    for venue in 0..<offers.count {
      bestTake[venue] = 0
      rootHigh[venue] = offers.largestAllowed(venue, atMost: request.quantity.mantissa)
      if rootHigh[venue] > 0 {
        let increment = offers.terms[venue].quantityIncrement.mantissa
        common = greatestCommonDivisor(increment, common)
      }
    }
    let quantity = max(request.quantity.mantissa, 0)
    target = common > 0 ? quantity - quantity % common : 0
    for venue in 0..<offers.count where greatestQuantity < target {
      greatestQuantity += min(rootHigh[venue], target - greatestQuantity)
    }
  }

  private mutating func takeBestSingle(_ offers: borrowing PlanOffers) {
    for venue in 0..<offers.count where rootHigh[venue] > 0 {
      let quantity = rootHigh[venue]
      guard quantity >= singleQuantity else { continue }
      let cost = fullCost(offers, venue, quantity)
      if quantity > singleQuantity || cost < singleCost {
        singleVenue = venue
        singleQuantity = quantity
        singleCost = cost
      }
    }
    guard let singleVenue else { return }
    bestTake[singleVenue] = singleQuantity
    bestQuantity = singleQuantity
    bestCost = singleCost
    bestCount = 1
  }

  // One node.

  private mutating func visit(_ offers: borrowing PlanOffers) {
    guard limitChildren(offers), let relaxed = relax(offers, to: target) else { return }
    if nodes == 1 {
      rootQuantity = relaxed.quantity
      rootCost = relaxed.cost
    }
    if relaxed.quantity < bestQuantity { return }
    if relaxed.quantity == bestQuantity && relaxed.cost >= bestCost { return }
    roundToIncrements(offers)
    let count = (0..<offers.count).count { take[$0] > 0 }
    if let violator = worstViolator(offers) { return branch(offers, around: violator) }
    if count > maximumChildren {
      if let venue = largestOptional(offers) { branch(offers, around: venue) }
      return
    }
    let planned = consider(offers, count: count)
    if planned < relaxed.quantity, let venue = unusedVenue(offers) {
      return branch(offers, around: venue)
    }
    if let venue = costliestOptional(offers) { branch(offers, around: venue) }
  }

  /// Applies the cap on children; `false` if the node can not respect it or not reach the best.
  private mutating func limitChildren(_ offers: borrowing PlanOffers) -> Bool {
    let forced = (0..<offers.count).count { low[$0] > 0 }
    guard forced <= maximumChildren else { return false }
    if forced == maximumChildren {
      for venue in 0..<offers.count where low[venue] == 0 { high[venue] = 0 }
    }
    return true
  }

  /// Fills `take` by merging levels from the lower ends on; `nil` if those exceed the quantity.
  private mutating func relax(
    _ offers: borrowing PlanOffers, to quantity: Int64
  ) -> (quantity: Int64, cost: Int128)? {
    var rest = quantity
    for venue in 0..<offers.count {
      take[venue] = low[venue]
      rest -= low[venue]
      setHead(offers, venue)
    }
    guard rest >= 0 else { return nil }
    while rest > 0, let venue = cheapest(offers.count) {
      let level = head[venue]
      let end = min(offers.cumulative(venue, level), high[venue])
      let part = min(end - take[venue], rest)
      take[venue] += part
      rest -= part
      advanceHead(offers, venue)
    }
    return (quantity - rest, takenCost(offers))
  }

  private mutating func setHead(_ offers: borrowing PlanOffers, _ venue: Int) {
    guard take[venue] < high[venue] else {
      key[venue] = .max
      return
    }
    let level = take[venue] == 0 ? 0 : offers.level(venue, holding: take[venue] + 1)
    head[venue] = level
    key[venue] = offers.key(venue, level)
  }

  private mutating func advanceHead(_ offers: borrowing PlanOffers, _ venue: Int) {
    guard take[venue] < high[venue] else {
      key[venue] = .max
      return
    }
    guard take[venue] == offers.cumulative(venue, head[venue]) else { return }
    head[venue] += 1
    key[venue] = offers.key(venue, head[venue])
  }

  private func cheapest(_ count: Int) -> Int? {
    var best = Int128.max
    var found = -1
    var venue = 0
    while venue < count {
      if key[venue] < best {
        best = key[venue]
        found = venue
      }
      venue &+= 1
    }
    return found < 0 ? nil : found
  }

  private func takenCost(_ offers: borrowing PlanOffers) -> Int128 {
    var cost: Int128 = 0
    for venue in 0..<offers.count where take[venue] > 0 {
      cost += offers.cost(venue, of: take[venue])
      if low[venue] > 0 { cost += offers.terms[venue].orderCost.mantissa }
    }
    return cost
  }

  private func fullCost(_ offers: borrowing PlanOffers, _ venue: Int, _ quantity: Int64) -> Int128 {
    offers.cost(venue, of: quantity) + offers.terms[venue].orderCost.mantissa
  }

  /// Keeps `take` if it is better than the best so far; its quantity.
  private mutating func consider(_ offers: borrowing PlanOffers, count: Int) -> Int64 {
    var quantity: Int64 = 0
    var cost: Int128 = 0
    for venue in 0..<offers.count where take[venue] > 0 {
      quantity += take[venue]
      cost += fullCost(offers, venue, take[venue])
    }
    let isBetter =
      quantity > bestQuantity
      || (quantity == bestQuantity && (cost, count) < (bestCost, bestCount))
    if isBetter {
      bestQuantity = quantity
      bestCost = cost
      bestCount = count
      for venue in 0..<offers.count { bestTake[venue] = take[venue] }
    }
    return quantity
  }

  /// The cost of the relaxation at the root for `quantity`.
  private mutating func relaxedCost(_ offers: borrowing PlanOffers, of quantity: Int64) -> Int128 {
    for venue in 0..<offers.count {
      low[venue] = 0
      high[venue] = rootHigh[venue]
    }
    return relax(offers, to: quantity)?.cost ?? bestCost
  }

  // Lots.

  /// Rounds every take down to its lot and gives what falls off to venues that can use it.
  private mutating func roundToIncrements(_ offers: borrowing PlanOffers) {
    var planned: Int64 = 0
    for venue in 0..<offers.count where take[venue] > 0 {
      take[venue] -= take[venue] % offers.terms[venue].quantityIncrement.mantissa
      planned += take[venue]
    }
    var rest = target - planned
    var rounds = 0
    while rest > 0 && rounds < 256 {
      let inPlan = cheapestCrumb(offers, rest, startsChild: false)
      guard let crumb = inPlan ?? cheapestCrumb(offers, rest, startsChild: true) else { return }
      take[crumb.venue] += crumb.quantity
      rest -= crumb.quantity
      rounds += 1
    }
  }

  /// Where a crumb costs least: in whole lots, within one level.
  private func cheapestCrumb(
    _ offers: borrowing PlanOffers, _ rest: Int64, startsChild: Bool
  ) -> (venue: Int, quantity: Int64)? {
    var best: (venue: Int, quantity: Int64, key: Int128)?
    for venue in 0..<offers.count
    where (take[venue] == 0) == startsChild && take[venue] < high[venue] {
      let level = offers.level(venue, holding: take[venue] + 1)
      let key = offers.key(venue, level)
      if let best, best.key <= key { continue }
      let quantity = crumb(offers, venue, level, rest)
      if quantity > 0 { best = (venue, quantity, key) }
    }
    return best.map { ($0.venue, $0.quantity) }
  }

  private func crumb(
    _ offers: borrowing PlanOffers, _ venue: Int, _ level: Int, _ rest: Int64
  ) -> Int64 {
    if take[venue] == 0 {
      let least = offers.smallestAllowed(venue, atLeast: 1) ?? .max
      return least <= min(rest, high[venue]) ? least : 0
    }
    let increment = offers.terms[venue].quantityIncrement.mantissa
    let room = min(rest, high[venue] - take[venue])
    let inLevel = min(room, offers.cumulative(venue, level) - take[venue])
    let lots = max(inLevel - inLevel % increment, increment)
    return lots <= room ? lots : 0
  }

  // Branching.

  /// The venue whose take is not allowed and is furthest from being so.
  private func worstViolator(_ offers: borrowing PlanOffers) -> Int? {
    var worst: (venue: Int, shortfall: Int64)?
    for venue in 0..<offers.count
    where take[venue] > 0 && !offers.isAllowed(venue, take[venue]) {
      let needed = offers.smallestAllowed(venue, atLeast: take[venue]) ?? .max
      let shortfall = needed - take[venue]
      if shortfall > worst?.shortfall ?? -1 { worst = (venue, shortfall) }
    }
    return worst?.venue
  }

  /// The venue with the largest take among those that need not trade.
  private func largestOptional(_ offers: borrowing PlanOffers) -> Int? {
    var largest: Int?
    for venue in 0..<offers.count where low[venue] == 0 && take[venue] > 0 {
      if take[venue] > largest.map({ take[$0] }) ?? 0 { largest = venue }
    }
    return largest
  }

  /// A venue that could take a crumb that is left, the one with the finest lot.
  private func unusedVenue(_ offers: borrowing PlanOffers) -> Int? {
    var finest: Int?
    for venue in 0..<offers.count where low[venue] == 0 && take[venue] == 0 && high[venue] > 0 {
      let increment = offers.terms[venue].quantityIncrement
      if let finest, offers.terms[finest].quantityIncrement <= increment { continue }
      finest = venue
    }
    return finest
  }

  private func costliestOptional(_ offers: borrowing PlanOffers) -> Int? {
    var costliest: Int?
    for venue in 0..<offers.count where low[venue] == 0 && take[venue] > 0 {
      let cost = offers.terms[venue].orderCost
      if cost > costliest.map({ offers.terms[$0].orderCost }) ?? .zero { costliest = venue }
    }
    return costliest
  }

  /// Splits the node: at this venue at least the next allowed quantity, or at most the one before.
  private mutating func branch(_ offers: borrowing PlanOffers, around venue: Int) {
    guard stackCount + 2 <= Self.stackCapacity else { return }
    let (oldLow, oldHigh) = (low[venue], high[venue])
    let isForced = take[venue] > 0 && !offers.isAllowed(venue, take[venue])
    let least = isForced ? take[venue] : 1
    let below = isForced ? offers.largestAllowed(venue, atMost: take[venue]) : 0
    if below >= oldLow {
      high[venue] = below
      push(offers.count)
      high[venue] = oldHigh
    }
    if let above = offers.smallestAllowed(venue, atLeast: max(least, oldLow)), above <= oldHigh {
      low[venue] = above
      push(offers.count)
      low[venue] = oldLow
    }
  }

  private mutating func push(_ count: Int) {
    for venue in 0..<count {
      stackLow[stackCount * Self.venues + venue] = low[venue]
      stackHigh[stackCount * Self.venues + venue] = high[venue]
    }
    stackCount += 1
  }

  private mutating func pop(_ count: Int) {
    stackCount -= 1
    for venue in 0..<count {
      low[venue] = stackLow[stackCount * Self.venues + venue]
      high[venue] = stackHigh[stackCount * Self.venues + venue]
    }
  }

  private func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
