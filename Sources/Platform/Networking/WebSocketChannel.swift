internal import Wire

/// An open WebSocket connection of either role: frames, pings, timeouts and the close handshake.
///
/// Confined to its loop, which keeps it alive until it has ended. `onEnd` comes exactly once and
/// never inside a call of the owner.
@safe
final class WebSocketChannel {
  private enum Phase {
    case open
    /// A close frame was sent; nothing else will be.
    case closing
    case ended
  }

  private static let readsPerTurn = 16
  private static let frameOverhead = 14

  var onMessage: ((UnsafeRawBufferPointer, Bool, Int64) -> Void)?
  var onPong: ((UnsafeRawBufferPointer) -> Void)?
  var onEnd: ((WebSocketClosure) -> Void)?
  /// Called when the socket itself is closed, which may be a moment after the end.
  var onRelease: (() -> Void)?

  private(set) var lastReceivedNanoseconds: Int64

  private let loop: EventLoop
  private let stream: ByteStream
  private let role: WebSocketRole
  private let options: WebSocketOptions
  private var phase = Phase.open
  private var decoder: WebSocketDecoder
  private var output = SendBuffer()
  private var masks = MaskSource()
  private var watch: WatchID?
  private var sentCode: UInt16?
  private var receivedClose: WebSocketClosure?
  private var timer: TimerID?
  private var timerDeadline = Int64.max
  private var pingDeadline = Int64.max
  private var stallDeadline = Int64.max
  private var closeDeadline = Int64.max

  init(loop: EventLoop, stream: ByteStream, role: WebSocketRole, options: WebSocketOptions) {
    self.loop = loop
    self.stream = stream
    self.role = role
    self.options = options
    decoder = WebSocketDecoder(role: role, maximumMessageBytes: options.maximumMessageBytes)
    lastReceivedNanoseconds = Clock.monotonicNanoseconds()
  }

  var isOpen: Bool { phase == .open }
  var bufferedBytes: Int { output.count }

  /// Starts watching.
  ///
  /// `remainder` is what came behind the handshake, `unsent` what of the handshake has not left.
  func start(remainder: [UInt8], unsent: SendBuffer = SendBuffer()) {
    guard phase != .ended else { return }
    if !unsent.isEmpty { output.prepend(unsent) }
    do throws(PlatformError) {
      watch = try loop.watch(stream.fileDescriptor, .read) { [self] in ready($0) }
    } catch {
      return end(WebSocketClosure(error: error))
    }
    pingDeadline = deadline(after: options.pingIntervalMilliseconds)
    armTimer()
    flush()
    loop.enqueue { [self] in
      if !remainder.isEmpty {
        unsafe remainder.withUnsafeBytes { unsafe receive($0, at: Clock.monotonicNanoseconds()) }
      }
      readAvailable()
    }
  }

  func send(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer) -> SendOutcome {
    guard phase == .open, fits(payload.count) else { return .notSent }
    unsafe append(opcode, payload)
    flush()
    return phase != .ended && output.isEmpty ? .sent : .queued
  }

  func close(code: UInt16, reason: String) {
    guard phase == .open else { return }
    sendClose(code, reason)
    closeDeadline = deadline(after: options.closeTimeoutMilliseconds)
    armTimer()
  }

  /// Ends the connection without a word to the peer.
  func abort() {
    end(WebSocketClosure(reason: "aborted"))
  }

  // MARK: Receiving

  private func ready(_ readiness: IOReadiness) {
    if readiness.contains(.write) || stream.writeNeedsRead { flush() }
    if readiness != .write || stream.readNeedsWrite { readAvailable() }
  }

