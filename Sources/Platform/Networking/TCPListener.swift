internal import CPlatform
internal import Glibc

/// Accepts connections on one address and hands them out as streams.
///
/// Confined to its loop.
package final class TCPListener {
  /// The port it listens on, also when 0 was asked for.
  package let port: Int

  private static let acceptsPerTurn = 64
  private static let pauseNanoseconds: Int64 = 100_000_000

  private let loop: EventLoop
  private let tls: TLSContext?
  private let onAccept: (ByteStream, String) -> Void
  private var socket: Int32
  private var watch: WatchID?
  private var pause: TimerID?

  /// Listens on `host` (a name or an address) and `port` (0: any free one).
  ///
  /// With `tls` the streams are TLS servers whose first reads do the handshake.
  package init(
    loop: EventLoop, host: String, port: Int, tls: TLSContext? = nil, backlog: Int = 512,
    onAccept: @escaping (_ stream: ByteStream, _ peerAddress: String) -> Void
  ) throws(PlatformError) {
    self.loop = loop
    self.tls = tls
    self.onAccept = onAccept
    (socket, self.port) = try Self.listen(host, port, backlog)
    do throws(PlatformError) {
      watch = try loop.watch(socket, .read) { [weak self] _ in self?.acceptAll() }
    } catch {
      sluice_close(socket)
      throw error
    }
  }

  deinit {
    close()
  }

  /// Stops listening; connections already handed out live on.
  package func close() {
    guard socket >= 0 else { return }
    if let watch { loop.unwatch(watch) }
    if let pause { loop.cancel(pause) }
    sluice_close(socket)
    socket = -1
  }

  private static func listen(
    _ host: String, _ port: Int, _ backlog: Int
  ) throws(PlatformError) -> (socket: Int32, port: Int) {
    let address = try AddressResolver().addresses(host: host, port: port)[0]
    var bound: Int32 = 0
    let socket = unsafe withUnsafePointer(to: address) {
      unsafe sluice_listen($0, Int32(clamping: backlog), &bound)
    }
    guard socket < 0 else { return (socket, Int(bound)) }
    if -socket == EADDRINUSE {
      throw PlatformError(operation: "listen", detail: "port \(port) on \(host) is in use")
    }
    throw PlatformError(operation: "listen on port \(port) of \(host)", code: -socket)
  }

  private func acceptAll() {
    for _ in 0..<Self.acceptsPerTurn where socket >= 0 {
      var peer = [CChar](repeating: 0, count: 64)
      let accepted = unsafe sluice_accept(socket, &peer, peer.count)
      if accepted >= 0 {
        hand(accepted, text(peer))
      } else if !Self.concernsOneConnection(-accepted) {
        if -accepted != EAGAIN { rest() }
        return
      }
    }
  }

  // accept(2) also reports errors of the connection that was waiting; the next may be sound.
  private static func concernsOneConnection(_ code: Int32) -> Bool {
    [EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH].contains(code)
  }

  private func hand(_ accepted: Int32, _ peer: String) {
    guard let tls else {
      return onAccept(unsafe ByteStream(fileDescriptor: accepted), peer)
    }
    guard let connection = unsafe tls.acceptedConnection(over: accepted) else {
      return sluice_close(accepted)
    }
    onAccept(unsafe ByteStream(fileDescriptor: accepted, tls: connection), peer)
  }

  // Out of descriptors or memory: the waiting connection would make the loop spin.
  private func rest() {
    guard let watch else { return }
    loop.modify(watch, [])
    pause = loop.schedule(afterNanoseconds: Self.pauseNanoseconds) { [weak self] in
      self?.pause = nil
      self?.loop.modify(watch, .read)
    }
  }
}
