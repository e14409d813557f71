internal import Foundation
internal import Platform
internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// A venue of the settings with what it takes to talk to it, its listings asked for.
struct MeasuredVenue {
  let settings: ServiceSettings.Venue
  let dialect: any VenueDialect
  let signer: AccountSigner
  let nonces: NonceSource
  let curl: CurlClient
  let setup: AdapterSetup
  let listings: [Listing]
  /// What a reader of the figures should know.
  let notes: [String]

  var name: String { settings.gateway.name }

  /// Loads credentials and asks for the listings; blocks for as long as the venue takes.
  static func load(
    _ index: Int, of settings: ServiceSettings, orders: MeasuringOptions.Orders, scratch: String
  ) throws(MeasuringError) -> MeasuredVenue {
    let venue = settings.venues[index]
    let access = try VenueAccess.load(
      venue, index: index, settings: settings, orders: orders, scratch: scratch)
    let pairs = venue.symbols.isEmpty ? settings.symbols : venue.symbols
    let definitions = try listings(pairs, venue, access)
    var registry = Registry()
    do throws(StartError) {
      let id = registry.venue(
        named: venue.gateway.name, dialect: access.dialect,
        requestWindowMilliseconds: venue.requestWindowMilliseconds)
      let bound = try definitions.map { (definition) throws(StartError) in
        try bind(definition, to: id, &registry)
      }
      let setup = AdapterSetup(
        venue: id, venueName: venue.gateway.name, instance: settings.instance,
        listings: bound.map(\.binding), assets: [],
        requestWindowMilliseconds: venue.requestWindowMilliseconds, bookDepth: venue.bookDepth,
        orderTransport: venue.orderTransport ?? .fastest)
      return MeasuredVenue(
        settings: venue, dialect: access.dialect, signer: access.signer, nonces: access.nonces,
        curl: access.curl, setup: setup, listings: bound.map(\.listing), notes: access.notes)
    } catch {
      throw .system("\(venue.gateway.name): \(error)")
    }
  }

  private static func listings(
    _ pairs: [PairName], _ venue: ServiceSettings.Venue, _ access: VenueAccess
  ) throws(MeasuringError) -> [ListingDefinition] {
    let bootstrap = VenueBootstrap(
      settings: venue, dialect: access.dialect, pairs: pairs, curl: access.curl,
      clock: CoreClock())
    let stamp = RequestStamp(
      time: bootstrap.clock.now, venueNanoseconds: Clock.wallNanoseconds(), nonce: 0)
    do throws(VenueFault) {
      let query = VenueQuery.listings(pairs)
      let request = access.dialect.request(for: query, at: stamp, signer: access.signer)
      let response = try bootstrap.perform(request)
      guard case .listings(let listings) = try access.dialect.answer(to: query, from: response),
        !listings.isEmpty
      else { throw .malformed("reference data") }
      return listings
    } catch {
      throw .unreachable("\(venue.gateway.name) is not measured: \(error.words)")
    }
  }

  private static func bind(
    _ definition: ListingDefinition, to venue: VenueID, _ registry: inout Registry
  ) throws(StartError) -> (binding: ListingBinding, listing: Listing) {
    let instrument = try registry.instrument(definition.pair, finest: [definition])
    let listing = try registry.listing(
      definition, venue: venue, instrument: instrument,
      fees: FeeRates(pair: definition.pair, taker: .zero, maker: .zero))
    return (
      ListingBinding(listing: listing.id, instrument: instrument, definition: definition), listing
    )
  }
}

/// The credentials and clients of a venue that is measured.
private struct VenueAccess {
  let dialect: any VenueDialect
  let signer: AccountSigner
  let nonces: NonceSource
  let curl: CurlClient
  let notes: [String]

  /// Orders need the account and its nonces; without them nothing in the state directory is
  /// touched, and a venue without credentials is measured by what it shows to everyone.
  static func load(
    _ venue: ServiceSettings.Venue, index: Int, settings: ServiceSettings,
    orders: MeasuringOptions.Orders, scratch: String
  ) throws(MeasuringError) -> VenueAccess {
    if case .none = orders { return try loadPublic(venue, scratch: scratch) }
    do throws(StartError) {
      let account = try Account.load(venue, index: index, stateDirectory: settings.stateDirectory)
      return VenueAccess(
        dialect: account.dialect, signer: account.signer, nonces: account.nonces,
        curl: account.curl, notes: [])
    } catch {
      throw error.exitStatus == 2 ? .usage("\(error)") : .system("\(error)")
    }
  }

  private static func loadPublic(
    _ venue: ServiceSettings.Venue, scratch: String
  ) throws(MeasuringError) -> VenueAccess {
    let name = venue.gateway.name
    guard let dialect = VenueCatalog.dialect(named: venue.dialect) else {
      throw .usage("\(name): \(venue.dialect) is not a known protocol")
    }
    do throws(PlatformError) {
      var options = CurlOptions()
      options.caFile = venue.gateway.certificateAuthority
      options.proxy = venue.gateway.proxy.map { "\($0.scheme)://\($0.hostHeader)" }
      let (signer, notes) = try signer(venue, dialect)
      return VenueAccess(
        dialect: dialect, signer: signer,
        nonces: try NonceSource(path: "\(scratch)/\(name).nonces"),
        curl: try CurlClient(options: options), notes: notes)
    } catch {
      throw .system("\(name): \(error)")
    }
  }

  private static func signer(
    _ venue: ServiceSettings.Venue, _ dialect: any VenueDialect
  ) throws(PlatformError) -> (AccountSigner, [String]) {
    func read(_ reference: SecretReference?) throws -> String {
      try reference.map { try SecretStore.read($0, for: "credentials") } ?? ""
    }
    do {
      let signer = try AccountSigner(
        apiKey: try read(venue.key), secret: try read(venue.secret),
        passphrase: try read(venue.passphrase), encoding: dialect.secretEncoding)
      return (signer, [])
    } catch {
      let note = "measured without credentials, by what the venue shows to everyone"
      do throws(CredentialError) {
        let nobody = try AccountSigner(
          apiKey: "", secret: "AAAA", passphrase: "", encoding: dialect.secretEncoding)
        return (nobody, [note])
      } catch {
        throw PlatformError(operation: "sign for nobody", detail: "\(error)")
      }
    }
  }
}
