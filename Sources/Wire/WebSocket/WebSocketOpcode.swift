/// What a WebSocket frame carries (RFC 6455, section 5.2).
package enum WebSocketOpcode: UInt8, Sendable {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xa

  /// Whether the frame may stand between the fragments of a message.
  package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// Which end of a connection we are: a client masks what it sends, a server does not.
package enum WebSocketRole: Sendable {
  case client, server
}

/// Something whole that has arrived; a payload's bytes last as long as the callback.
@safe package enum WebSocketEvent {
  case text(UnsafeRawBufferPointer)
  case binary(UnsafeRawBufferPointer)
  case ping(UnsafeRawBufferPointer)
  case pong(UnsafeRawBufferPointer)
  case close(code: UInt16?, reason: String)
}
