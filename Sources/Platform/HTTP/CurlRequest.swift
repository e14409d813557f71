package import Wire

/// A request that may be repeated without harm, such as a query.
///
/// libcurl sends a request again, on its own, when a reused connection turns out to be closed. So no
/// order may be sent with it.
package struct CurlRequest: Sendable {
  package var method: String
  package var url: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  package var connectTimeoutMilliseconds = 5000
  package var timeoutMilliseconds = 15_000
  /// Counted after decompression.
  package var maximumResponseBytes = 64 << 20
  /// Opens a connection for this request alone, on which libcurl repeats nothing.
  package var usesFreshConnection = false

  package init(
    method: String = "GET", url: String, headers: HTTPHeaders = [],
    body: [UInt8] = []
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }

  /// What makes the request unfit to send, or nil.
  ///
  /// A line break in a header would add a header of an attacker's choice.
  var fault: String? {
    guard !method.isEmpty, method.utf8.allSatisfy(Self.isTokenByte) else {
      return "the method is not a token"
    }
    guard !url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
      return "the URL has a blank or a control character"
    }
    for header in headers.pairs {
      guard !header.name.isEmpty, header.name.utf8.allSatisfy(Self.isTokenByte),
        !header.value.utf8.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 })
      else { return "the header \(header.name.debugDescription) is malformed" }
    }
    return nil
  }

  // RFC 9110, 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

/// A request that got no answer.
package struct CurlFailure: Error, Sendable, CustomStringConvertible {
  /// A `CURLcode`; 0 if the request never reached libcurl.
  package let code: Int32
  package let message: String
  /// Whether the server may have seen the request.
  ///
  /// False is proof that it has not.
  package let bytesMayHaveLeft: Bool

  package init(code: Int32, message: String, bytesMayHaveLeft: Bool) {
    self.code = code
    self.message = message
    self.bytesMayHaveLeft = bytesMayHaveLeft
  }

  package var description: String {
    let reach = bytesMayHaveLeft ? "the request may have arrived" : "nothing was sent"
    return "\(message) (\(code == 0 ? "" : "curl \(code), ")\(reach))"
  }
}

/// What all requests of a `CurlClient` have in common.
package struct CurlOptions: Sendable {
  /// A PEM file of trusted certificates instead of the system's.
  package var caFile: String?
  /// Such as `http://proxy.example:3128`; the environment's proxy variables are ignored.
  package var proxy: String?
  package var userAgent: String

  package init(caFile: String? = nil, proxy: String? = nil, userAgent: String = "sluice") {
    self.caFile = caFile
    self.proxy = proxy
    self.userAgent = userAgent
  }
}
