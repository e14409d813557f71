/// Decompresses deflate (RFC 1951), strictly and within a bound.
struct Inflater {
  private static let endOfBlock = 256
  /// The order in which the lengths of the code for lengths are sent (section 3.2.7).
  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]
  private static let matchLengths = Steps(first: 3, extraBits: lengthExtraBits)
  private static let lengthExtraBits =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]
  private static let distances = Steps(
    first: 1, extraBits: (0..<30).map { max($0 / 2 - 1, 0) })

  private let maximumBytes: Int
  private var bits: BitReader
  private(set) var output: [UInt8] = []

  init(_ bytes: [UInt8], from offset: Int, maximumBytes: Int) {
    bits = BitReader(bytes, from: offset)
    self.maximumBytes = maximumBytes
  }

  /// The first byte behind the last block.
  var endOffset: Int { bits.byteOffset }

  mutating func run() throws(InflateError) {
    var isLast = false
    while !isLast {
      isLast = try bits.read(1) == 1
      switch try bits.read(2) {
      case 0: try copyStored()
      case 1: try expand(Self.fixedLiterals(), Self.fixedDistances())
      case 2: try expandDynamic()
      default: throw .malformed("a block of unknown kind")
      }
    }
  }

  private mutating func copyStored() throws(InflateError) {
    bits.skipToByte()
    let length = try bits.read(16)
    guard try bits.read(16) == ~length & 0xffff else {
      throw .malformed("a stored block whose length differs from its check")
    }
    try reserve(length)
    output += try bits.take(length)
  }

  private mutating func expandDynamic() throws(InflateError) {
    let literalCount = try bits.read(5) + 257
    let distanceCount = try bits.read(5) + 1
    let lengthCount = try bits.read(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw .malformed("too many codes") }
    var lengths = [UInt8](repeating: 0, count: Self.lengthOrder.count)
    for position in Self.lengthOrder[..<lengthCount] { lengths[position] = UInt8(try bits.read(3)) }
    let lengthCode = try HuffmanCode(lengths: lengths[...])
    let all = try readLengths(literalCount + distanceCount, lengthCode)
    guard all[Self.endOfBlock] > 0 else { throw .malformed("a block that can not end") }
    try expand(
      HuffmanCode(lengths: all[..<literalCount]),
      HuffmanCode(lengths: all[literalCount...], mayBeIncomplete: true))
  }

  private mutating func readLengths(
    _ count: Int, _ code: HuffmanCode
  ) throws(InflateError) -> [UInt8] {
    var lengths: [UInt8] = []
    while lengths.count < count {
      let symbol = try code.decode(&bits)
      if symbol < 16 {
        lengths.append(UInt8(symbol))
        continue
      }
      guard symbol > 16 || !lengths.isEmpty else { throw .malformed("a repeat of nothing") }
      let value = symbol == 16 ? lengths[lengths.count - 1] : 0
      lengths += [UInt8](repeating: value, count: try repeatCount(symbol))
    }
    guard lengths.count == count else { throw .malformed("a repeat beyond the last code") }
    return lengths
  }

  private mutating func repeatCount(_ symbol: Int) throws(InflateError) -> Int {
    switch symbol {
    case 16: try bits.read(2) + 3
    case 17: try bits.read(3) + 3
    default: try bits.read(7) + 11
    }
  }

  private mutating func expand(
    _ literals: HuffmanCode, _ distances: HuffmanCode
  ) throws(InflateError) {
    while true {
      let symbol = try literals.decode(&bits)
      if symbol == Self.endOfBlock { return }
      if symbol < Self.endOfBlock {
        try reserve(1)
        output.append(UInt8(symbol))
      } else {
        try copyMatch(symbol - Self.endOfBlock - 1, distances)
      }
    }
  }

  private mutating func copyMatch(_ step: Int, _ code: HuffmanCode) throws(InflateError) {
    // The last length has a code of its own; 284 with all its extra bits set would say it too.
    let length = step == 28 ? 258 : try Self.matchLengths.read(step, &bits)
    let distance = try Self.distances.read(code.decode(&bits), &bits)
    guard distance <= output.count else {
      throw .malformed("a copy from before the beginning")
    }
    try reserve(length)
    for _ in 0..<length { output.append(output[output.count - distance]) }
  }

  private func reserve(_ count: Int) throws(InflateError) {
    guard maximumBytes - output.count >= count else { throw .tooLong(maximumBytes: maximumBytes) }
  }

  private static func fixedLiterals() throws(InflateError) -> HuffmanCode {
    var lengths = [UInt8](repeating: 8, count: 288)
    for symbol in 144..<256 { lengths[symbol] = 9 }
    for symbol in 256..<280 { lengths[symbol] = 7 }
    return try HuffmanCode(lengths: lengths[...])
  }

  private static func fixedDistances() throws(InflateError) -> HuffmanCode {
    try HuffmanCode(lengths: [UInt8](repeating: 5, count: 32)[...])
  }
}

/// Numbers as a step and extra bits: each step begins where the one before ends.
private struct Steps {
  private let firsts: [Int]
  private let extraBits: [Int]

  init(first: Int, extraBits: [Int]) {
    var firsts: [Int] = []
    var next = first
    for bits in extraBits {
      firsts.append(next)
      next += 1 << bits
    }
    self.firsts = firsts
    self.extraBits = extraBits
  }

  func read(_ step: Int, _ bits: inout BitReader) throws(InflateError) -> Int {
    guard step < firsts.count else { throw .malformed("a length or distance that is reserved") }
    return firsts[step] + (try bits.read(extraBits[step]))
  }
}
