internal import Glibc
internal import Wire

/// One connection of an `OrderHTTPClient`, which carries one request at a time.
///
/// The bytes of a request are handed to the stream once, from here and from nowhere else.
final class OrderHTTPLane {
  enum State {
    case closed
    case connecting
    case ready
    case busy
  }

  /// A request in flight.
  private struct Flight {
    let writtenBefore: Int
    let passenger: any OrderHTTPPassenger
  }

  /// A connection that lasted less than this, and carried nothing, counts as a failure.
  private static let soundNanoseconds: Int64 = 1_000_000_000
  private static let readsPerTurn = 16

  private(set) var state = State.closed
  /// Why the last attempt, or the last connection that came to nothing, ended.
  private(set) var lastError: PlatformError?
  private(set) var retryTime: Int64 = 0
  /// Called, never inside a call to the lane, when it became ready or closed.
  var onChange: (() -> Void)?
  /// Called when the lane has been idle for the time the options say.
  var onIdle: (() -> Void)?

  private let loop: EventLoop
  private let connector: Connector
  private let endpoint: Endpoint
  private let options: OrderHTTPOptions
  private var hostLine: [UInt8] = []
  private var stream: ByteStream?
  private var watch: WatchID?
  private var parser: HTTPResponseParser
  private var output = SendBuffer()
  private var flight: Flight?
  private var isInCall = false
  private var attempt = 0
  private var openedAt: Int64 = 0
  private var hasCarried = false
  private var failures = 0
  private var idleTimer: TimerID?

  init(loop: EventLoop, connector: Connector, endpoint: Endpoint, options: OrderHTTPOptions) {
    self.loop = loop
    self.connector = connector
    self.endpoint = endpoint
    self.options = options
    HTTPSerializer.append(name: "Host", value: Self.hostHeader(of: endpoint), to: &hostLine)
    parser = HTTPResponseParser(limits: options.responseLimits)
  }

  deinit {
    if let watch { loop.unwatch(watch) }
  }

  /// The kernel has every byte of the request in flight.
  var hasWrittenAll: Bool { flight != nil && output.isEmpty }

  // MARK: The client's calls

  func open() {
    guard case .closed = state else { return }
    state = .connecting
    attempt += 1
    let attempt = attempt
    connector.connect(
      endpoint, timeoutMilliseconds: options.connectTimeoutMilliseconds, on: loop
    ) { [weak self] in self?.connected(attempt, $0) }
  }

  /// Whether a request may go out now: the connection is up, idle, and nothing waits on it.
  ///
  /// What the server sends unasked, a close above all, ends the connection here.
  func isFit() -> Bool {
    guard case .ready = state, let stream else { return false }
    switch stream.peek() {
    case .quiet: return true
    case .closed: retire(Self.closedWhileIdle)
    case .bytes: retire(Self.spokeUnasked)
    }
    return false
  }

  /// Sends a request; the lane must be fit.
  func carry(_ request: HTTPRequest, for passenger: any OrderHTTPPassenger) {
    begin(request.method, passenger)
    output.append(HTTPSerializer.bytes(addressed(request)))
    flushInCall()
  }

  /// Sends a request that is written out but for its `Host`; the lane must be fit.
  func carry(
    _ request: PreparedRequest, in bytes: UnsafeRawBufferPointer,
    for passenger: any OrderHTTPPassenger
  ) {
    begin(request.method.text, passenger)
    unsafe output.append(UnsafeRawBufferPointer(rebasing: bytes[request.line]))
    output.append(hostLine)
    unsafe output.append(UnsafeRawBufferPointer(rebasing: bytes[request.remainder]))
    flushInCall()
  }

  private func begin(_ method: String, _ passenger: any OrderHTTPPassenger) {
    guard case .ready = state, let stream else {
      preconditionFailure("a lane carries one request at a time")
    }
    if let idleTimer { loop.cancel(idleTimer) }
    idleTimer = nil
    state = .busy
    hasCarried = true
    parser.expect(method: method)
    flight = Flight(writtenBefore: stream.bytesWritten, passenger: passenger)
  }

  private func flushInCall() {
    isInCall = true
    flush()
    isInCall = false
  }

  /// Gives up on the request in flight and on the connection, since its answer may still come.
  func giveUp(_ error: PlatformError) {
    isInCall = true
    fail(error)
    isInCall = false
  }

  /// Closes the connection and makes no other.
  func close(_ error: PlatformError) {
    attempt += 1
    giveUp(error)
    disconnect()
  }

  private func addressed(_ request: HTTPRequest) -> HTTPRequest {
    guard request.headers["Host"] == nil else { return request }
    var request = request
    request.headers.set("Host", Self.hostHeader(of: endpoint))
    return request
  }

  private static func hostHeader(of endpoint: Endpoint) -> String {
    let usualPort = endpoint.tls == nil ? 80 : 443
    let name = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
    return endpoint.port == usualPort ? name : endpoint.authority
  }

  // MARK: Connecting

  private func connected(_ attempt: Int, _ result: Result<ByteStream, PlatformError>) {
    guard attempt == self.attempt, case .connecting = state else { return }
    do throws(PlatformError) {
      let stream = try result.get()
      watch = try loop.watch(stream.fileDescriptor, .read) { [weak self] in self?.ready($0) }
      self.stream = stream
    } catch {
      backOff(error)
      state = .closed
      return announce()
    }
    parser = HTTPResponseParser(limits: options.responseLimits)
    openedAt = Clock.monotonicNanoseconds()
    hasCarried = false
    becomeReady()
    announce()
  }

