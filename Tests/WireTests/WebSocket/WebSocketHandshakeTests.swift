import Testing

@testable import Wire

struct WebSocketHandshakeTests {
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  static func request(_ change: (inout HTTPRequest) -> Void = { _ in }) -> HTTPRequest {
    var request = HTTPRequest(
      method: "GET", target: "/chat",
      headers: [
        ("Host", "server.example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Version", "13"),
      ])
    change(&request)
    return request
  }

  static func response(_ change: (inout HTTPResponse) -> Void = { _ in }) -> HTTPResponse {
    var response = HTTPResponse(
      status: 101,
      headers: [
        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept),
      ])
    change(&response)
    return response
  }

  /// RFC 6455, section 1.3.
  @Test func `the accept value of the RFC's key is the RFC's`() {
    #expect(WebSocketHandshake.acceptValue(key: Self.key, sha1: sha1) == Self.accept)
  }

  @Test func `a request names host, key, version and subprotocols`() throws {
    let url = try #require(URLParts("wss://ws.example.com:9443/v2?x=1"))
    let bytes = WebSocketHandshake.request(
      url: url, key: Self.key, headers: [("Origin", "https://example.com")],
      protocols: ["a", "b"])
    let expected =
      "GET /v2?x=1 HTTP/1.1\r\nHost: ws.example.com:9443\r\nUpgrade: websocket\r\n"
      + "Connection: Upgrade\r\nSec-WebSocket-Key: \(Self.key)\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Protocol: a, b\r\nOrigin: https://example.com\r\n\r\n"
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test func `a server's proper answer opens the connection`() {
    let problem = WebSocketHandshake.validate(
      response: Self.response(), key: Self.key, sha1: sha1)
    #expect(problem == nil)
  }

  @Test func `an answer that breaks a rule is refused`() {
    let changes: [(inout HTTPResponse) -> Void] = [
      { $0.status = 200 }, { $0.status = 403 }, { $0.headers.set("Upgrade", "h2c") },
      { $0.headers.remove("Upgrade") }, { $0.headers.remove("Connection") },
      { $0.headers.set("Connection", "close") },
      { $0.headers.set("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=") },
      { $0.headers.set("Sec-WebSocket-Accept", Self.accept.lowercased()) },
      { $0.headers.remove("Sec-WebSocket-Accept") },
      { $0.headers.add("Sec-WebSocket-Accept", Self.accept) },
      { $0.headers.add("Sec-WebSocket-Extensions", "permessage-deflate") },
      { $0.headers.add("Sec-WebSocket-Protocol", "other") },
    ]
    for change in changes {
      let problem = WebSocketHandshake.validate(
        response: Self.response(change), key: Self.key, protocols: ["mine"], sha1: sha1)
      #expect(problem != nil)
    }
  }

  @Test func `a chosen subprotocol must be one that was offered`() {
    let response = Self.response { $0.headers.add("Sec-WebSocket-Protocol", "mine") }
    let offered = WebSocketHandshake.validate(
      response: response, key: Self.key, protocols: ["mine"], sha1: sha1)
    #expect(offered == nil)
    let unasked = WebSocketHandshake.validate(response: response, key: Self.key, sha1: sha1)
    #expect(unasked != nil)
  }

  @Test func `the RFC's request is accepted as in the RFC`() throws {
    let bytes = try WebSocketHandshake.response(
      to: Self.request(), sha1: sha1, protocol: "chat")
    let expected =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(Self.accept)\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
    #expect(WebSocketHandshake.offeredProtocols(Self.request()) == ["chat", "superchat"])
  }

  @Test func `a browser's list in Connection is understood`() throws {
    let request = Self.request { $0.headers.set("Connection", "keep-alive, UPGRADE") }
    #expect(throws: Never.self) {
      try WebSocketHandshake.response(to: request, sha1: sha1)
    }
  }

  @Test func `a request that breaks a rule is answered with a status`() {
    let changes: [((inout HTTPRequest) -> Void, Int)] = [
      ({ $0.method = "POST" }, 400), ({ $0.minorVersion = 0 }, 400), ({ $0.body = [1] }, 400),
      ({ $0.headers.remove("Upgrade") }, 426), ({ $0.headers.remove("Connection") }, 426),
      ({ $0.headers.set("Sec-WebSocket-Version", "8") }, 426),
      ({ $0.headers.remove("Sec-WebSocket-Version") }, 426),
      ({ $0.headers.remove("Sec-WebSocket-Key") }, 400),
      ({ $0.headers.set("Sec-WebSocket-Key", "c2hvcnQ=") }, 400),
      ({ $0.headers.set("Sec-WebSocket-Key", "not base64 at all!!") }, 400),
      ({ $0.headers.add("Sec-WebSocket-Key", Self.key) }, 400),
    ]
    for (change, status) in changes {
      do throws(WebSocketHandshakeError) {
        _ = try WebSocketHandshake.response(to: Self.request(change), sha1: sha1)
        Issue.record("accepted what should be answered with \(status)")
      } catch {
        #expect(error.status == status)
        #expect(error.response.status == status)
        #expect((error.response.headers["Sec-WebSocket-Version"] == "13") == (status == 426))
      }
    }
  }

  @Test func `a subprotocol that was not offered is not chosen`() {
    #expect(throws: WebSocketHandshakeError.self) {
      try WebSocketHandshake.response(to: Self.request(), sha1: sha1, protocol: "other")
    }
  }
}
