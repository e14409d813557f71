import Foundation
import Journal
import RouterCore
import RouterService
import Testing
import Wire

/// The machine's wall clock is set while the service runs, and between two runs.
///
/// A shim in the service's process shifts what it reads; the venues keep the true time.
@Suite(.serialized) struct ClockJumpTests {
  private static let withinBound: [Double] = [2, -2, 0]
  private static let outOfBound: [Double] = LongTests.some(
    [3600, -3 * 86_400, -3600, 3 * 86_400], first: 2)

  @Test func `a clock that is set while the service runs moves no deadline and loses no order`()
    throws
  {
    let trial = try ClockTrial()
    defer { trial.router.kill() }
    try trial.start()
    let resting = try trial.rest(#""time_in_force":"gtd","expires_in_ms":600000"#)
    let short = try trial.rest(#""time_in_force":"gtd","expires_in_ms":20000"#)
    for offset in Self.withinBound {
      try trial.setClock(ahead: offset)
      try trial.expectTrading()
    }
    for offset in Self.outOfBound {
      try trial.setClock(ahead: offset)
      try trial.expectNoNewOrders()
      #expect(try trial.router.order(resting)["closed_at"] == nil, "with \(offset) s")
    }
    // A cancel carries the venue's time, so it works whatever ours is.
    _ = try trial.router.client().delete("/v1/orders/\(resting["id"]?.string ?? "")")
    #expect(try trial.router.ended(resting)["status"]?.string == "canceled")
    try trial.setClock(ahead: 0)
    try trial.expectTrading()
    let expired = try trial.router.ended(short)
    #expect(expired["status"]?.string == "expired")
    #expect(try trial.seconds(of: expired) >= 20, "\(OrderText.whole(expired))")
    try trial.expectConsistent()
  }

  @Test(LongTests.enabled, arguments: [-40.0, 50.0])
  func `a restart under another clock trades on, with nonces that grow`(offset: Double) throws {
    let trial = try ClockTrial()
    defer { trial.router.kill() }
    try trial.start()
    try trial.expectTrading()
    let resting = try trial.rest(#""time_in_force":"gtc""#)
    let under = try trial.submitSlowly()
    let nonces = try trial.nonces()
    trial.router.kill()

    trial.shim.wallOffsetSeconds = offset
    try trial.start()
    _ = try trial.router.ended(under)
    try trial.expectTrading()
    trial.expectGrown(nonces, try trial.nonces())
    #expect(try trial.router.stop() == 0)

    trial.shim.wallOffsetSeconds = 0
    let later = try trial.nonces()
    try trial.start()
    #expect(try trial.router.order(resting)["closed_at"] == nil)
    try trial.expectTrading()
    trial.expectGrown(later, try trial.nonces())
    _ = try trial.router.client().delete("/v1/orders/\(resting["id"]?.string ?? "")")
    #expect(try trial.router.ended(resting)["status"]?.string == "canceled")
    #expect(!trial.router.wholeLog.contains("nvalid nonce"))
    try trial.expectConsistent()
  }

  @Test(LongTests.enabled, arguments: [2 * 86_400.0, -2 * 86_400.0])
  func `a restart under a clock that is off by days sends nothing new until it is set`(
    offset: Double
  ) throws {
    let trial = try ClockTrial()
    defer { trial.router.kill() }
    try trial.start()
    let lasting = try trial.rest(#""time_in_force":"gtc""#)
    let until = try trial.rest(#""time_in_force":"gtd","expires_in_ms":3600000"#)
    let under = try trial.submitSlowly()
    trial.router.kill()

    trial.shim.wallOffsetSeconds = offset
    try trial.start(untilUp: false)
    try trial.router.wait("the router is ready") { trial.router.isReady }
    try trial.expectNoNewOrders()
    // What became of the last run's order is known, and what rests can be taken back.
    try trial.router.wait("no outcome is unknown", seconds: 180) {
      let children = try trial.router.order(under)["children"]?.array ?? []
      return children.allSatisfy { $0["closed_at"] != nil }
    }
    if offset > 0 {
      #expect(try trial.router.ended(until)["status"]?.string == "expired")
    } else {
      #expect(try trial.router.order(until)["closed_at"] == nil)
    }
    _ = try trial.router.client().delete("/v1/orders/\(lasting["id"]?.string ?? "")")
    #expect(try trial.router.ended(lasting)["status"]?.string == "canceled")

    try trial.setClock(ahead: 0)
    try trial.expectTrading()
    #expect(!trial.router.wholeLog.contains("nvalid nonce"))
    try trial.expectConsistent()
  }
}

/// Venues with the true time and a router with another one.
private final class ClockTrial {
  let site: Site
  let router: RouterProcess
  let shim: FaultShim
  private let before: [String: Int128]

  init() throws {
    site = try Site()
    site.extraVenueSettings = "maximum_clock_offset_ms: 60000,"
    router = try site.makeRouter()
    shim = try FaultShim(in: site.directory)
    before = try site.balances()
  }

  func start(untilUp: Bool = true) throws {
    try router.start(environment: shim.environment)
    if untilUp { try router.waitUntilUp(site.venueNames.count) }
    try router.wait("the shim is in effect") { shim.isInEffect(in: router.process) }
  }

  private func venues() throws -> [JSONValue] {
    try router.client().get("/v1/venues")["venues"]?.array ?? []
  }

  /// Sets the clock, and waits until the service has noticed it at every venue.
  func setClock(ahead seconds: Double) throws {
    shim.wallOffsetSeconds = seconds
    try router.wait("the clock is \(seconds) s ahead", seconds: 30) {
      try venues().allSatisfy {
        abs(Double($0["clock_offset_ms"]?.text ?? "").map { $0 + seconds * 1000 } ?? 1e9) < 1500
      }
    }
  }

  // MARK: Orders

  /// A buy far below the market, open at a venue.
  func rest(_ terms: String) throws -> JSONValue {
    let order = try router.submit(
      "buy", "0.1", "BTC-USD", #""type":"limit","limit_price":"60000","# + terms)
    try router.wait("an order rests") {
      try router.order(order)["children"]?.array?.last?["status"]?.string == "open"
    }
    return try router.order(order)
  }

  /// An order for whose answers every venue takes a while, so that they are outstanding.
  func submitSlowly() throws -> JSONValue {
    for name in site.venueNames {
      try site.ask(
        name, "POST", "/faults",
        #"{"kind":"latency","request":"order_entry","count":1,"milliseconds":1500}"#)
    }
    let order = try router.submit("buy", "3")
    try router.wait("a child is under way") {
      try router.order(order)["children"]?[0]?["status"]?.string == "sent"
    }
    return order
  }

  /// Every venue takes and fills an order.
  func expectTrading() throws {
    try router.wait("all venues take orders") {
      try venues().allSatisfy { $0["order_entry"]?.bool == true }
    }
    for name in site.venueNames {
      let order = try router.submit(
        "buy", "0.02", "BTC-USD",
        #""type":"market","time_in_force":"gtc","expires_in_ms":20000,"#
          + #""routing":{"strategy":"single_venue"}"#)
      let ended = try router.ended(order)
      #expect(
        ended["status"]?.string == "filled",
        "\(name), clock \(shim.wallOffsetSeconds) s ahead: \(OrderText.whole(ended))")
    }
  }

  /// No new order reaches a venue.
  func expectNoNewOrders() throws {
    try router.wait("no venue is sent orders") {
      try venues().allSatisfy { $0["order_entry"]?.bool == false }
    }
    let counts = try site.orderCounts()
    if let order = try? router.submit(
      "buy", "0.02", "BTC-USD", #""type":"market","time_in_force":"ioc""#)
    {
      #expect(decimal(try router.ended(order)["filled_quantity"]) == 0)
    }
    #expect(try site.orderCounts() == counts, "clock \(shim.wallOffsetSeconds) s ahead")
  }

  /// How long an order was open by the router's own stamps.
  func seconds(of order: JSONValue) throws -> Double {
    let times = try ["created_at", "closed_at"].map {
      try #require(RFC3339.parse(order[$0]?.string ?? ""))
    }
    return Double(times[1] - times[0]) / 1e9
  }

  // MARK: Nonces

  /// The ceilings by key.
  func nonces() throws -> [String: UInt64] {
    let directory = "\(router.stateDirectory)/nonces"
    var nonces: [String: UInt64] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      let text = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
      nonces[name] = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return nonces
  }

  func expectGrown(_ before: [String: UInt64], _ after: [String: UInt64]) {
    #expect(!before.isEmpty)
    for (key, nonce) in before { #expect(after[key] ?? 0 >= nonce) }
  }

  // MARK: The end

  /// What the venues hold is what the router believes, order by order.
  func expectConsistent() throws {
    try site.expectAgreement(with: router, since: before)
  }

  private func decimal(_ value: JSONValue?) -> Int128 {
    DecimalText.parse128(value?.text ?? "", scale: 16) ?? -1
  }
}
