internal import Platform
internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// The questions a venue must answer before it can be traded on.
///
/// Runs on a thread of its own; everything it asks may be asked again.
struct VenueBootstrap: Sendable {
  struct Result: Sendable {
    var clock: VenueClock
    var listings: [ListingDefinition]
    var fees: [FeeRates]
    var balances: [NamedBalance]
    /// Before the question was asked, so that nothing later counts as seen.
    var balancesAskedAt: Timestamp
    var openOrders: [OpenOrder]
  }

  let settings: ServiceSettings.Venue
  let dialect: any VenueDialect
  let pairs: [PairName]
  let curl: CurlClient
  /// That of the core, which compares the times of answers with its own.
  let clock: CoreClock

  /// - Throws: What the venue answered, or why it did not.
  func run(signer: AccountSigner, nonces: NonceSource) throws(VenueFault) -> Result {
    var venueClock = VenueClock()
    try readClock(into: &venueClock, signer: signer)
    let asker = Asker(bootstrap: self, signer: signer, nonces: nonces, venueClock: venueClock)
    guard case .listings(let listings) = try asker.ask(.listings(pairs)) else {
      throw .malformed("reference data")
    }
    guard !listings.isEmpty else {
      let names = pairs.map(\.description).joined(separator: ", ")
      throw .refused("the venue lists none of \(names)")
    }
    let balancesAskedAt = clock.now
    guard case .balances(let balances) = try asker.ask(.balances) else {
      throw .malformed("balances")
    }
    guard case .openOrders(let orders) = try asker.ask(.openOrders(listings)) else {
      throw .malformed("open orders")
    }
    return Result(
      clock: venueClock, listings: listings, fees: try fees(listings, asker), balances: balances,
      balancesAskedAt: balancesAskedAt, openOrders: orders)
  }

  private func fees(
    _ listings: [ListingDefinition], _ asker: Asker
  ) throws(VenueFault) -> [FeeRates] {
    if let fees = settings.fees {
      return listings.map { FeeRates(pair: $0.pair, taker: fees.taker, maker: fees.maker) }
    }
    guard case .feeRates(let rates) = try asker.ask(.feeRates(listings)) else {
      throw .malformed("fee rates")
    }
    return rates
  }

  /// Three samples, so that one slow answer does not decide.
  private func readClock(
    into venueClock: inout VenueClock, signer: AccountSigner
  ) throws(VenueFault) {
    for _ in 0..<3 {
      let stamp = RequestStamp(
        time: clock.now, venueNanoseconds: Clock.wallNanoseconds(), nonce: 0)
      let request = dialect.request(for: .serverTime, at: stamp, signer: signer)
      let (sentAt, started) = (Clock.wallNanoseconds(), Clock.monotonicNanoseconds())
      let response = try perform(request)
      let finished = Clock.monotonicNanoseconds()
      guard case .serverTime(let time) = try dialect.answer(to: .serverTime, from: response) else {
        throw .malformed("server time")
      }
      venueClock.record(
        sentAt: sentAt, venueTime: time, receivedAt: sentAt + finished - started,
        wallBase: sentAt - started)
    }
  }

  func perform(_ request: HTTPRequest) throws(VenueFault) -> HTTPResponse {
    let gateway = settings.gateway
    let scheme = gateway.rest.isSecure ? "https" : "http"
    var curlRequest = CurlRequest(
      method: request.method, url: "\(scheme)://\(gateway.rest.hostHeader)\(request.target)")
    curlRequest.headers = request.headers
    curlRequest.body = request.body
    curlRequest.connectTimeoutMilliseconds = gateway.connectTimeoutMilliseconds
    curlRequest.timeoutMilliseconds = gateway.requestTimeoutMilliseconds
    do {
      return try curl.performAndWait(curlRequest)
    } catch {
      throw .unavailable("\(gateway.rest.hostHeader): \(error.message)")
    }
  }

  private struct Asker {
    let bootstrap: VenueBootstrap
    let signer: AccountSigner
    let nonces: NonceSource
    let venueClock: VenueClock

    func ask(_ query: VenueQuery) throws(VenueFault) -> VenueAnswer {
      let nonce: UInt64
      do {
        nonce = try nonces.next()
      } catch {
        throw .unavailable("\(error)")
      }
      let stamp = RequestStamp(
        time: bootstrap.clock.now,
        venueNanoseconds: Clock.wallNanoseconds() + venueClock.offsetNanoseconds, nonce: nonce)
      let request = bootstrap.dialect.request(for: query, at: stamp, signer: signer)
      return try bootstrap.dialect.answer(to: query, from: try bootstrap.perform(request))
    }
  }
}

extension VenueFault {
  /// What is wrong and what to do, for an operator.
  var words: String {
    switch self {
    case .unavailable(let words): "not reachable: \(words)"
    case .rateLimited(let wait, let words): "rate limited for \(wait) ms: \(words)"
    case .unauthorized(let words):
      "the credentials are refused: \(words); check key, secret, passphrase, permissions and"
        + " address list"
    case .clockSkew(let words): "the clock is off: \(words); set this machine's clock"
    case .refused(let words): "refused: \(words)"
    case .malformed(let words): "the answer is not as documented: \(words)"
    }
  }
}
