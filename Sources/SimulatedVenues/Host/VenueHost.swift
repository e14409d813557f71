package import Simulation
package import Wire

/// A simulated venue without its network: it injects faults, calls the dialect and stores state.
///
/// Confined to one thread.
package final class VenueHost {
  /// What becomes of an HTTP request.
  package enum Outcome {
    case respond(HTTPResponse)
    /// The connection is to be cut without an answer.
    case abort
  }

  package let context: VenueContext
  package let dialect: any VenueDialect
  package private(set) var sockets: [VenueSocket] = []
  private var stateLog: (any StateStore)?
  private var nextSocketID = 1

  package init(
    options: VenueServerOptions, credentials: [VenueCredential], stateLog: (any StateStore)?,
    now: Int64
  ) {
    self.stateLog = stateLog
    context = VenueContext(
      exchange: Self.makeExchange(options, at: now), credentials: credentials, options: options)
    dialect = options.profile.makeDialect(context)
    context.exchange.restore(stateLog?.takeStored() ?? [])
    openAccounts()
    for fault in options.faults { context.exchange.faults.add(fault) }
    context.exchange.advance(to: now)
    persist()
    dialect.flush(at: now)
  }

  package var faults: FaultPlan { context.exchange.faults }

  private static func makeExchange(
    _ options: VenueServerOptions, at now: Int64
  ) -> SimulatedExchange {
    let profile = options.profile
    var exchangeOptions = SimulatedExchange.Options(
      venue: profile.name, instruments: profile.instruments, fees: profile.fees)
    exchangeOptions.seed = options.seed
    exchangeOptions.holds = profile.holds
    exchangeOptions.openOrderLimit = profile.openOrderLimit
    exchangeOptions.refusesDuplicateOpenIDs = profile.refusesDuplicateOpenIDs
    exchangeOptions.hasMarket = options.hasMarket
    return SimulatedExchange(options: exchangeOptions, now: now)
  }

  private func openAccounts() {
    let exchange = context.exchange
    for credential in context.credentials
    where !exchange.accountNames.contains(credential.account) {
      let account = exchange.openAccount(credential.account)
      for (asset, amount) in context.options.initialBalances {
        exchange.deposit(amount, of: asset, to: account)
      }
    }
  }

  // MARK: Requests

  /// How long a request is held up before it is handled.
  package func latencyMilliseconds(
    _ kind: RequestKind, over transport: RequestTransport, at now: Int64
  ) -> Int64 {
    context.exchange.faults.take(.latency, at: now, request: kind, over: transport)?.milliseconds
      ?? 0
  }

  /// Handles one HTTP request.
  package func handle(_ request: HTTPRequest, at now: Int64) -> Outcome {
    let kind = dialect.kind(of: request)
    for id in dialect.clientOrderIDs(in: request) { context.exchange.noteRequest(id) }
    defer { settle(at: now) }
    if isStruck(.refuseConnections, kind, .http, now) || isStruck(.requestLost, kind, .http, now) {
      return .abort
    }
    if let failure = refusal(kind, .http, now) {
      return .respond(dialect.failure(failure, of: request))
    }
    let response = dialect.respond(to: request, at: now)
    if isStruck(.acknowledgementLost, kind, .http, now) { return .abort }
    if isStruck(.serverErrorAfter, kind, .http, now) {
      return .respond(dialect.failure(.serverError, of: request))
    }
    return .respond(response)
  }

  private func isStruck(
    _ fault: FaultKind, _ kind: RequestKind, _ transport: RequestTransport, _ now: Int64
  ) -> Bool {
    context.exchange.faults.take(fault, at: now, request: kind, over: transport) != nil
  }

  /// The failure with which a fault refuses a request before it is applied.
  private func refusal(
    _ kind: RequestKind, _ transport: RequestTransport, _ now: Int64
  ) -> VenueFailure? {
    func take(_ fault: FaultKind) -> Simulation.Fault? {
      context.exchange.faults.take(fault, at: now, request: kind, over: transport)
    }
    if let fault = take(.banned) { return .banned(retryMilliseconds: fault.milliseconds) }
    if let fault = take(.tooManyRequests) {
      return .tooManyRequests(retryMilliseconds: fault.milliseconds)
    }
    return take(.serverErrorBefore) != nil ? .serverError : nil
  }

  // MARK: Sockets

  /// Opens a WebSocket that the network has accepted.
  package func open(
    _ request: HTTPRequest, _ transport: VenueSocket.Transport, at now: Int64
  ) -> VenueSocket {
    let socket = VenueSocket(id: nextSocketID, path: request.path, transport: transport)
    nextSocketID += 1
    sockets.append(socket)
    dialect.opened(socket, by: request, at: now)
    return socket
  }

  /// Handles one text message of a WebSocket.
  package func receive(_ text: [UInt8], from socket: VenueSocket, at now: Int64) {
    guard !socket.isClosed else { return }
    defer { settle(at: now) }
    guard let message = try? JSONValue(parsing: text) else {
      return dialect.received(nil, from: socket, at: now)
    }
    let kind = dialect.kind(of: message)
    for id in dialect.clientOrderIDs(in: message) { context.exchange.noteRequest(id) }
    if isStruck(.requestLost, kind, .socket, now) { return socket.abort() }
    if let failure = refusal(kind, .socket, now) { return answer(failure, message, socket) }
    let losesAnswer = isStruck(.acknowledgementLost, kind, .socket, now)
    let failsAfter = isStruck(.serverErrorAfter, kind, .socket, now)
    socket.isMuted = losesAnswer || failsAfter
    dialect.received(message, from: socket, at: now)
    socket.isMuted = false
    if failsAfter { answer(.serverError, message, socket) }
  }

  private func answer(_ failure: VenueFailure, _ message: JSONValue, _ socket: VenueSocket) {
    guard let answer = dialect.failure(failure, of: message) else { return socket.abort() }
    socket.send(answer)
  }

  /// Forgets a socket that has ended.
  package func closed(_ socket: VenueSocket) {
    socket.noteClosed()
    forget(socket)
  }

  private func forget(_ socket: VenueSocket) {
    sockets.removeAll { $0 === socket }
    dialect.closed(socket)
  }

  // MARK: Time

  /// Lets the market act and the dialect send.
  package func tick(at now: Int64) {
    if context.exchange.faults.take(.dropStreams, at: now) != nil { abortSockets() }
    if context.exchange.faults.isActive(.refuseConnections, at: now) { abortSockets() }
    context.exchange.advance(to: now)
    settle(at: now)
  }

  private func abortSockets() {
    for socket in sockets { socket.abort() }
  }

  /// Stores what has changed, then tells the clients.
  private func settle(at now: Int64) {
    persist()
    dialect.flush(at: now)
    for socket in sockets where socket.isClosed { forget(socket) }
  }

  private func persist() {
    let records = context.exchange.drainRecords()
    if !records.isEmpty { stateLog?.append(records) }
  }

  /// Cuts all connections and gives the state log up for another process.
  package func close() {
    abortSockets()
    stateLog = nil
  }

  /// Starts afresh: no orders, the initial balances, no faults and no connections.
  package func reset(at now: Int64) {
    abortSockets()
    for socket in sockets { forget(socket) }
    stateLog?.clear()
    context.exchange = Self.makeExchange(context.options, at: now)
    openAccounts()
    dialect.reset(at: now)
    tick(at: now)
  }
}
