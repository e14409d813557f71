internal import Dispatch
internal import Synchronization
package import Wire

/// An HTTP client on a thread of its own, for what is not urgent and may be repeated.
///
/// HTTP/2 where the server offers it, connections kept alive, certificates always verified,
/// redirects never followed.
package final class CurlClient: Sendable {
  package typealias Completion = @Sendable (Result<HTTPResponse, CurlFailure>) -> Void

  private let engine: CurlEngine
  private let thread: WorkerThread

  package init(options: CurlOptions = CurlOptions()) throws(PlatformError) {
    let engine = try CurlEngine(options)
    self.engine = engine
    thread = WorkerThread(name: "curl") { engine.run() }
    thread.start()
  }

  deinit {
    engine.stop()
  }

  /// Sends a request; `completion` runs once, on the client's thread, and must not wait.
  package func perform(_ request: CurlRequest, _ completion: @escaping Completion) {
    if let fault = request.fault {
      completion(.failure(CurlFailure(code: 0, message: fault, bytesMayHaveLeft: false)))
      return
    }
    engine.submit(request, completion)
  }

  /// Sends a request and waits for its answer; never call it in a completion.
  package func performAndWait(_ request: CurlRequest) throws(CurlFailure) -> HTTPResponse {
    let done = DispatchSemaphore(value: 0)
    let outcome = OutcomeBox()
    perform(request) { result in
      outcome.value.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    guard let result = outcome.value.withLock({ $0 }) else {
      preconditionFailure("a completion ran without a result")
    }
    return try result.get()
  }

  /// Opens a connection ahead of need, by asking for headers only.
  package func warm(_ url: String) {
    perform(CurlRequest(method: "HEAD", url: url)) { _ in }
  }

  /// Fails what is in flight and waits for the thread to end; never call it in a completion.
  package func shutdown() {
    engine.stop()
    thread.join()
  }
}

private final class OutcomeBox: Sendable {
  let value = Mutex<Result<HTTPResponse, CurlFailure>?>(nil)
}
