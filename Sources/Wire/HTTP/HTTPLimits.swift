/// How much of a message a peer may make us hold.
package struct HTTPLimits: Sendable, Equatable {
  /// The request or status line, its line end left out.
  package var requestLineBytes: Int
  /// All header lines of a message, those after a chunked body too.
  package var headerBytes: Int
  package var headerCount: Int
  package var bodyBytes: Int
  /// Extensions of all chunks of a message together.
  package var chunkExtensionBytes: Int

  package init(
    requestLineBytes: Int = 8 << 10, headerBytes: Int = 32 << 10, headerCount: Int = 100,
    bodyBytes: Int = 256 << 10, chunkExtensionBytes: Int = 256
  ) {
    self.requestLineBytes = requestLineBytes
    self.headerBytes = headerBytes
    self.headerCount = headerCount
    self.bodyBytes = bodyBytes
    self.chunkExtensionBytes = chunkExtensionBytes
  }
}
