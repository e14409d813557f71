import Foundation
import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// The bytes of orders and cancels against an oracle that builds them from strings.
struct PreparedOrderTests {
  private typealias Oracle = PreparedOrderOracle
  private let signer = ExchangeableSigner(secret: (0..<80).map { UInt8($0) })

  private static let symbols = ["BTC-USD", "A\"B\\C", "\u{D0}/EUR"]

  // MARK: Binance

  private func binanceMessage(
    _ method: String, _ number: UInt64, _ parameters: [(String, String, isNumber: Bool)]
  ) -> String {
    let sorted = parameters.sorted { Array($0.0.utf8).lexicographicallyPrecedes(Array($1.0.utf8)) }
    let payload = sorted.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    var fields = sorted.map { "\"\($0.0)\":\($0.isNumber ? $0.1 : Oracle.quoted($0.1))" }
    fields.append("\"signature\":\"\(signer.hex(payload))\"")
    return """
      {"id":"\(number)","method":"\(method)","params":{\(fields.joined(separator: ","))}}
      """
  }

  private func binanceOrder(_ sample: PreparedOrderCases.Case) -> String {
    let (order, scales) = (sample.order, sample.binding.instrument)
    let names = ["GTC", "IOC", "FOK", "GTC"]
    let kinds: [TimeInForce] = [.goodTillCancel, .immediateOrCancel, .fillOrKill, .goodTillDate]
    var parameters: [(String, String, isNumber: Bool)] = [
      ("symbol", sample.binding.definition.symbol, false),
      ("side", order.side == .buy ? "BUY" : "SELL", false),
      ("type", order.isPostOnly ? "LIMIT_MAKER" : "LIMIT", false),
      (
        "price", Oracle.decimal(order.limitPrice.mantissa, scale: Int(scales.priceScale)), false
      ),
      (
        "quantity", Oracle.decimal(order.quantity.mantissa, scale: Int(scales.quantityScale)),
        false
      ),
      ("newClientOrderId", Oracle.shortName(order.id), false),
      ("newOrderRespType", "FULL", false), ("apiKey", signer.apiKey, false),
      ("recvWindow", "2500", true), ("timestamp", "\(sample.stamp.venueMilliseconds)", true),
    ]
    if !order.isPostOnly {
      let index = kinds.firstIndex(of: order.timeInForce) ?? 0
      parameters.append(("timeInForce", names[index], false))
    }
    return binanceMessage("order.place", sample.number, parameters)
  }

