internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// One life of the router's end: the service's own `AdapterDriver` on a simulated network.
///
/// It is made anew at every start of the router's process; what the process before had under way
/// finds it dead.
final class SimulatedGateway: AdapterTransport {
  /// What outlives the process, or belongs to the machine.
  final class Machine {
    /// The ceiling of nonces that was stored.
    var nonceCeiling: UInt64 = 0
    /// This machine's wall clock less true time.
    var wallOffset: Int64 = 0
  }

  private static let clockIntervalNanoseconds: Int64 = 30_000_000_000
  private static let orderLanes = 4
  private static let window: Int64 = 2000

  let network: SimulatedNetwork
  let server: SimulatedVenueServer
  let signer: AccountSigner
  let fetcher: SimulatedFetcher
  private(set) var isAlive = true
  private(set) var isStarted = false
  /// The newest last.
  private(set) var incidents: [String] = []

  private let venue: VenueID
  private let dialect: any VenueDialect
  private let reference: WireReference
  private let machine: Machine
  private let targets: [String]
  private let orderTransport: OrderTransportPolicy
  private let orderExplorationInterval: Int
  private let deliver: (borrowing EventBatch) -> Void
  private let mayStill: (ChildOrderID) -> Bool
  private let onStarted: () -> Void
  private var nonces: NonceCounter
  private var bootstrap: SimulatedBootstrap?
  private var running: AdapterDriver?
  private var channels: [SimulatedChannel] = []
  private var orders: SimulatedOrderClient?
  private var wakeAt = Int64.max
  private var armedAt = Int64.max

  init(
    _ profile: WireProfile, network: SimulatedNetwork, server: SimulatedVenueServer,
    machine: Machine, deliver: @escaping (borrowing EventBatch) -> Void,
    mayStill: @escaping (ChildOrderID) -> Bool, onStarted: @escaping () -> Void
  ) {
    venue = profile.venue
    dialect = profile.dialect
    reference = profile.reference
    signer = profile.signer
    targets = profile.targets
    orderTransport = profile.orderTransport
    orderExplorationInterval = profile.orderExplorationInterval
    self.network = network
    self.server = server
    self.machine = machine
    self.deliver = deliver
    self.mayStill = mayStill
    self.onStarted = onStarted
    nonces = NonceCounter(ceiling: machine.nonceCeiling)
    fetcher = SimulatedFetcher(network: network, server: server)
  }

  /// The driver of a started gateway.
  var driver: AdapterDriver {
    guard let running else { preconditionFailure("a gateway is driven before it has started") }
    return running
  }

  // MARK: Life

  func start() {
    let bootstrap = SimulatedBootstrap(
      dialect: dialect, pairs: reference.pairs, gateway: self,
      done: { [weak self] result in self?.connect(result) })
    self.bootstrap = bootstrap
    bootstrap.start()
  }

  private func connect(_ result: SimulatedBootstrap.Result) {
    bootstrap = nil
    let bindings = reference.bindings(venue, result.listings)
    var batch = EventBatch()
    for event in reference.definitions(
      of: venue, dialect: dialect, window: Self.window, bindings, result.fees)
    {
      batch.append(event)
    }
    batch.append(.venueRoutingChanged(VenueRouting(venue: venue)))
    for event in balances(result) { batch.append(event) }
    let setup = AdapterSetup(
      venue: venue, venueName: reference.venues[venue.index], instance: reference.instance,
      listings: bindings, assets: reference.assets, requestWindowMilliseconds: Self.window,
      orderTransport: orderTransport, orderExplorationInterval: orderExplorationInterval)
    let driver = AdapterDriver(
      venue: venue, dialect: dialect, adapter: dialect.makeAdapter(setup), signer: signer,
      maximumClockOffsetMilliseconds: 5000, transport: self)
    running = driver
    isStarted = true
    deliver(batch)
    orders = SimulatedOrderClient(lanes: Self.orderLanes, gateway: self)
    channels = driver.channels.map { channel in
      SimulatedChannel(channel, target: targets[Int(channel.rawValue)], gateway: self)
    }
    for channel in channels { channel.connect() }
    scheduleClockReading()
    driver.start(clock: result.clock)
    onStarted()
  }

