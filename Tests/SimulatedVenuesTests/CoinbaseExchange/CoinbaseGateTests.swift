import Platform
import Simulation
import Testing
import Wire

@testable import SimulatedVenues

struct CoinbaseGateTests {
  private static let body =
    #"{"client_oid":"3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b","post_only":true,"price":"25000.01","product_id":"BTC-USD","side":"buy","size":"0.0125","stp":"cn","time_in_force":"GTC","type":"limit"}"#

  @Test(arguments: [
    ("POST", "/orders", body, "k0koTZL/ZHiobIWkDI9JrIFPSypl52zMEdDdzLBEg4M="),
    (
      "GET", "/orders?product_id=BTC-USD&status=open&limit=100", "",
      "6TM36qwZ0oIIboBY9wvaN2sT4R8KJxVAandS7Wq4WCU="
    ),
    (
      "GET", "/orders/client:3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b", "",
      "gwZlEjZ50xuu/fwE/y3tdirk0pk6iB9dQIV4VjIxnMQ="
    ),
  ])
  func `the sheet's signatures are accepted`(
    _ method: String, _ target: String, _ body: String, _ signature: String
  ) throws {
    let venue = CoinbaseHarness()
    let request = CoinbaseHarness.request(
      method, target, body, timestamp: "1750000000", signature: signature)
    let response = try #require(venue.send(request))
    #expect(response.status != 401)
    #expect(response.status == (target.contains("client:") ? 404 : 200))
  }

  @Test func `the sheet's signature for the feed is accepted`() throws {
    let venue = CoinbaseHarness()
    #expect(
      CoinbaseHarness.sign("1750000000GET/users/self/verify")
        == "LzXUuoBWjxR9TKtJupM/jZkHXQ6QgoHy8ZvNbFs7e4M=")
    let client = venue.connect()
    venue.send(venue.subscription(#""user""#, timestamp: "1750000000"), client)
    #expect(try client.types() == ["subscriptions"])
  }

  @Test(arguments: [
    ("CB-ACCESS-SIGN", "k0koTZL/ZHiobIWkDI9JrIFPSypl52zMEdDdzLBEg4A=", "401 invalid signature"),
    ("CB-ACCESS-SIGN", "not base64", "401 invalid signature"),
    ("CB-ACCESS-KEY", "nobody", "401 Invalid API Key"),
    ("CB-ACCESS-KEY", "", "401 CB-ACCESS-KEY header is required"),
    ("CB-ACCESS-PASSPHRASE", "wrong", "401 Invalid Passphrase"),
    ("CB-ACCESS-TIMESTAMP", "1749999969", "400 request timestamp expired"),
    ("CB-ACCESS-TIMESTAMP", "1750000031", "400 request timestamp expired"),
    ("CB-ACCESS-TIMESTAMP", "yesterday", "400 Invalid CB-ACCESS-TIMESTAMP"),
    ("CB-ACCESS-TIMESTAMP", "9000000000", "400 request timestamp expired"),
    ("User-Agent", "", "400 User-Agent header is required."),
  ])
  func `a wrong header is refused in the venue's words`(
    _ header: String, _ value: String, _ refusal: String
  ) throws {
    let venue = CoinbaseHarness()
    var request = CoinbaseHarness.request("GET", "/accounts", timestamp: "1750000000")
    request.headers.set(header, value)
    let response = try #require(venue.send(request))
    let message = try JSONValue(parsing: response.body)["message"]?.string
    #expect("\(response.status) \(message ?? "")" == refusal)
  }

  @Test func `the query is part of what is signed`() throws {
    let venue = CoinbaseHarness()
    let signature = CoinbaseHarness.sign("1750000000GET/fills")
    let request = CoinbaseHarness.request(
      "GET", "/fills?product_id=BTC-USD", timestamp: "1750000000", signature: signature)
    #expect(venue.send(request)?.status == 401)
  }

  @Test func `decimals in the timestamp are allowed`() throws {
    let venue = CoinbaseHarness()
    let request = CoinbaseHarness.request("GET", "/accounts", timestamp: "1749999975.5")
    #expect(venue.send(request)?.status == 200)
  }

  @Test func `a key that may only look can not trade`() throws {
    var credential = CoinbaseHarness.credential
    credential.permissions = ["view"]
    let venue = CoinbaseHarness(credentials: [credential])
    #expect(try venue.refusal("POST", "/orders", "{}") == "403 Forbidden")
    #expect(venue.send(venue.signed("GET", "/accounts"))?.status == 200)
  }

  @Test func `a burst of thirty private calls is allowed, and fifteen a second after it`() throws {
    let venue = CoinbaseHarness()
    let statuses = (0..<31).compactMap { _ in venue.send(venue.signed("GET", "/fees"))?.status }
    #expect(statuses == Array(repeating: 200, count: 30) + [429])
    #expect(try venue.refusal("GET", "/fees") == "429 Private rate limit exceeded")
    venue.advance(milliseconds: 1000)
    let later = (0..<16).compactMap { _ in venue.send(venue.signed("GET", "/fees"))?.status }
    #expect(later == Array(repeating: 200, count: 15) + [429])
  }

  @Test func `fills and public calls have buckets of their own`() throws {
    let venue = CoinbaseHarness()
    for _ in 0..<30 { _ = venue.send(venue.signed("GET", "/fees")) }
    let fills = (0..<21).compactMap { _ in
      venue.send(venue.signed("GET", "/fills?product_id=BTC-USD"))?.status
    }
    #expect(fills == Array(repeating: 200, count: 20) + [429])
    for _ in 0..<15 { _ = try venue.get("/time") }
    #expect(try venue.get("/time")["message"]?.string == "Public rate limit exceeded")
  }

  @Test(arguments: [
    "/", "/nothing", "/products/XXX-USD", "/products/BTC-USD/nothing", "/orders/1/2",
  ])
  func `an unknown path has the venue's own body`(_ target: String) throws {
    let venue = CoinbaseHarness()
    let response = try #require(venue.send(venue.signed("GET", target)))
    #expect(response.status == 404)
    #expect(try JSONValue(parsing: response.body)["message"]?.string == "NotFound")
  }

  @Test func `no bytes crash it`() {
    let venue = CoinbaseHarness { $0.enforcesRateLimits = false }
    var random = SeededRandom(seed: 5)
    let client = venue.connect()
    let texts = [
      Self.body, venue.subscription(#""level2","user""#),
      CoinbaseHarness.order(#""side":"buy","type":"market","funds":"100""#),
    ]
    for round in 0..<3000 {
      var bytes = Array(texts[round % 3].utf8)
      for _ in 0..<3 where !bytes.isEmpty {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let text = String(decoding: bytes, as: UTF8.self)
      _ = venue.send(venue.signed("POST", "/orders", text))
      _ = venue.send(venue.signed("GET", "/orders/" + PercentEncoding.encode(text)))
      venue.send(text, client)
    }
  }
}
