import Foundation
import Testing

/// The real service is killed at random instants, and nothing is lost or doubled.
///
/// `make kill KILLS=500` runs many; `SLUICE_KILLS` and `SLUICE_KILL_SEED` say how many and which.
@Suite(.serialized) struct KillTests {
  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test func `what was accepted survives kills of the router and of venues`() throws {
    let kills = Self.setting("SLUICE_KILLS")
    let plan = KillRun.Plan(
      kills: kills ?? 8, seed: UInt64(Self.setting("SLUICE_KILL_SEED") ?? 1),
      killsBetweenAudits: kills == nil ? 8 : 50)
    let report = try KillRun(plan) { line in
      guard kills != nil else { return }
      print(line)
      fflush(nil)
    }.run()
    if kills != nil { print("\n\(report)\n") }
    #expect(report.faults.isEmpty, "\(report.faults.prefix(20).joined(separator: "\n"))")
    #expect(report.fills > 0 && report.parents > 0)
  }
}
