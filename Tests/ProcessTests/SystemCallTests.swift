import Foundation
import Glibc
import Journal
import RouterCore
import RouterService
import Simulation
import Testing
import Wire

/// System calls of the real service that fail, one by one.
@Suite(.serialized) struct SystemCallTests {
  /// One call that fails while orders are worked.
  struct Blow: Sendable, CustomTestStringConvertible {
    let call: FaultShim.Call
    let error: Int32
    let skip: Int
    /// The one that is soonest sure of what became of an order, unless all must do.
    var venues = ["binance"]

    var testDescription: String { "\(call) number \(skip + 1) fails with errno \(error)" }
  }

  static let blows = [
    Blow(call: .syncData, error: EIO, skip: 7), Blow(call: .write, error: ENOSPC, skip: 3),
    Blow(call: .syncData, error: EIO, skip: 0),
    Blow(call: .syncData, error: EIO, skip: 25, venues: Site.allVenues),
    Blow(call: .syncData, error: ENOSPC, skip: 7), Blow(call: .write, error: EIO, skip: 12),
  ]

  @Test(arguments: LongTests.some(blows))
  func `no order leaves behind a failed write or sync, and the next start knows all`(
    blow: Blow
  ) throws {
    let trial = try FaultTrial(blow.venues)
    defer { trial.router.kill() }
    try trial.start()
    let rule = FaultShim.Rule(
      call: blow.call, error: blow.error, skip: blow.skip, limit: 1, path: "/segment-")
    let number = trial.shim.add(rule)
    let accepted = try trial.submitUntilEnd()
    #expect(try #require(trial.router.process).end() != 0)
    #expect(trial.shim.hits(number) == 1)
    // What failed once is not tried again: a second sync would succeed and mean nothing.
    #expect(trial.shim.calls(number) == blow.skip + 1)
    #expect(trial.router.wholeLog.contains("journal failed"), "\(trial.router.logTail)")

    // The disk has nothing but what was synced, and yet every order at a venue was intended.
    try trial.shim.loseAllUnsynced(in: trial.router.journalDirectory)
    let intended = try trial.intendedOrders()
    for name in trial.site.venueNames {
      for order in try trial.site.state(of: name)["orders"]?.array ?? [] {
        let id = try #require(Audit.child(order["client_order_id"]?.string))
        #expect(intended.contains(id), "\(name) has \(id), which the disk does not know")
      }
    }

    trial.shim.removeRules()
    try trial.start()
    for order in accepted { _ = try trial.router.ended(order) }
    try trial.expectConsistent()
  }

  @Test func `short writes and interrupted calls change nothing`() throws {
    let trial = try FaultTrial(Site.allVenues)
    defer { trial.router.kill() }
    var rules = [
      FaultShim.Rule(call: .write, bytes: 100, path: "/segment-"),
      FaultShim.Rule(call: .write, error: EINTR, period: 3, path: "/segment-"),
      FaultShim.Rule(call: .read, error: EINTR, period: 2),
    ]
    for call in [FaultShim.Call.receive, .send, .poll, .accept] {
      rules.append(FaultShim.Rule(call: call, error: EINTR, period: 2))
    }
    // The first rule that strikes a call decides, so the rarer one stands first.
    rules.swapAt(0, 1)
    let numbers = rules.map { trial.shim.add($0) }
    for _ in 0..<2 {
      try trial.start()
      for _ in 0..<5 {
        #expect(try trial.router.ended(trial.router.submit("buy", "0.3"))["status"] != nil)
      }
      #expect(try trial.router.stop() == 0)
    }
    for (rule, number) in zip(rules, numbers) {
      #expect(trial.shim.hits(number) > 0, "\(rule.call) was never struck")
    }
    trial.shim.removeRules()
    try trial.start()
    try trial.expectConsistent()
  }

  @Test func `a start that a failing call interrupts is refused, and the next one is whole`() throws
  {
    let trial = try FaultTrial(["kraken"])
    defer { trial.router.kill() }
    try trial.start()
    let order = try trial.router.ended(trial.router.submit("buy", "0.1"))
    var epoch = try trial.lastEpoch()
    trial.router.kill()
    var refusals = 0
    for (call, error) in [
      (FaultShim.Call.sync, EIO), (.syncData, EIO), (.rename, EIO), (.write, ENOSPC),
      (.allocate, ENOSPC), (.open, EMFILE), (.truncate, EIO),
    ] {
      for skip in [0, 1, 2, 4, 7] {
        let rule = FaultShim.Rule(
          call: call, error: error, skip: skip, limit: 1, path: trial.router.stateDirectory)
        if try trial.start(struckBy: rule) { refusals += 1 }
      }
    }
    #expect(refusals >= 10)
    try trial.start()
    #expect(try trial.lastEpoch() > epoch)
    epoch = try trial.lastEpoch()
    let known = try trial.router.order(order)
    #expect(known["filled_quantity"]?.string == order["filled_quantity"]?.string)
    _ = try trial.router.ended(trial.router.submit("buy", "0.1"))
    try trial.expectConsistent()
  }

