internal import CPlatform
internal import Glibc

/// What a read brought.
package enum StreamRead {
  case bytes(Int)
  case wouldBlock
  /// The peer finished in good order; with TLS, it said so (`close_notify`).
  case closed
  case failed(PlatformError)
}

/// What became of a write.
package enum StreamWrite {
  case wrote(Int)
  /// Nothing more fits. With TLS a part may have left, so the next write must start with the same
  /// bytes.
  case wouldBlock
  case failed(PlatformError)
}

/// What waits on a stream, seen without reading it.
package enum StreamState: Equatable {
  case quiet
  case bytes
  case closed
}

/// A connected TCP or TLS stream; never blocks, never raises SIGPIPE.
///
/// Used by one thread at a time.
@safe
package final class ByteStream: @unchecked Sendable {
  /// The socket, -1 once closed.
  package private(set) var fileDescriptor: Int32
  /// Bytes that the stream took from `write`.
  package private(set) var bytesWritten = 0
  /// A blocked read waits for room to write, which TLS may need.
  package private(set) var readNeedsWrite = false
  /// A blocked write waits for bytes to read, which TLS may need.
  package private(set) var writeNeedsRead = false

  /// How long its opening took; all zero for a stream that was accepted.
  package internal(set) var timings = ConnectTimings()

  private var tls: OpaquePointer?
  private var isBroken = false

  /// Takes over a connected non-blocking socket and, if given, the TLS connection over it.
  init(fileDescriptor: Int32, tls: OpaquePointer? = nil) {
    self.fileDescriptor = fileDescriptor
    unsafe self.tls = tls
  }

  deinit {
    close()
  }

  package var isSecure: Bool { unsafe tls != nil }

  /// The TLS handshake, if there is one, is over.
  package var isEstablished: Bool {
    guard let tls = unsafe tls else { return true }
    return unsafe sluice_tls_is_established(tls) != 0
  }

  /// Bytes were received and decrypted, or wait to be, that no readiness will announce.
  package var hasBufferedBytes: Bool {
    guard let tls = unsafe tls, !isBroken else { return false }
    return unsafe sluice_tls_has_buffered(tls) != 0
  }

  /// Whether the peer has closed or reset the connection, as far as this side can know by now.
  package var hasPendingClose: Bool { peek() == .closed }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
    guard fileDescriptor >= 0, !isBroken else { return .failed(Self.closedError("read")) }
    readNeedsWrite = false
    guard let tls = unsafe tls else { return unsafe readPlain(into: buffer) }
    let result = unsafe sluice_tls_read(tls, buffer.baseAddress, buffer.count)
    switch result {
    case 1...: return .bytes(result)
    case SLUICE_TLS_CLOSED: return .closed
    case SLUICE_TLS_WANTS_READ: return .wouldBlock
    case SLUICE_TLS_WANTS_WRITE:
      readNeedsWrite = true
      return .wouldBlock
    default: return .failed(breakDown("read", result))
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) -> StreamWrite {
    guard fileDescriptor >= 0, !isBroken else { return .failed(Self.closedError("write")) }
    guard bytes.count > 0 else { return .wrote(0) }
    writeNeedsRead = false
    guard let tls = unsafe tls else { return unsafe writePlain(bytes) }
    let result = unsafe sluice_tls_write(tls, bytes.baseAddress, bytes.count)
    switch result {
    case 1...:
      bytesWritten += result
      return .wrote(result)
    case SLUICE_TLS_WANTS_WRITE: return .wouldBlock
    case SLUICE_TLS_WANTS_READ:
      writeNeedsRead = true
      return .wouldBlock
    default: return .failed(breakDown("write", result))
    }
  }

  /// Looks at what waits without taking it; a reset counts as closed.
  package func peek() -> StreamState {
    guard fileDescriptor >= 0, !isBroken else { return .closed }
    guard let tls = unsafe tls else {
      let result = sluice_peek(fileDescriptor)
      return result == 1 ? .bytes : result == -EAGAIN ? .quiet : .closed
    }
    let result = unsafe sluice_tls_peek(tls)
    switch result {
    case 1...: return .bytes
    case SLUICE_TLS_WANTS_READ, SLUICE_TLS_WANTS_WRITE: return .quiet
    case SLUICE_TLS_CLOSED: return .closed
    default:
      isBroken = true
      return .closed
    }
  }

  /// Says that nothing more will be written; reading goes on.
  package func finishWriting() {
    guard fileDescriptor >= 0 else { return }
    if let tls = unsafe tls, !isBroken { unsafe sluice_tls_shutdown(tls) }
    _ = sluice_shutdown_write(fileDescriptor)
  }

  /// Closes the socket, after a TLS `close_notify` if that can still be sent.
  package func close() {
    guard fileDescriptor >= 0 else { return }
    if let tls = unsafe tls {
      if !isBroken { unsafe sluice_tls_shutdown(tls) }
      unsafe sluice_tls_free(tls)
      unsafe self.tls = nil
    }
    sluice_close(fileDescriptor)
    fileDescriptor = -1
  }

  private func readPlain(into buffer: UnsafeMutableRawBufferPointer) -> StreamRead {
    let result = unsafe sluice_receive(fileDescriptor, buffer.baseAddress, buffer.count)
    if result > 0 { return .bytes(result) }
    if result == 0 { return .closed }
    if result == -Int(EAGAIN) { return .wouldBlock }
    isBroken = true
    return .failed(PlatformError(operation: "read", code: Int32(-result)))
  }

  private func writePlain(_ bytes: UnsafeRawBufferPointer) -> StreamWrite {
    let result = unsafe sluice_send(fileDescriptor, bytes.baseAddress, bytes.count)
    if result >= 0 {
      bytesWritten += result
      return .wrote(result)
    }
    if result == -Int(EAGAIN) { return .wouldBlock }
    // What the peer said before it closed can still be read.
    return .failed(PlatformError(operation: "write", code: Int32(-result)))
  }

  // After a fatal error libssl must not be asked to shut the connection down.
  private func breakDown(_ operation: String, _ result: Int) -> PlatformError {
    isBroken = true
    if result == SLUICE_TLS_TRUNCATED {
      return PlatformError(
        operation: operation, detail: "the peer cut the TLS connection without closing it")
    }
    if result == SLUICE_TLS_CLOSED {
      return PlatformError(operation: operation, detail: "the peer has closed the TLS connection")
    }
    guard let tls = unsafe tls else { return Self.closedError(operation) }
    return unsafe TLSFailure.error(of: tls, operation)
  }

  private static func closedError(_ operation: String) -> PlatformError {
    PlatformError(operation: operation, detail: "the connection is closed")
  }
}

enum TLSFailure {
  /// Why the last call on `tls` failed.
  static func error(of tls: OpaquePointer, _ operation: String) -> PlatformError {
    var words = [CChar](repeating: 0, count: 256)
    let code = unsafe sluice_tls_error(tls, &words, words.count)
    return PlatformError(
      operation: operation, code: code, detail: code == 0 ? "TLS: \(text(words))" : "")
  }
}
