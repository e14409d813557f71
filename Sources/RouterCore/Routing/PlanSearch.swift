/// Finds the best plan: the greatest quantity, then the least objective, then the fewest children.
///
/// Branch and bound. A node is a range of quantities for each venue; its relaxation bounds what
/// lies below. Where the relaxed answer breaks a rule of a venue, the node is split around it: the
/// venue takes at most the allowed quantity below, or at least the one above. Most instances end at
/// the root, which is one merge of levels.
struct PlanSearch: ~Copyable, Sendable {
  static let venues = RoutePlan.maximumLegs

  // The answer.
  private(set) var bestTake = FixedBuffer<Int64>(repeating: 0, count: venues)
  /// What the venues that take something are sent.
  private(set) var children = FixedBuffer<PlanChild>(repeating: PlanChild(), count: venues)
  private(set) var bestQuantity: Int64 = 0
  private(set) var bestObjective: Int128 = 0
  private(set) var bestCount = 0
  private(set) var nodes = 0
  private(set) var singleVenue: Int?
  private(set) var singleQuantity: Int64 = 0
  private(set) var singleObjective: Int128 = 0
  /// No plan for the planned quantity has a lower objective.
  private(set) var bound: Int128 = 0
  /// The merge of all levels for the planned quantity.
  private(set) var rootBound: Int128 = 0
  private(set) var isProven = false
  /// The signed all-in cost of the worst unit that the plan takes.
  private(set) var worstUnit = Int128.min

  // The problem.
  private var maximumChildren = 0
  private var least = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var lots = LotClasses()
  var trial = FixedBuffer<Int64>(repeating: 0, count: venues)
  var relaxation = PlanRelaxation()
  private var root = RootMerge()
  private var rooms = LargestRooms()

  private var waiting = WaitingNodes()
  /// What the relaxation of the node at hand reaches, and for how much.
  private var node = NodeBound.none
  /// The next node is the one at hand but for this venue, whose upper end is lower.
  private var descent: Int?
  /// Whether a venue was found to be of no use in the node at hand.
  private var hasClosed = false
  /// The venues that would not take what the relaxation gives them, a bit for each.
  private var violators: UInt32 = 0

  mutating func run(_ offers: inout PlanOffers, _ request: PlanRequest) {
    start(request)
    guard offers.quantity > 0, maximumChildren > 0 else {
      isProven = true
      for venue in 0..<offers.count { bestTake[venue] = 0 }
      return offers.completeAll()
    }
    if offers.objectiveScale == 1
      && root.solve(&offers, maximumChildren, take: &bestTake, &children)
    {
      return adoptRoot(offers.quantity)
    }
    search(&offers, budget: request.nodeBudget)
    // What was left out could be better.
    if offers.hasLevelsOutOfRange { isProven = false }
    makeChildren(&offers)
  }

  private mutating func search(_ offers: inout PlanOffers, budget: Int) {
    offers.completeAll()
    takeBestSingle(&offers)
    guard bestCount > 0 else {
      isProven = true
      return
    }
    nodes = 1
    if mergeIsOptimal(&offers) { return }
    prepareNodes(&offers)
    branchAndBound(&offers, budget: budget)
    certify(&offers)
  }

  private mutating func start(_ request: PlanRequest) {
    bestQuantity = 0
    bestObjective = 0
    bestCount = 0
    nodes = 0
    singleVenue = nil
    singleQuantity = 0
    singleObjective = 0
    bound = 0
    rootBound = 0
    isProven = false
    worstUnit = .min
    waiting.removeAll()
    descent = nil
    maximumChildren = request.maximumChildren
  }

  private mutating func adoptRoot(_ quantity: Int64) {
    bestQuantity = quantity
    bestObjective = root.objective
    bestCount = root.count
    nodes = 1
    singleVenue = root.singleVenue
    singleQuantity = root.singleQuantity
    singleObjective = root.singleObjective
    bound = root.objective
    rootBound = root.objective
    worstUnit = root.worstUnit
    isProven = true
  }

  private mutating func makeChildren(_ offers: inout PlanOffers) {
    for venue in 0..<offers.count where bestTake[venue] > 0 {
      let level = offers.level(venue, holding: bestTake[venue])
      worstUnit = max(worstUnit, offers.unitCost(venue, level))
      children[venue] = PlanChild(
        notional: offers.notional(venue, of: bestTake[venue], in: level),
        limit: offers.limitPrice(venue, level), level: level)
    }
  }

