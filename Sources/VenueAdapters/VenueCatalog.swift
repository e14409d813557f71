/// The dialects that are built in, by the protocol name of the settings.
package enum VenueCatalog {
  private static let dialects: [any VenueDialect] = [
    BinanceDialect(),
    CoinbaseExchangeDialect(),
    KrakenDialect(),
  ]

  /// The names in the order of the alphabet.
  package static var names: [String] { dialects.map(\.name) }

  package static func dialect(named name: String) -> (any VenueDialect)? {
    dialects.first { $0.name == name }
  }
}