  private func balances(_ result: SimulatedBootstrap.Result) -> [Event] {
    result.balances.compactMap { balance in
      guard let asset = reference.assets.first(where: { $0.name == balance.asset }) else {
        return nil
      }
      return .balanceObserved(
        BalanceObservation(
          venue: venue, asset: asset.id, available: balance.available, total: balance.total,
          observedAt: result.balancesAskedAt))
    }
  }

  /// The process is gone: nothing of it acts any more, and its connections end.
  func die() {
    isAlive = false
    for channel in channels { channel.die() }
    orders?.die()
    fetcher.die()
  }

  // MARK: Commands

  func execute(_ command: VenueCommand) {
    if let running { return running.execute(command) }
    guard case .newOrder(let order) = command else { return }
    deliver(
      EventBatch(
        .childReport(VenueExecutionReport(venue: venue, child: order.id, kind: .notSent))))
  }

  func refreshBook(_ listing: ListingID) { running?.refreshBook(listing) }

  // MARK: AdapterTransport

  var now: Timestamp { Timestamp(nanoseconds: network.now) }
  var wallOffset: Int64 { machine.wallOffset }
  var wallNanoseconds: Int64 { network.now + machine.wallOffset }

  func nextNonce() -> UInt64 {
    let (value, raised) = nonces.take(atWallNanoseconds: wallNanoseconds)
    if let raised { machine.nonceCeiling = raised }
    return value
  }

  func stamp(clock: VenueClock, withNonce: Bool) -> RequestStamp {
    RequestStamp(
      time: now, venueNanoseconds: wallNanoseconds + clock.offsetNanoseconds,
      nonce: withNonce ? nextNonce() : 0)
  }

  func send(_ bytes: [UInt8], on channel: VenueChannel) -> Bool {
    channels.first { $0.channel == channel }?.send(bytes) ?? false
  }

  func sendOnce(_ request: HTTPRequest, tag: RequestTag) { orders?.send(request, tag: tag) }

  func fetch(_ request: HTTPRequest, tag: RequestTag) {
    fetcher.perform(request) { [weak self] outcome in
      guard let self, isAlive else { return }
      switch outcome {
      case .answered(let response): driver.answered(tag, response)
      case .failed(let failure): driver.failed(tag, failure)
      }
    }
  }

  func cut(_ channel: VenueChannel) { channels.first { $0.channel == channel }?.cut() }

  func reconnect(_ channel: VenueChannel) {
    channels.first { $0.channel == channel }?.reconnect()
  }

  func received(_ batch: borrowing EventBatch) { deliver(batch) }

  func mayStillSend(_ child: ChildOrderID) -> Bool { mayStill(child) }

  func record(_ severity: AdapterOutput.Incident.Severity, _ message: String) {
    incidents.append("\(severity): \(message)")
    if incidents.count > 50 { incidents.removeFirst() }
  }

  // MARK: Time

  /// One entry of the schedule stands for a deadline that moves on with every message.
  func wake(at deadline: Timestamp) {
    wakeAt = deadline.nanoseconds
    arm()
  }

  private func arm() {
    guard wakeAt < armedAt else { return }
    armedAt = wakeAt
    let time = wakeAt
    network.schedule.add(at: max(time, network.now)) { [weak self] in
      guard let self, isAlive, armedAt == time else { return }
      armedAt = .max
      guard wakeAt <= network.now else { return arm() }
      wakeAt = .max
      driver.timerExpired()
    }
  }

  private func scheduleClockReading() {
    network.after(Self.clockIntervalNanoseconds) { [weak self] in
      guard let self, isAlive else { return }
      readVenueClock()
      scheduleClockReading()
    }
  }

  private func readVenueClock() {
    let request = driver.clockQuery()
    let (sentAt, started) = (wallNanoseconds, now)
    fetcher.perform(request) { [weak self] outcome in
      guard let self, isAlive, case .answered(let response) = outcome else { return }
      driver.answeredClock(
        response, sentAt: sentAt, receivedAt: sentAt + now.since(started),
        wallBase: machine.wallOffset)
    }
  }
}
