/// What is believed of a venue before it is measured; from the settings.
///
/// A value that makes no sense counts as the nearest one that does.
package struct VenuePriors: Sendable, Hashable, BitwiseCopyable {
  /// How much of an immediate order fills at a quote of no age, in parts per ten thousand.
  package var fillProbability = Parts.one
  /// Rate at which that decays with the quote's age, in parts per ten thousand and second.
  package var fadePerSecond = 0
  /// How many outcomes the prior weighs as much as, in thousandths.
  package var priorWeight = 3_000
  package var orderLatencyNanoseconds: Int64 = 50_000_000
  /// The latency that one order in twenty exceeds.
  package var orderLatencyTailNanoseconds: Int64 = 150_000_000
  /// How far the venue's clock is ahead of ours.
  package var clockOffsetNanoseconds: Int64 = 0
  package var clockUncertaintyNanoseconds: Int64 = 50_000_000
  /// How much of the displayed touch trades or is cancelled in a second, in parts per ten thousand.
  package var touchTurnover = 1_000

  package init() {}
}
