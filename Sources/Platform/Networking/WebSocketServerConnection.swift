internal import Wire

/// The server's end of a WebSocket, confined to its loop.
///
/// It lives until it is closed, whether or not anyone holds it. Callbacks never come inside a call.
@safe
package final class WebSocketServerConnection {
  /// The message, valid during the call only, and whether it is text.
  package var onMessage: ((UnsafeRawBufferPointer, Bool) -> Void)?
  package var onPong: ((UnsafeRawBufferPointer) -> Void)?
  package var onClose: (() -> Void)?
  /// How the connection ended; nil before `onClose`.
  package private(set) var closure: WebSocketClosure?
  package let peerAddress: String

  private let channel: WebSocketChannel

  init(channel: WebSocketChannel, peerAddress: String) {
    self.channel = channel
    self.peerAddress = peerAddress
    unsafe channel.onMessage = { [unowned self] bytes, isText, _ in
      unsafe onMessage?(bytes, isText)
    }
    unsafe channel.onPong = { [unowned self] in unsafe onPong?($0) }
    // Keeps this object alive to the end.
    channel.onEnd = { [self] closure in
      self.closure = closure
      onClose?()
      onClose = nil
      unsafe onPong = nil
      unsafe onMessage = nil
    }
  }

  package var isOpen: Bool { channel.isOpen }
  /// Bytes waiting for the peer to read.
  package var bufferedBytes: Int { channel.bufferedBytes }

  /// Sends a text message.
  ///
  /// - Returns: False if it was refused, because too much is waiting for the peer or it has gone.
  @discardableResult
  package func send(text: [UInt8]) -> Bool {
    unsafe text.withUnsafeBytes { unsafe accepted(channel.send(.text, $0)) }
  }

  @discardableResult
  package func send(binary: [UInt8]) -> Bool {
    unsafe binary.withUnsafeBytes { unsafe accepted(channel.send(.binary, $0)) }
  }

  package func ping(_ payload: [UInt8] = []) {
    _ = unsafe payload.prefix(125).withUnsafeBytes { unsafe channel.send(.ping, $0) }
  }

  /// Starts the close handshake.
  package func close(code: UInt16 = 1000, reason: String = "") {
    channel.close(code: code, reason: reason)
  }

  /// Breaks the connection off.
  package func abort() {
    channel.abort()
  }

  private func accepted(_ outcome: SendOutcome) -> Bool {
    if case .notSent = outcome { false } else { true }
  }
}