  private func readAvailable() {
    for _ in 0..<Self.readsPerTurn {
      guard phase != .ended else { return }
      switch unsafe stream.read(into: loop.readBuffer) {
      case .bytes(let count):
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count])
        unsafe receive(bytes, at: Clock.monotonicNanoseconds())
        guard unsafe count == loop.readBuffer.count || stream.hasBufferedBytes else { return }
      case .wouldBlock: return updateInterest()
      case .closed: return peerClosed(nil)
      case .failed(let error): return peerClosed(error)
      }
    }
    // The others get their turn; what TLS has buffered does not make the socket readable.
    loop.enqueue { [self] in readAvailable() }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer, at now: Int64) {
    lastReceivedNanoseconds = now
    do throws(WebSocketError) {
      try unsafe decoder.decode(bytes) { event in handle(event, now) }
    } catch {
      fail(error.closeCode, error.message)
    }
  }

  private func handle(_ event: WebSocketEvent, _ now: Int64) {
    guard phase != .ended, receivedClose == nil else { return }
    switch event {
    case .text(let bytes): if phase == .open { unsafe onMessage?(bytes, true, now) }
    case .binary(let bytes): if phase == .open { unsafe onMessage?(bytes, false, now) }
    case .ping(let payload): unsafe answerPing(payload)
    case .pong(let payload): unsafe onPong?(payload)
    case .close(let code, let reason): peerSentClose(code, reason)
    }
  }

  private func answerPing(_ payload: UnsafeRawBufferPointer) {
    guard phase == .open else { return }
    guard fits(payload.count) else {
      return fail(1008, "pings are sent but their answers are not read")
    }
    unsafe append(.pong, payload)
    flush()
  }

  // MARK: Closing

  private func peerSentClose(_ code: UInt16?, _ reason: String) {
    receivedClose = WebSocketClosure(code: code ?? sentCode, reason: reason, wasClean: true)
    if phase == .open { sendClose(code, "") }
    closeDeadline = min(closeDeadline, deadline(after: options.closeTimeoutMilliseconds))
    armTimer()
    endIfFinished()
  }

  // The server closes the connection, the client waits for it (RFC 6455, section 7.1.1).
  private func endIfFinished() {
    guard phase == .closing, role == .server, output.isEmpty, let receivedClose else { return }
    end(receivedClose, lingers: true)
  }

  private func peerClosed(_ error: PlatformError?) {
    if var receivedClose {
      receivedClose.error = error
      end(receivedClose)
    } else {
      end(
        WebSocketClosure(
          reason: "",
          error: error
            ?? PlatformError(
              operation: "read", detail: "the peer closed the connection without a close frame")))
    }
  }

  private func fail(_ code: UInt16, _ message: String) {
    guard phase != .ended else { return }
    if phase == .open { sendClose(code, message) }
    end(
      WebSocketClosure(
        code: code, reason: message,
        error: PlatformError(operation: "WebSocket", detail: message)),
      lingers: true)
  }

  private func sendClose(_ code: UInt16?, _ reason: String) {
    phase = .closing
    sentCode = code
    let mask = nextMask()
    output.append { WebSocketEncoder.close(code: code, reason: reason, mask: mask, into: &$0) }
    flush()
  }

  private func end(_ closure: WebSocketClosure, lingers: Bool = false) {
    guard phase != .ended else { return }
    phase = .ended
    if let watch { loop.unwatch(watch) }
    if let timer { loop.cancel(timer) }
    (watch, timer) = (nil, nil)
    if lingers {
      LingeringClose.start(stream, on: loop) { [self] in release() }
    } else {
      stream.close()
      loop.enqueue { [self] in release() }
    }
    loop.enqueue { [self] in
      let onEnd = self.onEnd
      self.onEnd = nil
      unsafe onPong = nil
      unsafe onMessage = nil
      onEnd?(closure)
    }
  }

  private func release() {
    let onRelease = self.onRelease
    self.onRelease = nil
    onRelease?()
  }

  // MARK: Sending

  private func fits(_ payload: Int) -> Bool {
    output.count + payload + Self.frameOverhead <= options.maximumBufferedBytes
  }

  private func nextMask() -> UInt32? {
    role == .client ? masks.next() : nil
  }

  private func append(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer) {
    let mask = nextMask()
    output.append { unsafe WebSocketEncoder.frame(opcode, payload, mask: mask, into: &$0) }
  }

  private func flush() {
    guard phase != .ended else { return }
    let before = output.count
    switch output.flush(to: stream) {
    case .done:
      stallDeadline = .max
      endIfFinished()
    case .blocked:
      if stallDeadline == .max || output.count < before {
        stallDeadline = deadline(after: options.writeTimeoutMilliseconds)
        armTimer()
      }
    case .failed(let error): return peerClosed(error)
    }
    updateInterest()
  }

  private func updateInterest() {
    guard let watch else { return }
    let writes = stream.readNeedsWrite || (!output.isEmpty && !stream.writeNeedsRead)
    loop.modify(watch, writes ? [.read, .write] : .read)
  }

  // MARK: Time

  private func deadline(after milliseconds: Int?) -> Int64 {
    milliseconds.map { Deadline(afterMilliseconds: $0).nanoseconds } ?? .max
  }

  private var readDeadline: Int64 {
    guard let milliseconds = options.readTimeoutMilliseconds else { return .max }
    return lastReceivedNanoseconds + Int64(min(max(milliseconds, 0), 1 << 40)) * 1_000_000
  }

  private func armTimer() {
    let next = min(pingDeadline, stallDeadline, closeDeadline, readDeadline)
    guard phase != .ended, next < timerDeadline else { return }
    if let timer { loop.cancel(timer) }
    timerDeadline = next
    timer = loop.schedule(afterNanoseconds: next - Clock.monotonicNanoseconds()) { [self] in
      timerDeadline = .max
      timer = nil
      checkDeadlines(Clock.monotonicNanoseconds())
      armTimer()
    }
  }

  private func checkDeadlines(_ now: Int64) {
    if now >= closeDeadline {
      end(closedLate)
    } else if now >= stallDeadline {
      end(timedOut("the peer takes no bytes"))
    } else if now >= readDeadline {
      end(timedOut("nothing was received for \(options.readTimeoutMilliseconds ?? 0) ms"))
    } else if now >= pingDeadline {
      pingDeadline = deadline(after: options.pingIntervalMilliseconds)
      if phase == .open { _ = unsafe send(.ping, UnsafeRawBufferPointer(start: nil, count: 0)) }
    }
  }

  private var closedLate: WebSocketClosure {
    receivedClose
      ?? WebSocketClosure(
        code: sentCode, error: PlatformError(operation: "close", detail: "the peer did not answer"))
  }

  private func timedOut(_ detail: String) -> WebSocketClosure {
    WebSocketClosure(error: PlatformError(operation: "WebSocket", detail: detail))
  }
}
