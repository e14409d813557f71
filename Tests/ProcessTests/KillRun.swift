import Foundation
import Journal
import Platform
import RouterCore
import Simulation
import Wire

/// Kills the router, and now and then a venue, at random instants under load, and compares.
final class KillRun {
  struct Plan {
    var kills: Int
    var seed: UInt64
    /// Between two comparisons with the venues.
    var killsBetweenAudits: Int
    var workers = 3
    var pauseMilliseconds = 120
  }

  struct Report {
    var kills = 0
    var venueKills = 0
    /// Kills after which the disk had less than the kernel, and writes and names that it had not.
    var powerCuts = 0
    var lostWrites = 0
    var lostNames = 0
    var cuts = 0
    var pauses = 0
    var disturbances = 0
    var starts = 0
    var resumes = 0
    var requests = 0
    var parents = 0
    var children = 0
    var fills = 0
    var triggers = 0
    var replacements = 0
    var unknowns = 0
    var facts = 0
    var audits = 0
    var worstRecoveryMilliseconds: Int64 = 0
    var recoveries: [Int64] = []
    var seconds: Int64 = 0
    var faults: [String] = []
  }

  private let plan: Plan
  private let say: (String) -> Void
  private let site: Site
  private let router: RouterProcess
  private let load: ClientLoad
  private let shim: FaultShim
  private var audit: Audit
  private var random: SeededRandom
  private var report = Report()

  init(_ plan: Plan, say: @escaping (String) -> Void) throws {
    self.plan = plan
    self.say = say
    site = try Site()
    router = try site.makeRouter()
    shim = try FaultShim(in: site.directory)
    random = SeededRandom(seed: plan.seed)
    load = ClientLoad(
      router: router, name: "kill-\(plan.seed)", pauseMilliseconds: plan.pauseMilliseconds)
    audit = try Audit(site: site, router: router)
  }

  func run() throws -> Report {
    let started = Clock.monotonicNanoseconds()
    for name in site.venueNames { try slowDown(name) }
    try start()
    try router.waitUntilUp(site.venueNames.count)
    if !shim.isInEffect(in: router.process) { report.faults.append("the shim is not loaded") }
    load.note(try touches())
    load.start(workers: plan.workers, seed: plan.seed)
    load.resume()
    while killCount < plan.kills, report.faults.isEmpty {
      if killCount >= (report.audits + 1) * plan.killsBetweenAudits { try compare() }
      try strike()
    }
    try compare()
    load.finish()
    let status = try router.stop()
    if status != 0 { report.faults.append("the router ended with \(status): \(router.logTail)") }
    try countFacts()
    report.seconds = (Clock.monotonicNanoseconds() - started) / 1_000_000_000
    if !report.faults.isEmpty { try keepEvidence() }
    return report
  }

  // MARK: Kills

  private var killCount: Int { report.kills + report.venueKills }

  /// Half of the lives write through memory; the others may end with the power.
  private func start() throws {
    shim.allowsMapping = random.below(2) == 0
    try router.start(environment: shim.environment)
    report.starts += 1
  }

  private func strike() throws {
    switch random.below(20) {
    case 0, 1: try strikeVenue()
    case 2, 3: try cutNetwork()
    case 4: pauseRouter()
    case 5, 6: try disturb()
    default: try strikeRouter()
    }
  }

  private func strikeRouter() throws {
    watch(milliseconds: delay())
    router.kill()
    report.kills += 1
    try loseWrites()
    if random.below(4) == 0 { sleep(milliseconds: random.below(500)) }
    try start()
  }

  /// Nearly half of the kills are power cuts: what no sync has covered may be gone.
  private func loseWrites() throws {
    defer { shim.forgetWrites() }
    guard !shim.allowsMapping else { return }
    report.lostWrites += try shim.cutPower(in: router.journalDirectory, &random)
    report.lostNames += try shim.loseNames(&random)
    report.powerCuts += 1
  }

