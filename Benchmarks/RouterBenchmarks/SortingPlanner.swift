import RouterCore

/// The plan that a first version makes: all levels in one array, sorted by price with fee.
///
/// It takes levels until the order is whole, rounds each venue down to its lot, and drops what is
/// below a minimum. It is feasible where balances suffice, and not optimal.
enum SortingPlanner {
  private struct Entry {
    var venue: Int
    var price: Int64
    var quantity: Int64
    var cost: Int128
  }

  static func plan(_ problem: RoutingProblem) -> Int64 {
    var entries: [Entry] = []
    for (venue, levels) in problem.books.enumerated() {
      let factor = Int128(FeeRate.one + problem.terms[venue].fee.partsPerHundredMillion)
      for level in levels {
        entries.append(
          Entry(
            venue: venue, price: level.price.mantissa, quantity: level.quantity.mantissa,
            cost: Int128(level.price.mantissa) * factor))
      }
    }
    entries.sort { $0.cost < $1.cost }
    var taken: [Int: Int64] = [:]
    var worst: [Int: Int64] = [:]
    var rest = problem.request.quantity.mantissa
    for entry in entries where rest > 0 {
      let quantity = min(rest, entry.quantity)
      taken[entry.venue, default: 0] += quantity
      worst[entry.venue] = entry.price
      rest -= quantity
    }
    return taken.reduce(0) { sum, slice in
      sum + accepted(slice.value, worst[slice.key] ?? 0, problem.terms[slice.key])
    }
  }

  private static func accepted(_ quantity: Int64, _ price: Int64, _ terms: VenueTerms) -> Int64 {
    let rounded = Quantity(mantissa: quantity).roundedDown(to: terms.quantityIncrement)
    let notional = Price(mantissa: price) * rounded
    guard rounded >= terms.minimumQuantity, notional >= terms.minimumNotional else { return 0 }
    return rounded.mantissa
  }
}
