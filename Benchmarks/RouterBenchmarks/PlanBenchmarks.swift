import RouterCore

/// Splits of one order over several venues, from the books to the finished plan.
///
/// Open: one lot for all, no minima, no balances. Constrained: lots of their own, minimum quantity
/// and notional, balances that bind, and at most four children.
enum PlanBenchmarks {
  private static let levels = 20
  private static let sets = 64

  static func run(_ benchmarker: inout Benchmarker) {
    measure(&benchmarker, venues: 3, isConstrained: false)
    measure(&benchmarker, venues: 8, isConstrained: false)
    measure(&benchmarker, venues: 3, isConstrained: true)
    measure(&benchmarker, venues: 8, isConstrained: true)
  }

  private static func measure(_ benchmarker: inout Benchmarker, venues: Int, isConstrained: Bool) {
    let name = "plan/\(venues)x\(levels)/\(isConstrained ? "constrained" : "open")"
    guard benchmarker.wants(name) || benchmarker.wants("naive/\(name)") else { return }
    let problems = makeProblems(venues: venues, isConstrained: isConstrained)
    let shelf = BookShelf(problems.flatMap(\.books))
    var planner = Planner(levelCapacity: 32)
    var plan = RoutePlan()
    benchmarker.measure(name, calls: 50_000) { call in
      let set = call &* 29 % sets
      planner.begin(problems[set].request)
      for venue in 0..<venues {
        shelf.add(set * venues + venue, problems[set].terms[venue], to: &planner)
      }
      planner.finish(into: &plan)
      return UInt64(truncatingIfNeeded: plan.planned.mantissa)
    }
    benchmarker.measure("naive/\(name)", calls: 4000) { call in
      let problem = problems[call &* 29 % sets]
      return UInt64(truncatingIfNeeded: SortingPlanner.plan(problem))
    }
  }

  private static let instrument = Instrument(
    id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 4, quantityScale: 8)

  /// Problems in which an order takes about ten levels.
  private static func makeProblems(venues: Int, isConstrained: Bool) -> [PlanProblem] {
    var random = SeededRandom(seed: UInt64(venues) * 2 + (isConstrained ? 1 : 0))
    return (0..<sets).map { _ in
      let books = (0..<venues).map { _ in makeAsks(&random) }
      let quantity = Int64(10) * 50_000_000 + Int64(random.below(1000)) * 100_000
      let request = PlanRequest(
        instrument: instrument, side: .buy, quantity: Quantity(mantissa: quantity),
        limitPrice: nil, maximumChildren: isConstrained ? 4 : venues)
      let terms = (0..<venues).map { makeTerms($0, isConstrained: isConstrained, &random) }
      return PlanProblem(request: request, terms: terms, books: books)
    }
  }

  private static func makeAsks(_ random: inout SeededRandom) -> [BookLevel] {
    var price: Int64 = 600_000_000 + Int64(random.below(2000)) * 100
    return (0..<levels).map { _ in
      price += 100 * Int64(1 + random.below(50))
      return BookLevel(
        price: Price(mantissa: price),
        quantity: Quantity(mantissa: 100_000 * Int64(1 + random.below(1000))))
    }
  }

  private static func makeTerms(
    _ venue: Int, isConstrained: Bool, _ random: inout SeededRandom
  ) -> VenueTerms {
    var terms = VenueTerms(
      listing: ListingID(UInt16(venue)), venue: VenueID(UInt8(venue)),
      priceIncrement: Price(mantissa: 100), quantityIncrement: Quantity(mantissa: 100_000),
      fee: FeeRate(partsPerHundredMillion: Int64(random.below(30)) * 1000))
    guard isConstrained else { return terms }
    terms.quantityIncrement = Quantity(mantissa: [100_000, 200_000, 500_000][random.below(3)])
    terms.minimumQuantity = Quantity(mantissa: 20_000_000)
    // 5,000 in quote: about a twelfth of a unit.
    terms.minimumNotional = Notional(mantissa: 5000 * 1_000_000_000_000)
    terms.holdsFee = venue % 2 == 0
    terms.available = Amount(
      mantissa: Int128(50_000 + random.below(150_000)) * 10_000_000_000_000_000)
    return terms
  }
}

/// One order with the venues it may go to; the levels are asks, best first.
struct PlanProblem {
  var request: PlanRequest
  var terms: [VenueTerms]
  var books: [[BookLevel]]
}

/// Order books side by side, which an array can not hold as they are not copied.
@safe
final class BookShelf {
  private let books: UnsafeMutablePointer<OrderBook>
  private let count: Int

  /// Makes one book of these asks each.
  init(_ asks: [[BookLevel]]) {
    count = asks.count
    unsafe books = .allocate(capacity: count)
    for (index, levels) in asks.enumerated() {
      var book = OrderBook(capacity: 32)
      book.replace(bids: [], asks: levels, at: Timestamp(nanoseconds: 0))
      unsafe (books + index).initialize(to: book)
    }
  }

  deinit {
    unsafe books.deinitialize(count: count)
    unsafe books.deallocate()
  }

  func add(_ index: Int, _ terms: VenueTerms, to planner: inout Planner) {
    precondition(index >= 0 && index < count)
    unsafe planner.add(terms, book: books[index])
  }
}
