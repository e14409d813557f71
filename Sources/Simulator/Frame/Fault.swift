/// What can go wrong in a history; each seed draws which, and how often.
package enum Fault: UInt8, Sendable, CaseIterable {
  // Order entry.
  /// No byte left.
  case notSent
  /// The request is lost, and nobody knows.
  case lostRequest
  /// The request arrives, its answer does not.
  case lostAnswer
  /// The request takes up to seconds.
  case lateArrival
  /// The order waits for a connection before it is sent.
  case slowSend
  case reject
  /// The venue says that it failed, before or after it took the order.
  case ambiguousAnswer
  /// First an acknowledgement, then a rejection.
  case lateReject
  // Reports.
  case reportLoss
  case duplicate
  case reorder
  /// Old reports come again with a new connection.
  case replay
  /// Ends come without the running total.
  case silentTotal
  // Cancels and queries.
  case cancelLoss
  case queryFailure
  /// A query reads a copy that is up to two seconds old.
  case queryLag
  /// Trades are queried from a copy that is older than that of orders.
  case tradeLag
  // Connections and the venue.
  case dropCopyCut
  case orderEntryCut
  case marketDataCut
  case outage
  case balanceLoss
  case foreignActivity
  case stranger
  case garbage
  case oddMarket
  case marketGap
  case listingChange
  /// The fee is not the one that the listing says, or in another asset.
  case oddFee
  // A venue that lies.
  case overfill
  case lateFill
  // The router.
  case crash
  case powerCut
  /// Crashes come in rows, in the middle of a recovery.
  case crashLoop
  case syncStall
  case syncFailure
  case writeFailure
  case fullDisk
  case wallClock
  // Clients and operators.
  case resubmit
  case halt
  case limitChange
  // A venue that works badly for a while.
  /// It answers in ten seconds.
  case slowness
  /// It takes no order and answers no question.
  case refusal
  /// Its links fall and come up again, many times.
  case flapping
  // The journal's upkeep.
  /// The process dies, or the power goes, while a snapshot is made or segments are deleted.
  case upkeepCrash
  /// With a crash the newest snapshot is damaged, if the journal can do without it.
  case snapshotDamage
  // What operators set.
  /// A venue may be asked less often, sometimes much less.
  case throttleChange
  /// A venue gets windows of maintenance, some of which begin soon.
  case maintenanceChange

  package var name: String { "\(self)" }

  /// The greatest strength that a seed draws, in parts per ten thousand.
  ///
  /// Of each decision, or, for what happens by itself, of each operation of the workload.
  var greatest: Int {
    switch self {
    case .notSent, .lostRequest, .lostAnswer, .lateArrival, .slowSend, .ambiguousAnswer: 2500
    case .reject, .lateReject: 2000
    case .reportLoss, .duplicate, .reorder, .replay, .silentTotal, .cancelLoss: 4000
    case .queryFailure, .queryLag, .tradeLag, .balanceLoss: 5000
    case .dropCopyCut, .orderEntryCut, .marketDataCut: 400
    case .outage, .foreignActivity, .stranger, .garbage: 300
    case .oddMarket, .marketGap, .listingChange: 500
    case .oddFee: 5000
    case .overfill, .lateFill: 2000
    case .crash, .powerCut: 500
    case .crashLoop: 5000
    case .syncStall: 500
    case .syncFailure, .writeFailure, .fullDisk, .wallClock: 150
    case .resubmit, .limitChange: 300
    case .halt: 200
    case .slowness, .refusal, .flapping: 400
    case .throttleChange, .maintenanceChange: 500
    case .upkeepCrash: 4000
    case .snapshotDamage: 10_000
    }
  }

  /// In how many of ten thousand seeds it is on at all.
  var share: Int {
    switch self {
    case .overfill, .lateFill, .stranger, .oddFee: 1000
    case .foreignActivity, .listingChange, .outage: 3000
    case .syncFailure, .writeFailure, .fullDisk, .wallClock: 3000
    case .slowness, .refusal, .flapping: 2500
    default: 5000
    }
  }

  /// Whether it is drawn apart from the others, so that a seed's other faults stay as they were.
  var isDrawnApart: Bool {
    switch self {
    case .throttleChange, .maintenanceChange, .upkeepCrash, .snapshotDamage: true
    default: false
    }
  }
}
