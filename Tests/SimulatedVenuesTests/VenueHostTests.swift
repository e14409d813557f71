import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct VenueHostTests {
  private static let order =
    "pair=XBTUSD&type=buy&ordertype=limit&price=60000&volume=0.1&cl_ord_id=mine"

  private func arm(_ venue: VenueHarness, _ kind: FaultKind) {
    var fault = Fault(kind, count: 1)
    fault.request = .orderEntry
    fault.milliseconds = 250
    venue.exchange.faults.add(fault)
  }

  @Test(arguments: [
    (FaultKind.serverErrorBefore, Optional(520), 0), (.serverErrorAfter, 520, 1),
    (.acknowledgementLost, nil, 1), (.requestLost, nil, 0), (.refuseConnections, nil, 0),
    (.tooManyRequests, 200, 0), (.banned, 200, 0),
  ])
  func `a fault on an order applies it or not as its kind says`(
    kind: FaultKind, status: Int?, orders: Int
  ) throws {
    let venue = VenueHarness()
    arm(venue, kind)
    #expect(venue.outcome(venue.signed("Balance")) == 200)
    #expect(venue.outcome(venue.signed("AddOrder", Self.order)) == status)
    #expect(venue.exchange.orders.count == orders)
    #expect(venue.exchange.requestCount("mine") == 1)
    #expect(venue.outcome(venue.signed("OpenOrders")) == 200)
  }

  @Test(arguments: [
    (FaultKind.serverErrorBefore, 1, 0), (.serverErrorAfter, 1, 1), (.acknowledgementLost, 0, 1),
    (.requestLost, 0, 0), (.tooManyRequests, 1, 0),
  ])
  func `a fault on a WebSocket order does the same`(
    kind: FaultKind, answers: Int, orders: Int
  ) throws {
    let venue = VenueHarness()
    let (client, token) = try venue.trader()
    arm(venue, kind)
    venue.send(
      #"{"method":"add_order","params":{"symbol":"BTC/USD","side":"buy","order_type":"limit","limit_price":60000,"order_qty":0.1,"token":"\#(token)"}}"#,
      client)
    #expect(try client.answers("add_order").count == answers)
    #expect(try client.answers("add_order").allSatisfy { $0["success"]?.bool == false })
    #expect(venue.exchange.orders.count == orders)
    #expect(client.isClosed == (kind == .requestLost))
    // The order's own stream still tells of it.
    #expect(try client.channel("executions").isEmpty == (orders == 0))
  }

  @Test func `latency is asked for once per strike`() {
    let venue = VenueHarness()
    arm(venue, .latency)
    #expect(venue.host.latencyMilliseconds(.query, over: .http, at: venue.now) == 0)
    #expect(venue.host.latencyMilliseconds(.orderEntry, over: .http, at: venue.now) == 250)
    #expect(venue.host.latencyMilliseconds(.orderEntry, over: .http, at: venue.now) == 0)
  }

  @Test(arguments: RequestTransport.allCases)
  func `a fault that is confined to one way spares the other`(_ way: RequestTransport) {
    let venue = VenueHarness()
    var fault = Fault(.latency)
    fault.milliseconds = 90
    fault.transport = way
    venue.exchange.faults.add(fault)
    for _ in 0..<3 {
      #expect(
        venue.host.latencyMilliseconds(.orderEntry, over: .http, at: venue.now)
          == (way == .http ? 90 : 0))
      #expect(
        venue.host.latencyMilliseconds(.orderEntry, over: .socket, at: venue.now)
          == (way == .socket ? 90 : 0))
    }
  }

  @Test func `dropped streams end every WebSocket once`() {
    let venue = VenueHarness()
    let client = venue.connect()
    venue.exchange.faults.add(Fault(.dropStreams, count: 1))
    venue.advance(milliseconds: 20)
    #expect(client.isClosed)
    let next = venue.connect()
    venue.advance(milliseconds: 20)
    #expect(!next.isClosed)
    #expect(venue.host.sockets.count == 1)
  }

  @Test func `a halt is told on the instrument channel and ends by itself`() throws {
    let venue = VenueHarness()
    let client = venue.connect()
    venue.send(#"{"method":"subscribe","params":{"channel":"instrument"}}"#, client)
    var fault = Fault(.halted, until: venue.now + 1_000_000_000)
    fault.symbol = "BTC-USD"
    venue.exchange.faults.add(fault)
    venue.advance(milliseconds: 20)
    venue.advance(milliseconds: 1000)
    let updates = try client.channel("instrument").filter { $0["type"]?.string == "update" }
    let statuses = updates.compactMap { $0["data"]?["pairs"]?[0]?["status"]?.string }
    #expect(statuses == ["maintenance", "online"])
  }

  @Test func `a reset forgets orders and gives the initial balances back`() throws {
    let venue = VenueHarness()
    let client = venue.connect()
    _ = try venue.call("AddOrder", Self.order)
    venue.host.reset(at: venue.now)
    #expect(client.isClosed)
    #expect(venue.exchange.orders.isEmpty)
    #expect(try venue.call("BalanceEx")["ZUSD"]?["hold_trade"]?.string == "0.0000")
  }

  @Test func `no bytes crash it`() throws {
    let venue = VenueHarness()
    let (client, token) = try venue.trader()
    var random = SeededRandom(seed: 77)
    let texts = [
      #"{"method":"add_order","params":{"symbol":"BTC/USD","side":"buy","order_type":"limit","limit_price":60000,"order_qty":0.1,"expire_time":"2026-01-01T00:00:00Z","time_in_force":"gtd","token":"\#(token)"},"req_id":1}"#,
      #"{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD"],"depth":10}}"#,
      #"{"method":"batch_cancel","params":{"orders":["OAAAAA-AAAAA-AAAAAA"],"token":"\#(token)"}}"#,
      #"{"method":"cancel_all_orders_after","params":{"timeout":99999999999999999999,"token":"\#(token)"}}"#,
    ]
    for _ in 0..<3000 {
      var bytes = Array(texts[random.below(texts.count)].utf8)
      for _ in 0...random.below(3) {
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.below(4) == 0 { bytes = Array(bytes.prefix(random.below(bytes.count))) }
      if let socket = client.socket { venue.host.receive(bytes, from: socket, at: venue.now) }
      client.raw.removeAll()
    }
    let methods = ["AddOrder", "ClosedOrders", "TradesHistory", "QueryOrders", "Nothing", ""]
    for _ in 0..<2000 {
      var fields =
        Array(Self.order.utf8) + Array("&start=1&end=2&ofs=3&txid=OAAAAA-AAAAA-AAAAAA".utf8)
      for _ in 0...random.below(4) {
        fields[random.below(fields.count)] = UInt8(32 + random.below(95))
      }
      let request = venue.signed(
        methods[random.below(methods.count)], String(decoding: fields, as: UTF8.self))
      _ = venue.host.handle(request, at: venue.now)
      venue.now += 1_000_000_000
    }
    #expect(venue.exchange.ledger.isConserved)
  }
}
