/// The venues that can be simulated, by name.
package enum VenueProfiles {
  package static let all: [VenueProfile] = [
    BinanceProfile.value, CoinbaseExchangeProfile.value, KrakenProfile.value,
  ]

  package static func named(_ name: String) -> VenueProfile? { all.first { $0.name == name } }
}
