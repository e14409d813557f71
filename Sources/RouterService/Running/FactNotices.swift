internal import ClientGateways
internal import Platform
internal import RouterCore

/// Tells an operator at once of facts that ask for one.
enum FactNotices {
  static func note(_ facts: [Fact], _ directory: Directory) {
    for fact in facts {
      if case .breakerChanged(let change) = fact { note(change, directory) }
      guard case .orphanFound(let orphan) = fact else { continue }
      let fields: KeyValuePairs = [
        "venue": directory.venueName(orphan.venue), "child": orphan.child.uuid.string,
        "venue_order_id": orphan.venueOrderID.string,
      ]
      switch orphan.verdict {
      case .otherRouter: Log.error("core", "halted: \(OrphanFound.otherRouterWords)", fields)
      case .unknown: Log.warning("core", "an order of ours is not in the journal", fields)
      case .ended: Log.warning("core", "an order that has ended is open at the venue", fields)
      }
    }
  }

  private static func note(_ change: BreakerTransition, _ directory: Directory) {
    let counts = change.counts
    let fields: KeyValuePairs = [
      "venue": directory.venueName(change.venue), "operation": "\(change.operation)",
      "calls": "\(counts.calls)", "failures": "\(counts.failures)",
      "slow_calls": "\(counts.slowCalls)", "last_failure": "\(change.lastFailure)",
      "wait_ms": "\(max(change.until.since(change.at), 0) / 1_000_000)",
      "trips": "\(change.trips)",
    ]
    switch change.to {
    case .open: Log.warning("core", "circuit breaker opens", fields)
    case .halfOpen: Log.info("core", "circuit breaker tries its venue again", fields)
    case .closed: Log.info("core", "circuit breaker closes", fields)
    }
  }
}
