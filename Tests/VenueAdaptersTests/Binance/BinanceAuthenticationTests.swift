import RouterCore
import Testing
import Wire

@testable import VenueAdapters

struct BinanceAuthenticationTests {
  private let signer = BinanceTestSigner()

  @Test func `the reference HMAC gives RFC 4231's second vector`() {
    let digest = BinanceReferenceHMAC.sign(
      Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
    #expect(
      Hex.encode(digest) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  private func stamp(_ milliseconds: Int64) -> RequestStamp {
    RequestStamp(
      time: Timestamp(nanoseconds: 0), venueNanoseconds: milliseconds * 1_000_000, nonce: 0)
  }

  private func request(_ parameters: [(String, String)]) -> BinanceRequest {
    var request = BinanceRequest(
      socketMethod: "order.place", verb: "POST", path: "/api/v3/order", parameters: [])
    for (name, value) in parameters { request.add(name, value) }
    return request
  }

  private func restSignature(_ parameters: [(String, String)], _ time: Int64) -> String {
    let http = BinanceAuthentication.httpRequest(
      request(parameters), at: stamp(time), windowMilliseconds: 5000, signer: signer)
    return http.query.last?.value ?? ""
  }

  private func socketSignature(_ parameters: [(String, String)], _ time: Int64, _ window: Int64)
    throws -> String
  {
    let bytes = BinanceAuthentication.message(
      request(parameters), number: 1, at: stamp(time), windowMilliseconds: window, signer: signer)
    return try #require(JSONValue(parsing: bytes)["params"]?["signature"]?.string)
  }

  @Test func `REST vector R1`() {
    let signature = restSignature(
      [
        ("symbol", "LTCBTC"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"),
        ("quantity", "1"), ("price", "0.1"),
      ], 1_499_827_319_559)
    #expect(
      signature == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71")
  }

  @Test func `REST vector R2: the symbol is percent-encoded before it is signed`() {
    let signature = restSignature(
      [
        ("symbol", "\u{FF11}\u{FF12}\u{FF13}\u{FF14}\u{FF15}\u{FF16}"), ("side", "BUY"),
        ("type", "LIMIT"), ("timeInForce", "GTC"), ("quantity", "1"), ("price", "0.1"),
      ], 1_499_827_319_559)
    #expect(
      signature == "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3")
  }

  @Test func `WebSocket vector W1: sorted, with the key among the parameters`() throws {
    let signature = try socketSignature(
      [
        ("symbol", "BTCUSDT"), ("side", "SELL"), ("type", "LIMIT"), ("timeInForce", "GTC"),
        ("quantity", "0.01000000"), ("price", "52000.00"),
      ], 1_645_423_376_532, 100)
    #expect(
      signature == "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24")
  }

  @Test func `WebSocket vector W2: the symbol is signed as it stands`() throws {
    let signature = try socketSignature(
      [
        ("symbol", "\u{FF11}\u{FF12}\u{FF13}\u{FF14}\u{FF15}\u{FF16}"), ("side", "BUY"),
        ("type", "LIMIT"), ("timeInForce", "GTC"), ("quantity", "1.00000000"),
        ("price", "0.10000000"),
      ], 1_645_423_376_532, 5000)
    #expect(
      signature == "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd")
  }

  @Test(arguments: [
    (
      [("apiKey", ""), ("timestamp", "1649729878532")],
      "1cf54395b336b0a9727ef27d5d98987962bc47aca6e13fe978612d0adee066ed"
    ),
    (
      [
        ("apiKey", ""), ("price", "23416.10000000"), ("quantity", "0.00847000"), ("side", "SELL"),
        ("symbol", "BTCUSDT"), ("timeInForce", "GTC"), ("timestamp", "1660801715431"),
        ("type", "LIMIT"),
      ], "15af09e41c36f3cc61378c2fbe2c33719a03dd5eba8d0f9206fbda44de717c88"
    ),
  ])
  func `WebSocket vectors W3 and W4`(_ parameters: [(String, String)], _ expected: String) {
    let filled = parameters.map {
      BinanceRequest.Parameter(name: $0, value: $1.isEmpty ? signer.apiKey : $1)
    }
    let payload = BinanceAuthentication.socketPayload(filled)
    #expect(Hex.encode(signer.hmacSHA256(payload)) == expected)
  }

  @Test func `the message carries numbers bare, texts quoted and the id as text`() throws {
    var request = request([("symbol", "BTCUSDT")])
    request.add("orderId", 5)
    let bytes = BinanceAuthentication.message(
      request, number: 12, at: stamp(1000), windowMilliseconds: 2000, signer: signer)
    let json = try JSONValue(parsing: bytes)
    #expect(json["id"] == .string("12"))
    #expect(json["method"] == .string("order.place"))
    #expect(json["params"]?["orderId"] == .number("5"))
    #expect(json["params"]?["timestamp"] == .number("1000"))
    #expect(json["params"]?["recvWindow"] == .number("2000"))
    #expect(json["params"]?["symbol"] == .string("BTCUSDT"))
  }

  @Test func `the key goes in a header over REST, and the secret nowhere`() {
    let http = BinanceAuthentication.httpRequest(
      request([("symbol", "BTCUSDT")]), at: stamp(1000), windowMilliseconds: 2000, signer: signer)
    #expect(http.headers["X-MBX-APIKEY"] == signer.apiKey)
    #expect(http.body.isEmpty)
    #expect(http.target.hasPrefix("/api/v3/order?symbol=BTCUSDT&recvWindow=2000&timestamp=1000&"))
  }
}
