import Foundation
import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct StateLogTests {
  private static func directory() -> String {
    FileManager.default.temporaryDirectory.path + "/venue-" + UUID().uuidString
  }

  @Test func `a venue that was killed knows its orders, fills, balances and requests`() throws {
    let directory = Self.directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var before: JSONValue?
    var openID: String?
    do {
      let venue = VenueHarness(stateLog: try StateLog(directory: directory, venue: "kraken"))
      try venue.quote(.sell, 640_000, 1_000_000)
      _ = try venue.call("AddOrder", "pair=XBTUSD&type=buy&ordertype=market&volume=0.005")
      let open = try venue.call(
        "AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=63000&volume=1&cl_ord_id=mine")
      openID = open["txid"]?[0]?.string
      before = try venue.call("BalanceEx")
    }
    // Half a record, as a write that was cut would leave it.
    let path = directory + "/kraken.log"
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("D\t3\t0\t1000".utf8))
    try handle.close()
    let venue = VenueHarness(stateLog: try StateLog(directory: directory, venue: "kraken"))
    #expect(try venue.call("BalanceEx") == before)
    #expect(venue.exchange.requestCount("mine") == 1)
    #expect(try venue.call("TradesHistory")["count"]?.int64 == 1)
    let id = try #require(openID)
    #expect(try venue.call("OpenOrders")["open"]?[id]?["vol"]?.string == "1.00000000")
    #expect(
      venue.exchange.levels(0, .buy, depth: 1) == [BookLevel(price: 630_000, quantity: 100_000_000)]
    )
    _ = try venue.call("CancelOrder", "txid=\(id)")
    #expect(try venue.call("BalanceEx")["ZUSD"]?["hold_trade"]?.string == "0.0000")
  }

  @Test func `a reset outlives a restart`() throws {
    let directory = Self.directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    do {
      let venue = VenueHarness(stateLog: try StateLog(directory: directory, venue: "kraken"))
      _ = try venue.call(
        "AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=63000&volume=1&cl_ord_id=mine")
      venue.host.reset(at: venue.now)
    }
    let venue = VenueHarness(stateLog: try StateLog(directory: directory, venue: "kraken"))
    #expect(venue.exchange.orders.isEmpty)
    #expect(try venue.call("Balance")["ZUSD"]?.string == "1000000.0000")
  }

  @Test func `a log with a damaged line is refused with its place`() throws {
    let directory = Self.directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    try Data("A\tmain\nX\t1\n".utf8).write(to: URL(fileURLWithPath: directory + "/kraken.log"))
    let error = #expect(throws: PlatformError.self) {
      try StateLog(directory: directory, venue: "kraken")
    }
    #expect(error?.detail.contains("line 2") == true)
  }

  @Test func `one directory serves one process of a venue`() throws {
    let directory = Self.directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try StateLog(directory: directory, venue: "kraken")
    #expect(throws: PlatformError.self) {
      try StateLog(directory: directory, venue: "kraken")
    }
    _ = first.takeStored()
  }

  @Test func `API keys are written once and read back`() throws {
    let directory = Self.directory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/keys.json"
    let make = KrakenProfile.value.makeCredential
    let made = try CredentialFile.obtain(path, make: make)
    #expect(try CredentialFile.obtain(path, make: make) == made)
    #expect(Base64.decode(made[0].secret)?.count == 64)
    #expect(try !FileSystem.permissions(of: path).isReadableByOthers)
  }
}
