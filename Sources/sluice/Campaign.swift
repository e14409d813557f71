internal import Foundation
internal import Simulator

/// Many histories, over threads.
struct Campaign {
  struct Failure {
    var script: Script
    var violation: Violation
  }

  struct Outcome {
    var histories = 0
    var totals = HistoryTotals()
    var failures: [Failure] = []
    var seconds = 0.0
  }

  var seeds: ClosedRange<UInt64>
  var steps: Int
  var jobs: Int
  var faults: FaultMix?
  var venueKind = Script.VenueKind.model
  var keepsGoing: Bool

  func script(_ seed: UInt64) -> Script {
    Script(seed: seed, steps: steps, faults: faults, venueKind: venueKind)
  }

  /// Plays every seed; after a broken invariant only those before it.
  func run(progress: (@Sendable (UInt64, Double) -> Void)?) -> Outcome {
    let start = Date()
    let shared = Shared(seeds)
    let threads = (0..<jobs).map { _ in
      Thread {
        while let block = shared.next() {
          shared.add(play(block, shared))
          progress?(shared.done, Double(shared.done) / max(-start.timeIntervalSinceNow, 0.001))
        }
        shared.finished.signal()
      }
    }
    for thread in threads {
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in threads { shared.finished.wait() }
    var outcome = shared.outcome
    outcome.seconds = -start.timeIntervalSinceNow
    outcome.failures.sort { $0.script.seed < $1.script.seed }
    return outcome
  }

  private func play(_ block: ClosedRange<UInt64>, _ shared: Shared) -> Outcome {
    var outcome = Outcome()
    for seed in block where seed < shared.limit {
      let script = script(seed)
      let result = History.play(script)
      outcome.histories += 1
      outcome.totals += result.totals
      guard let violation = result.violation else { continue }
      outcome.failures.append(Failure(script: script, violation: violation))
      if !keepsGoing { shared.lower(to: seed) }
    }
    return outcome
  }

  /// What the threads share.
  private final class Shared: @unchecked Sendable {
    private let lock = NSLock()
    private var nextSeed: UInt64
    private let last: UInt64
    private var lowest = UInt64.max
    private(set) var outcome = Outcome()
    let finished = DispatchSemaphore(value: 0)

    init(_ seeds: ClosedRange<UInt64>) {
      nextSeed = seeds.lowerBound
      last = seeds.upperBound
    }

    /// Seeds below this are still of interest.
    var limit: UInt64 { lock.withLock { lowest } }
    var done: UInt64 { lock.withLock { UInt64(outcome.histories) } }

    func lower(to seed: UInt64) { lock.withLock { lowest = min(lowest, seed) } }

    func next() -> ClosedRange<UInt64>? {
      lock.withLock {
        guard nextSeed <= last, nextSeed < lowest else { return nil }
        let end = min(nextSeed + 31, last)
        defer { nextSeed = end + 1 }
        return nextSeed...end
      }
    }

    func add(_ part: Outcome) {
      lock.withLock {
        outcome.histories += part.histories
        outcome.totals += part.totals
        outcome.failures += part.failures
      }
    }
  }
}

extension Campaign.Outcome: CustomStringConvertible {
  var rate: Double { Double(histories) / max(seconds, 0.001) }

  private var fields: [(name: String, value: Int)] {
    [
      ("histories", histories), ("events", totals.events),
      ("virtual_hours", Int(totals.virtualNanoseconds / 3_600_000_000_000)),
      ("crashes", totals.crashes), ("power_cuts", totals.powerCuts),
      ("fail_stops", totals.failStops), ("starts", totals.starts),
      ("segments_sealed", totals.sealedSegments), ("snapshots", totals.snapshots),
      ("snapshot_starts", totals.snapshotStarts), ("files_deleted", totals.deletedFiles),
      ("parents", totals.parents), ("over_routed", totals.overRouted),
      ("orders", totals.orders), ("fills", totals.fills), ("unknowns", totals.unknowns),
      ("trips", totals.trips),
      ("histories_per_second", Int(rate)), ("broken", failures.count),
    ]
  }

  var description: String {
    let width = fields.map(\.name.count).max() ?? 0
    return fields.map { field in
      let name = field.name.split(separator: "_").joined(separator: " ")
      return name + String(repeating: " ", count: width + 2 - name.count) + String(field.value)
    }.joined(separator: "\n")
  }

  var json: String {
    let seed = failures.first.map { ",\"first_broken_seed\":\($0.script.seed)" } ?? ""
    let invariant =
      failures.first.map { ",\"invariant\":\($0.violation.invariant)" } ?? ""
    return "{" + fields.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + seed
      + invariant + ",\"seconds\":\(String(format: "%.1f", seconds))}"
  }

  /// One line of a soak's report.
  func line(of seeds: ClosedRange<UInt64>) -> String {
    let date = ISO8601DateFormatter().string(from: Date())
    return "\(date) seeds \(seeds.lowerBound)-\(seeds.upperBound) \(json)\n"
  }
}
