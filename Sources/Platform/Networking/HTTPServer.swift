package import Wire

/// An HTTP/1.1 server, confined to its loop.
///
/// Requests of one connection are handled one at a time, in order. A peer that is slow, silent or
/// greedy loses its connection, see `HTTPServerLimits`.
package final class HTTPServer {
  package typealias Handler = (HTTPRequest, HTTPExchange) -> Void

  private static let closeGraceNanoseconds: Int64 = 3_000_000_000

  let loop: EventLoop
  let limits: HTTPServerLimits
  let handler: Handler
  /// Set once the server closes; no connection is kept alive from then on.
  private(set) var isClosing = false

  private var listener: TCPListener?
  private var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
  private var connectionsByAddress: [String: Int] = [:]

  /// Listens on `host` and `port` (0: any free port, see `port`).
  package init(
    loop: EventLoop, host: String = "127.0.0.1", port: Int, tls: TLSContext? = nil,
    limits: HTTPServerLimits = HTTPServerLimits(), handler: @escaping Handler
  ) throws(PlatformError) {
    self.loop = loop
    self.limits = limits
    self.handler = handler
    listener = try TCPListener(loop: loop, host: host, port: port, tls: tls) {
      [unowned self] in accept($0, $1)
    }
    self.port = listener?.port ?? port
  }

  deinit {
    for connection in connections.values { connection.abort() }
  }

  /// The port it listens on.
  package private(set) var port = 0
  package var connectionCount: Int { connections.count }

  /// Stops listening, lets requests under way be answered for a few seconds, then closes all.
  package func close() {
    guard !isClosing else { return }
    isClosing = true
    listener?.close()
    for connection in connections.values { connection.closeSoon() }
    loop.schedule(afterNanoseconds: Self.closeGraceNanoseconds) { [self] in
      for connection in connections.values { connection.abort() }
    }
  }

  private func accept(_ stream: ByteStream, _ address: String) {
    let count = connectionsByAddress[address, default: 0]
    guard connections.count < limits.connections, count < limits.connectionsPerAddress else {
      return stream.close()
    }
    let connection = HTTPServerConnection(server: self, stream: stream, peerAddress: address)
    connectionsByAddress[address] = count + 1
    connections[ObjectIdentifier(connection)] = connection
    connection.start()
  }

  /// Forgets a connection whose socket is closed.
  func released(_ connection: HTTPServerConnection) {
    guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    let address = connection.peerAddress
    let count = connectionsByAddress[address, default: 1] - 1
    connectionsByAddress[address] = count > 0 ? count : nil
  }
}
