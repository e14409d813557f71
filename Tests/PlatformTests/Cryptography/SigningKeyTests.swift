import Foundation
import Platform
import Testing

struct Ed25519KeyTests {
  private let seed = bytes(
    hex: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
  private let pem = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
    -----END PRIVATE KEY-----

    """

  @Test func `the first test of RFC 8032 holds`() throws {
    let key = try Ed25519Key(seed: Secret(seed))
    #expect(
      hex(key.publicKey) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    #expect(
      hex(key.sign([]))
        == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
  }

  @Test func `Binance payloads get the signatures that OpenSSL gives`() throws {
    let key = try Ed25519Key(pem: Secret(pem))
    let order =
      "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2"
      + "&timestamp=1668481559918&recvWindow=5000"
    let logon =
      "apiKey=4yNzx3yWC5bS6YTwEkSRaC0nRmSQIIStAUOh1b6kqaBrTLIhjCpI5lJH8q8R8WNO"
      + "&timestamp=1649729878532"
    #expect(
      Data(key.sign(Array(order.utf8))).base64EncodedString()
        == "XtZirsmmi0noRzUfkqktvkVfxpkq/WtbLg2UOL3QGYdUBZVlqOBEMuEVw8zioY93N54NcKj9UuAXQEa9zgTDBg=="
    )
    #expect(
      Data(key.sign(Array(logon.utf8))).base64EncodedString()
        == "NBJq5sX1RkU7ta3XDctruMgnrhyBcouMvvPIxxQSCUbVWxhp3ai6W7a0Iip/3nOwmJxkVIv6n20cekYCOa5qAg=="
    )
  }

  @Test func `a changed message or signature is not verified`() throws {
    let key = try Ed25519Key(seed: Secret(seed))
    var signature = key.sign([1, 2, 3])
    #expect(key.verify(signature, of: [1, 2, 3]))
    #expect(!key.verify(signature, of: [1, 2, 4]))
    signature[0] ^= 1
    #expect(!key.verify(signature, of: [1, 2, 3]))
    #expect(!key.verify([], of: [1, 2, 3]))
  }

  @Test func `what is no such key is refused without its text`() {
    for text in ["", "garbage-s3cret", ES256KeyTests.pem] {
      do {
        _ = try Ed25519Key(pem: Secret(text))
        Issue.record("accepted \(text.count) bytes")
      } catch {
        #expect(!error.description.contains("s3cret"))
        #expect(error.description.contains("PEM"))
      }
    }
    #expect(throws: PlatformError.self) { try Ed25519Key(seed: Secret([1, 2, 3])) }
  }
}

struct ES256KeyTests {
  /// RFC 7515, appendix A.3, as SEC 1 text.
  static let pem = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
    AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
    focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
    -----END EC PRIVATE KEY-----

    """

  @Test func `the signature in RFC 7515 is verified by its key`() throws {
    let key = try ES256Key(pem: Secret(Self.pem))
    let message =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let signature = try #require(
      Data(
        base64Encoded: "DtEhU3ljbEg8L38VWAfUAqOyKAM6+Xx+F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
          + "pmWQxfKTUJqPP3+Kg6NU1Q=="))
    #expect(key.verify(Array(signature), of: Array(message.utf8)))
    #expect(!key.verify(Array(signature), of: Array(message.utf8) + [0]))
  }

  @Test func `signatures have 64 bytes and differ each time`() throws {
    let key = try ES256Key(pem: Secret(Self.pem))
    for _ in 0..<64 {
      let signature = key.sign([1, 2, 3])
      #expect(signature.count == 64)
      #expect(key.verify(signature, of: [1, 2, 3]))
    }
    #expect(key.sign([1]) != key.sign([1]))
  }

  @Test func `a key on another curve is refused`() throws {
    let other = """
      -----BEGIN PRIVATE KEY-----
      MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
      -----END PRIVATE KEY-----

      """
    #expect(throws: PlatformError.self) { try ES256Key(pem: Secret(other)) }
  }

  @Test func `a signature of zeros is not verified`() throws {
    let key = try ES256Key(pem: Secret(Self.pem))
    #expect(!key.verify([UInt8](repeating: 0, count: 64), of: []))
    #expect(!key.verify([UInt8](repeating: 255, count: 64), of: []))
  }
}
