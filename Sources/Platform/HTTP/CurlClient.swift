internal import CPlatform
internal import Dispatch
internal import Synchronization
package import Wire

/// HTTP for everything that may be repeated: libcurl's multi interface on a thread of its own.
///
/// Connections are kept alive and shared; TLS is verified; redirects are not followed. Never for
/// orders: libcurl sends a POST again by itself when a kept connection dies.
@safe package final class CurlClient: @unchecked Sendable {
  package typealias Completion = @Sendable (Result<HTTPResponse, CurlFailure>) -> Void

  private struct Waiting: Sendable {
    var request: CurlRequest
    var completion: Completion
  }

  private struct State {
    var waiting: [Waiting] = []
    var isShutDown = false
  }

  private let curl: OpaquePointer
  private let state = Mutex(State())
  private var running: [UInt64: Completion] = [:]
  private var nextToken: UInt64 = 1
  private var worker: WorkerThread?

  package init(options: CurlOptions = CurlOptions()) throws(PlatformError) {
    let handle = unsafe sluice_curl_new(options.caFile, options.proxy, options.userAgent)
    guard let handle = unsafe handle else {
      throw PlatformError(operation: "set up libcurl", detail: "out of memory")
    }
    unsafe curl = handle
    let thread = WorkerThread(name: "curl") { [unowned self] in run() }
    worker = thread
    thread.start()
  }

  deinit {
    shutdown()
    unsafe sluice_curl_free(curl)
  }

  /// The completion runs on the client's own thread, exactly once.
  package func perform(_ request: CurlRequest, _ completion: @escaping Completion) {
    let isTaken = state.withLock { state in
      guard !state.isShutDown else { return false }
      state.waiting.append(Waiting(request: request, completion: completion))
      return true
    }
    guard isTaken else {
      completion(.failure(Self.shutDown))
      return
    }
    unsafe sluice_curl_wake(curl)
  }

  package func performAndWait(_ request: CurlRequest) throws(CurlFailure) -> HTTPResponse {
    let done = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<HTTPResponse, CurlFailure>>(.failure(Self.shutDown))
    perform(request) { result in
      answer.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    return try answer.withLock { $0 }.get()
  }

  /// Opens a connection ahead of need; the answer is of no interest.
  package func warm(_ url: String) {
    perform(CurlRequest(method: "HEAD", url: url)) { _ in }
  }

  /// Ends the thread; what is under way fails.
  package func shutdown() {
    let worker = state.withLock { state in
      state.isShutDown = true
      defer { self.worker = nil }
      return self.worker
    }
    unsafe sluice_curl_wake(curl)
    worker?.join()
  }

  private static let shutDown = CurlFailure(
    code: 42, message: "the HTTP client was shut down", bytesMayHaveLeft: false)

  // MARK: The thread

  private func run() {
    while takeWaiting() {
      guard unsafe sluice_curl_step(curl, 1000) else { break }
      finishTransfers()
    }
    for completion in running.values {
      completion(
        .failure(CurlFailure(code: 42, message: "shut down", bytesMayHaveLeft: true)))
    }
    running.removeAll()
  }

  /// - Returns: `false` when the client was shut down.
  private func takeWaiting() -> Bool {
    let (waiting, isShutDown) = state.withLock { state in
      defer { state.waiting.removeAll() }
      return (state.waiting, state.isShutDown)
    }
    for entry in waiting {
      if isShutDown {
        entry.completion(.failure(Self.shutDown))
      } else {
        start(entry)
      }
    }
    return !isShutDown
  }

  private func start(_ entry: Waiting) {
    let token = nextToken
    nextToken += 1
    guard let transfer = unsafe makeTransfer(entry.request, token: token) else {
      entry.completion(
        .failure(
          CurlFailure(
            code: 43, message: "libcurl refuses the request to \(entry.request.url)",
            bytesMayHaveLeft: false)))
      return
    }
    running[token] = entry.completion
    guard unsafe sluice_transfer_start(curl, transfer) else {
      unsafe sluice_transfer_free(transfer)
      running.removeValue(forKey: token)?(
        .failure(
          CurlFailure(code: 43, message: "libcurl is out of memory", bytesMayHaveLeft: false)))
      return
    }
  }

  private func makeTransfer(_ request: CurlRequest, token: UInt64) -> OpaquePointer? {
    let transfer = unsafe request.method.withCString { method in
      unsafe request.url.withCString { url in
        unsafe request.body.withUnsafeBytes { body in
          var form = unsafe sluice_curl_request()
          unsafe form.method = method
          unsafe form.url = url
          unsafe form.body = body.baseAddress
          unsafe form.body_count = body.count
          unsafe form.connect_timeout_milliseconds = Int64(request.connectTimeoutMilliseconds)
          unsafe form.timeout_milliseconds = Int64(request.timeoutMilliseconds)
          unsafe form.maximum_response_bytes = request.maximumResponseBytes
          unsafe form.fresh_connection = request.usesFreshConnection
          return unsafe sluice_transfer_new(curl, &form, token)
        }
      }
    }
    guard let transfer = unsafe transfer else { return nil }
    for header in request.headers.pairs {
      guard unsafe sluice_transfer_add_header(transfer, "\(header.name): \(header.value)") else {
        unsafe sluice_transfer_free(transfer)
        return nil
      }
    }
    return unsafe transfer
  }

  private func finishTransfers() {
    var result = unsafe sluice_curl_result()
    while unsafe sluice_curl_finished(curl, &result) {
      let token = unsafe result.token
      let answer = unsafe Self.answer(of: result)
      unsafe sluice_transfer_free(result.transfer)
      running.removeValue(forKey: token)?(answer)
    }
  }

  private static func answer(
    of result: sluice_curl_result
  ) -> Result<HTTPResponse, CurlFailure> {
    guard unsafe result.code == 0 else {
      let message = unsafe withUnsafePointer(to: result.message) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      return .failure(
        CurlFailure(
          code: unsafe result.code, message: message,
          bytesMayHaveLeft: unsafe result.bytes_may_have_left))
    }
    let head = unsafe text(result.head, result.head_count)
    let lines = head.split(separator: "\r\n")
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      headers.add(String(line[..<colon]), String(value))
    }
    let reason = lines.first?.split(separator: " ", maxSplits: 2).dropFirst(2).first ?? ""
    let body = unsafe Array(
      UnsafeRawBufferPointer(start: result.body, count: result.body_count))
    return .success(
      HTTPResponse(
        status: Int(unsafe result.status), reason: String(reason), headers: headers, body: body))
  }

  private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
}
