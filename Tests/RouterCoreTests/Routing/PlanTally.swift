import RouterCore

/// What a run over many instances of one class has found.
struct PlanTally: Sendable {
  private(set) var instances = 0
  private(set) var proven = 0
  /// Those that were not proven, with how much worse than the optimum they are.
  private(set) var unproven: [(label: String, gap: Double, problem: PlanProblem)] = []
  private(set) var inInputOrder = 0
  private(set) var faults: [String] = []
  private var nodes: [Int] = []

  var worstGap: Double { unproven.map(\.gap).max() ?? 0 }

  var provenShare: Double { instances == 0 ? 1 : Double(proven) / Double(instances) }

  mutating func record(_ plan: RoutePlan, _ problem: PlanProblem, _ label: String) {
    let checker = PlanChecker(problem)
    instances += 1
    nodes.append(plan.nodes)
    if plan.isProvenOptimal {
      proven += 1
      if checker.isFirstInInputOrder(plan) { inInputOrder += 1 }
    } else {
      unproven.append((label, checker.gapBasisPoints(plan), problem))
    }
    check(plan, checker, nodeBudget: PlanRequest.defaultNodeBudget, label)
  }

  /// Notes what is wrong with a plan and, the first times, the smallest problem for which it is.
  mutating func check(
    _ plan: RoutePlan, _ checker: PlanChecker, nodeBudget: Int, _ label: String
  ) {
    let found = checker.faults(of: plan, nodeBudget: nodeBudget)
    guard !found.isEmpty else { return }
    if faults.count < 3 { faults.append(Self.smallest(checker.problem, nodeBudget)) }
    faults += found.map { "\(label), budget \(nodeBudget): \($0)" }
  }

  private static func smallest(_ problem: PlanProblem, _ nodeBudget: Int) -> String {
    func fails(_ problem: PlanProblem) -> Bool {
      let plan = problem.solve(nodeBudget: nodeBudget)
      let checker = PlanChecker(problem, nodeBudget: nodeBudget)
      return !checker.faults(of: plan, nodeBudget: nodeBudget).isEmpty
    }
    guard fails(problem) else { return "only with a planner that was used before" }
    return "smallest: \(problem.shrunk(while: fails).source), budget \(nodeBudget)"
  }

  mutating func record(fault: String) { faults.append(fault) }

  mutating func add(_ other: PlanTally) {
    instances += other.instances
    proven += other.proven
    unproven += other.unproven
    inInputOrder += other.inInputOrder
    faults += other.faults
    nodes += other.nodes
  }

  static let header =
    column("class", 14) + column("instances", 10) + column("proven %", 10)
    + column("worst gap bps", 15) + column("nodes p50", 10) + column("p99", 7) + column("max", 7)
    + column("input order %", 14)

  /// One row of the summary.
  func row(_ name: String) -> String {
    let sorted = nodes.sorted()
    func quantile(_ part: Double) -> String {
      sorted.isEmpty ? "-" : String(sorted[min(Int(part * Double(sorted.count)), sorted.count - 1)])
    }
    return Self.column(name, 14) + Self.column(String(instances), 10)
      + Self.column(percent(proven, of: instances), 10)
      + Self.column(proven == instances ? "-" : decimal(worstGap, 3), 15)
      + Self.column(quantile(0.5), 10) + Self.column(quantile(0.99), 7)
      + Self.column(quantile(1), 7) + Self.column(percent(inInputOrder, of: proven), 14)
  }

  private func percent(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "-" : decimal(100 * Double(part) / Double(whole), 3)
  }

  private func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "short" }
    let scale = [1, 10, 100, 1000][digits]
    let whole = Int((value * Double(scale)).rounded())
    let fraction = String(whole % scale + scale).dropFirst()
    return "\(whole / scale).\(fraction)"
  }

  private static func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 1))
  }
}
