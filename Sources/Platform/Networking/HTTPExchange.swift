package import Wire

/// One request's claim to one answer, confined to the server's loop.
///
/// The answer may come at once or later. An exchange that is let go without one answers 500. Calls
/// after the answer, or after the connection has gone, do nothing.
package final class HTTPExchange {
  package let peerAddress: String
  /// Called once, when the connection ends before the answer was complete.
  package var onClose: (() -> Void)?

  private weak var connection: HTTPServerConnection?
  private let number: Int

  init(connection: HTTPServerConnection, number: Int) {
    self.connection = connection
    self.number = number
    peerAddress = connection.peerAddress
  }

  deinit {
    guard let connection else { return }
    // The last reference may be let go on another thread.
    let dropped = DroppedExchange(connection: connection, number: number)
    connection.loop.submit { dropped.report() }
  }

  /// Nothing that is answered now can reach the peer.
  package var isClosed: Bool { serving == nil }

  package func respond(_ response: HTTPResponse) {
    serving?.respond(response)
  }

  /// Answers with headers and, by `write` and `end`, a body piece by piece.
  package func startStream(status: Int = 200, headers: HTTPHeaders) {
    serving?.startStream(HTTPResponse(status: status, headers: headers))
  }

  /// Sends a piece of the body.
  ///
  /// - Returns: False if it was refused, because too much is waiting for the peer or it has gone.
  @discardableResult
  package func write(_ chunk: [UInt8]) -> Bool {
    serving?.writeChunk(chunk) ?? false
  }

  /// Ends the body.
  package func end() {
    serving?.endStream()
  }

  /// Closes the connection without an answer.
  package func abort() {
    serving?.abort()
  }

  /// Turns the connection into a WebSocket, or refuses a request that is no sound handshake.
  ///
  /// `configure` sets the callbacks; the first of them comes later.
  package func upgrade(
    options: WebSocketOptions = .server, _ configure: (WebSocketServerConnection) -> Void
  ) {
    serving?.upgrade(options, configure)
  }

  private var serving: HTTPServerConnection? {
    guard let connection, connection.isServing(number) else { return nil }
    return connection
  }
}

/// Carries the news to the connection's loop, which alone touches the connection.
private struct DroppedExchange: @unchecked Sendable {
  weak var connection: HTTPServerConnection?
  let number: Int

  func report() {
    connection?.exchangeWasDropped(number)
  }
}
