internal import SimulatedVenues
internal import Simulation
internal import Wire

/// The venue's end: the real dialect with its exchange, which crashes, starts again and misbehaves.
///
/// HTTP and WebSocket framing are left out; bodies and messages are the dialect's own bytes.
final class SimulatedVenueServer {
  private(set) var host: VenueHost?
  /// What outlives a crash of the venue.
  private let store = MemoryStateStore()
  private let options: VenueServerOptions
  private let credential: VenueCredential
  private let network: SimulatedNetwork
  private let tickNanoseconds: Int64
  /// The router's account.
  let account: Int
  private var sockets: [ServedSocket] = []
  private var life = 0
  private(set) var crashes = 0
  private var foreignOrders = 0

  init(
    options: VenueServerOptions, credential: VenueCredential, network: SimulatedNetwork,
    tickMilliseconds: Int64
  ) {
    self.options = options
    self.credential = credential
    self.network = network
    tickNanoseconds = tickMilliseconds * 1_000_000
    let now = network.now + network.faults.venueClockOffset
    let host = VenueHost(options: options, credentials: [credential], stateLog: store, now: now)
    self.host = host
    exchange = host.context.exchange
    account = host.context.account(of: credential)
    tick(life)
    planCrash()
    planFault()
    planForeignOrder()
  }

  /// The venue's own time.
  var now: Int64 { network.now + network.faults.venueClockOffset }

  /// The books of the exchange; while the venue is down, as it left them.
  private(set) var exchange: SimulatedExchange

  // MARK: Life

  private func start() {
    life += 1
    let host = VenueHost(options: options, credentials: [credential], stateLog: store, now: now)
    self.host = host
    exchange = host.context.exchange
    tick(life)
  }

  private func tick(_ life: Int) {
    guard life == self.life, let host else { return }
    host.tick(at: now)
    network.after(tickNanoseconds) { [weak self] in self?.tick(life) }
  }

  private func planCrash() {
    let mean = network.faults.secondsBetweenVenueCrashes
    guard let wait = network.interval(meanSeconds: mean) else { return }
    network.after(wait) { [weak self] in
      guard let self, network.isFaulty else { return }
      crash()
      planCrash()
    }
  }

  private func crash() {
    guard let host else { return }
    crashes += 1
    life += 1
    host.close()
    self.host = nil
    network.after(network.draw(from: 200_000_000, to: 6_000_000_000)) { [weak self] in
      self?.start()
    }
  }

  /// Ends all faults, for the phase in which everything must come to an end.
  func mend() { host?.context.exchange.faults.clear() }

  // MARK: Faults of the venue

  private func planFault() {
    let mean = network.faults.secondsBetweenVenueFaults
    guard !network.faults.venueFaults.isEmpty, let wait = network.interval(meanSeconds: mean)
    else { return }
    network.after(wait) { [weak self] in
      guard let self, network.isFaulty else { return }
      if let host { host.context.exchange.faults.add(drawFault()) }
      planFault()
    }
  }

  private func drawFault() -> Fault {
    let kinds = network.faults.venueFaults
    let kind = kinds[network.random.below(kinds.count)]
    var fault = Fault(kind)
    fault.milliseconds = network.draw(from: 20, to: 4000)
    switch kind {
    case .refuseConnections, .halted, .silentMarketData, .silentPrivateStream:
      fault.until = now + network.draw(from: 100_000_000, to: 8_000_000_000)
    default:
      fault.count = 1 + network.random.below(3)
      fault.until = now + 10_000_000_000
    }
    if network.random.below(2) == 0 {
      fault.request = RequestKind.allCases[network.random.below(RequestKind.allCases.count)]
    }
    return fault
  }

  // MARK: Foreign orders

  /// Somebody else uses the account, by hand.
  private func planForeignOrder() {
    let mean = network.faults.secondsBetweenForeignOrders
    guard let wait = network.interval(meanSeconds: mean) else { return }
    network.after(wait) { [weak self] in
      guard let self, network.isFaulty else { return }
      if let host { placeForeignOrder(host) }
      planForeignOrder()
    }
  }

