import RouterService
import Testing
import VenueAdapters
import Wire

/// Which way orders take to a venue that has two, through the real service, gateways and sockets.
@Suite(.serialized) struct OrderTransportTests {
  private static let venue = "binance"

  private func deployment(_ policy: OrderTransportPolicy) throws -> Deployment {
    let deployment = try Deployment([Self.venue])
    deployment.symbols = ["BTC-USD"]
    deployment.edit = {
      $0.replacingOccurrences(
        of: "credentials: {", with: "order_transport: '\(policy.rawValue)', credentials: {")
    }
    deployment.adjust = { $0.venues[0].orderExplorationInterval = 2 }
    try deployment.startService()
    try deployment.waitUntilUp()
    return deployment
  }

  /// Requests of one kind that come one way wait so long, until the faults are cleared.
  private func slow(_ deployment: Deployment, _ transport: String, milliseconds: Int) throws {
    try deployment.fault(
      Self.venue,
      #"{"kind":"latency","request":"order_entry","transport":"\#(transport)","#
        + #""milliseconds":\#(milliseconds),"count":1000000}"#)
  }

  private func clearFaults(_ deployment: Deployment) throws {
    _ = try deployment.admin(Self.venue, "DELETE", "/faults")
  }

  private func trade(_ deployment: Deployment, _ count: Int) throws {
    for number in 0..<count {
      let order = try deployment.ended(
        try deployment.submit(number % 2 == 0 ? "buy" : "sell", "0.01"))
      #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    }
  }

  private func transport(_ deployment: Deployment) throws -> JSONValue {
    try #require(try deployment.venue(Self.venue)?["order_transport"])
  }

  /// Trades until orders take this way.
  private func trade(_ deployment: Deployment, untilOrdersTake way: String) throws {
    for _ in 0..<40 {
      if try transport(deployment)["chosen"]?.string == way { break }
      try trade(deployment, 4)
    }
    let transport = try transport(deployment)
    #expect(transport["chosen"]?.string == way, "\(transport)")
  }

  private func incidents(_ deployment: Deployment) throws -> [String] {
    let incidents = try deployment.venue(Self.venue)?["incidents"]?.array ?? []
    return incidents.compactMap { $0["message"]?.string }.filter { $0.hasPrefix("new orders") }
  }

  /// Every client order id reached the venue in one request and made one order.
  private func expectEachOnce(_ deployment: Deployment) throws {
    let state = try deployment.admin(Self.venue, "GET", "/state")
    let ids = (state["orders"]?.array ?? []).compactMap { $0["client_order_id"]?.string }
    let requests = state["requests"]?.members ?? []
    #expect(!ids.isEmpty && Set(ids).count == ids.count && requests.count == ids.count)
    for request in requests { #expect(request.value.int64 == 1, "\(request.name)") }
    let positions = try deployment.positions()
    let held = try deployment.balance(Self.venue, "BTC") - Int128(20) * 10_000_000_000_000_000
    #expect(held == positions["\(Self.venue) BTC"] ?? 0)
  }

  @Test func `orders leave a socket that is slow, and come back when it has recovered`() throws {
    let deployment = try deployment(.fastest)
    try slow(deployment, "http", milliseconds: 30)
    try trade(deployment, 24)
    let first = try transport(deployment)
    #expect(first["chosen"]?.string == "socket" && first["policy"]?.string == "fastest")
    for way in first["ways"]?.array ?? [] {
      #expect(way["samples"]?.int64 ?? 0 >= 8, "\(first)")
    }
    #expect(try incidents(deployment).isEmpty)
    try slow(deployment, "socket", milliseconds: 100)
    try trade(deployment, untilOrdersTake: "http")
    #expect(try incidents(deployment).first?.hasPrefix("new orders take the http way") == true)
    try clearFaults(deployment)
    try slow(deployment, "http", milliseconds: 30)
    try trade(deployment, untilOrdersTake: "socket")
    #expect(try incidents(deployment).count == 2)
    try expectEachOnce(deployment)
  }

  @Test(arguments: [OrderTransportPolicy.socket, .http])
  func `a way that is set is the only one taken`(_ policy: OrderTransportPolicy) throws {
    let deployment = try deployment(policy)
    // It strikes what takes the other way.
    try slow(deployment, policy == .http ? "socket" : "http", milliseconds: 1)
    try trade(deployment, 20)
    let strikes = try deployment.admin(Self.venue, "GET", "/state")["strikes"]
    #expect(strikes?["latency"] == nil)
    let transport = try transport(deployment)
    #expect(transport["chosen"]?.string == policy.rawValue)
    for way in transport["ways"]?.array ?? [] {
      let isSet = way["transport"]?.string == policy.rawValue
      #expect((way["samples"]?.int64 ?? 0 >= 20) == isSet && isSet == (way["p50_ms"] != nil))
    }
    try expectEachOnce(deployment)
  }

  @Test func `an answer that is lost over HTTP neither loses nor doubles the order`() throws {
    let deployment = try deployment(.http)
    for kind in ["acknowledgement_lost", "server_error_after"] {
      try deployment.fault(
        Self.venue, #"{"kind":"\#(kind)","request":"order_entry","transport":"http"}"#)
      let order = try deployment.ended(try deployment.submit("buy", "0.3"))
      #expect(order["status"]?.string == "filled", "\(OrderText.whole(order))")
    }
    let strikes = try deployment.admin(Self.venue, "GET", "/state")["strikes"]
    #expect(strikes?["acknowledgement_lost"]?.int64 == 1)
    #expect(strikes?["server_error_after"]?.int64 == 1)
    try expectEachOnce(deployment)
  }
}
