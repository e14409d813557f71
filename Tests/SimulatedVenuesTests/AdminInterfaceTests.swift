import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct AdminInterfaceTests {
  private func post(_ venue: VenueHarness, _ path: String, _ body: String) throws -> (
    Int, JSONValue
  ) {
    let response = AdminInterface(host: venue.host).respond(
      to: HTTPRequest(method: "POST", target: path, body: Array(body.utf8)), at: venue.now)
    return (response.status, try JSONValue(parsing: response.body))
  }

  @Test func `arms faults as they are written`() throws {
    let venue = VenueHarness()
    let body =
      #"[{"kind":"latency","count":3,"milliseconds":200,"request":"order_entry","transport":"socket"},{"kind":"halted","symbol":"BTC-USD","duration_milliseconds":500},{"kind":"drop_streams"}]"#
    #expect(try post(venue, "/faults", body).0 == 200)
    let faults = venue.exchange.faults.faults
    #expect(faults.map(\.kind) == [.latency, .halted, .dropStreams])
    #expect(faults.map(\.count) == [3, nil, 1])
    #expect(faults[0].request == .orderEntry && faults[0].milliseconds == 200)
    #expect(faults[0].transport == .socket && faults[1].transport == nil)
    #expect(faults[1].until == venue.now + 500_000_000)
  }

  @Test(arguments: [
    "", "[]x", #"{"kind":"nonsense"}"#, #"{"kind":"latency","count":-1}"#,
    #"{"kind":"latency","counts":1}"#, #"{"kind":"latency","request":"nothing"}"#,
    #"{"kind":"latency","transport":"pigeon"}"#, "[1]",
  ])
  func `refuses what it does not understand and arms nothing`(body: String) throws {
    let venue = VenueHarness()
    let (status, answer) = try post(venue, "/faults", body)
    #expect(status == 400 && answer["error"]?.string?.isEmpty == false)
    #expect(venue.exchange.faults.faults.isEmpty)
  }

  @Test func `reports what is true`() throws {
    let venue = VenueHarness()
    try venue.quote(.sell, 640_000, 1_000_000)
    _ = try venue.call(
      "AddOrder", "pair=XBTUSD&type=buy&ordertype=market&volume=0.005&cl_ord_id=mine")
    let response = AdminInterface(host: venue.host).respond(
      to: HTTPRequest(method: "GET", target: "/state"), at: venue.now)
    let state = try JSONValue(parsing: response.body)
    #expect(state["conserved"]?.bool == true)
    #expect(state["requests"]?["mine"]?.int64 == 1)
    let trade = state["trades"]?.array?.first { $0["client_order_id"]?.string == "mine" }
    #expect(trade?["quantity"]?.string == "0.005")
    #expect(trade?["notional"]?.string == "320")
    #expect(trade?["fee"]?.string == "1.28")
    #expect(state["open_orders"]?.array?.count == 1)
    #expect(state["accounts"]?[0]?["balances"]?["BTC"]?["total"]?.string == "20.005")
  }

  @Test func `an order of somebody else makes the book and trades, and goes away`() throws {
    let venue = VenueHarness()
    let market = try #require(venue.exchange.instrumentIndex(symbol: "BTC-USD"))
    let rest = #"{"symbol":"BTC-USD","side":"sell","price":"64000.0","quantity":"0.5"}"#
    #expect(try post(venue, "/orders", rest).1["executed"]?.string == "0")
    #expect(venue.exchange.levels(market, .sell, depth: 1).count == 1)
    let take =
      #"{"symbol":"BTC-USD","side":"buy","price":"64000.0","quantity":"0.2","time_in_force":"ioc"}"#
    #expect(try post(venue, "/orders", take).1["executed"]?.string == "0.2")
    #expect(venue.exchange.publicTrades(market).last?.quantity == 20_000_000)
    let cancel = AdminInterface(host: venue.host).respond(
      to: HTTPRequest(method: "DELETE", target: "/orders"), at: venue.now)
    #expect(cancel.status == 200)
    #expect(venue.exchange.levels(market, .sell, depth: 1).isEmpty)
  }

  @Test(arguments: [
    "", "{}", #"{"symbol":"BTC-USD","side":"up","price":"1","quantity":"1"}"#,
    #"{"symbol":"BTC-USD","side":"buy","price":"0","quantity":"1"}"#,
    #"{"symbol":"BTC-USD","side":"buy","price":"64000","quantity":"1e9"}"#,
    #"{"symbol":"BTC-USD","side":"buy","price":"64000.03","quantity":"1"}"#,
    #"{"symbol":"NO-SUCH","side":"buy","price":"1","quantity":"1"}"#,
  ])
  func `an order of somebody else that can not be is refused`(body: String) throws {
    #expect(try post(VenueHarness(), "/orders", body).0 == 400)
  }

  @Test func `sets the status of one instrument or of all`() throws {
    let venue = VenueHarness()
    #expect(
      try post(venue, "/halt", #"{"symbol":"ETH-USD","status":"cancel_only"}"#).0 == 200)
    #expect(venue.exchange.status(of: 1) == .cancelOnly)
    #expect(try venue.get("SystemStatus")?["status"]?.string == "online")
    #expect(try post(venue, "/halt", "").0 == 200)
    #expect(try venue.get("SystemStatus")?["status"]?.string == "maintenance")
    #expect(try post(venue, "/halt", #"{"symbol":"NO-SUCH"}"#).0 == 400)
  }
}
