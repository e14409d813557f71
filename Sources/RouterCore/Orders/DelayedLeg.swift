/// A leg of a plan whose child leaves later, so that all of the plan's children arrive together.
///
/// It is no promise: nothing of it is written or reserved, and it is checked again at its time.
struct DelayedLeg: Sendable, BitwiseCopyable {
  var leg: RouteLeg
  var estimate: LegEstimate
  var sendAt: Timestamp
  var next: Int32 = -1
}

/// What was expected of a venue when a plan looked at it.
struct LegEstimate: Sendable, BitwiseCopyable {
  var effectiveAgeNanoseconds: Int64 = 0
  var latencyNanoseconds: Int64 = 0
}
