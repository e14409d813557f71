import Foundation
import RouterService
import Testing
import Wire

/// What a power cut took from the journal is found again at the venue.
struct OrphanTests {
  @Test(arguments: ["cancel", "adopt"])
  func `an order that is not in the journal any more is found and ended`(policy: String) throws {
    let site = try Site(["kraken"])
    site.durability = "process"
    site.extraSettings = "recovery: {orphans: '\(policy)'},"
    let before = try site.balances()
    let router = try site.makeRouter()
    defer { router.kill() }
    try router.start()
    try router.waitUntilUp(1)
    let copy = "\(site.directory)/before"
    try FileManager.default.copyItem(atPath: router.journalDirectory, toPath: copy)
    let child = try rest(router)
    router.kill()
    try loseFacts(router, copy)

    try router.start()
    try router.waitUntilUp(1)
    try router.wait("nothing is open at the venue") {
      try site.state(of: "kraken")["open_orders"]?.array?.isEmpty == true
    }
    let orphans = try router.client().get("/v1/venues")["orphans"]?.array ?? []
    #expect(orphans.map { $0["child_id"]?.string } == [child])
    #expect(orphans[0]["action"]?.string == (policy == "adopt" ? "adopted" : "canceled"))
    #expect(orphans[0]["symbol"]?.string == "BTC-USD")
    if policy == "adopt" { try expectAdopted(router) }
    let positions = try router.positions()
    for (key, after) in try site.balances() {
      #expect(after - (before[key] ?? 0) == positions[key] ?? 0, "\(key)")
    }
    let order = try router.ended(try router.submit("buy", "0.1"))
    #expect(order["status"]?.string == "filled")
  }

  /// As when the service starts on another disk.
  @Test func `a journal that is lost makes no id come again, and what it left is ended`() throws {
    let site = try Site(["kraken"])
    let router = try site.makeRouter()
    defer { router.kill() }
    try router.start()
    try router.waitUntilUp(1)
    let child = try rest(router)
    #expect(try router.ended(router.submit("buy", "0.1"))["status"]?.string == "filled")
    router.kill()
    try FileManager.default.moveItem(
      atPath: router.stateDirectory, toPath: "\(site.directory)/lost")
    // A start in the same second would have the same epoch, and halt.
    Thread.sleep(forTimeInterval: 1.1)

    try router.start()
    try router.waitUntilUp(1)
    try router.wait("nothing is open at the venue") {
      try site.state(of: "kraken")["open_orders"]?.array?.isEmpty == true
    }
    let venues = try router.client().get("/v1/venues")
    #expect(venues["halted"]?.bool == false)
    #expect(venues["orphans"]?.array?.map { $0["child_id"]?.string } == [child])
    for _ in 0..<2 {
      #expect(try router.ended(router.submit("buy", "0.1"))["status"]?.string == "filled")
    }
    let requests = try site.state(of: "kraken")["requests"]?.members ?? []
    #expect(requests.count >= 4)
    for request in requests { #expect(request.value.int64 == 1, "\(request.name) came again") }
  }

  /// A child that rests at the venue; its id.
  private func rest(_ router: RouterProcess) throws -> String? {
    let books = try router.client().get("/v1/books/BTC-USD?depth=1")
    let text = books["bids"]?[0]?[0]?.text ?? ""
    let bid = try #require(text.split(separator: ".").first.flatMap { Int($0) })
    let order = try router.submit(
      "buy", "0.2", "BTC-USD",
      #""type":"limit","limit_price":"\#(bid * 99 / 100)","time_in_force":"gtc""#)
    var child: JSONValue?
    try router.wait("a child rests") {
      child = try router.order(order)["children"]?.array?.last
      return child?["status"]?.string == "open"
    }
    return child?["id"]?.string
  }

  /// The segments as they were; the epoch, which was synced, stays.
  private func loseFacts(_ router: RouterProcess, _ copy: String) throws {
    let files = FileManager.default
    for name in try files.contentsOfDirectory(atPath: router.journalDirectory)
    where name.hasSuffix(".journal") {
      try files.removeItem(atPath: "\(router.journalDirectory)/\(name)")
    }
    for name in try files.contentsOfDirectory(atPath: copy) where name.hasSuffix(".journal") {
      try files.copyItem(atPath: "\(copy)/\(name)", toPath: "\(router.journalDirectory)/\(name)")
    }
  }

  private func expectAdopted(_ router: RouterProcess) throws {
    let orders = try router.client().get("/v1/orders")["orders"]?.array ?? []
    let adopted = orders.filter { $0["client_order_id"]?.string?.hasPrefix("sl-") == true }
    #expect(adopted.count == 1)
    #expect(try router.ended(adopted[0])["status"]?.string == "canceled")
  }
}
