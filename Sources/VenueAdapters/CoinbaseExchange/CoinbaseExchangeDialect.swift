package import RouterCore
package import Wire

/// Coinbase Exchange, the institutional venue that followed Coinbase Pro.
package struct CoinbaseExchangeDialect: VenueDialect {
  package init() {}

  package var name: String { "coinbase-exchange" }
  package var secretEncoding: SecretEncoding { .base64 }
  package var needsPassphrase: Bool { true }
  package let orderTransports: [OrderTransport] = [.http]

  /// A signed request is refused 30 s after its timestamp, so none can be accepted later; ten more
  /// for an order to become visible (no official bound) and five for the clocks.
  package var absenceProofMilliseconds: Int64 { 45_000 }

  /// A limit buy holds price x size x (1 + taker rate).
  package var holdsFee: Bool { true }

  /// 15 private requests a second and profile, bursts of 30; the reserve is that of the adapter's
  /// own count, so that neither refuses what the other lets pass.
  package var publishedThrottle: VenueThrottle? {
    VenueThrottle(venue: VenueID(0), requestsPerSecond: 15, burst: 30, cancelReserve: 3000)
  }

  package func request(
    for query: VenueQuery, at stamp: RequestStamp, signer: any VenueSigner
  ) -> HTTPRequest {
    switch query {
    case .serverTime: CoinbaseExchangeAuthentication.publicRequest("/time")
    case .listings: CoinbaseExchangeAuthentication.publicRequest("/products")
    case .feeRates: signed("/fees", at: stamp, signer)
    case .balances: signed("/accounts", at: stamp, signer)
    case .openOrders:
      signed(
        "/orders?status=open&status=pending&status=active&limit=1000", at: stamp, signer)
    }
  }

  package func answer(
    to query: VenueQuery, from response: HTTPResponse
  ) throws(VenueFault) -> VenueAnswer {
    let body = try CoinbaseExchangeReferenceData.json(response)
    switch query {
    case .serverTime:
      return .serverTime(nanoseconds: try CoinbaseExchangeReferenceData.serverTime(body))
    case .listings(let pairs):
      return .listings(try CoinbaseExchangeReferenceData.listings(pairs, body))
    case .feeRates(let listings):
      return .feeRates(try CoinbaseExchangeReferenceData.feeRates(listings, body))
    case .balances: return .balances(try CoinbaseExchangeReferenceData.balances(body))
    case .openOrders: return .openOrders(try CoinbaseExchangeReferenceData.openOrders(response))
    }
  }

  package func makeAdapter(_ setup: AdapterSetup) -> any VenueAdapter {
    CoinbaseExchangeAdapter(setup)
  }

  private func signed(
    _ target: String, at stamp: RequestStamp, _ signer: any VenueSigner
  ) -> HTTPRequest {
    CoinbaseExchangeAuthentication.request("GET", target, at: stamp, signer: signer)
  }
}
