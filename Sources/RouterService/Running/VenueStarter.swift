internal import ClientGateways
internal import Foundation
internal import Platform
internal import RouterCore
internal import Synchronization
internal import VenueAdapters
internal import VenueGateways

/// Asks every venue its start-up questions and connects it when it has answered.
///
/// A venue that does not answer is asked again with back-off while the others trade: it costs
/// itself only. Scales are chosen when all have answered, or by those that have after a grace.
final class VenueStarter: @unchecked Sendable {
  private static let graceMilliseconds: Int64 = 8000

  private let settings: ServiceSettings
  private let accounts: [Account]
  private let core: CoreThread
  private let port: CorePort
  private let clock: CoreClock
  private let connector = Connector()
  private let isStopped = Atomic<Bool>(false)
  private let results = Mutex<[Int: VenueBootstrap.Result]>([:])
  /// Venues that have failed to answer at least once.
  private let failed = Mutex<Set<Int>>([])
  private let arrived: WakeUp?
  private var workers: [WorkerThread] = []
  private var registry: Registry

  init(
    settings: ServiceSettings, accounts: [Account], registry: Registry, core: CoreThread,
    port: CorePort, clock: CoreClock
  ) {
    self.settings = settings
    self.accounts = accounts
    self.registry = registry
    self.core = core
    self.port = port
    self.clock = clock
    arrived = try? WakeUp()
  }

