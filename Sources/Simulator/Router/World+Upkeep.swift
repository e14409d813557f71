internal import Journal
internal import RouterCore
internal import Simulation

/// What the journal's keeper does beside the router: snapshots, and deletions.
extension World {
  /// A segment is complete; the keeper has the lowest priority and takes its time.
  func segmentSealed() {
    guard process != nil else { return }
    totals.sealedSegments += 1
    let time = now.adding(milliseconds: Int64(random.below(300)))
    upkeepAt = min(upkeepAt, time)
  }

  /// One round of the service's own upkeep, in no time; the process may die at each of its steps.
  func keepJournal() {
    upkeepAt = .distantFuture
    if areFaultsOn, script.faults.strikes(.upkeepCrash, &random) {
      lightFuse(steps: random.below(14), isPowerCut: random.below(2) == 0)
    }
    let upkeep = JournalUpkeep(
      directory: SimulatedDisk.directory, storage: disk, configuration: Universe.configuration,
      retention: script.retention)
    do throws(JournalError) {
      if try upkeep.makeSnapshot() != nil { totals.snapshots += 1 }
      totals.deletedFiles += try upkeep.deleteUnneeded().count
    } catch {
      guard process != nil else { return }
      switch error {
      // The next sealed segment tries again.
      case .outOfSpace, .storage: break
      default: checker.fail(17, "the journal can not be kept: \(error)")
      }
    }
    checker.kept(disk)
  }
}