  // The best single venue.

  private mutating func takeBestSingle(_ offers: inout PlanOffers) {
    var best = -1
    for venue in 0..<offers.count {
      bestTake[venue] = 0
      let quantity = offers.greatest[venue]
      guard quantity > 0, quantity >= singleQuantity else { continue }
      let objective =
        offers.objective(venue, of: quantity, in: offers.greatestLevel[venue])
        &+ offers.orderCost(venue)
      if quantity > singleQuantity || objective < singleObjective {
        best = venue
        singleQuantity = quantity
        singleObjective = objective
      }
    }
    guard best >= 0 else { return }
    singleVenue = best
    bestTake[best] = singleQuantity
    bestQuantity = singleQuantity
    bestObjective = singleObjective
    bestCount = 1
  }

  // The root without envelopes.

  /// Whether plain merging already breaks no rule, and so nothing can be better.
  private mutating func mergeIsOptimal(_ offers: inout PlanOffers) -> Bool {
    var reachable: Int64 = 0
    for venue in 0..<offers.count {
      relaxation.low[venue] = 0
      relaxation.high[venue] = offers.greatest[venue]
      reachable &+= min(offers.greatest[venue], offers.quantity &- reachable)
    }
    if offers.hasOneLot {
      reachable &-= reachable % offers.terms[0].quantityIncrement.mantissa
    }
    guard !offers.hasOrderCosts, relaxation.mergeLevels(&offers, to: reachable) == 0,
      !relaxation.hasTie
    else { return false }
    var count = 0
    for venue in 0..<offers.count where relaxation.take[venue] > 0 {
      count &+= 1
      guard relaxation.isAllowed(&offers, venue) else { return false }
    }
    guard count <= maximumChildren else { return false }
    let objective = relaxation.cost
    tryTake(offers.count)
    keepIfBetter(&offers, reachable, objective, count)
    bound = objective
    rootBound = objective
    isProven = true
    return true
  }

  // Branch and bound.

  private mutating func prepareNodes(_ offers: inout PlanOffers) {
    for venue in 0..<offers.count {
      relaxation.low[venue] = 0
      relaxation.high[venue] = offers.greatest[venue]
      least[venue] = offers.greatest[venue] > 0 ? offers.smallestAllowed(venue, atLeast: 1) ?? 0 : 0
    }
    lots.prepare(&offers)
    lots.sort(&offers, low: relaxation.low, high: relaxation.high)
    relaxation.prepare(&offers, least: least)
    push(offers.count, .none)
  }

  private mutating func branchAndBound(_ offers: inout PlanOffers, budget: Int) {
    nodes = 0
    while nodes < max(budget, 1) && (descent != nil || waiting.count > 0) {
      nodes &+= 1
      if descent != nil || pop(offers.count) { visit(&offers) }
    }
    if descent != nil { push(offers.count, .none) }
    descent = nil
  }

  private mutating func visit(_ offers: inout PlanOffers) {
    let lowered = descent
    descent = nil
    guard let quantity = reachableQuantity(&offers), quantity > 0, quantity >= bestQuantity,
      let objective = relaxation.solve(
        &offers, &lots, to: quantity, lowered: hasClosed ? nil : lowered)
    else { return }
    if isSettled(&offers, quantity, objective) { return }
    node = NodeBound(quantity: quantity, objective: objective)
    let count = takenCount(&offers)
    guard count <= maximumChildren else { return splitLargest(&offers) }
    if let (venue, above) = findViolators(&offers) {
      if !offers.hasOneLot {
        repair(&offers, quantity)
        if isSettled(&offers, quantity, objective) { return }
        if splitProgression(&offers, quantity) { return }
      }
      return split(&offers, around: venue, above)
    }
    let full = relaxation.fullCost(&offers)
    tryTake(offers.count)
    keepIfBetter(&offers, quantity, full, count)
    if full > objective, let venue = costliestCut(&offers) {
      splitOptional(venue, &offers)
    } else if relaxation.hasTie && count > leastCount(&offers, quantity) {
      splitLargest(&offers)
    }
  }

