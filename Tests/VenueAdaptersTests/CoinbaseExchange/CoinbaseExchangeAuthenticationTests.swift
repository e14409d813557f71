import RouterCore
import Testing
import Wire

@testable import VenueAdapters

/// The vectors of the protocol sheet, which agree with openssl, cbpro and ccxt.
struct CoinbaseExchangeAuthenticationTests {
  private let body =
    #"{"client_oid":"3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b","post_only":true,"price":"25000.01","product_id":"BTC-USD","side":"buy","size":"0.0125","stp":"cn","time_in_force":"GTC","type":"limit"}"#

  private func sign(_ method: String, _ target: String, _ body: String = "") -> String {
    CoinbaseExchangeAuthentication.sign(
      method, target, Array(body.utf8), timestamp: "1750000000",
      signer: CoinbaseExchangeTestSigner())
  }

  @Test func `an order is signed with its body`() {
    #expect(sign("POST", "/orders", body) == "k0koTZL/ZHiobIWkDI9JrIFPSypl52zMEdDdzLBEg4M=")
  }

  @Test func `a query is signed with its parameters`() {
    #expect(
      sign("GET", "/orders?product_id=BTC-USD&status=open&limit=100")
        == "6TM36qwZ0oIIboBY9wvaN2sT4R8KJxVAandS7Wq4WCU=")
    #expect(
      sign("GET", "/orders/client:3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b")
        == "gwZlEjZ50xuu/fwE/y3tdirk0pk6iB9dQIV4VjIxnMQ=")
  }

  @Test func `the timestamp is the venue's time in seconds`() {
    let stamp = RequestStamp(
      time: Timestamp(nanoseconds: 0), venueNanoseconds: 1_750_000_000_123_456_789, nonce: 0)
    #expect(CoinbaseExchangeAuthentication.timestamp(stamp) == "1750000000.123")
  }

  @Test func `a request carries the four headers`() {
    let stamp = RequestStamp(
      time: Timestamp(nanoseconds: 0), venueNanoseconds: 1_750_000_000_000_000_000, nonce: 0)
    let request = CoinbaseExchangeAuthentication.request(
      "GET", "/orders?product_id=BTC-USD&status=open&limit=100", at: stamp,
      signer: CoinbaseExchangeTestSigner())
    #expect(request.headers["CB-ACCESS-KEY"] == "key")
    #expect(request.headers["CB-ACCESS-SIGN"] == "6TM36qwZ0oIIboBY9wvaN2sT4R8KJxVAandS7Wq4WCU=")
    #expect(request.headers["CB-ACCESS-TIMESTAMP"] == "1750000000")
    #expect(request.headers["CB-ACCESS-PASSPHRASE"] == "phrase")
    #expect(request.headers["User-Agent"]?.isEmpty == false)
  }
}
