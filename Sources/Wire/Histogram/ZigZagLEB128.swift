/// Signed numbers in one to nine bytes, as HdrHistogram writes its counters.
///
/// Seven bits a byte, least significant first, the top bit saying that more follow; the ninth byte
/// carries eight bits, so that 64 fit ("LEB128-64b9B").
enum ZigZagLEB128 {
  private static let longest = 9

  static func append(_ value: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    for _ in 1..<longest {
      guard rest > 0x7f else { break }
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// The number at `offset`, which moves behind it; `nil` if the bytes end first.
  static func read(_ bytes: ArraySlice<UInt8>, at offset: inout Int) -> Int64? {
    var value: UInt64 = 0
    for place in 0..<longest {
      guard offset < bytes.endIndex else { return nil }
      let byte = bytes[offset]
      offset += 1
      let isLast = place == longest - 1
      value |= UInt64(isLast ? byte : byte & 0x7f) << (7 * UInt64(place))
      if byte < 0x80 || isLast { break }
    }
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }
}
