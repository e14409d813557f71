package import Wire

/// An error as clients get it: RFC 9457 `application/problem+json`.
///
/// `type` is stable and scripts may rely on it; `detail` says what to do.
package struct Problem: Error, Sendable, Equatable {
  package var status: Int
  /// The last part of `urn:sluice:problem:...`.
  package var name: String
  package var title: String
  package var detail: String
  /// The request field at fault.
  package var field: String?

  package init(
    _ status: Int, _ name: String, title: String, detail: String, field: String? = nil
  ) {
    self.status = status
    self.name = name
    self.title = title
    self.detail = detail
    self.field = field
  }

  package var response: HTTPResponse {
    var json = JSONWriter()
    json.beginObject()
    json.field("type", "urn:sluice:problem:\(name)")
    json.field("title", title)
    json.field("status", integer: Int64(status))
    json.field("detail", detail)
    if let field { json.field("field", field) }
    json.endObject()
    return HTTPResponse(
      status: status, reason: Self.reason(status),
      headers: HTTPHeaders([("Content-Type", "application/problem+json")]), body: json.bytes)
  }

  static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 503: "Service Unavailable"
    default: "Error"
    }
  }
}

extension Problem {
  static func invalid(_ field: String, _ detail: String) -> Problem {
    Problem(400, "invalid-field", title: "A field is not valid", detail: detail, field: field)
  }

  static func notFound(_ what: String) -> Problem {
    Problem(404, "not-found", title: "Not found", detail: what)
  }

  static let unauthenticated = Problem(
    401, "unauthenticated", title: "A bearer token is needed",
    detail: "send the header 'Authorization: Bearer TOKEN' with a token of the settings")

  static func outOfScope(_ scope: Scope) -> Problem {
    Problem(
      403, "out-of-scope", title: "The token does not allow this",
      detail: "the request needs a token with the scope '\(scope.rawValue)'")
  }
}
