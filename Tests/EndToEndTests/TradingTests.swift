import RouterService
import SimulatedVenues
import Testing
import Wire

/// Orders through the real service, gateways and sockets, at each simulated venue.
@Suite(.serialized) struct TradingTests {
  static let venues = VenueProfiles.all.map(\.name)

  /// What the venue holds changed by exactly what the router believes.
  private func expectAgreement(
    _ deployment: Deployment, _ before: [String: Int128], assets: [String] = ["BTC", "USD"]
  ) throws {
    let positions = try deployment.positions()
    for name in deployment.venues.keys {
      for asset in assets {
        let key = "\(name) \(asset)"
        let change = try deployment.balance(name, asset) - (before[key] ?? 0)
        #expect(change == positions[key] ?? 0, "\(key)")
      }
    }
  }

  /// Every client order id reached the venue in one request and made one order.
  ///
  /// There may be several: what a moving market left open was planned again, under another id.
  private func expectEachOnce(_ deployment: Deployment, _ venue: String) throws {
    let state = try deployment.admin(venue, "GET", "/state")
    let ids = (state["orders"]?.array ?? []).compactMap { $0["client_order_id"]?.string }
    #expect(!ids.isEmpty && Set(ids).count == ids.count)
    for request in state["requests"]?.members ?? [] {
      #expect(request.value.int64 == 1, "\(request.name) was sent \(request.value)")
    }
  }

  private func balances(
    _ deployment: Deployment, assets: [String] = ["BTC", "USD"]
  ) throws -> [String: Int128] {
    var balances: [String: Int128] = [:]
    for name in deployment.venues.keys {
      for asset in assets { balances["\(name) \(asset)"] = try deployment.balance(name, asset) }
    }
    return balances
  }

  @Test(arguments: venues)
  func `orders are filled and balances agree to the last unit`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let before = try balances(deployment)
    for (side, quantity) in [("buy", "0.25"), ("sell", "0.4"), ("buy", "1.5")] {
      let order = try deployment.ended(try deployment.submit(side, quantity))
      #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
      #expect(order["filled_quantity"]?.string == quantity)
    }
    try expectAgreement(deployment, before)
  }

  @Test func `a large order is split over all venues`() throws {
    guard Self.venues.count > 1 else { return }
    let deployment = try Deployment(Self.venues) { options in
      let isSet = options.setFees(takerBasisPoints: "10", makerBasisPoints: "5")
      #expect(isSet)
    }
    try deployment.startService()
    try deployment.waitUntilUp()
    let before = try balances(deployment)
    // More than the cash at any two venues buys.
    let order = try deployment.ended(try deployment.submit("buy", "36"))
    #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    let used = Set((order["children"]?.array ?? []).compactMap { $0["venue"]?.string })
    #expect(used == Set(Self.venues))
    try expectAgreement(deployment, before)
  }

  @Test(arguments: venues)
  func `an acknowledgement that is lost neither loses nor doubles the order`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let before = try balances(deployment)
    try deployment.fault(venue, #"{"kind":"acknowledgement_lost","request":"order_entry"}"#)
    let order = try deployment.ended(try deployment.submit("buy", "0.3"))
    #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    try expectEachOnce(deployment, venue)
    try expectAgreement(deployment, before)
  }

  @Test(arguments: venues)
  func `doubled and late fills count once`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let before = try balances(deployment)
    try deployment.fault(
      venue,
      #"[{"kind":"duplicate_fills","duration_milliseconds":20000},"#
        + #"{"kind":"late_fills","duration_milliseconds":3000,"milliseconds":400}]"#)
    for _ in 0..<3 {
      let order = try deployment.ended(try deployment.submit("buy", "0.7"))
      #expect(order["filled_quantity"]?.string == "0.7", "\(OrderText.whole(order))")
    }
    try expectAgreement(deployment, before)
  }

  @Test(arguments: venues)
  func `streams that drop come back and orders go on`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let before = try balances(deployment)
    try deployment.fault(venue, #"{"kind":"drop_streams"}"#)
    try deployment.wait("the loss is noticed") {
      let channels = try deployment.venue(venue)?["channels"]?.array ?? []
      return !channels.isEmpty && channels.allSatisfy { ($0["reconnects"]?.int64 ?? 0) > 0 }
    }
    try deployment.waitUntilUp()
    let order = try deployment.ended(try deployment.submit("sell", "0.6"))
    #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    try expectAgreement(deployment, before)
  }

  @Test(arguments: venues)
  func `a server error after the order was applied is an unknown outcome`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let before = try balances(deployment)
    try deployment.fault(venue, #"{"kind":"server_error_after","request":"order_entry"}"#)
    let order = try deployment.ended(try deployment.submit("sell", "0.2"))
    #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    try expectEachOnce(deployment, venue)
    try expectAgreement(deployment, before)
  }

  @Test(arguments: venues)
  func `an immediate order that can not fill ends with nothing`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let order = try deployment.ended(
      try deployment.submit(
        "buy", "0.5", "BTC-USD",
        #""type":"limit","limit_price":"60000","time_in_force":"ioc""#))
    #expect(order["status"]?.string == "expired")
    #expect(order["filled_quantity"]?.string == "0")
    #expect(try deployment.admin(venue, "GET", "/state")["orders"]?.array?.isEmpty == true)
  }

  @Test(arguments: venues)
  func `a working order is cancelled`(venue: String) throws {
    let deployment = try Deployment([venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let order = try deployment.submit(
      "buy", "0.5", "BTC-USD", #""type":"limit","limit_price":"60000""#)
    #expect(order["status"]?.string == "working")
    let id = order["id"]?.string ?? ""
    _ = try deployment.client().delete("/v1/orders/\(id)")
    #expect(try deployment.ended(order)["status"]?.string == "canceled")
  }
}
