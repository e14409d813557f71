internal import ClientGateways
package import Foundation
internal import Journal
internal import RouterCore
internal import VenueAdapters
internal import VenueGateways
internal import Wire

/// Two venue entries with one API key: each would take the other's orders for strangers and count
/// the same money twice.
enum SharedKey {
  static func words(_ name: String, _ other: String) -> String {
    "'\(name)' and '\(other)' have the same API key; an account is one venue here, so make one"
      + " entry of them or give each an account of its own"
  }
}

/// Reads a settings file; every fault is reported before anything connects.
package enum SettingsFile {
  /// Domains where an order costs real money; only `mode: live` may name a host in them.
  private static let liveDomains = [
    "binance.com", "binance.us", "exchange.coinbase.com", "dma.prime.coinbase.com", "kraken.com",
  ]
  /// The test environments within them.
  private static let testDomains = ["sandbox.exchange.coinbase.com"]

  package static func load(_ path: String) throws(SettingsError) -> ServiceSettings {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw SettingsError(file: path, faults: ["the file does not exist or can not be read"])
    }
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try decode(data, file: path, directory: directory)
  }

  // Relative paths in the settings are relative to `directory`.
  package static func decode(
    _ data: Data, file: String, directory: String
  ) throws(SettingsError) -> ServiceSettings {
    let root: SettingsValue
    do {
      root = try SettingsValue.parse(json5: data)
    } catch {
      throw SettingsError(file: file, faults: ["it is not valid JSON5: \(Self.words(error))"])
    }
    let faults = SettingsReader.Faults()
    let settings = SettingsDecoder(directory: directory).decode(root, faults: faults)
    check(settings, faults)
    guard faults.messages.isEmpty else {
      throw SettingsError(file: file, faults: faults.messages)
    }
    return settings
  }

  private static func words(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context) = error else { return "\(error)" }
    let underlying = context.underlyingError.map { "\($0)" } ?? ""
    return "\(context.debugDescription) \(underlying)"
  }

  // MARK: What hangs together

  private static func check(_ settings: ServiceSettings, _ faults: SettingsReader.Faults) {
    if settings.venues.isEmpty { faults.add("venues", "name at least one venue") }
    if settings.symbols.isEmpty { faults.add("symbols", "name at least one, such as 'BTC-USD'") }
    if settings.tokens.isEmpty {
      faults.add("authentication.tokens", "name at least one token; the API is never open")
    }
    checkListener(settings, faults)
    var names: Set<String> = []
    for (index, venue) in settings.venues.enumerated() {
      let path = "venues[\(index)]"
      if !names.insert(venue.gateway.name).inserted {
        faults.add("\(path).name", "'\(venue.gateway.name)' is used twice")
      }
      let earlier = settings.venues.prefix(index)
      if let other = earlier.first(where: { $0.dialect == venue.dialect && $0.key == venue.key }) {
        faults.add(
          "\(path).credentials.key", SharedKey.words(other.gateway.name, venue.gateway.name))
      }
      check(venue, settings.mode, at: path, faults)
      for pair in venue.symbols where !settings.symbols.contains(pair) {
        faults.add("\(path).symbols", "\(pair.description) is not among 'symbols'")
      }
    }
  }

  private static func checkListener(
    _ settings: ServiceSettings, _ faults: SettingsReader.Faults
  ) {
    if (settings.certificateFile == nil) != (settings.keyFile == nil) {
      faults.add("listen", "give 'certificate' and 'private_key' together")
    }
    if !isLoopback(settings.host) && settings.certificateFile == nil {
      faults.add("listen.host", "beyond loopback the API needs TLS: add 'certificate'")
    }
  }

  private static func check(
    _ venue: ServiceSettings.Venue, _ mode: ServiceSettings.Mode, at path: String,
    _ faults: SettingsReader.Faults
  ) {
    let gateway = venue.gateway
    let endpoints = [
      ("rest", gateway.rest), ("market_stream", gateway.marketStream),
      ("private_stream", gateway.privateStream),
    ]
    for (name, url) in endpoints {
      let place = "\(path).endpoints.\(name)"
      if mode == .simulated && !isLoopback(url.host) {
        faults.add(place, "mode 'simulated' only takes loopback, not \(url.host)")
      }
      if mode != .live && isLive(url.host) {
        faults.add(place, "\(url.host) trades real money; that needs mode 'live'")
      }
      if !url.isSecure && !isLoopback(url.host) {
        faults.add(place, "beyond loopback it must be https or wss")
      }
    }
    guard let dialect = VenueCatalog.dialect(named: venue.dialect) else {
      let known = VenueCatalog.names.map { "'\($0)'" }.joined(separator: ", ")
      faults.add("\(path).protocol", "'\(venue.dialect)' is not known; known are \(known)")
      return
    }
    if dialect.needsPassphrase && venue.passphrase == nil {
      faults.add("\(path).credentials.passphrase", "\(dialect.name) needs it")
    }
    checkTransport(venue, dialect, at: path, faults)
  }

  /// A venue with one way for orders leaves nothing to choose.
  private static func checkTransport(
    _ venue: ServiceSettings.Venue, _ dialect: any VenueDialect, at path: String,
    _ faults: SettingsReader.Faults
  ) {
    let ways = dialect.orderTransports
    guard let policy = venue.orderTransport, let only = ways.first, ways.count == 1,
      policy.fixed != only
    else { return }
    faults.add(
      "\(path).order_transport",
      "'\(policy.rawValue)' can not be had: \(dialect.name) takes orders over '\(only.name)' alone;"
        + " leave it out")
  }

  private static func isLive(_ host: String) -> Bool {
    let name = normalized(host)
    func isWithin(_ domain: String) -> Bool { name == domain || name.hasSuffix(".\(domain)") }
    return liveDomains.contains(where: isWithin) && !testDomains.contains(where: isWithin)
  }

  private static func normalized(_ host: String) -> String {
    let name = host.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  static func isLoopback(_ host: String) -> Bool {
    let name = normalized(host)
    if ["localhost", "::1", "[::1]"].contains(name) { return true }
    let octets = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return octets.count == 4 && octets[0] == 127 && octets.allSatisfy { $0 != nil }
  }
}
