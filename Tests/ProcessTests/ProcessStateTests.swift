import Foundation
import Glibc
import Journal
import RouterService
import Testing
import Wire

/// A router that is paused, told to end, or has no disk to write on.
struct ProcessStateTests {
  private static let isRoot = geteuid() == 0

  // MARK: Signals

  @Test func `after a pause nothing is sent on what was known before it`() throws {
    let site = try Site(["kraken"])
    let router = try site.makeRouter()
    defer { router.kill() }
    try router.start()
    try router.waitUntilUp(1)
    let process = try #require(router.process)
    process.pause()
    let early = Wish(router, #""time_in_force":"gtd","expires_at":"\#(Self.time(inSeconds: 3))""#)
    let late = Wish(router, #""time_in_force":"gtc","expires_in_ms":30000"#)
    Thread.sleep(forTimeInterval: 8)
    process.signal(SIGCONT)
    // The first has run out while nobody read it.
    #expect(early.answer() == nil)
    let order = try #require(late.answer() ?? (try? router.submit("buy", "0.05")))
    #expect(try router.ended(order)["status"]?.string == "filled")
    let id = order["id"]?.string ?? ""
    let plans = try router.client().get("/v1/orders/\(id)/plan")["plans"]?.array ?? []
    for plan in plans {
      for leg in plan["venues"]?.array ?? [] where leg["quantity"]?.string != "0" {
        let age = try #require(leg["quote_age_us"]?.int64)
        #expect(age < 5_000_000, "a plan on a book of \(age) us")
      }
    }
    let children = try router.order(order)["children"]?.array ?? []
    let ids = Set(children.compactMap { $0["id"]?.string })
    for order in try site.state(of: "kraken")["orders"]?.array ?? [] {
      #expect(ids.contains(Audit.child(order["client_order_id"]?.string) ?? "-"))
    }
  }

  private static func time(inSeconds seconds: Double) -> String {
    RFC3339.format(Int64((Date().timeIntervalSince1970 + seconds) * 1e9))
  }

  /// SIGTERM leaves children where they are; the next start asks what became of them.
  @Test func `an end with children under way is orderly and loses nothing`() throws {
    let site = try Site(["coinbase-exchange"])
    let before = try site.balances()
    let router = try site.makeRouter()
    defer { router.kill() }
    try router.start()
    try router.waitUntilUp(1)
    try site.ask(
      "coinbase-exchange", "POST", "/faults",
      #"{"kind":"latency","request":"order_entry","count":1,"milliseconds":1500}"#)
    let order = try router.submit("buy", "0.1")
    try router.wait("a child is under way") {
      try router.order(order)["children"]?[0]?["status"]?.string == "sent"
    }
    #expect(try router.stop() == 0)
    try router.start()
    // It may have ended with nothing: what a lost child was proves itself only after its deadline.
    _ = try router.endedAfterRestart(order)
    let positions = try router.positions()
    for (key, after) in try site.balances() {
      #expect(after - (before[key] ?? 0) == positions[key] ?? 0, "\(key)")
    }
  }

  // MARK: Disks

  @Test(arguments: [true, false])
  func `the journal lies in memory only where the settings let it`(mayMap: Bool) throws {
    let site = try Site(["kraken"])
    site.extraSettings = "journal: {memory_mapped: \(mayMap)},"
    let router = try site.makeRouter()
    defer { router.kill() }
    try router.start()
    try router.waitUntilUp(1)
    let process = try #require(router.process).identifier
    let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
    #expect(maps.contains("/journal/segment-") == mayMap)
  }

  @Test func `a state directory that can not be written is named`() throws {
    let site = try Site(["kraken"])
    let router = try site.makeRouter()
    let disk = try Disk(router.stateDirectory, megabytes: 16)
    defer { disk.remove() }
    try disk.makeReadOnly()
    try router.start()
    let status = try #require(router.process).end()
    #expect(status == 1 || status == 2)
    #expect(router.wholeLog.contains(router.stateDirectory), "\(router.wholeLog)")
    #expect(router.wholeLog.contains("ead-only"), "\(router.wholeLog)")
  }

  @Test(.enabled(if: isRoot, "only root may mount a small disk"))
  func `a full disk stops new orders, not cancels, until there is room again`() throws {
    let segment = JournalWriter.defaultSegmentByteCount >> 20
    let site = try Site(["kraken"])
    let router = try site.makeRouter()
    let disk = try Disk(router.stateDirectory, megabytes: 4 * segment)
    defer { disk.remove() }
    defer { router.kill() }
    try router.start()
    try router.waitUntilUp(1)
    let order = try router.submit(
      "buy", "0.1", "BTC-USD",
      #""type":"limit","limit_price":"60000","time_in_force":"gtc""#)
    #expect(try router.stop() == 0)
    // Room for the segment that is written, not for the next one.
    try disk.fill(leavingMegabytes: segment + segment / 2)
    try router.start()
    try router.waitUntilUp(1)
    try router.wait("new orders are refused") { try router.refusal()?.contains("disk") == true }
    _ = try router.client().delete("/v1/orders/\(order["id"]?.string ?? "")")
    #expect(try router.ended(order)["status"]?.string == "canceled")
    try disk.empty()
    try router.wait("orders are taken again") { try router.refusal() == nil }
  }
}

/// An order that is asked for while the router does not read.
private final class Wish: @unchecked Sendable {
  private let group = DispatchGroup()
  private var order: JSONValue?

  init(_ router: RouterProcess, _ terms: String) {
    group.enter()
    let thread = Thread { [self] in
      order = try? router.submit("buy", "0.05", "BTC-USD", #""type":"market","# + terms)
      group.leave()
    }
    thread.start()
  }

  func answer() -> JSONValue? {
    group.wait()
    return order
  }
}

/// A small file system in memory, or, without the right to mount one, a plain folder.
private struct Disk {
  private let path: String
  private let isMounted: Bool

  init(_ path: String, megabytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    isMounted = geteuid() == 0
    if isMounted { try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "none", path) }
  }

  func makeReadOnly() throws {
    if isMounted {
      try Self.run("mount", "-o", "remount,ro", path)
    } else {
      try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: path)
    }
  }

  func fill(leavingMegabytes left: Int) throws {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw ChildProcess.Failure("statvfs \(path)") }
    let free = (Int(status.f_bavail) * Int(status.f_frsize)) >> 20
    try Self.run(
      "dd", "if=/dev/zero", "of=\(path)/ballast", "bs=1M", "count=\(max(free - left, 0))")
  }

  func empty() throws {
    try FileManager.default.removeItem(atPath: "\(path)/ballast")
  }

  func remove() {
    if isMounted { try? Self.run("umount", "-l", path) }
  }

  private static func run(_ program: String, _ arguments: String...) throws {
    let path = ["/usr/bin", "/bin"].map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let path else { throw ChildProcess.Failure("there is no \(program)") }
    let status = try ChildProcess(path, arguments, log: "/dev/null").end()
    guard status == 0 else { throw ChildProcess.Failure("\(program) \(arguments): \(status)") }
  }
}
