internal import Glibc
package import Wire

/// Sends requests that must not leave twice: orders, cancels, and questions about them.
///
/// A few connections ("lanes") are kept open to one endpoint. A request waits for a lane that is
/// free and whose peer has not closed it, is written there once, and is never written again,
/// whatever happens. Confined to its loop; a completion comes exactly once and never inside `send`.
package final class OrderHTTPClient {
  private typealias Job = OrderHTTPJob

  /// Idle jobs kept for their memory; more requests than that are seldom under way.
  private static let keptJobs = 64

  /// Called inside `send` or later, right after a lane has handed the last byte of the request that
  /// was prepared last to the kernel; not if the kernel takes the rest of it only later.
  package var onWritten: (() -> Void)?
  /// Whose the prepared requests are.
  package weak var owner: (any OrderHTTPOwner)?

  private let loop: EventLoop
  private let options: OrderHTTPOptions
  private let operation: String
  private var lanes: [OrderHTTPLane] = []
  private var queue: [Job] = []
  private var idleJobs: [Job] = []
  private var isWarm = false
  private var isClosed = false
  private var isPumping = false
  private var reopenTimer: TimerID?

  package init(
    loop: EventLoop, connector: Connector, endpoint: Endpoint, lanes: Int,
    options: OrderHTTPOptions = OrderHTTPOptions()
  ) {
    self.loop = loop
    self.options = options
    operation = "request to \(endpoint.authority)"
    for _ in 0..<max(lanes, 1) {
      let lane = OrderHTTPLane(
        loop: loop, connector: connector, endpoint: endpoint, options: options)
      lane.onChange = { [weak self] in self?.laneChanged() }
      lane.onIdle = { [weak self, weak lane] in if let lane { self?.laneIsIdle(lane) } }
      self.lanes.append(lane)
    }
  }

  // What is in flight or waits still gets its outcome.
  deinit {
    close()
  }

  /// Lanes that could take a request now, as far as is known without asking the sockets.
  package var readyLanes: Int {
    lanes.count { if case .ready = $0.state { true } else { false } }
  }

  /// Requests that wait for a lane.
  package var waitingRequests: Int { queue.count }

  /// Why the last connection that came to nothing did so.
  package var lastError: PlatformError? { lanes.compactMap(\.lastError).last }

  /// Opens all lanes ahead of need and keeps them open.
  package func warm() {
    guard !isClosed else { return }
    isWarm = true
    laneChanged()
  }

  /// Sends a request once.
  ///
  /// The time covers the wait for a lane as well. When it is over, a request still waiting was not
  /// sent, and one in flight is unknown.
  package func send(
    _ request: HTTPRequest, timeoutMilliseconds: Int,
    _ completion: @escaping (OrderHTTPOutcome) -> Void
  ) {
    send(preparing: { request }, timeoutMilliseconds: timeoutMilliseconds, completion)
  }

  /// Sends a request that is built, and signed, only when a lane takes it.
  ///
  /// `prepare` returns nil to withdraw it; the outcome is then `.notSent`.
  package func send(
    preparing prepare: @escaping () -> HTTPRequest?, timeoutMilliseconds: Int,
    _ completion: @escaping (OrderHTTPOutcome) -> Void
  ) {
    enqueue(Job(prepare, completion, on: loop), timeoutMilliseconds: timeoutMilliseconds)
  }

  /// Sends a request that is written out already, from bytes that are lent for the call.
  ///
  /// The `owner` hears under `ticket` what became of it, and is asked before the bytes leave.
  package func send(
    _ request: PreparedRequest, in bytes: UnsafeRawBufferPointer, ticket: Int,
    timeoutMilliseconds: Int
  ) {
    let job = idleJobs.popLast() ?? Job(preparedOn: loop)
    unsafe job.take(request, in: bytes, ticket: ticket, client: self, owner: owner)
    enqueue(job, timeoutMilliseconds: timeoutMilliseconds)
  }

  private func enqueue(_ job: Job, timeoutMilliseconds: Int) {
    guard !isClosed else { return refuse(job, "the client is closed") }
    guard queue.count < options.queueLimit else {
      return refuse(job, "\(queue.count) requests wait already")
    }
    let timeout = Deadline(afterMilliseconds: timeoutMilliseconds).remainingNanoseconds
    job.client = self
    job.timer = loop.schedule(afterNanoseconds: timeout, job.onTimeout)
    queue.append(job)
    pump()
  }

  /// Closes all lanes; what waits was not sent, what is in flight is unknown.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    let error = PlatformError(operation: operation, detail: "the client was closed")
    failWaiting(error)
    for lane in lanes { lane.close(error) }
    if let reopenTimer { loop.cancel(reopenTimer) }
  }

  // MARK: Carrying

  private func pump() {
    // `prepare` may call `send`, whose request then joins the queue this loop is working on.
    guard !isPumping else { return }
    isPumping = true
    defer { isPumping = false }
    while !queue.isEmpty, let lane = lanes.first(where: { $0.isFit() }) {
      carry(queue.removeFirst(), on: lane)
    }
    if !queue.isEmpty { openForWaiting() }
  }

  private func carry(_ job: Job, on lane: OrderHTTPLane) {
    switch job.content {
    case .made(let prepare, _):
      guard let request = prepare() else { return withdraw(job) }
      job.place = .carried(lane)
      lane.carry(request, for: job)
    case .prepared(let request, let ticket):
      guard let owner = job.owner, owner.mayLeave(ticket) else { return withdraw(job) }
      job.place = .carried(lane)
      unsafe job.bytes.withUnsafeBytes { unsafe lane.carry(request, in: $0, for: job) }
    }
    if lane.hasWrittenAll { onWritten?() }
  }

  private func withdraw(_ job: Job) {
    job.place = .done
    refuse(job, "withdrawn before it was sent")
  }

  private func refuse(_ job: Job, _ detail: String) {
    let error = PlatformError(operation: operation, detail: detail)
    loop.enqueue { job.finish(.notSent(error)) }
  }

  /// Takes back a job that has ended.
  func recycle(_ job: OrderHTTPJob) {
    guard idleJobs.count < Self.keptJobs else { return }
    idleJobs.append(job)
  }

  func expire(_ job: OrderHTTPJob) {
    job.timer = nil
    let error = PlatformError(operation: operation, code: ETIMEDOUT)
    switch job.place {
    case .waiting:
      queue.removeAll { $0 === job }
      job.finish(.notSent(error))
    case .carried(let lane): lane.giveUp(error)
    case .done: return
    }
  }

  private func failWaiting(_ error: PlatformError) {
    let waiting = queue
    queue = []
    for job in waiting {
      job.place = .done
      loop.enqueue { job.finish(.notSent(error)) }
    }
  }

  // MARK: Lanes

  private func laneChanged() {
    guard !isClosed else { return }
    pump()
    if isWarm { keepOpen() }
  }

  // Each waiting request may open one lane. When none is up or on its way, waiting is no use: the
  // sender is told at once, while the market is still where it was.
  private func openForWaiting() {
    let now = Clock.monotonicNanoseconds()
    var wanted = queue.count - count { if case .connecting = $0 { true } else { false } }
    for lane in lanes where wanted > 0 {
      guard case .closed = lane.state, lane.retryTime <= now else { continue }
      lane.open()
      wanted -= 1
    }
    guard count({ if case .closed = $0 { false } else { true } }) == 0 else { return }
    let reason = lanes.compactMap(\.lastError).last
    failWaiting(
      PlatformError(
        operation: operation, code: reason?.code ?? 0,
        detail: "no connection; the last attempt: \(reason.map { "\($0)" } ?? "none")"))
  }

  private func count(_ condition: (OrderHTTPLane.State) -> Bool) -> Int {
    lanes.count { condition($0.state) }
  }

  private func hasReadyLane(besides lane: OrderHTTPLane) -> Bool {
    lanes.contains { other in
      if case .ready = other.state { other !== lane } else { false }
    }
  }

  private func keepOpen() {
    let now = Clock.monotonicNanoseconds()
    var next = Int64.max
    for lane in lanes {
      guard case .closed = lane.state else { continue }
      if lane.retryTime <= now { lane.open() } else { next = min(next, lane.retryTime) }
    }
    if let reopenTimer { loop.cancel(reopenTimer) }
    reopenTimer = nil
    guard next < .max else { return }
    reopenTimer = loop.schedule(afterNanoseconds: next - now) { [weak self] in
      self?.reopenTimer = nil
      self?.laneChanged()
    }
  }

  private func laneIsIdle(_ lane: OrderHTTPLane) {
    // Lanes that were opened together would all be away at once, with none left for an order.
    guard lanes.count == 1 || hasReadyLane(besides: lane) else {
      return lane.awaitIdle(milliseconds: options.idleMilliseconds / 8)
    }
    guard let ping = options.keepAlivePing else { return lane.refresh() }
    guard lane.isFit() else { return }
    let timeout = Deadline(afterMilliseconds: options.keepAlivePingTimeoutMilliseconds)
    let operation = operation
    let timer = loop.schedule(afterNanoseconds: timeout.remainingNanoseconds) { [weak lane] in
      lane?.giveUp(PlatformError(operation: "ping before \(operation)", code: ETIMEDOUT))
    }
    lane.carry(ping, for: OrderHTTPPing { [loop] in loop.cancel(timer) })
  }
}
