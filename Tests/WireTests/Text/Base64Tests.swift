import Testing

@testable import Wire

struct Base64Tests {
  /// RFC 4648, section 10.
  static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]

  @Test(arguments: vectors)
  func `the vectors of RFC 4648 hold both ways`(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test func `the last two symbols of the alphabet are plus and slash`() {
    #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
    #expect(Base64.decode("+/8=") == [0xfb, 0xff])
    #expect(Base64.decode("-_8=") == nil)
  }

  @Test(arguments: [
    "Zg", "Zg=", "Z", "Z===", "====", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm9=v", "Zm=v", "Zh==",
    "Zm9=", "Zg==\0", "Zmöv",
  ])
  func `text that is not canonical is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test func `any bytes come back`() {
    var random = XorShift(seed: 1)
    for count in 0..<200 {
      let bytes = random.bytes(count)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test func `what decodes encodes to the same text`() {
    var random = XorShift(seed: 2)
    var accepted = 0
    for _ in 0..<5000 {
      let text = String(decoding: random.bytes(8, of: "AQgwBZ+/=="), as: UTF8.self)
      guard let bytes = Base64.decode(text) else { continue }
      accepted += 1
      #expect(Base64.encode(bytes) == text)
    }
    #expect(accepted > 100)
  }
}
