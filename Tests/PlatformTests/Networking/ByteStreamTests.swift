import Glibc
import Platform
import Testing

struct ByteStreamTests {
  @Test(arguments: [false, true])
  func `a full socket blocks the writer, and every byte arrives in order`(secure: Bool) throws {
    let (harness, server, stream) = try pair(secure: secure)
    var small: Int32 = 32_768
    setsockopt(stream.fileDescriptor, SOL_SOCKET, SO_SNDBUF, &small, 4)
    let message = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    var sent = 0
    var blocked = false
    try harness.run {
      blocked = push(message, &sent, into: stream) || blocked
      return server.peers.first?.received.count == message.count
    }
    #expect(blocked)
    #expect(server.peers[0].received == message)
    #expect(stream.bytesWritten == message.count)
  }

  @Test(arguments: [false, true])
  func `a closed peer is seen before anything is written`(secure: Bool) throws {
    let (harness, server, stream) = try pair(secure: secure)
    #expect(stream.peek() == .quiet && !stream.hasPendingClose)
    server.peers[0].close()
    try harness.run { stream.hasPendingClose }
    guard case .closed = stream.readAvailable().end else {
      Issue.record("an orderly close was not seen as one")
      return
    }
  }

  @Test func `waiting bytes are not a close, and are still there to be read`() throws {
    let (harness, server, stream) = try pair(secure: true)
    server.peers[0].send("unsolicited")
    try harness.run { stream.peek() == .bytes }
    #expect(!stream.hasPendingClose)
    #expect(stream.readAvailable().bytes == Array("unsolicited".utf8))
  }

  @Test func `a TLS connection cut without a close is a failure`() throws {
    let (harness, server, stream) = try pair(secure: true)
    shutdown(server.peers[0].stream.fileDescriptor, Int32(SHUT_WR))
    var end = StreamRead.wouldBlock
    try harness.run {
      end = stream.readAvailable().end
      if case .wouldBlock = end { return false }
      return true
    }
    guard case .failed = end else {
      Issue.record("truncation was taken for \(end)")
      return
    }
  }

  @Test(arguments: [false, true])
  func `writing to a reset connection fails and raises no signal`(secure: Bool) throws {
    let (harness, server, stream) = try pair(secure: secure)
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(
      server.peers[0].stream.fileDescriptor, SOL_SOCKET, SO_LINGER, &linger,
      socklen_t(MemoryLayout.size(ofValue: linger)))
    server.peers[0].close()
    try harness.run {
      if case .failed = stream.write("hello") { return true }
      return false
    }
    #expect(stream.hasPendingClose)
    guard case .failed = stream.write("again") else {
      Issue.record("a broken stream took bytes")
      return
    }
  }

  @Test func `half a close still lets the other half speak`() throws {
    let (harness, server, stream) = try pair(secure: false)
    stream.write("question")
    stream.finishWriting()
    try harness.run { server.peers[0].isClosed }
    server.peers[0].send("answer")
    var received: [UInt8] = []
    try harness.run {
      received += stream.readAvailable().bytes
      return received == Array("answer".utf8)
    }
  }

  @Test func `a closed stream refuses everything`() throws {
    let (_, _, stream) = try pair(secure: true)
    stream.close()
    stream.close()
    guard case .failed = stream.write("x"), case .failed = stream.readAvailable().end else {
      Issue.record("a closed stream still works")
      return
    }
    #expect(stream.hasPendingClose && !stream.hasBufferedBytes)
  }

  private func pair(secure: Bool) throws -> (LoopHarness, RawServer, ByteStream) {
    let harness = try LoopHarness()
    let server = try RawServer(harness.loop, tls: secure ? TestAuthority.server() : nil)
    let stream = try harness.connect(
      Endpoint(
        host: "127.0.0.1", port: server.port, tls: secure ? TestAuthority.client() : nil)
    ).get()
    try harness.run { server.peers.first?.stream.isEstablished == true }
    return (harness, server, stream)
  }

  // Returns whether the socket was full.
  private func push(_ message: [UInt8], _ sent: inout Int, into stream: ByteStream) -> Bool {
    while sent < message.count {
      let result = message[sent...].withUnsafeBytes { stream.write($0) }
      guard case .wrote(let count) = result else { return true }
      sent += count
    }
    return false
  }
}
