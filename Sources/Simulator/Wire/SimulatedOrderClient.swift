internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// Sends requests that must not leave twice, over a few connections, one request at a time each.
///
/// The rules are those of the service's own client: a request waits for a free connection, is
/// refused at once when none is up or on its way, and is never written again.
final class SimulatedOrderClient {
  private static let timeout: Int64 = 12_000_000_000
  private static let connectTimeout: Int64 = 5_000_000_000
  private static let firstPause: Int64 = 100_000_000
  private static let longestPause: Int64 = 10_000_000_000

  private final class Job {
    let request: HTTPRequest
    let tag: RequestTag
    var isDone = false
    weak var lane: Lane?

    init(_ request: HTTPRequest, _ tag: RequestTag) {
      self.request = request
      self.tag = tag
    }
  }

  private final class Lane {
    enum State { case closed, connecting, ready, busy }
    var state = State.closed
    var connection: SimulatedConnection?
    var job: Job?
    var retryTime: Int64 = 0
    var failures = 0
  }

  private unowned let gateway: SimulatedGateway
  private let network: SimulatedNetwork
  private var lanes: [Lane] = []
  private var queue: [Job] = []

  init(lanes: Int, gateway: SimulatedGateway) {
    self.gateway = gateway
    network = gateway.network
    for _ in 0..<lanes { self.lanes.append(Lane()) }
    for lane in self.lanes { open(lane) }
  }

  func send(_ request: HTTPRequest, tag: RequestTag) {
    let job = Job(request, tag)
    queue.append(job)
    network.after(Self.timeout) { [weak self] in self?.expire(job) }
    pump()
  }

  /// The process is gone.
  func die() {
    for lane in lanes { lane.connection?.die(.router) }
  }

  // MARK: Carrying

  private func pump() {
    while !queue.isEmpty, let lane = lanes.first(where: { $0.state == .ready }) {
      carry(queue.removeFirst(), lane)
    }
    guard !queue.isEmpty else { return }
    for lane in lanes where lane.state == .closed && lane.retryTime <= network.now { open(lane) }
    guard lanes.allSatisfy({ $0.state == .closed }) else { return }
    let waiting = queue
    queue = []
    for job in waiting { finish(job, .notSent("no connection")) }
  }

  private func carry(_ job: Job, _ lane: Lane) {
    guard let connection = lane.connection else { return }
    guard gateway.driver.mayLeave(job.tag) else {
      return finish(job, .notSent("withdrawn before it was sent"))
    }
    lane.state = .busy
    lane.job = job
    job.lane = lane
    let server = gateway.server
    network.write(connection) { [weak self] in
      server.receive(job.request, over: connection) { response in
        self?.answered(lane, job, response)
      }
    }
  }

  private func answered(_ lane: Lane, _ job: Job, _ response: HTTPResponse) {
    guard gateway.isAlive, lane.job === job else { return }
    lane.job = nil
    lane.state = .ready
    lane.failures = 0
    job.isDone = true
    gateway.driver.answered(job.tag, response)
    pump()
  }

  private func expire(_ job: Job) {
    guard gateway.isAlive, !job.isDone else { return }
    if let lane = job.lane, lane.job === job {
      let connection = lane.connection
      lost(lane, "no answer in time")
      connection?.close(from: .router)
    } else {
      queue.removeAll { $0 === job }
      finish(job, .notSent("no connection in time"))
    }
  }

  /// Completions never come inside the call that asked for them.
  private func finish(_ job: Job, _ failure: TransportFailure) {
    job.isDone = true
    network.after(0) { [weak self] in
      guard let self, gateway.isAlive else { return }
      gateway.driver.failed(job.tag, failure)
    }
  }

  // MARK: Lanes

  private func open(_ lane: Lane) {
    lane.state = .connecting
    let server = gateway.server
    network.connect(
      timeout: Self.connectTimeout, decide: { _ in server.accepts() },
      done: { [weak self] connection in
        guard let self, gateway.isAlive else {
          connection?.die(.router)
          return
        }
        opened(lane, connection)
      })
  }

  private func opened(_ lane: Lane, _ connection: SimulatedConnection?) {
    guard let connection else { return lost(lane, "refused") }
    connection.onClose[WireSide.router.rawValue] = { [weak self] in
      guard let self, gateway.isAlive, lane.connection === connection else { return }
      lost(lane, "the connection broke")
    }
    lane.connection = connection
    lane.state = .ready
    pump()
  }

  private func lost(_ lane: Lane, _ reason: String) {
    lane.state = .closed
    lane.connection = nil
    let pause = min(Self.firstPause << Int64(min(lane.failures, 16)), Self.longestPause)
    lane.failures += 1
    lane.retryTime = network.now + pause
    network.after(pause) { [weak self] in
      guard let self, gateway.isAlive, lane.state == .closed else { return }
      open(lane)
    }
    if let job = lane.job {
      lane.job = nil
      finish(job, .unknown(reason))
    }
    pump()
  }
}
