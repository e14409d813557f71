internal import Simulation

extension WireFaults {
  /// The faults of a script on the wire: each stands for what it means there.
  ///
  /// A strength of zero leaves a fault out; all numbers are drawn in any case, so that leaving one
  /// out changes no other.
  init(_ mix: FaultMix, _ draw: inout SeededRandom) {
    self.init()
    latency = Int64(1 + draw.below(40)) * 1_000_000
    jitter = Int64(1 + draw.below(60)) * 1_000_000
    func scaled(_ fault: Fault, most: Int) -> Int {
      mix[fault] == 0 ? 0 : max(1, min(mix[fault] * most / fault.greatest, 10_000))
    }
    requestLoss = scaled(.lostRequest, most: 400)
    cut = scaled(.lostRequest, most: 200)
    replyLoss = scaled(.lostAnswer, most: 400)
    stall = scaled(.lateArrival, most: 100)
    refusal = scaled(.slowSend, most: 5000)
    unanswered = scaled(.slowSend, most: 2000)
    repeatedFetch = scaled(.queryFailure, most: 3000)
    let (resets, faults, steps) = (5 + draw.below(55), 1 + draw.below(14), 10 + draw.below(50))
    let offset = Int64(draw.below(4001) - 2000) * 1_000_000
    let limits = draw.below(3) == 0
    if mix[.replay] > 0 { secondsBetweenResets = resets }
    venueFaults = Self.kinds.filter { mix[$0.fault] > 0 }.flatMap(\.kinds)
    if !venueFaults.isEmpty { secondsBetweenVenueFaults = faults }
    if mix[.wallClock] > 0 { (venueClockOffset, secondsBetweenClockSteps) = (offset, steps) }
    enforcesRateLimits = limits && !mix.active.isEmpty
  }

  /// What the venue's own fault plan does for a fault of the mix.
  private static let kinds: [(fault: Fault, kinds: [FaultKind])] = [
    (.ambiguousAnswer, [.serverErrorBefore, .serverErrorAfter]),
    (.lostRequest, [.requestLost]), (.lostAnswer, [.acknowledgementLost]),
    (.reject, [.tooManyRequests]), (.reportLoss, [.silentPrivateStream, .dropStreams]),
    (.duplicate, [.duplicateFills]), (.reorder, [.lateFills]),
    (.marketGap, [.sequenceGap, .wrongChecksum, .silentMarketData]),
    (.listingChange, [.halted]), (.queryLag, [.latency]), (.notSent, [.refuseConnections]),
  ]
}
