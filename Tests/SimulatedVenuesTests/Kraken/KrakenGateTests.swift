import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct KrakenGateTests {
  private static let path = "/0/private/AddOrder"
  private static let form =
    "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
  private static let json =
    #"{"nonce":"1616492376594","ordertype":"limit","pair":"XBTUSD","price":"37500","type":"buy","volume":"1.25"}"#

  private static func request(_ sign: String, _ body: String, _ path: String, type: String)
    -> HTTPRequest
  {
    HTTPRequest(
      method: "POST", target: path,
      headers: [("API-Key", "the-key"), ("API-Sign", sign), ("Content-Type", type)],
      body: Array(body.utf8))
  }

  @Test(arguments: [
    (
      "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
      KrakenGateTests.form, "/0/private/AddOrder", "application/x-www-form-urlencoded"
    ),
    (
      "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg==",
      KrakenGateTests.json, "/0/private/AddOrder", "application/json"
    ),
    (
      "9qsYnAxkAt04Q9bMOFfYWglY6B/1ShQtPB2GO659iotiVGrR7HnEEhGS8TlToTniR3G4Y+HNrzV7X6iksOh5jQ==",
      "nonce=1616492376595", "/0/private/Balance", "application/x-www-form-urlencoded"
    ),
  ])
  func `accepts the published signatures`(
    sign: String, body: String, path: String, type: String
  ) throws {
    let venue = VenueHarness()
    let answer = try venue.json(Self.request(sign, body, path, type: type))
    #expect(answer?["error"]?.array?.isEmpty == true)
    #expect(answer?["result"] != nil)
  }

  @Test(arguments: [
    "7bb9514306999f077f65eacdfce111fe45905f8cd78063938f0e570cbe63be94", "", "AAAA",
    "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUg==",
  ])
  func `refuses a signature that is not the right one`(sign: String) throws {
    let venue = VenueHarness()
    let answer = try venue.json(
      Self.request(sign, Self.form, Self.path, type: "application/x-www-form-urlencoded"))
    #expect(answer?["error"]?[0]?.string == "EAPI:Invalid signature")
    #expect(venue.exchange.orders.isEmpty)
  }

  @Test func `a body changed after signing is refused`() throws {
    let venue = VenueHarness()
    var request = venue.signed("AddOrder", "pair=XBTUSD&type=buy&ordertype=market&volume=1")
    request.body = Array(String(decoding: request.body, as: UTF8.self).utf8) + Array("0".utf8)
    #expect(try venue.json(request)?["error"]?[0]?.string == "EAPI:Invalid signature")
  }

  @Test func `a nonce must grow`() throws {
    let venue = VenueHarness()
    let request = venue.signed("Balance")
    #expect(try venue.json(request)?["result"] != nil)
    #expect(try venue.json(request)?["error"]?[0]?.string == "EAPI:Invalid nonce")
  }

  @Test func `an unknown key and a missing permission are told apart`() throws {
    var reader = VenueHarness.credential
    reader.key = "reader"
    reader.permissions = [KrakenPermission.queryFunds]
    let venue = VenueHarness(credentials: [VenueHarness.credential, reader])
    var stranger = reader
    stranger.key = "stranger"
    let refused = try venue.json(venue.signed("Balance", credential: stranger))
    #expect(refused?["error"]?[0]?.string == "EAPI:Invalid key")
    #expect(try venue.json(venue.signed("Balance", credential: reader))?["result"] != nil)
    let denied = try venue.json(
      venue.signed(
        "AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=1&volume=9", credential: reader))
    #expect(denied?["error"]?[0]?.string == "EGeneral:Permission denied")
  }

  @Test func `thirty wrong signatures lock the key out`() throws {
    let venue = VenueHarness()
    let wrong = Self.request(
      "AAAA", Self.form, Self.path, type: "application/x-www-form-urlencoded")
    for _ in 0..<30 { _ = try venue.json(wrong) }
    #expect(try venue.refusal("Balance") == "EGeneral:Temporary lockout")
    venue.now += 901_000_000_000
    #expect(try venue.refusal("Balance") == nil)
  }

  @Test func `the call counter fills up and decays`() throws {
    let venue = VenueHarness()
    for _ in 0..<20 { #expect(try venue.refusal("Balance") == nil) }
    #expect(try venue.refusal("Balance") == "EAPI:Rate limit exceeded")
    venue.now += 10_000_000_000
    #expect(try venue.refusal("Balance") == nil)
  }

  @Test func `young cancels fill the engine counter of their pair only`() throws {
    let venue = VenueHarness()
    var refusals: [String] = []
    for _ in 0..<25 {
      let answer = try venue.json(
        venue.signed("AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=100&volume=1"))
      guard let id = answer?["result"]?["txid"]?[0]?.string else {
        refusals.append(answer?["error"]?[0]?.string ?? "")
        continue
      }
      if let refusal = try venue.refusal("CancelOrder", "txid=\(id)") { refusals.append(refusal) }
    }
    #expect(refusals.count >= 4)
    #expect(refusals.allSatisfy { $0 == "EOrder:Rate limit exceeded" })
    #expect(
      try venue.refusal("AddOrder", "pair=ETHUSD&type=buy&ordertype=limit&price=100&volume=1")
        == nil)
  }

  @Test func `a token ends after fifteen minutes unless a subscription keeps it`() throws {
    let venue = VenueHarness()
    let (client, kept) = try venue.trader()
    let idle = try venue.token()
    venue.now += 901_000_000_000
    func cancelAll(_ token: String) throws -> JSONValue? {
      venue.send(#"{"method":"cancel_all","params":{"token":"\#(token)"}}"#, client)
      return try client.answers("cancel_all").last
    }
    #expect(try cancelAll(kept)?["success"]?.bool == true)
    #expect(try cancelAll(idle)?["error"]?.string == "ESession:Invalid session")
  }
}
