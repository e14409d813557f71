import Testing

@testable import Wire

/// What a decoder reported, with its bytes kept.
enum Received: Equatable {
  case text(String)
  case binary([UInt8])
  case ping([UInt8])
  case pong([UInt8])
  case close(UInt16?, String)

  init(_ event: WebSocketEvent) {
    switch event {
    case .text(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
    case .binary(let bytes): self = .binary(Array(bytes))
    case .ping(let bytes): self = .ping(Array(bytes))
    case .pong(let bytes): self = .pong(Array(bytes))
    case .close(let code, let reason): self = .close(code, reason)
    }
  }
}

extension WebSocketDecoder {
  mutating func decode(_ bytes: [UInt8]) throws(WebSocketError) -> [Received] {
    var received: [Received] = []
    var failure: WebSocketError?
    bytes.withUnsafeBytes { bytes in
      do throws(WebSocketError) {
        try decode(bytes) { received.append(Received($0)) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return received
  }
}

struct WebSocketDecoderTests {
  static func decode(
    _ bytes: [UInt8], role: WebSocketRole = .client, maximum: Int = 1 << 16
  ) throws(WebSocketError) -> [Received] {
    var decoder = WebSocketDecoder(role: role, maximumMessageBytes: maximum)
    return try decoder.decode(bytes)
  }

  static func closeCode(
    _ bytes: [UInt8], role: WebSocketRole = .client, maximum: Int = 1 << 16
  ) -> UInt16? {
    do throws(WebSocketError) {
      _ = try decode(bytes, role: role, maximum: maximum)
      return nil
    } catch {
      return error.closeCode
    }
  }

  // RFC 6455, section 5.7.

  @Test func `the single-frame unmasked text of the RFC is read`() throws {
    #expect(try Self.decode([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]) == [.text("Hello")])
  }

  @Test func `the single-frame masked text of the RFC is read by a server`() throws {
    let bytes: [UInt8] = [
      0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ]
    #expect(try Self.decode(bytes, role: .server) == [.text("Hello")])
  }

  @Test func `the fragmented text of the RFC is joined`() throws {
    let bytes: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]
    #expect(try Self.decode(bytes) == [.text("Hello")])
  }

  @Test func `the ping and pong of the RFC are read`() throws {
    #expect(
      try Self.decode([0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]) == [.ping(Array("Hello".utf8))])
    let pong: [UInt8] = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    #expect(try Self.decode(pong, role: .server) == [.pong(Array("Hello".utf8))])
  }

  @Test(arguments: [
    (256, [0x82, 0x7e, 0x01, 0x00]), (65536, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]),
  ])
  func `the longer lengths of the RFC are read`(count: Int, header: [UInt8]) throws {
    let payload = [UInt8](repeating: 7, count: count)
    #expect(try Self.decode(header + payload) == [.binary(payload)])
  }

  @Test func `a control frame may stand between fragments`() throws {
    let bytes: [UInt8] = [0x01, 0x01, 0x61, 0x89, 0x01, 0x70, 0x00, 0x00, 0x80, 0x01, 0x62]
    #expect(try Self.decode(bytes) == [.ping([0x70]), .text("ab")])
  }

  @Test func `empty messages and empty fragments count`() throws {
    #expect(try Self.decode([0x81, 0, 0x82, 0]) == [.text(""), .binary([])])
    #expect(try Self.decode([0x01, 0, 0x00, 0, 0x80, 0]) == [.text("")])
  }

