import Testing

@testable import Wire

struct HTTPRequestTests {
  @Test func `a target splits into path and query`() {
    let request = HTTPRequest(method: "GET", target: "/v1/a%20b?x=1&y=a%2Bb+c&z&=v&bad=%zz&u=%FF")
    #expect(request.path == "/v1/a%20b")
    #expect(request.rawQuery == "x=1&y=a%2Bb+c&z&=v&bad=%zz&u=%FF")
    #expect(request.query.map(\.name) == ["x", "y", "z", "", "bad", "u"])
    #expect(request.query.map(\.value) == ["1", "a+b+c", "", "v", "%zz", "%FF"])
  }

  @Test func `a target without a query has none`() {
    #expect(HTTPRequest(method: "GET", target: "/").rawQuery == "")
    #expect(HTTPRequest(method: "GET", target: "/").query.isEmpty)
    #expect(HTTPRequest(method: "GET", target: "/?").query.isEmpty)
    #expect(HTTPRequest(method: "GET", target: "/?a?b").rawQuery == "a?b")
  }

  @Test func `a connection stays open as its version and header say`() {
    func keeps(_ connection: String?, _ minorVersion: Int) -> Bool {
      let headers: HTTPHeaders = connection.map { [("Connection", $0)] } ?? []
      return HTTPRequest(
        method: "GET", target: "/", headers: headers, minorVersion: minorVersion
      ).keepsAlive
    }
    #expect(keeps(nil, 1))
    #expect(!keeps("close", 1))
    #expect(!keeps("Upgrade, Close", 1))
    #expect(!keeps(nil, 0))
    #expect(keeps("Keep-Alive", 0))
  }
}
