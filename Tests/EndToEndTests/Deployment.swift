import Foundation
import Platform
import RouterService
import SimulatedVenues
import Simulation
import Wire

/// Simulated venues and a router in one process, in a folder of their own.
///
/// The router reaches the venues through the same settings, gateways and sockets as it would reach
/// real ones.
final class Deployment {
  let directory: String
  let token = "end-to-end-token-0123456789"
  private(set) var venues: [String: RunningVenue] = [:]
  private var ports: [String: Int] = [:]
  private(set) var service: RouterService?
  private let curl: CurlClient
  /// Changes the settings text before it is loaded.
  var edit: (String) -> String = { $0 }
  /// Changes the settings once they are read, where no file can.
  var adjust: (inout ServiceSettings) -> Void = { _ in }
  var symbols = ["BTC-USD", "ETH-USD"]

  init(_ names: [String], configure: (inout VenueServerOptions) -> Void = { _ in }) throws {
    directory =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-e2e-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    curl = try CurlClient(options: CurlOptions())
    for name in names { try startVenue(name, configure: configure) }
  }

  deinit {
    service?.stop()
    for venue in venues.values { venue.stop() }
    try? FileManager.default.removeItem(atPath: directory)
  }

  // MARK: Venues

  func startVenue(
    _ name: String, configure: (inout VenueServerOptions) -> Void = { _ in }
  ) throws {
    guard let profile = VenueProfiles.named(name) else { throw Failure("no venue \(name)") }
    var options = VenueServerOptions(profile: profile)
    options.port = ports[name] ?? 0
    options.adminPort = 0
    options.stateDirectory = "\(directory)/\(name)"
    options.certificateDirectory = "\(directory)/certificates"
    options.credentialFile = try VenueFiles.writeCredential(
      of: profile, directory: "\(directory)/credentials")
    options.enforcesRateLimits = false
    configure(&options)
    let venue = try RunningVenue(options)
    venues[name] = venue
    ports[name] = venue.port
  }

  func stopVenue(_ name: String) {
    venues.removeValue(forKey: name)?.stop()
  }

  func admin(_ name: String, _ method: String, _ path: String, _ body: String = "") throws
    -> JSONValue
  {
    guard let venue = venues[name] else { throw Failure("\(name) does not run") }
    var request = CurlRequest(method: method, url: "http://127.0.0.1:\(venue.adminPort)\(path)")
    request.body = Array(body.utf8)
    let response = try curl.performAndWait(request)
    guard response.status == 200 else {
      throw Failure("\(path): \(String(decoding: response.body, as: UTF8.self))")
    }
    return try JSONValue(parsing: response.body)
  }

  func fault(_ name: String, _ json: String) throws {
    _ = try admin(name, "POST", "/faults", json)
  }

  /// Total of an asset on our account, at 16 places.
  func balance(_ name: String, _ asset: String) throws -> Int128 {
    let state = try admin(name, "GET", "/state")
    let text = state["accounts"]?[0]?["balances"]?[asset]?["total"]?.text ?? ""
    guard let amount = DecimalText.parse128(text, scale: 16) else {
      throw Failure("\(name) tells no balance of \(asset)")
    }
    return amount
  }

  // MARK: The router

  /// Writes the settings file and reads it as the service would.
  func loadSettings() throws -> ServiceSettings {
    let path = "\(directory)/settings.json5"
    try write(token, to: "\(directory)/token")
    try write(edit(settings), to: path)
    return try SettingsFile.load(path)
  }

  @discardableResult
  func startService() throws -> RouterService {
    var settings = try loadSettings()
    adjust(&settings)
    let service = RouterService(settings: settings, version: "test")
    try service.start()
    self.service = service
    return service
  }

  func stopService() {
    service?.stop()
    service = nil
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  private var settings: String {
    let venues = ports.keys.sorted().map(venueSettings).joined(separator: ",\n")
    return """
      {
        mode: 'simulated', listen: {port: 0}, state_directory: 'router',
        durability: 'process',
        authentication: {tokens: [{
          name: 'test', token: {file: 'token'}, scopes: ['read', 'trade', 'cancel', 'kill'],
        }]},
        symbols: [\(symbols.map { "'\($0)'" }.joined(separator: ", "))],
        risk: {maximum_order_value: '5000000', collar_bps: 300},
        venues: [\(venues)],
      }
      """
  }

  private func venueSettings(_ name: String) -> String {
    let port = ports[name] ?? 0
    let paths: (String, String) =
      name == "binance" ? ("/ws", "/ws-api/v3") : name == "kraken" ? ("/v2", "/v2") : ("/", "/")
    let passphrase =
      name == "coinbase-exchange"
      ? ", passphrase: {file: 'credentials/\(name).passphrase'}" : ""
    return """
      {
        name: '\(name)', protocol: '\(name)', certificate_authority: 'certificates/ca.pem',
        endpoints: {
          rest: 'https://127.0.0.1:\(port)', market_stream: 'wss://127.0.0.1:\(port)\(paths.0)',
          private_stream: 'wss://127.0.0.1:\(port)\(paths.1)',
        },
        credentials: {
          key: {file: 'credentials/\(name).key'},
          secret: {file: 'credentials/\(name).secret'}\(passphrase),
        },
      }
      """
  }

  // MARK: A client

  func client() throws -> APIClient {
    guard let service else { throw Failure("the service does not run") }
    return try APIClient(url: service.url, token: token)
  }

  func venue(_ name: String) throws -> JSONValue? {
    try client().get("/v1/venues")["venues"]?.array?.first { $0["venue"]?.string == name }
  }

  func waitUntilUp() throws {
    for name in ports.keys {
      try wait("\(name) is up") { try venue(name)?["state"]?.string == "up" }
    }
    for symbol in symbols {
      try wait("the books of \(symbol) are live") {
        let venues = try client().get("/v1/books/\(symbol)?depth=1")["venues"]?.array ?? []
        return venues.count == ports.count && venues.allSatisfy { $0["state"]?.string == "live" }
      }
    }
  }

  func submit(
    _ side: String, _ quantity: String, _ symbol: String = "BTC-USD",
    id: String = UUID().uuidString,
    _ more: String = #""type":"market","time_in_force":"gtc","expires_in_ms":40000"#
  ) throws -> JSONValue {
    let body =
      #"{"client_order_id":"\#(id)","symbol":"\#(symbol)","side":"\#(side)","#
      + #""quantity":"\#(quantity)",\#(more)}"#
    return try client().post("/v1/orders", Array(body.utf8))
  }

  func ended(_ order: JSONValue) throws -> JSONValue {
    let id = order["id"]?.string ?? ""
    var current = order
    try wait("order \(id) has ended") {
      current = try client().get("/v1/orders/\(id)")
      return current["closed_at"] != nil
    }
    return current
  }

  func positions() throws -> [String: Int128] {
    var positions: [String: Int128] = [:]
    for position in try client().get("/v1/positions")["positions"]?.array ?? [] {
      let name = "\(position["venue"]?.string ?? "") \(position["asset"]?.string ?? "")"
      positions[name] = DecimalText.parse128(position["change"]?.text ?? "", scale: 16)
    }
    return positions
  }

  /// - Parameters:
  ///   - what: Named in the failure.
  ///   - condition: Tried until it holds, for at most a minute.
  /// - Throws: A failure that names what did not come true.
  func wait(_ what: String, _ condition: () throws -> Bool) throws {
    for _ in 0..<1200 {
      if try condition() { return }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw Failure("within a minute it did not come true that \(what)")
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
      self.description = description
    }
  }
}
