package import RouterCore
internal import Simulation
internal import VenueAdapters

/// One venue with its network, on the wire: the real adapter against the real server dialect.
package final class WireVenue {
  package let venue: VenueID
  /// Asked right before the bytes of a new order leave.
  package var mayStillSend: ((ChildOrderID) -> Bool)?
  /// The venue is connected in this run of the router; the core may ask about open orders.
  package var onStarted: (() -> Void)?

  private let profile: WireProfile
  private let network: SimulatedNetwork
  let server: SimulatedVenueServer
  /// What the venue itself knows.
  let books: WireBooks
  private let machine = SimulatedGateway.Machine()
  private var gateway: SimulatedGateway?
  /// Whoever takes events now; what comes outside of `advance` waits.
  private var taker: ((borrowing EventBatch) -> Void)?
  private var waiting: [EventBatch] = []

  package init(
    _ venue: VenueID, of reference: WireReference, faults: WireFaults, seed: UInt64,
    marketSeed: UInt64, now: Timestamp
  ) {
    self.venue = venue
    profile = WireProfile(venue, of: reference, faults: faults, seed: marketSeed)
    network = SimulatedNetwork(faults: faults, seed: seed, now: now.nanoseconds)
    let ticks: [Int64] = [100, 250, 250, 500]
    server = SimulatedVenueServer(
      options: profile.options, credential: profile.credential, network: network,
      tickMilliseconds: ticks[network.random.below(ticks.count)])
    books = WireBooks(server, venue: venue, reference: reference)
    planClockStep()
  }

  deinit {
    gateway?.die()
    server.shutDown()
    network.shutDown()
  }

  // MARK: The router's process

  /// The router's process starts: connections are opened, and the adapter knows nothing.
  package func start(at now: Timestamp) {
    network.setTime(now.nanoseconds)
    let gateway = SimulatedGateway(
      profile, network: network, server: server, machine: machine,
      deliver: { [unowned self] batch in deliver(batch) },
      mayStill: { [unowned self] child in mayStillSend?(child) ?? true },
      onStarted: { [unowned self] in onStarted?() })
    self.gateway = gateway
    gateway.start()
  }

  /// The router's process dies: what it has written may arrive, what it has not read is lost.
  package func crash(at now: Timestamp) {
    network.setTime(now.nanoseconds)
    gateway?.die()
    gateway = nil
    waiting.removeAll()
  }

  package func execute(_ command: VenueCommand, at now: Timestamp) {
    network.setTime(now.nanoseconds)
    gateway?.execute(command)
  }

  package func refreshBook(_ listing: ListingID, at now: Timestamp) {
    network.setTime(now.nanoseconds)
    gateway?.refreshBook(listing)
  }

  // MARK: Time

  /// Whether the dialect names orders by UUID.
  var usesUUIDs: Bool { profile.dialect.name != "binance" }

  func setTime(_ now: Timestamp) { network.setTime(now.nanoseconds) }

  /// A connection of the running router breaks.
  func cut(_ channel: VenueChannel) { gateway?.cut(channel) }

  /// Its sockets break again and again for some seconds.
  func flap(_ draw: inout SeededRandom) {
    let channel: VenueChannel = draw.below(3) == 0 ? .marketData : .privateStream
    var wait: Int64 = 0
    for _ in 0..<(3 + draw.below(8)) {
      wait += Int64(200 + draw.below(2000)) * 1_000_000
      network.after(wait) { [weak self] in
        if let self, network.isFaulty { cut(channel) }
      }
    }
  }

  /// The earliest time at which `advance` does something.
  package var nextEventTime: Timestamp {
    let next = waiting.isEmpty ? network.schedule.earliest : network.now
    return Timestamp(nanoseconds: next)
  }

  /// Lets everything happen up to a time, and hands over the events for the core in order.
  package func advance(to now: Timestamp, _ deliver: (borrowing EventBatch) -> Void) {
    withoutActuallyEscaping(deliver) { deliver in
      taker = deliver
      defer { taker = nil }
      let queued = waiting
      waiting.removeAll()
      for batch in queued { deliver(batch) }
      while network.schedule.earliest <= now.nanoseconds { network.step() }
      network.setTime(now.nanoseconds)
    }
  }

  private func deliver(_ batch: borrowing EventBatch) {
    if let taker { taker(batch) } else { waiting.append(copy batch) }
  }

  // MARK: Faults

  /// Off: no new faults; the venue comes back and the machine's clock is set right.
  package func setFaults(_ isOn: Bool) {
    network.isFaulty = isOn
    guard !isOn else { return }
    machine.wallOffset = 0
    server.mend()
  }

  /// The machine's wall clock is set to another time; far off, it does not stay so for long.
  private func planClockStep() {
    let mean = network.faults.secondsBetweenClockSteps
    guard let wait = network.interval(meanSeconds: mean) else { return }
    network.after(wait) { [weak self] in
      guard let self, network.isFaulty else { return }
      stepClock()
      planClockStep()
    }
  }

  private func stepClock() {
    let isFar = network.random.below(4) == 0
    let reach: Int64 = isFar ? 3_600_000_000_000 : 2_500_000_000
    machine.wallOffset = network.draw(from: -reach, to: reach)
    guard isFar else { return }
    network.after(network.draw(from: 1_000_000_000, to: 10_000_000_000)) { [weak self] in
      self?.machine.wallOffset = 0
    }
  }

  // MARK: Looking

  package var venueCrashes: Int { server.crashes }
  package var httpOrders: Int { server.httpOrders }
  package var mishaps: Int { network.mishaps }
  /// What operators would have been told in this run of the router, the newest last.
  package var incidents: [String] { gateway?.incidents ?? [] }
}
