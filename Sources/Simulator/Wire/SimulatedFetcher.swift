internal import VenueAdapters
internal import Wire

/// Sends requests that may be repeated, each over a connection of its own, and repeats some.
final class SimulatedFetcher {
  private static let timeout: Int64 = 12_000_000_000
  private static let connectTimeout: Int64 = 5_000_000_000

  enum Outcome {
    case answered(HTTPResponse)
    case failed(TransportFailure)
  }

  /// One request until its one completion.
  private final class Call {
    private var completion: ((Outcome) -> Void)?

    init(_ completion: @escaping (Outcome) -> Void) { self.completion = completion }

    func finish(_ outcome: Outcome) {
      completion?(outcome)
      completion = nil
    }
  }

  private let network: SimulatedNetwork
  private let server: SimulatedVenueServer
  private var connections: [SimulatedConnection] = []
  private var isAlive = true

  init(network: SimulatedNetwork, server: SimulatedVenueServer) {
    self.network = network
    self.server = server
  }

  func perform(_ request: HTTPRequest, _ completion: @escaping (Outcome) -> Void) {
    let call = Call(completion)
    network.after(Self.timeout) { [weak self] in
      guard let self, isAlive else { return }
      call.finish(.failed(.unknown("no answer in time")))
    }
    let repeats = network.strikes(network.faults.repeatedFetch)
    attempt(request, call, repeats: repeats)
  }

  private func attempt(_ request: HTTPRequest, _ call: Call, repeats: Bool) {
    let server = server
    network.connect(
      timeout: Self.connectTimeout, decide: { _ in server.accepts() },
      done: { [weak self] connection in
        guard let self, isAlive else {
          connection?.die(.router)
          return
        }
        guard let connection else { return call.finish(.failed(.notSent("not connected"))) }
        send(request, call, over: connection)
        if repeats { attempt(request, call, repeats: false) }
      })
  }

  private func send(_ request: HTTPRequest, _ call: Call, over connection: SimulatedConnection) {
    connections.append(connection)
    let server = server
    connection.onClose[WireSide.router.rawValue] = { [weak self] in
      self?.ended(connection) { call.finish(.failed(.unknown("the connection broke"))) }
    }
    network.write(connection) { [weak self] in
      server.receive(request, over: connection) { response in
        connection.close(from: .router)
        self?.ended(connection) { call.finish(.answered(response)) }
      }
    }
  }

  private func ended(_ connection: SimulatedConnection, _ tell: () -> Void) {
    connections.removeAll { $0 === connection }
    connection.onClose[WireSide.router.rawValue] = {}
    if isAlive { tell() }
  }

  /// The process is gone.
  func die() {
    isAlive = false
    for connection in connections { connection.die(.router) }
    connections.removeAll()
  }
}
