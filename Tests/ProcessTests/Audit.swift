import Foundation
import Journal
import RouterCore
import RouterService
import Wire

/// Compares what the router believes with what the venues hold, once nothing is under way.
///
/// The venues are asked through their admin interface, which the router does not use.
struct Audit {
  private let site: Site
  private let router: RouterProcess
  private let before: [String: Int128]
  /// Closed orders do not change any more.
  private var closed: [String: JSONValue] = [:]
  private(set) var faults: [String] = []
  private(set) var parentCount = 0
  private(set) var childCount = 0
  private(set) var fillCount = 0
  private(set) var triggerCount = 0
  private(set) var replacementCount = 0

  init(site: Site, router: RouterProcess) throws {
    self.site = site
    self.router = router
    before = try site.balances()
  }

  /// Waits until every parent has ended, then compares everything since the beginning.
  mutating func run(_ requests: [ClientLoad.Request]) throws {
    try router.waitUntilUp(site.venueNames.count)
    try endAll()
    let orders = try orders()
    compare(orders, with: requests)
    try compareVenues(orders)
    try comparePositions()
    try checkJournal()
  }

  private mutating func endAll() throws {
    let client = try router.client()
    var asked: Set<String> = []
    do {
      try router.wait("every parent has ended", seconds: 300) {
        let open = try client.get("/v1/orders?status=open&limit=10000")["orders"]?.array ?? []
        for order in open {
          guard let id = order["id"]?.string, asked.insert(id).inserted else { continue }
          _ = try? client.delete("/v1/orders/\(id)")
        }
        return open.isEmpty
      }
    } catch {
      let open = try client.get("/v1/orders?status=open&limit=5")["orders"]?.array ?? []
      for order in open {
        let whole = try client.get("/v1/orders/\(order["id"]?.string ?? "")")
        faults.append("not ended: \(OrderText.whole(whole))")
      }
      throw error
    }
  }

  // MARK: Requests and parents

  /// Every parent with its children.
  ///
  /// One answer holds the newest 10,000; older ones were seen before.
  private mutating func orders() throws -> [JSONValue] {
    let client = try router.client()
    let list = try client.get("/v1/orders?limit=10000")["orders"]?.array ?? []
    if list.count < min(closed.count, 10_000) {
      faults.append("\(list.count) orders are left of \(closed.count)")
    }
    var orders = closed
    for order in list {
      let id = order["id"]?.string ?? ""
      guard closed[id] == nil else { continue }
      let whole = try client.get("/v1/orders/\(id)")
      if whole["closed_at"] != nil { closed[id] = whole }
      orders[id] = whole
    }
    parentCount = orders.count
    triggerCount = orders.values.count { $0["triggered"] != nil }
    replacementCount = orders.values.reduce(0) { $0 + ($1["replaced"]?.array?.count ?? 0) }
    return Array(orders.values)
  }

  private mutating func compare(_ orders: [JSONValue], with requests: [ClientLoad.Request]) {
    var parents: [String: [String]] = [:]
    for order in orders {
      parents[order["client_order_id"]?.string ?? "-", default: []].append(
        order["id"]?.string ?? "-")
      let filled = decimal(order["filled_quantity"])
      if filled > decimal(order["quantity"]) {
        faults.append("overfilled: \(OrderText.headline(order))")
      }
      let children = order["children"]?.array ?? []
      if children.reduce(0, { $0 + decimal($1["filled_quantity"]) }) != filled {
        faults.append("not the sum of its children: \(OrderText.headline(order))")
      }
    }
    for request in requests {
      let found = parents.removeValue(forKey: request.id) ?? []
      if found != (request.order.map { [$0] } ?? []) {
        faults.append("\(request.id) is order \(request.order ?? "none") and has \(found)")
      }
    }
    for (id, found) in parents { faults.append("nobody asked for \(id): \(found)") }
  }

  // MARK: Children and fills

  private mutating func compareVenues(_ orders: [JSONValue]) throws {
    var children: [String: JSONValue] = [:]
    for order in orders {
      for child in order["children"]?.array ?? [] {
        let id = child["id"]?.string ?? "-"
        if children.updateValue(child, forKey: id) != nil { faults.append("child \(id) twice") }
      }
    }
    childCount = children.count
    var ours = try executions()
    fillCount = ours.values.reduce(0, +)
    for name in site.venueNames {
      let state = try site.state(of: name)
      if state["conserved"]?.bool != true { faults.append("\(name) does not conserve assets") }
      compareOrders(state, at: name, children)
      for trade in state["trades"]?.array ?? [] {
        guard let key = Self.key(trade, at: name) else { continue }
        guard let count = ours[key], count > 0 else {
          faults.append("a fill is lost: \(key)")
          continue
        }
        ours[key] = count == 1 ? nil : count - 1
      }
    }
    for (key, count) in ours { faults.append("a fill counts \(count) times too many: \(key)") }
  }

