internal import Foundation
internal import Wire

/// `sluice demo`: three venues, one router, real orders, and a venue that dies on the way.
package final class Demo {
  private let directory: String
  private let venues: DemoVenues
  private let version: String
  private let say: (String) -> Void
  private let token = "demo-" + UUID().uuidString.lowercased()

  // `directory` is an empty folder for all state; `say` takes each line of progress and result.
  package init(
    directory: String, seed: UInt64, version: String, say: @escaping (String) -> Void
  ) throws(DemoError) {
    self.directory = directory
    self.version = version
    self.say = say
    venues = try DemoVenues(directory: directory, seed: seed)
  }

  /// - Parameter afterwards: Called with the service's URL and token while all still runs.
  /// - Throws: The first thing that did not hold.
  package func run(afterwards: (String, String) -> Void) throws {
    defer { venues.stop() }
    try venues.start()
    say("three venues serve on loopback, each a process of its own:")
    for process in venues.processes {
      say("  \(process.name): https://127.0.0.1:\(process.port)")
    }
    let service = RouterService(settings: try settings(), version: version)
    try service.start()
    defer { service.stop() }
    say("the router serves on \(service.url)")
    let client = try APIClient(url: service.url, token: token)
    try waitUntilUp(client)
    var audit = try BalanceAudit(venues: venues)
    let orders = try DemoOrders(client: client, venues: venues, say: say).run()
    try audit.compare(venues: venues, client: client, say: say)
    try check(orders)
    afterwards(service.url, token)
  }

  // MARK: Settings, through the same file format as any service

  private func settings() throws -> ServiceSettings {
    let path = "\(directory)/demo.json5"
    try write("\(token)\n", to: "\(directory)/token")
    try write(settingsText(), to: path)
    return try SettingsFile.load(path)
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  private func settingsText() -> String {
    let venues = venues.processes.map(venueText).joined(separator: ",\n")
    return """
      {
        mode: 'simulated',
        listen: {host: '127.0.0.1', port: 0},
        state_directory: 'router',
        authentication: {tokens: [{
          name: 'demo', token: {file: 'token'}, scopes: ['read', 'trade', 'cancel', 'kill'],
        }]},
        symbols: ['BTC-USD', 'ETH-USD', 'SOL-USD'],
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

  // MARK: Checks

  private func waitUntilUp(_ client: APIClient) throws {
    var last = ""
    for _ in 0..<300 {
      let answer = try client.get("/v1/venues")
      let venues = answer["venues"]?.array ?? []
      let up = venues.filter { $0["state"]?.string == "up" }
      if up.count == DemoVenues.names.count, try booksAreLive(client) { return }
      last = BookText.venues(answer)
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw DemoError("the venues did not come up within 15 s:\n\(last)")
  }

  private func booksAreLive(_ client: APIClient) throws -> Bool {
    for symbol in DemoOrders.symbols {
      let venues = try client.get("/v1/books/\(symbol)?depth=1")["venues"]?.array ?? []
      let live = venues.filter { $0["state"]?.string == "live" }
      if live.count < DemoVenues.names.count { return false }
    }
    return true
  }

  private func check(_ orders: [JSONValue]) throws(DemoError) {
    var used: Set<String> = []
    for order in orders {
      guard order["status"]?.string == "filled" else {
        throw DemoError("not filled: \(OrderText.headline(order))")
      }
      for child in order["children"]?.array ?? [] where child["filled_quantity"]?.string != "0" {
        if let venue = child["venue"]?.string { used.insert(venue) }
      }
    }
    for name in DemoVenues.names where !used.contains(name) {
      throw DemoError("no order was filled at \(name)")
    }
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
