import Testing

@testable import Wire

struct HexTests {
  /// RFC 4648, section 10.
  @Test func `the vector of RFC 4648 holds in lower case`() {
    #expect(Hex.encode(Array("foobar".utf8)) == "666f6f626172")
    #expect(Hex.decode("666F6F626172") == Array("foobar".utf8))
  }

  @Test(arguments: ["0", "0g", "0x", " 0", "00 ", "G0", "0\0", "é"])
  func `an odd count or another character is refused`(text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test func `every byte comes back`() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Hex.decode(Hex.encode(bytes)) == bytes)
  }
}
