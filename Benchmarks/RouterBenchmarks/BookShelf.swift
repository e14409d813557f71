import RouterCore

/// Several problems with their order books side by side, which an array can not hold as they are
/// not copied.
@safe
final class BookShelf {
  private let books: UnsafeMutablePointer<OrderBook>
  private let count: Int
  /// Where each problem's books and terms begin; one more at the end.
  private let starts: [Int]
  /// Flat, so that nothing but the planner's own work is timed: a problem that is taken from an
  /// array has its arrays retained and released.
  private let requests: [PlanRequest]
  private let terms: [VenueTerms]

  init(_ problems: [RoutingProblem]) {
    var starts = [0]
    var count = 0
    for problem in problems {
      count += problem.venueCount
      starts.append(count)
    }
    self.starts = starts
    requests = problems.map(\.request)
    terms = problems.flatMap(\.terms)
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
  func plan(_ set: Int, _ planner: inout Planner, into plan: inout RoutePlan) {
    planner.begin(requests[set])
    for place in starts[set]..<starts[set + 1] {
      unsafe planner.add(terms[place], book: books[place])
    }
    planner.finish(into: &plan)
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
