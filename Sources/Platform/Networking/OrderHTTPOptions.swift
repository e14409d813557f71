package import Wire

/// How an `OrderHTTPClient` keeps its connections.
package struct OrderHTTPOptions: Sendable {
  package var connectTimeoutMilliseconds = 5_000
  /// Requests that may wait for a free connection.
  package var queueLimit = 256
  /// A connection idle for that long is pinged or replaced; keep it below the venue's own limit.
  package var idleMilliseconds = 20_000
  /// A harmless request that keeps an idle connection open.
  ///
  /// Nil: it is replaced by a fresh one.
  package var keepAlivePing: HTTPRequest?
  package var keepAlivePingTimeoutMilliseconds = 5_000
  package var responseLimits = HTTPLimits(bodyBytes: 8 << 20)
  /// The pause after a connection that came to nothing; doubles up to `maximumReconnect...`.
  package var reconnectMilliseconds = 100
  package var maximumReconnectMilliseconds = 10_000

  package init() {}
}

/// What became of a request that must not leave twice.
package enum OrderHTTPOutcome: Sendable {
  /// A complete answer came. Whether it means "done" is the venue's dialect; note that a server
  /// may send a 408 on its own accord just before a request reaches it.
  case answered(HTTPResponse)
  /// No byte of the request was ever handed to the connection.
  case notSent(PlatformError)
  /// The request was handed over and may have arrived, in part or in whole. `bytesWritten` counts
  /// what the connection took for certain; with TLS a part of the next record may have left too.
  case unknown(PlatformError, bytesWritten: Int)
}