  private func becomeReady() {
    state = .ready
    awaitIdle(milliseconds: options.idleMilliseconds)
  }

  /// Asks for `onIdle` after so long without a request.
  func awaitIdle(milliseconds: Int) {
    guard case .ready = state, idleTimer == nil else { return }
    let nanoseconds = Deadline(afterMilliseconds: max(milliseconds, 1)).remainingNanoseconds
    idleTimer = loop.schedule(afterNanoseconds: nanoseconds) { [weak self] in
      self?.idleTimer = nil
      self?.onIdle?()
    }
  }

  /// Replaces a connection that has been idle for long.
  func refresh() {
    guard case .ready = state else { return }
    failures = 0
    hasCarried = true
    retire(PlatformError(operation: "wait", detail: "the connection was idle for long"))
  }

  private func backOff(_ error: PlatformError) {
    lastError = error
    let doubled = options.reconnectMilliseconds << min(failures, 16)
    let milliseconds = min(doubled, options.maximumReconnectMilliseconds)
    failures += 1
    retryTime = Deadline(afterMilliseconds: milliseconds).nanoseconds
  }

  // MARK: In flight

  private func ready(_ readiness: IOReadiness) {
    switch state {
    case .ready: _ = isFit()
    case .busy:
      if readiness.contains(.write) || stream?.writeNeedsRead == true { flush() }
      if readiness != .write || stream?.readNeedsWrite == true { readAvailable() }
    case .closed, .connecting: return
    }
  }

  private func flush() {
    guard let stream, flight != nil else { return }
    switch output.flush(to: stream) {
    case .done, .blocked: updateInterest()
    case .failed(let error):
      // A server that refuses early answers first and closes then.
      readAvailable()
      fail(error)
    }
  }

  private func readAvailable() {
    for _ in 0..<Self.readsPerTurn {
      guard case .busy = state, let stream else { return }
      switch unsafe stream.read(into: loop.readBuffer) {
      case .bytes(let count):
        loop.lastReadNanoseconds = Clock.monotonicNanoseconds()
        unsafe parser.append(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        parse()
      case .wouldBlock: return updateInterest()
      case .closed: return finishAtClose()
      case .failed(let error): return fail(error)
      }
    }
    loop.enqueue { [weak self] in self?.readAvailable() }
  }

  private func parse() {
    do throws(HTTPParseError) {
      if let response = try parser.next() { complete(response) }
    } catch {
      fail(PlatformError(operation: "read the answer", detail: "\(error)"))
    }
  }

  private func finishAtClose() {
    do throws(HTTPParseError) {
      if let response = try parser.finish() { return complete(response) }
    } catch {
      return fail(
        PlatformError(
          operation: "read the answer", detail: "the connection was closed within it: \(error)"))
    }
    fail(
      PlatformError(
        operation: "read the answer", detail: "the connection was closed before it came"))
  }

  private func complete(_ response: HTTPResponse) {
    let passenger = takePassenger()
    let lives =
      response.keepsAlive && response.status != 101 && output.isEmpty && !parser.isMidMessage
    if lives { becomeReady() } else { disconnect() }
    deliver(passenger, .answered(response))
    announce()
  }

  private func fail(_ error: PlatformError) {
    guard let flight, let stream else { return }
    let written = stream.bytesWritten - flight.writtenBefore
    let passenger = takePassenger()
    lastError = error
    disconnect()
    deliver(passenger, .unknown(error, bytesWritten: written))
    announce()
  }

  private func takePassenger() -> (any OrderHTTPPassenger)? {
    defer { flight = nil }
    return flight?.passenger
  }

  private func deliver(_ passenger: (any OrderHTTPPassenger)?, _ outcome: OrderHTTPOutcome) {
    guard let passenger else { return }
    if isInCall {
      loop.enqueue { passenger.finish(outcome) }
    } else {
      passenger.finish(outcome)
    }
  }

  // MARK: Closing

  private static let closedWhileIdle = PlatformError(
    operation: "wait", detail: "the server closed the idle connection")
  private static let spokeUnasked = PlatformError(
    operation: "wait", detail: "the server sent bytes that were not asked for")

  private func retire(_ error: PlatformError) {
    lastError = error
    disconnect()
    announce()
  }

  private func disconnect() {
    guard let stream else { return }
    if let watch { loop.unwatch(watch) }
    if let idleTimer { loop.cancel(idleTimer) }
    (watch, idleTimer) = (nil, nil)
    stream.close()
    self.stream = nil
    output = SendBuffer()
    state = .closed
    let age = Clock.monotonicNanoseconds() - openedAt
    if hasCarried || age >= Self.soundNanoseconds {
      failures = 0
      retryTime = 0
    } else {
      backOff(lastError ?? Self.closedWhileIdle)
    }
  }

  private func updateInterest() {
    guard let watch, let stream else { return }
    let writes = stream.readNeedsWrite || (!output.isEmpty && !stream.writeNeedsRead)
    loop.modify(watch, writes ? [.read, .write] : .read)
  }

  private func announce() {
    loop.enqueue { [weak self] in self?.onChange?() }
  }
}
