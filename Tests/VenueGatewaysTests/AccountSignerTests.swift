import Testing
import VenueGateways
import Wire

/// The venues' own vectors through the signer that goes live.
struct AccountSignerTests {
  @Test func `binance R1 is signed with the secret's characters`() throws {
    let signer = try AccountSigner(
      apiKey: "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
      secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
      passphrase: "", encoding: .text)
    let query =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
      + "&timestamp=1499827319559"
    #expect(
      Hex.encode(signer.hmacSHA256(Array(query.utf8)))
        == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71")
  }

  @Test func `coinbase vector 3 is signed with the decoded secret`() throws {
    let signer = try AccountSigner(
      apiKey: "key",
      secret:
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
      passphrase: "phrase", encoding: .base64)
    let message = "1750000000GET/orders/client:3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a5b"
    #expect(
      Base64.encode(signer.hmacSHA256(Array(message.utf8)))
        == "gwZlEjZ50xuu/fwE/y3tdirk0pk6iB9dQIV4VjIxnMQ=")
  }

  @Test func `kraken's official vector is signed with SHA-512 over path and inner digest`() throws {
    let signer = try AccountSigner(
      apiKey: "key",
      secret:
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
      passphrase: "", encoding: .base64)
    let body =
      "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    let inner = signer.sha256(Array("1616492376594\(body)".utf8))
    #expect(
      Base64.encode(signer.hmacSHA512(Array("/0/private/AddOrder".utf8) + inner))
        == "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )
  }

  @Test func `a secret that is not base64 is refused without being shown`() {
    do {
      _ = try AccountSigner(
        apiKey: "key", secret: "not base64 !", passphrase: "", encoding: .base64)
      Issue.record("it was taken")
    } catch {
      #expect(!"\(error)".contains("not base64 !"))
      #expect("\(error)".contains("must be base64"))
    }
  }
}
