import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct BinanceGateTests {
  private let key = BinanceHarness.credential.key

  /// The venue's example as it is sent; the clock stands at its timestamp.
  private func example(
    _ query: String, _ signature: String, body: String = "",
    at milliseconds: Int64 = 1_499_827_319_559
  ) throws -> JSONValue {
    let harness = BinanceHarness(now: milliseconds * 1_000_000)
    return try harness.json(
      HTTPRequest(
        method: "POST",
        target: "/api/v3/order?" + query + (body.isEmpty ? "&signature=\(signature)" : ""),
        headers: [("X-MBX-APIKEY", key), ("Content-Type", "application/x-www-form-urlencoded")],
        body: Array((body.isEmpty ? "" : body + "&signature=\(signature)").utf8)))
  }

  // LTCBTC is not listed here: a right signature gets as far as the symbol.
  @Test func `the published REST examples pass the signature check`() throws {
    let plain =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
      + "&timestamp=1499827319559"
    let right = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    #expect(try example(plain, right)["code"]?.int64 == -1121)
    #expect(try example(plain, right.uppercased())["code"]?.int64 == -1121)
    let encoded =
      "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
      + "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
    #expect(
      try example(
        encoded, "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3")["code"]?.int64
        == -1121)
    #expect(
      try example(
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
        "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
        body: "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559")["code"]?.int64
        == -1121)
  }

  @Test func `a signature over anything else is refused`() throws {
    let query = "symbol=LTCBTC&side=BUY&timestamp=1499827319559"
    #expect(try example(query, String(repeating: "0", count: 64))["code"]?.int64 == -1022)
    #expect(try example(query, "zz")["code"]?.int64 == -1022)
    let upper = BinanceHarness.sign(query.uppercased())
    #expect(try example(query, upper)["code"]?.int64 == -1022)
  }

  @Test(arguments: [
    (
      "order.place",
      #""symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC","quantity":"0.01000000","price":"52000.00","recvWindow":100,"timestamp":1645423376532"#,
      "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24", 1_645_423_376_532
    ),
    (
      "order.place",
      #""symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC","quantity":"0.00847000","price":"23416.10000000","timestamp":1660801715431"#,
      "15af09e41c36f3cc61378c2fbe2c33719a03dd5eba8d0f9206fbda44de717c88", 1_660_801_715_431
    ),
    (
      "userDataStream.subscribe.signature", #""timestamp":1649729878532"#,
      "1cf54395b336b0a9727ef27d5d98987962bc47aca6e13fe978612d0adee066ed", 1_649_729_878_532
    ),
  ])
  func `the published socket examples are accepted`(
    _ method: String, _ members: String, _ signature: String, _ time: Int64
  ) throws {
    let harness = BinanceHarness(now: time * 1_000_000)
    let client = harness.connect("/ws-api/v3")
    harness.send(
      #"{"id":1,"method":"\#(method)","params":{\#(members),"apiKey":"\#(key)","signature":"\#(signature)"}}"#,
      client)
    let answer = try #require(try client.messages().first)
    // The prices of 2021 are not always within a fifth and five times those of the simulation.
    let code = answer["error"]?["code"]?.int64
    #expect(code == nil || code == -1013, "\(answer)")
  }

  @Test func `an order over the socket that names a symbol beyond ASCII is signed as it is`() throws
  {
    let harness = BinanceHarness(now: 1_645_423_376_532 * 1_000_000)
    let client = harness.connect("/ws-api/v3")
    harness.send(
      #"{"id":1,"method":"order.place","params":{"symbol":"１２３４５６","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"1.00000000","price":"0.10000000","recvWindow":5000,"timestamp":1645423376532,"apiKey":"\#(key)","signature":"b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"}}"#,
      client)
    #expect(try client.messages().first?["error"]?["code"]?.int64 == -1121)
  }

  @Test func `keys are checked for form, existence and permission`() throws {
    let harness = BinanceHarness()
    func code(_ key: String?) throws -> (Int?, Int64?) {
      var request = harness.signed("GET", "/api/v3/account")
      request.headers.remove("X-MBX-APIKEY")
      if let key { request.headers.add("X-MBX-APIKEY", key) }
      let response = try #require(harness.send(request))
      return (response.status, try JSONValue(parsing: response.body)["code"]?.int64)
    }
    #expect(try code(nil) == (401, -2014))
    #expect(try code("short") == (401, -2014))
    #expect(try code(String(repeating: "A", count: 64)) == (401, -2015))
    var reader = BinanceHarness.credential
    reader.permissions = ["USER_DATA"]
    let readOnly = BinanceHarness(credentials: [reader])
    #expect(try readOnly.code("GET", "/api/v3/account") == nil)
    #expect(try readOnly.code("POST", "/api/v3/order", "symbol=BTCUSDT") == -2015)
  }

  @Test func `a timestamp may be a second ahead and as old as its window`() throws {
    let harness = BinanceHarness()
    func code(_ offset: Int64, _ window: String = "") throws -> Int64? {
      let query = "\(window)timestamp=\(harness.now / 1_000_000 + offset)"
      return try harness.json(
        HTTPRequest(
          method: "GET", target: "/api/v3/account?\(query)&signature=\(BinanceHarness.sign(query))",
          headers: [("X-MBX-APIKEY", key)]))["code"]?.int64
    }
    #expect(try code(999) == nil)
    #expect(try code(1000) == -1021)
    #expect(try code(-5000) == nil)
    #expect(try code(-5001) == -1021)
    #expect(try code(-1500, "recvWindow=1500.25&") == nil)
    #expect(try code(-1501, "recvWindow=1500.25&") == -1021)
    #expect(try code(0, "recvWindow=60001&") == -1131)
    #expect(try code(0, "recvWindow=x&") == -1100)
  }

  @Test func `microsecond timestamps are understood and can be asked for`() throws {
    let harness = BinanceHarness()
    let query = "timestamp=\(harness.now / 1000)"
    let answer = try harness.json(
      HTTPRequest(
        method: "GET", target: "/api/v3/account?\(query)&signature=\(BinanceHarness.sign(query))",
        headers: [("X-MBX-APIKEY", key), ("X-MBX-TIME-UNIT", "MICROSECOND")]))
    #expect(answer["updateTime"]?.int64 == harness.now / 1000)
  }

  @Test func `missing, doubled and unread parameters are refused`() throws {
    let harness = BinanceHarness()
    #expect(try harness.code("GET", "/api/v3/order") == -1102)
    #expect(try harness.code("GET", "/api/v3/account", "colour=blue") == -1104)
    #expect(try harness.code("GET", "/api/v3/openOrders", "symbol=BTCUSDT&symbol=BTCUSDT") == -1101)
    #expect(
      try harness.json(
        HTTPRequest(
          method: "GET", target: "/api/v3/account", headers: [("X-MBX-APIKEY", key)]))["code"]?
        .int64 == -1102)
  }

  @Test func `weight is counted to the minute, then refused, then banned`() throws {
    let harness = BinanceHarness()
    let request = HTTPRequest(method: "GET", target: "/api/v3/depth?symbol=BTCUSDT&limit=5000")
    #expect(harness.send(request)?.headers["X-MBX-USED-WEIGHT-1M"] == "250")
    for _ in 0..<23 { #expect(harness.send(request)?.status == 200) }
    let refused = try #require(harness.send(request))
    #expect(refused.status == 429)
    #expect(refused.headers["Retry-After"].flatMap { Int($0) } ?? 0 > 0)
    for _ in 0..<30 { _ = harness.send(request) }
    #expect(harness.send(request)?.status == 418)
    harness.advance(milliseconds: 60_000)
    #expect(harness.send(request)?.status == 418, "a ban outlasts the minute")
    harness.advance(milliseconds: 70_000)
    #expect(harness.send(request)?.status == 200)
  }

  @Test func `a successful order costs no weight and a failed one does`() throws {
    let harness = BinanceHarness()
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=50000"
    let response = try #require(harness.send(harness.signed("POST", "/api/v3/order", order)))
    #expect(response.headers["X-MBX-USED-WEIGHT-1M"] == "0")
    #expect(response.headers["X-MBX-ORDER-COUNT-10S"] == "1")
    let failed = try #require(
      harness.send(harness.signed("POST", "/api/v3/order", order + "&x=1")))
    #expect(failed.headers["X-MBX-USED-WEIGHT-1M"] == "1")
  }

  @Test func `unfilled orders are limited, and cancels do not help`() throws {
    let harness = BinanceHarness()
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000"
    for _ in 0..<100 {
      let id = try #require(try harness.place(order)["orderId"]?.int64)
      _ = try harness.call("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=\(id)")
    }
    let refused = try #require(harness.send(harness.signed("POST", "/api/v3/order", order)))
    #expect(refused.status == 429)
    #expect(try JSONValue(parsing: refused.body)["code"]?.int64 == -1015)
    harness.advance(milliseconds: 10_000)
    #expect(try harness.place(order)["orderId"] != nil)
  }

  @Test func `an Ed25519 key logs a session on, and an HMAC key does not`() throws {
    let pem = """
      -----BEGIN PRIVATE KEY-----
      MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
      -----END PRIVATE KEY-----
      """
    let credential = VenueCredential(
      key: "4yNzx3yWC5bS6YTwEkSRaC0nRmSQIIStAUOh1b6kqaBrTLIhjCpI5lJH8q8R8WNO", secret: pem)
    let harness = BinanceHarness(
      now: 1_649_729_878_532 * 1_000_000, credentials: [credential, BinanceHarness.credential])
    let client = harness.connect("/ws-api/v3")
    func logOn(_ key: String, _ signature: String) throws -> JSONValue {
      harness.send(
        #"{"id":1,"method":"session.logon","params":{"apiKey":"\#(key)","signature":"\#(signature)","timestamp":1649729878532}}"#,
        client)
      return try #require(try client.messages().last)
    }
    let hmac = BinanceHarness.sign("apiKey=\(key)&timestamp=1649729878532")
    #expect(try logOn(key, hmac)["error"]?["code"]?.int64 == -4056)
    let signature =
      "NBJq5sX1RkU7ta3XDctruMgnrhyBcouMvvPIxxQSCUbVWxhp3ai6W7a0Iip/3nOwmJxkVIv6n20cekYCOa5qAg=="
    #expect(try logOn(credential.key, signature)["status"]?.int64 == 200)
    harness.send(
      #"{"id":2,"method":"account.status","params":{"timestamp":1649729878532}}"#, client)
    #expect(try client.messages().last?["result"]?["balances"]?.array?.isEmpty == false)
    harness.send(#"{"id":3,"method":"userDataStream.subscribe"}"#, client)
    #expect(try client.messages().last?["result"]?["subscriptionId"]?.int64 == 0)
  }
}
