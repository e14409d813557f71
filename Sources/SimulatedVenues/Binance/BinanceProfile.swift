import Platform
import Simulation

/// The simulated Binance: its symbols, fees and keys.
package enum BinanceProfile {
  package static let value: VenueProfile = {
    var profile = VenueProfile(
      name: "binance", port: 8463, adminPort: 8464, instruments: instruments,
      fees: FeePolicy(
        maker: FeeRate(units: 100_000), taker: FeeRate(units: 100_000), asset: .received,
        digits: 8, rounding: .down),
      makeCredential: makeCredential, makeDialect: { BinanceDialect(context: $0) })
    profile.openOrderLimit = 200
    profile.pingIntervalMilliseconds = 20_000
    return profile
  }()

  private static let instruments: [SimulatedInstrument] = [
    instrument("BTC", "USDT", quantityScale: 5, depth: 1.5),
    instrument("ETH", "USDT", quantityScale: 4, depth: 1.5),
    instrument("SOL", "USDT", quantityScale: 3, depth: 1.5),
    instrument("BTC", "USD", quantityScale: 5, depth: 1),
    instrument("ETH", "USD", quantityScale: 4, depth: 1),
    instrument("SOL", "USD", quantityScale: 3, depth: 1),
  ]

  private static func instrument(
    _ base: String, _ quote: String, quantityScale: Int, depth: Double
  ) -> SimulatedInstrument {
    SimulatedInstrument(
      base: base, quote: quote, priceScale: 2, quantityScale: quantityScale, tick: 1, lot: 1,
      minimumQuantity: 1, maximumQuantity: 900_000_000,
      minimumNotional: Amount(mantissa: Int64(5), scale: 0),
      shape: StandardMarkets.shape(base, activity: 2, depth: depth))
  }

  @Sendable private static func makeCredential(_ random: [UInt8]) -> VenueCredential {
    VenueCredential(key: text(random[0..<64]), secret: text(random[64..<128]))
  }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  private static func text(_ random: ArraySlice<UInt8>) -> String {
    String(decoding: random.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
  }
}
