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
      // By key, not by name: a key's nonces never go down, whatever the venue is called.
      let name = Hex.encode(Array(Digest.sha256(Array("\(dialect.name) \(key)".utf8)).prefix(12)))
      let nonces = try NonceSource(path: "\(stateDirectory)/nonces/\(name)")
      try checkIdentity(settings, stateDirectory: stateDirectory)
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

  /// The settings compare where keys stand; two files may still hold the same one.
  func checkKey(against others: [Account], index: Int) throws(StartError) {
    let other = others.first {
      $0.dialect.name == dialect.name && $0.signer.apiKey == signer.apiKey
    }
    guard let other else { return }
    throw .secret(
      "venues[\(index)].credentials.key: "
        + SharedKey.words(other.settings.gateway.name, settings.gateway.name))
  }

  /// The journal knows a venue by its name: under one name there must always be the same venue.
  private static func checkIdentity(
    _ settings: ServiceSettings.Venue, stateDirectory: String
  ) throws(PlatformError) {
    let identity = "\(settings.dialect) \(settings.gateway.rest.host)"
    let path = "\(stateDirectory)/venues/\(settings.gateway.name)"
    try FileSystem.createDirectories("\(stateDirectory)/venues")
    guard FileSystem.exists(path) else {
      return try FileSystem.writeFileAtomically(path, Array(identity.utf8))
    }
    let known = String(decoding: try FileSystem.readFile(path), as: UTF8.self)
    guard known == identity else {
      throw PlatformError(
        operation: "open the venue",
        detail: "in this state_directory the name stands for '\(known)', not '\(identity)';"
          + " its open orders would be taken for lost: use a new name")
    }
  }
}
