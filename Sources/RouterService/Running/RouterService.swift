internal import ClientGateways
internal import Journal
internal import Platform
internal import RouterCore
internal import Synchronization
internal import VenueAdapters
internal import VenueGateways

/// One running router: recovery, the core thread, the venues and the API.
package final class RouterService: @unchecked Sendable {
  private let settings: ServiceSettings
  private let version: String
  private let clock = CoreClock()
  private var coreThread: CoreThread?
  private var coreWorker: WorkerThread?
  private var apiServer: APIServer?
  private var apiLoop: EventLoop?
  private var apiWorker: WorkerThread?
  private var venues: VenueStarter?
  private var port: CorePort?
  private var keeper: JournalKeeper?
  private var collector: LatencyCollector?
  private let failure = Mutex<String?>(nil)
  private let finished = DispatchGate()
  private let startGuard: StartGuard

  package init(settings: ServiceSettings, version: String) {
    self.settings = settings
    startGuard = StartGuard(stateDirectory: settings.stateDirectory)
    self.version = version
  }

  /// The port the API listens on.
  package private(set) var apiPort = 0

  package var url: String {
    let scheme = settings.certificateFile == nil ? "http" : "https"
    let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
    return "\(scheme)://\(host):\(apiPort)"
  }

  /// Recovers, listens, and begins to connect the venues.
  ///
  /// - Throws: What the operator must mend; nothing has been sent anywhere then.
  package func start() throws(StartError) {
    let tokens = try loadTokens()
    let accounts = try loadAccounts()
    let isLooping = try countStart()
    let recovery = try Recovery.run(
      settings: settings, clock: clock,
      onDurable: { [weak self] index in self?.coreThread?.wakeForDurable(index) },
      onFailure: { [weak self] error in self?.coreThread?.failLater(error) })
    let (model, registry, keeper) = (recovery.model, recovery.registry, recovery.keeper)
    try startCore(recovery)
    if isLooping { haltLoop() }
    try startAPI(tokens, model: model)
    self.keeper = keeper
    keeper.start()
    startVenues(accounts, registry: registry)
  }

  /// Ends in order: no new orders, sockets closed, journal synced.
  package func stop() {
    port?.setReadiness(Readiness(isReady: false, reason: "the service is stopping"))
    venues?.stop()
    keeper?.stop()
    collector?.stop()
    let core = coreThread.map(Unchecked.init)
    core?.value.loop.submit { core?.value.stop() }
    coreWorker?.join()
    if let apiLoop {
      let api = apiServer.map(Unchecked.init)
      apiLoop.submit { api?.value.close() }
      apiLoop.stop()
    }
    apiWorker?.join()
    startGuard.end()
    finished.open()
  }

  /// Waits until `stop` was called or the service can not go on.
  ///
  /// - Returns: Why it can not go on, if so.
  package func wait() -> String? {
    finished.wait()
    return failure.withLock { $0 }
  }

  package func requestStop() { finished.open() }

  /// The latencies so far, or `nil` if they are not measured; not for the service's own threads.
  func latency(restarting: Bool) -> LatencyView? {
    guard let collector else { return nil }
    let gate = DispatchGate()
    let answer = Mutex<LatencyView?>(nil)
    collector.view(restarting: restarting) { view in
      answer.withLock { $0 = view }
      gate.open()
    }
    gate.wait()
    return answer.withLock { $0 }
  }

  // MARK: Steps

  private func loadTokens() throws(StartError) -> BearerTokens {
    var tokens = BearerTokens()
    for (index, token) in settings.tokens.enumerated() {
      let setting = "authentication.tokens[\(index)].token"
      let secret = try SecretStore.read(token.reference, for: setting)
      guard secret.utf8.count >= 20 else {
        throw .secret("\(setting): a token must have at least 20 characters; make a random one")
      }
      tokens.add(name: token.name, token: secret, scopes: token.scopes)
    }
    return tokens
  }

  private func loadAccounts() throws(StartError) -> [Account] {
    var accounts: [Account] = []
    for (index, venue) in settings.venues.enumerated() {
      let account = try Account.load(
        venue, index: index, stateDirectory: settings.stateDirectory)
      try account.checkKey(against: accounts, index: index)
      accounts.append(account)
    }
    return accounts
  }

  /// Whether this start is one of too many that followed each other.
  private func countStart() throws(StartError) -> Bool {
    do throws(PlatformError) {
      try FileSystem.createDirectories(settings.stateDirectory)
      return try startGuard.begin()
    } catch {
      throw .journal("\(error); check state_directory")
    }
  }

  /// Halts, durably, before anything can be sent.
  private func haltLoop() {
    Log.warning(
      "start", "halted: the last starts did not get ready",
      [
        "starts": "\(StartGuard.limit)", "seconds": "\(StartGuard.windowSeconds)",
        "then": "find out why, then resume",
      ])
    coreThread?.define([.haltRequested(requestID: 0)])
  }

  private func startCore(_ recovery: consuming Recovery) throws(StartError) {
    let thread = try recovery.makeCoreThread(settings: settings, clock: clock)
    coreThread = thread
    thread.onFailure = { [unowned self] error in
      port?.setReadiness(Readiness(isReady: false, reason: "the journal failed: \(error)"))
      failure.withLock { $0 = "the journal failed, no order leaves any more: \(error)" }
      finished.open()
    }
  }

  private func startAPI(_ tokens: BearerTokens, model: ReadModel) throws(StartError) {
    guard let coreThread else { return }
    do throws(PlatformError) {
      let loop = try EventLoop()
      let port = CorePort(core: coreThread, apiLoop: loop) { [startGuard] in startGuard.end() }
      if coreThread.stages != nil {
        collector = try LatencyCollector(core: coreThread, settings: settings.latency)
        port.collector = collector
      }
      let clock = clock
      let server = APIServer(port: port, tokens: tokens, version: version, model: model) {
        clock.now
      }
      try server.listen(
        on: loop, host: settings.host, port: settings.port, tls: try serverContext())
      apiPort = server.listeningPort
      (apiLoop, apiServer, self.port) = (loop, server, port)
      let copies = Unchecked((loop: loop, server: server))
      coreThread.onFacts = { facts in
        copies.value.loop.submit {
          copies.value.server.apply(facts)
          FactNotices.note(facts, copies.value.server.model.directory)
        }
      }
      apiWorker = WorkerThread(name: "api") { copies.value.loop.run() }
      let core = Unchecked(coreThread)
      let processor = settings.coreProcessor
      coreWorker = WorkerThread(name: "core") {
        Self.pin(to: processor)
        let joined = HugePages.join()
        Log.info("start", "memory", ["huge_page_megabytes": "\(joined >> 20)"])
        core.value.run()
      }
      apiWorker?.start()
      coreWorker?.start()
      collector?.start()
    } catch {
      throw .listener("\(error); change listen.port or end the process that holds it")
    }
  }

  /// A machine without that processor still trades, only slower.
  private static func pin(to processor: Int?) {
    guard let processor else { return }
    do throws(PlatformError) {
      try WorkerThread.pinCurrent(toProcessor: processor)
    } catch {
      Log.warning(
        "start", "the core thread is not pinned",
        ["core_processor": "\(processor)", "reason": "\(error)"])
    }
  }

  private func serverContext() throws(PlatformError) -> TLSContext? {
    guard let certificate = settings.certificateFile, let key = settings.keyFile else { return nil }
    return try TLSContext.server(
      certificatePEM: String(decoding: try FileSystem.readFile(certificate), as: UTF8.self),
      keyPEM: String(decoding: try FileSystem.readFile(key), as: UTF8.self))
  }

  private func startVenues(_ accounts: [Account], registry: Registry) {
    guard let coreThread, let port else { return }
    let starter = VenueStarter(
      settings: settings, accounts: accounts, registry: registry, core: coreThread, port: port,
      clock: clock)
    venues = starter
    starter.start()
  }
}

/// A value that the code around it hands from thread to thread in order.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}
