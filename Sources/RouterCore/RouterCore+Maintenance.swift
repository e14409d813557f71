/// Maintenance windows: nothing new goes to a venue in one, and nothing of ours rests there.
extension RouterCore {
  mutating func maintenanceChanged(
    _ maintenance: VenueMaintenance, _ now: Timestamp, _ outbox: inout Outbox
  ) {
    guard let venue = markets.venue(maintenance.venue) else { return }
    if venue.maintenance != maintenance { emit(.venueMaintenanceChanged(maintenance), &outbox) }
    // What begins now is done by the clock event that is due at once.
    timers.set(paceTimer(maintenance.venue), to: now)
    if isRunning { wakeAllParents(now) }
  }

  /// A venue's windows; none for one that is not known.
  func maintenance(of venue: VenueID) -> VenueMaintenance {
    hasPace(venue) ? markets.venues[venue.index].maintenance : VenueMaintenance(venue: venue)
  }

  func isInMaintenance(_ venue: VenueID, at now: Timestamp) -> Bool {
    let windows = maintenance(of: venue)
    return !windows.isEmpty && windows.activeUntil(now) != nil
  }

  /// Whether nothing may rest at a venue, because it is about to go down or is.
  func isClosing(_ venue: VenueID, at now: Timestamp) -> Bool {
    let windows = maintenance(of: venue)
    return !windows.isEmpty && windows.isClosing(now)
  }

  /// Cancels all that rests at a venue, also what rests at a client's own limit.
  mutating func cancelAllResting(at venue: VenueID, _ now: Timestamp, _ outbox: inout Outbox) {
    var next = orders.firstOpen(at: venue)
    while let child = next {
      next = orders.nextOpen(after: child)
      let order = orders.children[child]
      if order.order.isPostOnly && !order.isCancelPending { cancelChild(child, now, &outbox) }
    }
  }
}
