internal import Foundation
internal import Platform
package import Wire

/// Reaches a running service over its HTTP API.
package struct APIClient: Sendable {
  private let base: String
  private let token: String
  private let curl: CurlClient

  // `caFile` is the authority of the service's certificate, if it is not a public one.
  package init(url: String, token: String, caFile: String? = nil) throws(ClientFailure) {
    guard let parts = URLParts(url), parts.scheme == "http" || parts.scheme == "https" else {
      throw .usage("'\(url)' is not a URL such as http://127.0.0.1:8080; check SLUICE_URL")
    }
    base = "\(parts.scheme)://\(parts.hostHeader)"
    self.token = token
    var options = CurlOptions()
    options.caFile = caFile
    do {
      curl = try CurlClient(options: options)
    } catch {
      throw .unreachable("\(error)")
    }
  }

  /// The client that `SLUICE_URL` and `SLUICE_TOKEN` describe.
  package static func fromEnvironment() throws(ClientFailure) -> APIClient {
    let environment = ProcessInfo.processInfo.environment
    return try APIClient(
      url: environment["SLUICE_URL"] ?? "http://127.0.0.1:8080",
      token: environment["SLUICE_TOKEN"] ?? "", caFile: environment["SLUICE_CA"])
  }

  package func get(_ path: String) throws(ClientFailure) -> JSONValue {
    try perform("GET", path, body: [])
  }

  package func post(_ path: String, _ body: [UInt8] = []) throws(ClientFailure) -> JSONValue {
    try perform("POST", path, body: body)
  }

  package func patch(_ path: String, _ body: [UInt8]) throws(ClientFailure) -> JSONValue {
    try perform("PATCH", path, body: body)
  }

  package func delete(_ path: String) throws(ClientFailure) -> JSONValue {
    try perform("DELETE", path, body: [])
  }

  private func perform(
    _ method: String, _ path: String, body: [UInt8]
  ) throws(ClientFailure) -> JSONValue {
    var request = CurlRequest(method: method, url: base + path)
    request.headers = HTTPHeaders([("Accept", "application/json")])
    if !token.isEmpty { request.headers.add("Authorization", "Bearer \(token)") }
    if !body.isEmpty { request.headers.add("Content-Type", "application/json") }
    request.body = body
    let response: HTTPResponse
    do {
      response = try curl.performAndWait(request)
    } catch {
      throw .unreachable(
        "\(base) does not answer (\(error.message)); is 'sluice run' running, is SLUICE_URL right?")
    }
    guard let json = try? JSONValue(parsing: response.body) else {
      throw .unreachable("\(base) answered \(response.status) without JSON; is it sluice?")
    }
    guard response.status < 400 else { throw .refused(status: response.status, json) }
    return json
  }
}

/// Why a command that talks to the service fails, with its exit status.
package enum ClientFailure: Error, Sendable, CustomStringConvertible {
  case usage(String)
  case unreachable(String)
  case refused(status: Int, JSONValue)

  package var exitStatus: Int32 {
    switch self {
    case .usage: 2
    case .unreachable: 4
    case .refused(let status, _): Self.exitStatus(ofHTTP: status)
    }
  }

  private static func exitStatus(ofHTTP status: Int) -> Int32 {
    switch status {
    case 400, 401, 403: 2
    case 409, 422, 429, 503: 3
    default: 1
    }
  }

  package var description: String {
    switch self {
    case .usage(let words), .unreachable(let words): words
    case .refused(let status, let problem): Self.words(status, problem)
    }
  }

  private static func words(_ status: Int, _ problem: JSONValue) -> String {
    let title = problem["title"]?.string ?? "HTTP \(status)"
    let detail = problem["detail"]?.string ?? ""
    let field = problem["field"]?.string.map { " [\($0)]" } ?? ""
    return "\(title)\(field): \(detail)"
  }
}
