package import Wire

/// A plan as people read it, from the API's JSON.
package enum PlanText {
  // `what` says what was asked for, such as "buy 1.5 BTC-USD".
  package static func whole(_ plan: JSONValue, what: String) -> String {
    var lines = [headline(plan, what)]
    let children = plan["children"]?.array ?? []
    if !children.isEmpty {
      lines += [table(children), cost(plan), certificate(plan)]
    }
    lines.append(comparison(plan))
    let excluded = plan["excluded"]?.array ?? []
    if !excluded.isEmpty {
      lines.append("excluded: " + excluded.map(reason).joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  private static func headline(_ plan: JSONValue, _ what: String) -> String {
    let quantity = plan["quantity"] ?? .null
    let planned = OrderText.text(quantity, "planned")
    return switch OrderText.text(plan, "status") {
    case "complete": "\(what): complete"
    case "partial":
      "\(what): partial, \(planned) planned, \(OrderText.text(quantity, "residual")) left"
    default: "\(what): nothing can be planned"
    }
  }

  private static func table(_ children: [JSONValue]) -> String {
    let hasReceived = children.contains { $0["received_base"] != nil }
    var table =
      hasReceived
      ? TextTable("  venue", ">quantity", ">limit", ">average", ">fee", ">cost", ">received")
      : TextTable("  venue", ">quantity", ">limit", ">average", ">fee", ">cost")
    for child in children {
      let cells = [
        "  \(OrderText.text(child, "venue"))", OrderText.text(child, "quantity"),
        OrderText.text(child, "limit_price"), shortened(child, "average_price"),
        OrderText.text(child, "fee"), OrderText.text(child, "cost"),
      ]
      table.add(
        cells
          + (hasReceived ? [child["received_base"]?.text ?? OrderText.text(child, "quantity")] : [])
      )
    }
    return table.text
  }

  private static func cost(_ plan: JSONValue) -> String {
    let cost = plan["cost"] ?? .null
    return "total \(OrderText.text(cost, "total")), all-in \(shortened(cost, "all_in_price")),"
      + " average \(shortened(cost, "average_price")), fees \(OrderText.text(cost, "fees")),"
      + " order cost \(OrderText.text(cost, "order_cost"))"
  }

  /// The certificate in one line.
  private static func certificate(_ plan: JSONValue) -> String {
    let bound = plan["bound"] ?? .null
    let proof = bound["proven_optimal"]?.bool == true ? "proven optimal" : "not proven optimal"
    let nodes = OrderText.text(bound, "nodes")
    return "certificate: bound \(OrderText.text(bound, "cost")),"
      + " gap \(shortened(bound, "gap_bps")) bps, \(proof),"
      + " marginal price \(shortened(bound, "marginal_price")),"
      + " \(nodes) node\(nodes == "1" ? "" : "s")"
  }

  private static func comparison(_ plan: JSONValue) -> String {
    guard let single = plan["comparison"]?["best_single_venue"], !single.isNull else {
      return "best single venue: none can take any of it"
    }
    let improvement =
      single["improvement_bps"]?.string.map { "improvement \(OrderText.shortened($0)) bps" }
      ?? "it can take only that much"
    return "best single venue: \(OrderText.text(single, "venue")),"
      + " \(OrderText.text(single, "quantity")) for \(OrderText.text(single, "cost")),"
      + " \(improvement)"
  }

  private static func reason(_ excluded: JSONValue) -> String {
    "\(OrderText.text(excluded, "venue")) (\(OrderText.text(excluded, "reason")))"
  }

  private static func shortened(_ value: JSONValue, _ name: String) -> String {
    OrderText.shortened(OrderText.text(value, name))
  }
}
