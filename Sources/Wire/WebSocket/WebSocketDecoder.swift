/// Turns bytes from a peer into whole messages and control frames (RFC 6455, section 5).
///
/// Fragments are joined, masks removed, and every rule that a peer can break is checked as early
/// as the bytes show it. A message that comes unmasked and whole in one call is passed on without
/// a copy. After an error the decoder takes nothing more; after a close frame it ignores the rest,
/// as section 5.5.1 wants it.
package struct WebSocketDecoder {
  private enum Stage {
    case header
    case payload(remaining: Int)
    case closed
    case failed(WebSocketError)
  }

  /// Memory kept for the next message; a larger one gives its memory back.
  private static let keptCapacity = 1 << 18

  private let role: WebSocketRole
  private let maximumMessageBytes: Int
  private var stage = Stage.header
  private var header = InlineArray<14, UInt8>(repeating: 0)
  private var headerCount = 0
  private var isFinal = false
  private var mask: WebSocketMask?
  /// The opcode of the frame in hand.
  private var opcode = WebSocketOpcode.continuation
  /// Text or binary while a message is open, between its first and its last fragment.
  private var messageOpcode: WebSocketOpcode?
  private var message: [UInt8] = []
  private var control: [UInt8] = []
  private var validator = UTF8Validator()

  package init(role: WebSocketRole, maximumMessageBytes: Int) {
    self.role = role
    self.maximumMessageBytes = maximumMessageBytes
  }

  /// Whether bytes of a frame or fragments of a message have come, but not all.
  package var isMidMessage: Bool {
    if case .payload = stage { return true }
    return headerCount > 0 || messageOpcode != nil
  }

  /// Takes the next bytes and calls `body` for everything they complete, in order.
  ///
  /// `body` must not touch this decoder.
  package mutating func decode(
    _ bytes: UnsafeRawBufferPointer, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketError) {
    var offset = 0
    do {
      while try unsafe step(bytes, &offset, body) {}
    } catch {
      stage = .failed(error)
      throw error
    }
  }

  /// Reads one header or one piece of payload; false when more bytes are needed.
  private mutating func step(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketError) -> Bool {
    switch stage {
    case .header:
      guard unsafe collectHeader(bytes, &offset) else { return false }
      try beginFrame()
      return true
    case .payload(let remaining):
      let available = bytes.count - offset
      guard available > 0 || remaining == 0 else { return false }
      let count = min(remaining, available)
      let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
      offset += count
      try unsafe take(piece, remaining: remaining - count, body)
      return true
    case .closed:
      return false
    case .failed(let error):
      throw error
    }
  }

  private mutating func collectHeader(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
  ) -> Bool {
    var needed = headerCount < 2 ? 2 : WebSocketFrameHeader.count(header[0], header[1])
    while headerCount < needed {
      guard offset < bytes.count else { return false }
      header[headerCount] = unsafe bytes[offset]
      headerCount += 1
      offset += 1
      if headerCount == 2 { needed = WebSocketFrameHeader.count(header[0], header[1]) }
    }
    return true
  }

  private mutating func beginFrame() throws(WebSocketError) {
    let frame = try WebSocketFrameHeader(header, role: role)
    headerCount = 0
    opcode = frame.opcode
    isFinal = frame.isFinal
    mask = frame.mask
    switch frame.opcode {
    case .text, .binary:
      guard messageOpcode == nil else {
        throw .violation("a new message inside a fragmented one")
      }
      messageOpcode = frame.opcode
      validator = UTF8Validator()
    case .continuation:
      guard messageOpcode != nil else {
        throw .violation("a continuation of no message")
      }
    case .close, .ping, .pong:
      control.removeAll(keepingCapacity: true)
    }
    if !frame.opcode.isControl && frame.payloadBytes > maximumMessageBytes - message.count {
      throw .tooBig(maximumMessageBytes)
    }
    stage = .payload(remaining: frame.payloadBytes)
  }

  private mutating func take(
    _ piece: UnsafeRawBufferPointer, remaining: Int, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketError) {
    stage = remaining == 0 ? .header : .payload(remaining: remaining)
    if opcode.isControl {
      unsafe Self.append(piece, to: &control, &mask)
      if remaining == 0 { try finishControl(body) }
    } else {
      try unsafe takeData(piece, isLast: remaining == 0 && isFinal, body)
    }
  }
}

// MARK: - Messages

extension WebSocketDecoder {
  private mutating func takeData(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketError) {
    if isLast && message.isEmpty && mask == nil {
      guard unsafe messageOpcode != .text || Self.check(piece, isLast: true, &validator) else {
        throw .malformedText
      }
      unsafe deliver(piece, body)
      messageOpcode = nil
      return
    }
    let start = message.count
    unsafe Self.append(piece, to: &message, &mask)
    var state = validator
    let isText = messageOpcode == .text
    let isValid = unsafe message.withUnsafeBytes { all in
      let added = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
      return unsafe !isText || Self.check(added, isLast: isLast, &state)
    }
    validator = state
    guard isValid else { throw .malformedText }
    if isLast { finishMessage(body) }
  }

  private mutating func finishMessage(_ body: (WebSocketEvent) -> Void) {
    unsafe message.withUnsafeBytes { unsafe deliver($0, body) }
    messageOpcode = nil
    message.removeAll(keepingCapacity: message.capacity <= Self.keptCapacity)
  }

  /// Checks text as it comes, so that a bad byte is refused before its message ends.
  private static func check(
    _ piece: UnsafeRawBufferPointer, isLast: Bool, _ validator: inout UTF8Validator
  ) -> Bool {
    unsafe validator.validate(piece) && (!isLast || validator.isComplete)
  }

  private func deliver(_ payload: UnsafeRawBufferPointer, _ body: (WebSocketEvent) -> Void) {
    unsafe body(messageOpcode == .text ? .text(payload) : .binary(payload))
  }

  private static func append(
    _ piece: UnsafeRawBufferPointer, to buffer: inout [UInt8], _ mask: inout WebSocketMask?
  ) {
    let start = buffer.count
    unsafe buffer.append(contentsOf: piece)
    guard mask != nil else { return }
    unsafe buffer.withUnsafeMutableBytes { all in
      unsafe mask?.apply(to: UnsafeMutableRawBufferPointer(rebasing: all[start...]))
    }
  }
}

// MARK: - Control frames

extension WebSocketDecoder {
  private mutating func finishControl(
    _ body: (WebSocketEvent) -> Void
  ) throws(WebSocketError) {
    switch opcode {
    case .ping: unsafe control.withUnsafeBytes { unsafe body(.ping($0)) }
    case .pong: unsafe control.withUnsafeBytes { unsafe body(.pong($0)) }
    default:
      let event = try closeEvent()
      stage = .closed
      body(event)
    }
  }

  private func closeEvent() throws(WebSocketError) -> WebSocketEvent {
    guard !control.isEmpty else { return .close(code: nil, reason: "") }
    guard control.count >= 2 else { throw .violation("a close code of one byte") }
    let code = UInt16(control[0]) << 8 | UInt16(control[1])
    guard Self.maySend(closeCode: code) else { throw .violation("a close code not for the wire") }
    guard let reason = String(validating: control[2...], as: UTF8.self) else {
      throw .malformedText
    }
    return .close(code: code, reason: reason)
  }

  /// Whether a close frame may carry that code: RFC 6455, section 7.4, and IANA's registry.
  package static func maySend(closeCode: UInt16) -> Bool {
    switch closeCode {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
