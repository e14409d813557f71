/// Finds the best plan: the greatest quantity, then the least objective, then the fewest children.
///
/// Branch and bound. A node is a range of quantities for each venue; its relaxation bounds what
/// lies below. Where the relaxed answer breaks a rule of a venue, the node is split around it: the
/// venue takes at most the allowed quantity below, or at least the one above. Most instances end at
/// the root, which is one merge of levels.
struct PlanSearch: ~Copyable, Sendable {
  static let venues = RoutePlan.maximumLegs
  private static let stackCapacity = 512

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
  private var trial = FixedBuffer<Int64>(repeating: 0, count: venues)
  private var relaxation = PlanRelaxation()
  private var root = RootMerge()
  private var rooms = LargestRooms()

  // Nodes that wait.
  private var stackLow = FixedBuffer<Int64>(repeating: 0, count: venues * stackCapacity)
  private var stackHigh = FixedBuffer<Int64>(repeating: 0, count: venues * stackCapacity)
  private var stackCount = 0
  /// Whether a node was given up because the stack was full.
  private var isCutShort = false

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
    isCutShort = false
    stackCount = 0
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
    push(offers.count)
  }

  private mutating func branchAndBound(_ offers: inout PlanOffers, budget: Int) {
    nodes = 0
    while stackCount > 0 && nodes < max(budget, 1) {
      pop(offers.count)
      nodes &+= 1
      visit(&offers)
    }
  }

  private mutating func visit(_ offers: inout PlanOffers) {
    guard let quantity = reachableQuantity(&offers), quantity > 0, quantity >= bestQuantity,
      let objective = relaxation.solve(&offers, &lots, to: quantity)
    else { return }
    if isSettled(&offers, quantity, objective) { return }
    let count = takenCount(&offers)
    guard count <= maximumChildren else { return splitLargest(&offers) }
    if let (venue, above) = worstViolator(&offers) {
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
      splitOptional(venue, &offers, isForcedFirst: true)
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
    var forced = 0
    var optional = 0
    var forcedRoom: Int64 = 0
    for venue in 0..<offers.count {
      let high = unsafe relaxation.high.base[venue]
      if unsafe relaxation.low.base[venue] > 0 {
        forced &+= 1
        forcedRoom &+= min(high, offers.quantity &- forcedRoom)
      } else if unsafe high >= max(least.base[venue], 1) {
        optional &+= 1
      } else {
        unsafe relaxation.high.base[venue] = 0
      }
    }
    guard forced <= maximumChildren else { return nil }
    if forced == maximumChildren && optional > 0 {
      for venue in 0..<offers.count where relaxation.low[venue] == 0 { relaxation.high[venue] = 0 }
    }
    lots.sort(&offers, low: relaxation.low, high: relaxation.high)
    guard let quantity = lots.greatestQuantity(&offers) else { return nil }
    let free = maximumChildren &- forced
    guard optional > free else { return quantity }
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
  private mutating func keepIfBetter(
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

  // Plans near a relaxed answer.

  /// Rounds what is taken down to what is allowed, and lets one venue take what falls off; where
  /// its lot does not divide that, another one gives up a few lots of its own.
  private mutating func repair(_ offers: inout PlanOffers, _ quantity: Int64) {
    var rest = quantity
    for venue in 0..<offers.count {
      let take = relaxation.take[venue]
      let isFine = take == 0 || relaxation.isAllowed(&offers, venue)
      trial[venue] = isFine ? take : offers.largestAllowed(venue, atMost: take)
      guard trial[venue] >= relaxation.low[venue] else { return }
      rest &-= trial[venue]
    }
    var isDone = false
    for venue in 0..<offers.count where relaxation.take[venue] > 0 {
      isDone = settle(&offers, rest, at: venue, of: quantity) || isDone
    }
    // Trying pairs costs more than a node: at every node only until a plan is as large.
    if isDone || (quantity == bestQuantity && nodes & (nodes &- 1) != 0) { return }
    for giver in 0..<offers.count where trial[giver] > 0 {
      let lot = offers.terms[giver].quantityIncrement.mantissa
      for taker in 0..<offers.count where taker != giver && relaxation.take[taker] > 0 {
        // What the taker lacks to a whole lot.
        let coarse = offers.terms[taker].quantityIncrement.mantissa
        let lacking = coarse &- rest % coarse
        if lacking % lot == 0 { shift(&offers, lacking, from: giver, to: taker, rest, quantity) }
        var given = lot
        while given <= lot &* Self.mostLotsGiven {
          if given != lacking { shift(&offers, given, from: giver, to: taker, rest, quantity) }
          given &+= lot
        }
      }
    }
  }

  /// Considers the plan in which one venue gives up a quantity, and another takes it with `rest`.
  private mutating func shift(
    _ offers: inout PlanOffers, _ given: Int64, from giver: Int, to taker: Int, _ rest: Int64,
    _ quantity: Int64
  ) {
    let before = trial[giver]
    guard given < before, before &- given >= relaxation.low[giver],
      (rest &+ given) % offers.terms[taker].quantityIncrement.mantissa == 0,
      offers.isAllowed(giver, before &- given)
    else { return }
    trial[giver] = before &- given
    _ = settle(&offers, rest &+ given, at: taker, of: quantity)
    trial[giver] = before
  }

  private static let mostLotsGiven: Int64 = 6

  /// Considers the plan in which one venue takes `rest` on top; whether it would.
  private mutating func settle(
    _ offers: inout PlanOffers, _ rest: Int64, at venue: Int, of quantity: Int64
  ) -> Bool {
    guard rest % offers.terms[venue].quantityIncrement.mantissa == 0 else { return false }
    let before = trial[venue]
    guard rest <= relaxation.high[venue] &- before, offers.isAllowed(venue, before &+ rest) else {
      return false
    }
    trial[venue] = before &+ rest
    var objective: Int128 = 0
    var count = 0
    for venue in 0..<offers.count where trial[venue] > 0 {
      objective &+= offers.objective(venue, of: trial[venue]) &+ offers.orderCost(venue)
      count &+= 1
    }
    keepIfBetter(&offers, quantity, objective, count)
    trial[venue] = before
    return true
  }

  // Splitting a node.

  /// The venue whose take is not allowed and is furthest from being so, with the least quantity
  /// above that is.
  private mutating func worstViolator(
    _ offers: inout PlanOffers
  ) -> (venue: Int, above: Int64?)? {
    var worst: (venue: Int, above: Int64?)?
    var worstShortfall: Int64 = -1
    for venue in 0..<offers.count
    where relaxation.take[venue] > 0 && !relaxation.isAllowed(&offers, venue) {
      let take = relaxation.take[venue]
      let above = offers.smallestAllowed(venue, atLeast: take)
      let shortfall = (above ?? .max) &- take
      if shortfall > worstShortfall {
        worst = (venue, above)
        worstShortfall = shortfall
      }
    }
    return worst
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
    let (low, high) = (relaxation.low[venue], relaxation.high[venue])
    let below = offers.largestAllowed(venue, atMost: take)
    let isNearerAbove = above.map { $0 &- take <= take &- below } ?? false
    if isNearerAbove && below == 0 {
      pushAtMost(below, low, venue, &offers)
      pushAtLeast(above, high, venue, &offers)
    } else {
      pushAtLeast(above, high, venue, &offers)
      pushAtMost(below, low, venue, &offers)
    }
    relaxation.low[venue] = low
    relaxation.high[venue] = high
  }

  /// Splits around a quantity with which the others can not make up the rest in their own lots.
  ///
  /// Only where the best plan has reached `quantity` already: a smaller one no longer matters.
  private mutating func splitProgression(_ offers: inout PlanOffers, _ quantity: Int64) -> Bool {
    guard quantity == bestQuantity else { return false }
    for venue in 0..<offers.count where relaxation.low[venue] < relaxation.high[venue] {
      guard let (first, step) = lots.progression(venue, of: quantity)
      else { continue }
      let take = relaxation.take[venue]
      guard take < first || (take &- first) % step != 0,
        let above = allowed(&offers, venue, above: take, first, step),
        let below = allowed(&offers, venue, below: take, first, step)
      else { continue }
      let (low, high) = (relaxation.low[venue], relaxation.high[venue])
      if above <= high { pushAtLeast(above, high, venue, &offers) }
      if below >= 0 { pushAtMost(below, low, venue, &offers) }
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

  private mutating func pushAtMost(
    _ most: Int64, _ low: Int64, _ venue: Int, _ offers: inout PlanOffers
  ) {
    guard most >= low else { return }
    let high = relaxation.high[venue]
    relaxation.high[venue] = most
    push(offers.count)
    relaxation.high[venue] = high
  }

  private mutating func pushAtLeast(
    _ least: Int64?, _ high: Int64, _ venue: Int, _ offers: inout PlanOffers
  ) {
    guard let least, least <= high else { return }
    let low = relaxation.low[venue]
    relaxation.low[venue] = max(least, low)
    push(offers.count)
    relaxation.low[venue] = low
  }

  /// Splits on the venue with the largest take among those that need not trade.
  private mutating func splitLargest(_ offers: inout PlanOffers) {
    var largest = -1
    for venue in 0..<offers.count where relaxation.low[venue] == 0 && relaxation.take[venue] > 0 {
      if largest < 0 || relaxation.take[venue] > relaxation.take[largest] { largest = venue }
    }
    if largest >= 0 { splitOptional(largest, &offers, isForcedFirst: true) }
  }

  /// The venue trades, or it does not.
  private mutating func splitOptional(
    _ venue: Int, _ offers: inout PlanOffers, isForcedFirst: Bool
  ) {
    let high = relaxation.high[venue]
    if isForcedFirst { pushAtMost(0, 0, venue, &offers) }
    pushAtLeast(least[venue], high, venue, &offers)
    if !isForcedFirst { pushAtMost(0, 0, venue, &offers) }
  }

  private mutating func push(_ count: Int) {
    guard stackCount < Self.stackCapacity else {
      isCutShort = true
      return
    }
    let start = stackCount &* Self.venues
    stackLow.copy(count, from: relaxation.low, at: 0, to: start)
    stackHigh.copy(count, from: relaxation.high, at: 0, to: start)
    stackCount &+= 1
  }

  private mutating func pop(_ count: Int) {
    stackCount &-= 1
    let start = stackCount &* Self.venues
    relaxation.low.copy(count, from: stackLow, at: start, to: 0)
    relaxation.high.copy(count, from: stackHigh, at: start, to: 0)
  }

  // The certificate.

  /// The bound for the planned quantity: the best of what was found and of what still waits.
  private mutating func certify(_ offers: inout PlanOffers) {
    bound = bestObjective
    isProven = !isCutShort
    while stackCount > 0 {
      pop(offers.count)
      guard let quantity = reachableQuantity(&offers), quantity >= bestQuantity else { continue }
      if quantity > bestQuantity { isProven = false }
      if let objective = relaxation.solve(&offers, &lots, to: bestQuantity) {
        bound = min(bound, objective)
        if !isSettled(&offers, bestQuantity, objective) { isProven = false }
      }
    }
    for venue in 0..<offers.count { relaxation.high[venue] = offers.greatest[venue] }
    _ = relaxation.mergeLevels(&offers, to: bestQuantity)
    rootBound = relaxation.cost
    if isCutShort { bound = rootBound }
    isProven = isProven && bound == bestObjective
  }
}
