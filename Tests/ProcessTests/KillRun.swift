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
    var starts = 0
    var resumes = 0
    var requests = 0
    var parents = 0
    var children = 0
    var fills = 0
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
  private var audit: Audit
  private var random: SeededRandom
  private var report = Report()

  init(_ plan: Plan, say: @escaping (String) -> Void) throws {
    self.plan = plan
    self.say = say
    site = try Site()
    router = try site.makeRouter()
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
    load.note(try touches())
    load.start(workers: plan.workers, seed: plan.seed)
    load.resume()
    while report.kills + report.venueKills < plan.kills, report.faults.isEmpty {
      try strike()
      let done = report.kills + report.venueKills
      if done % plan.killsBetweenAudits == 0 && done < plan.kills { try compare() }
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

  private func start() throws {
    try router.start()
    report.starts += 1
  }

  private func strike() throws {
    if random.below(10) == 0 {
      try strikeVenue()
    } else {
      watch(milliseconds: delay())
      router.kill()
      report.kills += 1
      if random.below(4) == 0 { sleep(milliseconds: random.below(500)) }
      try start()
    }
  }

  private func strikeVenue() throws {
    let name = site.venueNames[random.below(site.venueNames.count)]
    watch(milliseconds: delay())
    site.killVenue(name)
    report.venueKills += 1
    sleep(milliseconds: random.below(1500))
    try site.startVenue(name)
    try slowDown(name)
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
    load.note(try touches())
    load.resume()
    let seconds = (Clock.monotonicNanoseconds() - start) / 1_000_000_000
    say(
      "\(report.kills) kills of the router, \(report.venueKills) of venues: \(report.parents)"
        + " parents, \(report.children) children, \(report.fills) fills compared in \(seconds) s,"
        + " \(report.faults.count) faults")
  }

  private func touches() throws -> [String: ClientLoad.Touch] {
    var touches: [String: ClientLoad.Touch] = [:]
    // Every venue has the same prices, under names of its own.
    for row in try site.state(of: "coinbase-exchange")["instruments"]?.array ?? [] {
      guard let symbol = row["symbol"]?.string,
        let bid = DecimalText.parse128(row["best_bid"]?.text ?? "", scale: 16),
        let ask = DecimalText.parse128(row["best_ask"]?.text ?? "", scale: 16)
      else { continue }
      let unit: Int128 = 10_000_000_000_000_000
      touches[symbol] = ClientLoad.Touch(bid: Int64(bid / unit), ask: Int64(ask / unit) + 1)
    }
    return touches
  }

  private func countFacts() throws {
    let tail = try JournalReader.read(directory: router.journalDirectory) { _, fact in
      if case .childUnknown = fact { report.unknowns += 1 }
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
      ("kills of the router", Int64(kills)), ("kills of venues", Int64(venueKills)),
      ("starts of the router", Int64(starts)), ("client requests", Int64(requests)),
      ("parents", Int64(parents)), ("children", Int64(children)), ("fills", Int64(fills)),
      ("unknown outcomes, all settled", Int64(unknowns)), ("facts in the journal", Int64(facts)),
      ("comparisons with the venues", Int64(audits)),
      ("median time until orders are taken, ms", median),
      ("worst time until orders are taken, ms", worstRecoveryMilliseconds),
      ("seconds in all", seconds), ("faults", Int64(faults.count)),
    ]
    return rows.map { label, value in
      label + String(repeating: " ", count: 42 - label.count) + String(value)
    }.joined(separator: "\n")
  }
}
