import Foundation
import Journal
import RouterService
import Testing
import Wire

/// Two routers where there must be one.
struct SecondRouterTests {
  @Test func `a second process on the same journal is refused with a clear message`() throws {
    let site = try Site(["kraken"])
    let router = try site.makeRouter()
    try router.start()
    defer { router.kill() }
    try router.wait("the router is ready") { router.isReady }
    let second = RouterProcess(
      settings: router.settings, url: router.url, token: router.token,
      log: "\(site.directory)/second.log", stateDirectory: router.stateDirectory)
    try second.start()
    let status = try #require(second.process).end()
    #expect(status != 0)
    #expect(second.wholeLog.contains("another process writes this journal"), "\(second.wholeLog)")
    #expect(router.isReady)
  }

  private func epoch(_ router: RouterProcess) throws -> UInt32 {
    try JournalReader.read(directory: router.journalDirectory) { _, _ in }.lastEpoch
  }

  /// The one with the smaller epoch sees the other's order on its private stream.
  @Test(arguments: Site.allVenues)
  func `two routers with one instance number on one account halt within seconds`(
    venue: String
  ) throws {
    let site = try Site([venue])
    let routers = [try site.makeRouter("first"), try site.makeRouter("second")]
    defer { for router in routers { router.kill() } }
    for router in routers { try router.start() }
    for router in routers { try router.waitUntilUp(1) }
    let isFirstNewer = try epoch(routers[0]) > epoch(routers[1])
    let (newer, older) = isFirstNewer ? (routers[0], routers[1]) : (routers[1], routers[0])
    _ = try newer.submit("buy", "0.05")
    try older.wait("the older router halts", seconds: 20) {
      try older.client().get("/v1/venues")["halted"]?.bool == true
    }
    let reason = try older.client().get("/v1/venues")["halt_reason"]?.string ?? ""
    #expect(reason.contains("another running router"), "\(reason)")
    #expect(older.wholeLog.contains("another running router"))
    #expect(throws: ClientFailure.self) { _ = try older.submit("buy", "0.05") }
  }
}
