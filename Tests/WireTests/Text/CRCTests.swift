import Testing

@testable import Wire

struct CRCTests {
  @Test func `the check value of CRC-32 is cbf43926`() {
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(CRC32.checksum([]) == 0)
  }

  @Test func `the check value of CRC-32C is e3069283`() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
  }

  /// RFC 3720, appendix B.4.
  @Test func `the vectors of iSCSI hold for CRC-32C`() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46dd_794e)
    #expect(CRC32C.checksum((0..<32).reversed().map { UInt8($0) }) == 0x113f_db5c)
  }

  @Test func `a checksum goes on where another ended`() {
    let bytes = XorShift(seed: 5).first(100)
    for split in 0...bytes.count {
      bytes.withUnsafeBytes { all in
        let head = UnsafeRawBufferPointer(rebasing: all[..<split])
        let tail = UnsafeRawBufferPointer(rebasing: all[split...])
        let seed = CRC32C.checksum(head)
        #expect(CRC32C.checksum(tail, continuing: seed) == CRC32C.checksum(all))
        #expect(CRC32.checksum(tail, continuing: CRC32.checksum(head)) == CRC32.checksum(all))
      }
    }
  }

  @Test func `eight bytes a step give what one bit a step gives`() {
    for count in 0..<70 {
      let bytes = XorShift(seed: UInt64(count) + 9).first(count)
      #expect(CRC32.checksum(bytes) == bitwise(bytes, 0xedb8_8320))
      #expect(CRC32C.checksum(bytes) == bitwise(bytes, 0x82f6_3b78))
    }
  }

  private func bitwise(_ bytes: [UInt8], _ polynomial: UInt32) -> UInt32 {
    var state = UInt32.max
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ polynomial : state >> 1 }
    }
    return ~state
  }
}

extension XorShift {
  fileprivate func first(_ count: Int) -> [UInt8] {
    var copy = self
    return copy.bytes(count)
  }
}
