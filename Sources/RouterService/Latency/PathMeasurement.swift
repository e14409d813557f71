internal import ClientGateways
internal import Foundation
internal import Wire

/// `sluice latency path`: the router's own way, stage by stage, under an open load.
package final class PathMeasurement {
  package struct Options: Sendable {
    package var ordersPerSecond = 50
    package var symbols = ["BTC-USD", "ETH-USD", "SOL-USD"]
    package var seconds = 10
    package var warmUpSeconds = 2
    package var durability = "process"
    package var busyPolling = false
    package var seed: UInt64 = 1

    package init() {}
  }

  private let options: Options
  private let version: String
  private let say: (String) -> Void

  // `say` takes each line of progress.
  package init(options: Options, version: String, say: @escaping (String) -> Void) {
    self.options = options
    self.version = version
    self.say = say
  }

  /// Starts three simulated venues, each a process of its own, and a router in this one.
  // `directory` is an empty folder for all state.
  package func run(directory: String) throws -> PathReport {
    let venues = try DemoVenues(directory: directory, seed: options.seed, isLimited: false)
    defer { venues.stop() }
    try venues.start()
    let token = "path-" + UUID().uuidString.lowercased()
    let busy = options.busyPolling ? "busy_polling: true," : ""
    let settings = DemoSettings(
      directory: directory, token: token, more: "durability: '\(options.durability)', \(busy)")
    return try measure(
      try settings.write(venues.processes), token: token, venueCount: venues.processes.count)
  }

  /// Measures a router with an operator's own settings, which must be for simulated venues.
  package func run(settings: ServiceSettings) throws -> PathReport {
    guard settings.mode == .simulated else {
      throw PathRefusal(
        "mode is '\(settings.mode.rawValue)': this sends real orders, so it is for mode"
          + " 'simulated' only")
    }
    guard settings.certificateFile == nil else {
      throw PathRefusal("listen.certificate: leave it out, the load speaks plain HTTP")
    }
    guard settings.latency.isEnabled else {
      throw PathRefusal("latency.enabled is false: there would be nothing to show")
    }
    guard let index = settings.tokens.firstIndex(where: { $0.scopes.isSuperset(of: Self.scopes) })
    else { throw PathRefusal("authentication.tokens: none has the scopes read and trade") }
    let token = try SecretStore.read(
      settings.tokens[index].reference, for: "authentication.tokens[\(index)].token")
    return try measure(settings, token: token, venueCount: settings.venues.count)
  }

  private static let scopes: Set<Scope> = [.read, .trade]

  private func measure(
    _ settings: ServiceSettings, token: String, venueCount: Int
  ) throws -> PathReport {
    let service = RouterService(settings: settings, version: version)
    try service.start()
    defer { service.stop() }
    let client = try APIClient(url: service.url, token: token)
    try DemoReadiness(client: client, venueCount: venueCount, symbols: options.symbols).wait()
    say("\(venueCount) venues are up; warming up for \(options.warmUpSeconds) s")
    if options.warmUpSeconds > 0 {
      _ = try load(service, token, seconds: options.warmUpSeconds, "warm").run()
    }
    _ = service.latency(restarting: true)
    say("measuring for \(options.seconds) s at \(options.ordersPerSecond) orders/s")
    let result = try load(service, token, seconds: options.seconds, "path").run()
    // What the venues still answer belongs to the orders that were sent.
    Thread.sleep(forTimeInterval: 0.5)
    guard let latency = service.latency(restarting: false) else {
      throw PathRefusal("the router gave no latencies")
    }
    return PathReport(options: options, load: result, latency: latency, venues: try names(client))
  }

  private func load(
    _ service: RouterService, _ token: String, seconds: Int, _ prefix: String
  ) throws -> PathLoad {
    guard let url = URLParts(service.url) else { throw PathRefusal("no URL: \(service.url)") }
    return try PathLoad(
      PathLoad.Terms(
        url: url, token: token, symbols: options.symbols,
        ordersPerSecond: options.ordersPerSecond, seconds: seconds,
        prefix: "\(prefix)-\(UUID().uuidString.prefix(8))"))
  }

  private func names(_ client: APIClient) throws -> [String] {
    (try client.get("/v1/venues")["venues"]?.array ?? []).compactMap { $0["venue"]?.string }
  }
}

/// Why a measurement is not made.
package struct PathRefusal: Error, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
