package import Wire

/// A WebSocket connection to a server, confined to its loop.
///
/// One `connect` is one attempt, which ends with exactly one `onClose`, be it that the connection
/// was never opened, broke, or was closed. After it `connect` may be called again. Nothing is ever
/// called inside `connect`, `send` or `close`.
@safe
package final class WebSocketClient {
  private enum Phase {
    case idle
    case connecting
    case handshaking(WebSocketClientHandshake)
    case connected(WebSocketChannel)
  }

  package var onOpen: (() -> Void)?
  /// The message, whether it is text, and the monotonic time at which its last bytes were read.
  ///
  /// The bytes are valid during the call only.
  package var onMessage: ((UnsafeRawBufferPointer, Bool, Int64) -> Void)?
  /// The payload of a pong.
  package var onPong: ((UnsafeRawBufferPointer) -> Void)?
  package var onClose: ((WebSocketClosure) -> Void)?

  package let url: URLParts
  /// Sent with the next handshake.
  package var headers: HTTPHeaders

  private let loop: EventLoop
  private let connector: Connector
  private let tls: TLSContext?
  private let options: WebSocketOptions
  private var phase = Phase.idle
  private var attempt = 0
  private var deadline = Deadline(afterMilliseconds: 0)

  package init(
    loop: EventLoop, connector: Connector, url: URLParts, tls: TLSContext?,
    headers: HTTPHeaders = HTTPHeaders([]), options: WebSocketOptions = WebSocketOptions()
  ) {
    self.loop = loop
    self.connector = connector
    self.url = url
    self.tls = tls
    self.headers = headers
    self.options = options
  }

  package var isOpen: Bool { channel?.isOpen ?? false }
  /// Monotonic time of the last bytes of this connection; 0 while there is none.
  package var lastReceivedNanoseconds: Int64 { channel?.lastReceivedNanoseconds ?? 0 }
  package var bufferedBytes: Int { channel?.bufferedBytes ?? 0 }

  /// Starts an attempt, which ends with `onClose`; only then may it be called again.
  package func connect() {
    guard case .idle = phase else { preconditionFailure("a WebSocket connects once at a time") }
    phase = .connecting
    attempt += 1
    deadline = Deadline(afterMilliseconds: options.connectTimeoutMilliseconds)
    let attempt = attempt
    guard !url.isSecure || tls != nil else {
      let error = PlatformError(operation: "connect", detail: "a wss address needs TLS")
      return loop.enqueue { [self] in finish(attempt, WebSocketClosure(error: error)) }
    }
    connector.connect(
      endpoint, timeoutMilliseconds: options.connectTimeoutMilliseconds, on: loop
    ) { [self] in connected(attempt, $0) }
  }

  @discardableResult
  package func send(text: [UInt8]) -> SendOutcome {
    unsafe text.withUnsafeBytes { unsafe send(text: $0) }
  }

  @discardableResult
  package func send(text: UnsafeRawBufferPointer) -> SendOutcome {
    guard let channel else { return .notSent }
    return unsafe channel.send(.text, text)
  }

  @discardableResult
  package func send(binary: [UInt8]) -> SendOutcome {
    guard let channel else { return .notSent }
    return unsafe binary.withUnsafeBytes { unsafe channel.send(.binary, $0) }
  }

  /// Sends a ping; `payload` is cut to the 125 bytes a ping may carry.
  package func ping(_ payload: [UInt8] = []) {
    guard let channel else { return }
    _ = unsafe payload.prefix(125).withUnsafeBytes { unsafe channel.send(.ping, $0) }
  }

  /// Starts the close handshake, or gives up an attempt that is not open yet.
  package func close(code: UInt16 = 1000, reason: String = "") {
    switch phase {
    case .idle: return
    case .connected(let channel): channel.close(code: code, reason: reason)
    case .connecting:
      let attempt = attempt
      loop.enqueue { [self] in
        finish(attempt, WebSocketClosure(code: code, reason: "closed before it was open"))
      }
    case .handshaking(let handshake): loop.enqueue { handshake.cancel() }
    }
  }

  /// Breaks the connection off without a close handshake.
  package func abort() {
    if case .connected(let channel) = phase { channel.abort() } else { close() }
  }

  private var channel: WebSocketChannel? {
    if case .connected(let channel) = phase { channel } else { nil }
  }

  private var endpoint: Endpoint {
    Endpoint(
      host: url.host, port: url.port, tls: url.isSecure ? tls : nil, proxy: options.proxy,
      proxyCredentials: options.proxyCredentials)
  }

  private func isCurrent(_ attempt: Int) -> Bool {
    if case .idle = phase { return false }
    return attempt == self.attempt
  }

  private func connected(_ attempt: Int, _ result: Result<ByteStream, PlatformError>) {
    guard isCurrent(attempt) else { return }
    switch result {
    case .failure(let error): finish(attempt, WebSocketClosure(error: error))
    case .success(let stream): shakeHands(attempt, stream)
    }
  }

  private func shakeHands(_ attempt: Int, _ stream: ByteStream) {
    let handshake = WebSocketClientHandshake(
      loop: loop, stream: stream, url: url, protocols: options.protocols
    ) { [self] result in
      guard isCurrent(attempt) else { return }
      switch result {
      case .success(let remainder): open(attempt, stream, remainder)
      case .failure(let failure):
        stream.close()
        finish(attempt, WebSocketClosure(error: failure.error, refusedStatus: failure.status))
      }
    }
    phase = .handshaking(handshake)
    handshake.start(headers: headers, timeoutNanoseconds: deadline.remainingNanoseconds)
  }

  private func open(_ attempt: Int, _ stream: ByteStream, _ remainder: [UInt8]) {
    let channel = WebSocketChannel(loop: loop, stream: stream, role: .client, options: options)
    unsafe channel.onMessage = { [unowned self] in unsafe onMessage?($0, $1, $2) }
    unsafe channel.onPong = { [unowned self] in unsafe onPong?($0) }
    channel.onEnd = { [self] in finish(attempt, $0) }
    phase = .connected(channel)
    onOpen?()
    channel.start(remainder: remainder)
  }

  private func finish(_ attempt: Int, _ closure: WebSocketClosure) {
    guard isCurrent(attempt) else { return }
    phase = .idle
    onClose?(closure)
  }
}
