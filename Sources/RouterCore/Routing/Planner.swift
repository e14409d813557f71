/// Splits a quantity over venues for the best all-in price, exactly and without allocating.
///
/// A relaxation (no lots, no minima) is solved by merging all levels by all-in price; where its
/// answer breaks a venue's rule, the search branches: either the venue gets at least what it
/// accepts, or at most what it accepted before. The best single venue is the first answer, so that
/// no plan is ever worse than it. The node budget alone decides when an unproven search ends, so
/// that the same input gives the same plan.
///
/// Use: `begin`, then `add` for each venue, then `finish`. After `init` nothing is allocated.
public struct Planner: ~Copyable, Sendable {
  var offers: PlanOffers
  var search: PlanSearch
  private var request: PlanRequest

  /// Makes a planner that looks at up to `levelCapacity` levels of each venue.
  public init(levelCapacity: Int = 1024) {
    offers = PlanOffers(levelCapacity: levelCapacity)
    search = PlanSearch()
    let nothing = Instrument(
      id: InstrumentID(0), base: AssetID(0), quote: AssetID(0), priceScale: 0, quantityScale: 0)
    request = PlanRequest(instrument: nothing, side: .buy, quantity: .zero, limitPrice: nil)
  }

  public mutating func begin(_ request: PlanRequest) {
    self.request = request
    offers.begin(request)
  }

  /// Adds a venue with its book, of which the levels that matter are copied.
  ///
  /// - Precondition: No more than `RoutePlan.maximumLegs` venues are added.
  @inlinable @inline(__always)
  public mutating func add(_ terms: VenueTerms, book: borrowing OrderBook) {
    // Inlined, so that only these words of the book are passed on, and not a copy of it.
    add(terms, bids: book.bids.levels, asks: book.asks.levels)
  }

  @usableFromInline
  mutating func add(_ terms: VenueTerms, bids: BookSide.Levels, asks: BookSide.Levels) {
    offers.add(terms, offers.isBuy ? asks : bids)
  }

  /// Plans; `requested = planned + residual` always, and no rule of a venue is broken.
  public mutating func finish(into plan: inout RoutePlan) {
    search.run(&offers, request)
    if case .expectedCost(let adverseMove) = request.objective, search.bestCount > 0 {
      plan.replacementUnit = abs(expect(adverseMove))
      search.run(&offers, request)
    } else {
      plan.replacementUnit = 0
    }
    summarize(into: &plan)
    for venue in 0..<offers.count {
      write(venue, to: &plan[venue])
    }
  }

  /// Turns the offers to expected costs; the replacement: the worst unit of the plan at hand, moved
  /// against us.
  private mutating func expect(_ adverseMove: FeeRate) -> Int128 {
    let worst = search.worstUnit
    let move = Int128(max(0, min(adverseMove.partsPerHundredMillion, FeeRate.one)))
    let replacement = worst + abs(worst) * move / Int128(FeeRate.one)
    return offers.expect(replacement: replacement)
  }

  private mutating func summarize(into plan: inout RoutePlan) {
    plan.side = request.side
    plan.requested = request.quantity
    plan.planned = Quantity(mantissa: search.bestQuantity)
    plan.objectiveCost = objective(search.bestObjective)
    plan.bound = bound(search.bound)
    plan.rootBound = bound(search.rootBound)
    plan.isProvenOptimal = search.isProven
    plan.nodes = search.nodes
    plan.legCount = offers.count
    plan.marginalUnit = search.bestCount > 0 ? abs(search.worstUnit) : 0
    plan.cost = positive(nominalCost())
    plan.single = RoutePlan.SingleVenue()
    if let single = search.singleVenue {
      plan.single.venue = offers.terms[single].venue
      plan.single.quantity = Quantity(mantissa: search.singleQuantity)
      plan.single.objectiveCost = objective(search.singleObjective)
      plan.single.cost =
        offers.objectiveScale == 1
        ? plan.single.objectiveCost : positive(cost(single, search.singleQuantity))
    }
  }

  private mutating func nominalCost() -> Int128 {
    if offers.objectiveScale == 1 { return search.bestObjective }
    var total: Int128 = 0
    for venue in 0..<offers.count where search.bestTake[venue] > 0 {
      total += cost(venue, search.bestTake[venue])
    }
    return total
  }

  private mutating func cost(_ venue: Int, _ quantity: Int64) -> Int128 {
    offers.cost(venue, of: quantity) + offers.terms[venue].orderCost.mantissa
  }

