/// The first 2 to 14 bytes of a frame, checked.
struct WebSocketFrameHeader {
  let opcode: WebSocketOpcode
  let isFinal: Bool
  let payloadBytes: Int
  let mask: WebSocketMask?

  /// How many bytes the header that begins with these two has.
  static func count(_ first: UInt8, _ second: UInt8) -> Int {
    let lengthBytes = second & 0x7f == 126 ? 2 : second & 0x7f == 127 ? 8 : 0
    return 2 + lengthBytes + (second & 0x80 == 0 ? 0 : 4)
  }

  /// Reads a header that is there in whole.
  init(_ bytes: InlineArray<14, UInt8>, role: WebSocketRole) throws(WebSocketError) {
    guard bytes[0] & 0x70 == 0 else {
      throw .violation("a reserved bit without an extension")
    }
    guard let opcode = WebSocketOpcode(rawValue: bytes[0] & 0x0f) else {
      throw .violation("an unknown opcode")
    }
    self.opcode = opcode
    isFinal = bytes[0] & 0x80 != 0
    let isMasked = bytes[1] & 0x80 != 0
    guard isMasked == (role == .server) else {
      throw .violation(isMasked ? "a masked frame from a server" : "an unmasked frame")
    }
    payloadBytes = try Self.length(bytes)
    if opcode.isControl && (!isFinal || payloadBytes > 125) {
      throw .violation("a control frame that is fragmented or longer than 125 bytes")
    }
    mask = isMasked ? Self.mask(bytes) : nil
  }

  private static func length(_ bytes: InlineArray<14, UInt8>) throws(WebSocketError) -> Int {
    let short = bytes[1] & 0x7f
    guard short > 125 else { return Int(short) }
    let width = short == 126 ? 2 : 8
    var value: UInt64 = 0
    for index in 2..<2 + width { value = value << 8 | UInt64(bytes[index]) }
    guard value > (width == 2 ? 125 : 0xffff) else {
      throw .violation("a length written with more bytes than it needs")
    }
    guard let length = Int(exactly: value) else {
      throw .violation("a length with its highest bit set")
    }
    return length
  }

  private static func mask(_ bytes: InlineArray<14, UInt8>) -> WebSocketMask {
    let start = count(bytes[0], bytes[1]) - 4
    var key: UInt32 = 0
    for index in start..<start + 4 { key = key << 8 | UInt32(bytes[index]) }
    return WebSocketMask(key: key)
  }
}