  /// Whether nothing below a node with this relaxed answer can be better than the best plan.
  private mutating func isSettled(
    _ offers: inout PlanOffers, _ quantity: Int64, _ objective: Int128
  ) -> Bool {
    guard quantity == bestQuantity, objective >= bestObjective else { return false }
    return objective > bestObjective || leastCount(&offers, quantity) >= bestCount
  }

  /// The greatest quantity below a node, or `nil` if there is none; applies the cap on children.
  private mutating func reachableQuantity(_ offers: inout PlanOffers) -> Int64? {
    hasClosed = false
    var forced = 0
    var optional = 0
    var forcedRoom: Int64 = 0
    var largest: Int64 = 0
    let most = offers.quantity
    let (lows, highs, leasts) = unsafe (relaxation.low.base, relaxation.high.base, least.base)
    for venue in 0..<offers.count {
      let high = unsafe highs[venue]
      if unsafe lows[venue] > 0 {
        forced &+= 1
        forcedRoom &+= min(high, most &- forcedRoom)
      } else if unsafe high >= max(leasts[venue], 1) {
        optional &+= 1
        largest = max(largest, high)
      } else {
        hasClosed = hasClosed || high > 0
        unsafe highs[venue] = 0
      }
    }
    guard forced <= maximumChildren else { return nil }
    if forced == maximumChildren && optional > 0 {
      hasClosed = true
      for venue in 0..<offers.count where relaxation.low[venue] == 0 { relaxation.high[venue] = 0 }
    }
    lots.sort(&offers, low: relaxation.low, high: relaxation.high)
    guard let quantity = lots.greatestQuantity(&offers) else { return nil }
    let free = maximumChildren &- forced
    guard optional > free, free == 0 || largest < most &- forcedRoom else { return quantity }
    return min(quantity, addLargest(free, to: forcedRoom, &offers))
  }

  /// What the forced venues and the largest `optional` others can take together.
  private mutating func addLargest(
    _ optional: Int, to forcedRoom: Int64, _ offers: inout PlanOffers
  ) -> Int64 {
    rooms.sort(low: relaxation.low, high: relaxation.high, offers.count, most: optional)
    var total = forcedRoom
    for place in 0..<rooms.count { total &+= min(rooms[place], offers.quantity &- total) }
    return total
  }

  /// No plan for `quantity` below the node has fewer children.
  private mutating func leastCount(_ offers: inout PlanOffers, _ quantity: Int64) -> Int {
    var rest = quantity
    var count = 0
    for venue in 0..<offers.count where relaxation.low[venue] > 0 {
      rest &-= min(relaxation.high[venue], rest)
      count &+= 1
    }
    rooms.sort(low: relaxation.low, high: relaxation.high, offers.count, most: Self.venues)
    var place = 0
    while rest > 0 && place < rooms.count {
      rest &-= min(rooms[place], rest)
      place &+= 1
    }
    return count &+ place
  }

  private mutating func takenCount(_ offers: inout PlanOffers) -> Int {
    var count = 0
    for venue in 0..<offers.count where relaxation.take[venue] > 0 { count &+= 1 }
    return count
  }

  private mutating func tryTake(_ count: Int) {
    for venue in 0..<count { trial[venue] = relaxation.take[venue] }
  }

  /// Keeps the plan in `trial` if it is better than the best so far.
  mutating func keepIfBetter(
    _ offers: inout PlanOffers, _ quantity: Int64, _ objective: Int128, _ count: Int
  ) {
    guard quantity >= bestQuantity else { return }
    if quantity == bestQuantity {
      guard (objective, count) <= (bestObjective, bestCount) else { return }
      guard (objective, count) < (bestObjective, bestCount) || comesFirst(&offers)
      else { return }
    }
    bestQuantity = quantity
    bestObjective = objective
    bestCount = count
    for venue in 0..<offers.count { bestTake[venue] = trial[venue] }
  }

  /// Whether of two equally good plans this one gives more to the earlier venues.
  private mutating func comesFirst(_ offers: inout PlanOffers) -> Bool {
    for venue in 0..<offers.count where trial[venue] != bestTake[venue] {
      return trial[venue] > bestTake[venue]
    }
    return false
  }

