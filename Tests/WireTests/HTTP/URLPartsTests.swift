import Testing

@testable import Wire

struct URLPartsTests {
  @Test(arguments: [
    ("https://api.example.com", "https", "api.example.com", 443, "/", "api.example.com"),
    ("http://h:8080/a/b?c=d", "http", "h", 8080, "/a/b?c=d", "h:8080"),
    (
      "WSS://Stream.Example.com:443/ws", "wss", "Stream.Example.com", 443, "/ws",
      "Stream.Example.com"
    ),
    ("ws://127.0.0.1:9/x", "ws", "127.0.0.1", 9, "/x", "127.0.0.1:9"),
    ("https://h?x=1", "https", "h", 443, "/?x=1", "h"),
    ("http://[::1]:81/", "http", "::1", 81, "/", "[::1]:81"),
    ("https://[2001:db8::1]", "https", "2001:db8::1", 443, "/", "[2001:db8::1]"),
    ("http://h:80", "http", "h", 80, "/", "h"),
  ])
  func `a URL gives scheme, host, port, target and Host header`(
    text: String, scheme: String, host: String, port: Int, target: String, hostHeader: String
  ) throws {
    let url = try #require(URLParts(text))
    #expect(url.scheme == scheme)
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.target == target)
    #expect(url.hostHeader == hostHeader)
    #expect(url.isSecure == (scheme == "https" || scheme == "wss"))
  }

  @Test(arguments: [
    "", "h", "//h", "ftp://h", "https:/h", "https//h", "https://", "https:///x", "https://:443",
    "https://h:", "https://h:0", "https://h:65536", "https://h:1x", "https://h:-1",
    "https://h:123456", "https://u@h", "https://u:p@h", "https://h/ x", "https://h/\r\nX: y",
    "https://h/é", "https://h#f", "https://h/#f", "https://h /", "https://[::1", "https://::1",
    "https://[]", "https://[::1]x", "https://[g::1]", "https://hé", "https://a,b",
    "https://h\0", "https://h\\x", "://h",
  ])
  func `anything that is not a plain URL is refused`(text: String) {
    #expect(URLParts(text) == nil)
  }

  @Test func `random text is refused or read, without harm`() {
    var random = XorShift(seed: 30)
    let url = Array("https://user@[::1]:443/p?q#f".utf8)
    for _ in 0..<20_000 {
      guard let parts = URLParts(String(decoding: random.mutated(url), as: UTF8.self)) else {
        continue
      }
      #expect(parts.target.hasPrefix("/"))
      #expect(!parts.host.isEmpty)
    }
  }
}
