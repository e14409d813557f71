/// Writes WebSocket frames (RFC 6455, section 5.2).
package enum WebSocketEncoder {
  /// The most that a close frame's reason may have, beside its two bytes of code.
  private static let maximumReasonBytes = 123

  /// Appends one frame.
  ///
  /// `mask` is the masking key as a number, its highest byte first on the wire. A client must give
  /// one that cannot be guessed; a server gives `nil`.
  package static func frame(
    _ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer, mask: UInt32?,
    fin: Bool = true, into bytes: inout [UInt8]
  ) {
    precondition(!opcode.isControl || (fin && payload.count <= 125), "control frames are short")
    bytes.reserveCapacity(bytes.count + payload.count + 14)
    bytes.append((fin ? 0x80 : 0) | opcode.rawValue)
    appendLength(payload.count, isMasked: mask != nil, to: &bytes)
    if let mask {
      for shift in stride(from: 24, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: mask >> UInt32(shift)))
      }
    }
    let start = bytes.count
    unsafe bytes.append(contentsOf: payload)
    if let mask { apply(mask, to: &bytes, from: start) }
  }

  /// Appends one frame with the bytes of an array.
  package static func frame(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], mask: UInt32?, fin: Bool = true,
    into bytes: inout [UInt8]
  ) {
    unsafe payload.withUnsafeBytes { payload in
      unsafe frame(opcode, payload, mask: mask, fin: fin, into: &bytes)
    }
  }

  /// Appends a close frame; a reason that is too long is cut between two characters.
  ///
  /// A code that may not be sent, such as 1006, is left out together with the reason.
  package static func close(
    code: UInt16?, reason: String = "", mask: UInt32?, into bytes: inout [UInt8]
  ) {
    var payload: [UInt8] = []
    if let code, WebSocketDecoder.maySend(closeCode: code) {
      payload = [UInt8(code >> 8), UInt8(code & 0xff)]
      for character in reason {
        guard payload.count + character.utf8.count <= 2 + maximumReasonBytes else { break }
        payload.append(contentsOf: character.utf8)
      }
    }
    frame(.close, payload, mask: mask, into: &bytes)
  }

  private static func appendLength(_ count: Int, isMasked: Bool, to bytes: inout [UInt8]) {
    let flag: UInt8 = isMasked ? 0x80 : 0
    switch count {
    case ...125:
      bytes.append(flag | UInt8(count))
    case ...0xffff:
      bytes.append(flag | 126)
      bytes.append(UInt8(count >> 8))
      bytes.append(UInt8(count & 0xff))
    default:
      bytes.append(flag | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: count >> shift))
      }
    }
  }

  private static func apply(_ key: UInt32, to bytes: inout [UInt8], from start: Int) {
    var mask = WebSocketMask(key: key)
    unsafe bytes.withUnsafeMutableBytes { all in
      unsafe mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: all[start...]))
    }
  }
}