  @Test func `bytes may come one at a time`() throws {
    for role in [WebSocketRole.client, .server] {
      var bytes: [UInt8] = []
      let mask: UInt32? = role == .server ? 0x1234_5678 : nil
      WebSocketEncoder.frame(.text, Array("κόσμε and more".utf8), mask: mask, into: &bytes)
      WebSocketEncoder.frame(.ping, [1, 2], mask: mask, into: &bytes)
      WebSocketEncoder.frame(.binary, [9], mask: mask, fin: false, into: &bytes)
      WebSocketEncoder.frame(
        .continuation, [UInt8](repeating: 3, count: 300), mask: mask, into: &bytes)
      WebSocketEncoder.close(code: 1000, reason: "done", mask: mask, into: &bytes)
      let expected: [Received] = [
        .text("κόσμε and more"), .ping([1, 2]),
        .binary([9] + [UInt8](repeating: 3, count: 300)), .close(1000, "done"),
      ]
      #expect(try Self.decode(bytes, role: role) == expected)
      for size in [1, 2, 3, 7, 64] {
        var decoder = WebSocketDecoder(role: role, maximumMessageBytes: 1000)
        var received: [Received] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
          received += try decoder.decode(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(received == expected, "pieces of \(size)")
      }
    }
  }

  // Section 5.1 and 5.2.

  @Test func `a server refuses unmasked frames and a client masked ones`() {
    #expect(Self.closeCode([0x81, 0x00], role: .server) == 1002)
    #expect(Self.closeCode([0x81, 0x80, 1, 2, 3, 4], role: .client) == 1002)
  }

  @Test(
    arguments: [
      [0xc1, 0], [0xa1, 0], [0x91, 0], [0x83, 0], [0x87, 0], [0x8b, 0], [0x8f, 0],
    ] as [[UInt8]])
  func `reserved bits and unknown opcodes are refused`(bytes: [UInt8]) {
    #expect(Self.closeCode(bytes) == 1002)
  }

  @Test(
    arguments: [
      [0x09, 0], [0x08, 0], [0x89, 126, 0, 126], [0x88, 126, 0, 126],
    ] as [[UInt8]])
  func `control frames are short and whole`(bytes: [UInt8]) {
    #expect(Self.closeCode(bytes) == 1002)
  }

  @Test(
    arguments: [
      [0x82, 126, 0, 125], [0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
      [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], [0x82, 127, 0xff, 255, 255, 255, 255, 255, 255, 255],
    ] as [[UInt8]])
  func `a length takes the fewest bytes and leaves its highest bit clear`(bytes: [UInt8]) {
    #expect(Self.closeCode(bytes) == 1002)
  }

  @Test func `fragments keep their order`() {
    #expect(Self.closeCode([0x80, 0]) == 1002)
    #expect(Self.closeCode([0x01, 0, 0x81, 0]) == 1002)
    #expect(Self.closeCode([0x01, 0, 0x80, 0, 0x80, 0]) == 1002)
  }

  @Test func `a message that is too big is refused by its header`() throws {
    #expect(Self.closeCode([0x82, 11], maximum: 10) == 1009)
    #expect(Self.closeCode([0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255]) == 1009)
    let fragments: [UInt8] = [0x02, 6, 1, 2, 3, 4, 5, 6, 0x80, 5]
    #expect(Self.closeCode(fragments, maximum: 10) == 1009)
    let ten = [UInt8](repeating: 1, count: 10)
    #expect(try Self.decode([0x82, 10] + ten, maximum: 10) == [.binary(ten)])
  }

  // Section 8.1.

  @Test(
    arguments: [
      [0x81, 1, 0xff], [0x81, 2, 0xc0, 0x80], [0x81, 3, 0xed, 0xa0, 0x80], [0x81, 1, 0xc3],
      [0x01, 1, 0xc3, 0x80, 1, 0x41], [0x01, 1, 0xc3, 0x80, 0], [0x01, 2, 0xf4, 0x90],
      [0x88, 3, 0x03, 0xe8, 0xff],
    ] as [[UInt8]])
  func `text that is not UTF-8 is refused, also across fragments`(bytes: [UInt8]) {
    #expect(Self.closeCode(bytes) == 1007)
  }

  @Test func `bad text is refused before its frame ends`() {
    #expect(Self.closeCode([0x81, 100, 0x41, 0xff]) == 1007)
    #expect(Self.closeCode([0x81, 0xe4, 0, 0, 0, 0, 0x41, 0xff], role: .server) == 1007)
  }

  @Test func `a character may be split by fragments and by reads`() throws {
    #expect(try Self.decode([0x01, 1, 0xc3, 0x80, 1, 0xa9]) == [.text("é")])
    var decoder = WebSocketDecoder(role: .client, maximumMessageBytes: 10)
    #expect(try decoder.decode([0x81, 2, 0xc3]) == [])
    #expect(decoder.isMidMessage)
    #expect(try decoder.decode([0xa9]) == [.text("é")])
    #expect(!decoder.isMidMessage)
  }

  @Test func `binary may hold any bytes`() throws {
    #expect(try Self.decode([0x82, 2, 0xff, 0xc0]) == [.binary([0xff, 0xc0])])
  }

  // Section 5.5.1 and 7.4.

  @Test func `a close frame may be empty or give a code and a reason`() throws {
    #expect(try Self.decode([0x88, 0]) == [.close(nil, "")])
    #expect(try Self.decode([0x88, 2, 0x03, 0xe8]) == [.close(1000, "")])
    #expect(try Self.decode([0x88, 4, 0x0f, 0xa0, 0x6f, 0x6b]) == [.close(4000, "ok")])
  }

  @Test func `a close code of one byte is refused`() {
    #expect(Self.closeCode([0x88, 1, 0x03]) == 1002)
  }

  @Test(
    arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] as [UInt16])
  func `a close code that may not be sent is refused`(code: UInt16) {
    #expect(Self.closeCode([0x88, 2, UInt8(code >> 8), UInt8(code & 0xff)]) == 1002)
  }

  @Test(
    arguments: [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
      4999,
    ] as [UInt16])
  func `a close code that may be sent is passed on`(code: UInt16) throws {
    let bytes: [UInt8] = [0x88, 2, UInt8(code >> 8), UInt8(code & 0xff)]
    #expect(try Self.decode(bytes) == [.close(code, "")])
  }

  @Test func `what follows a close frame is ignored`() throws {
    #expect(try Self.decode([0x88, 0, 0x81, 1, 0x61, 0xff, 0xff]) == [.close(nil, "")])
  }

  @Test func `a decoder that failed gives the same error again`() {
    var decoder = WebSocketDecoder(role: .client, maximumMessageBytes: 10)
    #expect(throws: WebSocketError.self) { try decoder.decode([0xff, 0]) }
    #expect(throws: WebSocketError.self) { try decoder.decode([0x81, 0]) }
  }

  @Test func `messages before an error are passed on`() {
    var decoder = WebSocketDecoder(role: .client, maximumMessageBytes: 10)
    var received: [Received] = []
    let bytes: [UInt8] = [0x81, 1, 0x61, 0xff, 0]
    var failed = false
    bytes.withUnsafeBytes { bytes in
      do throws(WebSocketError) {
        try decoder.decode(bytes) { received.append(Received($0)) }
      } catch {
        failed = true
      }
    }
    #expect(failed)
    #expect(received == [.text("a")])
  }

  @Test func `random and mutated bytes are refused or read, without harm`() {
    var random = XorShift(seed: 20)
    var frames: [UInt8] = []
    WebSocketEncoder.frame(.text, Array("hello".utf8), mask: nil, fin: false, into: &frames)
    WebSocketEncoder.frame(.ping, [1], mask: nil, into: &frames)
    WebSocketEncoder.frame(.continuation, Array("é".utf8), mask: nil, into: &frames)
    WebSocketEncoder.close(code: 1001, reason: "bye", mask: nil, into: &frames)
    for round in 0..<20_000 {
      let bytes = round % 2 == 0 ? random.mutated(frames) : random.bytes(20)
      let role = round % 3 == 0 ? WebSocketRole.server : .client
      var whole = WebSocketDecoder(role: role, maximumMessageBytes: 64)
      var pieces = WebSocketDecoder(role: role, maximumMessageBytes: 64)
      let expected = collect { (sink) throws(WebSocketError) in sink += try whole.decode(bytes) }
      let actual = collect { (sink) throws(WebSocketError) in
        for byte in bytes { sink += try pieces.decode([byte]) }
      }
      #expect(expected.1 == actual.1, "\(bytes)")
      if expected.1 == nil { #expect(expected.0 == actual.0, "\(bytes)") }
    }
  }

  private func collect(
    _ body: (inout [Received]) throws(WebSocketError) -> Void
  ) -> ([Received], WebSocketError?) {
    var received: [Received] = []
    do throws(WebSocketError) {
      try body(&received)
      return (received, nil)
    } catch {
      return (received, error)
    }
  }
}
