package import Wire

/// Orders as people read them, from the API's JSON.
package enum OrderText {
  /// One order with its children.
  package static func whole(_ order: JSONValue) -> String {
    var lines = [headline(order)]
    lines += details(order)
    let children = order["children"]?.array ?? []
    if !children.isEmpty { lines.append(self.children(children)) }
    lines.append(summary(order))
    return lines.joined(separator: "\n")
  }

  package static func headline(_ order: JSONValue) -> String {
    let reason = order["reason"]?.string.map { " (\($0))" } ?? ""
    return "order \(text(order, "id")): \(text(order, "side")) \(text(order, "quantity"))"
      + " \(text(order, "symbol")) \(text(order, "type"))\(terms(order))"
      + " \(text(order, "time_in_force")) - \(text(order, "status"))\(reason)"
  }

  package static func children(_ children: [JSONValue]) -> String {
    var table = TextTable(
      "  child", "venue", "role", ">quantity", ">limit", ">filled", ">average", ">fee", ">latency",
      "status")
    for (index, child) in children.enumerated() {
      let fees = (child["fees"]?.array ?? []).map { "\(text($0, "amount")) \(text($0, "asset"))" }
      let reason = child["reason"]?.string.map { " (\($0))" } ?? ""
      table.add(
        "  \(index + 1)", text(child, "venue"), text(child, "role"), text(child, "quantity"),
        text(child, "limit_price"), text(child, "filled_quantity"),
        shortened(text(child, "average_price")), fees.joined(separator: " + "),
        latency(child["latency_us"]), text(child, "status") + reason)
    }
    return table.text
  }

  /// Average, all-in price, best single venue and improvement.
  package static func summary(_ order: JSONValue) -> String {
    var parts = ["filled \(text(order, "filled_quantity")) of \(text(order, "quantity"))"]
    if let average = order["average_price"]?.string {
      parts.append("average \(shortened(average))")
    }
    if let allIn = order["all_in_price"]?.string { parts.append("all-in \(shortened(allIn))") }
    if let comparison = order["comparison"], !comparison.isNull {
      parts.append("best single venue \(text(comparison, "best_single_venue"))")
      if let improvement = comparison["improvement_bps"]?.string {
        parts.append("improvement \(shortened(improvement, places: 2)) bps")
      } else {
        parts.append("it could fill only \(text(comparison, "single_venue_quantity"))")
      }
    }
    return "  " + parts.joined(separator: ", ")
  }

  package static func list(_ orders: [JSONValue]) -> String {
    var table = TextTable(
      "id", "created", "symbol", "side", "type", ">quantity", ">limit", ">stop", ">filled",
      ">average", "status", "routing")
    for order in orders {
      table.add(
        text(order, "id"), String(text(order, "created_at").prefix(23)), text(order, "symbol"),
        text(order, "side"), text(order, "type"), text(order, "quantity"),
        text(order, "limit_price"), text(order, "stop_price"), text(order, "filled_quantity"),
        shortened(text(order, "average_price")), text(order, "status"), routing(order))
    }
    return table.text
  }

  package static func executions(_ executions: [JSONValue]) -> String {
    var table = TextTable(
      "time", "venue", "side", ">quantity", ">price", ">fee", "liquidity", "execution")
    for execution in executions {
      table.add(
        text(execution, "at"), text(execution, "venue"), text(execution, "side"),
        text(execution, "quantity"), text(execution, "price"),
        "\(text(execution, "fee")) \(text(execution, "fee_asset"))", text(execution, "liquidity"),
        text(execution, "execution_id"))
    }
    return table.text
  }

  static func text(_ value: JSONValue, _ name: String) -> String {
    value[name]?.text ?? "-"
  }

  /// A decimal cut for the eye; the JSON has it whole.
  static func shortened(_ decimal: String, places: Int = 6) -> String {
    guard let point = decimal.firstIndex(of: ".") else { return decimal }
    let end = decimal.index(point, offsetBy: places + 1, limitedBy: decimal.endIndex)
    var text = String(decimal[..<(end ?? decimal.endIndex)])
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  private static func latency(_ value: JSONValue?) -> String {
    guard let microseconds = value?.int64 else { return "-" }
    return "\(microseconds / 1000).\(String(microseconds % 1000 + 1000).dropFirst()) ms"
  }
}
