/// The request line and the rules about `Host` (RFC 9112, section 3).
enum HTTPRequestHead {
  static func parse(
    _ line: String, headers: HTTPHeaders
  ) throws(HTTPParseError) -> HTTPRequest {
    let parts = line.utf8.split(separator: ASCII.space, omittingEmptySubsequences: false)
    guard parts.count == 3, let method = String(parts[0]), let target = String(parts[1]) else {
      throw .malformed("a request line that is not method, target and version")
    }
    guard !method.isEmpty, method.utf8.count <= 32, method.utf8.allSatisfy(HTTPField.isTokenByte)
    else { throw .malformed("a method that is no token") }
    let minorVersion = try minorVersion(parts[2])
    let host = try host(headers, minorVersion: minorVersion)
    let origin = try originForm(target, method: method, host: host)
    return HTTPRequest(method: method, target: origin, headers: headers, minorVersion: minorVersion)
  }

  private static func minorVersion(_ text: Substring.UTF8View) throws(HTTPParseError) -> Int {
    if text.elementsEqual("HTTP/1.1".utf8) { return 1 }
    if text.elementsEqual("HTTP/1.0".utf8) { return 0 }
    guard text.count == 8, text.starts(with: "HTTP/".utf8) else {
      throw .malformed("a request line without a version")
    }
    throw HTTPParseError(status: 505, message: "only HTTP/1.1 and HTTP/1.0 are spoken here")
  }

  private static func host(
    _ headers: HTTPHeaders, minorVersion: Int
  ) throws(HTTPParseError) -> String? {
    let hosts = headers.values("Host")
    guard let host = hosts.first else {
      if minorVersion == 0 { return nil }
      throw .malformed("no Host header")
    }
    guard hosts.count == 1 else { throw .malformed("more than one Host header") }
    guard HTTPField.isAuthority(host) else { throw .malformed("a Host that is no host and port") }
    return host
  }

  /// The path and query, also for a target that names our own host in front.
  private static func originForm(
    _ target: String, method: String, host: String?
  ) throws(HTTPParseError) -> String {
    guard method != "CONNECT" else {
      throw HTTPParseError(status: 501, message: "no proxy is run here")
    }
    guard !target.isEmpty, target.utf8.allSatisfy(isTargetByte) else {
      throw .malformed("a target with characters that must be escaped")
    }
    if target.utf8.first == UInt8(ascii: "/") { return target }
    if target == "*" && method == "OPTIONS" { return target }
    guard let url = URLParts(target), url.scheme == "http" || url.scheme == "https", let host,
      ASCII.equalIgnoringCase(URLParts.authority(of: target), host)
    else { throw .malformed("a target that is no path on this host") }
    return url.target
  }

  private static func isTargetByte(_ byte: UInt8) -> Bool {
    ASCII.isVisible(byte) && byte != UInt8(ascii: "#")
  }
}
