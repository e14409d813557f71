internal import Foundation
internal import Wire

/// The parents of the demonstration: several sizes on three symbols, one through a crash.
struct DemoOrders {
  static let symbols = ["BTC-USD", "ETH-USD", "SOL-USD"]
  /// The venue that is killed and started again while an order works.
  static let victim = "binance"

  let client: APIClient
  let venues: DemoVenues
  let say: (String) -> Void

  private struct Plan {
    let symbol: String
    let side: String
    let quantity: String
  }

  private static let plans = [
    Plan(symbol: "BTC-USD", side: "buy", quantity: "0.05"),
    Plan(symbol: "ETH-USD", side: "sell", quantity: "2.5"),
    Plan(symbol: "SOL-USD", side: "buy", quantity: "40"),
    Plan(symbol: "BTC-USD", side: "buy", quantity: "4"),
    Plan(symbol: "ETH-USD", side: "buy", quantity: "45"),
    // More than any two venues hold for us.
    Plan(symbol: "ETH-USD", side: "sell", quantity: "880"),
    Plan(symbol: "SOL-USD", side: "sell", quantity: "600"),
    Plan(symbol: "BTC-USD", side: "sell", quantity: "2.75"),
  ]

  /// - Returns: Every order as it ended.
  func run() throws -> [JSONValue] {
    var orders: [JSONValue] = []
    for plan in Self.plans {
      let order = try waitForEnd(submit(plan))
      say("\n\(OrderText.whole(order))")
      orders.append(order)
    }
    orders.append(try runThroughCrash())
    return orders
  }

  /// A large order; one venue is killed with its child in flight, and comes back.
  private func runThroughCrash() throws -> JSONValue {
    let victim = try venues.process(Self.victim)
    say("\nnow \(Self.victim) is slowed down and killed (SIGKILL) while its child is in flight")
    try venues.addFault(
      "{\"kind\": \"latency\", \"request\": \"order_entry\", \"count\": 1, \"milliseconds\": 10000}",
      to: Self.victim)
    let order = try submitUntilInFlight()
    victim.kill()
    say("killed; starting it again in one second")
    Thread.sleep(forTimeInterval: 1)
    try victim.start()
    say("\(Self.victim) serves again; its child's outcome must be settled by its own answer")
    let ended = try waitForEnd(order)
    say("\n\(OrderText.whole(ended))")
    return ended
  }

  private func submit(_ plan: Plan) throws(ClientFailure) -> JSONValue {
    var json = JSONWriter()
    json.beginObject()
    json.field("client_order_id", "demo-\(UUID().uuidString.prefix(18))")
    json.field("symbol", plan.symbol)
    json.field("side", plan.side)
    json.field("type", "market")
    json.field("time_in_force", "gtc")
    json.field("quantity", plan.quantity)
    json.field("expires_in_ms", integer: 45_000)
    json.endObject()
    return try client.post("/v1/orders", json.bytes)
  }

  private func waitForEnd(_ order: JSONValue) throws -> JSONValue {
    let id = order["id"]?.string ?? ""
    for _ in 0..<2000 {
      let current = try client.get("/v1/orders/\(id)")
      if current["closed_at"] != nil { return current }
      Thread.sleep(forTimeInterval: 0.03)
    }
    throw DemoError("order \(id) has not ended within a minute")
  }

  /// An order of which a child is in flight at the victim, which answers only after ten seconds.
  ///
  /// On a busy machine the victim's book may be too old at that moment, and the others take it all:
  /// then the next order tries.
  private func submitUntilInFlight() throws -> JSONValue {
    for _ in 0..<5 {
      let order = try submit(Plan(symbol: "BTC-USD", side: "buy", quantity: "5"))
      if try isInFlight(order) { return order }
    }
    throw DemoError("no child was in flight at \(Self.victim) in five orders")
  }

  /// Waits until one is; `false` if the order ends without.
  private func isInFlight(_ order: JSONValue) throws -> Bool {
    let id = order["id"]?.string ?? ""
    for _ in 0..<5000 {
      let current = try client.get("/v1/orders/\(id)")
      let isInFlight = (current["children"]?.array ?? []).contains {
        $0["venue"]?.string == Self.victim
          && ["sent", "unknown"].contains($0["status"]?.string ?? "")
      }
      if isInFlight { return true }
      if current["closed_at"] != nil { return false }
      Thread.sleep(forTimeInterval: 0.002)
    }
    throw DemoError("order \(id) has neither ended nor reached \(Self.victim)")
  }
}
