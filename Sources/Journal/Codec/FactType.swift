internal import RouterCore

/// The number of each kind of fact in the journal; a number is never used for another kind.
enum FactType: UInt8, CaseIterable {
  // 0 belongs to the journal's own marks.
  case epochStarted = 1
  case venueDefined = 2
  case assetDefined = 3
  case instrumentDefined = 4
  case listingChanged = 5
  case riskLimitsChanged = 6
  case haltChanged = 7
  case venueHaltChanged = 8
  case venueRoutingChanged = 9
  case parentAccepted = 16
  case parentRefused = 17
  case planMade = 18
  case planLeg = 19
  case parentCancelRequested = 20
  case parentClosed = 21
  case restPlanned = 22
  case parentTriggered = 23
  case parentReplaceRequested = 24
  case parentReplaced = 25
  case childIntended = 32
  case childSent = 33
  case childAbandoned = 34
  case childAcknowledged = 35
  case childUnknown = 36
  case cancelIntended = 37
  case fillRecorded = 38
  case childClosed = 39
  // Only in snapshots.
  case positionCarried = 48
  case requestRemembered = 49
  case parentsForgotten = 50
  case executionsCarried = 51
  case orphanFound = 56
  case orphanAdopted = 57
  case venueBreakerChanged = 58
  case breakerChanged = 59
  case venueThrottleChanged = 60
  case venueMaintenanceChanged = 61
  case throttleEngaged = 62

  init(_ fact: Fact) {
    self =
      switch fact {
      case .epochStarted: .epochStarted
      case .venueDefined: .venueDefined
      case .assetDefined: .assetDefined
      case .instrumentDefined: .instrumentDefined
      case .listingChanged: .listingChanged
      case .riskLimitsChanged: .riskLimitsChanged
      case .venueThrottleChanged: .venueThrottleChanged
      case .venueMaintenanceChanged: .venueMaintenanceChanged
      case .throttleEngaged: .throttleEngaged
      case .haltChanged: .haltChanged
      case .venueHaltChanged: .venueHaltChanged
      case .venueRoutingChanged: .venueRoutingChanged
      case .parentAccepted: .parentAccepted
      case .parentRefused: .parentRefused
      case .planMade: .planMade
      case .planLeg: .planLeg
      case .parentCancelRequested: .parentCancelRequested
      case .parentClosed: .parentClosed
      case .restPlanned: .restPlanned
      case .parentTriggered: .parentTriggered
      case .parentReplaceRequested: .parentReplaceRequested
      case .parentReplaced: .parentReplaced
      case .childIntended: .childIntended
      case .childSent: .childSent
      case .childAbandoned: .childAbandoned
      case .childAcknowledged: .childAcknowledged
      case .childUnknown: .childUnknown
      case .cancelIntended: .cancelIntended
      case .fillRecorded: .fillRecorded
      case .childClosed: .childClosed
      case .positionCarried: .positionCarried
      case .requestRemembered: .requestRemembered
      case .parentsForgotten: .parentsForgotten
      case .executionsCarried: .executionsCarried
      case .orphanFound: .orphanFound
      case .orphanAdopted: .orphanAdopted
      case .venueBreakerChanged: .venueBreakerChanged
      case .breakerChanged: .breakerChanged
      }
  }

  /// The layout that this build writes.
  ///
  /// Older ones stay readable for ever.
  var version: UInt8 {
    switch self {
    // 2 added routing options, post-only children, and the evidence of the objective.
    case .planMade, .planLeg: 2
    // 3 added triggers, post-only and split orders, residuals, and what a child is for.
    case .parentAccepted, .childIntended: 3
    default: 1
    }
  }
}
