import RouterService
import Testing
import Wire

/// `POST /v1/plans` and the routing options of orders, at a running service.
@Suite(.serialized) struct PlanTests {
  private func plan(_ deployment: Deployment, _ body: String) throws -> JSONValue {
    try deployment.client().post("/v1/plans", Array(body.utf8))
  }

  /// The status and the field of a refusal.
  private func refusal(_ body: () throws -> JSONValue) throws -> String {
    do {
      return String(decoding: try body().serialized(), as: UTF8.self)
    } catch let failure as ClientFailure {
      guard case .refused(let status, let problem) = failure else { throw failure }
      #expect(problem["type"]?.string?.hasPrefix("urn:sluice:problem:") == true)
      return "\(status) \(problem["field"]?.string ?? "-")"
    }
  }

  @Test func `a plan over the live books splits, explains itself and sends nothing`() throws {
    let deployment = try Deployment(["binance", "coinbase-exchange", "kraken"])
    try deployment.startService()
    try deployment.waitUntilUp()
    let answer = try plan(
      deployment, #"{"symbol":"BTC-USD","side":"buy","quantity":"1.5","max_children":2}"#)
    #expect(answer["status"]?.string == "complete")
    #expect(answer["quantity"]?["planned"]?.string == "1.5")
    let children = answer["children"]?.array ?? []
    let excluded = answer["excluded"]?.array ?? []
    #expect(children.count >= 1 && children.count <= 2)
    #expect(children.count + excluded.count == 3)
    let names = (children + excluded).compactMap { $0["venue"]?.string }
    #expect(Set(names) == ["binance", "coinbase-exchange", "kraken"])
    let planned = children.reduce(Int128(0)) { sum, child in
      sum + (DecimalText.parse128(child["quantity"]?.string ?? "", scale: 16) ?? 0)
    }
    #expect(DecimalText.format(planned, scale: 16) == "1.5")
    #expect(answer["bound"]?["proven_optimal"]?.bool != nil)

    let limited = try plan(
      deployment, #"{"symbol":"BTC-USD","side":"buy","quantity":"1","limit_price":"0.01"}"#)
    #expect(limited["status"]?.string == "none")
    #expect(
      (limited["excluded"]?.array ?? []).allSatisfy { $0["reason"]?.string == "outside_limit" })

    #expect(try deployment.client().get("/v1/orders")["orders"]?.array?.isEmpty == true)
    for name in deployment.venues.keys {
      let orders = try deployment.admin(name, "GET", "/state")["orders"]?.array ?? []
      #expect(orders.isEmpty)
    }
  }

  @Test func `a plan over books in the body needs no venue and refuses by name`() throws {
    let deployment = try Deployment(["kraken"])
    let service = try deployment.startService()
    try deployment.waitUntilUp()
    let books = #"""
      {"symbol":"BTC-USD","side":"buy","quantity":"1.5","limit_price":null,"max_children":null,
       "nodes":16,"venues":[{"venue":"kraken","taker_fee_bps":"25","price_increment":"0.1",
       "quantity_increment":"0.0001","asks":[["64200.2","0.25"],["64201.0","2"]]}]}
      """#
    let answer = try plan(deployment, books)
    #expect(answer["cost"]?["total"]?.string == "96542.05325")
    #expect(answer["children"]?[0]?["limit_price"]?.string == "64201.0")

    let wrong = [
      (#""25""#, "25", "400 venues[0].taker_fee_bps"), (#""1.5""#, "1.5", "400 quantity"),
      (#""kraken","#, #""kraken","x":1,"#, "400 venues[0].x"), (#""buy""#, #""hold""#, "400 side"),
      ("16", "1000000", "400 nodes"), ("16", "0", "400 nodes"),
      (#""nodes""#, #""node""#, "400 node"),
      ("{", "[", "400 -"),
    ]
    for (old, new, expected) in wrong {
      let body = books.replacing(old, with: new, maxReplacements: 1)
      #expect(try refusal { try plan(deployment, body) } == expected)
    }
    for (body, expected) in [
      (#"{"symbol":"DOGE-USD","side":"buy","quantity":"1"}"#, "400 symbol"),
      (#"{"side":"buy","quantity":"1"}"#, "400 symbol"),
      (#"{"symbol":"BTC-USD","side":"buy","quantity":"0.000000000000001"}"#, "400 quantity"),
      (#"{"symbol":"BTC-USD","side":"buy","quantity":"1","nodes":100000}"#, "400 nodes"),
      ("[]", "400 -"),
    ] {
      #expect(try refusal { try plan(deployment, body) } == expected, "\(body)")
    }
    let stranger = try APIClient(url: service.url, token: "not-a-token-of-the-settings")
    #expect(try refusal { try stranger.post("/v1/plans", Array(books.utf8)) } == "401 -")
  }

  @Test func `routing options are kept, shown, and part of what must be repeated`() throws {
    let deployment = try Deployment(["binance", "kraken"])
    try deployment.startService()
    try deployment.waitUntilUp()
    func submit(_ routing: String) throws -> JSONValue {
      try deployment.submit(
        "buy", "0.25", id: "routed",
        #""type":"market","time_in_force":"gtc","expires_in_ms":40000,"routing":\#(routing)"#)
    }
    let first = try submit(#"{"strategy":"fewest_venues","max_participation":"0.5"}"#)
    #expect(first["routing"]?["strategy"]?.string == "fewest_venues")
    #expect(first["routing"]?["max_participation"]?.string == "0.5")
    #expect(first["routing"]?["objective"]?.string == "cost")
    let again = try submit(#"{"max_participation":"0.5","strategy":"fewest_venues"}"#)
    #expect(again["id"] == first["id"])
    #expect(
      try refusal { try submit(#"{"strategy":"best_price","max_participation":"0.5"}"#) }
        == "422 client_order_id")
    let ended = try deployment.ended(first)
    #expect(ended["routing"] == first["routing"])

    let id = first["id"]?.string ?? ""
    let plans = try deployment.client().get("/v1/orders/\(id)/plan")["plans"]?.array ?? []
    let made = try #require(plans.first)
    #expect(made["strategy"]?.string == "fewest_venues")
    #expect(made["objective"]?.string == "cost")
    #expect(made["objective_cost"]?.string == made["cost"]?.string)
    #expect(made["bound"]?["root_cost"]?.string != nil)
    #expect((made["bound"]?["nodes"]?.int64 ?? 0) >= 1)
    #expect(made["best_single_venue"]?["venue"]?.string != nil)
    let venues = made["venues"]?.array ?? []
    #expect(venues.count == 2)
    #expect(venues.allSatisfy { $0["fill_probability"]?.string != nil })
  }
}
