import Foundation
import RouterService
import SimulatedVenues
import Testing
import Wire

/// Every kind of order through the real service over loopback, in a market that only the test moves.
@Suite(.serialized) struct OrderTypeTests {
  static let venues = VenueProfiles.all.map(\.name)

  private func deployment(_ names: [String] = OrderTypeTests.venues) throws -> Deployment {
    let deployment = try Deployment(names) { $0.hasMarket = false }
    deployment.symbols = ["BTC-USD"]
    deployment.edit = {
      $0.replacing("collar_bps: 300", with: "collar_bps: 300, maximum_book_age_ms: 600000")
    }
    for name in names { try deployment.quote(name, bid: "63990", ask: "64010") }
    try deployment.startService()
    try deployment.waitUntilUp()
    return deployment
  }

  private func expect(
    _ order: JSONValue, _ status: String, filled: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(
      order["status"]?.string == status, "\(OrderText.whole(order))", sourceLocation: location)
    #expect(order["filled_quantity"]?.string == filled, sourceLocation: location)
  }

  private func children(_ order: JSONValue) -> [JSONValue] { order["children"]?.array ?? [] }

  // MARK: Stops

  @Test func `a stop fires once two venues show its price, and not on one alone`() throws {
    let deployment = try deployment()
    let before = try deployment.balances()
    let order = try deployment.place("sell", "0.1", #""type":"stop","stop_price":"63950""#)
    #expect(order["status"]?.string == "armed" && order["trigger"]?.string == "bid_ask")
    #expect(children(order).isEmpty)
    try deployment.move("kraken", bid: "63900", ask: "63930")
    #expect(try deployment.order(order)["status"]?.string == "armed")
    try deployment.move("binance", bid: "63900", ask: "63930")
    let ended = try deployment.ended(order)
    expect(ended, "filled", filled: "0.1")
    #expect((ended["triggered"]?["confirming_venues"]?.int64 ?? 0) >= 2)
    #expect(ended["triggered"]?["price"]?.string == "63900")
    try deployment.expectAgreement(before)
  }

  @Test func `a stop on the last price fires on trades of others and not on quotes`() throws {
    let deployment = try deployment(["kraken", "coinbase-exchange", "binance"])
    let order = try deployment.place(
      "buy", "0.1",
      #""type":"stop_limit","stop_price":"64100","limit_price":"64200","trigger":"last""#
    )
    for name in Self.venues { try deployment.move(name, bid: "64090", ask: "64100") }
    #expect(try deployment.order(order)["status"]?.string == "armed")
    for name in Self.venues { try deployment.trade(name, "buy", "0.01", at: "64100") }
    let ended = try deployment.ended(order)
    expect(ended, "filled", filled: "0.1")
    #expect(ended["triggered"]?["price"]?.string == "64100")
  }

  @Test func `an armed stop survives a restart and its price can be moved`() throws {
    let deployment = try deployment()
    let order = try deployment.place(
      "sell", "0.1", #""type":"stop_limit","stop_price":"63000","limit_price":"62900""#)
    let replaced = try deployment.replace(order, #"{"stop_price":"63950","quantity":"0.2"}"#)
    #expect(replaced["stop_price"]?.string == "63950" && replaced["status"]?.string == "armed")
    #expect(replaced["replaced"]?[0]?["stop_price"]?.string == "63000")
    deployment.stopService()
    try deployment.startService()
    try deployment.waitUntilUp()
    #expect(try deployment.order(order)["status"]?.string == "armed")
    for name in Self.venues { try deployment.move(name, bid: "63900", ask: "63930") }
    expect(try deployment.ended(order), "filled", filled: "0.2")
  }

  // MARK: What rests

  @Test(arguments: venues)
  func `what can not be taken rests at the limit and fills as a maker`(venue: String) throws {
    let deployment = try deployment([venue])
    let before = try deployment.balances()
    let order = try deployment.place("buy", "0.5", #""type":"limit","limit_price":"63980""#)
    try deployment.waitUntilResting(order, at: "63980", count: 1)
    try deployment.clear(venue)
    try deployment.trade(venue, "sell", "0.5", at: "63980")
    let ended = try deployment.ended(order)
    expect(ended, "filled", filled: "0.5")
    #expect(children(ended).map { $0["role"]?.string } == ["residual"])
    let id = order["id"]?.string ?? ""
    let fills = try deployment.client().get("/v1/orders/\(id)/executions")["executions"]?.array
    #expect(fills?.isEmpty == false)
    #expect(fills?.allSatisfy { $0["liquidity"]?.string == "maker" } == true)
    try deployment.expectAgreement(before)
  }

  @Test(arguments: venues)
  func `price and quantity of a resting order are replaced`(venue: String) throws {
    let deployment = try deployment([venue])
    let order = try deployment.place("buy", "0.5", #""type":"limit","limit_price":"63000""#)
    try deployment.waitUntilResting(order, at: "63000", count: 1)
    let accepted = try deployment.replace(order, #"{"quantity":"0.8","limit_price":"63100"}"#)
    #expect(["replace_pending", "working"].contains(accepted["status"]?.string))
    try deployment.waitUntilResting(order, at: "63100", count: 1)
    let replaced = try deployment.order(order)
    #expect(replaced["quantity"]?.string == "0.8" && replaced["limit_price"]?.string == "63100")
    #expect(replaced["replaced"]?[0]?["quantity"]?.string == "0.5")
    #expect(replaced["replaced"]?[0]?["limit_price"]?.string == "63000")
    let open = try deployment.admin(venue, "GET", "/state")["open_orders"]?.array ?? []
    let ours = open.filter { $0["client_order_id"]?.string?.isEmpty == false }
    #expect(ours.count == 1, "\(open)")
    _ = try deployment.client().delete("/v1/orders/\(order["id"]?.string ?? "")")
    expect(try deployment.ended(order), "canceled", filled: "0")
  }

  @Test func `a post-only order rests, or is refused where it would take`() throws {
    let deployment = try deployment()
    let resting = try deployment.place(
      "buy", "0.5", #""type":"limit","limit_price":"64000","post_only":true"#)
    try deployment.waitUntilResting(resting, at: "64000", count: 1)
    let taking = try deployment.ended(
      try deployment.place(
        "buy", "0.5", #""type":"limit","limit_price":"64050","post_only":true"#))
    expect(taking, "rejected", filled: "0")
    #expect(taking["reason"]?.string == "post_only_would_take")
    #expect(children(taking).isEmpty)
  }

  @Test func `an order good till a date expires and leaves nothing behind`() throws {
    let deployment = try deployment(["kraken"])
    let order = try deployment.place(
      "buy", "0.5",
      #""type":"limit","limit_price":"63000","time_in_force":"gtd","expires_in_ms":2500"#)
    try deployment.waitUntilResting(order, at: "63000", count: 1)
    expect(try deployment.ended(order), "expired", filled: "0")
    let open = try deployment.admin("kraken", "GET", "/state")["open_orders"]?.array ?? []
    #expect(open.allSatisfy { $0["client_order_id"]?.string?.isEmpty != false }, "\(open)")
  }

  // MARK: All or nothing

  @Test func `fill or kill goes whole to one venue, or to several if it may`() throws {
    let deployment = try deployment(["kraken", "binance"])
    let before = try deployment.balances()
    let terms = #""type":"limit","limit_price":"64010","time_in_force":"fok""#
    let tooLarge = try deployment.ended(try deployment.place("buy", "8", terms))
    #expect(tooLarge["reason"]?.string == "cannot_fill_whole", "\(OrderText.whole(tooLarge))")
    #expect(children(tooLarge).isEmpty && tooLarge["fok"]?.string == "whole")
    let split = try deployment.ended(
      try deployment.place("buy", "8", terms + #","fok":"best_effort""#))
    expect(split, "filled", filled: "8")
    #expect(children(split).count == 2)
    #expect(children(split).allSatisfy { $0["time_in_force"]?.string == "fok" })
    // Until the venues have shown what was taken, the next order would ask for the same again.
    Thread.sleep(forTimeInterval: 0.5)
    let whole = try deployment.ended(try deployment.place("buy", "1", terms))
    expect(whole, "filled", filled: "1")
    #expect(children(whole).count == 1)
    try deployment.expectAgreement(before)
  }

  // MARK: Refusals

  @Test func `what can not be is refused with the field and what to do`() throws {
    let deployment = try deployment(["kraken"])
    for (terms, field) in [
      (#""type":"stop""#, "stop_price"),
      (#""type":"stop_limit","stop_price":"63000""#, "limit_price"),
      (#""type":"market","trigger":"last""#, "trigger"),
      (
        #""type":"limit","limit_price":"64000","post_only":true,"time_in_force":"ioc""#, "post_only"
      ),
      (#""type":"limit","limit_price":"64000","time_in_force":"gtd""#, "expires_at"),
      (#""type":"limit","limit_price":"64000","fok":"best_effort""#, "fok"),
      (#""type":"limit","limit_price":"64000","limit_price":"63000""#, "limit_price"),
      (#""type":"market","routing":{"residual":"hold"}"#, "routing.residual"),
    ] {
      #expect(
        try refusal { try deployment.place("buy", "0.1", terms) } == "400 \(field)", "\(terms)")
    }
    let plan = #"{"symbol":"BTC-USD","side":"buy","quantity":"1","quantity":"2"}"#
    #expect(
      try refusal { try deployment.client().post("/v1/plans", Array(plan.utf8)) } == "400 quantity")
    let order = try deployment.place("buy", "0.5", #""type":"limit","limit_price":"63000""#)
    #expect(try refusal { try deployment.replace(order, "{}") } == "400 quantity")
    #expect(
      try refusal { try deployment.replace(order, #"{"quantity":"1","quantity":"2"}"#) }
        == "400 quantity")
    #expect(
      try refusal { try deployment.replace(order, #"{"stop_price":"1"}"#) } == "400 stop_price")
    #expect(
      try refusal { try deployment.replace(order, #"{"limit_price":"90000"}"#) }
        == "422 limit_price")
    _ = try deployment.client().delete("/v1/orders/\(order["id"]?.string ?? "")")
    _ = try deployment.ended(order)
    #expect(try refusal { try deployment.replace(order, #"{"quantity":"1"}"#) } == "409 -")
  }

  /// The status and the field of a refusal.
  private func refusal(_ body: () throws -> JSONValue) throws -> String {
    do {
      return "accepted: \(String(decoding: try body().serialized(), as: UTF8.self))"
    } catch ClientFailure.refused(let status, let problem) {
      return "\(status) \(problem["field"]?.string ?? "-")"
    }
  }
}
