/// The parts of an `http`, `https`, `ws` or `wss` URL that a connection needs (RFC 3986).
///
/// A user name, a fragment, and characters that must be escaped are refused rather than repaired.
package struct URLParts: Sendable, Equatable {
  /// In lower case.
  package let scheme: String
  /// Without the brackets of an IPv6 address.
  package let host: String
  package let port: Int
  /// The path and query; `/` if the URL has none.
  package let target: String

  package init?(_ text: String) {
    guard let separator = Self.schemeEnd(text) else { return nil }
    let scheme = text[..<separator].lowercased()
    guard let defaultPort = Self.defaultPort(scheme) else { return nil }
    let authority = Self.authority(of: text)
    guard let (host, portText) = Self.split(authority: Substring(authority)) else { return nil }
    guard let port = portText.map(Self.port) ?? defaultPort else { return nil }
    let rest = String(text[separator...].dropFirst(3).dropFirst(authority.count))
    guard rest.utf8.allSatisfy({ ASCII.isVisible($0) && $0 != UInt8(ascii: "#") }) else {
      return nil
    }
    self.scheme = scheme
    self.host = String(host)
    self.port = port
    target = rest.hasPrefix("/") ? rest : "/" + rest
  }

  package var isSecure: Bool { scheme == "https" || scheme == "wss" }

  /// The value for a `Host` header: the port only where it is not the usual one.
  package var hostHeader: String {
    let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    return port == Self.defaultPort(scheme) ? name : "\(name):\(port)"
  }
}

// MARK: - Parts

extension URLParts {
  private static func defaultPort(_ scheme: String) -> Int? {
    switch scheme {
    case "http", "ws": 80
    case "https", "wss": 443
    default: nil
    }
  }

  /// Where `://` begins.
  private static func schemeEnd(_ text: String) -> String.Index? {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return text.utf8[colon...].starts(with: "://".utf8) ? colon : nil
  }

  /// The text between `://` and the path or query.
  static func authority(of text: String) -> String {
    guard let separator = schemeEnd(text) else { return "" }
    let rest = text.utf8[separator...].dropFirst(3)
    let authority = rest.prefix {
      $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
    }
    return String(Substring(authority))
  }

  /// The host, brackets taken off, and the text after the port's colon; `nil` if malformed.
  static func split(authority: Substring) -> (host: Substring, port: Substring?)? {
    let bytes = authority.utf8
    guard bytes.first != UInt8(ascii: "[") else { return splitAddress(authority) }
    let host = bytes.prefix { $0 != UInt8(ascii: ":") }
    guard !host.isEmpty, host.count <= 255, host.allSatisfy(isHostByte) else { return nil }
    let rest = bytes.dropFirst(host.count)
    return (Substring(host), rest.isEmpty ? nil : Substring(rest.dropFirst()))
  }

  private static func splitAddress(
    _ authority: Substring
  ) -> (host: Substring, port: Substring?)? {
    let inner = authority.utf8.dropFirst()
    let address = inner.prefix { $0 != UInt8(ascii: "]") }
    let rest = inner.dropFirst(address.count)
    guard rest.first == UInt8(ascii: "]"), address.contains(UInt8(ascii: ":")),
      address.allSatisfy(isAddressByte)
    else { return nil }
    let after = rest.dropFirst()
    guard !after.isEmpty else { return (Substring(address), nil) }
    guard after.first == UInt8(ascii: ":") else { return nil }
    return (Substring(address), Substring(after.dropFirst()))
  }

  /// A port that one can connect to.
  static func port(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy(ASCII.isDigit),
      let port = Int(text), port >= 1, port <= 65535
    else { return nil }
    return port
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    Hex.value(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
  }
}
