#if MUTATIONS
  /// One planted bug, to prove that the simulator finds it; no product is built with them.
  package enum Mutation: String, CaseIterable, Sendable {
    case ordersLeaveBeforeTheSync
    case repliesLeaveBeforeTheSync
    case factsArePublishedBeforeTheSync
    case epochIsNotAdvanced
    case fillIsCountedTwice
    case fillsAreForgottenAtARestart
    case lateFillIsDropped
    case missingFillsAreIgnored
    case timedOutOrderIsSentAgain
    case intendedOrderIsAbandonedAtARestart
    case oneNotFoundIsProof
    case cancelRejectIsAnEnd
    case unknownFreesItsReserve
    case closedOrderFreesItsMoneyAtOnce
    case leavesAreIgnoredInPlanning
    case replacementIgnoresOpenChildren
    case haltIsIgnoredAtRelease
    case deadlineIsIgnoredAtRelease
    case bookIsIgnoredAtRelease
    case breakerIsIgnoredAtRelease
    case throttleIsIgnoredAtRelease
    case cancelReserveIsGivenAway
    case maintenanceIsIgnoredAtRelease
    case overRoutingConsentIsIgnored
    case repeatedClientOrderIDIsNew
    case snapshotLeavesOutAnOpenChild
    case snapshotIsNamedBeforeItsSync
    case damagedSnapshotIsRead
    case retentionDeletesOneSegmentTooMany
    case retentionForgetsOpenOrders
    case segmentIsNamedBeforeTheLastIsSynced
    case namesAreNotSynced

    /// The one that is planted in this process; set once, before anything runs.
    nonisolated(unsafe) package static var active: Mutation?

    package var isActive: Bool { unsafe Self.active == self }
  }
#endif
