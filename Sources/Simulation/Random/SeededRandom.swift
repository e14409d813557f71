/// A reproducible generator: xoshiro256** whose state is spread from one seed by SplitMix64.
package struct SeededRandom: Sendable, RandomNumberGenerator {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var mixer = seed
    state = (
      Self.splitMix(&mixer), Self.splitMix(&mixer), Self.splitMix(&mixer), Self.splitMix(&mixer)
    )
  }

  package mutating func next() -> UInt64 {
    let scrambled = Self.rotate(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, 45)
    return scrambled
  }

  /// A uniform integer below `bound`, which must be positive.
  package mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A uniform number in `0 ..< 1`.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A standard normal number: the sum of twelve uniform ones, which needs no math library.
  package mutating func normal() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += uniform() }
    return sum
  }

  /// An exponential number of mean one.
  package mutating func exponential() -> Double {
    -BasicMath.naturalLogarithm(1 - uniform())
  }

  /// A number whose logarithm is normal with the given median and spread.
  package mutating func logNormal(median: Double, sigma: Double) -> Double {
    median * BasicMath.exponential(sigma * normal())
  }

  /// The number of arrivals of a Poisson process in an interval with the given mean.
  package mutating func poisson(mean: Double) -> Int {
    var count = 0
    var elapsed = exponential()
    while elapsed < mean, count < 10_000 {
      count += 1
      elapsed += exponential()
    }
    return count
  }

  /// Scrambles one word into another; equal words always give equal results.
  package static func hash(_ word: UInt64) -> UInt64 {
    var state = word
    return splitMix(&state)
  }

  /// The FNV-1a hash of a text, the same in every process.
  package static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  private static func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 {
    (word << count) | (word >> (64 - count))
  }
}
