import Testing

@testable import Wire

struct WebSocketEncoderTests {
  @Test func `the frames of RFC 6455, section 5-7, are written to the byte`() {
    let hello = Array("Hello".utf8)
    var bytes: [UInt8] = []
    WebSocketEncoder.frame(.text, hello, mask: nil, into: &bytes)
    #expect(bytes == [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    bytes = []
    WebSocketEncoder.frame(.text, hello, mask: 0x37fa_213d, into: &bytes)
    #expect(bytes == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    bytes = []
    WebSocketEncoder.frame(.text, Array("Hel".utf8), mask: nil, fin: false, into: &bytes)
    WebSocketEncoder.frame(.continuation, Array("lo".utf8), mask: nil, into: &bytes)
    #expect(bytes == [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f])
  }

  @Test(
    arguments: [
      (0, [0x82, 0]), (125, [0x82, 125]), (126, [0x82, 126, 0, 126]),
      (0xffff, [0x82, 126, 0xff, 0xff]), (0x10000, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func `a length takes the fewest bytes`(count: Int, header: [UInt8]) {
    var bytes: [UInt8] = []
    WebSocketEncoder.frame(.binary, [UInt8](repeating: 0, count: count), mask: nil, into: &bytes)
    #expect(Array(bytes.prefix(header.count)) == header)
    #expect(bytes.count == header.count + count)
  }

  @Test func `masking eight bytes at a time gives what one at a time gives`() {
    var random = XorShift(seed: 21)
    for count in 0..<70 {
      let payload = random.bytes(count)
      let key = random.bytes(4)
      let mask = key.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      for split in 0...count {
        var masked = payload
        var masking = WebSocketMask(key: mask)
        masked.withUnsafeMutableBytes { all in
          masking.apply(to: UnsafeMutableRawBufferPointer(rebasing: all[..<split]))
          masking.apply(to: UnsafeMutableRawBufferPointer(rebasing: all[split...]))
        }
        let expected = payload.enumerated().map { $1 ^ key[$0 % 4] }
        #expect(masked == expected)
      }
    }
  }

  @Test func `a close reason that is too long is cut between characters`() throws {
    var bytes: [UInt8] = []
    let reason = String(repeating: "é", count: 100)
    WebSocketEncoder.close(code: 1011, reason: reason, mask: nil, into: &bytes)
    #expect(bytes.count == 2 + 2 + 122)
    let received = try WebSocketDecoderTests.decode(bytes)
    #expect(received == [.close(1011, String(repeating: "é", count: 61))])
  }

  @Test func `a close code that may not be sent is left out`() {
    for code in [nil, 1005, 1006, 1015] as [UInt16?] {
      var bytes: [UInt8] = []
      WebSocketEncoder.close(code: code, reason: "x", mask: nil, into: &bytes)
      #expect(bytes == [0x88, 0])
    }
  }

  @Test func `what is written reads back the same`() throws {
    var random = XorShift(seed: 22)
    for count in [0, 1, 7, 8, 125, 126, 1000, 65535, 65536, 70000] {
      let payload = random.bytes(count)
      for mask in [nil, UInt32(truncatingIfNeeded: random.next())] {
        var bytes: [UInt8] = []
        WebSocketEncoder.frame(.binary, payload, mask: mask, into: &bytes)
        let role: WebSocketRole = mask == nil ? .client : .server
        let received = try WebSocketDecoderTests.decode(bytes, role: role, maximum: 1 << 20)
        #expect(received == [.binary(payload)])
      }
    }
  }
}
