/// Tables for a reflected 32-bit CRC that takes eight bytes a step.
///
/// The tables are made once for each polynomial and live as long as the process: a pointer costs
/// one check of first use per checksum, where an array would cost a bounds check per byte.
@safe struct CRCTable: @unchecked Sendable {
  private let entries: UnsafePointer<UInt32>

  init(reflectedPolynomial polynomial: UInt32) {
    let entries = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
    for byte in 0..<256 {
      unsafe entries[byte] = Self.remainder(UInt32(byte), polynomial)
    }
    for index in 256..<(8 * 256) {
      let previous = unsafe entries[index - 256]
      unsafe entries[index] = previous >> 8 ^ entries[Int(previous & 0xff)]
    }
    unsafe self.entries = UnsafePointer(entries)
  }

  func checksum(_ bytes: UnsafeRawBufferPointer, continuing seed: UInt32) -> UInt32 {
    var state = ~seed
    var offset = 0
    while offset &+ 8 <= bytes.count {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      state = step(UInt64(littleEndian: word) ^ UInt64(state))
      offset &+= 8
    }
    while offset < bytes.count {
      let index = unsafe (state ^ UInt32(bytes[offset])) & 0xff
      state = state >> 8 ^ entry(0, UInt64(index))
      offset &+= 1
    }
    return ~state
  }

  @inline(__always)
  private func step(_ word: UInt64) -> UInt32 {
    entry(7, word) ^ entry(6, word >> 8) ^ entry(5, word >> 16) ^ entry(4, word >> 24)
      ^ entry(3, word >> 32) ^ entry(2, word >> 40) ^ entry(1, word >> 48) ^ entry(0, word >> 56)
  }

  @inline(__always)
  private func entry(_ table: Int, _ word: UInt64) -> UInt32 {
    unsafe entries[table &* 256 &+ Int(truncatingIfNeeded: word & 0xff)]
  }

  private static func remainder(_ byte: UInt32, _ polynomial: UInt32) -> UInt32 {
    var value = byte
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
    return value
  }
}
