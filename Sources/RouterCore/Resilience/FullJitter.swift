/// Waits that spread calls apart: uniform below a ceiling that doubles up to a cap.
///
/// They come from a seed and the number of the attempt alone, so that a replay waits as long.
package enum FullJitter {
  /// The ceiling of attempt `attempt`, counted from zero.
  package static func ceiling(base: Int64, cap: Int64, attempt: Int) -> Int64 {
    let (base, cap) = (max(base, 1), max(cap, 1))
    let shift = Int64(min(max(attempt, 0), 40))
    let doubled = base.multipliedReportingOverflow(by: 1 << shift)
    return doubled.overflow ? cap : min(doubled.partialValue, cap)
  }

  /// A number from `0` to `ceiling`, both included.
  package static func draw(upTo ceiling: Int64, seed: UInt64, attempt: UInt64) -> Int64 {
    guard ceiling > 0 else { return 0 }
    let drawn = mixed(mixed(seed) ^ mixed(attempt &+ 0x5851_F42D_4C95_7F2D))
    return Int64(drawn.multipliedFullWidth(by: UInt64(ceiling) + 1).high)
  }
}
