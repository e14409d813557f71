internal import RouterCore
internal import Wire

/// The `routing` object of a client's order, checked field by field.
enum RoutingRequest {
  private static let fields = [
    "strategy", "objective", "arrival", "max_participation", "max_child_quantity", "size_jitter",
    "jitter_tolerance_bps", "wave_interval_ms", "passive_ms", "residual", "over_routing",
  ]

  /// - Throws: A problem that names every fault, and the first field at fault.
  static func decode(
    _ json: JSONValue?, quantityScale: Int, _ terms: OrderConditions, isPostOnly: Bool = false
  ) throws(Problem) -> RoutingOptions {
    var options = RoutingOptions()
    guard let json, !json.isNull else { return options }
    var faults = PlanFaults()
    if let fields = FieldReader(json, path: "routing", known: fields, faults: &faults) {
      read(fields, quantityScale, into: &options, &faults)
      check(options, terms.timeInForce, fields, &faults)
      checkResidual(terms, fields, &faults)
      if isPostOnly { checkPostOnly(options, fields, &faults) }
    }
    guard let first = faults.faults.first else { return options }
    throw .invalid(first.field, faults.detail)
  }

  private static func read(
    _ fields: FieldReader, _ quantityScale: Int, into options: inout RoutingOptions,
    _ faults: inout PlanFaults
  ) {
    options.strategy = choice("strategy", .bestPrice, fields, &faults)
    let objective: RoutingObjective = choice("objective", .cost, fields, &faults)
    options.usesExpectedCost = objective == .expectedCost
    options.arrival = choice("arrival", .spray, fields, &faults)
    if let parts = decimal("max_participation", scale: 4, 1...10_000, "1", fields, &faults) {
      options.maximumParticipation = UInt16(parts)
    }
    if let parts = decimal("size_jitter", scale: 4, 0...9_999, "0.9999", fields, &faults) {
      options.sizeJitter = UInt16(parts)
    }
    if let parts = decimal("jitter_tolerance_bps", scale: 2, 0...65_535, "655.35", fields, &faults)
    {
      options.jitterTolerance = UInt16(parts)
    }
    let most = Int128(Int64.max)
    if let child = decimal(
      "max_child_quantity", scale: quantityScale, 1...most, nil, fields, &faults)
    {
      options.maximumChildQuantity = Quantity(mantissa: Int64(child))
    }
    let milliseconds = Int64(0)...Int64(Int32.max)
    let interval = fields.integer("wave_interval_ms", milliseconds, &faults) ?? 0
    options.waveIntervalMilliseconds = UInt32(interval)
    options.passiveMilliseconds = UInt32(fields.integer("passive_ms", milliseconds, &faults) ?? 0)
    options.residual = choice("residual", .rest, fields, &faults)
    if let parts = decimal("over_routing", scale: 4, 0...1000, "0.1", fields, &faults) {
      options.overRouting = UInt16(parts)
    }
  }

  /// A decimal in units of `10^-scale` within a range; `nil` if it is absent or at fault.
  private static func decimal(
    _ name: String, scale: Int, _ range: ClosedRange<Int128>, _ most: String?,
    _ fields: FieldReader, _ faults: inout PlanFaults
  ) -> Int128? {
    guard let value = fields.value(name),
      let decimal = fields.decimal(value, fields.path(of: name), &faults)
    else { return nil }
    if let mantissa = decimal.exactMantissa(at: scale), range.contains(mantissa) {
      return mantissa
    }
    let least = range.lowerBound == 0 ? "not be negative" : "be greater than zero"
    let bound = most.map { ", at most \($0)" } ?? ""
    fields.fault(
      name, "must \(least)\(bound), with at most \(scale) digits after the point", &faults)
    return nil
  }

  /// One of a closed set of names; the standard one if the field is absent or at fault.
  private static func choice<Choice: RoutingChoice>(
    _ name: String, _ standard: Choice, _ fields: FieldReader, _ faults: inout PlanFaults
  ) -> Choice {
    guard fields.value(name) != nil, let text = fields.text(name, &faults) else { return standard }
    if let choice = Choice.allCases.first(where: { $0.name == text }) { return choice }
    let names = Choice.allCases.map { "\"\($0.name)\"" }.joined(separator: ", ")
    fields.fault(name, "must be one of \(names), not '\(text)'", &faults)
    return standard
  }

  /// What only an order that may stay open can have.
  private static func check(
    _ options: RoutingOptions, _ timeInForce: TimeInForce, _ fields: FieldReader,
    _ faults: inout PlanFaults
  ) {
    guard options.strategy == .priceImprovement else {
      if options.passiveMilliseconds > 0 {
        fields.fault("passive_ms", "only the strategy \"price_improvement\" takes it", &faults)
      }
      return
    }
    if options.passiveMilliseconds == 0 {
      fields.fault(
        "passive_ms", "\"price_improvement\" needs it: how long to rest before taking", &faults)
    }
    if timeInForce != .goodTillCancel && timeInForce != .goodTillDate {
      fields.fault(
        "strategy", "\"price_improvement\" rests first, so time_in_force must be gtc or gtd",
        &faults)
    }
  }

  /// Only a limit order that may stay open leaves something that could rest.
  private static func checkResidual(
    _ terms: OrderConditions, _ fields: FieldReader, _ faults: inout PlanFaults
  ) {
    guard fields.value("residual") != nil, !terms.type.needsLimit || !terms.timeInForce.isLasting
    else { return }
    fields.fault(
      "residual", "only 'limit' and 'stop_limit' orders that are gtc or gtd take it", &faults)
  }

  /// An order that never takes has nothing to hold back and no strategy for taking.
  private static func checkPostOnly(
    _ options: RoutingOptions, _ fields: FieldReader, _ faults: inout PlanFaults
  ) {
    if options.residual == .hold {
      fields.fault("residual", "a post_only order rests; leave it out or say \"rest\"", &faults)
    }
    if options.strategy == .priceImprovement {
      fields.fault(
        "strategy", "\"price_improvement\" takes in the end, which post_only forbids", &faults)
    }
  }
}

/// A closed set of names on the wire.
protocol RoutingChoice: CaseIterable, Equatable {
  var name: String { get }
}

extension RoutingChoice {
  /// The case in snake case, as in `best_price`.
  var name: String { snakeCase("\(self)") }
}

extension RoutingStrategy: RoutingChoice {}
extension ArrivalMode: RoutingChoice {}
extension RoutingObjective: RoutingChoice {}
extension ResidualPolicy: RoutingChoice {}
