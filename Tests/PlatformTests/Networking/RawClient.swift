import Platform

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
