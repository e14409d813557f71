import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceOrderEntryTests {
  static func order(
    _ id: ChildOrderID = BinanceHarness.child(), _ timeInForce: TimeInForce = .immediateOrCancel
  ) -> NewChildOrder {
    NewChildOrder(
      id: id, venue: VenueID(3), listing: ListingID(0), side: .buy,
      limitPrice: Price(mantissa: 250_000_000), quantity: Quantity(mantissa: 2_000_000),
      timeInForce: timeInForce)
  }

  static func reference(
    _ id: ChildOrderID = BinanceHarness.child(), venueOrderID: String = "",
    sentAt: Timestamp = Timestamp(nanoseconds: 1_699_999_999_000_000_000),
    timeInForce: TimeInForce = .goodTillCancel
  ) -> ChildReference {
    ChildReference(
      id: id, venue: VenueID(3), listing: ListingID(0),
      venueOrderID: ShortText(venueOrderID) ?? ShortText(), sentAt: sentAt,
      timeInForce: timeInForce)
  }

  /// The reply of the sheet: an IOC order that filled in part.
  static func result(
    status: String = "EXPIRED", executed: String = "0.01500", fills: Int = 1,
    id: ChildOrderID = BinanceHarness.child(), extra: String = ""
  ) -> String {
    let fill =
      #"{"price":"24999.00","qty":"0.01500","commission":"0.00001500","commissionAsset":"BTC","tradeId":900"#
    let list = (0..<fills).map { "\(fill)\($0 + 1)}" }.joined(separator: ",")
    return
      #"{"symbol":"BTCUSDT","orderId":7001,"orderListId":-1,"clientOrderId":"\#(id.short.string)","#
      + #""transactTime":1700000000500,"price":"25000.00","origQty":"0.02000","executedQty":"\#(executed)","#
      + #""origQuoteOrderQty":"0.00","cummulativeQuoteQty":"374.99","status":"\#(status)","#
      + #""timeInForce":"IOC","type":"LIMIT","side":"BUY","workingTime":1700000000500,"#
      + #""selfTradePreventionMode":"EXPIRE_MAKER",\#(extra)"fills":[\#(list)]}"#
  }

  static func reply(_ id: String, _ result: String) -> String {
    #"{"id":"\#(id)","status":200,"result":\#(result),"rateLimits":[]}"#
  }

  static func refusal(_ id: String, _ code: Int, _ message: String, status: Int = 400) -> String {
    #"{"id":"\#(id)","status":\#(status),"error":{"code":\#(code),"msg":"\#(message)"}}"#
  }

  /// A connected adapter that has just sent an order, and the id of its request.
  private func placed(_ timeInForce: TimeInForce = .immediateOrCancel) throws
    -> (BinanceHarness, String)
  {
    var harness = BinanceHarness()
    try harness.start()
    let sent = harness.encode(.newOrder(Self.order(timeInForce: timeInForce)))
    return (harness, try #require(sent.sent.first?.json["id"]?.string))
  }

  private static func order(timeInForce: TimeInForce) -> NewChildOrder {
    order(BinanceHarness.child(), timeInForce)
  }

  // MARK: Placing

  @Test func `an order says everything explicitly and in exact decimals`() throws {
    var harness = BinanceHarness()
    try harness.start()
    let outcome = harness.encode(.newOrder(Self.order()))
    #expect(outcome.ordered.isEmpty && outcome.fetched.isEmpty)
    let sent = try #require(outcome.sent.first)
    #expect(sent.channel == .privateStream)
    #expect(sent.tag?.purpose == .newOrder)
    #expect(sent.tag?.child == BinanceHarness.child())
    #expect(sent.json["method"]?.string == "order.place")
    let parameters = try #require(sent.json["params"])
    for (name, value) in [
      ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "IOC"),
      ("quantity", "0.02"), ("price", "25000"), ("newOrderRespType", "FULL"),
      ("newClientOrderId", BinanceHarness.child().short.string),
    ] {
      #expect(parameters[name]?.string == value)
    }
    #expect(parameters["recvWindow"]?.int64 == 2000)
    #expect(parameters["timestamp"]?.int64 == harness.milliseconds)
  }

  @Test(arguments: [
    (TimeInForce.goodTillCancel, "GTC"), (.immediateOrCancel, "IOC"), (.fillOrKill, "FOK"),
  ])
  func `each time in force has the venue's word`(_ timeInForce: TimeInForce, _ word: String) throws
  {
    var harness = BinanceHarness()
    try harness.start()
    let outcome = harness.encode(.newOrder(Self.order(timeInForce: timeInForce)))
    #expect(outcome.sent.first?.json["params"]?["timeInForce"]?.string == word)
  }

  @Test func `the client id fits the venue's alphabet`() {
    let text = BinanceHarness.child().short.string
    #expect(text.utf8.count <= 36)
    #expect(text.utf8.allSatisfy { byte in Array("-_".utf8).contains(byte) || byte.isAlphanumeric })
  }

  @Test func `without a subscribed socket an order is not sent`() {
    var harness = BinanceHarness()
    let outcome = harness.encode(.newOrder(Self.order()))
    #expect(outcome.kinds == [.notSent])
    #expect(outcome.reports.first?.rejectReason == .linkDown)
    #expect(outcome.sent.isEmpty && outcome.ordered.isEmpty)
  }

  @Test func `a partly filled IOC order is acknowledged, filled and expired`() throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(
      Self.reply(id, Self.result(extra: #""expiryReason":"UNFILLED_IOC_QUANTITY_EXPIRED","#)))
    #expect(outcome.kinds == [.acknowledged, .fill, .expired])
    #expect(outcome.reports.allSatisfy { $0.venueOrderID.string == "7001" })
    let fill = outcome.reports[1]
    #expect(fill.executionID.string == "BTCUSDT-9001")
    #expect(fill.lastQuantity == Quantity(mantissa: 1_500_000))
    #expect(fill.lastPrice == Price(mantissa: 249_990_000))
    #expect(fill.fee == Amount(mantissa: 150_000_000_000))
    #expect(fill.feeAsset == AssetID(0))
    #expect(fill.liquidity == .taker)
    #expect(fill.venueTime == Timestamp(nanoseconds: 1_700_000_000_500_000_000))
    #expect(outcome.reports[2].cumulativeQuantity == Quantity(mantissa: 1_500_000))
    #expect(outcome.reports[2].text.string == "UNFILLED_IOC_QUANTITY_EXPIRED")
  }

  @Test(arguments: [
    ("FILLED", VenueExecutionReport.Kind.filled), ("CANCELED", .canceled), ("EXPIRED", .expired),
    ("EXPIRED_IN_MATCH", .expired), ("REJECTED", .rejected),
  ])
  func `each final status ends the order`(_ status: String, _ kind: VenueExecutionReport.Kind)
    throws
  {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.reply(id, Self.result(status: status)))
    #expect(outcome.kinds == [.acknowledged, .fill, kind])
  }

  @Test(arguments: ["NEW", "PARTIALLY_FILLED"])
  func `an open status leaves the order open`(_ status: String) throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.reply(id, Self.result(status: status, fills: 0)))
    #expect(outcome.kinds == [.acknowledged])
  }

  @Test func `an unknown status is asked about`() throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.reply(id, Self.result(status: "MELTED", fills: 0)))
    #expect(outcome.kinds == [.acknowledged, .outcomeUnknown])
  }

  @Test func `a fee in an asset that we do not have raises an alarm`() throws {
    var (harness, id) = try placed()
    let text = Self.reply(id, Self.result()).replacing("\"BTC\"", with: "\"BNB\"")
    let outcome = harness.receive(text)
    #expect(outcome.reports[1].feeAsset == .unlisted)
    #expect(outcome.incidents.map(\.severity) == [.alarm])
  }

  @Test(arguments: [
    "executedQty", "status", "clientOrderId", "orderId", "symbol", "qty", "tradeId",
  ])
  func `a reply without a field leaves the outcome unknown and names the field`(_ field: String)
    throws
  {
    var (harness, id) = try placed()
    let result = Self.result().replacing("\"\(field)\"", with: "\"x\(field)\"")
    let outcome = harness.receive(Self.reply(id, result))
    #expect(outcome.kinds.last == .outcomeUnknown)
    #expect(outcome.incidents.first?.message.contains(field) == true)
    #expect(outcome.incidents.first?.message.contains("BTCUSDT") == true)
  }

  @Test func `a reply about somebody else's order does not answer ours`() throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.reply(id, Self.result(id: BinanceHarness.child(9))))
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  // MARK: Refusals

  @Test(arguments: [
    (-1013, "Filter failure: LOT_SIZE", RejectReason.incrementViolation),
    (-1013, "Filter failure: PRICE_FILTER", .incrementViolation),
    (-1013, "Filter failure: NOTIONAL", .belowMinimum),
    (-1013, "Filter failure: MIN_NOTIONAL", .belowMinimum),
    (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE", .venueRule),
    (-1015, "Too many new orders", .rateLimited), (-1020, "unsupported", .venueUnavailable),
    (-1021, "Timestamp outside of the recvWindow", .clockSkew),
    (-1022, "Signature not valid", .authentication), (-1002, "unauthorized", .authentication),
    (-2014, "API-key format invalid", .authentication), (-2015, "Invalid API-key", .authentication),
    (-1100, "Illegal characters", .malformedRequest), (-1102, "missing", .malformedRequest),
    (-1104, "unread parameter", .malformedRequest), (-1106, "not required", .malformedRequest),
    (-1108, "invalid asset", .malformedRequest), (-1111, "too much precision", .incrementViolation),
    (-1114, "TIF not required", .malformedRequest), (-1119, "malformed", .malformedRequest),
    (-1128, "combination", .malformedRequest), (-1130, "data", .malformedRequest),
    (-1121, "Invalid symbol", .unknownInstrument), (-1122, "symbol status", .marketClosed),
    (-2010, "Account has insufficient balance for requested action.", .insufficientFunds),
    (-2010, "Market is closed.", .marketClosed),
    (-2010, "Order would immediately match and take.", .postOnlyWouldTake),
    (-2010, "Price * QTY is zero or less.", .belowMinimum),
    (-2010, "Order book liquidity is less than LOT_SIZE filter minimum quantity.", .cannotFillNow),
    (-2010, "This symbol is not permitted for this account.", .venueRule),
    (-2010, "This account may not place or cancel orders.", .venueRule),
    (-2010, "Order would trigger immediately.", .venueRule),
  ])
  func `a definite refusal rejects the order`(
    _ code: Int, _ message: String, _ reason: RejectReason
  )
    throws
  {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.refusal(id, code, message))
    #expect(outcome.kinds == [.rejected])
    #expect(outcome.reports.first?.rejectReason == reason)
    #expect(outcome.reports.first?.text == ShortText(truncating: message))
  }

  @Test(arguments: [
    -1000, -1001, -1003, -1006, -1007, -1008, -1016, -1034, -1099, -1107, -1120, -1125, -1129,
    -2010,
    -2038, -2039, -1, -9999,
  ])
  func `a refusal that is on no list leaves the outcome unknown`(_ code: Int) throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.refusal(id, code, "words that nobody has seen"))
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  @Test(arguments: [200, 302, 0])
  func `a listed code under a status that is no refusal proves nothing`(_ status: Int) throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.refusal(id, -2010, "Market is closed.", status: status))
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  @Test(arguments: [500, 502, 503, 504])
  func `a server error leaves the outcome unknown, whatever its code`(_ status: Int) throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.refusal(id, -2010, "Market is closed.", status: status))
    #expect(outcome.kinds == [.outcomeUnknown])
  }

  @Test func `a duplicate id means that the order is there`() throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.refusal(id, -2010, "Duplicate order sent."))
    #expect(outcome.kinds == [.outcomeUnknown])
    #expect(outcome.reports.first?.rejectReason == .duplicateAtVenue)
  }

  @Test(arguments: [
    #""status":200"#, #""status":400"#, #""status":200,"result":null"#, #""status":200,"result":7"#,
  ])
  func `an answer that says nothing leaves the outcome unknown`(_ rest: String) throws {
    var (harness, id) = try placed()
    #expect(harness.receive(#"{"id":"\#(id)",\#(rest)}"#).kinds == [.outcomeUnknown])
  }

  @Test func `a key that is refused takes the links down`() throws {
    var (harness, id) = try placed()
    let outcome = harness.receive(Self.refusal(id, -2015, "Invalid API-key, IP, or permissions."))
    #expect(outcome.links == ["dropCopy down", "orderEntry down"])
    #expect(outcome.reconnects == [.privateStream])
    #expect(outcome.incidents.first?.severity == .alarm)
  }

  // MARK: Silence

  @Test func `after a rate limit nothing is sent before the venue's time`() throws {
    var (harness, id) = try placed()
    let until = harness.milliseconds + 5000
    let outcome = harness.receive(
      #"{"id":"\#(id)","status":429,"error":{"code":-1003,"msg":"x","data":{"serverTime":1,"retryAfter":\#(until)}}}"#
    )
    #expect(outcome.kinds == [.outcomeUnknown])
    let order = harness.encode(.newOrder(Self.order(BinanceHarness.child(2))))
    #expect(order.kinds == [.notSent] && order.sent.isEmpty)
    #expect(order.reports.first?.rejectReason == .rateLimited)
    #expect(harness.encode(.query(Self.reference())).kinds == [.queryFailed])
    let cancel = harness.encode(.cancel(Self.reference()))
    #expect(cancel.sent.isEmpty && cancel.ordered.isEmpty)
    let balances = harness.encode(.refreshBalances(VenueID(3)))
    #expect(balances.fetched.isEmpty)
    let before = harness.wait(milliseconds: 4999)
    #expect(before.sent.isEmpty && before.fetched.isEmpty)
    let later = harness.wait(milliseconds: 1)
    let methods = later.sent.compactMap { $0.json["method"]?.string }
    #expect(methods == ["order.cancel"])
    #expect(later.fetched.map(\.tag.purpose) == [.balances])
  }

  @Test func `no venue's time silences us for longer than its longest ban`() throws {
    var (harness, id) = try placed()
    // A digit too many: five hundred years.
    let until = harness.milliseconds * 10
    let outcome = harness.receive(
      #"{"id":"\#(id)","status":418,"error":{"code":-1003,"msg":"x","data":{"serverTime":1,"retryAfter":\#(until)}}}"#
    )
    let longest: Int64 = 3 * 86_400_000
    #expect(outcome.incidents.contains { $0.message.contains("silent for \(longest) ms") })
    let ends = outcome.events.compactMap { event -> Timestamp? in
      if case .venueBusy(_, let until) = event { until } else { nil }
    }
    #expect(ends == [harness.stamp.time.adding(milliseconds: longest)])
  }

  // MARK: No answer

  @Test func `an order without an answer becomes unknown once, and its late answer counts`() throws
  {
    var (harness, id) = try placed()
    #expect(harness.wait(milliseconds: 4900).reports.isEmpty)
    #expect(harness.wait(milliseconds: 200).kinds == [.outcomeUnknown])
    #expect(harness.wait(milliseconds: 20_000).reports.isEmpty)
    let late = harness.receive(Self.refusal(id, -2010, "Market is closed."))
    #expect(late.kinds == [.rejected])
  }

  @Test func `closing the socket leaves the orders on it unknown`() throws {
    var (harness, _) = try placed()
    let outcome = harness.close(.privateStream)
    #expect(outcome.kinds == [.outcomeUnknown])
    #expect(outcome.links == ["dropCopy down", "orderEntry down"])
    #expect(harness.close(.privateStream).reports.isEmpty)
  }

  @Test func `what provably did not leave is not sent, anything else is unknown`() throws {
    var (harness, _) = try placed()
    let tag = RequestTag(
      .newOrder, number: harness.adapter.requestCount, child: BinanceHarness.child(),
      listing: ListingID(0))
    #expect(harness.fail(tag, .notSent("queue full")).kinds == [.notSent])
    #expect(harness.close(.privateStream).reports.isEmpty)
    #expect(harness.fail(tag, .unknown("reset")).kinds == [.outcomeUnknown])
  }

  // MARK: Canceling

  @Test func `a cancel goes by the venue's id where we know it`() throws {
    var harness = BinanceHarness()
    try harness.start()
    let known = harness.encode(.cancel(Self.reference(venueOrderID: "7001")))
    #expect(known.sent.first?.json["method"]?.string == "order.cancel")
    #expect(known.sent.first?.json["params"]?["orderId"] == .number("7001"))
    let unknown = harness.encode(.cancel(Self.reference()))
    #expect(
      unknown.sent.first?.json["params"]?["origClientOrderId"]?.string
        == BinanceHarness.child().short.string)
  }

  @Test func `a cancel's reply names the order under another name`() throws {
    var harness = BinanceHarness()
    try harness.start()
    let id = try #require(
      harness.encode(.cancel(Self.reference())).sent.first?.json["id"]?.string)
    let child = BinanceHarness.child().short.string
    let outcome = harness.receive(
      Self.reply(
        id,
        #"{"symbol":"BTCUSDT","origClientOrderId":"\#(child)","orderId":7001,"orderListId":-1,"clientOrderId":"4d96324ff9d44481926157ec08158a40","transactTime":1700000000600,"price":"25000.00","origQty":"0.02000","executedQty":"0.01500","cummulativeQuoteQty":"374.99","status":"CANCELED","timeInForce":"GTC","type":"LIMIT","side":"BUY"}"#
      ))
    #expect(outcome.kinds == [.canceled])
    #expect(outcome.reports.first?.cumulativeQuantity == Quantity(mantissa: 1_500_000))
    #expect(outcome.reports.first?.child == BinanceHarness.child())
  }

  @Test func `a refused cancel is told, an unclear one makes the order unknown`() throws {
    var harness = BinanceHarness()
    try harness.start()
    let first = try #require(
      harness.encode(.cancel(Self.reference())).sent.first?.json["id"]?.string)
    #expect(
      harness.receive(Self.refusal(first, -2011, "Unknown order sent.")).kinds == [.cancelRejected])
    let second = try #require(
      harness.encode(.cancel(Self.reference())).sent.first?.json["id"]?.string)
    #expect(harness.receive(Self.refusal(second, -1007, "Timeout")).kinds == [.outcomeUnknown])
  }

  @Test func `a cancel takes REST while the socket is down`() {
    var harness = BinanceHarness()
    let outcome = harness.encode(.cancel(Self.reference()))
    #expect(outcome.ordered.first?.request.method == "DELETE")
    #expect(outcome.ordered.first?.request.path == "/api/v3/order")
    #expect(outcome.ordered.first?.tag.purpose == .cancel)
  }

  @Test func `a cancel's answer over REST is read like the socket's`() throws {
    var harness = BinanceHarness()
    let tag = try #require(harness.encode(.cancel(Self.reference())).ordered.first?.tag)
    #expect(
      harness.answer(tag, 400, #"{"code":-2011,"msg":"Unknown order sent."}"#).kinds
        == [.cancelRejected])
    #expect(harness.answer(tag, 503, "<html>").kinds == [.outcomeUnknown])
    #expect(harness.answer(tag, 403, "<html>").kinds == [.outcomeUnknown])
    #expect(harness.answer(tag, 200, "").kinds == [.outcomeUnknown])
  }

  // MARK: Broken bytes

  @Test func `no truncation of a reply traps or rejects the order`() throws {
    let text = Array(Self.reply("4", Self.result()).utf8)
    for count in 0..<text.count {
      var (harness, _) = try placed()
      let outcome = harness.receive(Array(text[0..<count]), on: .privateStream)
      #expect(!outcome.kinds.contains(.rejected))
      #expect(outcome.reconnects == [.privateStream])
    }
  }
}

extension UInt8 {
  fileprivate var isAlphanumeric: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
