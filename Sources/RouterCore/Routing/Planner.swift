/// Splits a quantity over venues for the best all-in price, exactly and without allocating.
///
/// A relaxation (no lots, no minima) is solved by merging all levels by all-in price; where its
/// answer breaks a venue's rule, the search branches: either the venue gets at least what it
/// accepts, or at most what it accepted before. The best single venue is the first answer, so that
/// no plan is ever worse than it.
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
  public mutating func add(_ terms: VenueTerms, book: borrowing OrderBook) {
    offers.add(terms, book: book)
  }

  /// Plans; `requested = planned + residual` always, and no rule of a venue is broken.
  public mutating func finish(into plan: inout RoutePlan) {
    search.run(offers, request)
    summarize(into: &plan)
    for venue in 0..<offers.count {
      plan[venue] = leg(venue)
    }
  }

  private func summarize(into plan: inout RoutePlan) {
    plan.side = request.side
    plan.requested = request.quantity
    plan.planned = Quantity(mantissa: search.bestQuantity)
    plan.cost = positive(search.bestCost)
    plan.objectiveCost = plan.cost
    plan.bound = positive(search.bound)
    plan.rootBound = plan.bound
    plan.isProvenOptimal =
      search.bestQuantity == search.greatestQuantity && search.bestCost == search.bound
    plan.nodes = search.nodes
    plan.legCount = offers.count
    plan.marginalUnit = search.marginalUnit
    plan.single = RoutePlan.SingleVenue()
    if let single = search.singleVenue {
      plan.single.venue = offers.terms[single].venue
      plan.single.quantity = Quantity(mantissa: search.singleQuantity)
      plan.single.cost = positive(search.singleCost)
      plan.single.objectiveCost = plan.single.cost
    }
  }

  private func positive(_ cost: Int128) -> AllInCost {
    AllInCost(mantissa: request.side == .buy ? cost : -cost)
  }

  private func leg(_ venue: Int) -> RouteLeg {
    var leg = RouteLeg()
    leg.listing = offers.terms[venue].listing
    leg.venue = offers.terms[venue].venue
    leg.bestPrice = Price(mantissa: offers.bestPrices[venue])
    leg.quoteAgeNanoseconds = offers.terms[venue].quoteAgeNanoseconds
    let take = search.bestTake[venue]
    guard take > 0 else {
      leg.exclusion = exclusion(of: venue)
      return leg
    }
    let level = offers.level(venue, holding: take)
    let limit = offers.limitPrice(venue, level)
    leg.quantity = Quantity(mantissa: take)
    leg.limitPrice = Price(mantissa: limit)
    leg.notional = Notional(mantissa: offers.notional(venue, of: take))
    leg.cost = positive(offers.cost(venue, of: take))
    leg.orderCost = offers.terms[venue].orderCost
    leg.fillProbability = offers.terms[venue].fillProbability
    leg.hold = offers.hold(venue, limit: limit, take)
    leg.levelsUsed = level + 1
    return leg
  }

  // Why a venue got no child.

  private func exclusion(of venue: Int) -> Exclusion {
    let given = offers.terms[venue].exclusion
    if given != .none { return given }
    if offers.bestPrices[venue] == 0 { return .bookEmpty }
    if offers.levelCounts[venue] == 0 { return .outsideLimit }
    if search.rootHigh[venue] == 0 { return obstacle(at: venue) }
    guard search.bestCount > 0, isCheaper(venue) else {
      return search.bestQuantity < request.quantity.mantissa ? leftOver(venue) : .notNeeded
    }
    return leftOver(venue)
  }

  /// Why nothing at all is allowed at a venue that has levels within the limit.
  private func obstacle(at venue: Int) -> Exclusion {
    let terms = offers.terms[venue]
    let most = min(offers.depth(venue), terms.maximumQuantity.mantissa)
    if terms.quantityIncrement.mantissa > most { return .incrementTooCoarse }
    if terms.minimumQuantity.mantissa > most { return .belowMinimumQuantity }
    for level in 0..<offers.levelCounts[venue]
    where offers.allowed(venue, level, from: 1, to: most, ignoringBalance: true) != nil {
      return .insufficientBalance
    }
    let reaches = offers.notional(venue, of: most) >= terms.minimumNotional.mantissa
    return reaches ? .incrementTooCoarse : .belowMinimumNotional
  }

  /// Whether the venue's best level is better than the worst one taken.
  private func isCheaper(_ venue: Int) -> Bool {
    let best = abs(offers.key(venue, 0))
    return request.side == .buy ? best < search.marginalUnit : best > search.marginalUnit
  }

  /// Why a venue that could have helped was left out: its own least slice, or the cap on children.
  private func leftOver(_ venue: Int) -> Exclusion {
    if search.bestCount >= request.maximumChildren { return .childLimit }
    let terms = offers.terms[venue]
    let least = offers.smallestAllowed(venue, atLeast: 1) ?? 0
    let increment = terms.quantityIncrement.mantissa
    guard least > increment else { return least > 0 ? .incrementTooCoarse : .notNeeded }
    return least - increment < terms.minimumQuantity.mantissa
      ? .belowMinimumQuantity : .belowMinimumNotional
  }
}
