internal import Wire

/// One accepted connection of an `HTTPServer`.
///
/// While a request is being handled nothing is read, so that a peer that sends faster than it is
/// answered fills its own buffers and not ours.
final class HTTPServerConnection {
  private enum Phase {
    case reading
    /// A request waits for its answer.
    case handling
    /// The headers of a streamed answer have been sent.
    case streaming
    /// The answer is complete; the rest of it is on its way out.
    case flushing
    case upgraded(WebSocketChannel)
    /// The stream is closed, or is closing by itself.
    case ended
  }

  private static let readsPerTurn = 16

  let loop: EventLoop
  let peerAddress: String

  private weak var server: HTTPServer?
  private let limits: HTTPServerLimits
  private let stream: ByteStream
  private var parser: HTTPRequestParser
  private var output = SendBuffer()
  private var watch: WatchID?
  private var phase = Phase.reading
  private var pace: RequestPace
  private var isProcessing = false
  private var peerHasFinished = false

  // Of the request being handled.
  private var request: HTTPRequest?
  private var requestNumber = 0
  private weak var exchange: HTTPExchange?
  private var closesAfterAnswer = false

  private var timer: TimerID?
  private var timerDeadline = Int64.max
  private var stallDeadline = Int64.max

  init(server: HTTPServer, stream: ByteStream, peerAddress: String) {
    self.server = server
    self.stream = stream
    self.peerAddress = peerAddress
    loop = server.loop
    limits = server.limits
    parser = HTTPRequestParser(limits: server.limits.http)
    pace = RequestPace(limits: server.limits, now: Clock.monotonicNanoseconds())
  }

  func start() {
    do throws(PlatformError) {
      watch = try loop.watch(stream.fileDescriptor, .read) { [weak self] in self?.ready($0) }
    } catch {
      return abort()
    }
    armTimer()
  }

  /// Closes at once if nothing is under way, else after the answer.
  func closeSoon() {
    switch phase {
    case .reading: if parser.isMidMessage { closesAfterAnswer = true } else { linger() }
    case .handling, .flushing: closesAfterAnswer = true
    case .streaming: abort()
    case .upgraded(let channel): channel.close(code: 1001, reason: "the server is going away")
    case .ended: return
    }
  }

  /// Closes without an answer.
  func abort() {
    if case .upgraded(let channel) = phase { return channel.abort() }
    guard let unanswered = end() else { return }
    stream.close()
    loop.enqueue { [self] in
      unanswered()
      server?.released(self)
    }
  }

  // MARK: Reading

  private func ready(_ readiness: IOReadiness) {
    if readiness.contains(.write) || stream.writeNeedsRead { flush() }
    switch phase {
    case .reading: if readiness != .write || stream.readNeedsWrite { readAvailable() }
    case .handling, .flushing, .streaming: noteHangUp(readiness)
    case .upgraded, .ended: return
    }
  }

  // A peer that has finished sending may still await the answer, unless it is an endless one.
  private func noteHangUp(_ readiness: IOReadiness) {
    if readiness.contains(.error) { return abort() }
    guard readiness.contains(.hangUp) else { return }
    if case .streaming = phase { return abort() }
    peerHasFinished = true
    updateInterest()
  }

  private func readAvailable() {
    for _ in 0..<Self.readsPerTurn {
      guard case .reading = phase else { return }
      switch unsafe stream.read(into: loop.readBuffer) {
      case .bytes(let count):
        loop.lastReadNanoseconds = Clock.monotonicNanoseconds()
        unsafe parser.append(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        pace.received(count, at: loop.lastReadNanoseconds)
        processRequests()
      case .wouldBlock: return updateInterest()
      case .closed, .failed: return abort()
      }
    }
    loop.enqueue { [self] in readAvailable() }
  }

  private func processRequests() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    while case .reading = phase {
      do throws(HTTPParseError) {
        guard let request = try parser.next() else { break }
        handle(request)
      } catch {
        refuse(error)
      }
    }
    if case .reading = phase { notePace() }
    updateInterest()
    armTimer()
  }

  private func notePace() {
    if pace.note(
      isMidMessage: parser.isMidMessage, headIsComplete: parser.headComplete,
      at: Clock.monotonicNanoseconds()), parser.expectsContinue
    {
      output.append(HTTPSerializer.continueResponse)
      flush()
    }
  }

  private func handle(_ request: HTTPRequest) {
    phase = .handling
    requestNumber += 1
    self.request = request
    if !request.keepsAlive || request.minorVersion == 0 { closesAfterAnswer = true }
    pace.messageEnded(at: Clock.monotonicNanoseconds())
    let exchange = HTTPExchange(connection: self, number: requestNumber)
    self.exchange = exchange
    guard let server else { return abort() }
    server.handler(request, exchange)
  }

  private func refuse(_ error: HTTPParseError) {
    answer(
      HTTPResponse(plain: error.message, status: error.status), closes: true, headOnly: false)
  }

  // MARK: Answering

  /// Whether the request of this number still waits for (the rest of) its answer.
  func isServing(_ number: Int) -> Bool {
    guard number == requestNumber else { return false }
    switch phase {
    case .handling, .streaming: return true
    case .reading, .flushing, .upgraded, .ended: return false
    }
  }

  func exchangeWasDropped(_ number: Int) {
    guard isServing(number) else { return }
    if case .streaming = phase { return abort() }
    respond(HTTPResponse(plain: "the request was not answered", status: 500))
  }

  func respond(_ response: HTTPResponse) {
    guard case .handling = phase else { return }
    let closes = closesAfterAnswer || server?.isClosing ?? true
    answer(response, closes: closes, headOnly: request?.method == "HEAD")
  }

