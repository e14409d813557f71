/// Noise that is a pure function of seed and time: every process that asks gets the same value.
///
/// Values at the points of a grid are hashes of the grid index, smoothly joined; octaves of growing
/// period whose size grows with the root of the period make it move like a random walk.
package struct SmoothNoise: Sendable {
  package let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// A value between -1 and 1 that changes over about `periodNanoseconds`.
  package func value(at time: Int64, periodNanoseconds period: Int64, salt: UInt64) -> Double {
    let cell = time >= 0 ? time / period : (time - period + 1) / period
    let fraction = Double(time - cell * period) / Double(period)
    let weight = fraction * fraction * (3 - 2 * fraction)
    let left = corner(cell, salt)
    return left + (corner(cell + 1, salt) - left) * weight
  }

  /// A sum of `octaves` periods, each twice the one before; `scale` is the size at one second.
  package func walk(
    at time: Int64, shortestNanoseconds: Int64, octaves: Int, scale: Double
  ) -> Double {
    var sum = 0.0
    var period = shortestNanoseconds
    var size = BasicMath.squareRoot(Double(period) / 1e9)
    for octave in 0..<octaves {
      sum += size * value(at: time, periodNanoseconds: period, salt: UInt64(octave))
      period *= 2
      size *= 1.414_213_562_373_095
    }
    return sum * scale
  }

  private func corner(_ cell: Int64, _ salt: UInt64) -> Double {
    let mixed = SeededRandom.hash(
      seed ^ SeededRandom.hash(UInt64(bitPattern: cell) &* 31 &+ salt))
    return Double(mixed >> 11) * 0x1p-52 - 1
  }
}
