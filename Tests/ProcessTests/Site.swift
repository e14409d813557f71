import Foundation
import Glibc
import Platform
import RouterService
import Wire

/// Simulated venues and a router, each a process of its own, in a folder of their own.
final class Site {
  typealias Failure = ChildProcess.Failure

  static let allVenues = ["binance", "coinbase-exchange", "kraken"]

  let directory: String
  let token = "token-of-the-process-tests"
  let venueNames: [String]
  private(set) var venues: [String: ChildProcess] = [:]
  private var ports: [String: (port: Int, admin: Int)] = [:]
  private let curl: CurlClient
  /// More settings of the service, as lines of its file.
  var extraSettings = ""
  /// The same of each of its venues.
  var extraVenueSettings = ""
  var durability = "power"

  init(_ venues: [String] = Site.allVenues) throws {
    venueNames = venues
    directory =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-process-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    curl = try CurlClient(options: CurlOptions())
    for name in venues { try startVenue(name) }
  }

  deinit {
    for venue in venues.values { venue.kill() }
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// The program under test: what `SLUICE_BINARY` names, or the one built with the tests.
  static let binary: String = {
    if let named = ProcessInfo.processInfo.environment["SLUICE_BINARY"] {
      return URL(fileURLWithPath: named).path
    }
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = own.deletingLastPathComponent().appendingPathComponent("sluice").path
    if FileManager.default.isExecutableFile(atPath: beside) { return beside }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return root.appendingPathComponent(".build/debug/sluice").path
  }()

  // MARK: Venues

  /// Starts a venue, on the ports of its first start if it had one, and waits until it serves.
  func startVenue(_ name: String) throws {
    let readyFile = "\(directory)/\(name).ready"
    try? FileManager.default.removeItem(atPath: readyFile)
    let known = ports[name] ?? (0, 0)
    let process = try ChildProcess(
      Self.binary,
      [
        "venue", name, "--port", "\(known.port)", "--admin-port", "\(known.admin)",
        "--state", "\(directory)/\(name)", "--certificates", "\(directory)/certificates",
        "--credentials", "\(directory)/credentials", "--ready-file", readyFile,
        "--taker-fee-bps", "10", "--maker-fee-bps", "2", "--no-rate-limits", "--until-stdin-closes",
      ], log: "\(directory)/\(name).log")
    venues[name] = process
    for _ in 0..<3000 {
      if let data = FileManager.default.contents(atPath: readyFile),
        let json = try? JSONValue(parsing: Array(data)), let port = json["port"]?.int64,
        let admin = json["admin_port"]?.int64
      {
        ports[name] = (Int(port), Int(admin))
        return
      }
      guard process.poll() == nil else { break }
      Thread.sleep(forTimeInterval: 0.01)
    }
    throw Failure("\(name) did not become ready: \(tail(of: "\(name).log"))")
  }

  func killVenue(_ name: String) {
    venues.removeValue(forKey: name)?.kill()
  }

  /// What the venue itself holds to be true.
  func state(of name: String) throws -> JSONValue {
    try ask(name, "GET", "/state")
  }

  @discardableResult
  func ask(_ name: String, _ method: String, _ path: String, _ body: String = "") throws
    -> JSONValue
  {
    var request = CurlRequest(
      method: method, url: "http://127.0.0.1:\(ports[name]?.admin ?? 0)\(path)")
    request.body = Array(body.utf8)
    let response = try curl.performAndWait(request)
    guard response.status == 200 else {
      throw Failure("\(name) \(path): \(String(decoding: response.body, as: UTF8.self))")
    }
    return try JSONValue(parsing: response.body)
  }

  /// The account's totals by venue and asset, at 16 places.
  func balances() throws -> [String: Int128] {
    var balances: [String: Int128] = [:]
    for name in venueNames {
      for member in try state(of: name)["accounts"]?[0]?["balances"]?.members ?? [] {
        balances["\(name) \(member.name)"] =
          DecimalText.parse128(member.value["total"]?.text ?? "", scale: 16)
      }
    }
    return balances
  }

  // MARK: Routers

  /// A router with a state of its own; routers of one site share the venues' accounts.
  func makeRouter(_ name: String = "router") throws -> RouterProcess {
    let port = try Self.freePort()
    let path = "\(directory)/\(name).json5"
    try write(token, to: "\(directory)/token")
    try write(settings(name, port: port), to: path)
    return RouterProcess(
      settings: path, url: "http://127.0.0.1:\(port)", token: token,
      log: "\(directory)/\(name).log", stateDirectory: "\(directory)/\(name)")
  }

  func tail(of file: String) -> String {
    let data = FileManager.default.contents(atPath: "\(directory)/\(file)") ?? Data()
    return String(decoding: data.suffix(2000), as: UTF8.self)
  }

  private static func freePort() throws -> Int {
    let listener = try TCPListener(loop: EventLoop(), host: "127.0.0.1", port: 0) { _, _ in }
    defer { listener.close() }
    return listener.port
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  private func settings(_ name: String, port: Int) -> String {
    """
    {
      mode: 'simulated', listen: {port: \(port)}, state_directory: '\(name)',
      durability: '\(durability)',
      authentication: {tokens: [{
        name: 'test', token: {file: 'token'}, scopes: ['read', 'trade', 'cancel', 'kill'],
      }]},
      symbols: ['BTC-USD', 'ETH-USD'],
      risk: {maximum_order_value: '5000000', collar_bps: 300, maximum_open_orders: 2000},
      venues: [\(venueNames.map(venueSettings).joined(separator: ",\n"))],
      \(extraSettings)
    }
    """
  }

  private func venueSettings(_ name: String) -> String {
    let port = ports[name]?.port ?? 0
    let paths: (String, String) =
      name == "binance" ? ("/ws", "/ws-api/v3") : name == "kraken" ? ("/v2", "/v2") : ("/", "/")
    let passphrase =
      name == "coinbase-exchange"
      ? ", passphrase: {file: 'credentials/\(name).passphrase'}" : ""
    return """
      {
        name: '\(name)', protocol: '\(name)', certificate_authority: 'certificates/ca.pem',
        \(extraVenueSettings)
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
}