  /// An objective as a cost, rounded up where it is finer.
  private mutating func objective(_ value: Int128) -> AllInCost {
    guard offers.objectiveScale != 1 else { return positive(value) }
    return positive(value.divided(by: offers.objectiveScale, roundingUp: true))
  }

  /// A bound as a cost, rounded down where it is finer, unless it is reached.
  private mutating func bound(_ value: Int128) -> AllInCost {
    if value == search.bestObjective || offers.objectiveScale == 1 { return objective(value) }
    return positive(value.divided(by: offers.objectiveScale, roundingUp: false))
  }

  private mutating func positive(_ cost: Int128) -> AllInCost {
    AllInCost(mantissa: request.side == .buy ? cost : -cost)
  }

  /// Writes a leg where it lies in the plan: a copy of it takes as long as the rest.
  @inline(__always)
  private mutating func write(_ venue: Int, to leg: inout RouteLeg) {
    let terms = unsafe offers.terms.base + venue
    leg = RouteLeg()
    leg.listing = unsafe terms.pointee.listing
    leg.venue = unsafe terms.pointee.venue
    leg.bestPrice = unsafe Price(mantissa: offers.bestPrices.base[venue])
    leg.quoteAgeNanoseconds = unsafe terms.pointee.quoteAgeNanoseconds
    leg.fillProbability = unsafe terms.pointee.fillProbability
    let take = unsafe search.bestTake.base[venue]
    if take > 0 {
      leg.quantity = Quantity(mantissa: take)
      addChild(venue, take, &leg)
    } else {
      leg.exclusion = exclusion(of: venue)
    }
  }

  private mutating func addChild(_ venue: Int, _ take: Int64, _ leg: inout RouteLeg) {
    let child = search.children[venue]
    leg.limitPrice = Price(mantissa: child.limit)
    leg.notional = Notional(mantissa: child.notional)
    leg.cost = positive(child.notional &* Int128(offers.factors[venue]))
    leg.orderCost = offers.terms[venue].orderCost
    leg.hold = offers.hold(venue, limit: child.limit, take)
    leg.levelsUsed = child.level + 1
  }

  // Why a venue got no child.

  private mutating func exclusion(of venue: Int) -> Exclusion {
    let given = offers.terms[venue].exclusion
    if given != .none { return given }
    if offers.bestPrices[venue] == 0 { return .bookEmpty }
    if offers.levelCounts[venue] == 0 { return .outsideLimit }
    if offers.isComplete(venue) && offers.greatest[venue] == 0 { return obstacle(at: venue) }
    guard search.bestCount > 0, isCheaper(venue) else {
      return search.bestQuantity < request.quantity.mantissa ? leftOver(venue) : .notNeeded
    }
    return leftOver(venue)
  }

  /// Why nothing at all is allowed at a venue that has levels within the limit.
  private mutating func obstacle(at venue: Int) -> Exclusion {
    let terms = offers.terms[venue]
    let most = min(offers.depth(venue), terms.maximumQuantity.mantissa)
    if terms.quantityIncrement.mantissa > most { return .incrementTooCoarse }
    if terms.minimumQuantity.mantissa > most { return .belowMinimumQuantity }
    for level in 0..<offers.levelCounts[venue]
    where offers.smallestAllowed(venue, in: level, atLeast: 1, ignoringBalance: true) != nil {
      return .insufficientBalance
    }
    let reaches = offers.notional(venue, of: most) >= terms.minimumNotional.mantissa
    return reaches ? .incrementTooCoarse : .belowMinimumNotional
  }

  /// Whether the venue's best level is better than the worst one taken.
  private mutating func isCheaper(_ venue: Int) -> Bool {
    offers.touchKeys[venue] < search.worstUnit
  }

  /// Why a venue that could have helped was left out: its own least slice, or the cap on children.
  private mutating func leftOver(_ venue: Int) -> Exclusion {
    if search.bestCount >= request.maximumChildren { return .childLimit }
    let terms = offers.terms[venue]
    let least = offers.smallestAllowed(venue, atLeast: 1) ?? 0
    let increment = terms.quantityIncrement.mantissa
    guard least > increment else { return least > 0 ? .incrementTooCoarse : .notNeeded }
    return least - increment < terms.minimumQuantity.mantissa
      ? .belowMinimumQuantity : .belowMinimumNotional
  }
}
