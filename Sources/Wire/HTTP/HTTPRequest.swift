/// A request of HTTP/1.1, or of 1.0 if a client still speaks it.
package struct HTTPRequest: Sendable, Equatable {
  package var method: String
  /// The path and query as sent: what a signature covers.
  package var target: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  package var minorVersion: Int

  package init(
    method: String, target: String, headers: HTTPHeaders = [], body: [UInt8] = [],
    minorVersion: Int = 1
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.minorVersion = minorVersion
  }

  /// The path as sent, escapes and all.
  package var path: String {
    String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))
  }

  /// The query as sent, without its question mark; empty if there is none.
  package var rawQuery: String {
    guard let mark = target.firstIndex(of: "?") else { return "" }
    return String(target[target.index(after: mark)...])
  }

  /// The query's fields in order, percent-decoded; a `+` stays, and so does a broken escape.
  package var query: [(name: String, value: String)] {
    rawQuery.split(separator: "&").map { field in
      let name = field.prefix { $0 != "=" }
      let value = field.dropFirst(name.count + 1)
      return (Self.decoded(name), Self.decoded(value))
    }
  }

  /// Whether the client wants the connection to stay open (RFC 9112, section 9.3).
  package var keepsAlive: Bool {
    headers.keepsAlive(minorVersion: minorVersion)
  }

  private static func decoded(_ text: Substring) -> String {
    PercentEncoding.decode(String(text)) ?? String(text)
  }
}

extension HTTPHeaders {
  func keepsAlive(minorVersion: Int) -> Bool {
    if hasToken("close", in: "Connection") { return false }
    return minorVersion >= 1 || hasToken("keep-alive", in: "Connection")
  }
}
