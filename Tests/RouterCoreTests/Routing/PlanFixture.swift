import RouterCore

/// One venue of a planning problem in small whole numbers: price scale 2, quantity scale 4.
struct PlanVenue {
  var levels: [(price: Int64, size: Int64)]
  var feeBasisPoints: Int64 = 0
  var tick: Int64 = 1
  var lot: Int64 = 1
  var minimumQuantity: Int64 = 0
  var maximumQuantity: Int64 = .max
  /// In units of price times quantity.
  var minimumNotional: Int64 = 0
  var holdsFee = true
  /// On a buy in units of price times quantity, on a sell in units of quantity.
  var available: Int64?
  var orderCost: Int64 = 0
  var exclusion = Exclusion.none
}

struct PlanProblem {
  static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 2, quantityScale: 4)

  var side = Side.buy
  var quantity: Int64
  var limit: Int64?
  var maximumChildren = RoutePlan.maximumLegs
  var venues: [PlanVenue]

  func solve(nodeBudget: Int = 64) -> RoutePlan {
    var planner = Planner(levelCapacity: 64)
    var plan = RoutePlan()
    planner.begin(
      PlanRequest(
        instrument: Self.instrument, side: side, quantity: Quantity(mantissa: quantity),
        limitPrice: limit.map { Price(mantissa: $0) }, maximumChildren: maximumChildren,
        nodeBudget: nodeBudget))
    for (index, venue) in venues.enumerated() {
      var book = OrderBook(capacity: 64)
      let levels = venue.levels.map {
        BookLevel(price: Price(mantissa: $0.price), quantity: Quantity(mantissa: $0.size))
      }
      book.replace(
        bids: side == .sell ? levels : [], asks: side == .buy ? levels : [],
        at: Timestamp(nanoseconds: 0))
      planner.add(terms(venue, index), book: book)
    }
    planner.finish(into: &plan)
    return plan
  }

  func terms(_ venue: PlanVenue, _ index: Int) -> VenueTerms {
    let scale: Int128 = side == .buy ? 10_000_000_000 : 1_000_000_000_000
    return VenueTerms(
      listing: ListingID(UInt16(index)), venue: VenueID(UInt8(index)),
      priceIncrement: Price(mantissa: venue.tick),
      quantityIncrement: Quantity(mantissa: venue.lot),
      minimumQuantity: Quantity(mantissa: venue.minimumQuantity),
      maximumQuantity: Quantity(mantissa: venue.maximumQuantity),
      minimumNotional: Notional(mantissa: Int128(venue.minimumNotional)),
      fee: FeeRate(partsPerHundredMillion: venue.feeBasisPoints * 10_000),
      holdsFee: venue.holdsFee,
      available: venue.available.map { Amount(mantissa: Int128($0) * scale) },
      orderCost: AllInCost(mantissa: Int128(venue.orderCost) * 100_000_000),
      exclusion: venue.exclusion)
  }
}

/// The same rules written a second time, one unit after the other.
struct PlanOracle {
  let problem: PlanProblem

  var isBuy: Bool { problem.side == .buy }

  /// The worst price and the notional of a quantity, or `nil` if the depth within the limit ends.
  func walk(_ venue: PlanVenue, _ quantity: Int64) -> (worst: Int64, notional: Int128)? {
    var rest = quantity
    var notional: Int128 = 0
    for level in venue.levels {
      var worst = level.price
      while worst % venue.tick != 0 { worst += isBuy ? 1 : -1 }
      if let limit = problem.limit, isBuy ? worst > limit : worst < limit { return nil }
      let part = min(rest, level.size)
      notional += Int128(part) * Int128(level.price)
      rest -= part
      if rest == 0 { return (worst, notional) }
    }
    return nil
  }

  /// Signed cost in units of price x quantity x 1e8, or `nil` if the venue would refuse.
  func cost(_ venue: PlanVenue, _ quantity: Int64) -> Int128? {
    guard quantity > 0, venue.exclusion == .none, let walked = walk(venue, quantity) else {
      return nil
    }
    guard quantity % venue.lot == 0, quantity >= venue.minimumQuantity,
      quantity <= venue.maximumQuantity,
      Int128(walked.worst) * Int128(quantity) >= Int128(venue.minimumNotional)
    else { return nil }
    let fee = Int128(venue.feeBasisPoints) * 10_000
    let one: Int128 = 100_000_000
    if let available = venue.available {
      let held = venue.holdsFee ? max(fee, 0) : 0
      let hold = Int128(walked.worst) * Int128(quantity) * (one + held)
      guard isBuy ? hold <= Int128(available) * one : quantity <= available else { return nil }
    }
    let flat = Int128(venue.orderCost) * one
    return isBuy ? walked.notional * (one + fee) + flat : -walked.notional * (one - fee) + flat
  }

  struct Answer: Equatable {
    var quantity: Int64 = 0
    var cost: Int128 = 0
    var count = 0

    func isBetter(than other: Answer) -> Bool {
      (-quantity, cost, count) < (-other.quantity, other.cost, other.count)
    }
  }

  /// Tries every combination of quantities.
  func best(maximumChildren: Int? = nil) -> Answer {
    let costs = problem.venues.map { venue in
      (0...problem.quantity).map { $0 == 0 ? 0 : cost(venue, $0) }
    }
    var best = Answer()
    func extend(_ index: Int, _ answer: Answer) {
      if answer.isBetter(than: best) { best = answer }
      guard index < problem.venues.count else { return }
      extend(index + 1, answer)
      guard answer.count < maximumChildren ?? problem.maximumChildren else { return }
      for quantity in 1..<max(problem.quantity - answer.quantity + 1, 1) {
        guard let cost = costs[index][Int(quantity)] else { continue }
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
}
