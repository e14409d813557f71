package import Wire

/// What an `HTTPServer` grants its peers.
package struct HTTPServerLimits: Sendable {
  package var http = HTTPLimits()
  /// From the first byte of a request, or of the TLS handshake, to the end of the headers.
  package var headerMilliseconds = 5_000
  /// Between requests.
  package var idleMilliseconds = 60_000
  /// A body that arrives more slowly, measured after `bodyGraceMilliseconds`, is refused.
  package var bodyBytesPerSecond = 1_024
  package var bodyGraceMilliseconds = 5_000
  /// How long the peer may take nothing of a response.
  package var writeMilliseconds = 30_000
  package var connectionsPerAddress = 32
  package var connections = 1_024
  /// Bytes of a stream waiting for a peer that does not read.
  package var streamBufferBytes = 1 << 20

  package init() {}
}
