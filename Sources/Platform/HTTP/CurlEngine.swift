internal import CPlatform
internal import Glibc
internal import Synchronization
internal import Wire

/// The multi handle of libcurl and the loop that drives it.
///
/// The handle is touched by the thread in `run` only, but for the wake-up, which libcurl allows from
/// any thread.
@safe final class CurlEngine: @unchecked Sendable {
  private struct Submission {
    let request: CurlRequest
    let completion: CurlClient.Completion
  }

  private struct Inbox {
    var submissions: [Submission] = []
    var isStopped = false
  }

  private let curl: OpaquePointer
  private let inbox = Mutex(Inbox())
  // Confined to the thread in `run`.
  private var inFlight: [UInt64: (transfer: CurlTransfer, completion: CurlClient.Completion)] = [:]
  private var lastToken: UInt64 = 0

  init(_ options: CurlOptions) throws(PlatformError) {
    guard let curl = unsafe sluice_curl_new(options.caFile, options.proxy, options.userAgent)
    else { throw PlatformError(operation: "start libcurl", detail: "out of memory") }
    unsafe self.curl = curl
  }

  deinit {
    unsafe sluice_curl_free(curl)
  }

  /// Takes a request from any thread.
  func submit(_ request: CurlRequest, _ completion: @escaping CurlClient.Completion) {
    let isTaken = inbox.withLock { inbox in
      if inbox.isStopped { return false }
      inbox.submissions.append(Submission(request: request, completion: completion))
      return true
    }
    if isTaken {
      unsafe sluice_curl_wake(curl)
    } else {
      completion(.failure(Self.stopped(bytesMayHaveLeft: false)))
    }
  }

  /// Makes `run` return soon.
  func stop() {
    inbox.withLock { $0.isStopped = true }
    unsafe sluice_curl_wake(curl)
  }

  /// Serves requests until `stop`.
  func run() {
    while true {
      let (submissions, isStopped) = inbox.withLock { inbox in
        defer { inbox.submissions.removeAll() }
        return (inbox.submissions, inbox.isStopped)
      }
      submissions.forEach(start)
      if isStopped { break }
      if unsafe !sluice_curl_step(curl, 1000) {
        abandon("libcurl failed")
        usleep(100_000)
      }
      deliver()
    }
    abandon("the client was shut down")
  }

  private func start(_ submission: Submission) {
    lastToken += 1
    guard let transfer = makeTransfer(submission.request, token: lastToken) else {
      submission.completion(
        .failure(
          CurlFailure(code: 27, message: "libcurl refused the request", bytesMayHaveLeft: false)))
      return
    }
    inFlight[lastToken] = (transfer, submission.completion)
  }

  private func makeTransfer(_ request: CurlRequest, token: UInt64) -> CurlTransfer? {
    let created = unsafe request.body.withUnsafeBytes { body in
      unsafe request.method.withCString { method in
        unsafe request.url.withCString { url in
          var plain = unsafe sluice_curl_request(
            method: method, url: url, body: body.baseAddress, body_count: body.count,
            connect_timeout_milliseconds: Int64(request.connectTimeoutMilliseconds),
            timeout_milliseconds: Int64(request.timeoutMilliseconds),
            maximum_response_bytes: max(0, request.maximumResponseBytes),
            fresh_connection: request.usesFreshConnection)
          return unsafe sluice_transfer_new(curl, &plain, token)
        }
      }
    }
    guard let pointer = unsafe created else { return nil }
    let transfer = unsafe CurlTransfer(pointer)
    let isComplete = CurlHeaders.lines(of: request.headers).allSatisfy(transfer.addHeader)
    return unsafe isComplete && sluice_transfer_start(curl, pointer) ? transfer : nil
  }

  private func deliver() {
    var result = unsafe sluice_curl_result()
    while unsafe sluice_curl_finished(curl, &result) {
      let outcome = unsafe Self.outcome(of: result)
      unsafe inFlight.removeValue(forKey: result.token)?.completion(outcome)
    }
  }

  private static func outcome(
    of result: sluice_curl_result
  ) -> Result<HTTPResponse, CurlFailure> {
    guard unsafe result.code == 0 else {
      return unsafe .failure(
        CurlFailure(
          code: result.code,
          message: result.too_large ? "the answer is larger than allowed" : message(of: result),
          bytesMayHaveLeft: result.bytes_may_have_left))
    }
    let head = unsafe UnsafeRawBufferPointer(start: result.head, count: result.head_count)
    let body = unsafe UnsafeRawBufferPointer(start: result.body, count: result.body_count)
    let (reason, headers) = unsafe CurlHeaders.parse(Array(head))
    return unsafe .success(
      HTTPResponse(
        status: Int(result.status), reason: reason, headers: headers, body: Array(body)))
  }

  private static func message(of result: sluice_curl_result) -> String {
    unsafe withUnsafeBytes(of: result.message) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private func abandon(_ reason: String) {
    let completions = inFlight.values.map(\.completion)
    inFlight = [:]
    for completion in completions {
      completion(.failure(CurlFailure(code: 42, message: reason, bytesMayHaveLeft: true)))
    }
  }

  private static func stopped(bytesMayHaveLeft: Bool) -> CurlFailure {
    CurlFailure(
      code: 42, message: "the client was shut down", bytesMayHaveLeft: bytesMayHaveLeft)
  }
}

/// A transfer of libcurl, which leaves the multi handle when it is freed.
@safe private final class CurlTransfer {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) {
    unsafe self.pointer = pointer
  }

  deinit {
    unsafe sluice_transfer_free(pointer)
  }

  func addHeader(_ line: String) -> Bool {
    unsafe sluice_transfer_add_header(pointer, line)
  }
}