  @Test func `without room for the next segment cancels go on and new orders do not`() throws {
    let trial = try FaultTrial(["kraken"])
    defer { trial.router.kill() }
    try trial.start()
    let order = try trial.router.submit(
      "buy", "0.1", "BTC-USD", #""type":"limit","limit_price":"60000","time_in_force":"gtc""#)
    #expect(try trial.router.stop() == 0)
    // The segment that is written now comes first.
    trial.shim.add(FaultShim.Rule(call: .allocate, error: ENOSPC, skip: 1, path: "/next.tmp"))
    try trial.start()
    try trial.router.wait("new orders are refused") {
      try trial.router.refusal()?.contains("disk") == true
    }
    let count = try trial.site.state(of: "kraken")["orders"]?.array?.count
    _ = try trial.router.client().delete("/v1/orders/\(order["id"]?.string ?? "")")
    #expect(try trial.router.ended(order)["status"]?.string == "canceled")
    #expect(try trial.site.state(of: "kraken")["orders"]?.array?.count == count)
    trial.shim.removeRules()
    try trial.router.wait("orders are taken again") { try trial.router.refusal() == nil }
    try trial.expectConsistent()
  }

  @Test func `a power cut that takes a segment's name takes nothing that was synced`() throws {
    let trial = try FaultTrial(["kraken"])
    defer { trial.router.kill() }
    try trial.start()
    let order = try trial.router.submit(
      "buy", "0.1", "BTC-USD", #""type":"limit","limit_price":"60000","time_in_force":"gtc""#)
    trial.router.kill()
    trial.shim.forgetWrites()
    // So that there is a time between the new segment's name and the sync of its directory.
    trial.shim.add(FaultShim.Rule(call: .sync, delayMicroseconds: 1_000_000))
    try trial.router.start(environment: trial.shim.environment)
    try trial.router.wait("the new segment has its name") { trial.shim.hasPendingName }
    trial.router.kill()
    #expect(try trial.shim.loseAllNames() == 1)
    trial.shim.removeRules()
    try trial.start()
    _ = try trial.router.client().delete("/v1/orders/\(order["id"]?.string ?? "")")
    #expect(try trial.router.ended(order)["status"]?.string == "canceled")
    try trial.expectConsistent()
  }

  @Test(LongTests.enabled) func `a snapshot that gets no name costs nothing but itself`() throws {
    let trial = try FaultTrial(["kraken"], settings: "journal: {snapshot_megabytes: 1},")
    defer { trial.router.kill() }
    try trial.start()
    try trial.writeFacts(megabytes: 1)
    #expect(try trial.router.stop() == 0)
    let rename = trial.shim.add(FaultShim.Rule(call: .rename, error: EIO, path: "/snapshot-"))
    try trial.start()
    // Snapshots have the lowest priority of all.
    try trial.router.wait("a snapshot was tried", seconds: 300) { trial.shim.hits(rename) > 0 }
    #expect(try trial.router.ended(trial.router.submit("buy", "0.1"))["status"] != nil)
    #expect(try trial.router.stop() == 0)
    #expect(try trial.snapshots().isEmpty)
    trial.shim.removeRules()
    try trial.start()
    try trial.router.wait("a snapshot is made", seconds: 300) { try !trial.snapshots().isEmpty }
    #expect(try trial.router.stop() == 0)
    try trial.start()
    try trial.expectConsistent()
  }

  @Test(arguments: LongTests.some([ECONNREFUSED, ETIMEDOUT, EMFILE]))
  func `venues that can not be reached get nothing, and are found again`(error: Int32) throws {
    let trial = try FaultTrial(Site.allVenues)
    defer { trial.router.kill() }
    try trial.start()
    let number = trial.shim.add(FaultShim.Rule(call: .connect, error: error))
    for name in trial.site.venueNames {
      try trial.site.ask(name, "POST", "/faults", #"{"kind":"drop_streams"}"#)
    }
    try trial.router.wait("no venue is up and a connection has failed") {
      trial.router.upCount == 0 && trial.shim.hits(number) > 0
    }
    let counts = try trial.site.orderCounts()
    let order = try? trial.router.submit(
      "buy", "0.1", "BTC-USD", #""type":"market","time_in_force":"ioc""#)
    if let order { _ = try trial.router.ended(order) }
    #expect(try trial.site.orderCounts() == counts)
    trial.shim.removeRules()
    try trial.router.waitUntilUp(trial.site.venueNames.count)
    #expect(try trial.router.ended(trial.router.submit("buy", "0.1"))["status"]?.string == "filled")
    try trial.expectConsistent()
  }

  @Test func `without descriptors for clients the service trades on and serves them later`() throws
  {
    let trial = try FaultTrial(["kraken"])
    defer { trial.router.kill() }
    try trial.start()
    let number = trial.shim.add(FaultShim.Rule(call: .accept, error: EMFILE, limit: 5))
    try trial.router.wait("a client is served") { trial.router.isReady }
    #expect(trial.shim.hits(number) == 5)
    #expect(try trial.router.ended(trial.router.submit("buy", "0.1"))["status"]?.string == "filled")
    try trial.expectConsistent()
  }
}
