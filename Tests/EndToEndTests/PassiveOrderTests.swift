import RouterService
import SimulatedVenues
import Testing
import Wire

/// Orders that rest before they take, through the real service, gateways and sockets.
@Suite(.serialized) struct PassiveOrderTests {
  @Test(arguments: VenueProfiles.all.map(\.name))
  func `an order rests, then takes what is left, and balances agree to the last unit`(
    venue: String
  ) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    var before: [String: Int128] = [:]
    for asset in ["BTC", "USD"] { before[asset] = try deployment.balance(venue, asset) }
    let order = try deployment.ended(
      try deployment.submit(
        "buy", "0.25", "BTC-USD", id: "passive",
        #""type":"market","time_in_force":"gtc","expires_in_ms":40000,"#
          + #""routing":{"strategy":"price_improvement","passive_ms":2000}"#))
    #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    let state = try deployment.admin(venue, "GET", "/state")
    #expect(state["open_orders"]?.array?.isEmpty ?? true)
    for request in state["requests"]?.members ?? [] { #expect(request.value.int64 == 1) }
    let positions = try deployment.positions()
    for asset in ["BTC", "USD"] {
      let change = try deployment.balance(venue, asset) - (before[asset] ?? 0)
      #expect(change == positions["\(venue) \(asset)"] ?? 0, "\(asset)")
    }
    // A maker pays less there, so resting is worth its while.
    guard venue != "binance" else { return }
    let identifier = order["id"]?.string ?? ""
    let plans = try deployment.client().get("/v1/orders/\(identifier)/plan")["plans"]?.array ?? []
    #expect(
      plans.contains { !($0["resting"]?.array ?? []).isEmpty },
      "nothing has rested: \(OrderText.whole(order))")
  }
}