  // Splitting a node.

  /// The venue whose take is not allowed and is furthest from being so, with the least quantity
  /// above that is; notes all such venues.
  private mutating func findViolators(
    _ offers: inout PlanOffers
  ) -> (venue: Int, above: Int64?)? {
    var worst: (venue: Int, above: Int64?)?
    var worstShortfall: Int64 = -1
    violators = 0
    for venue in 0..<offers.count
    where relaxation.take[venue] > 0 && !relaxation.isAllowed(&offers, venue) {
      violators |= 1 &<< UInt32(truncatingIfNeeded: venue)
      let take = relaxation.take[venue]
      let above = offers.smallestAllowed(
        venue, atLeast: take, in: relaxation.level(&offers, venue))
      let shortfall = (above ?? .max) &- take
      if shortfall > worstShortfall {
        worst = (venue, above)
        worstShortfall = shortfall
      }
    }
    return worst
  }

  func isViolator(_ venue: Int) -> Bool {
    violators & (1 &<< UInt32(truncatingIfNeeded: venue)) != 0
  }

  /// The greatest allowed quantity up to what a venue takes.
  mutating func largestBelow(_ offers: inout PlanOffers, _ venue: Int) -> Int64 {
    offers.largestAllowed(
      venue, atMost: relaxation.take[venue], in: relaxation.level(&offers, venue))
  }

  /// The venue with an order cost that was charged in part.
  private mutating func costliestCut(_ offers: inout PlanOffers) -> Int? {
    var costliest = -1
    for venue in 0..<offers.count where relaxation.isCut(venue) {
      if costliest < 0 || offers.orderCost(venue) > offers.orderCost(costliest) {
        costliest = venue
      }
    }
    return costliest < 0 ? nil : costliest
  }

  /// At this venue at most the allowed quantity below the take, or at least the one above.
  private mutating func split(
    _ offers: inout PlanOffers, around venue: Int, _ above: Int64?
  ) {
    let take = relaxation.take[venue]
    let below = largestBelow(&offers, venue)
    let isNearerAbove = above.map { $0 &- take <= take &- below } ?? false
    if isNearerAbove && below == 0 {
      pushAtMost(below, venue, &offers)
      pushAtLeast(above, venue, &offers)
    } else {
      pushAtLeast(above, venue, &offers)
      descend(below, venue, &offers)
    }
  }

  /// Splits around a quantity with which the others can not make up the rest in their own lots.
  ///
  /// Only where the best plan has reached `quantity` already: a smaller one no longer matters.
  private mutating func splitProgression(_ offers: inout PlanOffers, _ quantity: Int64) -> Bool {
    guard quantity == bestQuantity else { return false }
    let lone = lots.loneVenues()
    for venue in 0..<offers.count where lone & (1 &<< UInt32(truncatingIfNeeded: venue)) != 0 {
      guard let (first, step) = lots.progression(venue, of: quantity)
      else { continue }
      let take = relaxation.take[venue]
      guard take < first || (take &- first) % step != 0,
        let above = allowed(&offers, venue, above: take, first, step),
        let below = allowed(&offers, venue, below: take, first, step)
      else { continue }
      pushAtLeast(above, venue, &offers)
      if below >= 0 { descend(below, venue, &offers) }
      return true
    }
    return false
  }

  /// The least allowed quantity of a progression above `take`, `.max` if there is none; `nil` if
  /// it was not found in a few steps from one allowed range to the next.
  private mutating func allowed(
    _ offers: inout PlanOffers, _ venue: Int, above take: Int64, _ first: Int64, _ step: Int64
  ) -> Int64? {
    var least = max(take &+ 1, first)
    for _ in 0..<Self.mostRanges {
      guard let start = offers.smallestAllowed(venue, atLeast: least),
        start <= relaxation.high[venue]
      else { return .max }
      let excess = (start &- first) % step
      let (next, overflow) = start.addingReportingOverflow(excess == 0 ? 0 : step &- excess)
      if overflow || next > relaxation.high[venue] { return .max }
      if offers.isAllowed(venue, next) { return next }
      least = next
    }
    return nil
  }

