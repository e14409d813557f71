import Foundation
import RouterService
import SimulatedVenues
import Testing
import Wire

/// A venue that is slow, refuses or flaps costs that venue only.
@Suite(.serialized) struct ResilienceTests {
  private static let names = ["binance", "coinbase-exchange", "kraken"]
  private static let terms = #""type":"market","time_in_force":"gtc","expires_in_ms":180000"#
  private static let probes: Int64 = 1

  private func deployment() throws -> Deployment {
    let deployment = try Deployment(Self.names) { options in
      // Alike, so that every order is split over all of them.
      _ = options.setFees(takerBasisPoints: "10", makerBasisPoints: "5")
    }
    deployment.symbols = ["BTC-USD"]
    deployment.edit = {
      $0.replacingOccurrences(
        of: "credentials: {",
        with: """
          breaker: {
            minimum_calls: 3, window_seconds: 60, slow_call_ms: 1000, timeout_ms: 5000,
            open_ms: 4000, open_cap_ms: 60000, half_open_probes: \(Self.probes),
          },
          credentials: {
          """)
    }
    try deployment.startService()
    try deployment.waitUntilUp()
    return deployment
  }

  private func breaker(_ deployment: Deployment, _ venue: String) throws -> JSONValue? {
    try deployment.venue(venue)?["breakers"]?.array?.first {
      $0["operation"]?.string == "new_orders"
    }
  }

  private func trips(_ deployment: Deployment, _ venue: String) throws -> Int64 {
    try breaker(deployment, venue)?["trips"]?.int64 ?? 0
  }

  /// How many orders have reached a venue, by its own count.
  private func received(_ deployment: Deployment, _ venue: String) throws -> Int64 {
    let requests = try deployment.admin(venue, "GET", "/state")["requests"]?.members ?? []
    return requests.reduce(0) { $0 + ($1.value.int64 ?? 0) }
  }

  /// Orders large enough for all venues.
  private func submit(_ deployment: Deployment, _ count: Int) throws -> [JSONValue] {
    try (0..<count).map {
      try deployment.submit($0 % 2 == 0 ? "buy" : "sell", "3", "BTC-USD", Self.terms)
    }
  }

  /// Waits until every order is filled but for what is less than any venue takes.
  ///
  /// A child whose fate is unknown is proved absent after a minute at the earliest.
  private func expectFilled(_ deployment: Deployment, _ orders: [JSONValue]) throws {
    for order in orders {
      for _ in 0..<2 {
        try? deployment.wait("it is filled") { try isFilled(deployment, order) }
      }
      let text = OrderText.whole(try deployment.order(order))
      let isDone = try isFilled(deployment, order)
      #expect(isDone, "\(text)")
    }
  }

  private func isFilled(_ deployment: Deployment, _ order: JSONValue) throws -> Bool {
    let text = try deployment.order(order)["filled_quantity"]?.string ?? ""
    return (DecimalText.parse128(text, scale: 8) ?? 0) >= 299_900_000
  }

  private func expectKeptOut(_ deployment: Deployment, _ venue: String) throws {
    let (before, tripsBefore) = (
      try received(deployment, venue), try trips(deployment, venue)
    )
    try expectFilled(deployment, try submit(deployment, 6))
    let tries = try trips(deployment, venue) - tripsBefore + 1
    let more = try received(deployment, venue) - before
    #expect(more <= tries * Self.probes, "\(more) orders in \(tries) tries")
  }

  @Test(arguments: [
    ("kraken", #"{"kind":"latency","milliseconds":10000,"#),
    ("binance", #"{"kind":"server_error_before","#),
  ])
  func `a venue that is slow or refuses is given up, and orders complete elsewhere`(
    venue: String, fault: String
  ) throws {
    let deployment = try deployment()
    let before = try deployment.balances()
    try deployment.fault(
      venue, fault + #""request":"order_entry","duration_milliseconds":240000}"#)
    var first = try submit(deployment, 4)
    // The breaker needs three calls, and where the venue is dear an order leaves it out.
    for _ in 0..<8 {
      Thread.sleep(forTimeInterval: 6)
      if try trips(deployment, venue) > 0 { break }
      first += try submit(deployment, 1)
    }
    try deployment.wait("the breaker of \(venue) opens") {
      try trips(deployment, venue) > 0
    }
    try expectFilled(deployment, first)
    try expectKeptOut(deployment, venue)
    _ = try deployment.admin(venue, "DELETE", "/faults")
    try deployment.expectAgreement(before)
  }

  @Test func `a venue that flaps is given up, and comes back`() throws {
    let deployment = try deployment()
    let before = try deployment.balances()
    for _ in 0..<40 {
      try deployment.fault("coinbase-exchange", #"{"kind":"drop_streams"}"#)
      Thread.sleep(forTimeInterval: 0.3)
      if try trips(deployment, "coinbase-exchange") > 0 { break }
    }
    #expect(try trips(deployment, "coinbase-exchange") > 0)
    try expectKeptOut(deployment, "coinbase-exchange")
    try deployment.wait("the breaker closes") {
      try expectFilled(deployment, try submit(deployment, 1))
      return try breaker(deployment, "coinbase-exchange")?["state"]?.string == "closed"
    }
    try deployment.expectAgreement(before)
  }
}
