/// A canonical prefix code, given by the length of each symbol's code (RFC 1951, section 3.2.2).
///
/// Codes of one length are consecutive numbers, so that a count for each length and the symbols in
/// order of their codes are all that decoding needs.
struct HuffmanCode {
  private static let longest = 15

  private var counts = [Int](repeating: 0, count: longest + 1)
  private var symbols: [UInt16]

  /// Takes the lengths of the codes, of which none may be free.
  ///
  /// A single code of one bit is the one incomplete code that deflate knows, and only for
  /// distances.
  init(lengths: ArraySlice<UInt8>, mayBeIncomplete: Bool = false) throws(InflateError) {
    for length in lengths { counts[Int(length)] += 1 }
    var offsets = [Int](repeating: 0, count: Self.longest + 1)
    for length in 1..<Self.longest { offsets[length + 1] = offsets[length] + counts[length] }
    let used = lengths.count - counts[0]
    symbols = [UInt16](repeating: 0, count: used)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      symbols[offsets[Int(length)]] = UInt16(symbol)
      offsets[Int(length)] += 1
    }
    counts[0] = 0
    let free = try Self.freeCodes(counts)
    let isLone = mayBeIncomplete && (used == 0 || used == 1 && counts[1] == 1)
    guard free == 0 || isLone else { throw .malformed("an incomplete code") }
  }

  func decode(_ bits: inout BitReader) throws(InflateError) -> Int {
    var code = 0
    var first = 0
    var index = 0
    for length in 1...Self.longest {
      code |= try bits.read(1)
      let count = counts[length]
      if code - first < count { return Int(symbols[index + code - first]) }
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw .malformed("a code that stands for nothing")
  }

  /// How many codes of the greatest length no symbol uses.
  private static func freeCodes(_ counts: [Int]) throws(InflateError) -> Int {
    var free = 1
    for length in 1...longest {
      free = free << 1 - counts[length]
      guard free >= 0 else { throw .malformed("more codes than fit") }
    }
    return free
  }
}

/// Bits of bytes, least significant first.
struct BitReader {
  private let bytes: [UInt8]
  private var offset: Int
  private var held: UInt32 = 0
  private var heldCount = 0

  init(_ bytes: [UInt8], from offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The first byte of which no bit was read.
  var byteOffset: Int { offset }

  mutating func read(_ count: Int) throws(InflateError) -> Int {
    while heldCount < count {
      held |= UInt32(try nextByte()) << UInt32(heldCount)
      heldCount += 8
    }
    let value = held & (1 << UInt32(count) - 1)
    held >>= UInt32(count)
    heldCount -= count
    return Int(value)
  }

  mutating func skipToByte() {
    held = 0
    heldCount = 0
  }

  /// The next whole bytes; only between bytes.
  mutating func take(_ count: Int) throws(InflateError) -> ArraySlice<UInt8> {
    guard bytes.count - offset >= count else { throw .truncated }
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }

  private mutating func nextByte() throws(InflateError) -> UInt8 {
    guard offset < bytes.count else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }
}
