package import Wire

/// Where to connect, and how.
package struct Endpoint: Sendable {
  package var host: String
  package var port: Int
  /// Nil: no TLS.
  package var tls: TLSContext?
  /// An HTTP proxy that is asked to `CONNECT`; TLS then runs through it to `host`.
  package var proxy: URLParts?
  package var proxyCredentials: ProxyCredentials?

  package init(
    host: String, port: Int, tls: TLSContext? = nil, proxy: URLParts? = nil,
    proxyCredentials: ProxyCredentials? = nil
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.proxy = proxy
    self.proxyCredentials = proxyCredentials
  }

  /// Host and port as in a URL's authority.
  package var authority: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// A name and password for a proxy (RFC 7617, Basic).
package struct ProxyCredentials: Sendable {
  package let user: String
  package let password: Secret

  package init(user: String, password: Secret) {
    self.user = user
    self.password = password
  }
}
