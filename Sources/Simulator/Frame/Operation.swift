/// One step of a history's script: what somebody outside the router does.
///
/// All details come from the operation's own seed, so that leaving one out changes no other.
package struct Operation: Sendable, Equatable {
  package enum Kind: UInt8, Sendable, CaseIterable {
    case submit = 0
    /// Submits an earlier order again, as it was.
    case resubmit
    /// Submits another order under an earlier client order id.
    case resubmitOther
    case cancel
    case replace
    case halt
    case resume
    case limits
    case routing
    case market
    case oddMarket
    case marketGap
    case foreignActivity
    case dropCopyCut
    case orderEntryCut
    case marketDataCut
    case outage
    case listingChange
    case stranger
    case garbage
    case crash
    case powerCut
    case syncStall
    case syncFailure
    case writeFailure
    case fullDisk
    case wallClock
    case slowness
    case refusal
    case flapping
    case throttleChange
    case maintenanceChange

    package var name: String { "\(self)" }

    /// What it does to a venue, if it is the venue that it happens to.
    var disturbance: VenueDisturbance? {
      switch self {
      case .market: .market
      case .oddMarket: .oddMarket
      case .marketGap: .marketGap
      case .foreignActivity: .foreignActivity
      case .dropCopyCut: .dropCopyCut
      case .orderEntryCut: .orderEntryCut
      case .marketDataCut: .marketDataCut
      case .outage: .outage
      case .listingChange: .listingChange
      case .stranger: .stranger
      case .garbage: .garbage
      case .slowness: .slowness
      case .refusal: .refusal
      case .flapping: .flapping
      default: nil
      }
    }

    /// The fault that it belongs to; without it, it does not occur.
    var fault: Fault? {
      switch self {
      case .resubmit, .resubmitOther: .resubmit
      case .halt: .halt
      case .limits, .routing: .limitChange
      case .oddMarket: .oddMarket
      case .marketGap: .marketGap
      case .foreignActivity: .foreignActivity
      case .dropCopyCut: .dropCopyCut
      case .orderEntryCut: .orderEntryCut
      case .marketDataCut: .marketDataCut
      case .outage: .outage
      case .listingChange: .listingChange
      case .stranger: .stranger
      case .garbage: .garbage
      case .crash: .crash
      case .powerCut: .powerCut
      case .syncStall: .syncStall
      case .syncFailure: .syncFailure
      case .writeFailure: .writeFailure
      case .fullDisk: .fullDisk
      case .wallClock: .wallClock
      case .slowness: .slowness
      case .refusal: .refusal
      case .flapping: .flapping
      case .submit, .cancel, .replace, .resume, .market, .throttleChange, .maintenanceChange: nil
      }
    }
  }

  package var kind: Kind
  /// How long after the operation before it.
  package var delayMicroseconds: Int64
  /// Names a client's order by the number of its submission, or a venue.
  package var number: Int
  package var seed: UInt64

  package init(kind: Kind, delayMicroseconds: Int64, number: Int, seed: UInt64) {
    self.kind = kind
    self.delayMicroseconds = delayMicroseconds
    self.number = number
    self.seed = seed
  }
}
