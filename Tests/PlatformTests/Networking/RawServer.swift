import Platform

/// A server of streams for scripted peers: every accepted stream, with what it has received.
final class RawServer {
  final class Peer {
    let stream: ByteStream
    var received: [UInt8] = []
    var isClosed = false
    private let loop: EventLoop
    private var watch: WatchID?
    var onBytes: ((Peer) -> Void)?

    init(_ stream: ByteStream, _ loop: EventLoop) throws {
      self.stream = stream
      self.loop = loop
      watch = try loop.watch(stream.fileDescriptor, .read) { [unowned self] _ in pump() }
    }

    deinit { close() }

    var text: String { String(decoding: received, as: UTF8.self) }

    func send(_ text: String) { stream.write(text) }

    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { stream.write($0) } }

    func close() {
      if let watch { loop.unwatch(watch) }
      watch = nil
      stream.close()
    }

    func stopReading() {
      if let watch { loop.unwatch(watch) }
      watch = nil
    }

    private func pump() {
      let (bytes, end) = stream.readAvailable()
      received += bytes
      if case .wouldBlock = end {
      } else {
        isClosed = true
        if let watch { loop.unwatch(watch) }
        watch = nil
      }
      if !bytes.isEmpty { onBytes?(self) }
    }
  }

  private(set) var peers: [Peer] = []
  private var listener: TCPListener?
  var onPeer: ((Peer) -> Void)?
  var port: Int { listener?.port ?? 0 }

  init(_ loop: EventLoop, tls: TLSContext? = nil, host: String = "127.0.0.1") throws {
    listener = try TCPListener(loop: loop, host: host, port: 0, tls: tls) {
      [unowned self] stream, _ in
      guard let peer = try? Peer(stream, loop) else { return }
      peers.append(peer)
      onPeer?(peer)
    }
  }

  func stopListening() { listener = nil }
}
