import Foundation
import Platform
import RouterService
import SimulatedVenues
import Testing
import Wire

/// Peers that send anything: the service lives, says who sent what, and sends no order there.
@Suite(.serialized) struct HostilityTests {
  @Test(arguments: VenueProfiles.all.map(\.name))
  func `a venue that sends garbage is named and nothing breaks`(venue: String) throws {
    let deployment = try Deployment([venue])
    let target = try #require(deployment.venues[venue]?.port)
    let hostile = try HostileVenue(
      before: target, certificates: "\(deployment.directory)/certificates", seed: 7)
    defer { hostile.stop() }
    deployment.edit = {
      $0.replacingOccurrences(of: "127.0.0.1:\(target)", with: "127.0.0.1:\(hostile.port)")
    }
    try deployment.startService()
    try deployment.wait("the garbage is told") {
      let incidents = try deployment.venue(venue)?["incidents"]?.array ?? []
      return incidents.count >= 4
    }
    Thread.sleep(forTimeInterval: 1)
    #expect(try deployment.client().get("/healthz")["status"]?.string == "ok")
    let status = try #require(try deployment.venue(venue))
    #expect(status["state"]?.string != "up")
    #expect(try deployment.admin(venue, "GET", "/state")["orders"]?.array?.isEmpty == true)
    // The venue mends its ways: the router needs no restart.
    deployment.stopService()
    deployment.edit = { $0 }
    try deployment.startService()
    try deployment.waitUntilUp()
  }

  @Test func `a client that sends garbage harms nobody`() throws {
    let deployment = try Deployment(["kraken"])
    let service = try deployment.startService()
    var garbage = Garbage(seed: 3)
    for _ in 0..<200 {
      let descriptor = try connect(to: service.apiPort)
      let bytes = garbage.next()
      _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      close(descriptor)
    }
    // One address has 32 connections and no more; the others of the burst must have ended first.
    let client = try deployment.client()
    try deployment.wait("a client is served again") { (try? client.get("/healthz")) != nil }
    for body in ["", "{", "[]", #"{"symbol":{}}"#, String(repeating: "[", count: 5000)] {
      do {
        _ = try client.post("/v1/orders", Array(body.utf8))
        Issue.record("\(body.prefix(20)) was taken")
      } catch {
        guard case .refused(let status, _) = error else { throw error }
        #expect(status == 400 || status == 503, "\(status)")
      }
    }
    #expect(try client.get("/healthz")["status"]?.string == "ok")
  }

  private func connect(to port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard descriptor >= 0, result == 0 else { throw Deployment.Failure("no connection") }
    return descriptor
  }
}
