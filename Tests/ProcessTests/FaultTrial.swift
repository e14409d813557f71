import Foundation
import Journal
import RouterCore
import RouterService
import Simulation
import Synchronization
import Testing
import Wire

/// Venues and a router whose system calls a shim may strike.
final class FaultTrial {
  let site: Site
  let router: RouterProcess
  let shim: FaultShim
  private let before: [String: Int128]

  init(_ venues: [String], settings: String = "") throws {
    site = try Site(venues)
    site.extraSettings = settings
    router = try site.makeRouter()
    shim = try FaultShim(in: site.directory)
    before = try site.balances()
  }

  func start() throws {
    forgetStarts()
    shim.forgetWrites()
    try router.start(environment: shim.environment)
    try router.waitUntilUp(site.venueNames.count)
    guard shim.isInEffect(in: router.process) else {
      throw ChildProcess.Failure("the shim is not in effect")
    }
  }

  /// Starts under one rule, until the router is ready or has given up, and ends it.
  ///
  /// - Returns: Whether it has given up.
  func start(struckBy rule: FaultShim.Rule) throws -> Bool {
    forgetStarts()
    shim.removeRules()
    let number = shim.add(rule)
    try router.start(environment: shim.environment)
    let process = try #require(router.process)
    var status = process.poll()
    while status == nil && !router.isReady {
      Thread.sleep(forTimeInterval: 0.01)
      status = process.poll()
    }
    guard let status else {
      let end = try router.stop()
      // What is struck after the start may also end it.
      #expect(end == 0 || shim.hits(number) == 1, "\(rule) \(router.logTail)")
      return false
    }
    #expect(shim.hits(number) == 1, "\(rule) ended with \(status): \(router.logTail)")
    #expect(status == 1 || status == 2, "\(rule)")
    return true
  }

  /// Too many starts in a minute that do not get ready would halt the next one.
  private func forgetStarts() {
    try? FileManager.default.removeItem(atPath: "\(router.stateDirectory)/starts")
  }

  // MARK: Orders

  /// Submits from several threads until the router does not answer any more.
  ///
  /// - Returns: What it has accepted.
  func submitUntilEnd() throws -> [JSONValue] {
    let accepted = Mutex<[JSONValue]>([])
    let group = DispatchGroup()
    let router = router
    for worker in 0..<4 {
      group.enter()
      Thread {
        defer { group.leave() }
        for number in 0..<400 {
          do {
            let side = (number + worker) % 2 == 0 ? "buy" : "sell"
            let order = try router.submit(side, "0.2", id: "\(worker)-\(number)")
            accepted.withLock { $0.append(order) }
          } catch {
            guard case ClientFailure.refused = error else { return }
          }
        }
      }.start()
    }
    group.wait()
    return accepted.withLock { $0 }
  }

  /// Orders until the journal has grown by so much.
  func writeFacts(megabytes: Int) throws {
    for number in 0..<20_000 {
      _ = try router.submit(number % 2 == 0 ? "buy" : "sell", "0.01")
      guard number % 100 == 99 else { continue }
      let tail = try JournalReader.read(directory: router.journalDirectory) { _, _ in }
      if tail.validByteCount > megabytes << 20 { break }
    }
    try router.wait("every order has ended", seconds: 120) {
      try router.client().get("/v1/orders?status=open")["orders"]?.array?.isEmpty == true
    }
  }

  // MARK: The journal

  /// Ids of all children that the journal on the disk knows.
  func intendedOrders() throws -> Set<String> {
    var ids: Set<String> = []
    _ = try JournalReader.read(directory: router.journalDirectory) { _, fact in
      if case .childIntended(let intended) = fact { ids.insert(intended.order.id.uuid.string) }
    }
    return ids
  }

  func lastEpoch() throws -> UInt32 {
    try JournalReader.read(directory: router.journalDirectory) { _, _ in }.lastEpoch
  }

  func snapshots() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: router.journalDirectory)
      .filter { $0.hasPrefix("snapshot-") && $0.hasSuffix(".journal") }
  }

  // MARK: The end

  /// What the venues hold is what the router believes, order by order.
  func expectConsistent() throws {
    try router.wait("every order has ended", seconds: 180) {
      try router.client().get("/v1/orders?status=open")["orders"]?.array?.isEmpty == true
    }
    try site.expectAgreement(with: router, since: before)
  }
}
