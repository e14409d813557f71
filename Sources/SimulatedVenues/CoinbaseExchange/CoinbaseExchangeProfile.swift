import Simulation
import Wire

/// The simulated Coinbase Exchange: its products, fees and keys.
package enum CoinbaseExchangeProfile {
  package static let value: VenueProfile = {
    var profile = VenueProfile(
      name: "coinbase-exchange", port: 8453, adminPort: 8454, instruments: instruments,
      // Price, size and rate have thirteen decimals together: fees are exact.
      fees: FeePolicy(
        maker: FeeRate(units: 400_000), taker: FeeRate(units: 600_000), asset: .quote, digits: 16),
      makeCredential: makeCredential, makeDialect: { CoinbaseExchangeDialect(context: $0) })
    profile.holds = HoldPolicy(marketBuyHoldsWholeBalance: true)
    profile.openOrderLimit = 500
    // Nothing official says that a client_oid is refused a second time, and clients must not
    // count on it.
    profile.refusesDuplicateOpenIDs = false
    return profile
  }()

  private static let instruments: [SimulatedInstrument] = [
    instrument("BTC", "USD"), instrument("ETH", "USD"), instrument("SOL", "USD"),
    instrument("BTC", "USDT"), instrument("ETH", "USDT"), instrument("SOL", "USDT"),
  ]

  private static func instrument(_ base: String, _ quote: String) -> SimulatedInstrument {
    SimulatedInstrument(
      base: base, quote: quote, priceScale: 2, quantityScale: 8, tick: 1, lot: 1,
      minimumQuantity: 1, maximumQuantity: 1_000_000_000_000_000,
      minimumNotional: Amount(mantissa: Int64(1), scale: 0), shape: StandardMarkets.shape(base))
  }

  /// A key of 32 hexadecimal digits, a secret of 64 bytes in base64, and a passphrase.
  @Sendable private static func makeCredential(_ random: [UInt8]) -> VenueCredential {
    var credential = VenueCredential(
      key: Hex.encode(Array(random[0..<16])), secret: Base64.encode(Array(random[16..<80])))
    credential.passphrase = Hex.encode(Array(random[80..<86]))
    credential.permissions = [CoinbasePermission.view, CoinbasePermission.trade]
    return credential
  }
}

enum CoinbasePermission {
  static let view = "view"
  static let trade = "trade"
}
