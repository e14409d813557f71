/// A response of HTTP/1.1 or 1.0.
package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var reason: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  package var minorVersion: Int
  /// Whether the body ended with the connection, which thus cannot be used again.
  package var endsWithConnection = false

  /// A response with the usual phrase, unless another `reason` is given.
  package init(
    status: Int, reason: String? = nil, headers: HTTPHeaders = [], body: [UInt8] = [],
    minorVersion: Int = 1
  ) {
    self.status = status
    self.reason = reason ?? Self.phrase(status)
    self.headers = headers
    self.body = body
    self.minorVersion = minorVersion
  }

  /// Whether another request may follow on the connection.
  package var keepsAlive: Bool {
    !endsWithConnection && headers.keepsAlive(minorVersion: minorVersion)
  }

  /// The phrase that RFC 9110 gives a status; empty for one it does not know.
  package static func phrase(_ status: Int) -> String {
    switch status {
    case 100: "Continue"
    case 101: "Switching Protocols"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    default: errorPhrase(status)
    }
  }

  private static func errorPhrase(_ status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 418: "I'm a teapot"
    case 422: "Unprocessable Content"
    case 425: "Too Early"
    case 426: "Upgrade Required"
    case 428: "Precondition Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: ""
    }
  }
}
