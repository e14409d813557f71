package import Wire

extension HTTPResponse {
  /// A response with a JSON body.
  package static func json(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
    HTTPResponse(
      status: status, reason: reason(of: status),
      headers: HTTPHeaders([("Content-Type", "application/json; charset=utf-8")]), body: body)
  }

  private static func reason(of status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 409: "Conflict"
    case 418: "I'm a teapot"
    case 429: "Too Many Requests"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 520: "Unknown Error"
    default: status < 400 ? "OK" : "Error"
    }
  }
}