  /// The greatest allowed quantity of a progression below `take`, zero for none of the venue, `-1`
  /// if there is neither; `nil` as above.
  private mutating func allowed(
    _ offers: inout PlanOffers, _ venue: Int, below take: Int64, _ first: Int64, _ step: Int64
  ) -> Int64? {
    let none: Int64 = first == 0 ? 0 : -1
    var most = take &- 1
    for _ in 0..<Self.mostRanges {
      let end = most > 0 ? offers.largestAllowed(venue, atMost: most) : 0
      guard end > 0, end >= first else { return none }
      let next = end &- (end &- first) % step
      if next <= 0 { return none }
      if offers.isAllowed(venue, next) { return next }
      most = next &- 1
    }
    return nil
  }

  private static let mostRanges = 8

  private mutating func pushAtMost(_ most: Int64, _ venue: Int, _ offers: inout PlanOffers) {
    guard most >= relaxation.low[venue] else { return }
    let high = relaxation.high[venue]
    relaxation.high[venue] = most
    push(offers.count, bound(relaxation.cost(&offers, venue, atMost: most)))
    relaxation.high[venue] = high
  }

  private mutating func pushAtLeast(_ least: Int64?, _ venue: Int, _ offers: inout PlanOffers) {
    guard let least, least <= relaxation.high[venue] else { return }
    let low = relaxation.low[venue]
    relaxation.low[venue] = max(least, low)
    push(offers.count, bound(relaxation.cost(&offers, venue, atLeast: least)))
    relaxation.low[venue] = low
  }

  /// Goes on with the node in which the venue takes at most `most`, which need not wait.
  private mutating func descend(_ most: Int64, _ venue: Int, _ offers: inout PlanOffers) {
    guard most >= relaxation.low[venue] else { return }
    let bound = bound(relaxation.cost(&offers, venue, atMost: most))
    if bound.isWorse(than: bestQuantity, bestObjective) { return waiting.pushClosed() }
    relaxation.high[venue] = most
    descent = venue
  }

  /// The bound of a node below the one at hand in which no plan has a lower objective than this.
  private func bound(_ objective: Int128) -> NodeBound {
    NodeBound(quantity: node.quantity, objective: objective)
  }

  private mutating func push(_ count: Int, _ bound: NodeBound) {
    if bound.isWorse(than: bestQuantity, bestObjective) {
      waiting.pushClosed()
    } else {
      waiting.push(low: relaxation.low, high: relaxation.high, count, bound)
    }
  }

  /// Takes the next node; whether it can hold a better plan.
  private mutating func pop(_ count: Int) -> Bool {
    waiting.pop(
      low: &relaxation.low, high: &relaxation.high, count, betterThan: bestQuantity,
      bestObjective)
  }

  /// Splits on the venue with the largest take among those that need not trade.
  private mutating func splitLargest(_ offers: inout PlanOffers) {
    var largest = -1
    for venue in 0..<offers.count where relaxation.low[venue] == 0 && relaxation.take[venue] > 0 {
      if largest < 0 || relaxation.take[venue] > relaxation.take[largest] { largest = venue }
    }
    if largest >= 0 { splitOptional(largest, &offers) }
  }

  /// The venue trades, or it does not.
  private mutating func splitOptional(_ venue: Int, _ offers: inout PlanOffers) {
    pushAtMost(0, venue, &offers)
    pushAtLeast(least[venue], venue, &offers)
  }

  // The certificate.

  /// The bound for the planned quantity: the best of what was found and of what still waits.
  private mutating func certify(_ offers: inout PlanOffers) {
    bound = bestObjective
    isProven = !waiting.isCutShort
    while waiting.count > 0 {
      guard pop(offers.count), let quantity = reachableQuantity(&offers), quantity >= bestQuantity
      else { continue }
      if quantity > bestQuantity { isProven = false }
      if let objective = relaxation.solve(&offers, &lots, to: bestQuantity) {
        bound = min(bound, objective)
        if !isSettled(&offers, bestQuantity, objective) { isProven = false }
      }
    }
    for venue in 0..<offers.count { relaxation.high[venue] = offers.greatest[venue] }
    _ = relaxation.mergeLevels(&offers, to: bestQuantity)
    rootBound = relaxation.cost
    if waiting.isCutShort { bound = rootBound }
    isProven = isProven && bound == bestObjective
  }
}
