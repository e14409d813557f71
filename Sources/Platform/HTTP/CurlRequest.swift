package import Wire

/// A request that may be repeated, for libcurl.
package struct CurlRequest: Sendable {
  package var method: String
  package var url: String
  package var headers = HTTPHeaders()
  package var body: [UInt8] = []
  package var connectTimeoutMilliseconds = 5000
  package var timeoutMilliseconds = 15_000
  package var maximumResponseBytes = 64 << 20
  /// Opens a new connection even if one is kept.
  package var usesFreshConnection = false

  package init(method: String, url: String) {
    self.method = method
    self.url = url
  }
}

/// What a client trusts and goes through.
package struct CurlOptions: Sendable {
  /// A PEM file instead of the system's store.
  package var caFile: String?
  /// A proxy's URL; otherwise what the environment says (`https_proxy`, `no_proxy`).
  package var proxy: String?
  package var userAgent = "sluice"

  package init() {}
}

/// Why libcurl has no answer.
package struct CurlFailure: Error, Sendable, CustomStringConvertible {
  /// A `CURLcode`.
  package var code: Int32
  package var message: String
  package var bytesMayHaveLeft: Bool

  package init(code: Int32, message: String, bytesMayHaveLeft: Bool) {
    self.code = code
    self.message = message
    self.bytesMayHaveLeft = bytesMayHaveLeft
  }

  package var description: String { message }
}
