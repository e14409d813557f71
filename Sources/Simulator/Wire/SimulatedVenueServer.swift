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
  /// New orders that came over HTTP.
  private(set) var httpOrders = 0
  private var foreignOrders = 0
  /// Client ids of orders that only look like the router's.
  private(set) var strangers: [String] = []
  var openStrangers: Int {
    exchange.openOrders(account).count { strangers.contains($0.terms.clientOrderID) }
  }
  private var isTouched = false
  private var earlierShortages = 0

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

  func crash() {
    guard let host else { return }
    earlierShortages += exchange.shortages
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
      let kinds = network.faults.venueFaults
      var draw = SeededRandom(seed: network.random.next())
      inject(kinds[draw.below(kinds.count)], &draw)
      planFault()
    }
  }

  func inject(_ kind: FaultKind, _ draw: inout SeededRandom) {
    guard let host else { return }
    var fault = Simulation.Fault(kind)
    fault.milliseconds = Int64(20 + draw.below(4000))
    switch kind {
    case .refuseConnections, .halted, .silentMarketData, .silentPrivateStream:
      fault.until = now + Int64(100 + draw.below(8000)) * 1_000_000
    default:
      fault.count = 1 + draw.below(3)
      fault.until = now + 10_000_000_000
    }
    if draw.below(2) == 0 {
      fault.request = RequestKind.allCases[draw.below(RequestKind.allCases.count)]
    }
    host.context.exchange.faults.add(fault)
  }

  /// Orders are answered in ten seconds for a while.
  func beginSlowness(_ draw: inout SeededRandom) {
    var fault = Simulation.Fault(.latency)
    fault.milliseconds = 10_000
    fault.request = .orderEntry
    fault.until = now + Int64(2000 + draw.below(20_000)) * 1_000_000
    host?.context.exchange.faults.add(fault)
  }

  /// Orders get the venue's 5xx for a while.
  func beginRefusal(_ draw: inout SeededRandom) {
    var fault = Simulation.Fault(.serverErrorBefore)
    fault.request = .orderEntry
    fault.until = now + Int64(1000 + draw.below(20_000)) * 1_000_000
    host?.context.exchange.faults.add(fault)
  }

  // MARK: Others

  private func planForeignOrder() {
    let mean = network.faults.secondsBetweenForeignOrders
    guard let wait = network.interval(meanSeconds: mean) else { return }
    network.after(wait) { [weak self] in
      guard let self, network.isFaulty else { return }
      var draw = SeededRandom(seed: network.random.next())
      placeForeignOrder(&draw)
      planForeignOrder()
    }
  }

  /// Somebody else uses the account, by hand.
  func placeForeignOrder(_ draw: inout SeededRandom) {
    let index = draw.below(exchange.instrumentCount)
    var order = limitOrder(index, partsPerThousand: draw.below(5) - 2, &draw)
    foreignOrders += 1
    order.clientOrderID = draw.below(2) == 0 ? "by-hand-\(foreignOrders)" : ""
    if draw.below(2) == 0 { order.lifetime = .immediateOrCancel }
    isTouched = true
    place(order, account: account)
  }

  /// An order with an id of the router's form that the router never made.
  func placeStranger(_ clientOrderID: String, _ draw: inout SeededRandom) {
    var order = limitOrder(
      draw.below(exchange.instrumentCount), partsPerThousand: draw.below(41) - 20, &draw)
    order.clientOrderID = clientOrderID
    order.lifetime = .immediateOrCancel
    strangers.append(clientOrderID)
    isTouched = true
    place(order, account: account)
  }

  /// Another client empties a side of a book, or quotes far away from it.
  func placeOddOrder(_ draw: inout SeededRandom) {
    guard let host else { return }
    let other = host.context.exchange.openAccount("other")
    for asset in ["USD", "BTC", "ETH"] {
      exchange.deposit(Amount(mantissa: Int64(1_000_000), scale: 0), of: asset, to: other)
    }
    let parts = [-996, -500, 900, 9000][draw.below(4)]
    var order = limitOrder(draw.below(exchange.instrumentCount), partsPerThousand: parts, &draw)
    order.quantity *= [1, 1000][draw.below(2)]
    if draw.below(2) == 0 { order.lifetime = .immediateOrCancel }
    place(order, account: other)
  }

  private func limitOrder(
    _ index: Int, partsPerThousand parts: Int, _ draw: inout SeededRandom
  ) -> NewOrder {
    let terms = exchange.instrument(index)
    let last = exchange.lastPrice(index)
    var order = NewOrder(
      instrument: index, side: draw.below(2) == 0 ? .buy : .sell, kind: .limit)
    order.price = (last + last * Int64(parts) / 1000) / terms.tick * terms.tick
    order.quantity = Int64(1 + draw.below(100)) * terms.lot
    return order
  }

  private func place(_ order: NewOrder, account: Int) {
    guard let host else { return }
    do {
      _ = try host.context.exchange.place(order, account: account, at: now)
    } catch {
      // A halted venue, or an account without funds, refuses others, too.
    }
    host.tick(at: now)
  }

  /// Orders of the router that were refused for want of money although nobody else used any.
  var overdraws: Int {
    isTouched ? 0 : earlierShortages + (host == nil ? 0 : exchange.shortages)
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
    if request.method == "POST", host.dialect.kind(of: request) == .orderEntry { httpOrders += 1 }
    let wait = latency(host, .http) { host.dialect.kind(of: request) }
    network.after(wait) { [weak self, weak host] in
      guard let self, let host, host === self.host else { return connection.reset() }
      switch host.handle(request, at: now) {
      case .respond(let response): connection.send(from: .venue) { answer(response) }
      case .abort: connection.reset()
      }
    }
  }

  /// How long the venue holds a request back, asked only if such a fault is armed.
  func latency(
    _ host: VenueHost, _ transport: RequestTransport, _ kind: () -> RequestKind
  ) -> Int64 {
    guard host.faults.isActive(.latency, at: now) else { return 0 }
    return host.latencyMilliseconds(kind(), over: transport, at: now) * 1_000_000
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
    let held = server.latency(host, .socket) {
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
