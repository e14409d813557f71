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
    let service = RouterService(
      settings: try DemoSettings(directory: directory, token: token).write(venues.processes),
      version: version)
    try service.start()
    defer { service.stop() }
    say("the router serves on \(service.url)")
    let client = try APIClient(url: service.url, token: token)
    try DemoReadiness(
      client: client, venueCount: DemoVenues.names.count, symbols: DemoOrders.symbols
    ).wait()
    var audit = try BalanceAudit(venues: venues)
    let orders = try DemoOrders(client: client, venues: venues, say: say).run()
    try audit.compare(venues: venues, client: client, say: say)
    try check(orders)
    afterwards(service.url, token)
  }

  // MARK: Checks

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
