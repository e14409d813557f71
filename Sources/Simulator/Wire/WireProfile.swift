internal import Platform
internal import RouterCore
internal import SimulatedVenues
internal import Simulation
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// One venue of a wire history: its protocol on both sides, its account and its market.
struct WireProfile {
  private static let paths: [(name: String, targets: [String])] = [
    ("binance", ["/ws", "/ws-api/v3"]), ("coinbase-exchange", ["/", "/"]),
    ("kraken", ["/v2", "/v2"]),
  ]

  let venue: VenueID
  let reference: WireReference
  let dialect: any VenueAdapters.VenueDialect
  let signer: AccountSigner
  let credential: VenueCredential
  /// The paths of the market's socket and the private one.
  let targets: [String]
  let options: VenueServerOptions

  init(_ venue: VenueID, of reference: WireReference, faults: WireFaults, seed: UInt64) {
    let name = reference.venues[venue.index]
    guard let profile = VenueProfiles.named(name), let dialect = VenueCatalog.dialect(named: name),
      let path = Self.paths.first(where: { $0.name == name })
    else { preconditionFailure("no venue is called \(name)") }
    self.venue = venue
    self.reference = reference
    self.dialect = dialect
    targets = path.targets
    credential = profile.makeCredential((0..<256).map { UInt8(truncatingIfNeeded: $0 * 7) })
    options = Self.options(profile, reference, faults: faults, seed: seed)
    do {
      signer = try AccountSigner(
        apiKey: credential.key, secret: credential.secret, passphrase: credential.passphrase,
        encoding: dialect.secretEncoding)
    } catch {
      preconditionFailure("\(name): \(error)")
    }
  }

  /// A few pairs with thin books: a history needs no more, and a hundred levels cost time.
  private static func options(
    _ profile: VenueProfile, _ reference: WireReference, faults: WireFaults, seed: UInt64
  ) -> VenueServerOptions {
    var profile = profile
    var random = SeededRandom(seed: seed)
    let symbols = reference.pairs.map(\.description)
    profile.instruments = profile.instruments.filter { symbols.contains($0.symbol) }
    for index in profile.instruments.indices {
      profile.instruments[index].shape.levelsPerSide = 4 + random.below(12)
      profile.instruments[index].shape.levelChangesPerSecond = Double(1 + random.below(8))
      profile.instruments[index].shape.tradesPerSecond = Double(1 + random.below(20)) / 10
      profile.instruments[index].shape.tradeNotional = Double(500 + random.below(20_000))
    }
    var options = VenueServerOptions(profile: profile)
    options.seed = seed
    options.tokenSeed = seed
    options.enforcesRateLimits = faults.enforcesRateLimits
    return options
  }
}
