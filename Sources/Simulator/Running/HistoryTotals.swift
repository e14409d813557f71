/// What happened in one history, or in many.
package struct HistoryTotals: Sendable, Equatable {
  package var events = 0
  package var steps = 0
  package var starts = 0
  package var crashes = 0
  package var powerCuts = 0
  /// Ends of the router by its own decision, because its journal had failed.
  package var failStops = 0
  /// Segments that were sealed, snapshots of them, and starts from one.
  package var sealedSegments = 0
  package var snapshots = 0
  package var snapshotStarts = 0
  package var deletedFiles = 0
  package var parents = 0
  package var orders = 0
  package var fills = 0
  /// Orders of which children together asked for more than was missing, with the client's consent.
  package var overRouted = 0
  package var unknowns = 0
  /// How often a circuit breaker of new orders has opened.
  package var trips = 0
  package var virtualNanoseconds: Int64 = 0
  package var traceHash: UInt64 = 0

  package init() {}

  package static func += (sum: inout HistoryTotals, part: HistoryTotals) {
    sum.events += part.events
    sum.steps += part.steps
    sum.starts += part.starts
    sum.crashes += part.crashes
    sum.powerCuts += part.powerCuts
    sum.failStops += part.failStops
    sum.sealedSegments += part.sealedSegments
    sum.snapshots += part.snapshots
    sum.snapshotStarts += part.snapshotStarts
    sum.deletedFiles += part.deletedFiles
    sum.parents += part.parents
    sum.orders += part.orders
    sum.fills += part.fills
    sum.overRouted += part.overRouted
    sum.unknowns += part.unknowns
    sum.trips += part.trips
    sum.virtualNanoseconds += part.virtualNanoseconds
    sum.traceHash = (sum.traceHash &* 31) ^ part.traceHash
  }
}
