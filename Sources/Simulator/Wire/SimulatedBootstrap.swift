internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// Asks a venue the questions of start-up, again with back-off until it has answered them all.
///
/// The order is the service's: the clock three times, pairs, balances, open orders, fee rates.
final class SimulatedBootstrap {
  struct Result {
    var clock = VenueClock()
    var listings: [ListingDefinition] = []
    var fees: [FeeRates] = []
    var balances: [NamedBalance] = []
    /// Before the question was asked, so that nothing later counts as seen.
    var balancesAskedAt = Timestamp.distantPast
    var openOrders: [OpenOrder] = []
  }

  private let dialect: any VenueDialect
  private let pairs: [PairName]
  private unowned let gateway: SimulatedGateway
  private let done: (Result) -> Void
  private var backoff: Backoff
  private var result = Result()
  private var step = 0

  init(
    dialect: any VenueDialect, pairs: [PairName], gateway: SimulatedGateway,
    done: @escaping (Result) -> Void
  ) {
    self.dialect = dialect
    self.pairs = pairs
    self.gateway = gateway
    self.done = done
    backoff = Backoff(seed: gateway.network.random.next())
  }

  func start() {
    result = Result()
    step = 0
    askNext()
  }

  private var query: VenueQuery? {
    switch step {
    case 0, 1, 2: .serverTime
    case 3: .listings(pairs)
    case 4: .balances
    case 5: .openOrders(result.listings)
    case 6: .feeRates(result.listings)
    default: nil
    }
  }

  private func askNext() {
    guard let query else { return done(result) }
    if step == 4 { result.balancesAskedAt = gateway.now }
    let stamp = gateway.stamp(clock: result.clock, withNonce: query != .serverTime)
    let request = dialect.request(for: query, at: stamp, signer: gateway.signer)
    let (sentAt, started) = (gateway.wallNanoseconds, gateway.now)
    gateway.fetcher.perform(request) { [weak self] outcome in
      guard let self, gateway.isAlive else { return }
      let receivedAt = sentAt + gateway.now.since(started)
      take(outcome, query, sentAt: sentAt, receivedAt: receivedAt)
    }
  }

  private func take(
    _ outcome: SimulatedFetcher.Outcome, _ query: VenueQuery, sentAt: Int64, receivedAt: Int64
  ) {
    do throws(VenueFault) {
      guard case .answered(let response) = outcome else { throw .unavailable("not reachable") }
      keep(try dialect.answer(to: query, from: response), sentAt, receivedAt)
      guard step != 3 || !result.listings.isEmpty else { throw .refused("no pair") }
      step += 1
      askNext()
    } catch {
      let delay = backoff.nextDelayMilliseconds(
        atMilliseconds: gateway.now.nanoseconds / 1_000_000, floor: error.floorMilliseconds)
      gateway.network.after(delay * 1_000_000) { [weak self] in
        guard let self, gateway.isAlive else { return }
        start()
      }
    }
  }

  private func keep(_ answer: VenueAnswer, _ sentAt: Int64, _ receivedAt: Int64) {
    switch answer {
    case .serverTime(let time):
      result.clock.record(
        sentAt: sentAt, venueTime: time, receivedAt: receivedAt, wallBase: gateway.wallOffset)
    case .listings(let listings): result.listings = listings
    case .feeRates(let fees): result.fees = fees
    case .balances(let balances): result.balances = balances
    case .openOrders(let orders): result.openOrders = orders
    }
  }
}
