internal import RouterCore
internal import Wire

/// What a plan is asked for, apart from the books.
package struct PlanTerms: Sendable {
  static let fields = ["side", "quantity", "limit_price", "max_children", "nodes"]
  /// More would take minutes.
  package static let maximumNodes: Int64 = 100_000_000

  var side: Side
  var quantity: ExactDecimal
  var limitPrice: ExactDecimal?
  package var maximumChildren: Int
  package var nodeBudget: Int

  /// Reads the terms from the fields of a JSON object.
  ///
  /// - Returns: `nil` if something was at fault.
  init?(_ fields: FieldReader, maximumNodes: Int64, faults: inout PlanFaults) {
    let side = Self.side(fields, &faults)
    let quantity = fields.positive("quantity", &faults)
    limitPrice = nil
    if fields.value("limit_price") != nil {
      limitPrice = fields.positive("limit_price", &faults)
    }
    let children = fields.integer("max_children", 1...Int64(Int32.max), &faults)
    let nodes = fields.integer("nodes", 1...maximumNodes, &faults)
    guard let side, let quantity else { return nil }
    self.side = side
    self.quantity = quantity
    maximumChildren = Int(min(children ?? .max, Int64(RoutePlan.maximumLegs)))
    nodeBudget = Int(nodes ?? Int64(PlanRequest.defaultNodeBudget))
  }

  private static func side(_ fields: FieldReader, _ faults: inout PlanFaults) -> Side? {
    guard let text = fields.text("side", &faults) else { return nil }
    switch text {
    case "buy": return .buy
    case "sell": return .sell
    default:
      fields.fault("side", "must be \"buy\" or \"sell\", not '\(text)'", &faults)
      return nil
    }
  }
}