  private func placeForeignOrder(_ host: VenueHost) {
    let exchange = host.context.exchange
    let index = network.random.below(exchange.instrumentCount)
    let terms = exchange.instrument(index)
    var order = NewOrder(
      instrument: index, side: network.random.below(2) == 0 ? .buy : .sell, kind: .limit)
    let away = network.draw(from: -40, to: 40) * (exchange.lastPrice(index) / 20_000)
    order.price = (exchange.lastPrice(index) + away) / terms.tick * terms.tick
    order.quantity = max(
      terms.minimumQuantity, Int64(Amount.powerOfTen(terms.quantityScale) / 100))
    foreignOrders += 1
    order.clientOrderID = network.random.below(2) == 0 ? "by-hand-\(foreignOrders)" : ""
    if network.random.below(2) == 0 { order.lifetime = .immediateOrCancel }
    do {
      _ = try exchange.place(order, account: account, at: now)
    } catch {
      // A venue that is halted or an account without funds refuses others, too.
    }
    host.tick(at: now)
  }

  // MARK: Connections

  /// Whether the venue takes a connection now.
  func accepts() -> Bool {
    guard let host else { return false }
    return !host.faults.isActive(.refuseConnections, at: now)
  }

  /// Joins a connection with a WebSocket of the dialect; nil if it serves none at this path.
  func openSocket(_ connection: SimulatedConnection, target: String) -> ServedSocket? {
    let request = HTTPRequest(method: "GET", target: target)
    guard accepts(), let host, host.dialect.acceptsSocket(request) else { return nil }
    let socket = ServedSocket(connection, host: host, request: request, server: self)
    sockets.append(socket)
    return socket
  }

  func forget(_ socket: ServedSocket) { sockets.removeAll { $0 === socket } }

  /// Lets go of everything, so that nothing holds anything else any more.
  func shutDown() {
    host?.close()
    sockets.removeAll()
  }

  /// Handles a request that has arrived and answers over its connection.
  func receive(
    _ request: HTTPRequest, over connection: SimulatedConnection,
    answer: @escaping (HTTPResponse) -> Void
  ) {
    guard let host else { return connection.reset() }
    let wait = latency(host) { host.dialect.kind(of: request) }
    network.after(wait) { [weak self, weak host] in
      guard let self, let host, host === self.host else { return connection.reset() }
      switch host.handle(request, at: now) {
      case .respond(let response): connection.send(from: .venue) { answer(response) }
      case .abort: connection.reset()
      }
    }
  }

  /// How long the venue holds a request back, asked only if such a fault is armed.
  func latency(_ host: VenueHost, _ kind: () -> RequestKind) -> Int64 {
    guard host.faults.isActive(.latency, at: now) else { return 0 }
    return host.latencyMilliseconds(kind(), at: now) * 1_000_000
  }

  func after(_ nanoseconds: Int64, _ body: @escaping () -> Void) {
    guard nanoseconds > 0 else { return body() }
    network.after(nanoseconds, body)
  }
}

/// One WebSocket at the venue's end of a connection.
final class ServedSocket {
  private let connection: SimulatedConnection
  private let host: VenueHost
  private unowned let server: SimulatedVenueServer
  private var socket: VenueSocket?
  private var isClosing = false
  /// No message overtakes one that is held back.
  private var earliest: Int64 = 0
  /// What the router reads.
  var deliver: ([UInt8]) -> Void = { _ in }

  init(
    _ connection: SimulatedConnection, host: VenueHost, request: HTTPRequest,
    server: SimulatedVenueServer
  ) {
    self.connection = connection
    self.host = host
    self.server = server
    connection.onClose[WireSide.venue.rawValue] = { [weak self] in self?.closed() }
    let transport = VenueSocket.Transport(
      send: { [weak self] in self?.send($0) ?? false },
      close: { [weak self] _, _ in self?.connection.close(from: .venue) },
      abort: { [weak self] in self?.connection.reset() })
    // Nothing may be sent before the handshake's answer is on its way.
    server.after(1) { [self] in
      guard connection.isOpen(.venue), server.host === host else { return connection.reset() }
      socket = host.open(request, transport, at: server.now)
    }
  }

  private func send(_ text: [UInt8]) -> Bool {
    connection.send(from: .venue) { [self] in deliver(text) }
    return true
  }

  /// Takes a message that has arrived.
  func receive(_ text: [UInt8]) {
    guard server.host === host else { return }
    let held = server.latency(host) {
      (try? JSONValue(parsing: text)).map { host.dialect.kind(of: $0) } ?? .session
    }
    let due = max(server.now + held, earliest)
    earliest = due
    server.after(due - server.now) { [self] in
      guard let socket, server.host === host else { return }
      host.receive(text, from: socket, at: server.now)
    }
  }

  private func closed() {
    server.forget(self)
    guard let socket, server.host === host else { return }
    host.closed(socket)
  }
}
