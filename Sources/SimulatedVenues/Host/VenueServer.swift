package import Platform
import Simulation
import Wire

/// One simulated venue on the network: REST and WebSocket on one port, the admin interface on another.
///
/// Confined to its loop.
package final class VenueServer {
  package let host: VenueHost
  package let certificates: LoopbackCertificates?
  private let loop: EventLoop
  private let options: VenueServerOptions
  private var server: HTTPServer?
  private var admin: HTTPServer?
  private var tick: TimerID?
  private var isStopped = false
  package private(set) var port = 0
  package private(set) var adminPort = 0
  package weak var observer: (any VenueServerObserver)?

  /// Opens the venue; it answers as soon as the loop runs.
  package init(_ options: VenueServerOptions, loop: EventLoop) throws(PlatformError) {
    self.options = options
    self.loop = loop
    certificates =
      if let directory = options.certificateDirectory {
        try LoopbackCertificates.obtain(directory: directory, host: options.host)
      } else { nil }
    let stateLog: StateLog? =
      if let directory = options.stateDirectory {
        try StateLog(directory: directory, venue: options.profile.name)
      } else { nil }
    host = VenueHost(
      options: options, credentials: try Self.credentials(options), stateLog: stateLog,
      now: Self.now(options))
    port = options.port
    try listen()
    let adminInterface = AdminInterface(host: host)
    admin = try HTTPServer(loop: loop, host: "127.0.0.1", port: options.adminPort) {
      request, exchange in
      exchange.respond(adminInterface.respond(to: request, at: Self.now(options)))
    }
    adminPort = admin?.port ?? 0
    scheduleTick()
  }

  /// Runs a venue until the process is ended.
  package static func run(
    _ options: VenueServerOptions, ready: (VenueServer) -> Void
  ) throws(PlatformError) {
    let loop = try EventLoop()
    let server = try VenueServer(options, loop: loop)
    ready(server)
    loop.run()
    server.stop()
  }

  /// Stops listening and cuts all connections.
  package func stop() {
    isStopped = true
    if let tick { loop.cancel(tick) }
    host.close()
    server?.close()
    admin?.close()
  }

  private static func credentials(
    _ options: VenueServerOptions
  ) throws(PlatformError) -> [VenueCredential] {
    if let path = options.credentialFile {
      return try CredentialFile.obtain(path, make: options.profile.makeCredential)
    }
    guard options.credentials.isEmpty else { return options.credentials }
    return [options.profile.makeCredential(SecureRandom.bytes(256))]
  }

  /// The venue's own time.
  private static func now(_ options: VenueServerOptions) -> Int64 {
    Clock.wallNanoseconds() + options.clockOffsetMilliseconds * 1_000_000
  }

  private var now: Int64 { Self.now(options) }

  // MARK: Listening

  private func listen() throws(PlatformError) {
    var tls: TLSContext?
    if let certificates {
      tls = try TLSContext.server(
        certificatePEM: certificates.certificatePEM, keyPEM: certificates.keyPEM)
    }
    var limits = HTTPServerLimits()
    limits.connectionsPerAddress = 512
    let server = try HTTPServer(
      loop: loop, host: options.host, port: port, tls: tls, limits: limits
    ) { [unowned self] request, exchange in receive(request, exchange) }
    self.server = server
    port = server.port
  }

  private func scheduleTick() {
    let interval = Int64(options.profile.tickMilliseconds) * 1_000_000
    tick = loop.schedule(afterNanoseconds: interval) { [weak self] in
      guard let self, !isStopped else { return }
      scheduleTick()
      host.tick(at: now)
      followRefusal()
    }
  }

  /// While connections are to be refused, nothing listens.
  private func followRefusal() {
    let refuses = host.faults.faults.contains { fault in
      fault.kind == .refuseConnections && (fault.until.map { $0 > now } ?? false)
    }
    if refuses, let server {
      server.close()
      self.server = nil
    } else if !refuses, server == nil {
      // The port may be busy for a moment; the next tick tries again.
      try? listen()
    }
  }

  // MARK: Requests

  private func receive(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    let kind = host.dialect.kind(of: request)
    if kind == .orderEntry { observer?.receivedOrder(at: Clock.monotonicNanoseconds()) }
    let latency = host.latencyMilliseconds(kind, over: .http, at: now)
    guard latency > 0 else { return handle(request, exchange) }
    loop.schedule(afterNanoseconds: latency * 1_000_000) { [weak self] in
      self?.handle(request, exchange)
    }
  }

  private func handle(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    if request.headers.hasToken("websocket", in: "Upgrade"), host.dialect.acceptsSocket(request) {
      return upgrade(request, exchange)
    }
    switch host.handle(request, at: now) {
    case .respond(let response): exchange.respond(response)
    case .abort: exchange.abort()
    }
  }

  private func upgrade(_ request: HTTPRequest, _ exchange: HTTPExchange) {
    guard !host.faults.isActive(.refuseConnections, at: now) else { return exchange.abort() }
    var socketOptions = WebSocketOptions.server
    socketOptions.maximumBufferedBytes = 16 << 20
    socketOptions.pingIntervalMilliseconds = options.profile.pingIntervalMilliseconds
    socketOptions.readTimeoutMilliseconds = nil
    exchange.upgrade(options: socketOptions) { connection in
      VenueConnection(connection, request, loop: loop) { [unowned self] in
        (host, now, observer)
      }.start()
    }
  }
}
