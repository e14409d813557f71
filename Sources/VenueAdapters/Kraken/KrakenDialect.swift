package import RouterCore
package import Wire

/// Kraken Spot: REST `/0` and WebSocket v2.
package struct KrakenDialect: VenueDialect {
  package init() {}

  package var name: String { "kraken" }
  package var secretEncoding: SecretEncoding { .base64 }
  package var needsPassphrase: Bool { false }
  package let orderTransports: [OrderTransport] = [.socket]

  /// Two seconds for the engine after a deadline, and a minute by which REST has been seen to lag
  /// behind (btschwertfeger/kraken-infinity-grid, issue 82).
  package static let absenceProofMilliseconds: Int64 = 62_000
  package var absenceProofMilliseconds: Int64 { Self.absenceProofMilliseconds }

  /// Not documented; assumed, since it only makes us reserve a little more than needed.
  package var holdsFee: Bool { true }

  /// The matching engine's counter of the lowest tier: 60 for a pair, one off each second.
  ///
  /// A young order's cancel counts up to eight, so a third is kept for cancels.
  package var publishedThrottle: VenueThrottle? {
    VenueThrottle(venue: VenueID(0), requestsPerSecond: 1, burst: 60, cancelReserve: 3334)
  }

  package func request(
    for query: VenueQuery, at stamp: RequestStamp, signer: any VenueSigner
  ) -> HTTPRequest {
    func signed(_ method: String, _ fields: [(String, String)] = []) -> HTTPRequest {
      KrakenAuthentication.request(method, fields, nonce: stamp.nonce, signer: signer)
    }
    switch query {
    case .serverTime: return KrakenAuthentication.publicRequest("/0/public/Time")
    // All pairs: which spelling of a pair the filter takes is not the same for all of them.
    case .listings: return KrakenAuthentication.publicRequest("/0/public/AssetPairs")
    case .feeRates(let listings):
      return signed("TradeVolume", [("pair", listings.map(\.symbol).joined(separator: ","))])
    case .balances: return signed("BalanceEx")
    case .openOrders: return signed("OpenOrders")
    }
  }

  package func answer(
    to query: VenueQuery, from response: HTTPResponse
  ) throws(VenueFault) -> VenueAnswer {
    let result: JSONValue
    do {
      result = try KrakenReply(response).result
    } catch {
      throw error.fault
    }
    switch query {
    case .serverTime: return try KrakenReferenceData.serverTime(result)
    case .listings(let pairs): return try KrakenReferenceData.listings(result, pairs)
    case .feeRates(let listings): return try KrakenReferenceData.feeRates(result, listings)
    case .balances: return .balances(try KrakenReferenceData.balances(result))
    case .openOrders(let listings): return try KrakenReferenceData.openOrders(result, listings)
    }
  }

  package func makeAdapter(_ setup: AdapterSetup) -> any VenueAdapter {
    KrakenAdapter(setup)
  }
}
