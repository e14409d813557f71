import Platform
import Simulation
import Wire

/// The simulated Kraken: its pairs, fees and keys.
package enum KrakenProfile {
  package static let value: VenueProfile = {
    var profile = VenueProfile(
      name: "kraken", port: 8443, adminPort: 8444, instruments: instruments,
      fees: FeePolicy(
        maker: FeeRate(units: 250_000), taker: FeeRate(units: 400_000), asset: .quote, digits: 5,
        rounding: .nearest),
      makeCredential: makeCredential, makeDialect: { KrakenDialect(context: $0) })
    profile.openOrderLimit = 225
    return profile
  }()

  private static let instruments: [SimulatedInstrument] = [
    instrument("BTC", "USD", priceScale: 1, minimum: 5_000),
    instrument("ETH", "USD", priceScale: 2, minimum: 100_000),
    instrument("SOL", "USD", priceScale: 2, minimum: 2_000_000),
    instrument("BTC", "USDT", priceScale: 1, minimum: 5_000),
    instrument("ETH", "USDT", priceScale: 2, minimum: 100_000),
    instrument("SOL", "USDT", priceScale: 2, minimum: 2_000_000),
  ]

  private static func instrument(
    _ base: String, _ quote: String, priceScale: Int, minimum: Int64
  ) -> SimulatedInstrument {
    SimulatedInstrument(
      base: base, quote: quote, priceScale: priceScale, quantityScale: 8, tick: 1, lot: 1,
      minimumQuantity: minimum, maximumQuantity: 1_000_000_000_000,
      minimumNotional: Amount(mantissa: Int64(5), scale: 1),
      shape: StandardMarkets.shape(base))
  }

  @Sendable private static func makeCredential(_ random: [UInt8]) -> VenueCredential {
    let key = Base64.encode(Array(random[0..<42]))
    var credential = VenueCredential(key: key, secret: Base64.encode(Array(random[42..<106])))
    credential.permissions = KrakenPermission.trading
    return credential
  }
}

/// The permission names of Kraken's keys.
enum KrakenPermission {
  static let queryFunds = "query-funds"
  static let queryOpenTrades = "query-open-trades"
  static let queryClosedTrades = "query-closed-trades"
  static let modifyTrades = "modify-trades"
  static let closeTrades = "close-trades"
  static let createToken = "create-ws-token"

  static let trading = [
    queryFunds, queryOpenTrades, queryClosedTrades, modifyTrades, closeTrades, createToken,
  ]
}