  @Test func `Binance orders are what the sheet says, byte for byte`() throws {
    let cases = PreparedOrderCases(
      seed: 1, count: 4000, symbols: ["BTCUSDT", "\u{5E01}\u{5B89}USDT", "A\"B\\C"])
    var messages = BinanceOrderMessages(cases.bindings, windowMilliseconds: 2500)
    var bytes: [UInt8] = Array("before".utf8)
    for sample in cases {
      let place = try #require(
        messages.place(
          sample.order, number: sample.number, at: sample.stamp, signer: signer, to: &bytes))
      #expect(String(decoding: bytes[place], as: UTF8.self) == binanceOrder(sample))
      #expect(place.upperBound == bytes.count)
      if bytes.count > 10_000 { bytes.removeAll(keepingCapacity: true) }
    }
  }

  @Test func `Binance orders over REST are what the sheet says, byte for byte`() throws {
    let cases = PreparedOrderCases(
      seed: 11, count: 4000, symbols: ["BTCUSDT", "\u{5E01}\u{5B89}USDT", "A\"B C"])
    let escaped = ["BTCUSDT", "%E5%B8%81%E5%AE%89USDT", "A%22B%20C"]
    var requests = BinanceOrderRequests(cases.bindings, windowMilliseconds: 2500)
    var bytes: [UInt8] = Array("before".utf8)
    for sample in cases {
      let start = bytes.count
      let prepared = try #require(
        requests.place(sample.order, at: sample.stamp, signer: signer, to: &bytes))
      let (order, scales) = (sample.order, sample.binding.instrument)
      let kinds: [TimeInForce] = [.goodTillCancel, .immediateOrCancel, .fillOrKill]
      let timeInForce = ["GTC", "IOC", "FOK"][kinds.firstIndex(of: order.timeInForce) ?? 0]
      let quantity = Oracle.decimal(order.quantity.mantissa, scale: Int(scales.quantityScale))
      let price = Oracle.decimal(order.limitPrice.mantissa, scale: Int(scales.priceScale))
      let query = [
        "symbol=\(escaped[Int(sample.binding.instrument.priceScale) % 3])",
        "side=\(order.side == .buy ? "BUY" : "SELL")",
        order.isPostOnly ? "type=LIMIT_MAKER" : "type=LIMIT&timeInForce=\(timeInForce)",
        "quantity=\(quantity)", "price=\(price)",
        "newClientOrderId=\(Oracle.shortName(order.id))", "newOrderRespType=FULL",
        "recvWindow=2500", "timestamp=\(sample.stamp.venueMilliseconds)",
      ].joined(separator: "&")
      let line = "POST /api/v3/order?\(query)&signature=\(signer.hex(query)) HTTP/1.1\r\n"
      let headers = [
        "X-MBX-APIKEY: \(signer.apiKey)", "User-Agent: sluice", "Content-Length: 0",
      ].joined(separator: "\r\n")
      #expect(
        String(decoding: bytes[start...], as: UTF8.self) == "\(line)\(headers)\r\n\r\n")
      #expect(String(decoding: bytes[prepared.line], as: UTF8.self) == line)
      #expect(prepared.line.lowerBound == start && prepared.remainder.upperBound == bytes.count)
      if bytes.count > 10_000 { bytes.removeAll(keepingCapacity: true) }
    }
  }

  @Test func `Binance cancels name the venue's order where it is known`() throws {
    let cases = PreparedOrderCases(seed: 2, count: 600, symbols: ["BTCUSDT", "ETHUSDT"])
    var messages = BinanceOrderMessages(cases.bindings, windowMilliseconds: 2500)
    for sample in cases {
      var bytes: [UInt8] = []
      let venueID = ["", "\(sample.number)", "no number", "\(UInt64.max)"][Int(sample.number % 4)]
      let child = Self.reference(sample, venueID)
      let place = try #require(
        messages.cancel(
          child, number: sample.number, at: sample.stamp, signer: signer, to: &bytes))
      let name: (String, String, isNumber: Bool) =
        sample.number % 4 == 1
        ? ("orderId", venueID, true) : ("origClientOrderId", Oracle.shortName(child.id), false)
      let expected = binanceMessage(
        "order.cancel", sample.number,
        [
          name, ("symbol", sample.binding.definition.symbol, false),
          ("apiKey", signer.apiKey, false), ("recvWindow", "2500", true),
          ("timestamp", "\(sample.stamp.venueMilliseconds)", true),
        ])
      #expect(String(decoding: bytes[place], as: UTF8.self) == expected)
    }
  }

  @Test func `what Binance only checks has the parameters of what it trades`() throws {
    let cases = PreparedOrderCases(seed: 3, count: 200, symbols: ["BTCUSDT"])
    var messages = BinanceOrderMessages(cases.bindings, windowMilliseconds: 2000)
    for sample in cases {
      var bytes: [UInt8] = []
      _ = messages.place(sample.order, number: 1, at: sample.stamp, signer: signer, to: &bytes)
      let params = try #require(try JSONValue(parsing: bytes)["params"])
      let request = try #require(
        BinanceDialect().testOrder(
          sample.order, sample.binding, at: sample.stamp, signer: signer))
      let names = request.query.map(\.name).filter { $0 != "signature" }
      for (name, value) in request.query where name != "signature" {
        #expect(params[name]?.text == value, "\(name)")
      }
      guard case .object(let members) = params else { return }
      let said = members.map(\.name).filter { !["apiKey", "signature"].contains($0) }
      #expect(said == names.sorted())
    }
  }

  // MARK: Kraken

  @Test func `Kraken orders are what the sheet says, byte for byte`() throws {
    let cases = PreparedOrderCases(seed: 4, count: 4000, symbols: Self.symbols)
    var messages = KrakenOrderMessages(cases.bindings)
    for (index, sample) in cases.enumerated() {
      let token = "token \(index / 1000)\"\\"
      let deadline = sample.stamp.venueNanoseconds
      var bytes: [UInt8] = Array("x".utf8)
      let place = messages.addOrder(
        sample.order, requestID: Int64(sample.number), token: token, deadline: deadline,
        to: &bytes)
      guard sample.order.timeInForce != .goodTillDate else {
        #expect(place == nil && bytes.count == 1)
        continue
      }
      let bounds = try #require(place)
      #expect(
        String(decoding: bytes[bounds], as: UTF8.self)
          == krakenOrder(sample, token: token, deadline: deadline))
    }
  }

  private func krakenOrder(
    _ sample: PreparedOrderCases.Case, token: String, deadline: Int64
  ) -> String {
    let (order, scales) = (sample.order, sample.binding.instrument)
    let kinds: [TimeInForce] = [.goodTillCancel, .immediateOrCancel, .fillOrKill]
    let timeInForce = ["gtc", "ioc", "fok"][kinds.firstIndex(of: order.timeInForce) ?? 0]
    var fields = [
      "\"order_type\":\"limit\"", "\"side\":\"\(order.side == .buy ? "buy" : "sell")\"",
      "\"symbol\":\(Oracle.quoted(sample.binding.definition.streamSymbol))",
      "\"order_qty\":\(Oracle.decimal(order.quantity.mantissa, scale: Int(scales.quantityScale)))",
      "\"limit_price\":\(Oracle.decimal(order.limitPrice.mantissa, scale: Int(scales.priceScale)))",
      "\"time_in_force\":\"\(timeInForce)\"",
    ]
    if order.isPostOnly { fields.append("\"post_only\":true") }
    fields += [
      "\"cl_ord_id\":\"\(Oracle.uuid(order.id))\"", "\"fee_preference\":\"quote\"",
      "\"deadline\":\"\(Oracle.time(deadline))\"", "\"token\":\(Oracle.quoted(token))",
    ]
    return "{\"method\":\"add_order\",\"params\":{\(fields.joined(separator: ","))}"
      + ",\"req_id\":\(sample.number)}"
  }

  @Test func `Kraken cancels name the venue's order where it is known`() {
    let cases = PreparedOrderCases(seed: 5, count: 400, symbols: ["BTC/USD"])
    var messages = KrakenOrderMessages(cases.bindings)
    for sample in cases {
      var bytes: [UInt8] = []
      let venueID = sample.number % 2 == 0 ? "" : "OABC\"-\(sample.number % 1000)"
      let child = Self.reference(sample, venueID)
      let place = messages.cancelOrder(
        child, requestID: Int64(sample.number), token: "T", to: &bytes)
      let name =
        venueID.isEmpty
        ? "\"cl_ord_id\":[\"\(Oracle.uuid(child.id))\"]"
        : "\"order_id\":[\(Oracle.quoted(venueID))]"
      #expect(
        String(decoding: bytes[place], as: UTF8.self) == """
          {"method":"cancel_order","params":{\(name),"token":"T"},"req_id":\(sample.number)}
          """)
    }
  }

  // MARK: Coinbase Exchange

  private func coinbaseBody(_ sample: PreparedOrderCases.Case) -> String {
    let (order, scales) = (sample.order, sample.binding.instrument)
    let kinds: [TimeInForce] = [.goodTillCancel, .immediateOrCancel, .fillOrKill]
    let timeInForce = ["GTC", "IOC", "FOK"][kinds.firstIndex(of: order.timeInForce) ?? 0]
    var fields = ["\"client_oid\":\"\(Oracle.uuid(order.id))\""]
    if order.isPostOnly { fields.append("\"post_only\":true") }
    let price = Oracle.decimal(order.limitPrice.mantissa, scale: Int(scales.priceScale))
    let size = Oracle.decimal(order.quantity.mantissa, scale: Int(scales.quantityScale))
    fields += [
      "\"price\":\"\(price)\"",
      "\"product_id\":\(Oracle.quoted(sample.binding.definition.symbol))",
      "\"side\":\"\(order.side == .buy ? "buy" : "sell")\"", "\"size\":\"\(size)\"",
      "\"stp\":\"cn\"", "\"time_in_force\":\"\(timeInForce)\"", "\"type\":\"limit\"",
    ]
    return "{\(fields.joined(separator: ","))}"
  }

  private func coinbaseRequest(
    _ method: String, _ target: String, _ body: String, _ stamp: RequestStamp
  ) -> String {
    let time = Oracle.decimal(stamp.venueMilliseconds, scale: 3)
    let headers = [
      "\(method) \(target) HTTP/1.1", "Accept: application/json", "User-Agent: sluice/1",
      "CB-ACCESS-KEY: \(signer.apiKey)", "CB-ACCESS-PASSPHRASE: \(signer.passphrase)",
      "CB-ACCESS-SIGN: \(signer.base64(time + method + target + body))",
      "CB-ACCESS-TIMESTAMP: \(time)",
    ]
    let framing =
      body.isEmpty
      ? [] : ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
    return (headers + framing).joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  @Test func `Coinbase Exchange orders are what the sheet says, byte for byte`() {
    let cases = PreparedOrderCases(seed: 6, count: 4000, symbols: Self.symbols)
    var requests = CoinbaseExchangeOrderRequests(cases.bindings)
    var bytes: [UInt8] = Array("before".utf8)
    for (index, sample) in cases.enumerated() {
      guard sample.order.timeInForce != .goodTillDate else {
        #expect(!CoinbaseExchangeOrderRequests.takes(sample.order))
        continue
      }
      let start = bytes.count
      let request = requests.place(
        sample.order, product: index % cases.bindings.count, at: sample.stamp, signer: signer,
        to: &bytes)
      let expected = coinbaseRequest("POST", "/orders", coinbaseBody(sample), sample.stamp)
      #expect(String(decoding: bytes[start...], as: UTF8.self) == expected)
      #expect(String(decoding: bytes[request.line], as: UTF8.self) == "POST /orders HTTP/1.1\r\n")
      #expect(request.remainder.upperBound == bytes.count && request.line.lowerBound == start)
      if bytes.count > 10_000 { bytes.removeAll(keepingCapacity: true) }
    }
  }

  @Test func `Coinbase Exchange cancels are signed as they are sent`() throws {
    let symbols = ["BTC-USD", "A B", "\u{D0}-EUR"]
    let escaped = ["BTC-USD", "A%20B", "%C3%90-EUR"]
    let cases = PreparedOrderCases(seed: 7, count: 300, symbols: symbols)
    var requests = CoinbaseExchangeOrderRequests(cases.bindings)
    for (index, sample) in cases.enumerated() {
      var bytes: [UInt8] = []
      let product = index % 5 == 0 ? nil : index % cases.bindings.count
      let request = requests.cancel(
        sample.order.id, product: product, at: sample.stamp, signer: signer, to: &bytes)
      var target = "/orders/client:\(Oracle.uuid(sample.order.id))"
      if let product {
        let symbol = symbols.firstIndex(of: cases.bindings[product].definition.symbol) ?? 0
        target += "?product_id=\(escaped[symbol])"
      }
      #expect(
        String(decoding: bytes, as: UTF8.self)
          == coinbaseRequest("DELETE", target, "", sample.stamp))
      let taken = HTTPRequest(request, in: bytes.span)
      let parsed = try #require(taken)
      #expect(parsed.method == "DELETE" && parsed.target == target && parsed.body.isEmpty)
    }
  }

  // MARK: What must not get through

  @Test func `credentials with line ends begin no header of their own`() throws {
    let cases = PreparedOrderCases(seed: 8, count: 1, symbols: ["BTC-USD"])
    let sample = try #require(Array(cases).first)
    var requests = CoinbaseExchangeOrderRequests(cases.bindings)
    signer.apiKey = "k\r\nX-Evil: 1"
    signer.passphrase = "p\nContent-Length: 0\r\n\r\n"
    var bytes: [UInt8] = []
    let request = requests.place(
      sample.order, product: 0, at: sample.stamp, signer: signer, to: &bytes)
    let taken = HTTPRequest(request, in: bytes.span)
    let parsed = try #require(taken)
    #expect(parsed.headers["X-Evil"] == nil)
    #expect(parsed.headers.values("Content-Length").count == 1)
    #expect(parsed.headers["CB-ACCESS-KEY"] == "k  X-Evil: 1")
  }

  @Test func `a symbol with a line end stays within the request's line`() throws {
    let cases = PreparedOrderCases(seed: 8, count: 1, symbols: ["A\r\nX-Evil: 1"])
    let sample = try #require(Array(cases).first)
    var requests = CoinbaseExchangeOrderRequests(cases.bindings)
    var bytes: [UInt8] = []
    let request = requests.cancel(
      sample.order.id, product: 0, at: sample.stamp, signer: signer, to: &bytes)
    let taken = HTTPRequest(request, in: bytes.span)
    let parsed = try #require(taken)
    #expect(parsed.headers["X-Evil"] == nil)
    #expect(parsed.target.hasSuffix("?product_id=A%0D%0AX-Evil:%201"))
  }

  @Test func `a listing of another venue gets no message`() throws {
    let cases = PreparedOrderCases(seed: 9, count: 1, symbols: ["BTCUSDT"])
    var sample = try #require(Array(cases).first?.order)
    for stranger in [ListingID(1), ListingID(49), ListingID(.max)] {
      sample.listing = stranger
      var bytes: [UInt8] = []
      var binance = BinanceOrderMessages(cases.bindings, windowMilliseconds: 2000)
      var kraken = KrakenOrderMessages(cases.bindings)
      let stamp = RequestStamp(time: .distantPast, venueNanoseconds: 0, nonce: 0)
      #expect(binance.place(sample, number: 1, at: stamp, signer: signer, to: &bytes) == nil)
      var rest = BinanceOrderRequests(cases.bindings, windowMilliseconds: 2000)
      #expect(rest.place(sample, at: stamp, signer: signer, to: &bytes) == nil)
      #expect(kraken.addOrder(sample, requestID: 1, token: "T", deadline: 0, to: &bytes) == nil)
      #expect(bytes.isEmpty)
    }
  }

  @Test func `credentials that were exchanged count from the next request on`() throws {
    let cases = PreparedOrderCases(seed: 10, count: 3, symbols: ["BTC-USD"])
    var binance = BinanceOrderMessages(cases.bindings, windowMilliseconds: 2500)
    var coinbase = CoinbaseExchangeOrderRequests(cases.bindings)
    for (index, sample) in cases.enumerated() {
      // First another key, then the same name with another secret and passphrase.
      if index == 1 { signer.apiKey = "other" }
      if index == 2 { (signer.secret, signer.passphrase) = ([9], "other phrase") }
      var bytes: [UInt8] = []
      _ = binance.place(
        sample.order, number: sample.number, at: sample.stamp, signer: signer, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == binanceOrder(sample))
      bytes.removeAll()
      _ = coinbase.cancel(
        sample.order.id, product: nil, at: sample.stamp, signer: signer, to: &bytes)
      let target = "/orders/client:\(Oracle.uuid(sample.order.id))"
      #expect(
        String(decoding: bytes, as: UTF8.self)
          == coinbaseRequest("DELETE", target, "", sample.stamp))
    }
  }

  private static func reference(
    _ sample: PreparedOrderCases.Case, _ venueOrderID: String
  ) -> ChildReference {
    ChildReference(
      id: sample.order.id, venue: VenueID(1), listing: sample.binding.listing,
      venueOrderID: ShortText(venueOrderID) ?? ShortText(), sentAt: sample.stamp.time)
  }
}
