internal import Foundation

/// The settings of a router against simulated venues, through the same file format as any service.
struct DemoSettings {
  let directory: String
  let token: String
  /// Further settings, in JSON5, each ended by a comma.
  var more = ""

  /// Writes the file beside its token and reads it as the service would.
  func write(_ venues: [VenueProcess]) throws -> ServiceSettings {
    let path = "\(directory)/demo.json5"
    try write("\(token)\n", to: "\(directory)/token")
    try write(text(venues), to: path)
    return try SettingsFile.load(path)
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  private func text(_ venues: [VenueProcess]) -> String {
    let venues = venues.map(venueText).joined(separator: ",\n")
    return """
      {
        mode: 'simulated',
        listen: {host: '127.0.0.1', port: 0},
        state_directory: 'router',
        authentication: {tokens: [{
          name: 'demo', token: {file: 'token'}, scopes: ['read', 'trade', 'cancel', 'kill'],
        }]},
        symbols: ['BTC-USD', 'ETH-USD', 'SOL-USD'],
        \(more)
        risk: {maximum_order_value: '5000000', collar_bps: 200},
        venues: [
      \(venues)
        ],
      }
      """
  }

  private func venueText(_ process: VenueProcess) -> String {
    let hasPassphrase = process.name == "coinbase-exchange"
    let passphrase =
      hasPassphrase ? ", passphrase: {file: '\(process.credential("passphrase"))'}" : ""
    let paths = VenuePaths.of(process.name)
    return """
          {
            name: '\(process.name)', protocol: '\(process.name)',
            certificate_authority: '\(process.certificateAuthority)',
            endpoints: {
              rest: 'https://127.0.0.1:\(process.port)',
              market_stream: 'wss://127.0.0.1:\(process.port)\(paths.market)',
              private_stream: 'wss://127.0.0.1:\(process.port)\(paths.account)',
            },
            credentials: {
              key: {file: '\(process.credential("key"))'},
              secret: {file: '\(process.credential("secret"))'}\(passphrase),
            },
          }
      """
  }
}

/// Where a simulated venue's sockets are, as at the real one.
enum VenuePaths {
  static func of(_ name: String) -> (market: String, account: String) {
    switch name {
    case "binance": ("/ws", "/ws-api/v3")
    case "kraken": ("/v2", "/v2")
    default: ("/", "/")
    }
  }
}
