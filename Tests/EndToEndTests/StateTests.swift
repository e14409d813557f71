import Foundation
import Platform
import RouterService
import SimulatedVenues
import Testing
import Wire

/// Wrong settings, broken venues, restarts: a clear message and a defined state for each.
@Suite(.serialized) struct StateTests {
  private static let venue = VenueProfiles.all.first { $0.name == "kraken" }?.name ?? "kraken"

  private func incident(_ deployment: Deployment) throws -> String {
    try deployment.venue(Self.venue)?["incidents"]?[0]?["message"]?.string ?? ""
  }

  @Test func `a wrong key is told and nothing else breaks`() throws {
    let deployment = try Deployment([Self.venue])
    let secret = "\(deployment.directory)/credentials/\(Self.venue).secret"
    try Data(Base64.encode([UInt8](repeating: 7, count: 64)).utf8)
      .write(to: URL(fileURLWithPath: secret))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
    try deployment.startService()
    try deployment.wait("the refusal is told") {
      try incident(deployment).contains("the credentials are refused")
    }
    #expect(try deployment.venue(Self.venue)?["state"]?.string == "down")
    do {
      _ = try deployment.submit("buy", "1")
      Issue.record("an order was taken")
    } catch let failure as ClientFailure {
      #expect(failure.exitStatus == 2 || failure.exitStatus == 3, "\(failure)")
    }
  }

  @Test func `a venue that can not be reached is told and is asked again`() throws {
    let deployment = try Deployment([Self.venue])
    deployment.stopVenue(Self.venue)
    try deployment.startService()
    try deployment.wait("the venue is told to be unreachable") {
      try incident(deployment).contains("not reachable")
    }
    try deployment.startVenue(Self.venue)
    try deployment.waitUntilUp()
    let order = try deployment.ended(try deployment.submit("buy", "0.1"))
    #expect(order["status"]?.string == "filled")
  }

  @Test func `a clock that is thirty seconds off stops orders and says so`() throws {
    let deployment = try Deployment([Self.venue]) { $0.clockOffsetMilliseconds = 30_000 }
    try deployment.startService()
    try deployment.wait("the clock is told") {
      let incidents = try deployment.venue(Self.venue)?["incidents"]?.array ?? []
      return incidents.contains { $0["message"]?.string?.contains("clock is off") == true }
    }
    try deployment.wait("market data flows") {
      try deployment.venue(Self.venue)?["market_data"]?.bool == true
    }
    #expect(try deployment.venue(Self.venue)?["order_entry"]?.bool == false)
  }

  @Test func `a port in use is named`() throws {
    let deployment = try Deployment([Self.venue])
    let port = deployment.venues[Self.venue]?.adminPort ?? 0
    deployment.edit = { $0.replacingOccurrences(of: "{port: 0}", with: "{port: \(port)}") }
    do {
      try deployment.startService()
      Issue.record("it started")
    } catch let error as StartError {
      #expect("\(error)".contains("\(port)") && "\(error)".contains("in use"), "\(error)")
    }
  }

  @Test func `a secret that is missing or open to others is named`() throws {
    let deployment = try Deployment([Self.venue])
    let secret = "\(deployment.directory)/credentials/\(Self.venue).secret"
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
    do {
      try deployment.startService()
      Issue.record("it started")
    } catch let error as StartError {
      #expect("\(error)".contains("chmod 600"), "\(error)")
      #expect(error.exitStatus == 2)
    }
    try FileManager.default.removeItem(atPath: secret)
    do {
      try deployment.startService()
      Issue.record("it started")
    } catch let error as StartError {
      #expect("\(error)".contains(".secret"), "\(error)")
    }
  }

  @Test func `a restart keeps orders, positions and client order ids`() throws {
    let deployment = try Deployment([Self.venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    let first = try deployment.ended(try deployment.submit("buy", "0.3", id: "the-same"))
    let positions = try deployment.positions()
    deployment.stopService()
    try deployment.startService()
    try deployment.waitUntilUp()
    #expect(try deployment.positions() == positions)
    let again = try deployment.submit("buy", "0.3", id: "the-same")
    #expect(again["id"]?.string == first["id"]?.string)
    #expect(again["filled_quantity"]?.string == "0.3")
    do {
      _ = try deployment.submit("buy", "0.4", id: "the-same")
      Issue.record("another body was taken under the same id")
    } catch let failure as ClientFailure {
      #expect(failure.exitStatus == 3)
    }
    #expect(try deployment.positions() == positions)
  }

  @Test func `a second process on the same journal is refused`() throws {
    let deployment = try Deployment([Self.venue])
    try deployment.startService()
    let path = "\(deployment.directory)/settings.json5"
    let second = RouterService(settings: try SettingsFile.load(path), version: "test")
    #expect(throws: StartError.self) { try second.start() }
  }

  @Test func `the kill switch stops orders until it is lifted, also over a restart`() throws {
    let deployment = try Deployment([Self.venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    _ = try deployment.client().post("/v1/halt")
    #expect(throws: ClientFailure.self) { _ = try deployment.submit("buy", "0.1") }
    deployment.stopService()
    try deployment.startService()
    try deployment.waitUntilUp()
    #expect(throws: ClientFailure.self) { _ = try deployment.submit("buy", "0.1") }
    _ = try deployment.client().post("/v1/resume")
    let order = try deployment.ended(try deployment.submit("buy", "0.1"))
    #expect(order["status"]?.string == "filled")
  }

  @Test func `nobody without a token is served`() throws {
    let deployment = try Deployment([Self.venue])
    let service = try deployment.startService()
    for path in ["/v1/orders", "/v1/venues", "/v1/books/BTC-USD", "/v1/positions", "/v1/halt"] {
      let stranger = try APIClient(url: service.url, token: "a-guess-of-the-right-length")
      do {
        _ = path == "/v1/halt" ? try stranger.post(path) : try stranger.get(path)
        Issue.record("\(path) was served")
      } catch {
        guard case .refused(let status, _) = error else { throw error }
        #expect(status == 401)
      }
    }
    let anybody = try APIClient(url: service.url, token: "")
    #expect(try anybody.get("/healthz")["status"]?.string == "ok")
  }

  @Test func `a halted instrument is not routed to and its book says so`() throws {
    let deployment = try Deployment([Self.venue])
    try deployment.startService()
    try deployment.waitUntilUp()
    _ = try deployment.admin(
      Self.venue, "POST", "/halt", #"{"symbol":"BTC-USD","status":"halted"}"#)
    try deployment.wait("the halt is known") {
      let book = try deployment.client().get("/v1/books/BTC-USD")
      return book["venues"]?[0]?["state"]?.string == "invalid: venueHalted"
    }
    #expect(throws: ClientFailure.self) {
      _ = try deployment.submit("buy", "0.1", "BTC-USD", #""type":"market""#)
    }
    let order = try deployment.ended(try deployment.submit("buy", "1", "ETH-USD"))
    #expect(order["status"]?.string == "filled")
  }
}
