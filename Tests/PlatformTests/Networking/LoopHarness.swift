import Glibc
import Platform
import Testing

/// A loop that the test itself turns, and what most tests here put on it.
final class LoopHarness {
  let loop: EventLoop
  let connector = Connector()

  init() throws {
    loop = try EventLoop()
  }

  /// Turns the loop until `condition` holds; gives up after many seconds.
  func run(
    sourceLocation: SourceLocation = #_sourceLocation, until condition: () -> Bool
  ) throws {
    let limit = Clock.monotonicNanoseconds() + 20_000_000_000
    while !condition() {
      loop.runOnce(timeoutNanoseconds: 50_000_000)
      try #require(
        Clock.monotonicNanoseconds() < limit, "gave up waiting", sourceLocation: sourceLocation)
    }
  }

  /// Turns the loop a few times, for what must not happen.
  func settle(milliseconds: Int64 = 100) {
    let end = Clock.monotonicNanoseconds() + milliseconds * 1_000_000
    while Clock.monotonicNanoseconds() < end { loop.runOnce(timeoutNanoseconds: 5_000_000) }
  }

  func connect(_ endpoint: Endpoint, timeoutMilliseconds: Int = 10_000) throws -> Result<
    ByteStream, PlatformError
  > {
    var outcome: Result<ByteStream, PlatformError>?
    connector.connect(endpoint, timeoutMilliseconds: timeoutMilliseconds, on: loop) {
      outcome = $0
    }
    try run { outcome != nil }
    return try #require(outcome)
  }
}

/// A certificate authority, made once for all tests.
enum TestAuthority {
  static let shared: CertificateAuthority? = try? CertificateAuthority.generate(name: "Test CA")
  static let stranger: CertificateAuthority? = try? CertificateAuthority.generate(name: "Stranger")

  static func server(hosts: [String] = ["localhost", "127.0.0.1"]) throws -> TLSContext {
    let issued = try #require(shared).issue(hosts: hosts, days: 2)
    return try TLSContext.server(certificatePEM: issued.certificatePEM, keyPEM: issued.keyPEM)
  }

  static func client() throws -> TLSContext {
    try TLSContext.client(authorityPEM: try #require(shared).certificatePEM)
  }
}

extension ByteStream {
  /// What the stream has for us now.
  func readAvailable() -> (bytes: [UInt8], end: StreamRead) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let result = buffer.withUnsafeMutableBytes { read(into: $0) }
      guard case .bytes(let count) = result else { return (bytes, result) }
      bytes += buffer[..<count]
    }
  }

  @discardableResult
  func write(_ text: String) -> StreamWrite {
    Array(text.utf8).withUnsafeBytes { write($0) }
  }
}

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

/// A client that sends what the test says and keeps what it hears.
final class RawClient {
  let stream: ByteStream
  private(set) var received: [UInt8] = []
  private(set) var isClosed = false

  init(_ harness: LoopHarness, port: Int, tls: TLSContext? = nil) throws {
    stream = try harness.connect(Endpoint(host: "127.0.0.1", port: port, tls: tls)).get()
  }

  var text: String {
    receive()
    return String(decoding: received, as: UTF8.self)
  }

  var hasEnded: Bool {
    receive()
    return isClosed
  }

  func send(_ text: String) { stream.write(text) }

  func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { stream.write($0) } }

  func forget() { received = [] }

  @discardableResult
  func receive() -> [UInt8] {
    guard !isClosed else { return received }
    let (bytes, end) = stream.readAvailable()
    received += bytes
    if case .wouldBlock = end {} else { isClosed = true }
    return received
  }
}

/// Repeatable random numbers (xorshift64*).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
  }
}

/// Something a callback fills.
final class Box<Value> {
  var value: Value

  init(_ value: Value) { self.value = value }
}
