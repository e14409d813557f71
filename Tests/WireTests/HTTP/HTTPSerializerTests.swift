import Testing

@testable import Wire

struct HTTPSerializerTests {
  func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func `a request gets the length of its body`() {
    let request = HTTPRequest(
      method: "POST", target: "/v1?a=b", headers: [("Host", "h"), ("X", "y")], body: [0x7b, 0x7d])
    #expect(
      text(HTTPSerializer.bytes(request))
        == "POST /v1?a=b HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 2\r\n\r\n{}")
  }

  @Test(arguments: [
    ("GET", false), ("DELETE", false), ("HEAD", false), ("POST", true), ("PUT", true),
    ("PATCH", true),
  ])
  func `an empty body is announced where the method usually has one`(
    method: String, announced: Bool
  ) {
    let bytes = HTTPSerializer.bytes(HTTPRequest(method: method, target: "/"))
    #expect(text(bytes).contains("Content-Length: 0") == announced)
  }

  @Test func `a length or coding that is handed in gives way to the true one`() {
    let headers: HTTPHeaders = [("content-length", "99"), ("transfer-encoding", "chunked")]
    let request = HTTPRequest(method: "PUT", target: "/", headers: headers, body: [1])
    let written = text(HTTPSerializer.bytes(request))
    #expect(written == "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\n\u{1}")
  }

  @Test func `a value cannot begin another header, nor a target another line`() throws {
    let request = HTTPRequest(
      method: "GET", target: "/a b\r\nX: y/é", headers: [("Host", "h"), ("X", "a\r\nY: b\u{0}")])
    let bytes = HTTPSerializer.bytes(request)
    #expect(
      text(bytes)
        == "GET /a%20b%0D%0AX:%20y/%C3%A9 HTTP/1.1\r\nHost: h\r\nX: a  Y: b \r\n\r\n")
    var parser = HTTPRequestParser()
    parser.append(bytes)
    #expect(try parser.next()?.headers.pairs.count == 2)
  }

  @Test func `a response says whether the connection stays open`() {
    let response = HTTPResponse(
      status: 200, headers: [("Connection", "nonsense"), ("X", "y")], body: Array("hi".utf8))
    #expect(
      text(HTTPSerializer.bytes(response, keepAlive: true))
        == "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nhi")
    #expect(
      text(HTTPSerializer.bytes(response, keepAlive: false, headOnly: true))
        == "HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
  }

  @Test func `a response without a body by its status has no length`() {
    for status in [204, 304] {
      let bytes = HTTPSerializer.bytes(HTTPResponse(status: status, body: [1]), keepAlive: true)
      #expect(text(bytes).hasSuffix("\r\n\r\n"))
      #expect(!text(bytes).contains("Content-Length"))
    }
  }

  @Test func `a stream's chunks read back as one body`() throws {
    let head = HTTPResponse(status: 200, headers: [("Content-Type", "text/event-stream")])
    var bytes = HTTPSerializer.streamHead(head, keepAlive: false)
    let pieces = [Array("data: 1\n\n".utf8), [], [UInt8](repeating: 0x61, count: 300)]
    for piece in pieces { HTTPSerializer.chunk(piece, into: &bytes) }
    bytes += HTTPSerializer.lastChunk
    var parser = HTTPResponseParser()
    parser.append(bytes)
    let response = try #require(try parser.next())
    #expect(response.body == pieces.flatMap(\.self))
    #expect(!response.keepsAlive)
  }

  @Test func `what is written reads back the same`() throws {
    var random = XorShift(seed: 33)
    for count in [0, 1, 100, 5000] {
      let body = random.bytes(count)
      let request = HTTPRequest(
        method: "POST", target: "/p?q=%20", headers: [("Host", "h:1"), ("A", "b c")], body: body)
      var requests = HTTPRequestParser()
      requests.append(HTTPSerializer.bytes(request))
      var read = try #require(try requests.next())
      read.headers.remove("Content-Length")
      #expect(read == request)
      let response = HTTPResponse(status: 422, headers: [("A", "b")], body: body)
      var responses = HTTPResponseParser()
      responses.append(HTTPSerializer.bytes(response, keepAlive: true))
      var answer = try #require(try responses.next())
      answer.headers.remove("Content-Length")
      #expect(answer == response)
    }
  }
}
