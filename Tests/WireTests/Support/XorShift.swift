/// A small seeded generator, so that a run of random input can be repeated.
struct XorShift: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed == 0 ? 0x9e37_79b9_7f4a_7c15 : seed
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
  }

  /// Bytes of an alphabet, which get further into a parser than any bytes do.
  mutating func bytes(_ count: Int, of alphabet: String) -> [UInt8] {
    let symbols = Array(alphabet.utf8)
    return (0..<count).map { _ in symbols[Int(next() % UInt64(symbols.count))] }
  }

  /// The input with a few bytes changed, removed or doubled.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<(1 + Int(next() % 4)) where !bytes.isEmpty {
      let index = Int(next() % UInt64(bytes.count))
      switch next() % 3 {
      case 0: bytes[index] = UInt8(truncatingIfNeeded: next() >> 32)
      case 1: bytes.remove(at: index)
      default: bytes.insert(bytes[index], at: index)
      }
    }
    return bytes
  }
}
