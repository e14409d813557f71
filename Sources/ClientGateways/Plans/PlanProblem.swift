package import RouterCore

/// A complete planning problem: the request, and each venue's terms and books.
package struct PlanProblem: Sendable {
  struct Venue: Sendable {
    var terms: VenueTerms
    var bids: [BookLevel]
    var asks: [BookLevel]
  }

  var request: PlanRequest
  var labels: PlanLabels
  /// In the document's order.
  var venues: [Venue]

  /// Plans; the same problem always gives the same plan.
  package func solve() -> RoutePlan {
    let deepest = venues.map { max($0.bids.count, $0.asks.count) }.max() ?? 0
    var planner = Planner(levelCapacity: max(deepest, 1))
    planner.begin(request)
    for venue in venues {
      var book = OrderBook(capacity: max(venue.bids.count, venue.asks.count, 1))
      book.replace(bids: venue.bids, asks: venue.asks, at: .distantPast)
      var terms = venue.terms
      if book.isCrossed { terms.exclusion = .bookCrossed }
      planner.add(terms, book: book)
    }
    var plan = RoutePlan()
    planner.finish(into: &plan)
    return plan
  }

  /// Plans and writes the answer.
  package func answer() -> [UInt8] {
    PlanRenderer(plan: solve(), labels: labels).json
  }
}

/// What is needed to write a plan's numbers and names.
package struct PlanLabels: Sendable {
  package struct Venue: Sendable {
    var name: String
    /// Digits after the point of its price increment.
    var pricePlaces: Int
    var fee: FeeRate
    var feeAsset: FeeAsset

    package init(name: String, pricePlaces: Int, fee: FeeRate, feeAsset: FeeAsset) {
      self.name = name
      self.pricePlaces = pricePlaces
      self.fee = fee
      self.feeAsset = feeAsset
    }
  }

  /// Digits after the point of prices and quantities.
  var priceScale: Int
  var quantityScale: Int
  /// One for each leg of the plan, in its order.
  var venues: [Venue]

  package init(priceScale: Int, quantityScale: Int, venues: [Venue]) {
    self.priceScale = priceScale
    self.quantityScale = quantityScale
    self.venues = venues
  }
}
