internal import Platform

/// A TLS connection from a thread to itself, to keep the way of an order's last bytes warm.
///
/// What is written is read at its other end by the same thread, and nobody else is there.
final class RehearsalLink {
  private static let openMilliseconds = 2000
  /// As many as an order and its HTTP head have.
  private static let orderBytes = 400

  private let client: ByteStream
  private let server: ByteStream
  private var buffer = [UInt8](repeating: 0, count: 4096)
  private let order = [UInt8](repeating: UInt8(ascii: "o"), count: orderBytes)
  private(set) var received = 0

  /// Opens the connection, which takes some milliseconds.
  init() throws(PlatformError) {
    let authority = try CertificateAuthority.generate(name: "Sluice rehearsal")
    let issued = try authority.issue(hosts: ["127.0.0.1"], days: 1)
    let loop = try EventLoop()
    var accepted: ByteStream?
    let listener = try TCPListener(
      loop: loop, host: "127.0.0.1", port: 0,
      tls: try TLSContext.server(certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM)
    ) { stream, _ in accepted = stream }
    defer { listener.close() }
    let endpoint = Endpoint(
      host: "127.0.0.1", port: listener.port,
      tls: try TLSContext.client(authorityPEM: authority.certificatePEM))
    var opened: Result<ByteStream, PlatformError>?
    let connector = Connector(threads: 1)
    connector.connect(endpoint, timeoutMilliseconds: Self.openMilliseconds, on: loop) {
      opened = $0
    }
    while opened == nil {
      loop.runOnce(timeoutNanoseconds: 1_000_000)
      // Its reads do the handshake.
      if let accepted { Self.read(accepted, into: &buffer) }
    }
    guard let client = try opened?.get(), let accepted else {
      throw PlatformError(operation: "open a connection to this process", detail: "nobody came")
    }
    (self.client, server) = (client, accepted)
  }

  /// Writes what could be an order.
  func send() {
    _ = unsafe order.withUnsafeBytes { unsafe client.write($0) }
  }

  /// Reads what was written.
  func receive() {
    received += Self.read(server, into: &buffer)
  }

  @discardableResult
  private static func read(_ stream: ByteStream, into buffer: inout [UInt8]) -> Int {
    unsafe buffer.withUnsafeMutableBytes { bytes in
      if case .bytes(let count) = unsafe stream.read(into: bytes) { count } else { 0 }
    }
  }
}
