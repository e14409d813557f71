package import RouterCore
package import Wire

/// Binance Spot: protocol name, and the questions of start-up.
package struct BinanceDialect: VenueDialect {
  package init() {}

  package let name = "binance"
  package let secretEncoding = SecretEncoding.text
  package let needsPassphrase = false
  package let orderTransports: [OrderTransport] = [.socket, .http]
  /// `timestamp + recvWindow` bounds when a request may enter the engine; the API waits ten
  /// seconds for the engine (rest-api.md), and a timestamp may be one second ahead of its clock.
  package let absenceProofMilliseconds: Int64 = 12_000
  /// An open buy locks its notional; the fee comes out of what is received.
  package let holdsFee = false
  /// 50 orders in ten seconds for an account (`exchangeInfo`); cancels have no weight of their own.
  package let publishedThrottle: VenueThrottle? = VenueThrottle(
    venue: VenueID(0), requestsPerSecond: 5, burst: 50)

  package func request(
    for query: VenueQuery, at stamp: RequestStamp, signer: any VenueSigner
  ) -> HTTPRequest {
    switch query {
    case .serverTime:
      BinanceReferenceData.serverTime()
    case .listings(let pairs):
      BinanceReferenceData.listings(pairs)
    case .feeRates(let listings):
      BinanceReferenceData.feeRates(listings, at: stamp, signer: signer)
    case .balances:
      BinanceReferenceData.account(
        at: stamp, windowMilliseconds: BinanceReferenceData.defaultWindowMilliseconds,
        signer: signer)
    case .openOrders:
      BinanceReferenceData.openOrders(at: stamp, signer: signer)
    }
  }

  package func answer(
    to query: VenueQuery, from response: HTTPResponse
  ) throws(VenueFault) -> VenueAnswer {
    let body = try BinanceReferenceData.body(response)
    switch query {
    case .serverTime: return try BinanceReferenceData.serverTime(body)
    case .listings(let pairs): return try BinanceReferenceData.listings(body, pairs)
    case .feeRates(let listings): return try BinanceReferenceData.feeRates(body, listings)
    case .balances: return try BinanceReferenceData.balances(body)
    case .openOrders: return try BinanceReferenceData.openOrders(body)
    }
  }

  package func makeAdapter(_ setup: AdapterSetup) -> any VenueAdapter {
    BinanceAdapter(setup)
  }
}
