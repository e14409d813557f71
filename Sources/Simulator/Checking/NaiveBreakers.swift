internal import RouterCore

/// What the router has said about its circuit breakers, and who has tried a venue since.
struct NaiveBreakers {
  struct Venue {
    var settings: VenueBreakerSettings
    var states = [CircuitBreaker.State](repeating: .closed, count: VenueOperation.allCases.count)
    /// Orders that have left since it was tried again, and whether each was answered.
    var probes: [(id: ChildOrderID, isAnswered: Bool)] = []

    init(_ index: Int) { settings = VenueBreakerSettings(venue: VenueID(UInt8(index))) }
  }

  private(set) var venues = (0..<Universe.greatestVenueCount).map(Venue.init)

  func state(_ venue: VenueID, _ operation: VenueOperation) -> CircuitBreaker.State {
    venues[venue.index].states[Int(operation.rawValue)]
  }

  /// Settings outlive a run, states do not.
  mutating func recover(_ fact: Fact) {
    if case .venueBreakerChanged(let settings) = fact {
      venues[settings.venue.index].settings = settings
    }
  }

  mutating func note(_ change: BreakerTransition) {
    venues[change.venue.index].states[Int(change.operation.rawValue)] = change.to
    if change.operation == .newOrders { venues[change.venue.index].probes = [] }
  }

  mutating func left(_ order: NewChildOrder) {
    guard state(order.venue, .newOrders) == .halfOpen else { return }
    venues[order.venue.index].probes.append((order.id, false))
  }

  /// Any word about an order but that it was sent is an answer; one that never left was no probe.
  mutating func note(_ report: VenueExecutionReport) {
    guard report.venue.index < venues.count, report.kind != .sent else { return }
    guard
      let place = venues[report.venue.index].probes.firstIndex(where: { $0.id == report.child })
    else { return }
    if report.kind == .notSent {
      venues[report.venue.index].probes.remove(at: place)
    } else {
      venues[report.venue.index].probes[place].isAnswered = true
    }
  }

  /// Why an order must not leave now; `nil` if it may.
  func objection(to order: NewChildOrder, isSmallest: Bool) -> String? {
    guard state(order.venue, .marketData) == .closed else { return "with its feed's breaker open" }
    switch state(order.venue, .newOrders) {
    case .closed: return nil
    case .open: return "with its breaker open"
    case .halfOpen: break
    }
    let venue = venues[order.venue.index]
    if venue.probes.count >= Int(venue.settings.halfOpenProbes) {
      return "after \(venue.probes.count) probes"
    }
    if venue.probes.contains(where: { !$0.isAnswered }) { return "beside another probe" }
    return isSmallest ? nil : "as a probe of \(order.quantity.mantissa)"
  }
}
