import Testing

@testable import Wire

struct PercentEncodingTests {
  @Test func `unreserved characters stay as they are`() {
    let text = "ABCXYZabcxyz0189-._~"
    #expect(PercentEncoding.encode(text) == text)
  }

  @Test func `everything else becomes upper-case hex of its UTF-8 bytes`() {
    #expect(PercentEncoding.encode("a b+c/d?e=f&g%") == "a%20b%2Bc%2Fd%3Fe%3Df%26g%25")
    #expect(PercentEncoding.encode("ÿ€") == "%C3%BF%E2%82%AC")
  }

  @Test func `a plus is no blank`() {
    #expect(PercentEncoding.decode("a+b") == "a+b")
  }

  @Test(arguments: ["%", "%4", "%4g", "%%41", "a%", "%C3", "%ff", "%ED%A0%80"])
  func `a broken escape or broken UTF-8 is refused`(text: String) {
    #expect(PercentEncoding.decode(text) == nil)
  }

  @Test func `any text comes back`() {
    for text in ["", "plain", "%41", "日本 + 語", "\u{0}\r\n", "👩‍🚀"] {
      #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    }
  }
}
