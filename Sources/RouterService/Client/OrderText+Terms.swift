package import Wire

// What an order asks for, in words: prices, conditions, routing, and what became of a replacement.
extension OrderText {
  /// Prices and conditions behind the type, as in ` limit 64000 stop 63500 on last`.
  static func terms(_ order: JSONValue) -> String {
    var words = prices(order)
    if order["stop_price"] != nil, let trigger = order["trigger"]?.string {
      words.append("on \(trigger)")
    }
    if order["post_only"]?.bool == true { words.append("post-only") }
    if order["fok"]?.string == "best_effort" { words.append("best_effort") }
    return words.map { " \($0)" }.joined()
  }

  private static func prices(_ terms: JSONValue) -> [String] {
    [("limit_price", "limit"), ("stop_price", "stop")].compactMap { field, word in
      terms[field]?.string.map { "\(word) \($0)" }
    }
  }

  /// A line each for expiry, routing, trigger and replacements, where there is something to say.
  static func details(_ order: JSONValue) -> [String] {
    var lines: [String] = []
    if let time = order["expires_at"]?.string { lines.append("  expires \(time)") }
    let routing = routing(order)
    if !routing.isEmpty { lines.append("  routing \(routing)") }
    if let triggered = order["triggered"] {
      lines.append(
        "  triggered \(text(triggered, "at")) at \(text(triggered, "price")), shown by"
          + " \(text(triggered, "confirming_venues")) of \(text(triggered, "usable_venues")) venues"
      )
    }
    if let replacing = order["replacing"] {
      lines.append("  being replaced by \(replacement(replacing))")
    }
    for former in order["replaced"]?.array ?? [] {
      lines.append("  was \(replacement(former)) until \(text(former, "until"))")
    }
    return lines
  }

  private static func replacement(_ terms: JSONValue) -> String {
    ([text(terms, "quantity")] + prices(terms)).joined(separator: " ")
  }

  /// What differs from the standard routing, as in `fewest_venues, passive_ms 2000`.
  package static func routing(_ order: JSONValue) -> String {
    let members = order["routing"]?.members ?? []
    let words = members.compactMap { member -> String? in
      let value = member.value.text ?? ""
      guard standardRouting[member.name] != value else { return nil }
      return ["strategy", "arrival"].contains(member.name) ? value : "\(member.name) \(value)"
    }
    return words.joined(separator: ", ")
  }

  private static let standardRouting = [
    "strategy": "best_price", "objective": "cost", "arrival": "spray", "max_participation": "1",
    "residual": "rest",
  ]
}
