import RouterCore

/// The order books of several problems side by side, which an array can not hold as they are not
/// copied.
@safe
final class BookShelf {
  private let books: UnsafeMutablePointer<OrderBook>
  private let count: Int
  /// Where each problem's books begin.
  private let starts: [Int]

  init(_ problems: [RoutingProblem]) {
    var starts: [Int] = []
    var count = 0
    for problem in problems {
      starts.append(count)
      count += problem.venueCount
    }
    self.starts = starts
    self.count = count
    unsafe books = .allocate(capacity: count)
    for (set, problem) in problems.enumerated() {
      for (venue, levels) in problem.books.enumerated() {
        var book = OrderBook(capacity: max(levels.count, 32))
        let isBuy = problem.isBuy
        book.replace(
          bids: isBuy ? [] : levels, asks: isBuy ? levels : [], at: Timestamp(nanoseconds: 0))
        unsafe (books + starts[set] + venue).initialize(to: book)
      }
    }
  }

  deinit {
    unsafe books.deinitialize(count: count)
    unsafe books.deallocate()
  }

  /// Plans the problem of this number from its books.
  func plan(
    _ set: Int, _ problem: RoutingProblem, _ planner: inout Planner, into plan: inout RoutePlan
  ) {
    self.plan(set, problem.request, problem.terms, &planner, into: &plan)
  }

  /// Plans another request, under other terms, from the books of the problem of this number.
  func plan(
    _ set: Int, _ request: PlanRequest, _ terms: [VenueTerms], _ planner: inout Planner,
    into plan: inout RoutePlan
  ) {
    planner.begin(request)
    let start = starts[set]
    precondition(start + terms.count <= count)
    for venue in 0..<terms.count {
      unsafe planner.add(terms[venue], book: books[start + venue])
    }
    planner.finish(into: &plan)
  }
}