  private func strikeVenue() throws {
    let name = randomVenue()
    watch(milliseconds: delay())
    site.killVenue(name)
    report.venueKills += 1
    sleep(milliseconds: random.below(1500))
    try site.startVenue(name)
    try slowDown(name)
  }

  private func randomVenue() -> String { site.venueNames[random.below(site.venueNames.count)] }

  // MARK: Other faults, in the midst of which the next kill comes

  /// Nothing reaches one venue, or all, for a while.
  private func cutNetwork() throws {
    let names = random.below(3) == 0 ? site.venueNames : [randomVenue()]
    let milliseconds = 50 + random.below(4000)
    for name in names {
      try site.ask(
        name, "POST", "/faults",
        #"{"kind":"refuse_connections","duration_milliseconds":\#(milliseconds)}"#)
    }
    report.cuts += 1
    watch(milliseconds: random.below(milliseconds))
  }

  private func pauseRouter() {
    watch(milliseconds: delay())
    router.process?.pause()
    sleep(milliseconds: random.below(3000))
    router.process?.signal(SIGCONT)
    report.pauses += 1
  }

  /// Answers that get lost, come late or say something else than what happened.
  private func disturb() throws {
    let faults = [
      #""kind":"acknowledgement_lost","request":"order_entry""#,
      #""kind":"server_error_after","request":"order_entry""#,
      #""kind":"server_error_before","request":"order_entry""#,
      #""kind":"acknowledgement_lost","request":"cancel""#,
      #""kind":"request_lost","request":"cancel""#,
      #""kind":"duplicate_fills""#, #""kind":"late_fills","milliseconds":700"#,
      #""kind":"drop_streams""#,
    ]
    let fault = faults[random.below(faults.count)]
    try site.ask(
      randomVenue(), "POST", "/faults",
      "{\(fault),\"count\":\(1 + random.below(4)),\"duration_milliseconds\":5000}")
    report.disturbances += 1
    watch(milliseconds: delay())
  }

  /// Answers that take a while, so that more of them are outstanding when the router dies.
  private func slowDown(_ name: String) throws {
    // What is lost on the way takes longest to be proved absent at Kraken: more than a minute.
    let milliseconds = name == "kraken" ? 5 + random.below(30) : 20 + random.below(250)
    try site.ask(
      name, "POST", "/faults",
      #"{"kind":"latency","request":"order_entry","duration_milliseconds":86400000,"#
        + #""milliseconds":\#(milliseconds)}"#)
  }

  /// Right after a start, in the middle of the recovery, or under load.
  private func delay() -> Int {
    switch random.below(4) {
    case 0: random.below(60)
    case 1: random.below(900)
    default: random.below(3500)
    }
  }

  /// Passes the time, and notes when the router that was just started takes orders.
  private func watch(milliseconds: Int) {
    let start = Clock.monotonicNanoseconds()
    var isNoted = false
    while true {
      let passed = (Clock.monotonicNanoseconds() - start) / 1_000_000
      guard passed < milliseconds else { return }
      if !isNoted, router.isReady {
        isNoted = true
        resumeIfHalted()
        report.recoveries.append((Clock.monotonicNanoseconds() - start) / 1_000_000)
      }
      sleep(milliseconds: min(10, milliseconds - Int(passed)))
    }
  }

  /// Five starts in a minute that were killed before they got ready look like a crash loop, and the
  /// router waits for somebody to look at it: that is us.
  private func resumeIfHalted() {
    guard let client = try? router.client(),
      (try? client.get("/v1/venues"))?["halted"]?.bool == true
    else { return }
    if (try? client.post("/v1/resume", [])) != nil { report.resumes += 1 }
  }

  private func sleep(milliseconds: Int) {
    Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
  }

  // MARK: Comparing

  private func compare() throws {
    load.pause()
    let start = Clock.monotonicNanoseconds()
    try router.wait("the router is ready") { router.isReady }
    resumeIfHalted()
    try load.settle()
    do {
      try audit.run(load.requests)
    } catch {
      report.faults.append("\(error)")
    }
    report.faults += load.faults + audit.faults
    report.audits += 1
    (report.parents, report.children) = (audit.parentCount, audit.childCount)
    (report.fills, report.requests) = (audit.fillCount, load.requests.count)
    (report.triggers, report.replacements) = (audit.triggerCount, audit.replacementCount)
    load.note(try touches())
    load.resume()
    let seconds = (Clock.monotonicNanoseconds() - start) / 1_000_000_000
    say(
      "\(report.kills) kills of the router, \(report.venueKills) of venues: \(report.parents)"
        + " parents, \(report.children) children, \(report.fills) fills compared in \(seconds) s,"
        + " \(report.faults.count) faults")
  }

  private func touches() throws -> [String: OrderMix.Touch] {
    var touches: [String: OrderMix.Touch] = [:]
    // Every venue has the same prices, under names of its own.
    for row in try site.state(of: "coinbase-exchange")["instruments"]?.array ?? [] {
      guard let symbol = row["symbol"]?.string,
        let bid = DecimalText.parse128(row["best_bid"]?.text ?? "", scale: 16),
        let ask = DecimalText.parse128(row["best_ask"]?.text ?? "", scale: 16)
      else { continue }
      let unit: Int128 = 10_000_000_000_000_000
      touches[symbol] = OrderMix.Touch(bid: Int64(bid / unit), ask: Int64(ask / unit) + 1)
    }
    return touches
  }

  /// Also holds each change that was accepted against the journal.
  private func countFacts() throws {
    var changes: [String: Int] = [:]
    let tail = try JournalReader.read(directory: router.journalDirectory) { _, fact in
      switch fact {
      case .childUnknown: report.unknowns += 1
      case .parentReplaceRequested(let change):
        changes["\(change.parent.rawValue)", default: 0] += 1
      default: break
      }
    }
    for request in load.requests
    where request.changeCount > changes[request.order ?? "", default: 0] {
      report.faults.append("\(request.id) has lost one of \(request.changeCount) changes")
    }
    report.facts = Int(tail.lastIndex)
    report.recoveries.sort()
    report.worstRecoveryMilliseconds = report.recoveries.last ?? 0
  }

  private func keepEvidence() throws {
    guard let place = ProcessInfo.processInfo.environment["SLUICE_EVIDENCE"] else { return }
    try? FileManager.default.removeItem(atPath: place)
    try FileManager.default.copyItem(atPath: site.directory, toPath: place)
  }
}

extension KillRun.Report: CustomStringConvertible {
  var description: String {
    let median = recoveries.isEmpty ? 0 : recoveries[recoveries.count / 2]
    let rows: [(String, Int64)] = [
      ("kills of the router", Int64(kills)),
      ("of these with the power cut", Int64(powerCuts)), ("writes lost so", Int64(lostWrites)),
      ("names of files lost so", Int64(lostNames)),
      ("kills of venues", Int64(venueKills)),
      ("cut networks", Int64(cuts)), ("pauses of the router", Int64(pauses)),
      ("other faults of venues", Int64(disturbances)),
      ("starts of the router", Int64(starts)), ("client requests", Int64(requests)),
      ("parents", Int64(parents)), ("children", Int64(children)), ("fills", Int64(fills)),
      ("stops triggered", Int64(triggers)), ("replacements", Int64(replacements)),
      ("unknown outcomes, all settled", Int64(unknowns)), ("facts in the journal", Int64(facts)),
      ("comparisons with the venues", Int64(audits)),
      ("median time until orders are taken, ms", median),
      ("worst time until orders are taken, ms", worstRecoveryMilliseconds),
      ("faults", Int64(faults.count)),
    ]
    let lines = rows.map { Self.line($0, String($1)) }
    let hours = DecimalText.format(seconds * 100 / 3600, scale: 2)
    return (lines + [Self.line("hours in all", hours)]).joined(separator: "\n")
  }

  private static func line(_ label: String, _ value: String) -> String {
    label + String(repeating: " ", count: 42 - label.count) + value
  }
}
