import Testing

@testable import Wire

struct HTTPHeadersTests {
  @Test func `names compare without case and keep their order`() {
    var headers: HTTPHeaders = [("Content-Type", "a"), ("X-One", "1"), ("x-one", "2")]
    #expect(headers["content-TYPE"] == "a")
    #expect(headers["X-ONE"] == "1")
    #expect(headers.values("X-One") == ["1", "2"])
    #expect(headers["absent"] == nil)
    headers.set("X-ONE", "3")
    #expect(headers.pairs.map(\.name) == ["Content-Type", "X-ONE"])
    headers.remove("content-type")
    #expect(headers.values("Content-Type").isEmpty)
  }

  @Test func `a list joins its fields and drops blanks and empty elements`() {
    let headers: HTTPHeaders = [("Connection", " keep-alive ,, \tUpgrade"), ("connection", "x")]
    #expect(headers.list("Connection") == ["keep-alive", "Upgrade", "x"])
    #expect(headers.hasToken("UPGRADE", in: "connection"))
    #expect(!headers.hasToken("up", in: "connection"))
  }

  @Test func `only ASCII letters lose their case`() {
    let headers: HTTPHeaders = [("X-É", "1"), ("X-[", "2")]
    #expect(headers["x-é"] == nil)
    #expect(headers["x-{"] == nil)
  }
}
