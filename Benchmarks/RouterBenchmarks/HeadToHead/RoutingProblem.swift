import RouterCore

/// One order with the venues it may go to, and the levels it may take, best first.
///
/// The levels of all venues lie in one array, which is how a rival reads them fastest.
struct RoutingProblem {
  let request: PlanRequest
  let terms: [VenueTerms]
  let books: [[BookLevel]]
  /// Every venue's levels within the limit, one venue after the other.
  let levels: [BookLevel]
  /// Where each venue's levels begin; one more at the end.
  let starts: [Int]
  /// What one unit of notional costs at each venue, in parts per hundred million.
  let factors: [Int64]

  init(request: PlanRequest, terms: [VenueTerms], books: [[BookLevel]]) {
    self.request = request
    self.terms = terms
    self.books = books
    let isBuy = request.side == .buy
    var levels: [BookLevel] = []
    var starts = [0]
    for book in books {
      levels += book.prefix { level in
        guard let limit = request.limitPrice else { return true }
        return isBuy ? level.price <= limit : level.price >= limit
      }
      starts.append(levels.count)
    }
    self.levels = levels
    self.starts = starts
    factors = terms.map { terms in
      let fee = terms.fee.partsPerHundredMillion
      return isBuy ? FeeRate.one + fee : FeeRate.one - fee
    }
  }

  func with(nodeBudget: Int) -> RoutingProblem {
    changed { request, _ in request.nodeBudget = nodeBudget }
  }

  /// The same order over the same books with another request or other terms.
  func changed(_ body: (inout PlanRequest, inout [VenueTerms]) -> Void) -> RoutingProblem {
    var (request, terms) = (request, terms)
    body(&request, &terms)
    return RoutingProblem(request: request, terms: terms, books: books)
  }

  var isBuy: Bool { request.side == .buy }
  var venueCount: Int { terms.count }
  var quantity: Int64 { request.quantity.mantissa }

  /// The all-in price of a level: less is better on a buy, more on a sell.
  func allInPrice(_ venue: Int, _ level: Int) -> Int128 {
    Int128(levels[level].price.mantissa) * Int128(factors[venue])
  }

  /// The limit price with which a level is reached: on the venue's tick, away from us.
  func limitPrice(_ venue: Int, _ level: Int) -> Int64 {
    let price = levels[level].price.mantissa
    let excess = price % terms[venue].priceIncrement.mantissa
    if excess == 0 { return price }
    return isBuy ? price - excess + terms[venue].priceIncrement.mantissa : price - excess
  }

  /// The level in which the last unit of a quantity lies; `nil` if the venue has not so much.
  func lastLevel(_ venue: Int, _ quantity: Int64) -> Int? {
    var rest = quantity
    for level in starts[venue]..<starts[venue + 1] {
      rest -= levels[level].quantity.mantissa
      if rest <= 0 { return level }
    }
    return nil
  }

  /// What a child pays (a sell: brings) with fees, without the order cost.
  func allInCost(_ venue: Int, _ quantity: Int64) -> Int128 {
    var rest = quantity
    var notional: Int128 = 0
    for level in starts[venue]..<starts[venue + 1] where rest > 0 {
      let take = min(rest, levels[level].quantity.mantissa)
      notional += Int128(levels[level].price.mantissa) * Int128(take)
      rest -= take
    }
    return notional * Int128(factors[venue])
  }

  // MARK: Rules

  /// The most that a venue's balance allows with this limit price, and its greatest order.
  func mostAllowed(_ venue: Int, limit: Int64) -> Int64 {
    let most = terms[venue].maximumQuantity.mantissa
    guard let available = terms[venue].available?.mantissa else { return most }
    let instrument = request.instrument
    guard isBuy else {
      let unit = powerOfTen(Amount.scale - Int(instrument.quantityScale))
      return min(most, Int64(clamping: available / unit))
    }
    let unit = Int128(limit) * powerOfTen(Amount.scale - instrument.notionalScale)
    let factor = Int128(FeeRate.one + holdFee(venue))
    return min(most, Int64(clamping: available * Int128(FeeRate.one) / (unit * factor)))
  }

  private func holdFee(_ venue: Int) -> Int64 {
    terms[venue].holdsFee ? max(terms[venue].fee.partsPerHundredMillion, 0) : 0
  }

  /// Whether the venue takes an order of this size, given what lies in its book.
  func isAccepted(_ venue: Int, _ quantity: Int64) -> Bool {
    guard quantity > 0, let level = lastLevel(venue, quantity) else { return false }
    let terms = terms[venue]
    let limit = limitPrice(venue, level)
    return terms.exclusion == .none
      && quantity % terms.quantityIncrement.mantissa == 0
      && quantity >= terms.minimumQuantity.mantissa
      && Int128(limit) * Int128(quantity) >= terms.minimumNotional.mantissa
      && quantity <= mostAllowed(venue, limit: limit)
  }
}
