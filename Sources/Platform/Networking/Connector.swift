internal import Dispatch
internal import Glibc
internal import Synchronization

/// Opens connections on helper threads, so that a loop never waits for names or handshakes.
///
/// More threads join when all are busy, up to a limit: a venue that answers nobody must not hold up
/// the way to another.
package final class Connector: Sendable {
  private let pool: DialerPool

  package init(threads: Int = 2) {
    pool = DialerPool(minimum: max(threads, 1))
  }

  deinit {
    pool.stop()
  }

  /// Connects to `endpoint` and calls `completion` on `loop`, once.
  ///
  /// The time covers everything: name, TCP, proxy and TLS handshake.
  package func connect(
    _ endpoint: Endpoint, timeoutMilliseconds: Int, on loop: EventLoop,
    _ completion: @escaping (Result<ByteStream, PlatformError>) -> Void
  ) {
    let attempt = ConnectAttempt(loop, completion)
    attempt.expire(endpoint, afterMilliseconds: timeoutMilliseconds)
    let job = DialerPool.Job(
      endpoint: endpoint, deadline: Deadline(afterMilliseconds: timeoutMilliseconds)
    ) { result in
      loop.submit { attempt.finish(result) }
    }
    guard !pool.add(job) else { return }
    loop.enqueue {
      attempt.finish(
        .failure(
          PlatformError(
            operation: "connect to \(endpoint.authority)",
            detail: "too many connections are being opened")))
    }
  }
}

/// The loop's side of a connect.
///
/// Confined to the loop, though a helper thread carries it back.
private final class ConnectAttempt: @unchecked Sendable {
  // A name lookup cannot be stopped; the others report their own timeout a little earlier.
  private static let graceNanoseconds: Int64 = 50_000_000

  private let loop: EventLoop
  private var completion: ((Result<ByteStream, PlatformError>) -> Void)?
  private var timer: TimerID?

  init(_ loop: EventLoop, _ completion: @escaping (Result<ByteStream, PlatformError>) -> Void) {
    self.loop = loop
    self.completion = completion
  }

  func expire(_ endpoint: Endpoint, afterMilliseconds milliseconds: Int) {
    let nanoseconds = Deadline(afterMilliseconds: milliseconds).remainingNanoseconds
    timer = loop.schedule(
      afterNanoseconds: nanoseconds.addingReportingOverflow(Self.graceNanoseconds).partialValue
    ) { [self] in
      finish(
        .failure(
          PlatformError(operation: "connect to \(endpoint.authority)", code: ETIMEDOUT)))
    }
  }

  // A stream that comes too late is closed as it is let go.
  func finish(_ result: Result<ByteStream, PlatformError>) {
    guard let completion else { return }
    self.completion = nil
    if let timer { loop.cancel(timer) }
    timer = nil
    completion(result)
  }
}

private final class DialerPool: Sendable {
  struct Job: Sendable {
    let endpoint: Endpoint
    let deadline: Deadline
    let completion: @Sendable (Result<ByteStream, PlatformError>) -> Void
  }

  private struct State {
    var jobs: [Job] = []
    var threads = 0
    var idle = 0
    var isStopped = false
  }

  private static let maximum = 16
  private static let queueLimit = 1024
  private static let idleSeconds = 30

  private let minimum: Int
  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)
  private let resolver = AddressResolver()

  init(minimum: Int) {
    self.minimum = min(minimum, Self.maximum)
  }

  func add(_ job: Job) -> Bool {
    let (accepted, grows) = state.withLock { state in
      guard state.jobs.count < Self.queueLimit else { return (false, false) }
      state.jobs.append(job)
      let grows = state.jobs.count > state.idle && state.threads < Self.maximum
      if grows { state.threads += 1 }
      return (true, grows)
    }
    if grows { WorkerThread(name: "connector") { [self] in work() }.start() }
    if accepted { available.signal() }
    return accepted
  }

  func stop() {
    let threads = state.withLock { state in
      state.isStopped = true
      return state.threads
    }
    for _ in 0..<threads { available.signal() }
  }

  private enum Turn {
    case job(Job)
    case nothing
    case leave
  }

  private func work() {
    while true {
      switch nextTurn() {
      case .job(let job): run(job)
      case .nothing: continue
      case .leave: return
      }
    }
  }

  private func nextTurn() -> Turn {
    state.withLock { $0.idle += 1 }
    let timedOut =
      available.wait(timeout: .now() + .seconds(Self.idleSeconds)) == .timedOut
    return state.withLock { state in
      state.idle -= 1
      if state.isStopped || (timedOut && state.jobs.isEmpty && state.threads > minimum) {
        state.threads -= 1
        return .leave
      }
      return state.jobs.isEmpty ? .nothing : .job(state.jobs.removeFirst())
    }
  }

  private func run(_ job: Job) {
    do throws(PlatformError) {
      let dialer = Dialer(endpoint: job.endpoint, deadline: job.deadline, resolver: resolver)
      job.completion(.success(try dialer.dial()))
    } catch {
      job.completion(.failure(error))
    }
  }
}
