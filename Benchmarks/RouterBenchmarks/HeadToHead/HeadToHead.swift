import CAllocationCounter
import Foundation
import RouterCore

/// Our planner and the routers that others have, on the same orders in the same run.
///
/// All are judged alike: by the certified bound of our plan, over the orders that they filled as
/// far as we did without breaking a rule. Orders that they left shorter, and plans that break a
/// rule, are counted apart and add nothing to their basis points; as those are the hard orders, a
/// rival is also set against what ours paid for the very orders that count for it.
enum HeadToHead {
  struct Row {
    var deck: String
    var router: String
    var orders = 0
    /// Basis points over the bound, of the orders that count.
    var basisPoints: [Double] = []
    /// The same over what ours pays.
    var excess: [Double] = []
    var short = 0
    /// Orders that it filled further than ours, without breaking a rule.
    var further = 0
    var infeasible = 0
    var children = 0
    var nanoseconds = 0.0
  }

  struct Deck {
    var name: String
    var problems: [RoutingProblem]
  }

  static let prefix = "route/"

  /// - Returns: A row for each router and deck; none if the filter excludes them.
  static func run(_ benchmarker: inout Benchmarker) -> [Row] {
    guard prefix.hasPrefix(benchmarker.filter) || benchmarker.filter.hasPrefix(prefix) else {
      return []
    }
    return decks(isQuick: benchmarker.isQuick).flatMap { deck in
      deck.problems.isEmpty ? [] : compare(deck, &benchmarker)
    }
  }

  /// Why the decks of real books are missing, or `nil`.
  static var missingCaptures: String? {
    guard let folder = ProcessInfo.processInfo.environment["SLUICE_CAPTURES"] else {
      return "SLUICE_CAPTURES names no folder of captures: real books skipped"
    }
    return FileManager.default.fileExists(atPath: "\(folder)/multi-venue")
      ? nil : "\(folder) has no multi-venue folder: real books skipped"
  }

  private static func decks(isQuick: Bool) -> [Deck] {
    let orders = isQuick ? 200 : 4000
    var decks = [
      Deck(name: "ordinary", problems: SeededDecks.ordinary(orders)),
      Deck(name: "nasty", problems: SeededDecks.nasty(orders)),
    ]
    if missingCaptures == nil,
      let folder = ProcessInfo.processInfo.environment["SLUICE_CAPTURES"]
    {
      decks.append(
        Deck(
          name: "four-venues", problems: RecordedBooks.deck(together: folder, orders: orders / 2)))
      decks.append(
        Deck(
          name: "tapes",
          problems: RecordedBooks.deck(
            tapes: folder, moments: isQuick ? 1 : 8, orders: orders / 2)))
    }
    return decks
  }

  // MARK: One deck

  private struct Reference {
    var planned: Int64
    var bound: Int128
    /// What our plan pays, as the judge has it.
    var cost: Int128
  }

  private static func compare(_ deck: Deck, _ benchmarker: inout Benchmarker) -> [Row] {
    let problems = deck.problems
    let shelf = BookShelf(problems)
    var planner = Planner(levelCapacity: 512)
    var plan = RoutePlan()
    var rows: [Row] = []
    var references: [Reference] = []
    var ours = Row(deck: deck.name, router: "ours")
    for (set, problem) in problems.enumerated() {
      shelf.plan(set, &planner, into: &plan)
      let reference = Reference(
        planned: plan.planned.mantissa, bound: plan.bound.mantissa,
        cost: PlanJudge.judge(problem, takes(plan)).cost)
      references.append(reference)
      add(problem, takes(plan), reference, to: &ours)
    }
    let name = "\(prefix)\(deck.name)"
    ours.nanoseconds = measure(&benchmarker, "\(name)/ours", problems.count) { set in
      shelf.plan(set, &planner, into: &plan)
      return UInt64(truncatingIfNeeded: plan.planned.mantissa)
    }
    rows.append(ours)
    for strategy in Strategy.allCases {
      rows.append(row(strategy, deck, shelf, references, &planner, &benchmarker))
    }
    for method in Rivals.Method.allCases {
      rows.append(row(method, deck, references, &benchmarker))
    }
    return rows
  }

  private static func row(
    _ method: Rivals.Method, _ deck: Deck, _ references: [Reference],
    _ benchmarker: inout Benchmarker
  ) -> Row {
    var rivals = Rivals()
    var row = Row(deck: deck.name, router: method.name)
    for (problem, reference) in zip(deck.problems, references) {
      rivals.plan(problem, method)
      add(problem, rivals.takes, reference, to: &row)
    }
    let name = "\(prefix)\(deck.name)/\(method.key)"
    row.nanoseconds = measure(&benchmarker, name, deck.problems.count) { set in
      rivals.plan(deck.problems[set], method)
      return UInt64(truncatingIfNeeded: rivals.takes[0])
    }
    return row
  }

  private static func row(
    _ strategy: Strategy, _ deck: Deck, _ shelf: BookShelf, _ references: [Reference],
    _ planner: inout Planner, _ benchmarker: inout Benchmarker
  ) -> Row {
    var plan = RoutePlan()
    var row = Row(deck: deck.name, router: strategy.name)
    for (set, problem) in deck.problems.enumerated() {
      strategy.plan(set, problem, shelf, references[set].planned, &planner, into: &plan)
      add(problem, takes(plan), references[set], to: &row)
    }
    let name = "\(prefix)\(deck.name)/\(strategy.key)"
    row.nanoseconds = measure(&benchmarker, name, deck.problems.count) { set in
      strategy.plan(
        set, deck.problems[set], shelf, references[set].planned, &planner, into: &plan)
      return UInt64(truncatingIfNeeded: plan.planned.mantissa)
    }
    return row
  }

  private static func measure(
    _ benchmarker: inout Benchmarker, _ name: String, _ count: Int, _ body: (Int) -> UInt64
  ) -> Double {
    benchmarker.measure(name, calls: max(20_000, count)) { call in body(call &* 29 % count) }
    return benchmarker.measurements.last { $0.name == name }?.p50 ?? 0
  }

  private static func takes(_ plan: RoutePlan) -> [Int64] {
    (0..<plan.legCount).map { plan[$0].quantity.mantissa }
  }

  private static func add(
    _ problem: RoutingProblem, _ takes: [Int64], _ reference: Reference, to row: inout Row
  ) {
    let verdict = PlanJudge.judge(problem, takes)
    row.orders += 1
    row.children += verdict.children
    guard verdict.isFeasible else {
      row.infeasible += 1
      return
    }
    guard verdict.planned >= reference.planned else {
      row.short += 1
      return
    }
    guard verdict.planned == reference.planned else {
      row.further += 1
      return
    }
    guard reference.bound > 0 else { return }
    row.basisPoints.append(basisPoints(problem, verdict.cost, over: reference.bound, reference))
    row.excess.append(basisPoints(problem, verdict.cost, over: reference.cost, reference))
  }

  /// How much worse one cost is than another, relative to the bound.
  private static func basisPoints(
    _ problem: RoutingProblem, _ cost: Int128, over other: Int128, _ reference: Reference
  ) -> Double {
    let excess = problem.isBuy ? cost - other : other - cost
    return Double(excess) / Double(reference.bound) * 10_000
  }
}
