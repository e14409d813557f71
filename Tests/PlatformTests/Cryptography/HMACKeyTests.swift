import Foundation
import Platform
import Testing

struct HMACKeyTests {
  private struct Vector {
    let key: [UInt8]
    let message: [UInt8]
    let sha256: String
    let sha512: String
  }

  /// RFC 4231, test cases 1, 2, 3, 6 and 7.
  private let vectors = [
    Vector(
      key: Array(repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
      sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      sha512: "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"),
    Vector(
      key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      sha512: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
    Vector(
      key: Array(repeating: 0xaa, count: 20), message: Array(repeating: 0xdd, count: 50),
      sha256: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      sha512: "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
        + "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"),
    Vector(
      key: Array(repeating: 0xaa, count: 131),
      message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      sha512: "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
        + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"),
  ]

  @Test func `the vectors of RFC 4231 hold`() {
    for vector in vectors {
      let short = HMACKey(.sha256, key: vector.key)
      let long = HMACKey(.sha512, key: vector.key)
      #expect(hex(short.sign(vector.message)) == vector.sha256)
      #expect(hex(long.sign(vector.message)) == vector.sha512)
    }
  }

  @Test func `one key signs the same message the same way again`() {
    let key = HMACKey(.sha256, key: Array("Jefe".utf8))
    let first = key.sign(Array("a".utf8))
    #expect(key.sign(Array("b".utf8)) != first)
    #expect(key.sign(Array("a".utf8)) == first)
  }

  @Test func `an empty key and an empty message are legal`() {
    #expect(
      hex(HMACKey(.sha256, key: []).sign([]))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func `Binance's example request gets Binance's signature`() {
    let key = HMACKey(
      .sha256,
      key: Array("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".utf8))
    let query =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
      + "&recvWindow=5000&timestamp=1499827319559"
    #expect(
      hex(key.sign(Array(query.utf8)))
        == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71")
  }

  @Test func `Kraken's example request gets Kraken's signature`() throws {
    let secret = try #require(
      Data(
        base64Encoded:
          "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
      ))
    let body =
      "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    let inner = Digest.sha256(Array("1616492376594\(body)".utf8))
    let message = Array("/0/private/AddOrder".utf8) + inner
    #expect(
      Data(HMACKey(.sha512, key: Array(secret)).sign(message)).base64EncodedString()
        == "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )
  }
}
