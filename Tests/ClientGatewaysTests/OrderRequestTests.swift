import RouterCore
import Testing

@testable import ClientGateways

struct OrderRequestTests {
  private static let directory: Directory = {
    var directory = Directory()
    let instrument = Instrument(
      id: InstrumentID(0), base: AssetID(0), quote: AssetID(1), priceScale: 4, quantityScale: 10)
    directory.apply(
      .instrumentDefined(
        InstrumentDefinition(instrument: instrument, symbol: ShortText(truncating: "BTC-USD"))))
    return directory
  }()

  private func decode(_ text: String) throws(Problem) -> NewOrderSingle {
    try OrderRequest.decode(
      Array(text.utf8), directory: Self.directory, now: Timestamp(nanoseconds: 1_000))
  }

  private func field(of text: String) -> String? {
    do {
      _ = try decode(text)
      return "accepted"
    } catch {
      return error.field ?? error.name
    }
  }

  private func order(
    _ change: String = "", quantity: String = #""1.5""#, type: String = #""limit""#,
    limit: String = #","limit_price":"64200.1""#
  ) -> String {
    #"{"client_order_id":"a-1","symbol":"BTC-USD","side":"buy","type":\#(type),"quantity":"#
      + "\(quantity)\(limit)\(change)}"
  }

  @Test func `a limit order is read exactly`() throws {
    let order = try decode(order())
    #expect(order.quantity.mantissa == 15_000_000_000)
    #expect(order.limitPrice?.mantissa == 642_001_000)
    #expect(order.side == .buy && order.type == .limit)
    #expect(order.timeInForce == .goodTillCancel)
    #expect(order.deadline == .distantFuture)
  }

  @Test func `a market order is immediate unless it says otherwise`() throws {
    let order = try decode(order(type: #""market""#, limit: ""))
    #expect(order.timeInForce == .immediateOrCancel)
    #expect(order.limitPrice == nil)
  }

  @Test(
    arguments: [
      (#"{"symbol":"BTC-USD"}"#, "type"), ("[]", "invalid-json"), ("{", "invalid-json"),
      (#"{"symbol":"DOGE-USD"}"#, "symbol"), (#"{"symbol":7}"#, "symbol"),
      (#"{"symbol":"BTC-USD","symbol":"BTC-USD"}"#, "invalid-json"),
    ])
  func `a broken body names what is wrong`(body: String, expected: String) {
    #expect(field(of: body) == expected)
  }

  @Test(arguments: [
    #""0""#, #""-1""#, #""1e3""#, #""NaN""#, "1.5", #""""#, #""99999999999""#,
    #""0.00000000001""#, "null",
  ])
  func `a quantity that is not a positive exact decimal is refused`(quantity: String) {
    #expect(field(of: order(quantity: quantity)) == "quantity")
  }

  @Test(
    arguments: [
      (#","side2":"buy""#, "side2"), (#","max_children":0"#, "max_children"),
      (#","max_children":"3""#, "max_children"), (#","expires_in_ms":-5"#, "expires_in_ms"),
      (#","expires_at":"yesterday""#, "expires_at"),
      (#","expires_at":"1970-01-01T00:00:00Z""#, "expires_at"),
      (#","time_in_force":"day""#, "time_in_force"), (#","time_in_force":"gtd""#, "expires_at"),
      (#","stop_price":"5""#, "stop_price"),
    ])
  func `a wrong option names its field`(change: String, expected: String) {
    #expect(field(of: order(change)) == expected)
  }

  @Test func `a market order takes no limit and a limit order needs one`() {
    #expect(field(of: order(type: #""market""#)) == "limit_price")
    #expect(field(of: order(limit: "")) == "limit_price")
  }

  @Test func `the digest ignores blanks and order of fields but not values`() throws {
    let first = try decode(order())
    let second = try decode(
      #"{ "quantity" : "1.5","limit_price":"64200.1","type":"limit","side":"buy","#
        + #""symbol":"BTC-USD","client_order_id":"a-1"}"#)
    let third = try decode(order(quantity: #""1.50""#))
    #expect(first.requestDigest == second.requestDigest)
    #expect(first.requestDigest != third.requestDigest)
  }

  @Test func `a client order id has a form`() {
    func identifier(_ id: String) -> String? {
      field(
        of: #"{"client_order_id":"\#(id)","symbol":"BTC-USD","side":"buy","type":"limit","#
          + #""quantity":"1","limit_price":"1"}"#)
    }
    #expect(identifier("") == "client_order_id")
    #expect(identifier("a b") == "client_order_id")
    #expect(identifier("ä") == "client_order_id")
    #expect(identifier(String(repeating: "x", count: 40)) == "client_order_id")
    #expect(identifier(String(repeating: "x", count: 39)) == "accepted")
  }
}
