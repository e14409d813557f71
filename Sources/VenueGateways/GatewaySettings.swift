package import Wire

/// One venue's addresses and limits, plain values.
package struct GatewaySettings: Sendable {
  package var name: String
  package var rest: URLParts
  package var marketStream: URLParts
  package var privateStream: URLParts
  /// A PEM file to trust instead of the system's store; simulated venues have their own authority.
  package var certificateAuthority: String?
  package var proxy: URLParts?
  package var connectTimeoutMilliseconds = 5000
  package var requestTimeoutMilliseconds = 12_000
  /// Connections for orders over HTTP; each carries one request at a time.
  package var orderLanes = 4
  /// Our clock and the venue's may differ by no more than this, or no order is sent.
  package var maximumClockOffsetMilliseconds: Int64 = 5000
  /// Market data alone: no socket and no connection for what is signed.
  package var isPublicOnly = false

  package init(name: String, rest: URLParts, marketStream: URLParts, privateStream: URLParts) {
    self.name = name
    self.rest = rest
    self.marketStream = marketStream
    self.privateStream = privateStream
  }
}
