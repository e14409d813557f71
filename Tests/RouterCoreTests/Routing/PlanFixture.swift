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
  /// In units of price times quantity.
  var orderCost: Int64 = 0
  /// In parts per ten thousand.
  var fillProbability: Int64 = 10_000
  var exclusion = Exclusion.none
}

/// A planning problem in small whole numbers.
struct PlanProblem {
  static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 2, quantityScale: 4)

  var side = Side.buy
  var quantity: Int64
  var limit: Int64?
  var maximumChildren = RoutePlan.maximumLegs
  /// In parts per ten thousand.
  var participation: Int64 = 10_000
  /// Minimises the expected cost instead of the cost.
  var adverseMoveBasisPoints: Int64?
  var venues: [PlanVenue]

  var isBuy: Bool { side == .buy }

  func solve(nodeBudget: Int = PlanRequest.defaultNodeBudget) -> RoutePlan {
    var planner = Planner(levelCapacity: 64)
    return solve(&planner, nodeBudget: nodeBudget)
  }

  /// Plans with a planner that may have been used before.
  func solve(
    _ planner: inout Planner, nodeBudget: Int = PlanRequest.defaultNodeBudget
  ) -> RoutePlan {
    var plan = RoutePlan()
    planner.begin(request(nodeBudget: nodeBudget))
    for (index, venue) in venues.enumerated() {
      let book = book(venue)
      planner.add(terms(venue, index), book: book)
    }
    planner.finish(into: &plan)
    return plan
  }

  /// A book with the venue's levels on the side that the plan takes from.
  func book(_ venue: PlanVenue) -> OrderBook {
    var book = OrderBook(capacity: 64)
    let levels = venue.levels.map {
      BookLevel(price: Price(mantissa: $0.price), quantity: Quantity(mantissa: $0.size))
    }
    book.replace(
      bids: isBuy ? [] : levels, asks: isBuy ? levels : [], at: Timestamp(nanoseconds: 0))
    return book
  }

  func request(nodeBudget: Int) -> PlanRequest {
    let adverseMove = adverseMoveBasisPoints.map { FeeRate(partsPerHundredMillion: $0 * 10_000) }
    return PlanRequest(
      instrument: Self.instrument, side: side, quantity: Quantity(mantissa: quantity),
      limitPrice: limit.map { Price(mantissa: $0) }, maximumChildren: maximumChildren,
      nodeBudget: nodeBudget,
      objective: adverseMove.map { .expectedCost(adverseMove: $0) } ?? .cost,
      participation: Int(participation))
  }

  func terms(_ venue: PlanVenue, _ index: Int) -> VenueTerms {
    let scale: Int128 = isBuy ? 10_000_000_000 : 1_000_000_000_000
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
      fillProbability: Int(venue.fillProbability), exclusion: venue.exclusion)
  }
}
