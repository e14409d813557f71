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
      (#"{"symbol":"BTC-USD","symbol":"BTC-USD"}"#, "symbol"),
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

  private func stop(_ change: String = "", type: String = "stop", limit: String = "") -> String {
    order(#","stop_price":"64000"\#(change)"#, type: "\"\(type)\"", limit: limit)
  }

  @Test func `a stop order is read with its trigger`() throws {
    let plain = try decode(stop())
    #expect(plain.type == .stop && plain.stopPrice?.mantissa == 640_000_000)
    #expect(plain.limitPrice == nil && plain.trigger == .bidAsk)
    #expect(plain.timeInForce == .goodTillCancel)
    let limited = try decode(
      stop(#","trigger":"last""#, type: "stop_limit", limit: #","limit_price":"64100""#))
    #expect(limited.type == .stopLimit && limited.limitPrice?.mantissa == 641_000_000)
    #expect(limited.trigger == .last)
    #expect(try decode(stop(#","trigger":"mid""#)).trigger == .mid)
  }

  @Test func `post-only and a split fill-or-kill are read`() throws {
    #expect(try decode(order(#","post_only":true"#)).isPostOnly)
    #expect(try !decode(order(#","post_only":false"#)).isPostOnly)
    let fok = #","time_in_force":"fok""#
    #expect(try decode(order(fok + #","fok":"best_effort""#)).allowsSplit)
    #expect(try !decode(order(fok + #","fok":"whole""#)).allowsSplit)
    #expect(try !decode(order(fok)).allowsSplit)
  }

  @Test(
    arguments: [
      (#","post_only":"yes""#, "post_only"), (#","post_only":1"#, "post_only"),
      (#","post_only":true,"time_in_force":"ioc""#, "post_only"),
      (#","post_only":true,"time_in_force":"fok""#, "post_only"),
      (#","post_only":true,"routing":{"residual":"hold"}"#, "routing.residual"),
      (#","trigger":"last""#, "trigger"), (#","fok":"best_effort""#, "fok"),
      (#","fok":"whole","time_in_force":"ioc""#, "fok"),
      (#","fok":"half","time_in_force":"fok""#, "fok"),
      (#","routing":{"residual":"rest"},"time_in_force":"ioc""#, "routing.residual"),
    ])
  func `conditions that contradict the order name their field`(change: String, expected: String) {
    #expect(field(of: order(change)) == expected)
  }

  @Test func `a stop order needs its stop price and only a stop-limit has a limit`() {
    #expect(field(of: order(type: #""stop""#, limit: "")) == "stop_price")
    #expect(field(of: order(type: #""stop_limit""#)) == "stop_price")
    #expect(field(of: stop(limit: #","limit_price":"1""#)) == "limit_price")
    #expect(field(of: stop(type: "stop_limit")) == "limit_price")
    #expect(field(of: stop(#","trigger":"ask""#)) == "trigger")
    #expect(field(of: stop(#","post_only":true"#)) == "post_only")
    #expect(field(of: order(#","post_only":true"#, type: #""market""#, limit: "")) == "post_only")
  }

  /// A reader that took one of two values would trade something else than its client meant.
  @Test(arguments: [
    (#","quantity":"2""#, "quantity"), (#","routing":{},"routing":{}"#, "routing"),
    (#","routing":{"strategy":"pro_rata","strategy":"best_price"}"#, "routing.strategy"),
    (#","post_only":false,"post_only":true"#, "post_only"),
  ])
  func `a field that is given twice is refused by its name`(change: String, expected: String)
    throws
  {
    let problem = #expect(throws: Problem.self) { try decode(order(change)) }
    #expect(problem?.field == expected)
    #expect(problem?.detail.contains("twice") == true)
    #expect(problem?.status == 400)
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
