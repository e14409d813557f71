internal import Platform
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// One venue's settings with its credentials loaded and its HTTP client made.
struct Account: @unchecked Sendable {
  let settings: ServiceSettings.Venue
  let dialect: any VenueDialect
  let signer: AccountSigner
  let nonces: NonceSource
  let curl: CurlClient

  static func load(
    _ settings: ServiceSettings.Venue, index: Int, stateDirectory: String
  ) throws(StartError) -> Account {
    let place = "venues[\(index)] (\(settings.gateway.name)).credentials"
    guard let dialect = VenueCatalog.dialect(named: settings.dialect) else {
      throw .venue("\(settings.dialect) is not a known protocol")
    }
    let key = try SecretStore.read(settings.key, for: "\(place).key")
    let secret = try SecretStore.read(settings.secret, for: "\(place).secret")
    var passphrase = ""
    if let reference = settings.passphrase {
      passphrase = try SecretStore.read(reference, for: "\(place).passphrase")
    }
    let signer: AccountSigner
    do {
      signer = try AccountSigner(
        apiKey: key, secret: secret, passphrase: passphrase, encoding: dialect.secretEncoding)
    } catch {
      throw .secret("\(place).secret: \(error)")
    }
    do throws(PlatformError) {
      try FileSystem.createDirectories("\(stateDirectory)/nonces")
      let nonces = try NonceSource(path: "\(stateDirectory)/nonces/\(settings.gateway.name)")
      var options = CurlOptions()
      options.caFile = settings.gateway.certificateAuthority
      options.proxy = settings.gateway.proxy.map { "\($0.scheme)://\($0.hostHeader)" }
      return Account(
        settings: settings, dialect: dialect, signer: signer, nonces: nonces,
        curl: try CurlClient(options: options))
    } catch {
      throw .system("\(settings.gateway.name): \(error)")
    }
  }
}
