package import Wire

/// Books, venues and positions as people read them, from the API's JSON.
package enum BookText {
  package static func ladder(_ books: JSONValue) -> String {
    let bids = books["bids"]?.array ?? []
    let asks = books["asks"]?.array ?? []
    var table = TextTable("bid venue", ">quantity", ">bid", ">ask", ">quantity", "ask venue")
    for row in 0..<max(bids.count, asks.count) {
      let bid = row < bids.count ? bids[row] : .null
      let ask = row < asks.count ? asks[row] : .null
      table.add(
        cell(bid, 2), cell(bid, 1), cell(bid, 0), cell(ask, 0), cell(ask, 1), cell(ask, 2))
    }
    let states = (books["venues"]?.array ?? []).map { venue in
      "\(OrderText.text(venue, "venue")) \(OrderText.text(venue, "state"))"
    }
    return "\(OrderText.text(books, "symbol"))  \(OrderText.text(books, "at"))\n"
      + "\(table.text)\n\(states.joined(separator: ", "))"
  }

  private static func cell(_ level: JSONValue, _ index: Int) -> String {
    level[index]?.string ?? ""
  }

  package static func venues(_ answer: JSONValue) -> String {
    var table = TextTable(
      "venue", "protocol", "state", "data", "orders", "reports", "way", ">clock ms", ">p50 ms",
      ">p99 ms", ">tokens", "pace", ">sent", ">unknown", "breakers", "last incident")
    for venue in answer["venues"]?.array ?? [] {
      let incident = venue["incidents"]?[0]
      table.add(
        OrderText.text(venue, "venue"), OrderText.text(venue, "protocol"),
        OrderText.text(venue, "state"), flag(venue, "market_data"), flag(venue, "order_entry"),
        flag(venue, "drop_copy"),
        OrderText.text(venue["order_transport"] ?? .null, "chosen"),
        OrderText.text(venue, "clock_offset_ms"),
        latency(venue, "median_ms"), latency(venue, "p99_ms"),
        OrderText.text(venue["throttle"] ?? .null, "tokens"), pace(venue),
        OrderText.text(venue, "orders_sent"), OrderText.text(venue, "requests_unknown"),
        breakers(venue["breakers"]?.array ?? []),
        incident.map { OrderText.text($0, "message") } ?? "")
    }
    let reason = answer["halt_reason"]?.string.map { ": \($0)" } ?? ": no new order leaves"
    let halted = answer["halted"]?.bool == true ? "\nHALTED\(reason)" : ""
    return table.text + orphans(answer) + halted
  }

  /// `ok`, or what is not closed and why: `new orders open (timed out, trip 2)`.
  private static func breakers(_ breakers: [JSONValue]) -> String {
    let words = breakers.compactMap { breaker -> String? in
      let state = OrderText.text(breaker, "state")
      guard state != "closed" else { return nil }
      let reason = OrderText.text(breaker, "last_failure")
      let trips = breaker["trips"]?.int64 ?? 0
      return plain("\(OrderText.text(breaker, "operation")) \(state) (\(reason), trip \(trips))")
    }
    return words.isEmpty ? "ok" : words.joined(separator: "; ")
  }

  private static func plain(_ name: String) -> String {
    String(name.map { $0 == "_" ? " " : $0 })
  }

  /// What the settings assume is no measurement, and looks different.
  private static func latency(_ venue: JSONValue, _ name: String) -> String {
    guard let latency = venue["order_latency"] else { return "" }
    let isMeasured = latency["measured"]?.bool == true
    return (isMeasured ? "" : "~") + OrderText.text(latency, name)
  }

  /// Why no new order goes to a venue at the moment, if its pace is the reason.
  private static func pace(_ venue: JSONValue) -> String {
    if let until = venue["maintenance"]?["active_until"]?.string { return "down until \(until)" }
    if let until = venue["throttle"]?["engaged_until"]?.string { return "paused until \(until)" }
    return ""
  }

  private static func orphans(_ answer: JSONValue) -> String {
    let rows = answer["orphans"]?.array ?? []
    guard !rows.isEmpty else { return "" }
    var table = TextTable("venue", "child", "venue's id", "symbol", ">filled", "verdict", "action")
    for row in rows {
      table.add(
        OrderText.text(row, "venue"), OrderText.text(row, "child_id"),
        OrderText.text(row, "venue_order_id"), OrderText.text(row, "symbol"),
        OrderText.text(row, "filled_quantity"), OrderText.text(row, "verdict"),
        OrderText.text(row, "action"))
    }
    return "\norders of ours that the journal did not know as open:\n\(table.text)"
  }

  private static func flag(_ value: JSONValue, _ name: String) -> String {
    value[name]?.bool == true ? "up" : "down"
  }

  package static func positions(_ answer: JSONValue) -> String {
    var table = TextTable("venue", "asset", ">change")
    for position in answer["positions"]?.array ?? [] {
      table.add(
        OrderText.text(position, "venue"), OrderText.text(position, "asset"),
        OrderText.text(position, "change"))
    }
    return table.text
  }
}
