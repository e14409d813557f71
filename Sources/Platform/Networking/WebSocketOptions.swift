package import Wire

/// Limits and times of a WebSocket connection, where nil means never.
package struct WebSocketOptions: Sendable {
  package var maximumMessageBytes = 16 << 20
  /// Frames waiting for a peer that does not read; a frame beyond it is refused.
  package var maximumBufferedBytes = 4 << 20
  /// How often we ping by ourselves.
  package var pingIntervalMilliseconds: Int?
  /// How long nothing at all may arrive.
  package var readTimeoutMilliseconds: Int?
  /// How long the peer may take nothing of what waits to be sent.
  package var writeTimeoutMilliseconds = 10_000
  package var connectTimeoutMilliseconds = 10_000
  /// How long the peer may take to answer our close.
  package var closeTimeoutMilliseconds = 3_000
  package var proxy: URLParts?
  package var proxyCredentials: ProxyCredentials?
  /// Subprotocols to offer (client), or the one to agree to (server).
  package var protocols: [String] = []

  package init() {}

  /// For connections that strangers open: short messages, a ping every 20 s.
  package static var server: WebSocketOptions {
    var options = WebSocketOptions()
    options.maximumMessageBytes = 64 << 10
    options.maximumBufferedBytes = 1 << 20
    options.pingIntervalMilliseconds = 20_000
    options.readTimeoutMilliseconds = 60_000
    return options
  }
}

/// How a WebSocket connection ended.
package struct WebSocketClosure: Sendable {
  /// The peer's close code, or ours if it sent none; nil if the connection just broke.
  package var code: UInt16?
  package var reason: String
  /// Both sides had sent a close frame.
  package var wasClean: Bool
  package var error: PlatformError?
  /// The HTTP status with which the server refused to open.
  package var refusedStatus: Int?

  package init(
    code: UInt16? = nil, reason: String = "", wasClean: Bool = false, error: PlatformError? = nil,
    refusedStatus: Int? = nil
  ) {
    self.code = code
    self.reason = reason
    self.wasClean = wasClean
    self.error = error
    self.refusedStatus = refusedStatus
  }
}

/// What became of a message handed to a WebSocket.
package enum SendOutcome: Sendable {
  /// Handed to the kernel in whole.
  case sent
  /// A part waits in our buffer, or the connection broke while it was written: it may arrive.
  case queued
  /// No byte of it left or will leave.
  case notSent
}
