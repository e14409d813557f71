/// What a venue is sent for what it takes.
struct PlanChild: Sendable, BitwiseCopyable {
  var notional: Int128 = 0
  /// The price of the last unit, on the venue's tick.
  var limit: Int64 = 0
  /// The level in which the last unit lies.
  var level = 0
}
