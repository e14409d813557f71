import Testing
import Wire

@testable import VenueAdapters

struct KrakenAuthenticationTests {
  private let signer = KrakenTestSigner()

  @Test(arguments: [
    (
      "/0/private/AddOrder", "1616492376594",
      "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
      "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    ),
    (
      "/0/private/AddOrder", "1616492376594",
      "{\"nonce\":\"1616492376594\",\"ordertype\":\"limit\",\"pair\":\"XBTUSD\",\"price\":\"37500\","
        + "\"type\":\"buy\",\"volume\":\"1.25\"}",
      "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg=="
    ),
    (
      "/0/private/Balance", "1616492376595", "nonce=1616492376595",
      "9qsYnAxkAt04Q9bMOFfYWglY6B/1ShQtPB2GO659iotiVGrR7HnEEhGS8TlToTniR3G4Y+HNrzV7X6iksOh5jQ=="
    ),
  ])
  func `the known requests get their known signatures`(
    _ path: String, _ nonce: String, _ body: String, _ expected: String
  ) {
    #expect(
      KrakenAuthentication.signature(
        path: path, nonce: nonce, body: Array(body.utf8), signer: signer) == expected)
  }

  @Test func `a request signs the body that it sends and never shows the secret`() {
    let request = KrakenAuthentication.request(
      "OpenOrders", [("cl_ord_id", "a b+c")], nonce: 9, signer: signer)
    #expect(request.method == "POST")
    #expect(request.target == "/0/private/OpenOrders")
    #expect(String(decoding: request.body, as: UTF8.self) == "nonce=9&cl_ord_id=a%20b%2Bc")
    #expect(request.headers["API-Key"] == "KEY")
    #expect(
      request.headers["API-Sign"]
        == KrakenAuthentication.signature(
          path: request.target, nonce: "9", body: request.body, signer: signer))
    #expect(request.headers["User-Agent"] != nil)
  }
}