  private mutating func compareOrders(
    _ state: JSONValue, at name: String, _ children: [String: JSONValue]
  ) {
    var seen: Set<String> = []
    for order in state["orders"]?.array ?? [] {
      guard let id = Self.child(order["client_order_id"]?.string) else { continue }
      if !seen.insert(id).inserted { faults.append("\(name) has child \(id) twice") }
      guard let child = children[id] else {
        faults.append("\(name) has an order that nobody knows: \(id)")
        continue
      }
      if child["venue"]?.string != name { faults.append("\(id) is at \(name)") }
      if decimal(child["quantity"]) != decimal(order["quantity"]) {
        faults.append("\(id) has another quantity at \(name)")
      }
      if decimal(child["filled_quantity"]) != decimal(order["executed"]) {
        faults.append(
          "\(id) has executed \(order["executed"]?.text ?? "-") at \(name), the router knows"
            + " \(child["filled_quantity"]?.text ?? "-")")
      }
    }
    for order in state["open_orders"]?.array ?? [] {
      guard let id = Self.child(order["client_order_id"]?.string) else { continue }
      faults.append("\(id) is still open at \(name)")
    }
    for request in state["requests"]?.members ?? [] where request.value.int64 != 1 {
      faults.append("\(name) got \(request.name) \(request.value.int64 ?? 0) times")
    }
  }

  /// How often each fill counts: by venue, child, trade number, quantity and price.
  private func executions() throws -> [String: Int] {
    let client = try router.client()
    var counts: [String: Int] = [:]
    var after: Int64 = 0
    while true {
      let page = try client.get("/v1/executions?limit=10000&after=\(after)")
      let rows = page["executions"]?.array ?? []
      guard !rows.isEmpty else { return counts }
      for row in rows {
        // Behind the number of a trade may stand the side of ours.
        let parts = (row["execution_id"]?.string ?? "").split(separator: "-")
        let number = parts.last { $0.allSatisfy(\.isNumber) } ?? "-"
        let key = Self.key(
          row["venue"]?.string, row["child_id"]?.string, String(number), row["quantity"],
          row["price"], row["fee"])
        counts[key, default: 0] += 1
      }
      after = page["next_after"]?.int64 ?? after
    }
  }

  private static func key(_ trade: JSONValue, at name: String) -> String? {
    guard let child = child(trade["client_order_id"]?.string) else { return nil }
    return key(
      name, child, trade["trade_id"]?.string ?? "-", trade["quantity"], trade["price"],
      trade["fee"])
  }

  private static func key(
    _ venue: String?, _ child: String?, _ number: String, _ numbers: JSONValue?...
  ) -> String {
    let decimals = numbers.map { DecimalText.format(decimal($0), scale: 16) }
    return "\(venue ?? "-") \(child ?? "-") #\(number) \(decimals.joined(separator: " "))"
  }

  /// A child of ours by the id that the venue has for it, as the router writes it.
  static func child(_ clientOrderID: String?) -> String? {
    let bytes = Array((clientOrderID ?? "").utf8)
    return (ChildOrderID(uuid: bytes) ?? ChildOrderID(short: bytes))?.uuid.string
  }

  // MARK: Positions and the journal

  private mutating func comparePositions() throws {
    let positions = try router.positions()
    for (key, after) in try site.balances() {
      let change = after - (before[key] ?? 0)
      guard change != positions[key] ?? 0 else { continue }
      faults.append(
        "\(key) changed by \(DecimalText.format(change, scale: 16)) at the venue, the router's"
          + " position is \(DecimalText.format(positions[key] ?? 0, scale: 16))")
    }
  }

  private mutating func checkJournal() throws {
    do {
      _ = try JournalReader.read(directory: router.journalDirectory) { _, _ in }
    } catch {
      faults.append("the journal: \(error)")
    }
  }

  private func decimal(_ value: JSONValue?) -> Int128 { Self.decimal(value) }

  private static func decimal(_ value: JSONValue?) -> Int128 {
    DecimalText.parse128(value?.text ?? "", scale: 16) ?? -1
  }
}
