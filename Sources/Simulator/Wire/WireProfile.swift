internal import Platform
internal import struct RouterCore.VenueID
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
  /// Where the venue has two ways for orders: one of them, or both by turns.
  let orderTransport: OrderTransportPolicy
  let orderExplorationInterval: Int

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
    // A generator of its own: the ways of orders change nothing else of a history.
    var random = SeededRandom(seed: ~seed)
    orderTransport = OrderTransportPolicy.allCases[random.below(3)]
    orderExplorationInterval = 2 + random.below(3)
    do {
      signer = try AccountSigner(
        apiKey: credential.key, secret: credential.secret, passphrase: credential.passphrase,
        encoding: dialect.secretEncoding)
    } catch {
      preconditionFailure("\(name): \(error)")
    }
  }

  /// A pair at the scales of all histories, with increments of the venue's own.
  private static func instrument(
    _ index: Int, _ reference: WireReference, _ random: inout SeededRandom
  ) -> SimulatedInstrument {
    var shape = MarketShape(referencePrice: WireReference.middles[index])
    shape.levelsPerSide = 3 + random.below(8)
    shape.levelChangesPerSecond = Double(1 + random.below(6))
    shape.tradesPerSecond = Double(1 + random.below(20)) / 10
    shape.spreadBasisPoints = Double(1 + random.below(6))
    shape.volatilityBasisPoints = Double(1 + random.below(8))
    (shape.touchNotional, shape.levelNotional, shape.tradeNotional) = (0.6, 0.6, 0.3)
    let lot: Int64 = [1, 1, 5, 10][random.below(4)]
    return SimulatedInstrument(
      base: reference.pairs[index].base, quote: reference.pairs[index].quote,
      priceScale: Int(reference.instruments[index].priceScale),
      quantityScale: Int(reference.instruments[index].quantityScale),
      tick: [1, 1, 2, 5][random.below(4)], lot: lot, minimumQuantity: lot,
      maximumQuantity: 1_000_000_000,
      minimumNotional: Amount(mantissa: Int64([1, 1, 10, 50][random.below(4)]), scale: 2),
      shape: shape)
  }

  /// Enough for a few orders, so that planning beyond a balance shows.
  private static func balances(
    _ random: inout SeededRandom
  ) -> [(asset: String, amount: Amount)] {
    [
      ("USD", Amount(mantissa: Int64(5 + random.below(60)), scale: 0)),
      ("BTC", Amount(mantissa: Int64(2 + random.below(60)), scale: 2)),
      ("ETH", Amount(mantissa: Int64(1 + random.below(5)), scale: 0)),
    ]
  }

  /// A few pairs with thin books: a history needs no more, and a hundred levels cost time.
  private static func options(
    _ profile: VenueProfile, _ reference: WireReference, faults: WireFaults, seed: UInt64
  ) -> VenueServerOptions {
    var profile = profile
    var random = SeededRandom(seed: seed)
    profile.instruments = reference.pairs.indices.map { index in
      instrument(index, reference, &random)
    }
    var options = VenueServerOptions(profile: profile)
    options.seed = seed
    options.initialBalances = balances(&random)
    options.tokenSeed = seed
    options.enforcesRateLimits = faults.enforcesRateLimits
    return options
  }
}