  func start() {
    port.setReadiness(Readiness(isReady: false, reason: "asking the venues"))
    for index in accounts.indices {
      let account = accounts[index]
      port.noteStarting(
        venue: account.settings.gateway.name, dialect: account.dialect.name, nil)
      workers.append(
        WorkerThread(name: "start-\(index)") { [unowned self] in askUntilAnswered(index) })
    }
    workers.append(WorkerThread(name: "start") { [unowned self] in connectAsTheyCome() })
    for worker in workers { worker.start() }
  }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
    arrived?.signal()
    // What is under way fails at once, so that no worker keeps us waiting for a silent venue.
    for account in accounts { account.curl.shutdown() }
    for worker in workers { worker.join() }
  }

  private var isRunning: Bool { !isStopped.load(ordering: .relaxed) }

  // MARK: Asking, a thread a venue

  private func askUntilAnswered(_ index: Int) {
    let account = accounts[index]
    let pairs = account.settings.symbols.isEmpty ? settings.symbols : account.settings.symbols
    let bootstrap = VenueBootstrap(
      settings: account.settings, dialect: account.dialect, pairs: pairs, curl: account.curl,
      clock: clock)
    var backoff = Backoff(seed: UInt64(index + 1) &* UInt64(clock.now.nanoseconds))
    while isRunning {
      do throws(VenueFault) {
        let result = try bootstrap.run(signer: account.signer, nonces: account.nonces)
        results.withLock { $0[index] = result }
        arrived?.signal()
        return
      } catch {
        let name = account.settings.gateway.name
        Log.error("start", "venue does not answer", ["venue": name, "reason": error.words])
        port.noteStarting(venue: name, dialect: account.dialect.name, error.words)
        failed.withLock { _ = $0.insert(index) }
        arrived?.signal()
        let now = clock.now.nanoseconds / 1_000_000
        let floor = error.floorMilliseconds
        sleep(milliseconds: backoff.nextDelayMilliseconds(atMilliseconds: now, floor: floor))
      }
    }
  }

  private func sleep(milliseconds: Int64) {
    var left = milliseconds
    while left > 0 && isRunning {
      Thread.sleep(forTimeInterval: Double(min(left, 100)) / 1000)
      left -= 100
    }
  }

  // MARK: Connecting, one thread

  private func connectAsTheyCome() {
    waitForAnswers()
    var connected: Set<Int> = []
    var isAnyConnected = false
    while isRunning && connected.count < accounts.count {
      let ready = results.withLock { $0 }.filter { !connected.contains($0.key) }
      let definitions = results.withLock { $0.values.flatMap(\.listings) }
      for (index, result) in ready.sorted(by: { $0.key < $1.key }) {
        connected.insert(index)
        if connect(accounts[index], result, finest: definitions) { isAnyConnected = true }
      }
      if isAnyConnected { becomeReady() }
      if connected.count < accounts.count {
        _ = arrived?.wait(timeoutMilliseconds: 500)
        arrived?.drain()
      }
    }
  }

  /// Orders are taken once every venue is reconciled or has shown that it is down.
  ///
  /// It comes behind what the venues' connecting has put into the core's queue.
  private func becomeReady() {
    let port = port
    core.loop.submit { port.setReadiness(Readiness(isReady: true, reason: "ready")) }
  }

  /// Returns when all venues have answered, or when there is nothing to gain from waiting longer:
  /// a venue that is down costs the others no more than the grace, and nothing if the scales of all
  /// symbols are known from earlier.
  private func waitForAnswers() {
    let deadline = clock.now.adding(milliseconds: Self.graceMilliseconds)
    while isRunning {
      let count = results.withLock { $0.count }
      if count == accounts.count || (count > 0 && clock.now >= deadline) { return }
      if count > 0, count + failedCount == accounts.count, knowsAllScales { return }
      _ = arrived?.wait(timeoutMilliseconds: 100)
      arrived?.drain()
    }
  }

  private var failedCount: Int {
    let answered = results.withLock { Set($0.keys) }
    return failed.withLock { $0.subtracting(answered).count }
  }

  private var knowsAllScales: Bool {
    settings.symbols.allSatisfy { registry.directory.instrument(symbol: $0.description) != nil }
  }

  /// - Returns: Whether the venue can be used.
  private func connect(
    _ account: Account, _ result: VenueBootstrap.Result, finest definitions: [ListingDefinition]
  ) -> Bool {
    do throws(StartError) {
      let venue = registry.venue(
        named: account.settings.gateway.name, dialect: account.dialect,
        requestWindowMilliseconds: account.settings.requestWindowMilliseconds)
      let bindings = try define(account, result, venue: venue, finest: definitions)
      for asset in settings.extraAssets { _ = registry.asset(named: asset) }
      let setup = AdapterSetup(
        venue: venue, venueName: account.settings.gateway.name, instance: settings.instance,
        listings: bindings,
        assets: registry.directory.assets.filter { $0.key != .unlisted }.map {
          AssetBinding(id: $0.key, name: $0.value)
        }.sorted { $0.id < $1.id },
        requestWindowMilliseconds: account.settings.requestWindowMilliseconds,
        bookDepth: account.settings.bookDepth,
        orderTransport: account.settings.orderTransport ?? .fastest,
        orderExplorationInterval: account.settings.orderExplorationInterval)
      try start(account, result, setup: setup)
      return true
    } catch {
      Log.error(
        "start", "venue can not be used",
        ["venue": account.settings.gateway.name, "reason": "\(error)"])
      port.noteStarting(
        venue: account.settings.gateway.name, dialect: account.dialect.name, "\(error)")
      return false
    }
  }

  private func define(
    _ account: Account, _ result: VenueBootstrap.Result, venue: VenueID,
    finest definitions: [ListingDefinition]
  ) throws(StartError) -> [ListingBinding] {
    var bindings: [ListingBinding] = []
    for definition in result.listings {
      let finest = definitions.filter { $0.pair == definition.pair }
      let instrument = try registry.instrument(definition.pair, finest: finest)
      guard let fees = result.fees.first(where: { $0.pair == definition.pair }) else {
        throw .venue("\(definition.symbol): the venue gave no fee rates; set 'fees' of the venue")
      }
      let listing = try registry.listing(
        definition, venue: venue, instrument: instrument, fees: fees)
      bindings.append(
        ListingBinding(listing: listing.id, instrument: instrument, definition: definition))
    }
    return bindings
  }

  private func start(
    _ account: Account, _ result: VenueBootstrap.Result, setup: AdapterSetup
  ) throws(StartError) {
    let gateway: VenueGateway
    do {
      gateway = try VenueGateway(
        venue: setup.venue, settings: account.settings.gateway, dialect: account.dialect,
        adapter: account.dialect.makeAdapter(setup), signer: account.signer,
        nonces: account.nonces, loop: core.loop, connector: connector, curl: account.curl,
        clock: clock)
    } catch {
      throw .system("\(error)")
    }
    let events = registry.takeAdditions() + policy(account, setup) + balances(result, setup)
    let openOrders = openOrders(result, setup)
    let handed = Unchecked((gateway: gateway, core: core))
    let port = port
    core.loop.submit {
      handed.value.core.define(events)
      handed.value.core.attach(handed.value.gateway)
      handed.value.gateway.start(initialOffset: result.clock)
      handed.value.core.beginReconciliation()
      handed.value.core.define(openOrders)
      port.noteStarted(venue: setup.venueName)
    }
    Log.info(
      "start", "venue connects",
      ["venue": setup.venueName, "listings": "\(setup.listings.count)"])
  }

  /// What the settings say of a venue beyond its listings.
  private func policy(_ account: Account, _ setup: AdapterSetup) -> [Event] {
    var routing = account.settings.routing
    routing.venue = setup.venue
    var breaker = account.settings.breaker
    breaker.venue = setup.venue
    var throttle = account.settings.throttle ?? standardThrottle(account)
    throttle.venue = setup.venue
    var maintenance = account.settings.maintenance
    maintenance.venue = setup.venue
    return [
      .venueRoutingChanged(routing), .venueBreakerChanged(breaker), .venueThrottleChanged(throttle),
      .venueMaintenanceChanged(maintenance),
    ]
  }

  /// A venue that only simulates is asked as often as anybody wants; its adapter counts anyway.
  private func standardThrottle(_ account: Account) -> VenueThrottle {
    let generous = VenueThrottle.generous(VenueID(0))
    return settings.mode == .simulated ? generous : account.dialect.publishedThrottle ?? generous
  }

  private func balances(_ result: VenueBootstrap.Result, _ setup: AdapterSetup) -> [Event] {
    result.balances.compactMap { balance in
      guard let asset = setup.assets.first(where: { $0.name == balance.asset }) else { return nil }
      return .balanceObserved(
        BalanceObservation(
          venue: setup.venue, asset: asset.id, available: balance.available, total: balance.total,
          observedAt: result.balancesAskedAt))
    }
  }

  /// What the venue has open, for the core to judge.
  private func openOrders(_ result: VenueBootstrap.Result, _ setup: AdapterSetup) -> [Event] {
    let observations = result.openOrders.compactMap {
      $0.observation(
        venue: setup.venue, instance: setup.instance, listings: setup.listings,
        askedAt: result.balancesAskedAt)
    }
    return observations.map(Event.openOrderObserved) + [.openOrdersListed(setup.venue)]
  }
}
