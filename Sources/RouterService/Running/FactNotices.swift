internal import ClientGateways
internal import Platform
internal import RouterCore

/// Tells an operator at once of facts that ask for one.
enum FactNotices {
  static func note(_ facts: [Fact], _ directory: Directory) {
    for fact in facts {
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
}
