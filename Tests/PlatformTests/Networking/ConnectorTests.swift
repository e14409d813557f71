import Glibc
import Testing
import Wire

@testable import Platform

struct ConnectorTests {
  @Test func `a plain connection carries bytes both ways`() throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop)
    let stream = try harness.connect(Endpoint(host: "127.0.0.1", port: server.port)).get()
    stream.write("to server")
    try harness.run { server.peers.first?.text == "to server" }
    server.peers[0].send("to client")
    var received: [UInt8] = []
    try harness.run {
      received += stream.readAvailable().bytes
      return received == Array("to client".utf8)
    }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `a TLS connection to a name or an address of the certificate is made`(host: String) throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop, tls: TestAuthority.server())
    let stream = try harness.connect(
      Endpoint(host: host, port: server.port, tls: TestAuthority.client())
    ).get()
    #expect(stream.isSecure && stream.isEstablished)
    stream.write("secret")
    try harness.run { server.peers.first?.text == "secret" }
    stream.close()
    try harness.run { server.peers[0].isClosed }
  }

  @Test(arguments: [["example.com"], ["127.0.0.2"], ["*.localhost"]])
  func `a certificate for another host is refused`(hosts: [String]) throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop, tls: TestAuthority.server(hosts: hosts))
    for host in ["localhost", "127.0.0.1"] {
      let error = try failure(
        harness.connect(Endpoint(host: host, port: server.port, tls: TestAuthority.client())))
      #expect(error.detail.contains("mismatch"), "\(error)")
    }
  }

  @Test func `a certificate of an unknown authority is refused`() throws {
    let harness = try LoopHarness()
    let stranger = try #require(TestAuthority.stranger).issue(hosts: ["localhost"], days: 2)
    let server = try RawServer(
      harness.loop,
      tls: TLSContext.server(certificatePEM: stranger.certificatePEM, keyPEM: stranger.keyPEM))
    for context in [try TestAuthority.client(), try TLSContext.client()] {
      let error = try failure(
        harness.connect(Endpoint(host: "localhost", port: server.port, tls: context)))
      #expect(error.detail.contains("issuer"), "\(error)")
    }
  }

  @Test func `a refused connection is an error that names the endpoint`() throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop)
    let port = server.port
    server.stopListening()
    let error = try failure(harness.connect(Endpoint(host: "127.0.0.1", port: port)))
    #expect(error.code == ECONNREFUSED)
    #expect(error.operation.contains("127.0.0.1:\(port)"))
  }

  @Test func `a name that does not exist is an error`() throws {
    let harness = try LoopHarness()
    let error = try failure(harness.connect(Endpoint(host: "nowhere.invalid", port: 443)))
    #expect(error.description.contains("nowhere.invalid"))
  }

  @Test(arguments: ["", "a\0b", String(repeating: "x", count: 300)])
  func `a host that is none is an error`(host: String) throws {
    let harness = try LoopHarness()
    _ = try failure(harness.connect(Endpoint(host: host, port: 443, tls: TestAuthority.client())))
    _ = try failure(harness.connect(Endpoint(host: "127.0.0.1", port: 70_000)))
  }

  @Test func `a server that does not answer the handshake runs into the timeout`() throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop)
    let error = try failure(
      harness.connect(
        Endpoint(host: "127.0.0.1", port: server.port, tls: TestAuthority.client()),
        timeoutMilliseconds: 100))
    #expect(error.code == ETIMEDOUT)
  }

  @Test func `a server that answers the handshake with noise is an error`() throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop)
    server.onPeer = { $0.send("HTTP/1.1 400 Bad Request\r\n\r\n") }
    let error = try failure(
      harness.connect(
        Endpoint(host: "127.0.0.1", port: server.port, tls: TestAuthority.client())))
    #expect(error.detail.contains("TLS"), "\(error)")
  }

  @Test func `many silent servers do not hold up the way to another`() throws {
    let harness = try LoopHarness()
    let silent = try RawServer(harness.loop)
    let sound = try RawServer(harness.loop)
    var timedOut = 0
    for _ in 0..<8 {
      harness.connector.connect(
        Endpoint(host: "127.0.0.1", port: silent.port, tls: try TestAuthority.client()),
        timeoutMilliseconds: 2_000, on: harness.loop
      ) { _ in timedOut += 1 }
    }
    _ = try harness.connect(Endpoint(host: "127.0.0.1", port: sound.port)).get()
    #expect(timedOut == 0)
    try harness.run { timedOut == 8 }
  }

  @Test func `the connection goes through a proxy with the given credentials`() throws {
    let harness = try LoopHarness()
    let proxy = try RawServer(harness.loop)
    var tunneled: String?
    proxy.onPeer = { peer in
      peer.onBytes = { peer in
        if peer.text.hasSuffix("\r\n\r\n") {
          peer.send("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\nfirst bytes")
        } else if peer.text.hasSuffix("through") {
          tunneled = peer.text
        }
      }
    }
    var endpoint = Endpoint(host: "venue.example", port: 443)
    endpoint.proxy = URLParts("http://127.0.0.1:\(proxy.port)")
    endpoint.proxyCredentials = ProxyCredentials(user: "Aladdin", password: Secret("open sesame"))
    let stream = try harness.connect(endpoint).get()
    stream.write("through")
    try harness.run { tunneled != nil }
    #expect(
      tunneled == """
        CONNECT venue.example:443 HTTP/1.1\r
        Host: venue.example:443\r
        Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r
        \r
        through
        """)
    #expect(stream.readAvailable().bytes == Array("first bytes".utf8))
  }

  @Test(arguments: [
    "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 503 No\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n\r\n", "\r\n\r\n",
  ])
  func `a proxy that refuses is an error`(answer: String) throws {
    let harness = try LoopHarness()
    let proxy = try RawServer(harness.loop)
    proxy.onPeer = { $0.onBytes = { $0.send(answer) } }
    var endpoint = Endpoint(host: "venue.example", port: 443)
    endpoint.proxy = URLParts("http://127.0.0.1:\(proxy.port)")
    let error = try failure(harness.connect(endpoint))
    #expect(error.detail.contains("proxy"))
  }

  @Test func `TLS runs through the proxy to the host behind it`() throws {
    let harness = try LoopHarness()
    let venue = try RawServer(harness.loop, tls: TestAuthority.server(hosts: ["venue.example"]))
    let proxy = try RawServer(harness.loop)
    let tunnel = try RawClient(harness, port: venue.port)
    proxy.onPeer = { peer in
      peer.onBytes = { peer in
        peer.send("HTTP/1.1 200 OK\r\n\r\n")
        peer.received = []
        peer.onBytes = { peer in
          tunnel.send(peer.received)
          peer.received = []
        }
      }
    }
    var endpoint = Endpoint(host: "venue.example", port: 443, tls: try TestAuthority.client())
    endpoint.proxy = URLParts("http://127.0.0.1:\(proxy.port)")
    var outcome: Result<ByteStream, PlatformError>?
    harness.connector.connect(endpoint, timeoutMilliseconds: 10_000, on: harness.loop) {
      outcome = $0
    }
    func relay() {
      let back = tunnel.receive()
      tunnel.forget()
      if !back.isEmpty { proxy.peers.first?.send(back) }
    }
    try harness.run {
      relay()
      return outcome != nil
    }
    try #require(outcome).get().write("hello")
    try harness.run {
      relay()
      return venue.peers.first?.text == "hello"
    }
  }

  @Test func `the next address is tried when one refuses`() throws {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop)
    let port = server.port
    // Nothing listens on the first address.
    let addresses =
      try AddressResolver().addresses(host: "127.0.0.9", port: port)
      + AddressResolver().addresses(host: "127.0.0.1", port: port)
    let socket = try ConnectionRace.run(
      addresses, "connect", deadline: Deadline(afterMilliseconds: 5_000))
    #expect(socket >= 0)
    close(socket)
  }

  private func failure(_ result: Result<ByteStream, PlatformError>) throws -> PlatformError {
    guard case .failure(let error) = result else {
      throw PlatformError(operation: "test", detail: "the connection was made")
    }
    return error
  }
}
