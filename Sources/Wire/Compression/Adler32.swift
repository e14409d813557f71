/// The checksum at the end of a zlib stream (RFC 1950, section 8.2).
enum Adler32 {
  private static let modulus: UInt32 = 65521
  /// So many sums of bytes fit 32 bits before the remainder must be taken.
  private static let block = 5552

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    var start = 0
    while start < bytes.count {
      let end = min(start + block, bytes.count)
      for byte in bytes[start..<end] {
        low &+= UInt32(byte)
        high &+= low
      }
      low %= modulus
      high %= modulus
      start = end
    }
    return high << 16 | low
  }
}