  private func answer(_ response: HTTPResponse, closes: Bool, headOnly: Bool) {
    closesAfterAnswer = closes
    output.append(HTTPSerializer.bytes(response, keepAlive: !closes, headOnly: headOnly))
    finishAnswer()
  }

  private func finishAnswer() {
    phase = .flushing
    request = nil
    flush()
  }

  // The answer has left in whole.
  private func answered() {
    if closesAfterAnswer { return linger() }
    phase = .reading
    guard !isProcessing else { return }
    loop.enqueue { [self] in
      processRequests()
      readAvailable()
    }
  }

  // MARK: Streaming

  func startStream(_ head: HTTPResponse) {
    guard case .handling = phase, let request else { return }
    guard request.minorVersion > 0 else {
      return respond(HTTPResponse(plain: "a stream needs HTTP/1.1", status: 505))
    }
    if server?.isClosing ?? true { closesAfterAnswer = true }
    output.append(HTTPSerializer.streamHead(head, keepAlive: !closesAfterAnswer))
    if request.method == "HEAD" { return finishAnswer() }
    phase = .streaming
    flush()
  }

  func writeChunk(_ chunk: [UInt8]) -> Bool {
    guard case .streaming = phase, output.count + chunk.count + 32 <= limits.streamBufferBytes
    else { return false }
    output.append { HTTPSerializer.chunk(chunk, into: &$0) }
    flush()
    return isServing(requestNumber)
  }

  func endStream() {
    guard case .streaming = phase else { return }
    output.append(HTTPSerializer.lastChunk)
    finishAnswer()
  }

  // MARK: Upgrading

  func upgrade(_ options: WebSocketOptions, _ configure: (WebSocketServerConnection) -> Void) {
    guard case .handling = phase, let request else { return }
    do throws(WebSocketHandshakeError) {
      let answer = try WebSocketHandshake.response(
        to: request, sha1: Digest.sha1, protocol: agreedProtocol(request, options.protocols))
      output.append(answer)
      switchProtocols(options, configure)
    } catch {
      respond(error.response)
    }
  }

  private func agreedProtocol(_ request: HTTPRequest, _ known: [String]) -> String? {
    let offered = WebSocketHandshake.offeredProtocols(request)
    return known.first { offered.contains($0) }
  }

  private func switchProtocols(
    _ options: WebSocketOptions, _ configure: (WebSocketServerConnection) -> Void
  ) {
    if let watch { loop.unwatch(watch) }
    if let timer { loop.cancel(timer) }
    (watch, timer, self.request) = (nil, nil, nil)
    let channel = WebSocketChannel(loop: loop, stream: stream, role: .server, options: options)
    phase = .upgraded(channel)
    channel.onRelease = { [self] in
      phase = .ended
      server?.released(self)
    }
    configure(WebSocketServerConnection(channel: channel, peerAddress: peerAddress))
    channel.start(remainder: parser.takeRemainder(), unsent: output)
    output.removeAll()
  }

  // MARK: Writing and closing

  private func flush() {
    let before = output.count
    switch output.flush(to: stream) {
    case .done:
      stallDeadline = .max
      if case .flushing = phase { answered() }
    case .blocked:
      if stallDeadline == .max || output.count < before {
        stallDeadline = Deadline(afterMilliseconds: limits.writeMilliseconds).nanoseconds
        armTimer()
      }
    case .failed: return abort()
    }
    updateInterest()
  }

  private func updateInterest() {
    guard let watch else { return }
    var interest: IOInterest = peerHasFinished ? [] : .hangUp
    if case .reading = phase { interest = .read }
    if stream.writeNeedsRead { interest.insert(.read) }
    if stream.readNeedsWrite || (!output.isEmpty && !stream.writeNeedsRead) {
      interest.insert(.write)
    }
    loop.modify(watch, interest)
  }

  private func linger() {
    guard let unanswered = end() else { return }
    LingeringClose.start(stream, on: loop) { [self] in server?.released(self) }
    loop.enqueue(unanswered)
  }

  // Returns what to tell the exchange, later, that was cut off.
  private func end() -> (() -> Void)? {
    let isCutOff = isServing(requestNumber)
    if case .ended = phase { return nil }
    phase = .ended
    if let watch { loop.unwatch(watch) }
    if let timer { loop.cancel(timer) }
    (watch, timer, request) = (nil, nil, nil)
    output.removeAll()
    guard isCutOff, let exchange else { return {} }
    return {
      let onClose = exchange.onClose
      exchange.onClose = nil
      onClose?()
    }
  }

  // MARK: Time

  private var nextDeadline: Int64 {
    if case .reading = phase { return min(stallDeadline, pace.deadline(stream.isEstablished)) }
    return stallDeadline
  }

  private func armTimer() {
    let next = nextDeadline
    if case .ended = phase { return }
    guard next < timerDeadline else { return }
    if let timer { loop.cancel(timer) }
    timerDeadline = next
    timer = loop.schedule(afterNanoseconds: next - Clock.monotonicNanoseconds()) { [weak self] in
      self?.timerFired()
    }
  }

  private func timerFired() {
    timerDeadline = .max
    timer = nil
    let now = Clock.monotonicNanoseconds()
    if now >= stallDeadline { return abort() }
    if case .reading = phase {
      switch pace.verdict(at: now, isEstablished: stream.isEstablished) {
      case .sound: break
      case .silent: return linger()
      case .slow:
        answer(
          HTTPResponse(plain: "the request came too slowly", status: 408), closes: true,
          headOnly: false)
      }
    }
    armTimer()
  }
}

extension HTTPResponse {
  /// A refusal in a few words.
  fileprivate init(plain text: String, status: Int) {
    self.init(
      status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
      body: Array((text + "\n").utf8))
  }
}
